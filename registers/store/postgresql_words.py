"""The words of records on PostgreSQL, in a GIN index. Its twin is `sqlite_words`.

The planner chooses between walking the ranking, when much matches, and sorting what the index finds, when little does.
What is sent as a `tsquery` is made of letters and digits alone, in quotes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from registers.folding import following
from registers.question import Sought
from registers.store import postgresql
from registers.store.scope import Place, Ranked, Scope
from registers.store.tables import question_record

NAME_LIMIT = 60  # characters of a name in the index that the migration made
NUMBER_BITS = 40  # of an id: below the register's, the entry's number

_SELECT = "SELECT since, register_id, key, name, length FROM question_record WHERE "
_IN_SCOPE = " AND since <= %s AND (until IS NULL OR until > %s)"
_ON_DAY = " AND (first_day IS NULL OR first_day <= %s) AND (last_day IS NULL OR last_day >= %s)"
_ONE = " AND register_id = %s AND (length, key) > (%s, %s) ORDER BY length, key LIMIT %s"
_MANY = (
    " AND register_id = ANY(%s) AND (length, key, register_id) > (%s, %s, %s)"
    " ORDER BY length, key, register_id LIMIT %s"
)
_BY_RANK = (
    "lower(key) = %s",
    '"left"(name, 60) = %s AND name = %s',
    '"left"(name, 60) >= %s AND "left"(name, 60) < %s AND starts_with(name, %s)',
    "array_to_tsvector(string_to_array(words, ' ')) @@ %s::tsquery",
)


def add(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows of `question_record`, without their ids; the database indexes their words."""
    postgresql.insert_rows(connection, question_record, [(row[0] << NUMBER_BITS | row[1], *row) for row in rows])


def settle(connection: Connection) -> bool:
    """Nothing to do: the server merges what was added by itself, and no append waits for it."""
    return False


def forget(connection: Connection, register_id: int) -> None:
    """Nothing to do: the words go with their rows."""


def forget_entries(connection: Connection, register_id: int, numbers: Sequence[int]) -> None:
    """Nothing to do: the words go with their rows."""


def ranked(connection: Connection, sought: Sought, rank: int, scope: Scope, after: Place, limit: int) -> list[Ranked]:
    """Records of a class of the ranking, and maybe of those before it, in order: `limit` unless it ends."""
    sql = _SELECT + _BY_RANK[rank] + _IN_SCOPE
    given: list[Any] = [*_asked(sought, rank), scope.size, scope.size]
    if scope.day is not None:
        sql, given = sql + _ON_DAY, [*given, scope.day, scope.day]
    if len(scope.registers) == 1:
        sql, given = sql + _ONE, [*given, scope.registers[0], *after[:2], limit]
    else:
        sql, given = sql + _MANY, [*given, list(scope.registers), *after, limit]
    return [Ranked(*row) for row in connection.exec_driver_sql(sql, tuple(given))]


def _asked(sought: Sought, rank: int) -> list[Any]:
    if rank == 0:
        return [sought.key]
    if rank == 3:
        return [" & ".join(f"'{word}':*" for word in sought.words)]
    begin = sought.name[:NAME_LIMIT]
    return [begin, sought.name] if rank == 1 else [begin, following(begin), sought.name]
