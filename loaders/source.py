"""What a source is: a file that somebody publishes, read as the records of a register.

A source is a module of this room. Its docstring has the mapping and the quirks; its `SOURCE` says whose it is, and
reads a file into a `Reading`. A reading does not know what the register holds: `planning` compares.

    row of the file ──▶ Row(key, item, place) ──▶ planning: added, changed, ended or left

A row that cannot be read goes to `Problems`, with its row and its column, and the next is looked at: whoever has to
mend a file wants to hear of all that is wrong with it, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Self
from unicodedata import normalize

import yaml

from registers.batch import Change
from registers.definition import Definition, from_yaml
from registers.entry import Item
from registers.errors import Invalid

MOST_PROBLEMS = 100  # that are kept in words; all are counted
_is_row = re.compile(r"[1-9][0-9]{0,8}").fullmatch


@dataclass(frozen=True, slots=True)
class About:
    """Whose a source is. `name` is typed after `registers load`; `register` is the register it keeps, by default.

    `url` is where the publisher has it.
    """

    name: str
    register: str
    title: str
    publisher: str
    licence: str
    attribution: str
    url: str
    rhythm: str


class Row(NamedTuple):
    """A record as a source has it: values of the fields that the source carries. Blank ones may be left out.

    `place` says where it stands, such as "row 12".
    """

    key: str
    item: Mapping[str, object]
    place: str


class Problem(NamedTuple):
    """What is wrong with a row, in which column (nothing: in no one of them)."""

    place: str
    column: str
    sentence: str

    def __str__(self) -> str:
        where = f"{self.place}, {self.column}" if self.column else self.place
        return f"{where}: {self.sentence}"


@dataclass(slots=True)
class Problems:
    """All that is wrong with a file: how many problems there are, and the first of them in words."""

    count: int = 0
    shown: list[Problem] = field(default_factory=list)

    def add(self, place: str, column: str, sentence: str) -> None:
        """Note a problem."""
        self.count += 1
        if len(self.shown) < MOST_PROBLEMS:
            self.shown.append(Problem(place, column, sentence))

    def check(self) -> None:
        """Raise Wrong if there is any."""
        if self.count:
            raise Wrong(self)


class Wrong(Invalid):
    """A file that cannot be taken, with everything that is wrong with it."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        more = problems.count - len(problems.shown)
        lines = [*map(str, problems.shown), *([f"and {more} more"] if more else [])]
        found = "1 problem" if problems.count == 1 else f"{problems.count} problems"
        super().__init__(f"nothing is taken from a file with {found}:\n" + "\n".join(lines))


class Nothing(Invalid):
    """A file in which there is no record for a register that would have to be made."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a record that a source should have and has not: `field` gets the last day that it was there.

    That day is the one before the file's; a record that has ended already stays as it is.
    """

    field: str = "end-date"


class Resolution(NamedTuple):
    """How a source names records of another register: not by their keys, but by what they have in the fields `by`."""

    register: str
    by: tuple[str, ...]


@dataclass(slots=True)
class Reading:
    """A file of a source, opened. `rows` can be gone through once, and tells `problems` what it cannot read.

    definition  what the register is, if the source makes it; and the fields that it needs
    carries     the fields that the source speaks of: it says their values, blank ones too. All others are left alone.
    complete    for which records the file is complete: one that holds, and is not in the file, is missing from it.
                None when the file is not complete for anything.
    ending      what becomes of those that are missing; None when nothing does
    dated       the day that the file is of, if it says so
    unique      whether the source itself sees to it that each key comes once
    resolves    fields whose values are to be looked up in another register, and become its keys
    columns     what the file calls the fields, where it calls them otherwise: for whoever has to mend the file
    notes       what was done to what is in the file, such as repairs, for people
    """

    definition: Definition
    carries: frozenset[str]
    rows: Iterable[Row]
    problems: Problems
    complete: Callable[[Item], bool] | None = None
    ending: Ending | None = None
    dated: date | None = None
    notes: list[str] = field(default_factory=list)
    unique: bool = False
    resolves: Mapping[str, Resolution] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_changes(cls, definition: Definition, changes: Iterable[Change]) -> Self:
        """What a source has that is no file: every field of the register, and each record's key for its place."""
        rows = [Row(change.key, change.item, change.key) for change in changes]
        return cls(definition, frozenset(definition.field_names), rows, Problems())

    def wrong(self, place: str, name: str, sentence: str) -> None:
        """Note what is wrong with the value that a row gives a field, by the name of the file's column."""
        self.problems.add(place, self.columns.get(name, name), sentence)

    def rows_once(self) -> Iterable[Row]:
        """The rows, each key once."""
        return self.rows if self.unique else once(self.rows, self.problems)


@dataclass(frozen=True, slots=True)
class Source:
    """One source, as its module offers it.

    read       opens a file of the source (None for one that needs none); raises Invalid for what is no such file
    options    what may be said of a file: their names as typed, such as `key` for `--key`
    needs_file whether there has to be a file
    is_open    whether it may go on with a register that was made from elsewhere, as a custodian's own table may
    keeps      which register a file is for, if that is said with it
    first      the sources of the same file whose registers this one links to
    looks_up   the registers that it looks keys up in
    plain      the same for a register whose fields the file's columns are called like, and whether it has all records
    """

    about: About
    read: Callable[[Path | None, Mapping[str, str]], Reading]
    options: frozenset[str] = frozenset()
    needs_file: bool = True
    is_open: bool = False
    keeps: Callable[[Mapping[str, str]], str] | None = None
    first: tuple[str, ...] = ()
    looks_up: frozenset[str] = frozenset()
    plain: Callable[[Definition, bool], Source] | None = None


def beside(module: str) -> Definition:
    """What a register is, from the YAML file beside the module of its source (its `__file__`)."""
    return from_yaml(yaml.safe_load(Path(module).with_suffix(".yaml").read_text("utf-8")))


def once(rows: Iterable[Row], problems: Problems) -> Iterator[Row]:
    """The rows, each key once. A row that repeats another is passed over; one that contradicts it is a problem.

    A file may have millions, so of each key there is one number: what it said, in 64 bits, and above them where.
    """
    seen: dict[str, int] = {}
    places = _Places()
    for row in rows:
        first = seen.get(row.key)
        if first is None:
            seen[row.key] = places.number(row.place) << 64 | _said(row.item)
            yield row
        elif first & 0xFFFF_FFFF_FFFF_FFFF != _said(row.item):
            place = places.place(first >> 64)
            problems.add(row.place, "", f"the key {row.key!r} is that of {place} too, with other values")


def _said(item: Mapping[str, object]) -> int:
    """A digest of a row's values, blank ones left out, as they would be written: in NFC, no white space about them."""
    values = [(name, _plain(value)) for name, value in sorted(item.items()) if value]
    told = repr([each for each in values if each[1]]).encode()
    return int.from_bytes(blake2b(told, digest_size=8).digest())


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        return [each for each in map(_plain, value) if each]
    return normalize("NFC", str(value)).strip()


class _Places:
    """Places such as "row 12" as numbers: that of the row, and above it that of the words before, which many share."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}

    def number(self, place: str) -> int:
        """The number of a place."""
        before, _, number = place.rpartition(" ")
        if not _is_row(number):
            before, number = place, "0"
        return self._before.setdefault(before, len(self._before)) << 32 | int(number)

    def place(self, number: int) -> str:
        """The place of that number."""
        before, row = next(each for each, n in self._before.items() if n == number >> 32), number & 0xFFFF_FFFF
        return f"{before} {row}" if row else before
