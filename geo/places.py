"""Which places a point belongs to: for each register of areas, those that contain it, at a state and on a day.

The answer rests on the state that the register's index has reached, and names it. A past state is answered from the
same index, as long as the index has come that far.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import NamedTuple

from geo import crs
from geo.areas import Areas, geometry_field
from geo.index import Hit
from registers import snapshot
from registers.datatypes import datatype
from registers.entry import shortened
from registers.errors import Invalid, NotFound, Unavailable
from registers.register import Register
from registers.snapshot import Snapshot
from registers.store import followers, registers
from registers.store.engine import Transaction

POSTCODE = "postcode"
Point = tuple[float, float]


class Found(NamedTuple):
    """What one register of areas says of a point: its state, and the areas that contain it, sorted by key."""

    taken: Snapshot
    hits: list[Hit]


def places_at(
    tx: Transaction, areas: Areas, point: Point, at: str | None, day: int | None, names: Collection[str] = ()
) -> list[Found]:
    """What each published register of areas says of a point, a longitude and a latitude, by the register's name.

    `names` are the registers to ask, all if none is named; `day` is a proleptic ordinal, None for any. Raises Invalid
    for a name that is of no register of areas, NotFound and Unavailable for a state that is not there, or not yet.
    """
    return [_found(tx, areas, register, point, at, day) for register in _asked(tx, areas, names)]


def _found(tx: Transaction, areas: Areas, register: Register, point: Point, at: str | None, day: int | None) -> Found:
    there = areas.index_of(tx, register.id)
    if there is None and snapshot.read_head(tx, register).entries:
        raise Unavailable(f"the places of {register.name} are not indexed here yet: registers work does it")
    index, size = there or (None, 0)
    taken = _taken(tx, register, size, at)
    return Found(taken, index.versions_at(*point, taken.size, day) if index else [])


def _asked(tx: Transaction, areas: Areas, names: Collection[str]) -> list[Register]:
    """The registers of areas to ask: those named, or all that are indexed."""
    if not names:
        indexed = {
            name for follower, name, size in followers.positions(tx.connection) if follower == areas.name and size
        }
        return [each for each in registers.find_published(tx.connection) if each.name in indexed]
    chosen = [snapshot.find_register(tx, name, drafts=False) for name in sorted(set(names))]
    for each in chosen:
        if geometry_field(snapshot.read_definition(tx, each)) is None:
            raise Invalid(f"the records of {each.name} are no areas: none of its fields is a geometry")
    return chosen


def _taken(tx: Transaction, register: Register, size: int, at: str | None) -> Snapshot:
    """The register at the state asked for, or at the one that its index has reached."""
    taken = snapshot.take(tx, register, str(size) if at is None else at)
    if taken.size > size:
        raise Unavailable(f"the places of {register.name} are known up to entry {size}, and not yet to {taken.size}")
    return taken


# Points


def point_of_record(tx: Transaction, name: str, key: str) -> Point:
    """The position of a record. Raises NotFound, and Invalid for one without a position."""
    taken = snapshot.take(tx, snapshot.find_register(tx, name, drafts=False))
    definition = snapshot.read_definition(tx, taken.register)
    item = json.loads(taken.record(key).body)
    fields = [each.name for each in definition.fields if each.datatype == "point"] if definition else []
    text = next((item[field] for field in fields if isinstance(item.get(field), str)), None)
    if text is None:
        raise Invalid(f"the record {shortened(key)} of {name} has no point")
    longitude, latitude = json.loads(text)
    return float(longitude), float(latitude)


def point_of_postcode(tx: Transaction, postcode: str) -> Point:
    """The position of a postcode, however it is spaced. Raises NotFound, and Invalid for one without a position."""
    key = postcode.replace(" ", "").upper()
    if registers.find(tx.connection, POSTCODE) is None:
        raise NotFound(f"there is no register {POSTCODE} here to look {shortened(postcode)} up in")
    return point_of_record(tx, POSTCODE, key)


def point_of_degrees(longitude: str, latitude: str) -> Point:
    """A longitude and a latitude in decimal degrees. Raises Invalid for what is none."""
    if reason := datatype("point").check(f"[{longitude.strip()}, {latitude.strip()}]"):
        raise Invalid(f"lon and lat: {shortened(longitude)}, {shortened(latitude)} {reason}")
    return float(longitude), float(latitude)


def point_of_grid(easting: str, northing: str) -> Point:
    """An easting and a northing of the National Grid, in metres, through OSTN15. Raises Invalid outside its area."""
    try:
        east, north = float(easting), float(northing)
    except ValueError:
        raise Invalid(
            f"easting and northing: {shortened(easting)}, {shortened(northing)} are not two numbers"
        ) from None
    return crs.lon_lat_of_point(east, north)
