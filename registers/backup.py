"""Backup and restore, verified before they say yes.

A backup of either engine is one SQLite file with the same tables: it can be opened, served and checked as it is,
restored to either engine, and so also carries a service from SQLite to PostgreSQL. It holds one consistent state;
loads that are not finished are left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select, text

from registers import fsck
from registers.disk import sync
from registers.errors import Conflict, Corrupt, Invalid, Unavailable
from registers.store import registers
from registers.store.engine import Store, Transaction
from registers.store.migrations import migrate
from registers.store.schema import check_schema
from registers.store.tables import TABLES, entry, register

CHUNK = 5000
Progress = Callable[[int, int], None]


def backup(store: Store, path: Path, progress: Progress = lambda _done, _total: None) -> int:
    """Write a backup to a new file; the number of entries in it, all verified.

    Raises Conflict when the file exists, Corrupt when the copy does not verify (then there is no file).
    """
    if path.exists():
        raise Conflict(f"{path} exists already; a backup is written to a new file")
    partial = path.with_name(f"{path.name}.partial")
    _remove(partial)
    try:
        with _beside(store, partial) as copy:
            migrate(copy)
            checked = _copy_and_read_back(store, copy, progress)
            _into_one_file(copy)
        sync(partial)
        # If we crash here, the backup is durable under its partial name, and says by it that it is not finished.
        os.link(partial, path)
        sync(path.parent)
    finally:
        _remove(partial)
    return checked


def _copy_and_read_back(store: Store, copy: Store, progress: Progress) -> int:
    with store.reading() as source:
        with copy.writing() as target:
            _copy(source, target, progress)
        with copy.reading() as written:
            return _verify(source, written)


def restore(path: Path, store: Store, progress: Progress = lambda _done, _total: None) -> int:
    """Restore a backup into an empty database, in one transaction; the number of entries in it, all verified.

    Raises Invalid for a file that is no backup, Conflict when the database holds registers, Corrupt when what was
    written does not verify. In each case the database is as it was.
    """
    if not path.is_file():
        raise Invalid(f"there is no backup at {path}")
    with _beside(store, path, still=True) as source_store:
        _check_backup(source_store, path)
        migrate(store)
        with source_store.reading() as source, store.writing() as target:
            target.hot.lock_registers(target.connection)
            if target.connection.execute(select(func.count()).select_from(register)).scalar_one():
                raise Conflict(f"the database {store.place} holds registers; restore into an empty one")
            _copy(source, target, progress)
            return _verify(source, target)


@contextmanager
def _beside(store: Store, path: Path, still: bool = False) -> Iterator[Store]:
    """The store of a backup file, with the hashings and clock of the store it belongs to; `still` to leave it alone."""
    copy = Store(f"sqlite:///{path}", store.hashings, store.clock, still)
    try:
        yield copy
    finally:
        copy.close()


def _check_backup(source: Store, path: Path) -> None:
    """Raise Invalid for what is no backup, Corrupt for one that is damaged."""
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\x00":
            raise Invalid(f"{path} is not a backup: it is not a SQLite file")
    try:
        check_schema(source)
    except Unavailable as error:
        raise Invalid(f"{path} is not a backup that this release can restore: {error}") from None
    try:
        fsck.check_all(source)
    except Unavailable as error:
        raise Corrupt(f"the backup {path} is damaged: {error}") from None


def _copy(source: Transaction, target: Transaction, progress: Progress) -> None:
    """Copy all rows of the visible registers, a table at a time."""
    visible = [found.id for found in registers.find_all(source.connection)]
    done, total = 0, _count(source, visible)
    for table in TABLES:
        for rows in _chunks(source, table, visible):
            target.hot.insert_rows(target.connection, table, rows)
            done += len(rows) if table is entry else 0
            progress(done, total)
    _continue_numbering(target)


def _count(source: Transaction, visible: list[int]) -> int:
    heads = [registers.read_head(source.connection, register_id) for register_id in visible]
    return sum(head.entries + head.metadata_entries for head in heads if head)


def _chunks(source: Transaction, table: Table, visible: list[int]) -> Iterator[list[tuple[Any, ...]]]:
    owner = table.c.id if table is register else table.c.register_id
    for register_id in visible:
        query = select(table).where(owner == register_id).order_by(*table.primary_key.columns)
        result = source.connection.execution_options(yield_per=CHUNK).execute(query)
        for rows in result.partitions():
            yield [tuple(row) for row in rows]


def _continue_numbering(target: Transaction) -> None:
    """PostgreSQL's sequence does not see ids that were given; SQLite's does."""
    if target.connection.dialect.name == "postgresql":
        last = "SELECT setval(pg_get_serial_sequence('register', 'id'), max(id)) FROM register HAVING max(id) > 0"
        target.connection.execute(text(last))


def _verify(source: Transaction, target: Transaction) -> int:
    """Check each register of the target, and that they are the source's; the number of entries checked."""
    found = registers.find_all(target.connection)
    if found != registers.find_all(source.connection):
        raise Corrupt("the registers that were copied are not those that there are")
    checked = 0
    for each in found:
        checked += fsck.check_in(target, each)
        if registers.read_head(source.connection, each.id) != registers.read_head(target.connection, each.id):
            raise Corrupt(f"the register {each.name} was not copied as it was")
    return checked


def _into_one_file(copy: Store) -> None:
    """Fold the WAL into the file, which is then all there is."""
    with copy.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA journal_mode = DELETE")


def _remove(partial: Path) -> None:
    for suffix in ("", "-wal", "-shm", ".lock"):
        Path(f"{partial}{suffix}").unlink(missing_ok=True)
