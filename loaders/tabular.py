"""A table as Arrow batches of text, whatever file it comes in: CSV, TSV, XLSX, NDJSON or Parquet, packed or not.

    open_table(path) ──▶ Table: names ──▶ batches(), or rows("urn", "name") ──▶ problems.check()

Every value is text without white space about it; a blank one is null; a row with nothing in it is passed over. What
cannot be read at all is an error when the table is opened. A row that cannot be read, and a cell, go to
`Table.problems`, and the rest is read: whoever goes through the rows checks the problems afterwards.

The kind of a file is told by its content, so that a workbook called .csv is still read as a workbook.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from loaders.source import Problems
from loaders.tables.cells import Part, Reader, Report, batch_of
from loaders.tables.columnar import Columnar
from loaders.tables.decoding import decoding_of
from loaders.tables.delimited import Delimited
from loaders.tables.json_lines import JsonLines
from loaders.tables.unpacking import Unpacked, read_beginning, unpack
from loaders.tables.workbook import Workbook
from registers.errors import Invalid

PARQUET, OLD_EXCEL, PDF = b"PAR1", b"\xd0\xcf\x11\xe0", b"%PDF"
NOT_TABLES = {
    OLD_EXCEL: "an old Excel workbook (.xls), or one with a password; save it as .xlsx without one, or as CSV",
    PDF: "a PDF document, where a table was expected",
}
HTML = ("<!doctype html", "<html", "<head", "<body")
_NOTHING = pa.nulls(1, pa.string())[0]  # pa.scalar would load pandas, if it is there


def open_table(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> Table:
    """Open a table. `encoding` is that of a text file (None: looked for); `sheet` is the name of a workbook's sheet.

    Raises Invalid for what is no such table, TooLarge for an archive that expands beyond all measure, and Wrong,
    which lists them, for columns without a name of their own.
    """
    unpacked = unpack(path)
    try:
        reader, notes = _reader(unpacked, encoding, sheet)
        return Table(reader, unpacked, notes)
    except BaseException as error:
        unpacked.remove()
        if isinstance(error, OSError):
            raise Invalid(f"{path} cannot be read: {error.strerror}") from None
        raise


class Table:
    """A table in a file, which can be gone through any number of times. `names` has its columns in order.

    encoding   that of a text file, found or told, such as "utf-8"; blank for the other kinds
    first_row  the number of the first row after the header: 2, as a rule; 1 where there is no header
    problems   rows and cells that could not be read, each told once. It is complete when all rows have been gone
               through, so check it then.
    notes      what was guessed, in sentences for people
    """

    def __init__(self, reader: Reader, unpacked: Unpacked, notes: Sequence[str] = ()) -> None:
        self.names = reader.names
        self.encoding = reader.encoding
        self.first_row = reader.first_row
        self.problems = Problems()
        self.notes = list(notes)
        self._reader = reader
        self._teller = _Teller(self.problems)
        weakref.finalize(self, unpacked.remove)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in order, some 20,000 at a time or fewer; every column is `pyarrow.string()`, blanks are null."""
        for part in self._parts(range(len(self.names))):
            yield part.batch

    def rows(self, *names: str) -> Iterator[tuple[int, tuple[str | None, ...]]]:
        """The number of each row, and its values in the columns named (none named: in all).

        Raises Invalid, before the first row, for a column that the table has not.
        """
        missing = [name for name in names if name not in self.names]
        if missing:
            raise Invalid(f"there is no column {', '.join(missing)}; the columns are {', '.join(self.names)}")
        places = [self.names.index(name) for name in names or self.names]
        return self._rows(places)

    def _rows(self, places: Sequence[int]) -> Iterator[tuple[int, tuple[str | None, ...]]]:
        for numbers, batch in self._parts(places):
            values = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            yield from zip(numbers, values, strict=True)

    def _parts(self, places: Sequence[int]) -> Iterator[Part]:
        for part in self._reader.parts(self._teller.report()):
            kept = _tidy(part, places)
            if kept.batch.num_rows:
                yield kept


@dataclass(slots=True)
class _Teller:
    """Tells each problem once. It does not know the table, which goes as soon as nobody has it, whoever has this."""

    problems: Problems
    last: int = 0  # problems up to this row have been told

    def report(self) -> Report:
        """What tells of those problems that no reading before this one has told."""
        told = self.last

        def tell(row: int, column: str, sentence: str) -> None:
            if row > told:
                self.problems.add(f"row {row}", column, sentence)
                self.last = max(self.last, row)

        return tell


def _tidy(part: Part, places: Sequence[int]) -> Part:
    """Some columns of a part, blank values null, without the rows that have nothing in any column."""
    columns = [_clean(part.batch.column(place)) for place in places]
    batch = batch_of(columns, [part.batch.schema.names[place] for place in places])
    others = sorted(set(range(part.batch.num_columns)) - set(places))
    empty = _empty_rows(chain(columns, (_clean(part.batch.column(place)) for place in others)))
    if empty is None:
        return Part(part.numbers, batch)
    kept = pc.invert(empty)
    return Part(list(compress(part.numbers, kept.to_pylist())), batch.filter(kept))


def _empty_rows(columns: Iterable[pa.Array]) -> pa.Array | None:
    """Which rows are null in all of the columns, None if no row is; columns are taken only as long as one may be."""
    empty = None
    for column in columns:
        blank = pc.is_null(column)
        empty = blank if empty is None else pc.and_(empty, blank)
        if not pc.any(empty).as_py():
            return None
    return empty


def _clean(column: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(column)
    filled = pc.binary_length(trimmed).cast(pa.bool_())  # a comparison with "" would take pa.scalar
    return trimmed if pc.all(filled).as_py() else pc.if_else(filled, trimmed, _NOTHING)


def _reader(file: Unpacked, encoding: str | None, sheet: str | None) -> tuple[Reader, list[str]]:
    """How to read a file, told by its content, and notes on what was guessed."""
    beginning = read_beginning(file.path, 1000)
    for mark, sentence in NOT_TABLES.items():
        if beginning.startswith(mark):
            raise Invalid(f"{file.name} is {sentence}")
    if file.suffix == ".xlsx" and beginning.startswith(b"PK"):
        return Workbook(file.path, file.name, sheet), []
    if sheet is not None:
        raise Invalid(f"{file.name} is no Excel workbook, and has no sheet {sheet}")
    if beginning.startswith(PARQUET):
        return Columnar(file.path, file.name), []
    return _text_reader(file, encoding)


def _text_reader(file: Unpacked, encoding: str | None) -> tuple[Reader, list[str]]:
    decoding = decoding_of(file.path, file.name, encoding)
    head = decoding.head(file.path, 1000).lstrip()
    notes = [f"{file.name} is not in UTF-8, and was read as Windows-1252"] if decoding.is_guess else []
    if head[:20].lower().startswith(HTML):
        raise Invalid(f"{file.name} is an HTML page, where a table was expected; look at it in a browser")
    if file.suffix in (".ndjson", ".jsonl") or head.startswith("{"):
        return JsonLines(file.path, file.name, decoding), notes
    if file.suffix in (".json", ".geojson"):
        raise Invalid(f"{file.name} is JSON, but not a JSON object a line (NDJSON), which would be a table")
    return Delimited(file.path, file.name, file.suffix, decoding), notes
