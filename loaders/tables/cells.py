"""What the readers of tables share: rows that know their numbers, names that tell columns apart, values as text.

A row's number is where a person finds it. The header is row 1 and the first record row 2; where there is no header
(NDJSON, Parquet) the first record is row 1. Lines with nothing in them count as rows too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

import pyarrow as pa

from loaders.source import Problems

MOST_ROWS = 20_000  # in a part of a table; so much of a file is in memory, and a few parts are read ahead
SEPARATOR = ";"  # between the members of a list

Report = Callable[[int, str, str], None]
"""Takes note of what is wrong: the number of the row, the column, and what is wrong there."""


class Part(NamedTuple):
    """Some rows of a table: a column of `pyarrow.string()` for each name, and a number for each row, going up."""

    numbers: Sequence[int]
    batch: pa.RecordBatch


class Reader(Protocol):
    """How a table of one kind is read. `parts` can be asked for again, and then begins at the first row."""

    names: list[str]
    encoding: str
    first_row: int

    def parts(self, report: Report) -> Iterator[Part]:
        """All rows in the order of the file, values as they stand in it. A row that cannot be read is reported."""


class Unreadable(ValueError):
    """A value that has no text; the message goes on from its place, as "holds a formula" does."""


def check_names(names: Sequence[str], row: int, file_name: str) -> list[str]:
    """The names without white space about them. Raises Wrong, naming each column without a name of its own."""
    problems, seen = Problems(), dict[str, int]()
    stripped = [name.strip() for name in names]
    for number, name in enumerate(stripped, 1):
        if not name:
            problems.add(f"{file_name}, row {row}", f"column {number}", "has no name")
        elif seen.setdefault(name, number) != number:
            problems.add(f"{file_name}, row {row}", f"column {number}", f"has the name of column {seen[name]}, {name}")
    problems.check()
    return stripped


def part_of(numbers: Sequence[int], rows: Sequence[Sequence[str | None]], names: Sequence[str]) -> Part:
    """Rows of as many values as there are names, as columns."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return Part(numbers, batch_of([pa.array(column, pa.string()) for column in columns], names))


def batch_of(columns: Sequence[pa.Array], names: Sequence[str]) -> pa.RecordBatch:
    """Columns of text under their names."""
    return pa.RecordBatch.from_arrays(list(columns), names=list(names))


def text_of(value: object) -> str | None:
    """A value as text: ISO dates, `true`, whole numbers without a point, members of a list joined by ";".

    A moment at midnight is a date. None stays None. Raises Unreadable for what has no text.
    """
    if value is None or isinstance(value, str):
        return _checked(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, date | time | timedelta):
        return _date(value)
    if isinstance(value, list):
        return _joined(value)
    if isinstance(value, dict):
        raise Unreadable("holds an object, where a table has text")
    raise Unreadable(f"holds {type(value).__name__}, which is no text")


def _checked(value: str | None) -> str | None:
    if value is None or (value.isascii() and "\0" not in value):
        return value
    if "\0" in value or any("\ud800" <= each <= "\udfff" for each in value):
        raise Unreadable("holds a character that is not text: a NUL, or half of one")
    return value


def _number(value: float | Decimal) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        raise Unreadable(f"holds {value}, which is no number")
    return str(int(value)) if value == int(value) else str(value)


def _date(value: date | time | timedelta) -> str:
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return str(value) if isinstance(value, timedelta) else value.isoformat()


def _joined(members: list[object]) -> str:
    for member in members:
        if not isinstance(member, str):
            raise Unreadable("holds a list with a member that is not text")
        if SEPARATOR in member:
            raise Unreadable(f'holds a list with "{SEPARATOR}" in a member, which would become two')
        _checked(member)
    return SEPARATOR.join(map(str, members))
