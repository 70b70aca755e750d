r"""A CSV or TSV file as parts of a table: values in quotes where they need them (RFC 4180), in bounded memory.

PyArrow splits the rows, and tells of each that has too few values or too many. What it does not tell is that a quote
is never closed: the rest of the file would be one value. So a row that no file can have, a NUL, is added at the end,
and has to come out again as the last.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from loaders.tables.cells import MOST_ROWS, Part, Report, batch_of, check_names
from loaders.tables.decoding import UTF_8, Decoding
from registers.errors import Invalid

BLOCK = 4 << 20  # bytes that PyArrow splits at once; no row may be longer
DELIMITERS = (",", "\t", ";")
END = "\0"
LONGEST_NAME = 100_000  # characters of a value in the header
UNCLOSED = "a quote is opened here and never closed"
TOO_LONG = f"{UNCLOSED}, or the row is longer than {BLOCK >> 20} MB"
_quoted = re.compile(r'"[^"]*"')


class Delimited:
    """A CSV or TSV file. The header is the first line that has anything in it; `delimiter` parts values."""

    def __init__(self, path: Path, name: str, suffix: str, decoding: Decoding) -> None:
        """Reads the header. Raises Invalid when there is none, Wrong when it does not tell the columns apart."""
        self._path, self._name, self._decoding = path, name, decoding
        head = decoding.head(path)
        self.delimiter = "\t" if suffix in (".tsv", ".tab") else _delimiter(head)
        header, values = _header(head, self.delimiter, name)
        self.names = check_names(values, header, name)
        self.encoding = decoding.encoding
        self.first_row = header + 1

    def parts(self, report: Report) -> Iterator[Part]:
        """All rows in order; ragged ones are reported and left out, and so is one with a quote that is never closed.

        Raises Invalid for what PyArrow cannot make sense of.
        """
        numbering = _Numbering()

        def refuse(row: arrow_csv.InvalidRow) -> str:
            numbering.left_out.append(row.number)
            counts = f"has {_values(row.actual_columns)} where the header has {row.expected_columns}"
            report(row.number, "", UNCLOSED if END in row.text else counts)
            return "skip"

        try:
            with self._path.open("rb") as file, self._open(file, refuse) as batches:
                for batch in batches:
                    yield from self._part(Part(numbering.take(batch.num_rows), batch), report)
        except pa.ArrowInvalid as error:
            if "straddl" not in str(error):
                raise Invalid(f"{self._name} cannot be read as CSV, from row {numbering.next} on: {error}") from None
            report(numbering.next, "", TOO_LONG)

    def _open(self, file: BinaryIO, refuse: object) -> arrow_csv.CSVStreamingReader:
        columns = [str(number) for number in range(len(self.names))]
        end = f"\n{END}{self.delimiter * (len(columns) - 1)}\n".encode()
        # The numbers of refused rows are known without threads only. The header is read as a row, so they fit.
        return arrow_csv.open_csv(
            pa.PythonFile(_Bytes(file, self._decoding, end), mode="r"),
            arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=columns),
            arrow_csv.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=refuse
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
                check_utf8=False,  # decoding_of has read all of it
            ),
        )

    def _part(self, part: Part, report: Report) -> Iterator[Part]:
        """The rows under their names, without the header and without the end, MOST_ROWS at a time."""
        numbers, batch = part
        rows = batch.num_rows
        last = [column[-1].as_py() or "" for column in batch.columns] if rows else []
        if any(END in value for value in last):
            rows -= 1
            if last != [END, *[""] * (len(last) - 1)]:
                report(
                    numbers[-1], next(n for n, value in zip(self.names, last, strict=True) if END in value), UNCLOSED
                )
        start = sum(1 for number in numbers[: self.first_row] if number < self.first_row)
        for first in range(start, rows, MOST_ROWS):
            size = min(MOST_ROWS, rows - first)
            columns = batch.slice(first, size).columns
            yield Part(numbers[first : first + size], batch_of(columns, self.names))


@dataclass(slots=True)
class _Numbering:
    """Numbers rows as they come out, past those that did not: a row is left out before those around it come out."""

    next: int = 1
    left_out: deque[int] = field(default_factory=deque)

    def take(self, count: int) -> Sequence[int]:
        """The numbers of the next `count` rows."""
        if not self.left_out or self.left_out[0] >= self.next + count:
            self.next += count
            return range(self.next - count, self.next)
        return [self._take_one() for _ in range(count)]

    def _take_one(self) -> int:
        while self.left_out and self.left_out[0] == self.next:
            self.left_out.popleft()
            self.next += 1
        self.next += 1
        return self.next - 1


class _Bytes(io.RawIOBase):
    """A file's text as UTF-8, without a byte order mark, and `end` after it."""

    def __init__(self, file: BinaryIO, decoding: Decoding, end: bytes) -> None:
        self._file, self._end = file, end
        self._decoder = None if decoding.encoding == UTF_8 else codecs.getincrementaldecoder(decoding.encoding)()
        self._held, self._is_over = bytearray(), False
        file.seek(decoding.skip)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes or somewhat fewer; none only at the end.

        No piece ends with a CR: PyArrow would drop an LF that begins the next, even in a value (apache/arrow#51368).
        """
        size = BLOCK if size < 0 else size
        while len(self._held) < size and not self._is_over:
            chunk = self._file.read(size)
            self._is_over = not chunk
            self._held += self._encoded(chunk)
        taken = bytes(self._held[:size])
        taken = taken.rstrip(b"\r") or taken
        del self._held[: len(taken)]
        return taken

    def _encoded(self, chunk: bytes) -> bytes:
        end = b"" if chunk else self._end
        if self._decoder is None:
            return chunk + end
        return self._decoder.decode(chunk, final=not chunk).encode() + end


def _delimiter(head: str) -> str:
    line = next((line for line in head.splitlines() if line.strip()), "")
    bare = _quoted.sub("", line)
    return max(DELIMITERS, key=bare.count)


def _header(head: str, delimiter: str, name: str) -> tuple[int, list[str]]:
    """The number of the first row that has anything in it, and its values."""
    try:
        for number, values in enumerate(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), 1):
            if max(map(len, values), default=0) > LONGEST_NAME:  # `csv` has a limit too, which anything may have moved
                raise Invalid(f"{name} has no header that can be read: a value is over {LONGEST_NAME:,} characters")
            if any(value.strip() for value in values):
                return number, values
    except csv.Error as error:
        raise Invalid(f"{name} has no header that can be read: {error}") from None
    raise Invalid(f"{name} is empty")


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"
