"""CSV as v1 published it: each row of a record begins with its entry. See `registers.rows` for the bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from registers.entry import Entry, Item
from registers.rows import cell, item_values, row
from registers.v1.hashing import hash_text
from registers.v1.shapes import visible

__all__ = ["cell", "entries", "items", "records"]

RECORD_COLUMNS = ("index-entry-number", "entry-number", "entry-timestamp", "key")
ENTRY_COLUMNS = (*RECORD_COLUMNS, "item-hash")


def records(entries: Iterable[Entry], fields: Sequence[str]) -> Iterator[str]:
    """Records as rows, header first; `entries` are the records' entries."""
    yield row([*RECORD_COLUMNS, *fields])
    for entry in entries:
        number = str(entry.number)
        yield row(
            [number, number, entry.timestamp_text, entry.key, *item_values(json.loads(visible(entry.body)), fields)]
        )


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
