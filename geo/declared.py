"""What a record itself says of the areas that it belongs to, to be held against those that its point lies in.

The authority that runs a school is declared: a field says so. The authority that it stands in is derived from where it
is. They are two links, and where they differ both can be right.

A field names an area of a register of areas when its value is a link to it, or the area's code of the Government
Statistical Service: a letter and eight digits, which are given once and so say by themselves what they are of. Or the
record that the field links to does so, in any of its fields; further than that it is not gone. A key that the register
of areas has no record for names nothing. Codes that an area had before are the business of whoever lists them: of
several areas that are named, any will do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from geo.areas.following import Areas, geometry_field
from geo.areas.index import CONTAINS, Hit, Index
from geo.areas.index import ON_BOUNDARY as ON_LINE
from geo.places import Point
from registers import snapshot
from registers.definition import Definition, Field
from registers.entry import Item
from registers.register import Register
from registers.store import records, registers
from registers.store.engine import Transaction

AGREES, ON_BOUNDARY, DIFFERS, NOWHERE = "agrees", "on-boundary", "differs", "nowhere"
is_statistical_code = re.compile(r"[A-Z][0-9]{8}").fullmatch
_SAYS_NOTHING = ("text", "geometry", "point")  # datatypes of fields that hold no codes


@dataclass(frozen=True, slots=True)
class Asked:
    """A register of areas, with the index that is asked, and the size that it is of."""

    register: Register
    index: Index
    size: int


def areas_to_ask(tx: Transaction, areas: Areas, apart_from: int | None) -> tuple[list[Asked], list[str]]:
    """The published registers of areas but that of an id; and the names of those whose index is not here yet."""
    asked, not_indexed = list[Asked](), list[str]()
    for each in registers.find_published(tx.connection):
        if each.id == apart_from or geometry_field(snapshot.read_definition(tx, each)) is None:
            continue
        if found := areas.index_of(tx, each.id):
            asked.append(Asked(each, *found))
        elif snapshot.read_head(tx, each).entries:
            not_indexed.append(each.name)
    return asked, not_indexed


def hits_of(asked: Asked, points: Sequence[Point], day: date) -> Iterator[list[Hit]]:
    """The areas that each of some points lies in on a day, in the points' order."""
    longitudes, latitudes = np.array(points).T
    found = asked.index.hits_at(longitudes, latitudes, asked.size, day.toordinal())
    versions = {number: asked.index.version(number) for number in np.unique(found.versions).tolist()}
    starts = np.searchsorted(found.points, np.arange(len(points) + 1)).tolist()
    numbers, is_on = found.versions.tolist(), found.on_boundary.tolist()
    for begin, end in zip(starts, starts[1:], strict=False):
        yield [Hit(versions[numbers[n]], ON_LINE if is_on[n] else CONTAINS) for n in range(begin, end)]


class Named(NamedTuple):
    """The areas that a field of a record names, by their keys, and the value that does it."""

    field: str
    value: str
    keys: frozenset[str]


class Linked:
    """The records that others link to, each looked up once, whichever register of areas is asked."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self._registers: dict[str, tuple[Register, Definition] | None] = {}
        self._values: dict[tuple[str, str], list[tuple[Field, str]]] = {}

    def values(self, name: str, key: str) -> list[tuple[Field, str]]:
        """The values of a record that may be codes, with their fields; none for a record that is not here."""
        if (name, key) not in self._values:
            found = self._find(name)
            body = records.bodies(self.tx.connection, found[0].id, [key]).get(key) if found else None
            self._values[name, key] = list(_values(found[1], json.loads(body))) if found and body else []
        return self._values[name, key]

    def _find(self, name: str) -> tuple[Register, Definition] | None:
        """A published register, and its definition."""
        if name not in self._registers:
            register = registers.find_by_any_name(self.tx.connection, name)
            is_public = register is not None and register.status == "published"
            definition = snapshot.read_definition(self.tx, register) if register and is_public else None
            self._registers[name] = (register, definition) if register and definition else None
        return self._registers[name]


@dataclass(slots=True)
class Declarations:
    """What records of one register say of the areas of another, as both are now. Every key is looked up once."""

    definition: Definition
    areas: Register
    linked: Linked
    _is_area: dict[str, bool] = field(default_factory=dict)

    def of(self, item: Item) -> Iterator[Named]:
        """What a record names, value by value; nothing for a field that names no area."""
        for each, value in _values(self.definition, item):
            register, key = each.link(value)
            keys = self._named(each, value)
            if not keys and register and register != self.areas.name:
                keys = frozenset().union(*(self._named(*further) for further in self.linked.values(register, key)))
            if keys:
                yield Named(each.name, value, keys)

    def _named(self, each: Field, value: str) -> frozenset[str]:
        """The area that a value names by itself."""
        register, key = each.link(value)
        may_be = register == self.areas.name or is_statistical_code(key)
        return frozenset({key} if may_be and self._has(key) else ())

    def _has(self, key: str) -> bool:
        """Whether the register of areas has a record of that key."""
        if key not in self._is_area:
            self._is_area[key] = key in records.bodies(self.linked.tx.connection, self.areas.id, [key])
        return self._is_area[key]


def compare(named: Collection[str], hits: Iterable[Hit]) -> str:
    """How areas that are named agree with those that a point lies in.

    AGREES, ON_BOUNDARY when the point is on the outline of one that is named, NOWHERE when it lies in no area at all,
    DIFFERS.
    """
    matches: Mapping[str, str] = {hit.version.key: hit.match for hit in hits}
    agreeing = {match for key, match in matches.items() if key in named}
    if agreeing:
        return AGREES if CONTAINS in agreeing else ON_BOUNDARY
    return DIFFERS if matches else NOWHERE


def _values(definition: Definition, item: Item) -> Iterator[tuple[Field, str]]:
    """The values of a record that may be codes, with their fields; its own key is not what it says of itself."""
    for each in definition.fields:
        value = item.get(each.name)
        if value and each.name != definition.key_field and each.datatype not in _SAYS_NOTHING:
            yield from ((each, member) for member in ([value] if isinstance(value, str) else value))
