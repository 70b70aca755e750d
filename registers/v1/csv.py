"""CSV as v1 published it, byte for byte: UTF-8, no BOM, CRLF, and a quoting rule of its own.

A cell is quoted when it is longer than 24 characters or contains any character below U+002D (a space, a quote, a
comma, an apostrophe, a plus sign …); the rule holds for the header row too. The members of a list are joined by `;`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from registers.entry import Entry, Item
from registers.v1.hashing import hash_text

QUOTED_ABOVE = 24
_BELOW_HYPHEN = re.compile("[\x00-\x2c]")
RECORD_COLUMNS = ("index-entry-number", "entry-number", "entry-timestamp", "key")
ENTRY_COLUMNS = (*RECORD_COLUMNS, "item-hash")


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


def records(entries: Iterable[Entry], fields: Sequence[str]) -> Iterator[str]:
    """Records as rows, header first; `entries` are the records' entries."""
    yield row([*RECORD_COLUMNS, *fields])
    for entry in entries:
        number = str(entry.number)
        yield row([number, number, entry.timestamp_text, entry.key, *item_values(json.loads(entry.body), fields)])


def entries(found: Iterable[Entry]) -> Iterator[str]:
    """Entries as rows, header first."""
    yield row(ENTRY_COLUMNS)
    for entry in found:
        number = str(entry.number)
        yield row([number, number, entry.timestamp_text, entry.key, hash_text(entry.digests["v1"])])


def items(found: Iterable[Item], fields: Sequence[str]) -> Iterator[str]:
    """Items as rows, header first."""
    yield row(fields)
    for item in found:
        yield row(item_values(item, fields))
