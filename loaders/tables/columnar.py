"""A Parquet file as parts of a table: values of any simple type become the text that a CSV file would have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loaders.tables.cells import MOST_ROWS, Part, Report, Unreadable, batch_of, check_names, text_of
from loaders.tables.unpacking import in_a_line
from registers.errors import Invalid

_DAMAGED = (pa.ArrowException, OSError, ValueError, OverflowError, RuntimeError, LookupError, TypeError, MemoryError)
_NO_VALUE = (
    pa.ArrowInvalid,
    ValueError,
    OverflowError,
    LookupError,
)  # a date after the year 9999, text that is not UTF-8


class Columnar:
    """A Parquet file. There is no header: the first record is row 1."""

    encoding = ""
    first_row = 1

    def __init__(self, path: Path, name: str) -> None:
        """Reads the schema. Raises Invalid for a damaged file, Wrong for columns that are not told apart."""
        self._path, self._name = path, name
        try:
            names = pq.read_schema(path).names
        except _DAMAGED as error:
            raise Invalid(f"{name} is damaged, or no Parquet file: {in_a_line(error)}") from None
        if not names:
            raise Invalid(f"{name} has no columns")
        self.names = check_names(names, 0, name)

    def parts(self, report: Report) -> Iterator[Part]:
        """All rows in order. Values that are no text, such as binary ones, are reported and left out."""
        first = self.first_row
        for batch in self._batches():
            numbers = range(first, first + batch.num_rows)
            columns = [_text(*each, numbers, report) for each in zip(self.names, batch.columns, strict=True)]
            yield Part(numbers, batch_of(columns, self.names))
            first += batch.num_rows

    def _batches(self) -> Iterator[pa.RecordBatch]:
        first = self.first_row
        try:
            with pq.ParquetFile(self._path) as file:
                for batch in file.iter_batches(MOST_ROWS, use_threads=False):
                    batch.validate()
                    yield batch
                    first += batch.num_rows
        except _DAMAGED as error:
            raise Invalid(f"{self._name} is damaged, from row {first} on: {in_a_line(error)}") from None


def _text(name: str, column: pa.Array, numbers: range, report: Report) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_integer(kind):
        return column.cast(pa.string())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        try:
            return column.cast(pa.large_binary()).cast(pa.string())  # which sees whether it is UTF-8
        except pa.ArrowInvalid:
            pass
    values = zip(numbers, _objects(column), strict=True)
    return pa.array([_value(number, name, value, report) for number, value in values], pa.string())


def _objects(column: pa.Array) -> list[object]:
    """The values of a column for Python, an Unreadable in the place of each that has none."""
    try:
        return _plain(column)
    except _NO_VALUE:
        return [_object(column[place : place + 1]) for place in range(len(column))]


def _object(cell: pa.Array) -> object:
    try:
        return _plain(cell)[0]
    except _NO_VALUE:
        return Unreadable(f"holds a {cell.type} that is damaged, or out of all range")


def _plain(column: pa.Array) -> list[object]:
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        micro = pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else pa.duration("us")
        column = pc.cast(column, micro, safe=kind.unit != "ns")  # nanoseconds would take pandas, and are cut
    values: list[object] = column.to_pylist()
    return values


def _value(number: int, name: str, value: object, report: Report) -> str | None:
    try:
        if isinstance(value, Unreadable):
            raise value
        return text_of(value)
    except Unreadable as error:
        report(number, name, str(error))
        return None
