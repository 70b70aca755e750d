"""A sheet of an Excel workbook (XLSX) as parts of a table: what a person sees in the cells, as text.

Dates come out as ISO dates and whole numbers without a point. A formula has no value of its own, only the one that
some program computed last; so it is no source of facts, and each is reported by its cell.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from loaders.source import Problems
from loaders.tables.cells import Part, Report, Unreadable, check_names, part_of, text_of
from loaders.tables.unpacking import DAMAGED, in_a_line
from registers.errors import Invalid

ROWS_AT_ONCE = 2_000  # a cell takes much more memory here than text does
MOST_SHEET_ROWS = 1_048_576  # that Excel allows; a file that claims more was made to keep us busy
_BROKEN = (InvalidFileException, *DAMAGED)


class Workbook:
    """One sheet of an XLSX file. The header is the first row that has anything in it."""

    encoding = ""

    def __init__(self, path: Path, name: str, sheet: str | None = None) -> None:
        """Reads the header. Raises Invalid when the sheet is not clear, Wrong for columns that are not told apart."""
        self._path, self._name = path, name
        with _Opened(path, name) as book:
            self._sheet = _chosen(book, sheet, name)
            header = next((row for row in self._rows(book) if not all(map(_is_blank, row[1]))), None)
        if header is None:
            raise Invalid(f"the sheet {self._sheet} of {name} is empty")
        self.names = _names(*header, name)
        self.first_row = header[0] + 1

    def parts(self, report: Report) -> Iterator[Part]:
        """All rows in order. Formulas, errors and values beyond the header's columns are reported, and left out."""
        with _Opened(self._path, self._name) as book:
            rows = ((number, cells) for number, cells in self._rows(book) if number >= self.first_row)
            while some := list(islice(rows, ROWS_AT_ONCE)):
                texts = [self._texts(number, cells, report) for number, cells in some]
                yield part_of([number for number, _ in some], texts, self.names)

    def _rows(self, book: Any) -> Iterator[tuple[int, Sequence[Any]]]:
        """The cells of each row, with its number; a row that the file leaves out has none."""
        sheet = book[self._sheet]
        sheet.reset_dimensions()  # what a file says of its own size is often wrong
        rows = enumerate(sheet.iter_rows(), 1)
        while some := self._some(rows):
            yield from some

    def _some(self, rows: Iterator[tuple[int, Sequence[Any]]]) -> list[tuple[int, Sequence[Any]]]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openpyxl warns of what it does not need to understand
                some = list(islice(rows, ROWS_AT_ONCE))
        except _BROKEN as error:
            raise Invalid(_fault(self._name, error)) from None
        if some and some[-1][0] > MOST_SHEET_ROWS:
            raise Invalid(f"{self._name} has more rows than a sheet can have, {MOST_SHEET_ROWS:,}")
        return some

    def _texts(self, number: int, cells: Sequence[Any], report: Report) -> list[str | None]:
        texts = [_text(number, place, cell, report) for place, cell in enumerate(cells, 1)]
        width = len(self.names)
        for place, text in enumerate(texts[width:], width + 1):
            if text and text.strip():
                report(number, get_column_letter(place), "holds a value, and the header has no name for it")
        return texts[:width] + [None] * (width - len(texts))


class _Opened:
    """A workbook while it is open, closed whatever happens."""

    def __init__(self, path: Path, name: str) -> None:
        self._file = path.open("rb")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._book = openpyxl.load_workbook(self._file, read_only=True, keep_links=False)
        except _BROKEN as error:
            self._file.close()
            raise Invalid(_fault(name, error)) from None

    def __enter__(self) -> Any:
        return self._book

    def __exit__(self, *_: object) -> None:
        self._book.close()
        self._file.close()


def _fault(name: str, error: Exception) -> str:
    return f"{name} is damaged, or no workbook: {in_a_line(error)}"


def _chosen(book: Any, sheet: str | None, name: str) -> str:
    names = [str(each.title) for each in book.worksheets]
    if sheet is None and len(names) == 1:
        return names[0]
    if sheet is None or sheet not in names:
        asked = "has several sheets" if sheet is None else f"has no sheet {sheet}"
        raise Invalid(f"{name} {asked}; name one of: {', '.join(names) or 'none'}")
    return sheet


def _is_blank(cell: Any) -> bool:
    return cell.value is None or not str(cell.value).strip()


def _names(row: int, cells: Sequence[Any], name: str) -> list[str]:
    """The names in a header, without the blank cells that follow the last."""
    problems = Problems()

    def report(number: int, column: str, sentence: str) -> None:
        problems.add(f"{name}, row {number}", column, sentence)

    names = [_text(row, place, cell, report) or "" for place, cell in enumerate(cells, 1)]
    problems.check()
    while names and not names[-1].strip():
        names.pop()
    return check_names(names, row, name)


def _text(number: int, place: int, cell: Any, report: Report) -> str | None:
    """The text of a cell, None if it is blank or reported."""
    if cell.value is None:
        return None
    try:
        if cell.data_type == "f":
            raise Unreadable("holds a formula")
        if cell.data_type == "e":
            raise Unreadable(f"holds the error {cell.value}")
        return text_of(cell.value)
    except Unreadable as error:
        report(number, get_column_letter(place), str(error))
        return None
