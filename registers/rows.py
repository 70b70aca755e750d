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


def rows(keys: Sequence[str], items: Sequence[Item], fields: Sequence[str]) -> str:
    """The rows of some items, a key before each: the bytes that `row` makes of them one by one.

    It goes a column at a time, which halves the work. There must be one item at least.
    """
    columns = [keys, *([item.get(field, "") for item in items] for field in fields)]
    return "\r\n".join(map(",".join, zip(*map(_cells, columns), strict=True))) + "\r\n"


def _cells(column: Sequence[Any]) -> Sequence[str]:
    """The cells of a column. Most (codes, numbers, dates) hold nothing that is quoted, and that is seen at a glance."""
    try:
        text = "".join(column)
    except TypeError:  # there is a list among them
        return [cell(value if isinstance(value, str) else ";".join(value)) for value in column]
    if max(map(len, column)) <= QUOTED_ABOVE and not _BELOW_HYPHEN.search(text):
        return column
    return list(map(cell, column))
