"""Distances on the ellipsoid (WGS 84), in metres; and the nearest of many points, exactly, without looking at all.

Two points of the Earth have a chord, straight through it, and a geodesic, along it. The chord is cheap, and it bounds
the geodesic from both sides: it is never the longer one, and as no geodesic of the ellipsoid bends more than a circle
of 6,335 km (b²/a), the geodesic is never longer than that circle's arc over the same chord (Schur). So chords find
the few points that may be nearest, wherever they are, at the poles and across the antimeridian too; and geodesics
decide among these.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

from geo.crs import Numbers

AXIS, FLATTENING = 6_378_137.0, 1 / 298.257223563  # of WGS 84: its equatorial radius in metres
TIGHTEST = AXIS * (1 - FLATTENING) ** 2  # the least radius to which the ellipsoid bends: a meridian at the equator
FARTHEST = 20_003_932.0  # metres: no two points are farther apart
ROUNDING = 1e-6  # metres, thousands of times what rounding does to a chord
BLOCK = 256  # points that are looked at together

Integers = NDArray[np.int64]
Point = tuple[float, float]
Counts = Callable[[Integers], NDArray[np.bool_]]
"""Whether each of some points, by their numbers, is asked for."""


def all_count(numbers: Integers) -> NDArray[np.bool_]:
    """That each is."""
    return np.ones(len(numbers), np.bool_)


class Near(NamedTuple):
    """Points and how far they are, the nearest first: their numbers, and metres."""

    numbers: Integers
    metres: Numbers


@lru_cache(maxsize=1)
def geodesics() -> pyproj.Geod:
    """What measures geodesics."""
    return pyproj.Geod(a=AXIS, f=FLATTENING)


def metres_between(point: Point, longitudes: ArrayLike, latitudes: ArrayLike) -> Numbers:
    """How far points are from one, along geodesics."""
    there = np.asarray(longitudes, np.float64), np.asarray(latitudes, np.float64)
    longitude, latitude = (np.full(len(there[0]), each) for each in point)
    _, _, metres = geodesics().inv(longitude, latitude, *there)
    return np.asarray(metres)


def in_space(longitudes: ArrayLike, latitudes: ArrayLike) -> Numbers:
    """Points as they stand in space (points × 3, metres from the Earth's middle)."""
    longitude, latitude = np.radians(longitudes), np.radians(latitudes)
    flatness = FLATTENING * (2 - FLATTENING)
    normal = AXIS / np.sqrt(1 - flatness * np.sin(latitude) ** 2)
    across = normal * np.cos(latitude)
    up = normal * (1 - flatness) * np.sin(latitude)
    return np.column_stack([across * np.cos(longitude), across * np.sin(longitude), up])


def longest_arc(chord: float) -> float:
    """How long a geodesic may be, at most, between two points so far apart through the Earth; in metres."""
    half = chord / (2 * TIGHTEST)
    return 2 * TIGHTEST * float(np.arcsin(half)) + ROUNDING if half < 1 else FARTHEST


class Cloud:
    """Many points, by where they stand in space: in blocks, each of which has a box around it."""

    def __init__(self, longitudes: Numbers, latitudes: Numbers, order: Integers) -> None:
        """Points in degrees. `order` has all their numbers so that neighbours stand near each other."""
        self._degrees = np.column_stack([longitudes, latitudes])
        self._numbers = order
        self._space = in_space(longitudes[order], latitudes[order])
        begins = np.arange(0, len(order), BLOCK)
        if len(order):
            self._low = np.minimum.reduceat(self._space, begins, axis=0)
            self._high = np.maximum.reduceat(self._space, begins, axis=0)
        else:
            self._low = self._high = np.zeros((0, 3))

    def nearest(self, point: Point, most: int, within: float = FARTHEST, counts: Counts = all_count) -> Near:
        """The points nearest to one, at most so many and within so many metres, that count.

        Those that are equally far come by number.
        """
        here = in_space([point[0]], [point[1]])[0]
        gaps = np.sqrt((np.maximum(np.maximum(self._low - here, here - self._high), 0) ** 2).sum(axis=1))
        order = np.argsort(gaps)
        places, chords = np.zeros(0, np.int64), np.zeros(0)
        bound, begin, step = within + ROUNDING, 0, 1
        while begin < len(order) and gaps[order[begin]] <= bound:
            more, farther = self._within(here, order[begin : begin + step], bound, counts)
            places, chords = np.concatenate([places, more]), np.concatenate([chords, farther])
            if len(chords) >= most:
                bound = min(bound, longest_arc(float(np.partition(chords, most - 1)[most - 1])))
            begin, step = begin + step, 2 * step
        return self._decided(point, self._numbers[places[chords <= bound]], most, within)

    def _within(self, here: Numbers, blocks: Integers, bound: float, counts: Counts) -> tuple[Integers, Numbers]:
        """The places of those points of some blocks that count and whose chord is within a bound; and their chords."""
        places = (blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        places = places[places < len(self._numbers)]
        chords = np.sqrt(((self._space[places] - here) ** 2).sum(axis=1))
        kept = chords <= bound
        places, chords = places[kept], chords[kept]
        counted = counts(self._numbers[places])
        return places[counted], chords[counted]

    def _decided(self, point: Point, numbers: Integers, most: int, within: float) -> Near:
        """The nearest of a few, by geodesics."""
        metres = metres_between(point, *self._degrees[numbers].T)
        order = np.lexsort((numbers, metres))
        order = order[metres[order] <= within][:most]
        return Near(numbers[order], metres[order])
