"""What the map of a change is drawn from: where the record is before it and after it, on the areas around, made light.

The document is like the one that `maps` has for a record, with two more kinds of feature: `before` and `after`, each a
shape or a point.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import shapely  # type: ignore[import-untyped]
from flask import Response

from api import current
from api.blueprint import Answer
from api.caching import Caching
from api.negotiation import respond
from api.pages import values
from api.pages.blueprints import blueprint
from api.pages.proposals import differences, proposal_access
from api.pages.reading import maps, moves
from api.pages.reading.maps import GEOJSON
from api.pages.reading.moves import Move
from api.pages.reading.where import Where
from api.parameters import path_number
from api.permissions import Permission
from api.reading import definition_of, reading
from geo import drawing
from registers.canonical import canonical_json
from registers.errors import NotFound
from review import proposals

MARGIN = 0.1  # of what is looked at, left on each side
LABELS = {"before": "Before", "after": "After"}
Drawn = tuple[Any, dict[str, Any]]  # a shape, and what is said of it
routes = blueprint("move-maps", "What maps of changes are drawn from")
MAP = Answer("The map", "", {GEOJSON: {}})


@routes.resource(
    "/proposals/<segment:number>/changes/<segment:change>/map.json",
    permission=Permission.SIGNED_IN,
    caching=Caching.NO_STORE,
    answer=MAP,
)
def show_proposed(number: str, change: str) -> Response:
    """Show what the map of a proposed change is drawn from"""
    proposal, place = proposal_access.find(number), path_number(change)
    found = proposals.changes(current.store(), proposal, place - 1, 1) if place else []
    with current.store().reading() as tx:
        return _drawn(differences.move_of(tx, proposal.subject.register, found[0]) if found else None)


@routes.resource(
    "/registers/<segment:register>/records/<segment:key>/changes/<segment:entry>/map.json",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=MAP,
)
def show_entered(register: str, key: str, entry: str) -> Response:
    """Show what the map of a past change is drawn from"""
    with reading(register) as taken:
        definition, trail = definition_of(taken), taken.trail(key)
        place = next((n for n, each in enumerate(trail) if each.number == path_number(entry)), 0)
        items = [values.item_of(each) for each in trail[place - 1 : place + 1]] if place else []
        return _drawn(moves.find(moves.plainly(definition, taken.tx), *items) if items else None)


def _drawn(move: Move | None) -> Response:
    if move is None or not move.is_drawn:
        raise NotFound("there is nothing to draw of this change: it moves nothing")
    return respond([document(move)])


def document(move: Move) -> str:
    """What the map of a change is drawn from, as GeoJSON. Within the transaction that found the change."""
    longitude = _longitude(move.after if move.after.is_anywhere else move.before)
    areas = list(_areas(move))
    budget = maps.VERTICES // (len(areas) + 2)
    around = [(_light(shape, longitude, budget), told) for shape, told in areas]
    around.sort(key=lambda each: maps.extent(each[0]), reverse=True)
    sides = [*_side("before", move.before), *_side("after", move.after)]
    drawn = [(_light(shape, longitude, budget), told) for shape, told in sides]
    features = [maps.feature(*each) for each in (*around, *drawn)]
    view = _view([shape for shape, _ in drawn], [shape for shape, _ in around])
    return canonical_json({"type": "FeatureCollection", "view": view, "features": features})


def _side(kind: str, side: Where) -> Iterator[Drawn]:
    """The shape and the point of one side."""
    told = {"kind": kind, "label": LABELS[kind]}
    if side.shape is not None:
        yield side.shape, told
    if side.point is not None:
        yield shapely.Point(side.point), told


def _light(shape: Any, longitude: float, budget: int) -> Any:
    return drawing.light(drawing.beside(shape, longitude), budget)


def _longitude(side: Where) -> float:
    return side.point[0] if side.point else drawing.middle(side.shape)


def _areas(move: Move) -> Iterator[Drawn]:
    """The areas that contain either point, each once."""
    seen = set[tuple[str, str]]()
    for side in (move.before, move.after):
        for shape, told in maps.areas_of(side):
            if (told["label"], told["match"]) not in seen:
                seen.add((told["label"], told["match"]))
                yield shape, told | {"number": 0}


def _view(drawn: list[Any], around: list[Any]) -> list[float]:
    """What to look at: all that is drawn of the record; of one place without extent, the smallest area around it."""
    bounds = shapely.total_bounds(drawn)
    if around and not (bounds[2:] - bounds[:2]).any():
        bounds = shapely.bounds(min(around, key=maps.extent))
    west, south, east, north = (float(each) for each in bounds)
    margin = MARGIN * max(east - west, north - south)
    return [west - margin, south - margin, east + margin, north + margin]
