"""Backup and restore: the same on both engines and across them, verified before they say yes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from registers import backup, batch, fsck, lifecycle, log, snapshot
from registers.entry import Entry, Region
from registers.errors import Conflict, Corrupt, Invalid, NotFound
from registers.opening import open_store
from registers.register import Head, Register, Revision
from registers.store import registers
from registers.store.engine import Store, Transaction
from registers.store.schema import schema_version
from tests.makers import (
    AUTHORITY,
    OPERATOR,
    CheckedStore,
    FixedClock,
    append,
    country,
    entries_of,
    grow,
    make,
    names_in,
    rows_in,
)

Everything = list[tuple[Register, Head | None, list[Revision], list[Entry], list[Entry]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[CheckedStore]:
    """An empty database to restore into, on each engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'restored.db'}"
    else:
        url = request.getfixturevalue("fresh_postgresql_database")(None)
    store = CheckedStore(url, clock)
    yield store
    store.close()


@pytest.fixture
def full(store: CheckedStore) -> CheckedStore:
    """A published register with full tiles, a draft, one that is empty, and one that is being loaded."""
    make(store)
    grow(store, 300)
    append(store, country("K1", "changed"), country("GB", "x" * 10_000, citizen_names=["é", "𝄞"]))
    lifecycle.publish(store, "country")
    make(store, "land")
    append(store, country("FR", "a"), to="land")
    make(store, "dropped")
    lifecycle.drop(store, "dropped")
    make(store, "empty")
    with store.writing() as tx:
        lifecycle.add(tx, "half", OPERATOR, loading=True)
    return store


@pytest.fixture
def small(sqlite_store: CheckedStore, tmp_path: Path) -> Path:
    """A backup of a small register."""
    make(sqlite_store)
    append(sqlite_store, country("GB", "a"), country("FR", "b"))
    backup.backup(sqlite_store, tmp_path / "small.backup")
    return tmp_path / "small.backup"


def everything(store: Store) -> Everything:
    with store.reading() as tx:
        found = registers.find_all(tx.connection)
        state = [(r, registers.read_head(tx.connection, r.id), registers.revisions(tx.connection, r.id)) for r in found]
    return [
        (*each, entries_of(store, each[0].name), entries_of(store, each[0].name, Region.METADATA)) for each in state
    ]


def test_what_is_restored_is_what_was_backed_up_on_any_engine(
    full: CheckedStore, empty: CheckedStore, tmp_path: Path
) -> None:
    path = tmp_path / "all.backup"
    counted = backup.backup(full, path)
    assert backup.restore(path, empty) == counted == sum(len(each[3]) + len(each[4]) for each in everything(full))
    assert everything(empty) == everything(full)
    rows = rows_in(full)
    assert rows_in(empty) == rows | {"register": rows["register"] - 1, "head": rows["head"] - 1}, "but for the load"
    assert names_in(empty) == ["country", "empty", "land"]


def test_a_restored_database_goes_on(full: CheckedStore, empty: CheckedStore, tmp_path: Path) -> None:
    backup.backup(full, tmp_path / "all.backup")
    backup.restore(tmp_path / "all.backup", empty)
    taken = {each[0].id for each in everything(empty)}
    assert make(empty, "new").id not in taken
    append(empty, country("DE", "b"), to="land")
    with pytest.raises(Exception, match="never deleted"), empty.writing() as tx:
        tx.connection.exec_driver_sql("DELETE FROM entry")


def test_a_backup_can_be_opened_as_it_is(full: CheckedStore, tmp_path: Path) -> None:
    backup.backup(full, tmp_path / "all.backup")
    copy = open_store(f"sqlite:///{tmp_path / 'all.backup'}")
    assert everything(copy) == everything(full)
    copy.close()


def test_a_backup_is_one_file(sqlite_store: CheckedStore, tmp_path: Path) -> None:
    make(sqlite_store)
    folder = tmp_path / "backups"
    folder.mkdir()
    backup.backup(sqlite_store, folder / "a")
    assert [path.name for path in folder.iterdir()] == ["a"]


def test_progress_is_told_in_entries(full: CheckedStore, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    counted = backup.backup(full, tmp_path / "a", lambda *given: told.append(given))
    assert told[-1] == (counted, counted)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_writes_during_a_backup_are_not_half_in_it(
    sqlite_store: CheckedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(sqlite_store)
    append(sqlite_store, country("GB", "a"))
    before = everything(sqlite_store)
    monkeypatch.setattr(backup, "_count", lambda *_: append(sqlite_store, country("FR", "b")) and 0)
    backup.backup(sqlite_store, tmp_path / "a")
    opened = open_store(f"sqlite:///{tmp_path / 'a'}")
    assert everything(opened) == before
    opened.close()
    assert len(everything(sqlite_store)[0][3]) == 2


def assert_nothing_in(store: Store) -> None:
    assert schema_version(store) is None or sum(rows_in(store).values()) == 0


# Refusals


def test_a_backup_does_not_write_over_a_file(sqlite_store: CheckedStore, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("kept")
    with pytest.raises(Conflict, match="a exists already; a backup is written to a new file"):
        backup.backup(sqlite_store, tmp_path / "a")
    assert (tmp_path / "a").read_text() == "kept"


def test_a_log_that_is_damaged_is_not_backed_up(sqlite_store: CheckedStore, tmp_path: Path) -> None:
    make(sqlite_store)
    append(sqlite_store, country("GB", "a"))
    sqlite_store.checking = False
    with sqlite_store.writing() as tx:
        tx.connection.exec_driver_sql("DROP TRIGGER item_no_other_body")
        tx.connection.exec_driver_sql("UPDATE item SET body = '{}' WHERE region = 0")
    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(Corrupt):
        backup.backup(sqlite_store, folder / "a")
    assert list(folder.iterdir()) == []


def test_a_backup_that_was_cut_short_is_done_again(sqlite_store: CheckedStore, tmp_path: Path) -> None:
    make(sqlite_store)
    (tmp_path / "a.partial").write_text("half")
    backup.backup(sqlite_store, tmp_path / "a")
    assert not (tmp_path / "a.partial").exists()


def test_only_an_empty_database_is_restored_into(small: Path, store: CheckedStore) -> None:
    if not names_in(store):
        make(store, "land")
    before = everything(store)
    with pytest.raises(Conflict, match="holds registers; restore into an empty one"):
        backup.restore(small, store)
    assert everything(store) == before


def test_what_is_no_backup_is_refused(empty: CheckedStore, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="there is no backup at"):
        backup.restore(tmp_path / "none", empty)
    (tmp_path / "text").write_text("not a database")
    with pytest.raises(Invalid, match="text is not a backup: it is not a SQLite file"):
        backup.restore(tmp_path / "text", empty)
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE other (n)")
    other.commit()
    other.close()
    with pytest.raises(Invalid, match="is not a backup that this release can restore: .* has no schema"):
        backup.restore(tmp_path / "other", empty)


def spoil(path: Path, statement: str) -> None:
    """Change a backup behind the back of its triggers."""
    file = sqlite3.connect(path)
    for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        file.execute(f"DROP TRIGGER {name}")
    assert file.execute(statement).rowcount > 0
    file.commit()
    file.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE item SET body = replace(body, '\"a\"', '\"z\"') WHERE region = 0",
        "UPDATE entry SET key = 'DE' WHERE region = 0 AND number = 2",
        "DELETE FROM entry WHERE region = 0 AND number = 2",
        "DELETE FROM record WHERE region = 0",
        "UPDATE head SET items = 5",
        "UPDATE head SET entries = 1",
        "DELETE FROM revision WHERE number = 2",
    ],
)
def test_a_damaged_backup_is_refused_and_leaves_nothing(small: Path, empty: CheckedStore, statement: str) -> None:
    spoil(small, statement)
    with pytest.raises(Corrupt):
        backup.restore(small, empty)
    assert_nothing_in(empty)


def test_what_was_not_restored_as_it_was_is_noticed_though_it_is_sound(
    small: Path, empty: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = backup._copy

    def copy_and_append(source: Transaction, target: Transaction, progress: backup.Progress) -> None:
        copy(source, target, progress)
        register = snapshot.find_register(target, "country")
        subject = lifecycle.subject_of(target, register)
        log.append(target, register, batch.prepare(subject, target.hashings, [country("DE", "x")]), AUTHORITY)

    monkeypatch.setattr(backup, "_copy", copy_and_append)
    with pytest.raises(Corrupt, match="the register country was not copied as it was"):
        backup.restore(small, empty)
    assert_nothing_in(empty)


def test_a_register_that_was_not_restored_at_all_is_noticed(
    small: Path, empty: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_chunks", lambda *_: iter(()))
    with pytest.raises(Corrupt):
        backup.restore(small, empty)


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_backup_that_was_cut_off_is_refused(small: Path, empty: CheckedStore, part: float) -> None:
    content = small.read_bytes()
    small.write_bytes(content[: int(len(content) * part)])
    with pytest.raises((Corrupt, Invalid)):
        backup.restore(small, empty)
    assert_nothing_in(empty)


def test_a_restore_that_does_not_verify_leaves_nothing(
    small: Path, empty: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = fsck.check_in

    def find_fault(tx: Transaction, register: Register) -> int:
        if tx.connection.engine.url == empty.engine.url:
            raise Corrupt("at the last moment")
        return check(tx, register)

    monkeypatch.setattr(fsck, "check_in", find_fault)
    with pytest.raises(Corrupt, match="at the last moment"):
        backup.restore(small, empty)
    monkeypatch.undo()
    assert_nothing_in(empty)
    assert backup.restore(small, empty) > 0


def test_restoring_leaves_the_backup_as_it_was(small: Path, empty: CheckedStore) -> None:
    """It may be on a medium that cannot be written."""
    before = small.read_bytes()
    backup.restore(small, empty)
    assert small.read_bytes() == before


def test_a_restored_register_can_be_read_by_name(small: Path, empty: CheckedStore) -> None:
    backup.restore(small, empty)
    with empty.reading() as tx:
        assert snapshot.take(tx, snapshot.find_register(tx, "country")).record("FR").number == 2
        with pytest.raises(NotFound):
            snapshot.find_register(tx, "land")
