"""Which places a point belongs to: for each register of areas, those that contain it, at a state and on a day.

The answer rests on the state that the register's index has reached, and names it. A past state is answered from the
same index, as long as the index has come that far.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from geo import crs
from geo.areas.borders import nearest_area
from geo.areas.following import Areas, Standing, find_areas
from geo.areas.index import Hit, Version
from registers import snapshot
from registers.datatypes import datatype
from registers.definition import Definition
from registers.entry import Item, shortened
from registers.errors import Gone, Invalid, NotFound
from registers.snapshot import Snapshot
from registers.store import followers, records, registers
from registers.store.engine import Store, Transaction

POSTCODE = "postcode"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)  # as `linking` takes it too
_NUL = "it holds U+0000, which no key holds"
Point = tuple[float, float]
Position = Point | str
"""A longitude and a latitude, or in words why there is none."""


class Found(NamedTuple):
    """What one register of areas says of a point: its state, the areas that contain it, sorted by key; the nearest."""

    taken: Snapshot
    hits: list[Hit]
    near: tuple[Version, float] | None = None  # and how many metres it is away


def look(opened: Iterable[Standing], point: Point, day: date, within: float | None = None) -> list[Found]:
    """What registers of areas say of a point, a longitude and a latitude, on a day.

    Where no area contains it, the nearest is looked for `within` so many metres.
    """
    return [_found(each, point, day.toordinal(), within) for each in opened]


def _found(standing: Standing, point: Point, day: int, within: float | None) -> Found:
    if standing.index is None:
        return Found(standing.taken, [])
    hits = standing.index.versions_at(*point, standing.taken.size, day)
    if hits or within is None:
        return Found(standing.taken, hits)
    return Found(standing.taken, [], nearest_area(standing.index, point, standing.taken.size, day, within))


def open_areas(tx: Transaction, areas: Areas, at: str | None, names: Collection[str] = ()) -> list[Standing]:
    """Published registers of areas, those named or all that are indexed, by name: at the states that their indexes have
    reached, or as `at` asks.

    Raises Invalid for a name that is of no register of areas, NotFound and Unavailable for a state that is not there,
    or not yet.
    """
    if names:
        return [areas.at(tx, find_areas(tx, name), at) for name in sorted(set(names))]
    indexed = {name for follower, name, size in followers.positions(tx.connection) if follower == areas.name and size}
    published = registers.find_published(tx.connection)
    return [areas.at(tx, register, at) for register in published if register.name in indexed]


# Points


def point_of_record(tx: Transaction, name: str, key: str) -> Point:
    """The position of a record. Raises NotFound, and Invalid for one without a position."""
    taken = snapshot.take(tx, snapshot.find_register(tx, name, drafts=False))
    point = point_of(snapshot.read_definition(tx, taken.register), json.loads(taken.record(key).body))
    if point is None:
        raise Invalid(_without_point(name, key))
    return point


def positions(tx: Transaction, name: str, keys: Sequence[str]) -> dict[str, Position]:
    """The positions of many records of one register, by key: a point, or in words why there is none."""
    register = snapshot.find_register(tx, name, drafts=False)
    definition = snapshot.read_definition(tx, register)
    found: dict[str, Position] = {key: f"{name} has no record {shortened(key)}" for key in keys}
    bodies = records.bodies(tx.connection, register.id, list(found))
    return found | {
        key: point_of(definition, json.loads(body)) or _without_point(name, key) for key, body in bodies.items()
    }


def finder(store: Store, of_records: bool) -> Callable[[Sequence[str]], dict[str, Position]]:
    """What finds the positions of records, such as school:100000, or of postcodes, each time in the present state."""
    found = positions_of_records if of_records else positions_of_postcodes

    def find(names: Sequence[str]) -> dict[str, Position]:
        told: dict[str, Position] = {name: _NUL for name in names if "\0" in name}  # PostgreSQL would not be asked it
        with store.reading() as tx:
            return found(tx, [name for name in names if name not in told]) | told

    return find


def positions_of_postcodes(tx: Transaction, postcodes: Sequence[str]) -> dict[str, Position]:
    """The positions of postcodes, however they are spaced, as they are spelled. Raises NotFound without a register."""
    _check_postcodes(tx, postcodes[0] if postcodes else "")
    found = positions(tx, POSTCODE, list(dict.fromkeys(map(_postcode_key, postcodes))))
    return {postcode: found[_postcode_key(postcode)] for postcode in postcodes}


def positions_of_records(tx: Transaction, names: Sequence[str]) -> dict[str, Position]:
    """The positions of records such as school:100000, as they are spelled."""
    by_register: dict[str, list[str]] = {}
    found: dict[str, Position] = {}
    for name in names:
        register, colon, key = name.partition(":")
        if colon:
            by_register.setdefault(register, []).append(key)
        else:
            found[name] = f"{shortened(name)} is not a register, a colon and a key, such as school:100000"
    for register, keys in by_register.items():
        try:
            told = positions(tx, register, keys)
        except (NotFound, Gone) as error:
            told = dict.fromkeys(keys, str(error))
        found |= {f"{register}:{key}": position for key, position in told.items()}
    return found


def point_of(definition: Definition | None, item: Item) -> Point | None:
    """The position that an item says it has; None for one without, or whose position was taken away."""
    fields = [each.name for each in definition.fields if each.datatype == "point"] if definition else []
    values = (item.get(field) for field in fields)
    text = next((value for value in values if isinstance(value, str) and value.startswith("[")), None)
    if text is None:
        return None
    longitude, latitude = json.loads(text)
    return float(longitude), float(latitude)


def _without_point(name: str, key: str) -> str:
    return f"the record {shortened(key)} of {name} has no point"


def point_of_postcode(tx: Transaction, postcode: str) -> Point:
    """The position of a postcode, however it is spaced. Raises NotFound, and Invalid for one without a position."""
    _check_postcodes(tx, postcode)
    return point_of_record(tx, POSTCODE, _postcode_key(postcode))


def _check_postcodes(tx: Transaction, postcode: str) -> None:
    if registers.find(tx.connection, POSTCODE) is None:
        raise NotFound(f"there is no register {POSTCODE} here to look {shortened(postcode)} up in")


def _postcode_key(postcode: str) -> str:
    return "".join(postcode.split()).upper()


def point_of_degrees(longitude: str, latitude: str) -> Point:
    """A longitude and a latitude in decimal degrees. Raises Invalid for what is none."""
    if reason := datatype("point").check(f"[{longitude.strip()}, {latitude.strip()}]"):
        raise Invalid(f"lon and lat: {shortened(longitude)}, {shortened(latitude)} {reason}")
    return float(longitude), float(latitude)


def point_of_grid(easting: str, northing: str) -> Point:
    """An easting and a northing of the National Grid, in metres, through OSTN15. Raises Invalid outside its area."""
    if not (_NUMBER.fullmatch(easting.strip()) and _NUMBER.fullmatch(northing.strip())):
        raise Invalid(f"easting and northing: {shortened(easting)}, {shortened(northing)} are not two numbers")
    return crs.lon_lat_of_point(float(easting), float(northing))
