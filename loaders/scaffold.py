"""A mapping proposed for a table: which column holds the key, what each holds, which registers it links to.

It is a guess from the values, to be read and mended by somebody who knows the list: what it cannot know, such as what
the register is for, is left for them to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from loaders.columns import LAYOUTS, parse_date
from loaders.tabular import Table, open_table
from registers.datatypes import DATATYPES
from registers.definition import check_name
from registers.entry import is_key
from registers.errors import Invalid
from registers.register import Register
from registers.store import records, registers
from registers.store.engine import Store

SAMPLE = 2_000  # different values of a column that are looked at
LINKED = 0.9  # of a column's values that are keys of a register, for it to be a link
FEWEST = 3  # different values, below which nothing is told by their being keys
_KEY_NAMES = ("code", "id", "key", "reference", "ref", "number", "urn", "uprn")
_GUESSED = ("boolean", "integer", "url", "point", "curie")
_STARTS = ("start", "open", "from", "valid-from", "created")
_ENDS = ("end", "close", "to", "valid-to", "until")
_EASTINGS, _NORTHINGS = ("easting", "eastings", "bng-e", "x"), ("northing", "northings", "bng-n", "y")
_LONGITUDES, _LATITUDES = ("longitude", "long", "lon", "lng"), ("latitude", "lat")


@dataclass(slots=True)
class Column:
    """What a column holds: how many rows, how many of them blank, its different values (the first of them)."""

    name: str
    rows: int = 0
    blank: int = 0
    values: dict[str, None] = field(default_factory=dict)
    repeated: bool = False

    def look(self, value: str | None, known: set[str]) -> None:
        """Look at a cell; `known` are the values that were there before, all of them."""
        self.rows += 1
        if value is None:
            self.blank += 1
        elif value in known:
            self.repeated = True
        else:
            known.add(value)
            if len(self.values) < SAMPLE:
                self.values[value] = None

    @property
    def field(self) -> str:
        """The column's name as a field's."""
        plain = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:90].rstrip("-")
        return plain if plain[:1].isalpha() else f"field-{plain}".strip("-")

    def is_within(self, least: float, most: float) -> bool:
        """Whether it holds numbers, all of them between these."""
        try:
            return bool(self.values) and all(least <= float(value) <= most for value in self.values)
        except ValueError:
            return False

    @property
    def may_be_key(self) -> bool:
        """Whether every row has a key of its own in it."""
        return self.rows > 0 and not self.blank and not self.repeated and all(map(is_key, self.values))


def scaffold(path: Path, register: str, store: Store | None, options: Mapping[str, str]) -> str:
    """A mapping for the table in a file, as YAML. With a store, links are looked for among its registers."""
    check_name(register)
    table = open_table(path, encoding=options.get("encoding"), sheet=options.get("sheet"))
    found = _look(table)
    if not any(column.rows for column in found):
        raise Invalid(f"{path} has no rows to tell anything by")
    key = _key(found)
    point, used = _point([column for column in found if column is not key])
    others = [column for column in found if column is not key and column.name not in used]
    described = [({"field": register}, key.name), *(_described(column, store) for column in others)]
    if point:
        described.append(({"field": "point", "datatype": "point"}, point))
    _tell_apart([each for each, _ in described])
    fields = [each for each, _ in described]
    columns = {each["field"]: told for each, told in described}
    document = {
        "register": register,
        "title": register.replace("-", " ").capitalize(),
        "text": "What this list is of, in a sentence",
        "custodian": "Who keeps it",
        "key-field": fields[0]["field"],
        "fields": fields,
        "table": {"columns": columns},
    }
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))


def _look(table: Table) -> list[Column]:
    found = [Column(name) for name in table.names]
    seen: list[set[str]] = [set() for _ in found]
    for _, values in table.rows():
        for column, known, value in zip(found, seen, values, strict=True):
            column.look(value, known)
    return found


def _key(found: Sequence[Column]) -> Column:
    """The column of the key: one with a value of its own in each row, rather one that is called like a key."""
    able = [column for column in found if column.may_be_key]
    if not able:
        raise Invalid("no column has a key of its own in every row: letters, digits and single - _ . or / between")
    called = [column for column in able if set(column.field.split("-")) & set(_KEY_NAMES)]
    return (called or able)[0]


def _point(found: Sequence[Column]) -> tuple[dict[str, str], set[str]]:
    """The point that two columns make, and their names; what they hold says whether they are degrees or metres."""
    for firsts, seconds in ((_LONGITUDES, _LATITUDES), (_EASTINGS, _NORTHINGS)):
        one = next((column for column in found if column.field in firsts), None)
        two = next((column for column in found if column.field in seconds), None)
        if one is None or two is None:
            continue
        if one.is_within(-180, 180) and two.is_within(-90, 90):
            return {"longitude": one.name, "latitude": two.name}, {one.name, two.name}
        if one.is_within(0, 700_000) and two.is_within(0, 1_250_000):
            return {"easting": one.name, "northing": two.name}, {one.name, two.name}
    return {}, set()


def _described(column: Column, store: Store | None) -> tuple[dict[str, str], Any]:
    """A column as a field, and how it is read."""
    made: dict[str, str] = {"field": column.field}
    told: Any = column.name
    layout = _layout(column.values)
    if layout or _are_dates(column.values):
        made = {"field": _named(column.field), "datatype": "datetime"}
        told = column.name if _are_dates(column.values) else {"column": column.name, "date": layout}
    elif guessed := _datatype(column.values):
        made["datatype"] = guessed
    if made.get("datatype", "string") in ("string", "integer") and (linked := _link(column, store)):
        made = {"field": column.field, "register": linked}
    return made, told


def _tell_apart(fields: Iterable[dict[str, str]]) -> None:
    """Give fields of the same name numbers."""
    taken: set[str] = set()
    for each in fields:
        name = each["field"]
        numbered = (f"{name}-{number}" for number in count(2))
        each["field"] = name if name not in taken else next(free for free in numbered if free not in taken)
        taken.add(each["field"])


def _named(name: str) -> str:
    """`start-date` and `end-date` for what they are, so that the days of a record are known."""
    if name in {f"{start}-date" for start in _STARTS} | {"opened", "date-opened", "opendate"}:
        return "start-date"
    if name in {f"{end}-date" for end in _ENDS} | {"closed", "date-closed", "closedate"}:
        return "end-date"
    return name


def _datatype(values: Iterable[str]) -> str | None:
    seen = list(values)
    checks = ((name, DATATYPES[name].check) for name in _GUESSED)
    return next((name for name, check in checks if seen and all(check(value) is None for value in seen)), None)


def _layout(values: Iterable[str]) -> str | None:
    """The layout that all values are dates in; a number alone is no year."""
    seen = list(values)
    for layout in LAYOUTS:
        if seen and layout not in ("YYYY", "YYYYMM") and all(_is_date(value, layout) for value in seen):
            return layout
    return None


def _are_dates(values: Iterable[str]) -> bool:
    """Whether all values are dates as registers spell them, and some of them more than a number."""
    seen = list(values)
    check = DATATYPES["datetime"].check
    return any("-" in value for value in seen) and all(check(value) is None for value in seen)


def _is_date(value: str, layout: str) -> bool:
    try:
        parse_date(value, layout)
    except Invalid:
        return False
    return True


def _link(column: Column, store: Store | None) -> str | None:
    """The register of whose keys a column's values are, if nearly all of them are; the one with most of them."""
    if store is None or len(column.values) < FEWEST:
        return None
    wanted = [value for value in column.values if is_key(value)]
    best: tuple[int, str] = (0, "")
    with store.reading() as tx:
        for register in _candidates(registers.find_published(tx.connection), column):
            found = len(records.current(tx.connection, register.id, wanted))
            best = max(best, (found, register.name), key=lambda each: each[0])  # the first of those with as many
    return best[1] if best[0] >= LINKED * len(column.values) else None


def _candidates(found: Sequence[Register], column: Column) -> list[Register]:
    """The registers, those first that the column may be called after."""
    return sorted(found, key=lambda register: register.name not in column.field)
