"""What the map of a record's page is drawn from: its point or shape, and the areas that contain it, made light."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import shapely  # type: ignore[import-untyped]
from flask import Response
from marshmallow import Schema

from api.blueprint import Answer
from api.caching import Caching
from api.negotiation import Format, respond
from api.pages import values
from api.pages.blueprints import blueprint
from api.pages.reading import where
from api.pages.reading.where import Where
from api.parameters import at_parameter
from api.permissions import Permission
from api.reading import definition_of, reading
from geo import drawing
from registers.canonical import canonical_json
from registers.errors import NotFound

VERTICES = 6000  # of all shapes of a map; each takes some 20 bytes
GEOJSON = Format("geojson", "application/geo+json", "application/geo+json")
Features = list[dict[str, Any]]
routes = blueprint("maps", "What maps are drawn from")


class MapQuery(Schema):
    """Which state of the register."""

    at = at_parameter()


@routes.resource(
    "/registers/<segment:register>/records/<segment:key>/map.json",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=Answer("The map", "", {GEOJSON: {}}),
    query=MapQuery,
)
def show_map(query: dict[str, str | None], register: str, key: str) -> Response:
    """Show what the map of a record is drawn from

    One feature collection: the areas, the largest first, and on top the record itself. Its member `view` says which
    part of the map to look at: west, south, east, north.
    """
    with reading(register, query["at"]) as taken:
        record, definition = taken.record(key), definition_of(taken)
        found = where.look(taken, definition, values.item_of(record), query["at"])
        found.rest([taken])
        if not found.is_drawn:
            raise NotFound(f"there is nothing to draw of {key}: it is no area, and lies in none that is known")
        return respond([canonical_json(_map(found, values.name_of(record)))])


def _map(found: Where, name: str) -> dict[str, Any]:
    areas = list(areas_of(found))
    shapes = [shape for shape, _ in areas] + ([] if found.shape is None else [found.shape])
    longitude = found.point[0] if found.point else drawing.middle(shapes[-1])
    drawn = [drawing.light(drawing.beside(shape, longitude), VERTICES // len(shapes)) for shape in shapes]
    outwards = sorted(zip(drawn, areas, strict=False), key=lambda each: extent(each[0]), reverse=True)
    features = [feature(shape, properties) for shape, (_, properties) in outwards]
    if found.shape is not None:
        features.append(feature(drawn[-1], {"kind": "shape", "label": name}))
    if found.point:
        features.append(feature(shapely.Point(found.point), {"kind": "point", "label": name}))
    smallest = min(drawn, key=extent)
    return {"type": "FeatureCollection", "view": list(smallest.bounds), "features": features}


def areas_of(found: Where) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The shape of each area as its entry has it, and what is said of it; its number is its row in the list."""
    number = 0
    for each, asked in zip(found.found, found.asked, strict=True):
        for hit, area in zip(each.hits, asked.areas, strict=True):
            number += 1
            shape = where.shape_of(definition_of(each.taken), values.item_of(each.taken.entry(hit.version.entry)))
            label = f"{area.name}, {asked.title}"
            if shape is not None:
                yield shape, {"kind": "area", "number": number, "label": label, "match": area.match}


def extent(shape: Any) -> float:
    """How far a shape reaches, in degrees."""
    west, south, east, north = shape.bounds
    return float(max(east - west, north - south))


def feature(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:
    """A shape as a feature, and what is said of it."""
    return {"type": "Feature", "geometry": drawing.geojson(shape), "properties": properties}
