"""From the columns of a table to the fields of a register: which column is which field, and how it is spelled there.

A mapping has a `Spec` for each field: the columns it is made of, and what makes its values of theirs, a batch at a
time. A cell that cannot be made a value is told with its row and its column, and the next is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

import numpy as np

from geo import crs
from loaders.source import Problems, Row
from loaders.tabular import Table
from registers.entry import KEY_RULE, is_key, shortened
from registers.errors import Invalid
from registers.item import Value

Cells = Sequence[str | None]
Values = list[Value | None]
Report = Callable[[int, str], None]  # the place of a cell in the batch, and what is wrong with it
BATCH = 20_000  # rows


class Spec(NamedTuple):
    """How a field is made: of which columns, and by what. `report` names the first of the columns."""

    columns: tuple[str, ...]
    make: Callable[[Sequence[Cells], Report], Values]


def text(column: str, blank: Iterable[str] = ()) -> Spec:
    """The text of a column as it is; `blank` are texts that mean nothing is there."""
    nothing = frozenset(blank)

    def make(cells: Sequence[Cells], _report: Report) -> Values:
        (values,) = cells
        return [None if value in nothing else value for value in values] if nothing else list(values)

    return Spec((column,), make)


def fixed(value: str, column: str) -> Spec:
    """The same value in every row."""
    return Spec((column,), lambda cells, _report: [value] * len(cells[0]))


def mapped(column: str, convert: Callable[[str], str | None]) -> Spec:
    """What a function makes of each text of a column; it raises Invalid for one that it cannot take."""
    remembered = lru_cache(maxsize=8192)(convert)

    def make(cells: Sequence[Cells], report: Report) -> Values:
        made: Values = []
        for place, value in enumerate(cells[0]):
            try:
                made.append(None if value is None else remembered(value))
            except Invalid as error:
                report(place, str(error))
                made.append(None)
        return made

    return Spec((column,), make)


def coded(column: str, values: Mapping[str, str]) -> Spec:
    """Values by a table: a text that is not in it is a problem. Case does not matter."""
    known = {name.casefold(): value for name, value in values.items()}

    def convert(cell: str) -> str | None:
        if cell.casefold() not in known:
            raise Invalid(f"{shortened(cell)} is not one of {', '.join(list(values)[:20])}")
        return known[cell.casefold()] or None

    return mapped(column, convert)


def listed(column: str, separator: str = ";", blank: Iterable[str] = ()) -> Spec:
    """The members of a list that is one text, each once and in order; `separator` is a pattern."""
    split, nothing = re.compile(separator).split, frozenset(blank)

    def make(cells: Sequence[Cells], _report: Report) -> Values:
        parts = ([each.strip() for each in split(cell)] if cell and cell not in nothing else [] for cell in cells[0])
        return [list(dict.fromkeys(filter(None, part))) or None for part in parts]

    return Spec((column,), make)


# Dates

LAYOUTS: Mapping[str, str] = {
    "YYYY-MM-DD": r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?",
    "DD-MM-YYYY": r"(?P<d>\d{2})-(?P<m>\d{2})-(?P<y>\d{4})",
    "DD/MM/YYYY": r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})",
    "MM/DD/YYYY": r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})",
    "DD.MM.YYYY": r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
    "YYYYMMDD": r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
    "YYYYMM": r"(?P<y>\d{4})(?P<m>\d{2})",
    "YYYY-MM": r"(?P<y>\d{4})-(?P<m>\d{2})",
    "YYYY": r"(?P<y>\d{4})",
    "D Month YYYY": r"(?P<d>\d{1,2})(?:st|nd|rd|th)? (?P<name>[A-Za-z]{3,9}),? (?P<y>\d{4})",
}
_PATTERNS = {name: re.compile(pattern, re.ASCII) for name, pattern in LAYOUTS.items()}
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def dated(column: str, layout: str = "YYYY-MM-DD", blank: Iterable[str] = ()) -> Spec:
    """Dates in one layout, as registers spell them. One in another layout is a problem that names both."""
    nothing = frozenset(blank)
    return mapped(column, lambda cell: None if cell in nothing else parse_date(cell, layout))


def parse_date(cell: str, layout: str) -> str:
    """A date in a layout, as ISO 8601 spells it, as exactly as it is given. Raises Invalid."""
    found = _PATTERNS[layout].fullmatch(cell)
    if found is None:
        other = next((name for name, pattern in _PATTERNS.items() if pattern.fullmatch(cell)), "")
        hint = f" (it looks like {other})" if other else ""
        raise Invalid(f"{shortened(cell)} is not a date as {layout}{hint}")
    parts = found.groupdict()
    month = parts.get("m") or _month(parts.get("name"), cell)
    day = parts.get("d")
    try:
        date(int(parts["y"]), int(month or 1), int(day or 1))
    except ValueError:
        raise Invalid(f"{shortened(cell)} is not a day of the calendar as {layout}") from None
    return "-".join(f"{int(part):0{width}}" for part, width in ((parts["y"], 4), (month, 2), (day, 2)) if part)


def _month(name: str | None, cell: str) -> str | None:
    if name is None:
        return None
    found = [number for number, month in enumerate(_MONTHS, 1) if month.startswith(name.lower())]
    if not found:
        raise Invalid(f"{shortened(cell)} has no month of the calendar")
    return str(found[0])


# Points


def grid_point(easting: str, northing: str) -> Spec:
    """A point from an easting and a northing of the National Grid, through OSTN15; none where either is blank or 0."""

    def make(cells: Sequence[Cells], report: Report) -> Values:
        pairs = [_numbers(place, pair, report) for place, pair in enumerate(zip(*cells, strict=True))]
        east, north = (np.array([pair[side] if pair else np.nan for pair in pairs]) for side in (0, 1))
        longitudes, latitudes = crs.lon_lat_from_grid(east, north)
        points = zip(longitudes.tolist(), latitudes.tolist(), strict=True)
        return [
            _grid_text(place, pair, point, report)
            for place, (pair, point) in enumerate(zip(pairs, points, strict=True))
        ]

    return Spec((easting, northing), make)


def degree_point(longitude: str, latitude: str, nowhere: Iterable[str] = ()) -> Spec:
    """A point from a longitude and a latitude; none where either is blank, or `nowhere`."""
    nothing = frozenset(nowhere)

    def make(cells: Sequence[Cells], report: Report) -> Values:
        made: Values = []
        for place, pair in enumerate(zip(*cells, strict=True)):
            numbers = None if nothing.intersection(pair) else _numbers(place, pair, report)
            made.append(_degrees(place, numbers, report) if numbers else None)
        return made

    return Spec((longitude, latitude), make)


Pair = tuple[float, float]
_is_number = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII).fullmatch


def _numbers(place: int, pair: tuple[str | None, ...], report: Report) -> Pair | None:
    first, second = pair
    if not first or not second or (first.strip("0.") == "" and second.strip("0.") == ""):
        return None
    if _is_number(first) and _is_number(second):
        return float(first), float(second)
    report(place, f"{shortened(first)}, {shortened(second)} are not two numbers")
    return None


def _grid_text(place: int, pair: Pair | None, point: Pair, report: Report) -> str | None:
    if pair is None:
        return None
    if point[0] == point[0]:  # a number, and so within OSTN15's area
        return point_text(*point)
    if abs(pair[0]) <= 180 and abs(pair[1]) <= 180:
        report(place, f"{pair[0]:g}, {pair[1]:g} look like degrees, where an easting and a northing were expected")
    else:
        report(place, crs.outside_fault(*pair))
    return None


def _degrees(place: int, pair: Pair, report: Report) -> str | None:
    if abs(pair[0]) <= 180 and abs(pair[1]) <= 90:
        return point_text(*pair)
    kind = "an easting and a northing" if max(map(abs, pair)) > 1000 else "a latitude and a longitude"
    report(place, f"{pair[0]:g}, {pair[1]:g} look like {kind}, where a longitude and a latitude were expected")
    return None


def point_text(longitude: float, latitude: float) -> str:
    """A point as registers spell it: to seven decimals, a centimetre."""
    return f"[{_decimal(longitude)}, {_decimal(latitude)}]"


def _decimal(number: float) -> str:
    spelled = f"{number:.7f}".rstrip("0").rstrip(".")
    return "0" if spelled == "-0" else spelled


# Rows


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is which field. `key` makes the record's key, which goes into the field `key_field` too."""

    key_field: str
    key: Spec
    fields: Mapping[str, Spec]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read, each once."""
        specs = (self.key, *self.fields.values())
        return tuple(dict.fromkeys(column for spec in specs for column in spec.columns))

    @property
    def carries(self) -> frozenset[str]:
        """The fields that it speaks of."""
        return frozenset((self.key_field, *self.fields))

    @property
    def called(self) -> dict[str, str]:
        """What the file calls the fields: the first of the columns of each."""
        return {name: spec.columns[0] for name, spec in {self.key_field: self.key, **self.fields}.items()}


def rows_of(
    table: Table,
    mapping: Columns,
    problems: Problems,
    keep: Callable[[Mapping[str, str | None]], bool] | None = None,
    file: str = "",
) -> Iterator[Row]:
    """The rows of a table as records. `keep` is asked of each row's cells, by column, and says whether it is one.

    Rows and cells that cannot be read are told to `problems`, the table's own too, at the end. `file` is the table's
    name, where there are several: it goes before the number of each row.
    """
    for numbers, cells in _batches(table, mapping.columns):
        yield from _rows([row_place(number, file) for number in numbers], cells, mapping, problems, keep)
    pass_on(table, problems, file)


def row_place(number: int, file: str = "") -> str:
    """Where a row stands, for people; with the name of its file where there are several."""
    return f"{file}, row {number}" if file else f"row {number}"


def pass_on(table: Table, problems: Problems, file: str = "") -> None:
    """Tell what was wrong with a table itself, such as rows that are ragged, when all of it has been gone through."""
    for problem in table.problems.shown:
        problems.add(f"{file}, {problem.place}" if file else problem.place, problem.column, problem.sentence)
    problems.count += table.problems.count - len(table.problems.shown)


def _batches(table: Table, columns: tuple[str, ...]) -> Iterator[tuple[list[int], dict[str, list[str | None]]]]:
    numbers: list[int] = []
    waiting: list[tuple[str | None, ...]] = []
    for number, values in table.rows(*columns):
        numbers.append(number)
        waiting.append(values)
        if len(numbers) == BATCH:
            yield numbers, _columns(columns, waiting)
            numbers, waiting = [], []
    if numbers:
        yield numbers, _columns(columns, waiting)


def _columns(names: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> dict[str, list[str | None]]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _rows(
    places: list[str],
    cells: dict[str, list[str | None]],
    mapping: Columns,
    problems: Problems,
    keep: Callable[[Mapping[str, str | None]], bool] | None,
) -> Iterator[Row]:
    wrong: set[int] = set()

    def made(spec: Spec) -> Values:
        def report(place: int, sentence: str) -> None:
            wrong.add(place)
            problems.add(places[place], spec.columns[0], sentence)

        return spec.make([cells[column] for column in spec.columns], report)

    keys = made(mapping.key)
    told_of = frozenset(wrong)  # rows of which it is said why they have no key
    names, columns = list(mapping.fields), [made(spec) for spec in mapping.fields.values()]
    values = zip(*columns, strict=True) if columns else repeat(())
    for place, (key, row) in enumerate(zip(keys, values, strict=False)):
        if keep and not keep({column: column_cells[place] for column, column_cells in cells.items()}):
            continue
        if not isinstance(key, str) or not is_key(key):
            told = "there is no key" if key is None else f"{shortened(key)} is no key: {KEY_RULE}"
            if place not in told_of:
                problems.add(places[place], mapping.key.columns[0], told)
        elif place not in wrong:
            item = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            yield Row(key, {mapping.key_field: key, **item}, places[place])
