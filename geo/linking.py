"""A table with places: for each row the keys of the areas it lies in, one column for each register of areas.

    columns that say where ──▶ points, and what is wrong with the others ──▶ hits in each index ──▶ keys

Tables are Arrow batches and points NumPy arrays, so a million rows take a second and not a minute. A row that says
nothing of use has a fault, one sentence, and no keys; the others are answered all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely  # type: ignore[import-untyped]

from geo import arrow
from geo.areas.following import Standing
from geo.areas.index import Hits, Index
from geo.crs import LON_LAT, Numbers, System, system
from geo.places import POSTCODE
from geo.points import (
    COORDINATES,
    NOWHERE,
    RECORD,
    WAYS,
    Find,
    Points,
    points_from,
    points_of_names,
)
from registers.entry import shortened
from registers.errors import Invalid

SEPARATOR = ";"  # between keys, where a point lies in several areas of a register
# What columns that say where are called in small letters.
SPELLINGS: Mapping[str, frozenset[str]] = {
    "lon": frozenset({"lon", "long", "lng", "longitude"}),
    "lat": frozenset({"lat", "latitude"}),
    "easting": frozenset({"easting", "eastings", "oseast1m"}),
    "northing": frozenset({"northing", "northings", "osnrth1m"}),
    POSTCODE: frozenset({"postcode", "postcodes", "pcd", "pcds"}),
    RECORD: frozenset({"record"}),
}


class Where(NamedTuple):
    """Which columns say where: two of coordinates in a system, one of points in a system (WKB), or one of names."""

    columns: tuple[str, ...]
    system: System | None  # None: names
    way: str = ""  # of names: postcode or record


@dataclass(frozen=True, slots=True)
class Target:
    """A register of areas that is asked: its name, its index (None: it has no areas), and the size it is asked at."""

    name: str
    index: Index | None
    size: int


def targets(standing: Iterable[Standing]) -> list[Target]:
    """Registers of areas at a state, as those that are asked."""
    return [Target(each.taken.register.name, each.index, each.taken.size) for each in standing]


# Which columns


def where_in(names: Sequence[str], chosen: Sequence[str] = (), crs: str = "") -> Where:
    """Which columns of a table say where: those chosen, else those with the usual names.

    Two chosen columns are longitude and latitude, or in the system `crs` what comes first in files and then the
    other; one is of postcodes. Raises Invalid for columns that are not there, and when none say where.
    """
    listed = f"its columns are {', '.join(map(shortened, names))}"
    if missing := [name for name in chosen if name not in names]:
        raise Invalid(f"the table has no column {shortened(missing[0])}: {listed}")
    if len(chosen) == 1 and not crs:
        return Where(tuple(chosen), None, RECORD if chosen[0] == RECORD else POSTCODE)
    if chosen and len(chosen) != 2:
        raise Invalid("two columns say where, such as lon and lat, or one of postcodes")
    if chosen:
        return Where(tuple(chosen), system(crs or LON_LAT))
    for way in WAYS:  # the first that the table has whole is taken
        if found := _spelled(names, way):
            counted = COORDINATES.get(way)
            return Where(found, system(crs or counted) if counted else None, way[0])
    ways = ", ".join(" and ".join(way) for way in WAYS)
    raise Invalid(f"the table has no columns that say where ({ways}): {listed}")


def where_of_shapes(column: str, crs: str) -> Where:
    """That a column of shapes says where, as WKB in a system."""
    return Where((column,), system(crs))


def _spelled(names: Sequence[str], way: tuple[str, ...]) -> tuple[str, ...] | None:
    """The columns of one way, if it is there whole. Raises Invalid when one of them is there twice."""
    found = [[name for name in names if name.strip().lower() in SPELLINGS[part]] for part in way]
    if not all(found):
        return None
    for part, columns in zip(way, found, strict=True):
        if len(columns) > 1:
            raise Invalid(f"more than one column may be the {part}: {', '.join(columns)}; say which")
    return tuple(columns[0] for columns in found)


# Where rows are


def points_of(where: Where, batch: pa.RecordBatch, find: Find) -> Points:
    """Where each row of a batch is. `find` is asked for the positions of names."""
    columns = [_plain(batch.column(name)) for name in where.columns]
    if where.system is None:
        return points_of_names(_texts(columns[0]), find)
    if len(columns) == 1:
        return _of_shapes(columns[0], where.system)
    first, second = map(_numbers, columns)
    return points_from(where.system, first, second, lambda row: tuple(column[row].as_py() for column in columns))


def _plain(column: pa.Array) -> pa.Array:
    """A column without what only its way of being kept has: a dictionary, or one of three kinds of text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    return column.cast(pa.string()) if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else column


def _texts(column: pa.Array) -> list[str | None]:
    """A column of names as text. Raises Invalid for one that is neither text nor whole numbers."""
    if not (pa.types.is_string(column.type) or pa.types.is_integer(column.type) or pa.types.is_null(column.type)):
        raise Invalid(f"postcodes and records are text, and the column that is to name them is of type {column.type}")
    texts: list[str | None] = column.cast(pa.string()).to_pylist()
    return texts


def _numbers(column: pa.Array) -> Numbers:
    """A column as numbers, NaN where it has none."""
    if _is_number(column.type):
        return arrow.floats(column)
    if not pa.types.is_string(column.type):
        return np.full(len(column), np.nan)
    trimmed = pc.utf8_trim_whitespace(column)
    try:
        return arrow.floats(trimmed)
    except pa.ArrowInvalid:  # one that is none, at least: those that are spelled as numbers are
        spelled = pc.match_substring_regex(trimmed, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$")
        return arrow.floats(pc.if_else(spelled, trimmed, pa.nulls(1, pa.string())[0]))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _of_shapes(column: pa.Array, given: System) -> Points:
    """Points of WKB; what is none has a fault. A multipoint of one point, as many programs write, is that point."""
    shapes = shapely.from_wkb(np.array(column.to_pylist(), object), on_invalid="ignore")
    single = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(shapes) == 1
    )
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    are_points = (shapely.get_type_id(shapes) == shapely.GeometryType.POINT) & ~shapely.is_empty(shapes)
    only = np.where(are_points, shapes, None)
    found = points_from(given, shapely.get_x(only), shapely.get_y(only))
    others = (~are_points).nonzero()[0].tolist()
    return found._replace(faults=found.faults | {row: _not_a_point(shapes[row]) for row in others})


def _not_a_point(shape: shapely.Geometry | None) -> str:
    kind = "nothing" if shape is None or shape.is_empty else f"a {shape.geom_type}"
    return f"{NOWHERE}: its shape is to be a point, and is {kind}"


# What is added


class Linker(NamedTuple):
    """What links tables: where their rows are, which registers are asked, on which day (None: any)."""

    where: Where
    targets: Sequence[Target]
    day: int | None
    find: Find

    def link(self, batch: pa.RecordBatch) -> Linked:
        """The keys that a batch gets, a column for each register, and what is wrong with its rows."""
        points = points_of(self.where, batch, self.find)
        return Linked([keys_of(target, points, self.day) for target in self.targets], points.faults)


class Linked(NamedTuple):
    """Columns of keys, one for each register, and what is wrong with rows, by their place."""

    columns: list[pa.Array]
    faults: dict[int, str]


def keys_of(target: Target, points: Points, day: int | None) -> pa.Array:
    """For each point the keys of the areas it lies in, by key, `;` between; null where there is none."""
    of_point = np.full(len(points.longitudes), -1)
    if target.index is None:
        return arrow.chosen([], of_point)
    hits = target.index.hits_at(points.longitudes, points.latitudes, target.size, day)
    of_point[hits.points] = hits.versions
    keys = list(target.index.keys)
    for point, versions in _several(hits):
        of_point[point] = len(keys)
        keys.append(SEPARATOR.join(keys[version] for version in versions))
    return arrow.chosen(keys, of_point)


def _several(hits: Hits) -> Iterator[tuple[int, list[int]]]:
    """The points that lie in several areas, with their versions."""
    again = np.flatnonzero(hits.points[1:] == hits.points[:-1])
    for point in np.unique(hits.points[again]).tolist():
        begin, end = np.searchsorted(hits.points, [point, point + 1]).tolist()
        yield point, hits.versions[begin:end].tolist()


def column_names(taken: Sequence[str], wanted: Sequence[str], prefix: str) -> list[str]:
    """What the added columns are called: each with the prefix. Raises Invalid for one that the table has already.

    Names that differ in capitals only are one to a GeoPackage and to most databases, and so they are here.
    """
    named = [prefix + name for name in wanted]
    there = {name.lower() for name in taken}
    if clash := [name for name in named if name.lower() in there]:
        raise Invalid(f"the table has a column {shortened(clash[0])} already: give the added ones a prefix")
    return named
