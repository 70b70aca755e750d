"""A shape from a file, made fit to keep: in longitude and latitude, valid, and canonical text.

Files have rings that cross themselves, shapes across the antimeridian, metres where degrees are promised. A shape
goes through the same steps whoever sends it, and whatever is changed on the way is said:

    bounds that its system can have → longitude and latitude → cut at the antimeridian → valid → 7 decimals → text

Rounding can make a valid shape invalid, so what is checked last is what is kept. Done to its own result, nothing
changes. Coordinates are planar degrees throughout: an edge is a straight line on the map (RFC 7946 §3.1.1).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import shapely  # type: ignore[import-untyped]

from geo.crs import LON_LAT, Numbers, System, outside_fault, system
from registers.errors import Invalid
from registers.geometry import canonical_geometry

DECIMALS = 7
DEGREE = 10**DECIMALS  # in units of the last decimal
ROUNDS = 3  # of snapping to the grid: what is not valid after that will not be
FARTHEST = 360  # degrees of longitude: beyond the antimeridian, but not round the Earth again

_DIMENSIONS = {0: 0, 4: 0, 1: 1, 5: 1, 3: 2, 6: 2}  # by shapely's number of the type; no others are kept
_split_reason = re.compile(r"(?P<fault>[^\[]*)(?:\[(?P<x>\S+) (?P<y>[^\s\]]+)[^\]]*\])?").fullmatch
_WORDS = {
    "Self-intersection": "self-crossing ring",
    "Ring Self-intersection": "ring that touches itself",
    "Nested shells": "part inside another part",
    "Hole lies outside shell": "hole outside its part",
    "Holes are nested": "hole inside another hole",
    "Interior is disconnected": "hole that cuts its part in two",
    "Duplicate Rings": "ring given twice",
    "Too few points in geometry component": "ring of too few points",
}


class Made(NamedTuple):
    """A shape's canonical text, and what had to be done to it, such as "self-crossing ring at -1.2, 54.6"."""

    text: str
    repairs: tuple[str, ...]


def make(shape: shapely.Geometry | None, given: System | None = None) -> Made:
    """The canonical text of a shape whose coordinates are in the system `given` (longitude and latitude: None).

    The text is at most 8 MB, and valid as shapely sees it. Raises Invalid, with one sentence, for a shape that
    cannot be had: none or empty, coordinates that cannot be of the system, a collection, a ring round a pole, a
    polygon that encloses nothing at 7 decimals.
    """
    given = given or system(LON_LAT)
    if shape is None or shape.is_empty:
        raise Invalid("there is no shape: it is empty")
    if shapely.get_type_id(shape) not in _DIMENSIONS:
        raise Invalid(f"a {shape.geom_type} is not kept: give points, lines or polygons")
    flat, heights = _without_heights(shape)
    try:
        with np.errstate(all="ignore"):  # GEOS divides by zero on its way; what matters is what comes out
            whole, parted = split_at_antimeridian(in_lon_lat(flat, given))
            valid, repaired = repair(whole)
            rounded, snapped = _round(valid)
    except shapely.errors.GEOSException as fault:
        raise Invalid(f"it cannot be made valid ({fault})") from None
    text = canonical_geometry(shapely.to_geojson(rounded))
    return Made(text, tuple(filter(None, (heights, *parted, repaired, snapped))))


# Bounds and systems


def check_bounds(bounds: tuple[float, float, float, float], given: System) -> None:
    """Raise Invalid unless some of what is within `bounds` (least x and y, greatest x and y) can be of the system.

    Eastings and northings are no longitudes and latitudes, and all of a file within 180 metres of a grid's origin
    is not in metres. The Office for National Statistics has published both kinds of mistake.
    """
    west, south, east, north = bounds
    if given.is_degrees and (west > FARTHEST or east < -FARTHEST or south > 90 or north < -90):
        raise Invalid(_not_degrees(west if abs(west) > 180 else east, south if abs(south) > 90 else north))
    if not given.is_degrees and west >= -180 and east <= 180 and south >= -90 and north <= 90:
        raise Invalid(
            f"coordinates such as {west:.10g}, {south:.10g} look like longitude and latitude, not like metres of "
            f"{given.name}: say so with --crs {LON_LAT}"
        )


def in_lon_lat(shape: shapely.Geometry, given: System) -> shapely.Geometry:
    """The shape in longitude and latitude. Longitudes up to 360 are let through, for what crosses the antimeridian.

    Raises Invalid when a vertex is not in the system, or the system does not reach it.
    """
    first, second = shapely.get_coordinates(shape).T
    _check_vertices(first, second, given)
    check_bounds((first.min(), second.min(), first.max(), second.max()), given)
    if given.name == LON_LAT:
        return shape
    longitudes, latitudes = given.to_lon_lat(first, second)
    lost = np.flatnonzero(~(np.isfinite(longitudes) & np.isfinite(latitudes)))
    if lost.size:
        raise Invalid(_not_reached(first[lost[0]], second[lost[0]], given))
    return shapely.set_coordinates(shapely.transform(shape, np.copy), np.column_stack([longitudes, latitudes]))


def _check_vertices(first: Numbers, second: Numbers, given: System) -> None:
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise Invalid("it has a coordinate that is not a number")
    if given.is_degrees:
        beyond = np.flatnonzero((np.abs(first) > FARTHEST) | (np.abs(second) > 90))
        if beyond.size:
            raise Invalid(_not_degrees(first[beyond[0]], second[beyond[0]]))


def _not_degrees(x: float, y: float) -> str:
    pair = f"coordinates such as {x:.10g}, {y:.10g} are no longitude and latitude in degrees"
    return f"{pair}: if they are eastings and northings, say so with --crs EPSG:27700"


def _not_reached(x: float, y: float, given: System) -> str:
    if given.is_grid:
        return outside_fault(x, y)
    return f"{x:.10g}, {y:.10g} cannot be brought from {given.name} to longitude and latitude"


def _without_heights(shape: shapely.Geometry) -> tuple[shapely.Geometry, str]:
    if not (shapely.has_z(shape) or shapely.has_m(shape)):
        return shape, ""
    return shapely.force_2d(shape), "heights left out"


# Validity


def repair(shape: shapely.Geometry) -> tuple[shapely.Geometry, str]:
    """The shape made valid, and what was wrong with it ("" when nothing was).

    Polygons stay polygons: each part keeps the ground its rings go round, and lines and points that are left over
    are dropped. Raises Invalid when no ground is left.
    """
    if _dimension(shape) < 2 or shapely.is_valid(shape):
        return shape, ""
    fault = _in_words(shapely.is_valid_reason(shape))
    return _only(_made_valid(shape), 2), fault


def fault_of(shape: shapely.Geometry) -> str:
    """What is wrong with a shape, in words that say nothing of where it is, such as "self-crossing ring"; "" if it is
    valid.
    """
    return "" if shapely.is_valid(shape) else _in_words(shapely.is_valid_reason(shape)).partition(" at ")[0]


def _made_valid(shape: shapely.Geometry) -> shapely.Geometry:
    """By the method that unites what overlaps; the other one would take it for a hole.

    GEOS gives up, seldom, where vertices are closer than it can tell apart: they are brought together, then.
    """
    unite = partial(shapely.make_valid, method="structure", keep_collapsed=False)
    try:
        return unite(shape)
    except shapely.errors.GEOSException:
        return unite(shapely.transform(shape, partial(np.round, decimals=DECIMALS + 3)))


def _in_words(reason: str) -> str:
    found = _split_reason(reason)
    if found is None:
        return reason
    fault = _WORDS.get(found["fault"], found["fault"].lower())
    return f"{fault} at {float(found['x']):.4f}, {float(found['y']):.4f}" if found["x"] else fault


def _round(shape: shapely.Geometry) -> tuple[shapely.Geometry, str]:
    """The valid shape at 7 decimals, still valid, and whether that took more than rounding.

    It is looked at twice: in whole numbers of 1e-7 degree, where three points of a line are on it, and as the
    fractions that a reader gets, where they may be a hair off.
    """
    counted = shapely.transform(shape, lambda degrees: np.rint(degrees * DEGREE))
    rounded = _in_degrees(counted)
    if _dimension(shape) < 2 or (shapely.is_valid(counted) and shapely.is_valid(rounded)):
        return rounded, ""
    counted = shapely.transform(shape, lambda degrees: degrees * DEGREE)
    for _ in range(ROUNDS):
        sound, _fault = repair(counted)
        counted = _only(shapely.set_precision(sound, 1), 2)
        rounded = _in_degrees(counted)
        if shapely.is_valid(counted) and shapely.is_valid(rounded):
            return rounded, f"slivers narrower than {DECIMALS} decimals"
    raise Invalid(f"it cannot be made valid at {DECIMALS} decimals")


def _in_degrees(counted: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(counted, lambda units: units / DEGREE)


def _dimension(shape: shapely.Geometry) -> int:
    return _DIMENSIONS[int(shapely.get_type_id(shape))]


def _only(shape: shapely.Geometry, dimension: int) -> shapely.Geometry:
    """The parts of one dimension, as one shape. Raises Invalid when there are none."""
    kept = _parts_of(shape, dimension)
    if not kept:
        raise Invalid(f"it encloses no area at {DECIMALS} decimals")
    return _joined(kept)


def _parts_of(shape: shapely.Geometry, dimension: int) -> list[shapely.Geometry]:
    parts = shapely.get_parts(shapely.get_parts(shape))  # twice: a collection may hold multi-geometries
    return list(parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)])


def _joined(parts: list[shapely.Geometry]) -> shapely.Geometry:
    if len(parts) == 1:
        return parts[0]
    several = {0: shapely.MultiPoint, 1: shapely.MultiLineString, 2: shapely.MultiPolygon}
    return several[_dimension(parts[0])](parts)


# The antimeridian


def split_at_antimeridian(shape: shapely.Geometry) -> tuple[shapely.Geometry, tuple[str, ...]]:
    """The shape in pieces, none of which crosses the antimeridian (RFC 7946 §3.1.9), and what was done, if anything.

    A line that jumps by more than 180 degrees of longitude is taken to go the short way round. One from -180 to 180
    itself is no jump: it is how a shape that is cut already goes along a pole. What lies between two rings that go
    round the Earth is opened. Raises Invalid for a ring that goes round a pole alone.
    """
    west, east = _width(shape)
    if west >= -180 and east <= 180 and east - west <= 180:
        return shape, ()
    shape, opened = _open_belts(shape)
    parts = [_unwrap_part(part) for part in shapely.get_parts(shape)]
    west, east = _width(parts)
    if west >= -180 and east <= 180:
        return shape, opened
    valid, repaired = repair(_joined(parts))
    pieces = [piece for part in shapely.get_parts(valid) for piece in _pieces(part)]
    return _joined(pieces), (*opened, repaired, "split at the antimeridian")


def _width(shapes: Any) -> tuple[float, float]:
    """The least and the greatest longitude of any vertex; bounds would leave out holes, which may lie outside."""
    longitudes = shapely.get_coordinates(shapes)[:, 0]
    return longitudes.min(), longitudes.max()


def _open_belts(shape: shapely.Geometry) -> tuple[shapely.Geometry, tuple[str, ...]]:
    """The shape with its belts cut open, and whether there were any."""
    if _dimension(shape) < 2:
        return shape, ()
    parts = list(shapely.get_parts(shape))
    opened = [_open_belt(part) for part in parts]
    if all(after is before for before, after in zip(parts, opened, strict=True)):
        return shape, ()
    return _joined(opened), ("cut open where it goes round the Earth",)


def _open_belt(part: shapely.Geometry) -> shapely.Geometry:
    """A polygon between two rings that go round the Earth, with one outline: along one ring, and back along the other.

    Any other polygon is as it was.
    """
    rings = [shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors)]
    around = [ring for ring in rings if _goes_round(ring)]
    if len(around) != 2:
        return part
    there, back = (_eastwards(ring) for ring in around)
    return shapely.Polygon(np.concatenate([there, back[::-1]]), [ring for ring in rings if not _goes_round(ring)])


def _goes_round(ring: Numbers) -> bool:
    """Whether a ring goes round the Earth; not one that is led along a pole already."""
    if (np.abs(np.diff(ring[:, 0])) == 360).any():
        return False
    longitudes = np.unwrap(ring[:, 0], period=360)
    return bool(abs(longitudes[-1] - longitudes[0]) > 180)


def _eastwards(ring: Numbers) -> Numbers:
    """A ring that goes round the Earth as a line from its westernmost vertex, eastwards, to the same vertex again."""
    vertices = np.column_stack([np.where(ring[:-1, 0] == 180, -180, ring[:-1, 0]), ring[:-1, 1]])
    turned = np.unwrap(ring[:, 0], period=360)
    if turned[-1] < turned[0]:
        vertices = vertices[::-1]
    vertices = np.roll(vertices, -int(np.argmin(vertices[:, 0])), axis=0)
    closed = np.concatenate([vertices, vertices[:1]])
    return np.column_stack([np.unwrap(closed[:, 0], period=360), closed[:, 1]])


def _unwrap_part(part: shapely.Geometry) -> shapely.Geometry:
    """A point, line or polygon without jumps: what crosses goes on beyond 180."""
    if _dimension(part) == 0:
        return part
    if _dimension(part) == 1:
        return shapely.LineString(_unwrap(shapely.get_coordinates(part)))
    outline = _unwrap_ring(part.exterior)
    holes = [_beside(_unwrap_ring(hole), outline) for hole in part.interiors]
    return shapely.Polygon(outline, holes)


def _unwrap_ring(ring: shapely.Geometry) -> Numbers:
    vertices = _unwrap(shapely.get_coordinates(ring))
    if abs(vertices[0, 0] - vertices[-1, 0]) > 180:
        raise Invalid("a ring goes round a pole: cut it at the antimeridian, and lead it along the pole")
    return vertices


def _unwrap(vertices: Numbers) -> Numbers:
    """The vertices (n × 2), with whole turns added to the longitudes so that none is more than 180 from the last."""
    steps = np.diff(vertices[:, 0])
    jumps = np.abs(steps) > 180
    if (np.abs(steps[jumps]) == 360).all():  # none at all, or only along a pole
        return vertices
    turns = np.concatenate([[0], np.cumsum(np.where(jumps, -360 * np.sign(steps), 0))])
    return np.column_stack([vertices[:, 0] + turns, vertices[:, 1]])


def _beside(hole: Numbers, outline: Numbers) -> Numbers:
    """The hole, as many turns on as its outline is."""
    between = (outline[:, 0].min() + outline[:, 0].max() - hole[:, 0].min() - hole[:, 0].max()) / 2
    turned: Numbers = hole + np.array([360 * np.round(between / 360), 0])
    return turned


def _pieces(part: shapely.Geometry) -> list[shapely.Geometry]:
    """The part cut at each antimeridian and brought back between -180 and 180."""
    west, _, east, _ = shapely.bounds(part)
    dimension = _dimension(part)
    if dimension == 0:
        return [_turned(part, -np.sign(west) if abs(west) > 180 else 0)]
    first, last = np.floor((west + 180) / 360), np.floor((east + 180) / 360)
    pieces = []
    for turn in np.arange(first, last + 1):
        window = shapely.box(-180 + 360 * turn, -90, 180 + 360 * turn, 90)
        inside = _parts_of(shapely.intersection(part, window), dimension)
        pieces += [_turned(piece, -turn) for piece in inside]
    return pieces


def _turned(piece: shapely.Geometry, turns: float) -> shapely.Geometry:
    return shapely.transform(piece, lambda vertices: vertices + np.array([360 * turns, 0]))
