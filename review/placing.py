"""Whether what a plan says of places can be: shapes that hold together, points in the areas that their records name.

A record's point may lie in another area than the one it names, and both can be right; that is told and is no fault.
What has ended is passed over, for its areas may have ended too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import shapely  # type: ignore[import-untyped]

from geo import places
from geo.areas.following import Areas
from geo.areas.index import Hit
from geo.declared import DIFFERS, NOWHERE, Asked, Declarations, Linked, areas_to_ask, compare, hits_of
from geo.places import Point
from geo.shapes import fault_of
from registers import snapshot
from registers.definition import Definition
from registers.question import days, values_of
from registers.register import Register
from registers.store.engine import Transaction
from review.findings import FAULT, NOTE, Finding
from review.looking import Looked


class Shapes:
    """Shapes that are not valid, and points at longitude 0, latitude 0, where coordinates lie that nobody gave."""

    name = "shapes"

    def __init__(self, definition: Definition) -> None:
        self.limits: list[str] = []
        self._shapes = [each.name for each in definition.fields if each.datatype == "geometry"]
        self._points = [each.name for each in definition.fields if each.datatype == "point"]

    def look(self, _tx: Transaction, some: Sequence[Looked]) -> Iterator[Finding]:
        """Look at what is new."""
        for each in some:
            for field in (field for field in self._shapes if not each.keeps(field)):
                for fault in filter(None, map(_fault, values_of(each.item, field))):
                    yield Finding(self.name, FAULT, each.key, field, f"its shape has a fault: {fault}")
            point = next((field for field in self._points if not each.keeps(field) and _is_nil(each, field)), None)
            if point:
                yield Finding(self.name, NOTE, each.key, point, "it lies at longitude 0, latitude 0, in the open sea")

    def finish(self, _tx: Transaction) -> Iterator[Finding]:
        """All is told by then."""
        return iter(())


def _fault(text: str) -> str:
    """What is wrong with a shape, in words; none for text that is no shape, which `rules` tells."""
    shape = shapely.from_geojson(text, on_invalid="ignore") if text.startswith("{") else None
    return fault_of(shape) if shape is not None else ""


def _is_nil(each: Looked, field: str) -> bool:
    return any(value.strip("[]").replace(" ", "") in ("0,0", "0.0,0.0") for value in values_of(each.item, field))


class _Placed(NamedTuple):
    """A record that has a point."""

    looked: Looked
    point: Point


class Places:
    """Whether points lie in the areas that their records name."""

    name = "places"

    def __init__(self, tx: Transaction, register: Register | None, definition: Definition, areas: Areas | None) -> None:
        self.limits: list[str] = []
        self._definition, self._day = definition, snapshot.day_of(tx)
        self._asked: list[Asked] = []
        has_points = any(each.datatype == "point" for each in definition.fields)
        if has_points and areas is None:
            self.limits.append("points were not held against areas: where those are is not known here")
        elif has_points and areas is not None:
            self._asked, not_indexed = areas_to_ask(tx, areas, register.id if register else None)
            if not_indexed:
                self.limits.append(f"areas whose index is not here yet were not asked: {', '.join(not_indexed)}")

    def look(self, tx: Transaction, some: Sequence[Looked]) -> Iterator[Finding]:
        """Hold the points of some records against every register of areas."""
        placed = list(self._placed(some)) if self._asked else []
        if not placed:
            return
        linked = Linked(tx)
        for asked in self._asked:
            declarations = Declarations(self._definition, asked.register, linked)
            hits = hits_of(asked, [each.point for each in placed], self._day)
            for each, lies_in in zip(placed, hits, strict=True):
                yield from self._held(asked, each, declarations, lies_in)

    def finish(self, _tx: Transaction) -> Iterator[Finding]:
        """All is told by then."""
        return iter(())

    def _placed(self, some: Sequence[Looked]) -> Iterator[_Placed]:
        for each in some:
            _, last = days(each.item)
            if last is None or last >= self._day.toordinal():
                point = places.point_of(self._definition, each.item)
                if point is not None:
                    yield _Placed(each, point)

    def _held(self, asked: Asked, each: _Placed, declarations: Declarations, hits: list[Hit]) -> Iterator[Finding]:
        named: dict[str, set[str]] = {}
        for one in declarations.of(each.looked.item):
            named.setdefault(one.field, set()).update(one.keys)
        for field, keys in named.items():
            outcome, areas = compare(keys, hits), asked.register.name
            if outcome == DIFFERS:
                sentence = f"its point lies in another area of {areas} than the one that {field} names"
            elif outcome == NOWHERE:
                sentence = f"its point lies in no area of {areas}, and {field} names one"
            else:
                continue
            yield Finding(self.name, NOTE, each.looked.key, field, sentence)
