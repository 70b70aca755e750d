"""Where a record is: its point, the areas that contain it, its shape, and what it says of areas itself.

The areas are derived, from the point and the registers of areas as their indexes have them, on the day and at the
moment that the page is of. What the record declares stays among its fields; where the two differ, both are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely  # type: ignore[import-untyped]

from api import current, state
from api.pages import catalogue
from api.pages.rendering import with_query
from api.pages.values import record_path
from api.reading import definition_of
from geo import declared, drawing, places
from geo.areas.following import geometry_field
from geo.areas.index import Hit
from geo.declared import Declarations, Linked
from geo.places import Found, Point
from registers import snapshot
from registers.definition import Definition
from registers.entry import Item, timestamp_text
from registers.errors import Unavailable
from registers.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Area:
    """An area that contains the point: its key and name, where its page is, and how it matched."""

    key: str
    name: str
    href: str
    match: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A register of areas: what it is called, at which size it was asked, and the areas that were found."""

    title: str
    taken: Snapshot
    attribution: str
    areas: Sequence[Area]


@dataclass(frozen=True, slots=True)
class Differing:
    """A value that names an area which the point does not lie in, and the areas of that register where it does."""

    field: str
    value: str
    found: Sequence[Area]


@dataclass(frozen=True, slots=True)
class Where:
    """What a page says of where its record is. `day` and `at` are what the areas were asked for."""

    point: Point | None
    shape: Any
    day: date
    at: str | None
    found: Sequence[Found]
    asked: Sequence[Asked]
    differing: Sequence[Differing]
    fault: str

    @property
    def is_anywhere(self) -> bool:
        """Whether the record has a place at all."""
        return self.point is not None or self.shape is not None

    @property
    def reach(self) -> drawing.Bounds:
        """West, south, east and north of the record's own shape."""
        return drawing.reach(self.shape)

    @property
    def is_drawn(self) -> bool:
        """Whether there is more to draw than a point without surroundings."""
        return self.shape is not None or any(each.areas for each in self.asked)

    def rest(self, others: Sequence[Snapshot], beside: str = "") -> None:
        """Say that what is shown rests on other states, and on those of the registers of areas, for the day.

        A register of areas may come to be indexed, which the states of the others cannot tell.
        """
        told = f"places {self.day} {self.fault}" if self.point else ""
        state.rest_on([*others, *(each.taken for each in self.found)], " ".join(filter(None, (beside, told))))


def look(taken: Snapshot, definition: Definition, item: Item, at: str | None) -> Where:
    """Where a record is, at the state of its register that is taken; `at` is how that was asked for."""
    point, shape = places.point_of(definition, item), shape_of(definition, item)
    moment = _moment(taken, at)
    day = date.fromisoformat(moment[:10]) if moment else snapshot.day_of(taken.tx)
    found, fault = _found(taken, point, moment, day) if point else ([], "")
    asked = [_asked(each, moment) for each in found]
    differing = _differing(taken, definition, item, found, asked) if at is None else []
    return Where(point, shape, day, moment, found, asked, differing, fault)


def shape_of(definition: Definition, item: Item) -> Any:
    """The shape that an item says it has; None for one without, or whose shape was taken away."""
    field = geometry_field(definition)
    text = item.get(field) if field else None
    return shapely.from_geojson(text) if isinstance(text, str) and text.startswith("{") else None


def _moment(taken: Snapshot, at: str | None) -> str | None:
    """The moment of the page, for registers other than its own: a size means the time of its last entry."""
    if at is None or not at.isdigit():
        return at
    return timestamp_text(taken.last_updated or 0)


def _found(taken: Snapshot, point: Point, moment: str | None, day: date) -> tuple[list[Found], str]:
    """What each register of areas says; or nothing, and why not."""
    try:
        return places.look(places.open_areas(taken.tx, current.areas(), moment), point, day), ""
    except Unavailable as error:
        return [], str(error)


def _asked(found: Found, moment: str | None) -> Asked:
    definition = definition_of(found.taken)
    areas = [_area(hit, definition.name, moment) for hit in found.hits]
    return Asked(catalogue.title_of(definition), found.taken, definition.copyright, areas)


def _area(hit: Hit, register: str, moment: str | None) -> Area:
    href = with_query(record_path(register, hit.version.key), at=moment)
    return Area(hit.version.key, hit.version.name, href, hit.match)


def _differing(
    taken: Snapshot, definition: Definition, item: Item, found: Sequence[Found], asked: Sequence[Asked]
) -> list[Differing]:
    differing, linked = [], Linked(taken.tx)
    for each, shown in zip(found, asked, strict=True):
        for named in Declarations(definition, each.taken.register, linked).of(item):
            if declared.compare(named.keys, each.hits) == declared.DIFFERS:
                differing.append(Differing(named.field, named.value, shown.areas))
    return differing
