"""An entry's time is the clock's, or its source's date; it never goes back, and never comes from the future."""

from __future__ import annotations

import pytest

from registers import lifecycle
from registers.entry import Region
from registers.errors import Invalid
from registers.store import entries
from registers.store.engine import Store
from tests.makers import AUTHORITY, NOW, FixedClock, append, country, entries_of, head_of, make, revisions_of, rows_in


def times(store: Store) -> list[int]:
    return [entry.timestamp for entry in entries_of(store)]


def running_maximum(store: Store) -> list[int]:
    register_id = head_of(store).register_id
    with store.reading() as tx:
        return [entries.latest(tx.connection, register_id, 0, n) for n in range(1, head_of(store).entries + 1)]


def test_without_a_time_of_its_own_an_entry_has_the_clocks(store: Store, clock: FixedClock) -> None:
    make(store)
    append(store, country("GB", "a"), country("FR", "b"))
    clock.now += 10
    append(store, country("DE", "c"))
    assert times(store) == [NOW, NOW, NOW + 10]
    assert head_of(store).latest == NOW + 10


def test_a_clock_set_back_does_not_take_the_log_back(store: Store, clock: FixedClock) -> None:
    make(store)
    append(store, country("GB", "a"))
    clock.now -= 3600
    append(store, country("FR", "b"))
    lifecycle.define(store, "country", [("custodian", {"custodian": "A"})], AUTHORITY)
    assert times(store) == [NOW, NOW]
    assert entries_of(store, region=Region.METADATA)[-1].timestamp == NOW
    clock.now += 3601
    append(store, country("DE", "c"))
    assert times(store) == [NOW, NOW, NOW + 1]


def test_history_may_carry_its_own_dates_and_the_revision_keeps_the_real_time(store: Store) -> None:
    make(store)
    appended = append(
        store, country("GB", "a", NOW - 1000), country("FR", "b", NOW - 1000), country("DE", "c", NOW - 5)
    )
    assert times(store) == [NOW - 1000, NOW - 1000, NOW - 5]
    assert appended.revision.time == revisions_of(store)[-1].time == NOW
    append(store, country("IT", "d", NOW))
    assert times(store)[-1] == NOW, "now is not the future"


def test_a_time_in_the_future_is_refused_relaxed_or_not(store: Store) -> None:
    make(store)
    before = rows_in(store)
    for relaxed in (False, True):
        with pytest.raises(Invalid, match="change 2: 2023-11-14T22:13:21Z is in the future"):
            append(store, country("GB", "a"), country("FR", "b", NOW + 1), relaxed=relaxed)
    assert rows_in(store) == before


def test_a_time_before_the_entry_it_follows_is_refused(store: Store) -> None:
    make(store)
    append(store, country("GB", "a", NOW - 100))
    before = rows_in(store)
    sentence = "change 1: .* is before the entry it follows, of 2023-11-14T22:11:40Z"
    with pytest.raises(Invalid, match=sentence):
        append(store, country("FR", "b", NOW - 101))
    with pytest.raises(Invalid, match="change 2: .* is before the entry it follows"):
        append(store, country("FR", "b", NOW - 90), country("DE", "c", NOW - 91))
    assert rows_in(store) == before


def test_relaxed_keeps_times_that_go_back_and_looks_up_by_the_running_maximum(store: Store) -> None:
    make(store)
    notes: list[str] = []
    history = [NOW - 100, NOW - 200, NOW - 150, NOW - 50, NOW - 60]
    changes = [country(f"K{n}", "x", time) for n, time in enumerate(history)]
    append(store, *changes, relaxed=True, notes=notes)
    assert times(store) == history
    assert running_maximum(store) == [NOW - 100, NOW - 100, NOW - 100, NOW - 50, NOW - 50]
    assert head_of(store).latest == NOW - 50
    assert [note.split(":")[0] for note in notes] == ["change 2", "change 3", "change 5"]


def test_the_clocks_time_follows_the_running_maximum(store: Store, clock: FixedClock) -> None:
    make(store)
    append(store, country("GB", "a", NOW - 10), country("FR", "b", NOW - 20), relaxed=True)
    clock.now = NOW - 15
    append(store, country("DE", "c"))
    assert times(store)[-1] == NOW - 10


def test_the_two_regions_keep_time_apart(store: Store, clock: FixedClock) -> None:
    make(store)
    append(store, country("GB", "a", NOW - 5000))
    assert (head_of(store).latest, head_of(store).metadata_latest) == (NOW - 5000, NOW)


def test_times_before_1970_are_kept(store: Store) -> None:
    make(store)
    append(store, country("GB", "a", -10_000_000_000), country("FR", "b", -1))
    assert [entry.timestamp_text for entry in entries_of(store)] == ["1653-02-10T06:13:20Z", "1969-12-31T23:59:59Z"]
