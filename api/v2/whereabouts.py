"""Where and when something is asked about, as parameters: a point in one of four ways, a day, a state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import Schema, fields

from api.parameters import Day, Metres, at_parameter
from geo import places
from geo.places import Point
from geo.points import WAYS
from registers import snapshot
from registers.entry import shortened
from registers.errors import Invalid
from registers.store.engine import Store, Transaction

NAMES = tuple(name for way in WAYS for name in way)


def _text(about: str, example: str) -> fields.String:
    return fields.String(load_default=None, metadata={"description": about, "example": example})


class WhereQuery(Schema):
    """A point, and how far from it."""

    lon = _text("The longitude of a point, in decimal degrees; goes with lat", "-2.244644")
    lat = _text("The latitude", "53.483959")
    easting = _text("The easting of a point on the National Grid, in metres; goes with northing", "383819")
    northing = _text("The northing", "398052")
    postcode = _text("A postcode of the register postcode", "M1 1AE")
    record = _text("A record with a position: its register, a colon, its key", "school:100000")
    within = Metres("At most so many metres away")


class WhenQuery(Schema):
    """A day, and a state."""

    on = Day("The day that is asked about; by default today, in UTC", "2020-04-01")
    at = at_parameter("A past state of the registers: a day (its end, in UTC) or a timestamp")


def check_way(query: Mapping[str, Any], required: bool = True) -> bool:
    """Whether a point is given. Raises Invalid unless it is in one way, whole; or in none, where it is not required."""
    given = tuple(name for name in NAMES if query[name] is not None)
    if not given and not required:
        return False
    if given not in WAYS:
        raise Invalid(f"say where in one way: {', '.join(' and '.join(way) for way in WAYS)}")
    return True


def moment(at: str | None) -> str | None:
    """A state of several registers. Raises Invalid for a size, of which each register has its own."""
    if at is not None and at.isdigit():
        raise Invalid("at: each register has sizes of its own, so here it is a day or a timestamp")
    return at


def day(clocked: Transaction | Store, query: Mapping[str, Any]) -> date:
    """The day that is asked about, by default today."""
    asked: date | None = query["on"]
    return asked or snapshot.day_of(clocked)


def is_of_numbers(query: Mapping[str, Any]) -> bool:
    """Whether a point is given as coordinates, so that nothing needs to be looked up to have it."""
    return query["lon"] is not None or query["easting"] is not None


def point_of_numbers(query: Mapping[str, Any]) -> Point:
    """The point of coordinates. Raises Invalid for what is none."""
    if query["lon"] is not None:
        return places.point_of_degrees(query["lon"], query["lat"])
    return places.point_of_grid(query["easting"], query["northing"])


def point(tx: Transaction, query: Mapping[str, Any]) -> Point:
    """The point that is asked about. Raises Invalid for what is none, NotFound for a postcode or record."""
    if is_of_numbers(query):
        return point_of_numbers(query)
    if query["postcode"] is not None:
        return places.point_of_postcode(tx, query["postcode"])
    register, colon, key = query["record"].partition(":")
    if not colon:
        raise Invalid(f"record: is a register, a colon and a key, such as school:100000, not {shortened(register)}")
    return places.point_of_record(tx, register, key)
