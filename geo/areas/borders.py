"""How far a point is from areas that it does not lie in, in metres on the ellipsoid, and which is the nearest.

Sides of areas are straight in degrees, and a geodesic is not. So sides are divided into parts of a hundredth of a
degree, about a kilometre, and the parts looked at on a map that is true to distance from the point (azimuthal
equidistant), where they are straight to some centimetres: that is how right the distance is. Towards the other end of
the Earth that map is torn apart; but so far away the nearest point of a part is one of its ends.
"""

from __future__ import annotations

import numpy as np
import shapely  # type: ignore[import-untyped]
from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

from geo.areas.index import Index, Version
from geo.areas.pieces import spread
from geo.crs import Numbers
from geo.earth import FARTHEST, TIGHTEST, Point, geodesics

PART = 0.01  # degrees
FIRST = 1_000.0  # metres from a point within which areas are looked for at first
FARTHER = 8  # times as far the next time
FAR_SIDE = 15_000_000.0  # metres, more than a quarter of the way round the Earth and less than half of it
ROOM = 1.01  # how much larger boxes are than they would be on a sphere
Box = tuple[float, float, float, float]


def nearest_area(index: Index, point: Point, size: int, day: int | None, within: float) -> tuple[Version, float] | None:
    """The area that is nearest to a point outside of all, and how far it is; None when none is within `within` metres.

    Of those that are equally near it is the first by key.
    """
    radius = min(FIRST, within)
    while True:
        found = areas_within(index, point, size, day, radius)
        if found or radius >= min(within, FARTHEST):
            return found[0] if found else None
        radius = min(radius * FARTHER, within)


def areas_within(index: Index, point: Point, size: int, day: int | None, within: float) -> list[tuple[Version, float]]:
    """The areas that are so near to a point that lies in none, the nearest first, then by key."""
    shapes, starts, ends = index.sides_in(boxes_around(point, within))
    metres = metres_to_sides(point, starts, ends)
    near = metres <= within
    least: dict[int, float] = {}
    for shape, far in zip(shapes[near].tolist(), metres[near].tolist(), strict=True):
        least[shape] = min(far, least.get(shape, np.inf))
    found = [(version, far) for shape, far in least.items() for version in index.standing(shape, size, day)]
    return sorted(found, key=lambda each: (each[1], each[0].key))


def metres_to_shape(point: Point, shape: BaseGeometry, within: float) -> float:
    """How far a point is from a shape of any kind: 0 inside; infinite when it is farther than `within`."""
    if shapely.intersects_xy(shape, *point):
        return 0.0
    lines = [shapely.get_coordinates(line) for line in _lines(shape)]
    starts, ends = (np.concatenate([np.zeros((0, 2)), *each]) for each in _starts_and_ends(lines))
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    near = np.zeros(len(starts), np.bool_)
    for west, south, east, north in boxes_around(point, within):
        near |= (low <= (east, north)).all(axis=1) & (high >= (west, south)).all(axis=1)
    return float(metres_to_sides(point, starts[near], ends[near]).min(initial=np.inf))


def _lines(shape: BaseGeometry) -> list[BaseGeometry]:
    """What a shape is bounded by: rings of polygons, lines, points."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return [line for part in parts for line in (shapely.get_rings(part) if part.geom_type == "Polygon" else [part])]


def _starts_and_ends(lines: list[Numbers]) -> tuple[list[Numbers], list[Numbers]]:
    """Where the sides of lines begin and end; a point is a side that ends where it begins."""
    return [line[:-1] if len(line) > 1 else line for line in lines], [line[-len(line) + 1 :] for line in lines]


def metres_to_sides(point: Point, starts: Numbers, ends: Numbers) -> Numbers:
    """How far a point is from each of some sides (sides × 2, degrees)."""
    counts = np.maximum(1, np.ceil(np.abs(ends - starts).max(axis=1) / PART)).astype(np.int64)
    side, step = spread(np.arange(len(counts)), np.zeros_like(counts), counts + 1)
    along = (step / counts[side])[:, None]
    places = starts[side] * (1 - along) + ends[side] * along
    longitude, latitude = (np.full(len(places), each) for each in point)
    azimuths, _, far = geodesics().inv(longitude, latitude, *places.T)
    turned = np.radians(azimuths)
    flat = np.column_stack([far * np.sin(turned), far * np.cos(turned)])
    begins = (step < counts[side]).nonzero()[0]
    ends_at = np.minimum(far[begins], far[begins + 1])
    metres = np.where(ends_at > FAR_SIDE, ends_at, _from_origin(flat[begins], flat[begins + 1]))
    return np.minimum.reduceat(metres, np.cumsum(counts) - counts) if len(counts) else metres


def _from_origin(starts: Numbers, ends: Numbers) -> Numbers:
    """How far the origin of a plane is from each of some lines."""
    run = ends - starts
    length = (run**2).sum(axis=1)
    along = np.divide(-(starts * run).sum(axis=1), length, out=np.zeros(len(run)), where=length > 0)
    nearest = starts + run * np.clip(along, 0, 1)[:, None]
    found: Numbers = np.sqrt((nearest**2).sum(axis=1))
    return found


def boxes_around(point: Point, metres: float) -> list[Box]:
    """Boxes in degrees that have in them all that is so near to a point: two where they cross the antimeridian."""
    longitude, latitude = point
    angle = metres * ROOM / TIGHTEST
    south, north = (latitude + sign * np.degrees(angle) for sign in (-1, 1))
    if south <= -90 or north >= 90:
        return [(-180.0, max(south, -90.0), 180.0, min(north, 90.0))]
    across = np.degrees(np.arcsin(min(np.sin(angle) / np.cos(np.radians(latitude)), 1.0)))
    west, east = longitude - across, longitude + across
    if west < -180:
        return [(-180.0, south, east, north), (west + 360, south, 180.0, north)]
    if east > 180:
        return [(west, south, 180.0, north), (-180.0, south, east - 360, north)]
    return [(west, south, east, north)]
