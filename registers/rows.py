"""CSV as it was published, byte for byte: UTF-8, no BOM, CRLF, and a quoting rule of its own.

A cell is quoted when it is longer than 24 characters or contains any character below U+002D (a space, a quote, a
comma, an apostrophe, a plus sign …); the rule holds for the header row too. The members of a list are joined by `;`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from registers.entry import Item

QUOTED_ABOVE = 24
_BELOW_HYPHEN = re.compile("[\x00-\x2c]")
# What marks UTF-8: a blank for each character below the hyphen, a letter for each byte of any other.
_MARKS = b" " * 0x2D + b"x" * (0x100 - 0x2D)
_LONG = b"x" * (QUOTED_ABOVE + 1)


def cell(value: str) -> str:
    """One cell."""
    if len(value) > QUOTED_ABOVE or _BELOW_HYPHEN.search(value):
        doubled = value.replace('"', '""')
        return f'"{doubled}"'
    return value


def row(values: Iterable[str]) -> str:
    """One row, with its line end."""
    return ",".join(map(cell, values)) + "\r\n"


def item_values(item: Item, fields: Sequence[str]) -> list[str]:
    """An item's values in the order of the fields, blank where it has none."""
    values = (item.get(field, "") for field in fields)
    return [value if isinstance(value, str) else ";".join(value) for value in values]


def rows(columns: Sequence[Sequence[str | list[str]]]) -> str:
    """The rows of a table whose columns these are: the bytes that `row` makes of them one by one.

    There must be one row at least. It goes a column at a time, which takes a third of the work.
    """
    lines = [*map(",".join, zip(*map(_cells, columns), strict=True)), ""]
    return "\r\n".join(lines)


def _cells(column: Sequence[Any]) -> Sequence[str]:
    """The cells of a column. Most (codes, numbers, dates) hold nothing that is quoted, and that is seen at a glance."""
    try:
        values, text = column, "\n".join(column)
    except TypeError:  # there is a list among them
        values = [value if isinstance(value, str) else ";".join(value) for value in column]
        text = "\n".join(values)
    if " " not in text and _is_plain(text, len(values)):
        return values
    if '"' in text:
        return list(map(cell, values))
    search = _BELOW_HYPHEN.search
    return [  # no letter and no digit is below the hyphen
        v and (f'"{v}"' if " " in v or len(v) > QUOTED_ABOVE or (not v.isalnum() and search(v)) else v) for v in values
    ]


def _is_plain(lines: str, count: int) -> bool:
    """Whether so many lines hold nothing that is quoted. They may be called long for characters of many bytes."""
    marks = lines.encode().translate(_MARKS)
    return marks.count(b" ") == count - 1 and _LONG not in marks
