"""A Parquet file as parts of a table: values of any simple type become the text that a CSV file would have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loaders.tables.cells import MOST_ROWS, Part, Report, Unreadable, batch_of, check_names, text_of
from registers.errors import Invalid


class Columnar:
    """A Parquet file. There is no header: the first record is row 1."""

    encoding = ""
    first_row = 1

    def __init__(self, path: Path, name: str) -> None:
        """Reads the schema. Raises Invalid for a damaged file, Wrong for columns that are not told apart."""
        self._path, self._name = path, name
        try:
            names = pq.read_schema(path).names
        except (pa.ArrowException, OSError) as error:
            raise Invalid(f"{name} is damaged, or no Parquet file: {error}") from None
        if not names:
            raise Invalid(f"{name} has no columns")
        self.names = check_names(names, 0, name)

    def parts(self, report: Report) -> Iterator[Part]:
        """All rows in order. Values that are no text, such as binary ones, are reported and left out."""
        first = self.first_row
        try:
            with pq.ParquetFile(self._path) as file:
                for batch in file.iter_batches(MOST_ROWS, use_threads=False):
                    numbers = range(first, first + batch.num_rows)
                    columns = [
                        self._text(*each, numbers, report) for each in zip(self.names, batch.columns, strict=True)
                    ]
                    yield Part(numbers, batch_of(columns, self.names))
                    first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise Invalid(f"{self._name} is damaged, from row {first} on: {error}") from None

    def _text(self, name: str, column: pa.Array, numbers: range, report: Report) -> pa.Array:
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        kind = column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
            return column.cast(pa.string())
        if pa.types.is_timestamp(kind):
            column = pc.cast(column, pa.timestamp("us", kind.tz), safe=False)  # nanoseconds would take pandas
        values = zip(numbers, column.to_pylist(), strict=True)
        return pa.array([_value(number, name, value, report) for number, value in values], pa.string())


def _value(number: int, name: str, value: object, report: Report) -> str | None:
    try:
        return text_of(value)
    except Unreadable as error:
        report(number, name, str(error))
        return None
