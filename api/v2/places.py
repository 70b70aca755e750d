"""Places: which areas a point, a postcode or a record with a position belongs to, on a day and at a state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flask import Response
from marshmallow import fields

from api import current, state
from api.caching import Caching
from api.heads import parts_of
from api.negotiation import respond
from api.opened import Known
from api.permissions import Permission
from api.v2 import place_documents as documents
from api.v2 import postcodes, telling, whereabouts
from api.v2.blueprints import blueprint
from api.v2.whereabouts import WhenQuery, WhereQuery
from geo import places
from geo.areas.following import Standing
from geo.places import Found, Point
from registers.canonical import canonical_json
from registers.store.engine import Transaction

EMPTY: Mapping[str, Any] = {}
routes = blueprint("places", "Which places something belongs to", prefix="/v2/places", path_parameters={})


class AreasQuery(WhenQuery):
    """When, and which registers of areas are asked."""

    register = fields.String(
        load_default="",
        metadata={
            "description": "The registers of areas to ask, parted by commas; by default all",
            "example": "local-authority-district",
        },
    )


class PlacesQuery(WhereQuery, AreasQuery):
    """Where and when."""


@routes.resource(
    "",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.PLACES,
    query=PlacesQuery,
)
def find_places(query: Mapping[str, Any]) -> Response:
    """Find the places that a point belongs to

    Of each register of areas, every area that contains the point, or has it on its boundary; else the nearest, if one
    is `within` so many metres; or one line with the match `none`. The answer rests on the states that it names.
    """
    whereabouts.check_way(query)
    if whereabouts.is_of_numbers(query) and query["at"] is None:
        known = current.opened().now(names_asked(query))
        return _answer(query, whereabouts.point_of_numbers(query), whereabouts.day(current.store(), query), known)
    with current.store().reading() as tx:
        opened = open_asked(tx, query)
        known = Known(opened, parts_of([each.taken for each in opened]))
        day = whereabouts.day(tx, query)
        return _answer(query, whereabouts.point(tx, query), day, known, _postcode(tx, query, day))


def names_asked(query: Mapping[str, Any]) -> list[str]:
    """The registers of areas that are asked by name."""
    return [name.strip() for name in query["register"].split(",") if name.strip()]


def open_asked(tx: Transaction, query: Mapping[str, Any]) -> list[Standing]:
    """The registers of areas that are asked, at the state asked for. Raises Invalid for one that is no moment."""
    return places.open_areas(tx, current.areas(), whereabouts.moment(query["at"]), names_asked(query))


def _answer(
    query: Mapping[str, Any], point: Point, day: date, known: Known, beside: Mapping[str, Any] = EMPTY
) -> Response:
    on = day.isoformat()
    state.rest_on_parts(known.parts, f"{on} {point} {beside}" if beside else on)
    found = places.look(known.standing, point, day, query["within"])
    told = {"point": list(point), "on": on, **beside}
    if query["lon"] is not None and not any(each.hits for each in found):
        told |= _hint(point, day, known.standing)
    listed = ",".join([place for each in found for place in _places(each)])
    return respond([canonical_json(told)[:-1], f',"places":[{listed}]}}'])


def _postcode(tx: Transaction, query: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The postcode that is asked for, and whether it is terminated."""
    return {} if query["postcode"] is None else {"postcode": postcodes.asked_by(tx, query["postcode"], day)}


def _hint(point: Point, day: date, opened: Sequence[Standing]) -> dict[str, str]:
    """What to look at, for a point in no area, if it would be in one with longitude and latitude changed round."""
    longitude, latitude = point
    if abs(longitude) > 90:
        return {}
    turned = places.look(opened, (latitude, longitude), day)
    names = [f"{hit.version.name} ({each.taken.register.name})" for each in turned for hit in each.hits]
    if not names:
        return {}
    return {"hint": f"with lon and lat changed round it would be in {', '.join(names[:3])}: did they change places?"}


def _places(found: Found) -> Iterator[str]:
    """What one register says, as JSON: most of it was said before."""
    for hit in found.hits:
        yield telling.hit(hit, found.taken)
    if found.near:
        version, metres = found.near
        told = telling.version(version, found.taken.register.name)
        near = {"match": "nearest", "distance": round(metres, 1), **told}
        yield canonical_json(telling.state(found.taken) | near)
    elif not found.hits:
        yield canonical_json(telling.state(found.taken) | {"match": "none"})
