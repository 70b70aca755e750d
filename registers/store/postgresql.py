"""The hot path on PostgreSQL. Each public function has its twin in `sqlite`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import Connection, Row, Table
from sqlalchemy.exc import DBAPIError

from registers.errors import Unavailable

COPY_FROM = 50  # rows from which COPY beats prepared inserts
PATIENCE = 60.0  # seconds for which a writer waits
LIFECYCLE_LOCK = 0x7265676973746572  # "register": the advisory lock of those who change which registers there are
_TRAILS = """
    SELECT r.key, r.since, r.until, e.item, i.v1
    FROM record AS r
    JOIN entry AS e ON e.register_id = r.register_id AND e.region = r.region AND e.number = r.since
    JOIN item AS i ON i.register_id = r.register_id AND i.region = r.region AND i.number = e.item
    WHERE r.register_id = %s AND r.region = %s AND r.key = ANY(%s)
    ORDER BY r.key, r.since
"""
_RECORD = """
    SELECT e.number, e.key, e.timestamp, e.item, e.records, e.chain, i.v1, i.v2, i.body
    FROM record AS r
    JOIN entry AS e ON e.register_id = r.register_id AND e.region = r.region AND e.number = r.since
    JOIN item AS i ON i.register_id = e.register_id AND i.region = e.region AND i.number = e.item
    WHERE r.register_id = %s AND r.region = %s AND r.key = %s AND r.since <= %s
    ORDER BY r.since DESC LIMIT 1
"""
_TILES = """
    SELECT t.level, t.number, t.hashes
    FROM unnest(%s::int[], %s::bigint[]) AS wanted (level, number)
    JOIN tile AS t ON t.register_id = %s AND t.tree = %s AND t.level = wanted.level AND t.number = wanted.number
"""
_OUTWAITED = """
    SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8 AND NOT EXISTS (
        SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND age(backend_xmin) > age(%s::xid8::xid)
    )
"""
_WIPED = "SELECT bool_and(age(relfrozenxid) <= age(%s::xid8::xid)) FROM pg_class WHERE oid = ANY(%s::regclass[])"
_STILL_READ = "somebody still reads what was there before; try again in a little while"


def on_begin(connection: Connection) -> None:
    """A reader sees one snapshot; a writer waits for the head it locks, and then sees what was committed."""
    kind = connection.get_execution_options().get("registers_begin", "read")
    if kind == "wipe":
        return
    if kind == "read":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
    if kind == "follow":
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def insert_rows(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in the order of the table's columns."""
    if len(rows) < COPY_FROM:
        if rows:
            connection.exec_driver_sql(_insert(table), rows)
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        with driver.cursor() as cursor, cursor.copy(_copy(table)) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        # As SQLAlchemy would have raised it, had it run the COPY.
        raise DBAPIError.instance(_copy(table), None, error, psycopg.Error, dialect=connection.dialect) from error


@lru_cache
def _insert(table: Table) -> str:
    names = ", ".join(column.name for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join(['%s'] * len(table.columns))})"  # noqa: S608


@lru_cache
def _copy(table: Table) -> str:
    return f"COPY {table.name} ({', '.join(column.name for column in table.columns)}) FROM STDIN"


def trails(connection: Connection, register_id: int, region: int, keys: list[str]) -> list[Row[Any]]:
    """The whole trail of each key that has one: rows of key, since, until, item number, v1 digest, oldest first."""
    return list(connection.exec_driver_sql(_TRAILS, (register_id, region, keys)))


def record(connection: Connection, place: tuple[int, int], key: str, size: int) -> Row[Any] | None:
    """The row of the entry, with its item, that is the record of a key at a size, in the order of `Entry`."""
    return connection.exec_driver_sql(_RECORD, (*place, key, size)).first()


def tiles(connection: Connection, of: tuple[int, str], places: Sequence[tuple[int, int]]) -> list[Row[Any]]:
    """Rows of level, number and hashes: of a register's tree, those of the tiles at `(level, number)` that exist."""
    levels, numbers = [level for level, _ in places], [number for _, number in places]
    return list(connection.exec_driver_sql(_TILES, (levels, numbers, *of)))


def mark(connection: Connection) -> object:
    """Equal to no other: two snapshots cannot be told to be the same for less than it takes to read a head."""
    return object()


def wipe(connection: Connection, tables: Sequence[str]) -> None:
    """Write tables anew, their indexes too, and then the statistics that were made of them.

    What the server's own log of changes and its files on the way to be removed hold is its operator's to see to.
    Raises Unavailable while somebody still reads what was there before: their rows are then kept, without a word.
    """
    alone = connection.execution_options(isolation_level="AUTOCOMMIT")  # VACUUM is in no transaction
    alone.exec_driver_sql(f"SET lock_timeout = '{PATIENCE}s'")
    try:
        _write_anew(alone, tables, "FULL, ANALYZE")
        _write_anew(alone, ["pg_catalog.pg_statistic"], "FULL")  # the rows that ANALYZE has just replaced
    finally:
        alone.exec_driver_sql("RESET lock_timeout")


def _write_anew(connection: Connection, tables: Sequence[str], options: str) -> None:
    """Leave no row in these tables that is deleted by now; raises Unavailable when VACUUM had to keep one."""
    now = connection.exec_driver_sql("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").scalar_one()
    _outwait(connection, now)
    for table in tables:
        connection.exec_driver_sql(f"VACUUM ({options}) {table}")
    # A table knows the transaction before which VACUUM found nobody left to keep a deleted row for.
    if not connection.exec_driver_sql(_WIPED, (now, list(tables))).scalar_one():
        raise Unavailable(_STILL_READ)


def _outwait(connection: Connection, transaction: str) -> None:
    """Wait for everyone who may see what was there before a transaction, and for writers to any database before it."""
    for _ in range(round(PATIENCE * 10)):
        if connection.exec_driver_sql(_OUTWAITED, (transaction, transaction)).scalar_one():
            return
        time.sleep(0.1)
    raise Unavailable(_STILL_READ)


def lock_registers(connection: Connection) -> None:
    """Wait for those before us who make, publish or take away registers; taken before the lock of any head."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LIFECYCLE_LOCK})")


def lock_head(connection: Connection, register_id: int) -> None:
    """Wait for the writers of this register before us; its head is then ours until the transaction ends."""
    connection.exec_driver_sql("SELECT 1 FROM head WHERE register_id = %s FOR UPDATE", (register_id,))
