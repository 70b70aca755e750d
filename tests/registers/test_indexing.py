"""The follower that makes the index: whole after any interruption, the same however it came to be, made again."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import text

from registers import indexing, lifecycle, search
from registers.definition import Field
from registers.entry import REDACTED
from registers.errors import Conflict, Unavailable
from registers.indexing import QUESTIONS
from registers.question import Condition, Question
from registers.register import Register
from registers.store import entries, followers, sqlite_words
from registers.store.engine import Store
from tests.makers import AUTHORITY, COUNTRY, append, country, entries_of, grow, make

TABLES = {
    "question_record": "register_id, since, until, key, name, length, words, first_day, last_day",
    "question_value": "register_id, field, value, since, until",
    "blob_lookup": "prefix, register_id, number",
    "follower": "name, register_id, position, note",
}


def index_of(store: Store, register: Register) -> dict[str, list[Any]]:
    """All rows that the follower keeps for a register."""
    with store.reading() as tx:
        return {
            table: sorted(
                map(
                    repr,
                    tx.connection.execute(
                        text(f"SELECT {columns} FROM {table} WHERE register_id = :id"), {"id": register.id}
                    ),
                )
            )
            for table, columns in TABLES.items()
        }


def numbers(store: Store, register: Register, words: str = "", *conditions: Condition) -> list[int]:
    with store.reading() as tx:
        return search.find(search.indexed(tx, register), Question(conditions, words=words, sort="entry"), 1000).numbers


def forget_all(store: Store, register: Register) -> None:
    with store.writing() as tx:
        tx.full_text.forget(tx.connection, register.id)
        for table in TABLES:
            tx.connection.execute(text(f"DELETE FROM {table} WHERE register_id = :id"), {"id": register.id})


@pytest.fixture
def lands(store: Store) -> Register:
    """Seven entries of four keys, one of which goes back to the item it had before."""
    register = make(store)
    append(store, country("GB", "a"), country("FR", "b", citizen_names=["x", "y"]), country("GB", "c"))
    append(store, country("FR", "b", citizen_names=["y"]), country("GB", "a"), country("DE", "d"), country("IT", "e"))
    return register


@pytest.mark.parametrize("chunk", [1, 2, 3, 5000])
def test_the_index_is_the_same_whatever_the_chunks(
    store: Store, lands: Register, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    QUESTIONS.catch_up(store, lands)
    whole = index_of(store, lands)
    assert len(whole["question_record"]) == 7 and len(whole["blob_lookup"]) == 6
    forget_all(store, lands)
    monkeypatch.setattr(indexing, "CHUNK", chunk)
    told: list[tuple[int, int]] = []
    QUESTIONS.catch_up(store, lands, lambda *progress: told.append(progress))
    assert index_of(store, lands) == whole
    assert told[-1] == (7, 7) and len(told) == -(-7 // chunk)


def test_a_follower_that_falls_goes_on_where_it_stood(
    store: Store, lands: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "CHUNK", 2)
    move, calls = indexing.followers.move, iter(range(99))

    def falls(*given: Any) -> None:
        if next(calls) == 2:
            raise KeyboardInterrupt
        move(*given)

    monkeypatch.setattr(indexing.followers, "move", falls)
    with pytest.raises(KeyboardInterrupt):
        QUESTIONS.catch_up(store, lands)
    with store.reading() as tx:
        assert QUESTIONS.position(tx, lands.id) == 4
    assert numbers(store, lands) == [3, 4]  # the state at four entries, and nothing of the chunk that was lost
    QUESTIONS.catch_up(store, lands)
    assert numbers(store, lands) == [4, 5, 6, 7]


def test_two_that_catch_up_at_once_do_it_once(store: Store, lands: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    QUESTIONS.catch_up(store, lands)
    whole = index_of(store, lands)
    forget_all(store, lands)
    monkeypatch.setattr(indexing, "CHUNK", 1)
    threads = [threading.Thread(target=QUESTIONS.catch_up, args=(store, lands)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert index_of(store, lands) == whole


def test_nothing_to_do_writes_nothing(store: Store, lands: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    QUESTIONS.catch_up(store, lands)
    monkeypatch.setattr(store, "following", None)
    QUESTIONS.catch_up(store, lands)


def test_the_index_answers_as_far_as_it_reaches_and_says_when_it_does_not(store: Store, lands: Register) -> None:
    QUESTIONS.catch_up(store, lands)
    append(store, country("GB", "new"))
    with store.reading() as tx:
        assert search.indexed(tx, lands).size == 7
        assert search.indexed(tx, lands, "3").size == 3
        with pytest.raises(Unavailable, match="the index of country is behind, at entry 7 of 8; try again"):
            search.indexed(tx, lands, "8")


def test_a_new_field_keeps_the_index_and_is_asked_from_then_on(store: Store, lands: Register) -> None:
    QUESTIONS.catch_up(store, lands)
    before = index_of(store, lands)["question_record"]
    _define(store, Field("motto"))
    append(store, country("GB", "a", motto="dieu"))
    QUESTIONS.catch_up(store, lands)
    assert numbers(store, lands, "dieu") == [8]
    assert set(before) - set(index_of(store, lands)["question_record"]) == {
        each for each in before if "'GB'" in each and "5, None" in each
    }


def test_a_draft_whose_field_changes_what_it_holds_is_indexed_again(store: Store) -> None:
    register = make(store, fields=[*COUNTRY, Field("size")])
    append(store, country("GB", size="9"), country("FR", size="10"))
    QUESTIONS.catch_up(store, register)
    above = Condition("size", "gte", ("9",))
    assert numbers(store, register, "", above) == [1]
    _define(store, Field("size", "integer"), add=False)
    QUESTIONS.catch_up(store, register)
    assert numbers(store, register, "", above) == [1, 2]
    assert numbers(store, register, "9") == []  # numbers are not words


def _define(store: Store, field: Field, add: bool = True) -> None:
    names = [each.name for each in COUNTRY] + [field.name]
    items: list[tuple[str, Any]] = [(f"field:{field.name}", field.item())]
    if add:
        items.append(("register:country", {"fields": names, "register": "country", "phase": "beta"}))
    lifecycle.define(store, "country", items, AUTHORITY)


def test_a_dropped_draft_takes_its_index_along(store: Store, lands: Register) -> None:
    other = make(store, "land")
    append(store, country("GB", "a"), to="land")
    for register in (lands, other):
        QUESTIONS.catch_up(store, register)
    lifecycle.drop(store, "country")
    assert all(rows == [] for rows in index_of(store, lands).values())
    QUESTIONS.catch_up(store, lands)  # it is gone, which is nothing to do
    assert numbers(store, other, "a") == [1]


def test_a_draft_can_be_dropped_while_it_is_being_indexed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The act of the index is held open until the drop waits for something; nothing of the draft is left."""
    register = make(store)
    append(store, country("GB", "a"))
    refused: list[Exception] = []
    write, waiting = followers.move, threading.Event()

    def drop() -> None:
        try:
            waiting.wait(10)
            lifecycle.drop(store, "country")
        except Conflict as error:
            refused.append(error)

    def move(*given: Any) -> None:
        waiting.set()
        time.sleep(0.3)
        write(*given)

    monkeypatch.setattr(followers, "move", move)
    thread = threading.Thread(target=drop)
    thread.start()
    QUESTIONS.catch_up(store, register)
    thread.join()
    assert refused == []
    assert all(rows == [] for rows in index_of(store, register).values())


def test_a_field_of_a_draft_that_comes_to_be_asked_is_indexed_from_the_start(store: Store) -> None:
    register = make(store, fields=[*COUNTRY, Field("motto", "text")])
    append(store, country("GB", motto="dieu"))
    QUESTIONS.catch_up(store, register)
    _define(store, Field("motto"), add=False)
    QUESTIONS.catch_up(store, register)
    assert numbers(store, register, "", Condition("motto", "eq", ("dieu",))) == [1]


def test_a_field_of_a_draft_that_goes_and_comes_back_has_its_values_again(store: Store) -> None:
    register = make(store, fields=[*COUNTRY, Field("motto")])
    append(store, country("GB", motto="dieu"))
    names = [each.name for each in COUNTRY]
    for fields in ([*names, "motto"], names, [*names, "motto"]):
        own: dict[str, Any] = {"fields": fields, "register": "country", "phase": "beta", "text": str(len(fields))}
        lifecycle.define(store, "country", [("register:country", own)], AUTHORITY)
        QUESTIONS.catch_up(store, register)
        found = numbers(store, register, "", Condition("motto", "eq", ("dieu",)))
        assert found == ([1] if "motto" in fields else [])


def test_an_item_is_found_by_its_v2_hash_before_and_behind_the_follower(store: Store, lands: Register) -> None:
    QUESTIONS.catch_up(store, lands)
    append(store, country("ES", "z"))
    made = entries_of(store)
    with store.reading() as tx:
        reached = QUESTIONS.position(tx, lands.id)
        for each in made:
            found = entries.find_blob(tx.connection, lands.id, each.digests["v2"], reached)
            assert found is not None and found.number == each.item
        assert entries.find_blob(tx.connection, lands.id, made[0].digests["v2"][:8] + bytes(24), reached) is None


def test_what_was_redacted_is_not_indexed(store: Store) -> None:
    register = make(store)
    append(store, country("GB", "secret"))
    body = '{"country":"GB","name":"' + REDACTED + "0" * 64 + '"}'
    store.checking = False  # type: ignore[attr-defined]
    with store.writing() as tx:
        tx.connection.execute(text("UPDATE item SET body = :body WHERE region = 0"), {"body": body})
    QUESTIONS.catch_up(store, register)
    assert numbers(store, register, "secret") == numbers(store, register, "redacted") == []
    assert (
        numbers(store, register, "gb") == numbers(store, register, "", Condition("name", "exists", ("false",))) == [1]
    )


def test_very_long_values_and_very_many_words_are_indexed(store: Store) -> None:
    register = make(store, fields=[*COUNTRY, Field("size", "integer")])
    long, many = "x" * 3000, " ".join(f"w{n}" for n in range(200_000))
    append(store, country("GB", long, size="9" * 5000), country("FR", many), country("DE", "é" * 3000))
    QUESTIONS.catch_up(store, register)
    assert numbers(store, register, "x" * 100) == [1]
    assert numbers(store, register, "w99 w500") == [2]
    assert numbers(store, register, "w199999") == []  # beyond the first thousand words
    assert numbers(store, register, "", Condition("name", "prefix", ("é" * 200,))) == [3]
    assert numbers(store, register, "", Condition("size", "gte", ("9" * 200,))) == [1]
    with store.reading() as tx:
        facet = search.facets(search.indexed(tx, register), Question(), ["name"])["name"]
    assert {value for value, _ in facet.values} == {long, many, "é" * 3000}


def test_more_rows_than_a_run_of_ids_holds_are_still_ranked(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_words, "ROW_BITS", 1)
    monkeypatch.setattr(sqlite_words, "_ROWS", 1)
    register = make(sqlite_store)
    sqlite_store.checking = False  # type: ignore[attr-defined]
    keys = [f"Z00000000000{n}" for n in (5, 3, 9, 1, 7, 8, 2, 6, 4, 0)]
    append(sqlite_store, *(country(key, "same") for key in keys[:6]))
    QUESTIONS.catch_up(sqlite_store, register)
    append(sqlite_store, *(country(key, "same") for key in keys[6:]), country("A", "same"), country("B", "longer same"))
    QUESTIONS.catch_up(sqlite_store, register)
    with sqlite_store.reading() as tx:
        taken, found, cursor = search.indexed(tx, register), [], None
        while True:
            page = search.find(taken, Question(words="same"), 2, cursor)
            found += [taken.entry(number).key for number in page.numbers]
            cursor = page.cursor
            if cursor is None:
                break
    assert found == ["A", *sorted(keys), "B"]


def test_ids_go_up_with_length_and_key(sqlite_store: Store) -> None:
    keys = sorted(
        ["0", "00", "1", "1-", "10", "A", "A.1", "B", "_", "a", "aa", "z", "z" * 1000, "9" * 40, "100001", "100002"]
    )
    runs = [sqlite_words._run(5, key) for key in keys]
    assert runs == sorted(runs)
    assert sqlite_words._run(5, "100001") < sqlite_words._run(5, "100002")
    assert sqlite_words._run(4, "zzz") < runs[0]
    assert sqlite_words._run(1023, "z" * 1000) | sqlite_words._ROWS < 2**63


def test_a_follower_reads_a_long_log_in_acts_of_bounded_size(store: Store) -> None:
    register = make(store)
    store.checking = False  # type: ignore[attr-defined]
    grow(store, 6000)
    told: list[tuple[int, int]] = []
    QUESTIONS.catch_up(store, register, lambda *progress: told.append(progress))
    assert told == [(5000, 6000), (6000, 6000)]
    assert numbers(store, register, "k5999") == [6000]


def test_many_entries_leave_the_words_in_order_for_the_few_that_come_next(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "CHUNK", 5)
    register = make(sqlite_store)
    append(sqlite_store, *(country(f"K{n}", f"name {n}") for n in range(60)))
    QUESTIONS.catch_up(sqlite_store, register)
    assert segments(sqlite_store) == 1
    append(sqlite_store, country("L", "name"))
    QUESTIONS.catch_up(sqlite_store, register)
    assert segments(sqlite_store) == 2
    assert len(numbers(sqlite_store, register, "name")) == 61


def segments(store: Store) -> int:
    """How many parts the full-text index has, each of which a search looks through."""
    with store.reading() as tx:
        return int(tx.connection.execute(text("SELECT count(DISTINCT segid) FROM question_words_idx")).scalar_one())
