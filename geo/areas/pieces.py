"""An area in small pieces: to tell whether a point is in it, one piece is looked at and not thousands of vertices.

A shape is halved, and its halves, until no piece has more than 64 vertices; where it is halved, the pieces get
vertices that the shape does not have, rounded as floats are. So what a piece says holds for the shape except within
a hair of the piece's sides: there the answer is NEAR, and the shape itself must be asked. The hair is 1e-9 degree, a
tenth of a millimetre, thousands of times what rounding does; `cut` makes sure of it, piece by piece.

Pieces, and shapes themselves, are kept as ragged arrays: all coordinates one after another, and where each ring, each
polygon and each shape begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import shapely  # type: ignore[import-untyped]
from numpy.typing import NDArray

LIMIT = 64  # vertices of a piece, the last of each ring, which repeats its first, counted too
SMALLEST = 1e-7  # degrees: what has no longer side is not cut, however many vertices it has
HAIR = 1e-9  # degrees from a piece's sides within which it cannot tell
ROUNDING = 1e-12  # degrees that a new vertex may be off the shape's outline

OUTSIDE, INSIDE, NEAR = range(3)

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]
Clip = Callable[[Any, float, float, float, float], Any]


class Ragged(NamedTuple):
    """Shapes of polygons as four arrays that can be saved and mapped into memory.

    `coordinates` (n × 2) are the vertices; ring r has those from `rings[r]` to before `rings[r + 1]`, polygon p the
    rings from `polygons[p]`, its outline first, and shape s the polygons from `shapes[s]`, of which there may be none.
    """

    coordinates: Numbers
    rings: Integers
    polygons: Integers
    shapes: Integers

    @classmethod
    def of(cls, shapes: Iterable[Iterable[Any]]) -> Ragged:
        """The arrays of shapes, each given as its polygons."""
        gathered = [shapely.MultiPolygon(list(shape)) for shape in shapes]
        if not gathered:  # shapely would not know of what kind they are
            return join([])
        _, coordinates, (rings, polygons, starts) = shapely.to_ragged_array(gathered, include_z=False, include_m=False)
        return cls(coordinates, rings.astype(np.int64), polygons.astype(np.int64), starts.astype(np.int64))

    def __len__(self) -> int:
        """How many shapes there are."""
        return len(self.shapes) - 1

    def shape(self, number: int) -> Any:
        """One shape, as a shapely MultiPolygon, which is empty when it has no polygons."""
        alone = self.alone(number)
        offsets = (alone.rings, alone.polygons, alone.shapes)
        return shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, alone.coordinates, offsets)[0]

    def alone(self, number: int) -> Ragged:
        """The arrays of one shape; its coordinates are the same memory."""
        shapes = self.shapes[number : number + 2]
        polygons = self.polygons[shapes[0] : shapes[1] + 1]
        rings = self.rings[polygons[0] : polygons[-1] + 1]
        coordinates = self.coordinates[rings[0] : rings[-1]]
        return Ragged(coordinates, rings - rings[0], polygons - polygons[0], shapes - shapes[0])

    def boxes(self) -> Numbers:
        """The box of each polygon (polygons × 4: west, south, east, north)."""
        if len(self.polygons) == 1:
            return np.zeros((0, 4))
        begins = self.rings[self.polygons[:-1]]
        least, greatest = (bound.reduceat(self.coordinates, begins, axis=0) for bound in (np.minimum, np.maximum))
        return np.hstack([least, greatest])

    def place(self, polygon: int, x: float, y: float) -> int:
        """Where a point is to one polygon: INSIDE, OUTSIDE, or NEAR when that is for the whole shape to say."""
        first, last = self.polygons[polygon : polygon + 2].tolist()
        rings = self.rings[first : last + 1].tolist()
        vertices = self.coordinates[rings[0] : rings[-1]]
        north_or_south = (vertices[:, 1] > y + HAIR).view(np.int8) - (vertices[:, 1] < y - HAIR).view(np.int8)
        passing = (north_or_south[1:] * north_or_south[:-1] < 1).nonzero()[0]
        starts, ends = vertices[passing].tolist(), vertices[passing + 1].tolist()
        if len(rings) > 2:  # from the last vertex of a ring to the first of the next there is no side
            between = {ring - rings[0] - 1 for ring in rings[1:]}
            sides = [n for n, vertex in enumerate(passing.tolist()) if vertex not in between]
            starts, ends = [starts[n] for n in sides], [ends[n] for n in sides]
        return _place(starts, ends, x, y)

    def places(self, polygons: Integers, x: Numbers, y: Numbers) -> NDArray[np.int8]:
        """Where each of several points is to the polygon beside it, as `place` says it; all three of one length."""
        point, side = self._sides(polygons)
        here, there = self.coordinates[side, 1], self.coordinates[side + 1, 1]
        least, most = (y - HAIR)[point], (y + HAIR)[point]
        passing = (((here <= most) | (there <= most)) & ((here >= least) | (there >= least))).nonzero()[0]
        point, side = self._real(point[passing], side[passing])
        return _places(self.coordinates[side], self.coordinates[side + 1], x, y, point)

    def sides(self, polygons: Integers) -> tuple[Integers, Numbers, Numbers]:
        """The sides of polygons: by its place, which of them each is of, its start and its end (sides × 2)."""
        which, side = self._real(*self._sides(polygons))
        return which, self.coordinates[side], self.coordinates[side + 1]

    def _sides(self, polygons: Integers) -> tuple[Integers, Integers]:
        """Which polygon each side is of, and at which vertex it begins; and the steps from ring to ring."""
        begins, ends = self.rings[self.polygons[polygons]], self.rings[self.polygons[polygons + 1]]
        return spread(np.arange(len(polygons)), begins, ends - begins - 1)

    def _real(self, which: Integers, side: Integers) -> tuple[Integers, Integers]:
        """Only sides: from the last vertex of a ring to the first of the next there is none."""
        real = self.rings[np.searchsorted(self.rings, side + 1)] != side + 1
        return which[real], side[real]


def join(several: list[Ragged]) -> Ragged:
    """The arrays of all shapes of several, one after another."""
    coordinates = np.concatenate([np.zeros((0, 2)), *(each.coordinates for each in several)])
    rings = _joined([each.rings for each in several])
    polygons = _joined([each.polygons for each in several])
    shapes = _joined([each.shapes for each in several])
    return Ragged(coordinates, rings, polygons, shapes)


def cut(shape: Any) -> list[Any] | None:
    """The pieces of a valid shape in degrees, as shapely Polygons of at most 64 vertices; None when that fails.

    The pieces' areas add up to the shape's to 1e-12 of it. What is no polygon has no pieces. A piece may have more
    vertices when it is smaller than 1e-7 degree. None is for a shape that is not valid, and for one that GEOS cannot
    halve without moving its vertices: it must be kept whole.
    """
    parts = polygons_of(shape)
    if not shapely.is_valid(parts).all() or not shapely.is_valid(shape):
        return None
    for clip in (shapely.clip_by_rect, _intersection):  # the first is eight times as fast, and may fail
        try:
            cutting = _Cutting(clip)
            pieces = cutting.pieces(parts)
        except shapely.errors.GEOSException:
            continue
        if cutting.is_faithful(parts, pieces):
            return pieces
    return None


def polygons_of(shape: Any) -> list[Any]:
    """The polygons of a shape, without heights; its points and lines are left out."""
    parts = shapely.get_parts(shapely.get_parts(shapely.force_2d(shape)))
    kept = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    return list(parts[kept])


# Cutting


class _Cutting:
    """Halving by one way of clipping, and the lines along which it was halved."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.lines: tuple[list[float], list[float]] = ([], [])  # of longitude, of latitude

    def pieces(self, polygons: list[Any]) -> list[Any]:
        """The pieces of polygons, in the order of the halves."""
        found, left = [], polygons[::-1]
        while left:
            polygon = left.pop()
            halves = self._halves(polygon) if shapely.get_num_coordinates(polygon) > LIMIT else []
            if halves:
                left += [part for half in halves[::-1] for part in polygons_of(half)]
            else:
                found.append(polygon)
        return found

    def _halves(self, polygon: Any) -> list[Any]:
        """Both halves, cut across the longer side; none when it is too small to be cut."""
        west, south, east, north = polygon.bounds
        axis = int(north - south > east - west)
        low, high = ((west, east), (south, north))[axis]
        line = _between(low, high)
        if high - low < SMALLEST or not low < line < high:
            return []
        self.lines[axis].append(line)
        # The boxes are wider than the polygon, so that of their sides only the line meets it.
        first, second = [west - 1, south - 1, east + 1, north + 1], [west - 1, south - 1, east + 1, north + 1]
        first[2 + axis] = second[axis] = line
        return [self.clip(polygon, *box) for box in (first, second)]

    def is_faithful(self, polygons: list[Any], pieces: list[Any]) -> bool:
        """Whether the pieces are the polygons cut along the lines and nothing else.

        Their vertices must be the polygons' own, or on the polygons' outline to 1e-12 degree, or where two lines
        cross; none may be lost; the areas must agree.
        """
        area = shapely.area(polygons).sum()
        if not shapely.is_valid(pieces).all() or abs(shapely.area(pieces).sum() - area) > 1e-12 * area:
            return False
        after = shapely.get_coordinates(pieces)
        # Seen as complex numbers, pairs can be looked up.
        was, now = (pairs.view(np.complex128).ravel() for pairs in (shapely.get_coordinates(polygons), after))
        added = after[~np.isin(now, was)]
        added = added[~(np.isin(added[:, 0], self.lines[0]) & np.isin(added[:, 1], self.lines[1]))]
        outline = shapely.multilinestrings(shapely.get_rings(polygons)) if polygons else shapely.MultiLineString()
        shapely.prepare(outline)
        on_outline = shapely.dwithin(outline, shapely.points(added), ROUNDING)
        return bool(np.isin(was, now).all() and on_outline.all())


def _between(low: float, high: float) -> float:
    """About the middle: halfway between two numbers of 7 decimals, where canonical shapes have no vertices."""
    middle = low + (high - low) / 2
    return float((np.floor(middle * 1e7) + 0.5) / 1e7)


def _intersection(polygon: Any, west: float, south: float, east: float, north: float) -> Any:
    return shapely.intersection(polygon, shapely.box(west, south, east, north))


# Arrays


def spread(owners: Integers, begins: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Each owner beside each of its numbers: `counts` of them, which follow one another from `begins` on."""
    before = np.cumsum(counts) - counts
    return np.repeat(owners, counts), np.arange(counts.sum()) + np.repeat(begins - before, counts)


def _joined(offsets: list[Integers]) -> Integers:
    """Offsets one after another, each beginning where the one before ends."""
    sizes = [np.diff(each) for each in offsets]
    return np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *sizes]))]).astype(np.int64)


def _place(starts: list[list[float]], ends: list[list[float]], x: float, y: float) -> int:
    """Where a point is to the sides that pass its latitude: on how many of them a line eastwards comes."""
    place = OUTSIDE
    for (x0, y0), (x1, y1) in zip(starts, ends, strict=True):
        across, along = x1 - x0, y1 - y0
        turn = across * (y - y0) - along * (x - x0)  # more than 0 when the point is on the left
        if abs(turn) <= HAIR * (abs(across) + abs(along)) and min(x0, x1) - HAIR <= x <= max(x0, x1) + HAIR:
            return NEAR
        if (y0 > y) is not (y1 > y) and (turn > 0) is (along > 0):
            place = INSIDE - place
    return place


def _places(starts: Numbers, ends: Numbers, x: Numbers, y: Numbers, point: Integers) -> NDArray[np.int8]:
    """`_place` for many points at once: `point` says which of them each side is for."""
    (x0, y0), (x1, y1), px, py = starts.T, ends.T, x[point], y[point]
    across, along = x1 - x0, y1 - y0
    turn = across * (py - y0) - along * (px - x0)
    near = np.abs(turn) <= HAIR * (np.abs(across) + np.abs(along))
    near &= (np.minimum(x0, x1) - HAIR <= px) & (px <= np.maximum(x0, x1) + HAIR)
    crossed = ((y0 > py) != (y1 > py)) & ((turn > 0) == (along > 0))
    places = (np.bincount(point[crossed], minlength=len(x)) % 2).astype(np.int8)  # OUTSIDE is 0, INSIDE is 1
    places[point[near]] = NEAR
    return places
