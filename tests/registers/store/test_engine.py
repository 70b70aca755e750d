"""The store: URLs, transactions that see one state, and writers that wait for each other."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from registers import batch as batches
from registers import lifecycle, log, snapshot
from registers.errors import Conflict, Invalid, RegistersError, Unavailable
from registers.fsck import check_all
from registers.opening import open_store, system_clock
from registers.store import engine, postgresql
from registers.store.engine import Store, Transaction, parse_url
from tests.makers import (
    AUTHORITY,
    OPERATOR,
    CheckedStore,
    append,
    country,
    definition,
    entries_of,
    grow,
    head_of,
    make,
    names_in,
    rows_in,
)

WRITES = 12

# URLs


def test_each_engine_has_its_driver() -> None:
    assert parse_url("sqlite:///a/b.db").drivername == "sqlite+pysqlite"
    assert parse_url("postgresql://u@h/n").drivername == "postgresql+psycopg"
    assert parse_url("postgresql+psycopg://u@h/n?host=x").query["host"] == "x"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://u@h/n", "postgres://u@h/n"])
def test_a_database_that_is_neither_a_sqlite_file_nor_postgresql_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="names neither a SQLite file nor PostgreSQL"):
        parse_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "registers.db",
        "/registers.db",
        "postgresql://h:port/n",
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="the database URL is not one"):
        parse_url(url)


def test_a_password_is_not_shown() -> None:
    store = open_store("postgresql://me:secret@host/name")
    assert "secret" not in store.place and "host/name" in store.place


def test_the_clock_is_in_whole_seconds() -> None:
    assert isinstance(system_clock(), int) and system_clock() > 1_700_000_000


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/no/such/x.db")
    with pytest.raises(Unavailable, match="the database .*x.db cannot be used"), store.reading():
        pass


def test_a_folder_that_is_not_there_is_unavailable_to_writers_too(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/no/such/x.db")
    with pytest.raises(Unavailable, match="x.db cannot be written"), store.writing():
        pass


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database" * 1000)
    store = open_store(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(Unavailable, match="file is not a database"), store.reading():
        pass


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    store = open_store(f"postgresql://me:secret@/name?host={tmp_path}")
    with pytest.raises(Unavailable, match="cannot be used") as error, store.reading():
        pass
    assert "secret" not in str(error.value)


# How connections are set up


def test_sqlite_is_durable_and_held_to_its_rules(sqlite_store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    with sqlite_store.reading() as tx:
        found = {name: tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    assert found == wanted


def test_keys_sort_by_code_point_on_both_engines(store: Store) -> None:
    make(store)
    keys = ["a", "B", "b", "A", "a-b", "a.b", "a/b", "a_b", "0", "Z"]
    append(store, *(country(key) for key in keys))
    with store.reading() as tx:
        query = "SELECT key FROM record WHERE region = 0 ORDER BY key"
        assert [key for (key,) in tx.connection.exec_driver_sql(query)] == sorted(keys)


# Transactions


def test_a_block_that_raises_writes_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as tx:
        lifecycle.add(tx, "country", OPERATOR)
        raise ZeroDivisionError
    assert sum(rows_in(store).values()) == 0


def test_a_block_that_ends_is_written(store: Store) -> None:
    with store.writing() as tx:
        lifecycle.add(tx, "country", OPERATOR)
    assert names_in(store) == ["country"]


def test_a_reader_sees_one_state_as_long_as_its_block_lasts(store: Store) -> None:
    register = make(store)
    grow(store, 3)
    with store.reading() as tx:
        before = snapshot.read_head(tx, register)
        grow(store, 5, start=3)
        make(store, "land")
        assert snapshot.read_head(tx, register) == before
        assert [found.name for found in lifecycle.registers.find_all(tx.connection)] == ["country"]
        assert len(snapshot.take(tx, register).entries(1, 99)) == 3
    assert head_of(store).entries == 8


def test_a_reader_on_postgresql_cannot_write(postgresql_store: Store) -> None:
    with pytest.raises(RegistersError, match="read-only transaction"), postgresql_store.reading() as tx:
        lifecycle.add(tx, "country", OPERATOR)


def test_connections_made_before_a_fork_are_left_alone_after_it(store: Store) -> None:
    make(store)
    child = multiprocessing.get_context("fork").Process(target=_append_in_a_fork, args=(store,))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    append(store, country("FR", "parent"))
    assert sorted(entry.key for entry in entries_of(store)) == ["FR", "GB"]


def _append_in_a_fork(store: CheckedStore) -> None:
    store.reopen()
    append(store, country("GB", "child"))


# Writers


def test_two_threads_and_two_processes_that_write_at_once_all_succeed(store: CheckedStore) -> None:
    make(store)
    store.checking = False  # the others' writes are in the way of a check between ours
    url = store.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_alone, args=(url, f"P{n}")) for n in range(2)]
    writers += [threading.Thread(target=write_many, args=(store, f"T{n}")) for n in range(2)]  # type: ignore[misc]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert all(writer.exitcode == 0 for writer in writers[:2])
    expected = {f"{who}-{n}" for who in ("P0", "P1", "T0", "T1") for n in range(WRITES)}
    assert [entry.number for entry in entries_of(store)] == list(range(1, 4 * WRITES + 1))
    assert {entry.key for entry in entries_of(store)} == expected
    assert check_all(store) == 4 * WRITES + head_of(store).metadata_entries


def write_alone(url: str, who: str) -> None:
    store = open_store(url)
    write_many(store, who)
    store.close()


def write_many(store: Store, who: str) -> None:
    for n in range(WRITES):
        lifecycle.append(store, "country", [country(f"{who}-{n}", who)], AUTHORITY)


def test_a_writer_waits_its_patience_and_says_what_it_waited_for(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_PATIENCE", 0.1)
    with sqlite_store.writing():
        sentence = "another writer has held registers.db.lock for 0 seconds"
        with pytest.raises(Unavailable, match=sentence), sqlite_store.writing():
            pass
        assert names_in(sqlite_store) == [], "readers do not wait"
    make(sqlite_store)


def test_a_writer_on_postgresql_says_it_too(postgresql_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    register = make(postgresql_store)
    monkeypatch.setattr(postgresql, "PATIENCE", 0.1)
    with postgresql_store.writing() as tx:
        tx.hot.lock_head(tx.connection, register.id)
        with pytest.raises(Unavailable, match="lock timeout"):
            append(postgresql_store, country("GB", "a"))


def test_the_lock_is_held_through_commit(sqlite_store: CheckedStore) -> None:
    """SQLite before 3.51.3 can corrupt a WAL that is reset while another connection commits."""
    held = []

    def look(_connection: object) -> None:
        path = Path(f"{sqlite_store.url.database}.lock")
        with path.open("ab") as file, pytest.raises(Unavailable):
            engine._take_lock(file, path, 0.0)
        held.append(True)

    with sqlite_store.writing() as tx:
        event.listen(sqlite_store.engine, "commit", look)
        sqlite_store.checking = False
        lifecycle.add(tx, "country", OPERATOR)
    assert held == [True]


def test_the_lock_is_let_go_when_an_act_fails(sqlite_store: Store) -> None:
    with pytest.raises(ZeroDivisionError), sqlite_store.writing():
        raise ZeroDivisionError
    make(sqlite_store)


def test_writers_of_different_registers_do_not_wait_for_each_other_on_postgresql(postgresql_store: Store) -> None:
    first = make(postgresql_store)
    make(postgresql_store, "land")
    with postgresql_store.writing() as tx:
        tx.hot.lock_head(tx.connection, first.id)
        append(postgresql_store, country("GB", "a"), to="land")
    assert head_of(postgresql_store, "land").entries == 1


def meanwhile(
    store: CheckedStore, part: Callable[[Transaction], object], act: Callable[[], object]
) -> Exception | None:
    """Do a part, let an act begin in a thread, commit the part; what the act raised."""
    store.checking = False
    raised: list[Exception] = []

    def run() -> None:
        try:
            act()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    with store.writing() as tx:
        part(tx)
        thread.start()
        thread.join(0.3)
    thread.join(60)
    store.checking = True
    return raised[0] if raised else None


def test_of_two_who_create_a_name_at_once_one_is_told_that_it_is_taken(store: CheckedStore) -> None:
    raised = meanwhile(
        store,
        lambda tx: lifecycle.add(tx, "country", OPERATOR),
        lambda: lifecycle.create(store, definition(), AUTHORITY, OPERATOR),
    )
    assert names_in(store) == ["country"]
    assert isinstance(raised, Conflict), raised


def test_a_draft_that_is_dropped_while_it_is_written_is_gone_with_what_was_written(store: CheckedStore) -> None:
    register = make(store)
    with store.reading() as tx:
        batch = batches.prepare(lifecycle.subject_of(tx, register), store.hashings, [country("GB", "a")])
    raised = meanwhile(
        store,
        lambda tx: log.append(tx, register, batch, AUTHORITY),
        lambda: lifecycle.drop(store, "country"),
    )
    assert raised is None or isinstance(raised, RegistersError), raised
    assert names_in(store) == ([] if raised is None else ["country"])
