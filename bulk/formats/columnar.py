"""Parquet, its columns typed by the datatypes of the register's fields; and GeoParquet, with shapes as WKB.

    integer → int64      boolean → bool      timestamp → timestamp[ms, UTC]      all else → string
    a field that holds a list → a list of these

Dates may be partial (2017-08), for which Parquet has no type, so they stay text. A column in which one value does not
fit its type (an integer beyond 64 bits, a redacted value) is text for the whole file: no value is ever changed or left
out. What a field is in the register is in the column's metadata. Entries carry their item as canonical JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely  # type: ignore[import-untyped]

from bulk.formats.features import shape_field, shape_of
from bulk.source import Source
from registers.definition import Definition, Field
from registers.entry import Entry, parse_timestamp
from registers.errors import Invalid
from registers.v1.hashing import hash_text as v1_text
from registers.v2.hashing import hash_text as v2_text

CHUNK = 500  # rows that are Python's at once
GROUP_ROWS = 16 * 1024  # rows of a row group
GROUP_BYTES = 4 * 1024 * 1024  # or the bytes after which one ends
Columns = Callable[[Sequence[Entry]], list[pa.Array]]
Repeating = bool | list[str]
TIMESTAMP = pa.timestamp("ms", "UTC")
_WORDS = {"true": True, "false": False}


class Unfit(Exception):  # noqa: N818 - what happened
    """A value of the field `name` does not fit the type of its column."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def write(source: Source, what: str, path: Path) -> None:
    """A Parquet file of records or of entries."""
    if what == "records":
        _write_fitting(source, path, None)
    else:
        _write(path, _entry_schema(source), source.entries(), _entry_columns, ["entry-timestamp", "key"])


def write_shapes(source: Source, _what: str, path: Path) -> None:
    """A GeoParquet file of records, whose primary column is the register's shape."""
    _write_fitting(source, path, shape_field(source.definition))


def _write_fitting(source: Source, path: Path, shape: str | None) -> None:
    """Write the records; anew, with a column as text, where a value was met that does not fit it."""
    as_text: set[str] = set()
    while True:
        columns = [Column(field, field.name in as_text, field.name == shape) for field in source.definition.fields]
        try:
            _write(path, _record_schema(source, columns), source.records(), _record_columns(columns))
            return
        except Unfit as unfit:
            as_text.add(unfit.name)


def _write(path: Path, schema: pa.Schema, rows: Iterator[Entry], columns: Columns, repeating: Repeating = True) -> None:
    """Write rows as they come, a row group as soon as it is large enough.

    `repeating` are the columns whose values come again, and so are worth a dictionary; True for all.
    """
    waiting: list[pa.RecordBatch] = []
    length = size = 0
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=repeating) as writer:
        while chunk := list(islice(rows, CHUNK)):
            waiting.append(pa.RecordBatch.from_arrays(columns(chunk), schema=schema))
            length, size = length + len(chunk), size + waiting[-1].nbytes
            if length >= GROUP_ROWS or size >= GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(waiting, schema))
                waiting, length, size = [], 0, 0
                pa.default_memory_pool().release_unused()  # or what a row group took stays taken
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, schema))


# Records


class Column:
    """How the values of a field stand in a column."""

    def __init__(self, field: Field, as_text: bool, is_shape: bool) -> None:
        self.field, self.is_shape = field, is_shape
        kinds: dict[str, tuple[pa.DataType, Callable[[str], Any]]] = {
            "integer": (pa.int64(), _integer),
            "boolean": (pa.bool_(), _WORDS.__getitem__),
            "timestamp": (TIMESTAMP, lambda text: parse_timestamp(text) * 1000),
        }
        text = (pa.string(), str)
        self.type, self._read = text if as_text else kinds.get(field.datatype, text)

    def described(self) -> pa.Field:
        """The column, with what the field is in the register."""
        kind = pa.binary() if self.is_shape else pa.list_(self.type) if self.field.many else self.type
        return pa.field(self.field.name, kind, metadata={"datatype": self.field.datatype, "text": self.field.text})

    def array(self, items: Sequence[dict[str, Any]]) -> pa.Array:
        """The values of items. Raises Unfit."""
        values = [item.get(self.field.name) for item in items]
        if self.is_shape:
            return _wkb(values)
        try:
            return pa.array([self._value(value) for value in values], self.described().type)
        except (KeyError, ValueError, OverflowError, Invalid):
            raise Unfit(self.field.name) from None

    def _value(self, value: str | list[str] | None) -> Any:
        if value is None:
            return None
        if self.field.many:
            return [self._read(member) for member in ([value] if isinstance(value, str) else value)]
        return self._read(value if isinstance(value, str) else ";".join(value))


def _integer(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise OverflowError
    return number


def _wkb(values: Sequence[object]) -> pa.Array:
    shapes = shapely.from_geojson([shape_of(value) for value in values])
    return pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())


def _record_schema(source: Source, columns: Sequence[Column]) -> pa.Schema:
    described = [pa.field("_id", pa.string(), nullable=False), *(column.described() for column in columns)]
    return pa.schema(described, _told(source) | _told_of_shape(source.definition, columns))


def _record_columns(columns: Sequence[Column]) -> Columns:
    def arrays(chunk: Sequence[Entry]) -> list[pa.Array]:
        items = [json.loads(entry.body) for entry in chunk]
        return [pa.array([entry.key for entry in chunk], pa.string()), *(column.array(items) for column in columns)]

    return arrays


def _told(source: Source) -> dict[str, str]:
    """What the file says of itself beside its rows."""
    state = source.state
    return {"register": state.register, "size": str(state.size), "root-hash": v2_text(state.v2_root)}


def _told_of_shape(definition: Definition, columns: Sequence[Column]) -> dict[str, str]:
    """The metadata of GeoParquet 1.1; without a system, its coordinates are longitude and latitude in WGS 84."""
    shapes = [column.field.name for column in columns if column.is_shape]
    if not shapes:
        return {}
    told = {name: {"encoding": "WKB", "geometry_types": []} for name in shapes}
    return {"geo": json.dumps({"version": "1.1.0", "primary_column": shapes[0], "columns": told})}


# Entries


def _entry_schema(source: Source) -> pa.Schema:
    texts = ("key", "item-hash", "blob-hash", "chain-hash", "item")
    numbered = [pa.field("entry-number", pa.int64(), False), pa.field("entry-timestamp", TIMESTAMP, False)]
    return pa.schema([*numbered, *(pa.field(name, pa.string(), False) for name in texts)], _told(source))


def _entry_columns(chunk: Sequence[Entry]) -> list[pa.Array]:
    numbers = pa.array([entry.number for entry in chunk], pa.int64())
    times = pa.array([entry.timestamp * 1000 for entry in chunk], TIMESTAMP)
    texts = (
        [entry.key for entry in chunk],
        [v1_text(entry.digests["v1"]) for entry in chunk],
        [v2_text(entry.digests["v2"]) for entry in chunk],
        [entry.chain.hex() for entry in chunk],
        [entry.body for entry in chunk],
    )
    return [numbers, times, *(pa.array(each, pa.string()) for each in texts)]
