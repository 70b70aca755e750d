"""The hot path on SQLite, and how its connections are set up. Each public function has its twin in `postgresql`."""

from __future__ import annotations

import json
from functools import lru_cache
from sqlite3 import Connection as DriverConnection
from typing import Any

from sqlalchemy import Connection, Row, Table

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


def on_connect(connection: DriverConnection, _record: object) -> None:
    """Set a new connection up; transactions are begun by us, not guessed by the driver."""
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def on_begin(connection: Connection) -> None:
    """Begin: a reader's snapshot, or at once the writer's claim."""
    reading = connection.get_execution_options().get("registers_begin", "read") == "read"
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


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


def lock_registers(connection: Connection) -> None:
    """Nothing to do: the writer already has the database to itself."""


def lock_head(connection: Connection, register_id: int) -> None:
    """Nothing to do: the writer already has the database to itself."""
