"""CSV, by the tabular data standard: RFC 4180, CRLF, UTF-8, no byte order mark, one header row.

Records are the rows of v2 (`registers.v2.csv`): `_id` and the fields, but shapes, which are large. Entries are the
whole history: each with its hashes, and its item as canonical JSON, so that no field's name can meet a column's.

`csv-excel` is for those who open it in a spreadsheet: a byte order mark, and an apostrophe before each cell that a
spreadsheet would take for a formula. It is not the data as it is, so it exists only by that name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from bulk.source import Source
from registers.entry import Entry
from registers.rows import item_values, row
from registers.v1.hashing import hash_text as v1_text
from registers.v2 import csv, shapes
from registers.v2.hashing import hash_text as v2_text

BOM = "\ufeff"
ENTRY_COLUMNS = ("entry-number", "entry-timestamp", "key", "item-hash", "blob-hash", "chain-hash", "item")
# How a formula begins, in the full-width forms too; what is no more than a number is left.
_FORMULA = re.compile("[=@\t\r\n\uff1d\uff0b\uff0d\uff20]|[+-](?![0-9]+(?:\\.[0-9]+)?$)")


def lines(source: Source, what: str) -> Iterator[str]:
    """The rows, header first."""
    if what == "records":
        return csv.tables(source.joined(), shapes.shown_fields(source.definition))
    return _rows(ENTRY_COLUMNS, map(entry_cells, source.entries()))


def excel_lines(source: Source, what: str) -> Iterator[str]:
    """The rows for a spreadsheet, header first."""
    yield BOM
    if what == "records":
        fields = shapes.shown_fields(source.definition)
        rows = ([key, *item_values(json.loads(body), fields)] for key, body in source.identified())
        yield from _rows(["_id", *fields], map(neutralised, rows))
    else:
        yield from _rows(ENTRY_COLUMNS, (neutralised(entry_cells(entry)) for entry in source.entries()))


def _rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield row(header)
    yield from map(row, rows)


def entry_cells(entry: Entry) -> list[str]:
    """An entry as the cells of `ENTRY_COLUMNS`."""
    hashes = (v1_text(entry.digests["v1"]), v2_text(entry.digests["v2"]), entry.chain.hex())
    return [str(entry.number), entry.timestamp_text, entry.key, *hashes, entry.body]


def neutralised(cells: Iterable[str]) -> list[str]:
    """Cells that a spreadsheet shows and never computes."""
    return [f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells]
