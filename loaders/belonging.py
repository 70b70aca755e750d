"""Whether the records of a register stand in the areas that they say they belong to.

What a record declares (`geo.declared` says by what) is held against the areas that its point lies in today, field by
field and register of areas by register of areas. Where they differ both can be right, so it is told and no fault.
Records that have ended are passed over: their areas may have ended too.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from geo import places
from geo.areas.following import Areas
from geo.areas.index import Hit
from geo.declared import (
    AGREES,
    DIFFERS,
    NOWHERE,
    ON_BOUNDARY,
    Asked,
    Declarations,
    Linked,
    areas_to_ask,
    compare,
    hits_of,
)
from geo.places import Point
from registers import snapshot
from registers.definition import Definition
from registers.entry import Item
from registers.question import days
from registers.register import Register
from registers.store.engine import Store

EXAMPLES = 100  # of records that stand elsewhere, for each field and register of areas; all are counted
AT_ONCE = 50_000  # records that are held together
SILENT = "silent"
OUTCOMES = (AGREES, ON_BOUNDARY, DIFFERS, NOWHERE, SILENT)


class Placed(NamedTuple):
    """A record that has a point."""

    key: str
    item: Item
    point: Point


@dataclass(slots=True)
class Compared:
    """One field against one register of areas: how many records came to which outcome, and which stand elsewhere."""

    field: str
    asked: Asked
    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    elsewhere: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def members(self) -> dict[str, Any]:
        """The same, as JSON has it."""
        told = {"field": self.field, "areas": self.asked.register.name, "entries": self.asked.size}
        return told | {outcome: self.counts[outcome] for outcome in OUTCOMES} | {"examples": self.elsewhere}


class Belonging:
    """Takes the records of a register one after another, and holds those that have a point against the areas."""

    def __init__(self, store: Store, register: Register, definition: Definition, areas: Areas) -> None:
        self.store, self.definition = store, definition
        self.has_points = any(each.datatype == "point" for each in definition.fields)
        self.not_indexed: list[str] = []
        self.asked: list[Asked] = []
        self.compared: dict[tuple[str, str], Compared] = {}
        self.waiting: list[Placed] = []
        with store.reading() as tx:
            self.day: date = snapshot.day_of(tx)
            if self.has_points:
                self.asked, self.not_indexed = areas_to_ask(tx, areas, apart_from=register.id)

    def look(self, key: str, item: Item) -> None:
        """Look at a record."""
        point = places.point_of(self.definition, item) if self.asked else None
        if point is None:
            return
        _, last = days(item)
        if last is None or last >= self.day.toordinal():
            self.waiting.append(Placed(key, item, point))
        if len(self.waiting) == AT_ONCE:
            self._compare()

    def found(self) -> dict[str, Any]:
        """What came out, as JSON has it: `declared-areas`, of the fields that name any; and what was not asked."""
        self._compare()
        speaking = [each for each in self.compared.values() if set(each.counts) - {SILENT}]
        told = sorted((each.members() for each in speaking), key=lambda each: (each["areas"], each["field"]))
        return {"declared-areas": told, "areas-not-indexed": self.not_indexed}

    def _compare(self) -> None:
        records, self.waiting = self.waiting, []
        if not records:
            return
        points = [each.point for each in records]
        with self.store.reading() as tx:
            linked = Linked(tx)
            for asked in self.asked:
                declarations = Declarations(self.definition, asked.register, linked)
                for placed, hits in zip(records, hits_of(asked, points, self.day), strict=True):
                    self._hold(asked, placed, declarations, hits)

    def _hold(self, asked: Asked, placed: Placed, declarations: Declarations, hits: list[Hit]) -> None:
        named: dict[str, set[str]] = {}
        for declared in declarations.of(placed.item):
            named.setdefault(declared.field, set()).update(declared.keys)
        for each in self.definition.fields:
            if not placed.item.get(each.name):
                continue
            place = asked.register.name, each.name
            compared = self.compared.setdefault(place, Compared(each.name, asked))
            outcome = compare(named[each.name], hits) if each.name in named else SILENT
            compared.counts[outcome] += 1
            if outcome == DIFFERS and len(compared.elsewhere) < EXAMPLES:
                compared.elsewhere.append(_example(placed, each.name, named[each.name], hits))


def _example(placed: Placed, name: str, named: set[str], hits: list[Hit]) -> dict[str, Any]:
    value = placed.item[name]
    told = value if isinstance(value, str) else ";".join(value)
    derived = [hit.version.key for hit in hits]
    return {"key": placed.key, "declared": told, "names": sorted(named), "derived": derived}
