"""A register at a state: which state `at` asks for, and what was true then."""

from __future__ import annotations

from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER

import pytest
from sqlalchemy import event

from registers import lifecycle, snapshot
from registers.entry import Region, parse_timestamp
from registers.errors import Invalid, NotFound
from registers.register import Register
from registers.store.engine import Store
from tests.makers import NOW, CheckedStore, FixedClock, append, country, grow, make, rows_in

DAY = "2017-08-09"
NOON = parse_timestamp("2017-08-09T12:00:00Z")
HISTORY = [
    ("2016-04-05T13:23:05Z", "GB", "a"),
    ("2016-04-05T13:23:05Z", "FR", "b"),
    ("2017-08-09T00:00:00Z", "GB", "c"),
    ("2017-08-09T23:59:59Z", "DE", "d"),
    ("2017-08-10T00:00:00Z", "FR", "e"),
]


@pytest.fixture
def lands(store: Store) -> Register:
    """Five entries of three keys over three days."""
    register = make(store)
    append(store, *(country(key, name, parse_timestamp(time)) for time, key, name in HISTORY))
    return register


def size(store: Store, register: Register, at: str | None) -> int:
    with store.reading() as tx:
        return snapshot.take(tx, register, at).size


# at


SIZES = {
    None: 5,
    "0": 0,
    "3": 3,
    "5": 5,
    "2016-04-04": 0,
    "2016-04-05": 2,
    "2017-08-08": 2,
    DAY: 4,
    "2017-08-10": 5,
    "2023-11-14": 5,
    "2016-04-05T13:23:04Z": 0,
    "2016-04-05T13:23:05Z": 2,
    "2017-08-09T00:00:00Z": 3,
    "2017-08-09T23:59:58Z": 3,
    "2017-08-09T23:59:59Z": 4,
    "2017-08-10T00:00:00Z": 5,
    "2023-11-14T22:13:20Z": 5,
    "0001-01-01": 0,
}


def test_at_is_a_size_the_end_of_a_day_or_a_moment_inclusive(store: Store, lands: Register) -> None:
    assert {at: size(store, lands, at) for at in SIZES} == SIZES


def test_beyond_the_head_or_in_the_future_is_not_found(store: Store, lands: Register) -> None:
    for at in ("6", "999999999999999999"):
        with pytest.raises(NotFound, match=f"the register has 5 entries, and never had {at}"):
            size(store, lands, at)
    for at in ("2023-11-15", "2023-11-14T22:13:21Z", "2024-01-01"):
        with pytest.raises(NotFound, match=f"{at} is in the future"):
            size(store, lands, at)


def test_the_last_day_of_the_calendar_is_in_the_future(sqlite_store: Store) -> None:
    with pytest.raises(NotFound, match="in the future"):
        size(sqlite_store, make(sqlite_store), "9999-12-31")


@pytest.mark.parametrize("at", ["2017-02-30", "2017-13-01", "0000-01-01", "2017-00-10"])
def test_a_day_that_is_not_in_the_calendar_is_refused(sqlite_store: Store, at: str) -> None:
    register = make(sqlite_store)
    with pytest.raises(Invalid, match=f"at: {at} is not a day of the calendar"):
        size(sqlite_store, register, at)


@pytest.mark.parametrize(
    "at",
    ["", "-1", "05", "1.0", "１", "1_0", " 1", "1\n", "2017-08", "2017-8-9", "2017-08-09T12:00Z", "yesterday"]
    + ["2017-08-09T25:00:00Z", "2017-08-09T12:00:00", "2017-08-09T12:00:00+01:00", "9" * 19],
)
def test_what_is_no_state_is_refused(sqlite_store: Store, at: str) -> None:
    register = make(sqlite_store)
    with pytest.raises(Invalid, match="^at: .* is not a size, a day such as"):
        size(sqlite_store, register, at)


def test_the_whole_of_today_is_now(store: Store, lands: Register, clock: FixedClock) -> None:
    append(store, country("IT", "f"))
    assert size(store, lands, "2023-11-14") == 6
    clock.now = NOW - 86400
    with pytest.raises(NotFound, match="in the future"):
        size(store, lands, "2023-11-14")


def test_moments_go_by_the_running_maximum_where_times_go_back(store: Store) -> None:
    register = make(store)
    times = [NOON, NOON - 50, NOON + 10, NOON - 100, NOON + 10, NOON + 20]
    append(store, *(country(f"K{n}", "x", time) for n, time in enumerate(times)), relaxed=True)
    moments = {"11:58:20": 0, "11:59:59": 0, "12:00:00": 2, "12:00:09": 2, "12:00:10": 5, "12:00:19": 5, "12:00:20": 6}
    for moment, expected in moments.items():
        assert size(store, register, f"{DAY}T{moment}Z") == expected


# What was true then


def test_the_records_at_a_size(store: Store, lands: Register) -> None:
    expected = {0: [], 1: ["a"], 2: ["b", "a"], 3: ["c", "b"], 4: ["d", "c", "b"], 5: ["e", "d", "c"]}
    for at, names in expected.items():
        with store.reading() as tx:
            taken = snapshot.take(tx, lands, str(at))
            assert [name_of(entry.body) for entry in taken.records_page(0, 10)] == names
            assert taken.total_records == len(names)


def name_of(body: str) -> str:
    return body.split('"name":"')[1][0]


def test_a_record_and_its_trail_at_a_size(store: Store, lands: Register) -> None:
    with store.reading() as tx:
        now, then = snapshot.take(tx, lands), snapshot.take(tx, lands, "2")
        assert (now.record("GB").number, then.record("GB").number) == (3, 1)
        assert [e.number for e in now.trail("GB")] == [1, 3]
        assert [e.number for e in then.trail("GB")] == [1]
        for missing in ("DE", "gb", "", "G", "name"):
            with pytest.raises(NotFound, match="the register country has no record"):
                then.record(missing)
            with pytest.raises(NotFound, match="the register country has no record"):
                then.trail(missing)


def test_entries_of_a_snapshot_stop_at_its_size(store: Store, lands: Register) -> None:
    with store.reading() as tx:
        taken = snapshot.take(tx, lands, "3")
        assert [e.number for e in taken.entries(2, 99)] == [2, 3]
        assert taken.entries(4, 5) == [] == taken.entries(3, 2)
        assert taken.entry(3).key == "GB"
        for number in (0, 4, -1):
            with pytest.raises(NotFound, match=f"has 3 entries, and no entry {number}"):
                taken.entry(number)


def test_last_updated_is_the_latest_entrys_time(store: Store, lands: Register) -> None:
    with store.reading() as tx:
        assert snapshot.take(tx, lands).last_updated == parse_timestamp(HISTORY[-1][0])
        assert snapshot.take(tx, lands, "2").last_updated == parse_timestamp(HISTORY[0][0])
        assert snapshot.take(tx, lands, "0").last_updated is None


def test_records_are_paged_latest_entry_first(store: Store, lands: Register) -> None:
    with store.reading() as tx:
        taken = snapshot.take(tx, lands, "4")
        pages = [[e.number for e in taken.records_page(offset, 2)] for offset in (0, 2, 4)]
        assert pages == [[4, 3], [2], []]
        assert [e.number for e in taken.records_before(4, 1)] == [3]
        assert [e.number for e in taken.records_before(3, 5)] == [2]


def test_definitions_are_the_current_ones_at_any_size(store: Store, lands: Register) -> None:
    with store.reading() as tx:
        assert snapshot.read_definition(tx, lands) == snapshot.read_definition(
            tx, snapshot.take(tx, lands, "0").register
        )


# Streams


def test_streams_give_what_one_read_gives_across_chunks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "CHUNK", 7)
    monkeypatch.setattr(snapshot, "FEW", 2)
    register = make(store)
    grow(store, 21)
    append(store, *(country(f"K{n}", "again") for n in range(0, 21, 3)))
    append(store, *(country(f"K{n}", f"name {n}") for n in range(0, 21, 3)))  # the items that they had at first
    with store.reading() as tx:
        taken = snapshot.take(tx, register)
        records, entries = taken.records_page(0, 99), taken.entries(1, 99)
        earlier = snapshot.take(tx, register, "14")
    assert {each.number: each.item for each in records}[35] == 19
    assert list(snapshot.stream_records(store, taken)) == records
    for state in (taken, earlier):
        streamed, chunks = snapshot.stream_records(store, state), list(snapshot.stream_bodies(store, state))
        assert [each for chunk in chunks for each in chunk.each()] == [(e.number, e.key, e.body) for e in streamed]
        assert [len(chunk.keys) for chunk in chunks] == [2, 7, 7, 5] if state is taken else [2, 7, 5]
    assert list(snapshot.stream_entries(store, register.id, Region.USER, 1, 35)) == entries
    assert list(snapshot.stream_entries(store, register.id, Region.USER, 5, 19)) == entries[4:19]
    assert list(snapshot.stream_entries(store, register.id, Region.USER, 36, 35)) == []


def test_a_chunk_has_so_many_characters_and_one_record_at_least(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "CHARACTERS", 1000)
    monkeypatch.setattr(snapshot, "FEW", 1)
    register = make(store)
    grow(store, 120)
    append(store, *(country(f"L{n}", "l" * 2000) for n in range(3)))
    with store.reading() as tx:
        taken = snapshot.take(tx, register)
        expected = [(e.number, e.key, e.body) for e in taken.records_page(0, 999)]
    chunks = list(snapshot.stream_bodies(store, taken))
    assert [each for chunk in chunks for each in chunk.each()] == expected
    large, small = chunks[:3], chunks[4:-1]
    assert [len(chunk.keys) for chunk in large] == [1, 1, 1]
    assert small and all(900 < len(chunk.bodies) < 1100 for chunk in small)


def test_a_stream_goes_on_at_its_state_while_the_log_grows(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "CHUNK", 4)
    register = make(store)
    grow(store, 10)
    with store.reading() as tx:
        taken = snapshot.take(tx, register)
        expected = taken.records_page(0, 99)
    streamed = snapshot.stream_records(store, taken)
    got = [next(streamed)]
    append(store, *(country(f"K{n}", "changed") for n in range(10)))
    assert [*got, *streamed] == expected


def test_a_stream_of_a_dropped_register_breaks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty end would pass for the end of the log."""
    monkeypatch.setattr(snapshot, "CHUNK", 4)
    monkeypatch.setattr(snapshot, "FEW", 4)
    register = make(store)
    grow(store, 10)
    with store.reading() as tx:
        taken = snapshot.take(tx, register)
    streams = [
        snapshot.stream_entries(store, register.id, Region.USER, 1, 10),
        snapshot.stream_records(store, taken),
        snapshot.stream_bodies(store, taken),
    ]
    started = [next(stream) for stream in streams]
    lifecycle.drop(store, "country")
    assert len(started) == 3 and sum(rows_in(store).values()) == 0
    for stream in streams:
        with pytest.raises(NotFound):
            list(stream)


def test_a_trail_may_be_longer_than_a_statement_may_have_variables(sqlite_store: CheckedStore) -> None:
    """32,766 is what SQLite allows unless it was built to allow more; PostgreSQL's protocol allows 65,535."""
    event.listen(
        sqlite_store.engine, "connect", lambda driver, _: driver.setlimit(SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
    )
    register = make(sqlite_store)
    sqlite_store.checking = False
    append(sqlite_store, *(country("GB", f"name {n % 2}") for n in range(32_800)))
    with sqlite_store.reading() as tx:
        assert len(snapshot.take(tx, register).trail("GB")) == 32_800
