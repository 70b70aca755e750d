"""Places: which areas a point, a postcode or a record with a position belongs to, on a day and at a state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import Response
from marshmallow import fields

from api import current, state
from api.caching import Caching
from api.negotiation import respond
from api.permissions import Permission
from api.v2 import place_documents as documents
from api.v2 import postcodes, telling, whereabouts
from api.v2.blueprints import blueprint
from api.v2.whereabouts import WhenQuery, WhereQuery
from geo import places
from geo.places import Asked, Found, Point
from registers.canonical import canonical_json
from registers.store.engine import Transaction

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

    @staticmethod
    def asked(tx: Transaction, query: Mapping[str, Any]) -> Asked:
        """What is asked. Raises Invalid for a state that is no moment."""
        names = [name.strip() for name in query["register"].split(",") if name.strip()]
        return Asked(whereabouts.moment(query["at"]), whereabouts.day(tx, query), names)


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
    with current.store().reading() as tx:
        asked = AreasQuery.asked(tx, query)
        point = whereabouts.point(tx, query)
        found = places.places_at(tx, current.areas(), point, asked, query["within"])
        told = {"point": list(point), "on": asked.day.isoformat()} | _postcode(tx, query, asked.day)
        state.rest_on([each.taken for each in found], str(told))
        told |= _hint(tx, query, point, asked) if not any(each.hits for each in found) else {}
        told["places"] = [place for each in found for place in _places(each)]
    return respond([canonical_json(told)])


def _postcode(tx: Transaction, query: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The postcode that is asked for, and whether it is terminated."""
    return {} if query["postcode"] is None else {"postcode": postcodes.asked_by(tx, query["postcode"], day)}


def _hint(tx: Transaction, query: Mapping[str, Any], point: Point, asked: Asked) -> dict[str, str]:
    """What to look at, for a point in no area, if it would be in one with longitude and latitude changed round."""
    longitude, latitude = point
    if query["lon"] is None or abs(longitude) > 90:
        return {}
    turned = places.places_at(tx, current.areas(), (latitude, longitude), asked)
    names = [f"{hit.version.name} ({each.taken.register.name})" for each in turned for hit in each.hits]
    if not names:
        return {}
    return {"hint": f"with lon and lat changed round it would be in {', '.join(names[:3])}: did they change places?"}


def _places(found: Found) -> Iterator[dict[str, Any]]:
    stated = telling.state(found.taken)
    if found.near:
        version, metres = found.near
        told = telling.version(version, found.taken.register.name)
        yield stated | {"match": "nearest", "distance": round(metres, 1)} | told
    elif not found.hits:
        yield stated | {"match": "none"}
    for hit in found.hits:
        yield stated | {"match": hit.match} | telling.version(hit.version, found.taken.register.name)
