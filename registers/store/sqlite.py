"""The hot path on SQLite, and how its connections are set up. Each public function has its twin in `postgresql`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from sqlite3 import Connection as DriverConnection
from typing import Any

from sqlalchemy import Connection, Row, Table

from registers.errors import Unavailable

BUSY_TIMEOUT = 10.0  # seconds for a file that SQLite finds locked; writers wait before that, on our own lock
CHECKPOINT_PAGES = 4000  # WAL pages of 4 KiB after which a COMMIT checkpoints
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    "foreign_keys = ON",
    "recursive_triggers = ON",  # so that INSERT OR REPLACE cannot slip past the triggers that refuse DELETE
    "cache_size = -32768",  # KiB, for each connection
    "temp_store = FILE",
)
_TRAILS = """
    SELECT r.key, r.since, r.until, e.item, i.v1
    FROM json_each(?) AS wanted
    CROSS JOIN record AS r ON r.register_id = ? AND r.region = ? AND r.key = wanted.value
    CROSS JOIN entry AS e ON e.register_id = r.register_id AND e.region = r.region AND e.number = r.since
    CROSS JOIN item AS i ON i.register_id = r.register_id AND i.region = r.region AND i.number = e.item
    ORDER BY r.key, r.since
"""
_RECORD = """
    SELECT e.number, e.key, e.timestamp, e.item, e.records, e.chain, i.v1, i.v2, i.body
    FROM record AS r
    JOIN entry AS e ON e.register_id = r.register_id AND e.region = r.region AND e.number = r.since
    JOIN item AS i ON i.register_id = e.register_id AND i.region = e.region AND i.number = e.item
    WHERE r.register_id = ? AND r.region = ? AND r.key = ? AND r.since <= ?
    ORDER BY r.since DESC LIMIT 1
"""
_TILE = "SELECT level, number, hashes FROM tile WHERE register_id = ? AND tree = ? AND level = ? AND number = ?"


def on_connect(connection: DriverConnection, _record: object) -> None:
    """Set a new connection up; transactions are begun by us, not guessed by the driver."""
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def watch(path: str) -> DriverConnection:
    """A connection that only watches for commits. Raises sqlite3.Error when there is no such file."""
    uri = f"{Path(path).resolve().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=0.1, isolation_level=None, check_same_thread=False)


def on_begin(connection: Connection) -> None:
    """Begin: a reader's snapshot, or at once the writer's claim; nothing for what is done outside of transactions."""
    kind = connection.get_execution_options().get("registers_begin", "read")
    if kind == "wipe":
        return
    if kind == "read":
        # Past SQLAlchemy, which would take longer over it than over the whole of a small read; it cannot fail.
        connection.connection.cursor().execute("BEGIN")
    else:
        # NORMAL does not sync the WAL at COMMIT; the next FULL commit syncs all of it.
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if kind == 'write' else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def insert_rows(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in the order of the table's columns."""
    if rows:
        connection.exec_driver_sql(_insert(table), rows)


@lru_cache
def _insert(table: Table) -> str:
    names = ", ".join(column.name for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(table.columns))})"  # noqa: S608


def trails(connection: Connection, register_id: int, region: int, keys: list[str]) -> list[Row[Any]]:
    """The whole trail of each key that has one: rows of key, since, until, item number, v1 digest, oldest first."""
    return list(connection.exec_driver_sql(_TRAILS, (json.dumps(keys), register_id, region)))


def record(connection: Connection, place: tuple[int, int], key: str, size: int) -> tuple[Any, ...] | None:
    """The row of the entry, with its item, that is the record of a key at a size, in the order of `Entry`."""
    found: tuple[Any, ...] | None = connection.connection.cursor().execute(_RECORD, (*place, key, size)).fetchone()
    return found


def tiles(
    connection: Connection, of: tuple[int, str], places: Sequence[tuple[int, int]]
) -> list[tuple[int, int, bytes]]:
    """Rows of level, number and hashes: of a register's tree, those of the tiles at `(level, number)` that exist."""
    cursor = connection.connection.cursor()
    return [row for place in places for row in cursor.execute(_TILE, (*of, *place))]


def mark(connection: Connection) -> object:
    """What the connection sees: equal again when nobody else has committed since (it knows its own commits)."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver, driver.execute("PRAGMA data_version").fetchone()


def wipe(connection: Connection, tables: Sequence[str]) -> None:
    """Write the whole file anew, and leave nothing in the WAL.

    VACUUM alone would do for tables; the words of deleted rows stay in the full-text index until its parts are merged.
    """
    connection.exec_driver_sql("INSERT INTO question_words (question_words) VALUES ('optimize')")
    connection.exec_driver_sql("VACUUM")
    # If we crash here, old pages are still in the file, and new ones in the WAL; whoever wipes again is done with both.
    busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if busy:
        raise Unavailable("somebody still reads what was there before; try again in a little while")


def lock_registers(connection: Connection) -> None:
    """Nothing to do: the writer already has the database to itself."""


def lock_head(connection: Connection, register_id: int) -> None:
    """Nothing to do: the writer already has the database to itself."""
