"""Places: which areas a point, a postcode or a record with a position belongs to, on a day and at a state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from api import current, state
from api.caching import Caching
from api.negotiation import respond
from api.parameters import at_parameter
from api.permissions import Permission
from api.v2 import place_documents as documents
from api.v2 import postcodes, telling
from api.v2.blueprints import blueprint
from geo import places
from geo.places import Found, Point
from geo.points import WAYS
from registers import snapshot
from registers.canonical import canonical_json
from registers.datatypes import datatype, first_day
from registers.entry import shortened
from registers.errors import Invalid
from registers.store.engine import Transaction

routes = blueprint("places", "Which places something belongs to", prefix="/v2/places", path_parameters={})


def _text(about: str, example: str) -> fields.String:
    return fields.String(load_default=None, metadata={"description": about, "example": example})


class MomentQuery(Schema):
    """When, and which registers of areas are asked."""

    on = _text("The day that is asked about; by default today, in UTC", "2020-04-01")
    at = at_parameter("A past state of the registers: a day (its end, in UTC) or a timestamp")
    register = _text("The registers of areas to ask, parted by commas; by default all", "local-authority-district")


class PlacesQuery(MomentQuery):
    """Where and when."""

    lon = _text("The longitude of a point, in decimal degrees; goes with lat", "-2.244644")
    lat = _text("The latitude", "53.483959")
    easting = _text("The easting of a point on the National Grid, in metres; goes with northing", "383819")
    northing = _text("The northing", "398052")
    postcode = _text("A postcode of the register postcode", "M1 1AE")
    record = _text("A record with a position: its register, a colon, its key", "school:100000")


@routes.resource(
    "",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.PLACES,
    query=PlacesQuery,
)
def find_places(query: Mapping[str, Any]) -> Response:
    """Find the places that a point belongs to

    Of each register of areas, every area that contains the point, or has it on its boundary; or one line with the match
    `none`. The answer rests on the states that it names.
    """
    _check(query)
    names = names_asked(query)
    with current.store().reading() as tx:
        day = day_asked(tx, query)
        point = _point(tx, query)
        found = places.places_at(tx, current.areas(), point, query["at"], day.toordinal(), names)
        asked = {} if query["postcode"] is None else {"postcode": postcodes.asked_by(tx, query["postcode"], day)}
        state.rest_on([each.taken for each in found], f"{day} {point} {asked}")
        listed = [place for each in found for place in _places(each)]
    return respond([canonical_json({"point": list(point), **asked, "on": day.isoformat(), "places": listed})])


def _check(query: Mapping[str, Any]) -> None:
    """Raise Invalid unless one way of saying where is taken, whole; and for a state that is no moment."""
    taken = [way for way in WAYS if any(query[name] is not None for name in way)]
    if len(taken) != 1 or any(query[name] is None for name in taken[0]):
        ways = ", ".join(" and ".join(way) for way in WAYS)
        raise Invalid(f"say where in one way: {ways}")


def names_asked(query: Mapping[str, Any]) -> list[str]:
    """The registers of areas that are asked by name. Raises Invalid for a state that is no moment."""
    if query["at"] is not None and query["at"].isdigit():
        raise Invalid("at: each register has sizes of its own, so here it is a day or a timestamp")
    return [name.strip() for name in (query["register"] or "").split(",") if name.strip()]


def day_asked(tx: Transaction, query: Mapping[str, Any]) -> date:
    """The day that is asked about, by default today. Raises Invalid for what is no day."""
    text = query["on"]
    if text is None:
        return snapshot.day_of(tx)
    if len(text) != len("2020-04-01") or datatype("datetime").check(text):
        raise Invalid(f"on: {shortened(text)} is not a day such as 2020-04-01")
    return first_day(text)


def _point(tx: Transaction, query: Mapping[str, Any]) -> Point:
    if query["lon"] is not None:
        return places.point_of_degrees(query["lon"], query["lat"])
    if query["easting"] is not None:
        return places.point_of_grid(query["easting"], query["northing"])
    if query["postcode"] is not None:
        return places.point_of_postcode(tx, query["postcode"])
    register, colon, key = query["record"].partition(":")
    if not colon:
        raise Invalid(f"record: is a register, a colon and a key, such as school:100000, not {shortened(register)}")
    return places.point_of_record(tx, register, key)


def _places(found: Found) -> Iterator[dict[str, Any]]:
    stated = telling.state(found.taken)
    if not found.hits:
        yield stated | {"match": "none"}
    for hit in found.hits:
        yield stated | {"match": hit.match} | telling.version(hit.version, found.taken.register.name)
