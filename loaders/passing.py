"""Files whose rows are passed on: read as they stand, in batches, and written again with columns added.

    Rows.batches() ──▶ something adds columns ──▶ Rows.write(path, schema, batches)

What is read is CSV, TSV, Parquet or GeoPackage (`geopackages`; `row_files` chooses), and what is written is of the same
kind. No value is changed: the columns of a text file are text, blanks are null, and those of the others keep their
types. A row that cannot be read is passed on as one of nulls, with what is wrong with it, so that no row is lost and
all keep their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo import arrow
from loaders.tables.cells import Part, batch_of
from loaders.tables.columnar import Columnar
from loaders.tables.decoding import decoding_of
from loaders.tables.delimited import Delimited
from loaders.tables.unpacking import in_a_line
from registers.errors import Invalid

MOST_ROWS = 20_000  # in a batch of Parquet or GeoPackage


class Passed(NamedTuple):
    """Some rows, and what is wrong with those of them that could not be read, by their place."""

    batch: pa.RecordBatch
    lost: dict[int, str]


class Rows(Protocol):
    """A file of rows. `shapes` is the column of its shapes and their system, if it has one; `note` what was guessed."""

    note: str
    names: list[str]
    shapes: tuple[str, str] | None

    def count(self) -> int:
        """How many rows there are, about."""

    def batches(self) -> Iterator[Passed]:
        """All rows in order. Raises Invalid where the file cannot be read on."""

    def write(self, path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        """Write a new file of the same kind."""


class Text:
    """CSV or TSV, in UTF-8 or what else `loaders.tables.decoding` makes out; written in UTF-8, with CRLF.

    `separator` is what parts its values (a CSV's may be a semicolon), and those that are written.
    """

    shapes: tuple[str, str] | None = None

    def __init__(self, path: Path, name: str, encoding: str | None = None) -> None:
        """Reads all of it once, to see how it is encoded. Raises Invalid for a file that is empty, or no text."""
        decoding = decoding_of(path, name, encoding)
        self.note = f"{name} is not in UTF-8, and was read as Windows-1252" if decoding.is_guess else ""
        self._path = path
        self._reader = Delimited(path, name, path.suffix.lower(), decoding)
        self.names, self.separator = self._reader.names, self._reader.delimiter

    def count(self) -> int:
        """The number of lines."""
        with self._path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 22), b""))

    def batches(self) -> Iterator[Passed]:
        """All rows but blank ones; those of too few values or too many have none."""
        wrong: dict[int, str] = {}

        def report(row: int, _column: str, sentence: str) -> None:
            wrong.setdefault(row, sentence)

        for part in self._reader.parts(report):
            passed = _with_lost(_without_blank(part), wrong, part.numbers[-1])
            if passed.batch.num_rows:
                yield passed
        if wrong:
            nothing = batch_of([pa.nulls(0, pa.string()) for _ in self.names], self.names)
            yield _with_lost(Part([], nothing), wrong, max(wrong))

    def write(self, path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        """A header, and a line for each row."""
        with path.open("xb") as file:
            file.write(text_of([arrow.texts([name]) for name in schema.names], self.separator))
            file.writelines(text_of(batch.columns, self.separator) for batch in batches)


def _without_blank(part: Part) -> Part:
    """A part without the rows that have nothing in any column."""
    blank = None
    for column in part.batch.columns:
        if not column.null_count:
            return part
        blank = pc.is_null(column) if blank is None else pc.and_(blank, pc.is_null(column))
    kept = pc.invert(blank)
    return Part(list(compress(part.numbers, kept.to_pylist())), part.batch.filter(kept))


def _with_lost(part: Part, wrong: dict[int, str], last: int) -> Passed:
    """A part's rows and, as rows of nulls in their places, those up to row `last` that are wrong: taken from there."""
    lost = sorted(row for row in wrong if row <= last)
    if not lost:
        return Passed(part.batch, {})
    places = {row: place for place, row in enumerate(part.numbers)} | dict.fromkeys(lost, -1)
    rows = sorted(places)
    batch = part.batch.take(arrow.integers(np.array([places[row] for row in rows])))
    return Passed(batch, {place: wrong.pop(row) for place, row in enumerate(rows) if places[row] < 0})


def text_of(columns: Sequence[pa.Array], separator: str = ",") -> bytes:
    """Columns as lines of text that end with CRLF; values in quotes where they need them, nulls as nothing."""
    cells = [_quoted(column.cast(pa.string()), separator) for column in columns]
    blank = {"null_handling": "replace", "null_replacement": ""}
    lines = pc.binary_join_element_wise(*cells, arrow.text(separator), **blank) if len(cells) > 1 else cells[0]
    ended = pc.binary_join_element_wise(lines, arrow.text("\r\n"), arrow.text(""), **blank)
    _, offsets, data = ended.buffers()
    begin, end = np.frombuffer(offsets, np.int32)[[ended.offset, ended.offset + len(ended)]].tolist()
    return memoryview(data)[begin:end].tobytes() if data else b""


def _quoted(column: pa.Array, separator: str) -> pa.Array:
    special = pc.match_substring_regex(column, f'[{separator}"\r\n]')
    if not pc.any(special).as_py():
        return column
    quote = arrow.text('"')
    quoted = pc.binary_join_element_wise(quote, pc.replace_substring(column, '"', '""'), quote, arrow.text(""))
    return pc.if_else(special, quoted, column)


class Parquet:
    """A Parquet file; written again with its types."""

    note = ""
    shapes: tuple[str, str] | None = None

    def __init__(self, path: Path) -> None:
        """Reads the schema. Raises Invalid for what is no Parquet file, or has no columns."""
        Columnar(path, path.name)
        self._path = path
        self.names = pq.read_schema(path).names

    def count(self) -> int:
        """The number of rows."""
        return int(pq.read_metadata(self._path).num_rows)

    def batches(self) -> Iterator[Passed]:
        """All rows."""
        try:
            with pq.ParquetFile(self._path) as file:
                for batch in file.iter_batches(MOST_ROWS):
                    yield Passed(batch, {})
        except (pa.ArrowException, OSError) as error:
            raise Invalid(f"{self._path.name} is damaged: {in_a_line(error)}") from None

    def write(self, path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        """A Parquet file of the batches."""
        with pq.ParquetWriter(path, schema) as file:
            for batch in batches:
                file.write_batch(batch)
