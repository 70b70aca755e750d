"""The words of records on SQLite, in an FTS5 table. Its twin is `postgresql_words`.

FTS5 gives what it finds in the order of row ids, so an id goes up with the ranking: ten bits of the name's length, 36
of the key's beginning, 17 that tell apart the rows that share those, which are sorted when they are read. Should 17
not do, the rest get ids below zero, and are merged in. A page then costs what it shows, not what there is.

The index holds whole words and the beginnings of words of some lengths; a longer beginning is looked up by one that
it holds, and then looked at itself. What is sent to FTS5 is made of letters and digits alone, in quotes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection

from registers.question import Sought
from registers.store.scope import Place, Ranked, Scope

PREFIXES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16)  # characters of the beginnings that the migration had indexed
NAME_LIMIT = 60  # characters of a name in one token
CODE_BITS, ROW_BITS = 36, 17
_ROWS = (1 << ROW_BITS) - 1

# A key's alphabet, its end first, and how often each comes, of 1024: digits take the fewest bits.
_SYMBOLS = "\0-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_WEIGHTS = [16 if symbol == "\0" else 56 if symbol.isdigit() else 8 for symbol in _SYMBOLS]
_WIDTH = dict(zip(_SYMBOLS, _WEIGHTS, strict=True))
_BELOW = dict(zip(_SYMBOLS, accumulate([0, *_WEIGHTS[:-1]]), strict=True))

_TAKEN = """
    SELECT wanted.value, (SELECT max(id) FROM question_record WHERE id BETWEEN wanted.value AND wanted.value + ?)
    FROM json_each(?) AS wanted
"""
_ADD = "INSERT INTO question_record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_WORDS = "INSERT INTO question_words (rowid, words) VALUES (?, ?)"
_MERGE = "INSERT INTO question_words (question_words, rank) VALUES ('merge', -500)"  # pages; below zero: of all levels
_FORGET_WORDS = """
    INSERT INTO question_words (question_words, rowid, words)
    SELECT 'delete', id, words FROM question_record WHERE register_id = ?
"""
_FORGET_SOME = f"{_FORGET_WORDS} AND since IN (SELECT value FROM json_each(?))"  # noqa: S608
_SELECT = "SELECT r.since, r.register_id, r.key, r.name, r.length, r.id FROM "
_IN_SCOPE = """
    (r.length, r.key, r.register_id) > (?, ?, ?)
    AND +r.register_id IN (SELECT value FROM json_each(?)) AND r.since <= ? AND (r.until IS NULL OR r.until > ?)
    AND (r.first_day IS NULL OR r.first_day <= ?) AND (r.last_day IS NULL OR r.last_day >= ?)
"""
_BY_KEY = f"{_SELECT} question_record AS r WHERE r.key = ? COLLATE NOCASE AND {_IN_SCOPE}"
_BY_WORDS = f"""
    {_SELECT} question_words CROSS JOIN question_record AS r ON r.id = question_words.rowid
    WHERE question_words MATCH ? AND question_words.rowid BETWEEN ? AND ? AND {_IN_SCOPE}
"""


def add(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows of `question_record`, without their ids, and index their words."""
    marked = [(*row[:6], _marks(row[0], row[4], row[6]), *row[7:]) for row in rows]
    numbered = sorted(zip(_new_ids(connection, marked), marked, strict=True))  # in another order FTS5 is slow
    connection.exec_driver_sql(_ADD, [(number, *row) for number, row in numbered])
    connection.exec_driver_sql(_ADD_WORDS, [(number, row[6]) for number, row in numbered])


def settle(connection: Connection) -> bool:
    """Merge some of what many rows left apart in the index; whether there is more to merge.

    A small append would otherwise come to pay for all of it at once, one day.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    before = driver.total_changes
    connection.exec_driver_sql(_MERGE)
    return bool(driver.total_changes - before >= 2)  # as FTS5 documents that it tells


def forget(connection: Connection, register_id: int) -> None:
    """Take a register's words out of the index, before its rows are deleted."""
    connection.exec_driver_sql(_FORGET_WORDS, (register_id,))


def forget_entries(connection: Connection, register_id: int, numbers: Sequence[int]) -> None:
    """Take the words of some entries out of the index, before their rows are deleted."""
    connection.exec_driver_sql(_FORGET_SOME, (register_id, json.dumps(list(numbers))))


def ranked(connection: Connection, sought: Sought, rank: int, scope: Scope, after: Place, limit: int) -> list[Ranked]:
    """Records of a class of the ranking, and maybe of those before it, in order: at least `limit` unless it ends."""
    limits = (*after, json.dumps(scope.registers), scope.size, scope.size)
    days = (2**31, 0) if scope.day is None else (scope.day, scope.day)
    if rank == 0:
        rows = list(connection.exec_driver_sql(_BY_KEY, (sought.key, *limits, *days)))
    else:
        rows = _matching(connection, _Asked(sought, rank, scope), (*limits, *days), limit)
    return sorted((Ranked(*row[:5]) for row in rows), key=lambda row: row.place)


class _Asked:
    """One class of the ranking as FTS5 is asked for it, and what is then looked at in the rows."""

    def __init__(self, sought: Sought, rank: int, scope: Scope) -> None:
        tokens = [_prefix(word) for word in sought.words]
        checks = [(" AND instr(' ' || r.words, ?) > 0", f" {w}") for w in sought.words if len(w) not in PREFIXES]
        if rank == 1:
            tokens.append(f'"{_token(sought.name)}"')
            checks = [(" AND r.name = ?", sought.name)]
        elif rank == 2:
            tokens.append(_prefix(_token(sought.name)))
            checks = [(" AND instr(r.name, ?) = 1", sought.name)]
        if len(scope.registers) == 1:
            tokens.append(f'"__{scope.registers[0]}"')
        self.match = " ".join(tokens)
        self.sql = "".join(sql for sql, _ in checks)
        self.values = tuple(value for _, value in checks)


def _matching(connection: Connection, asked: _Asked, limits: tuple[Any, ...], limit: int) -> list[Any]:
    """Rows after a place, to the end of a run of ids that share the length and the beginning of the key."""
    sql = _BY_WORDS + asked.sql

    def between(first: int, last: int, most: int) -> list[Any]:
        given = (asked.match, first, last, *limits, *asked.values, most)
        return list(connection.exec_driver_sql(f"{sql} ORDER BY question_words.rowid LIMIT ?", given))

    found = between(_run(limits[0], limits[1]), 2**63 - 1, limit)
    if len(found) == limit:
        last = found[-1].id
        found += between(last + 1, last | _ROWS, -1)
    if connection.exec_driver_sql("SELECT 1 FROM question_record WHERE id < 0 LIMIT 1").first():
        seen = (
            max(((row.length, row.key, row.register_id) for row in found), default=None)
            if len(found) >= limit
            else None
        )
        spilt = between(-(2**63), -1, -1)
        found += [row for row in spilt if seen is None or (row.length, row.key, row.register_id) <= seen]
    return found


# Tokens


def _token(name: str) -> str:
    """A folded name as one token, which no word is like."""
    return f"_{name.replace(' ', '_')}"[:NAME_LIMIT]


def _marks(register_id: int, name: str, words: str) -> str:
    """The words of a record with tokens for its register and its whole name."""
    return f"__{register_id} {_token(name)} {words}" if name else f"__{register_id} {words}"


def _prefix(token: str) -> str:
    """The longest beginning of a token that is indexed."""
    return f'"{token[: max(size for size in PREFIXES if size <= len(token))]}"*'


# Ids


def _new_ids(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> list[int]:
    runs = [_run(row[5], row[3]) for row in rows]
    found = connection.exec_driver_sql(_TAKEN, (_ROWS, json.dumps(list(set(runs)))))
    latest = {run: number for run, number in found if number is not None}
    ids, spilt = [], None
    for run in runs:
        number = latest.get(run, run - 1) + 1
        if number > run | _ROWS:
            spilt = (_least_id(connection) if spilt is None else spilt) - 1
            number = spilt
        else:
            latest[run] = number
        ids.append(number)
    return ids


def _least_id(connection: Connection) -> int:
    least = connection.exec_driver_sql("SELECT min(id) FROM question_record").scalar_one()
    return min(least or 0, 0)


def _run(length: int, key: str) -> int:
    """The first id of the rows with this length and a key that begins so."""
    return (max(length, 0) << CODE_BITS | _code(key)) << ROW_BITS


def _code(key: str) -> int:
    """The beginning of a key as a number of 36 bits that never falls while the key goes up."""
    low, width, bits = 0, 1, 0
    for symbol in f"{key}\0":
        if width >> max(bits - CODE_BITS, 0) == 0:
            break
        place = symbol if symbol in _WIDTH else max(known for known in _SYMBOLS if known <= symbol)
        low, width, bits = (low << 10) + width * _BELOW[place], width * _WIDTH[place], bits + 10
    return low >> (bits - CODE_BITS) if bits > CODE_BITS else low << (CODE_BITS - bits)
