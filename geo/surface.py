"""How much of the Earth's surface a shape takes: square metres on the ellipsoid of WGS 84.

Lines are straight in degrees, as everywhere here. The strip between the equator and a line is a sum over the line of
q(latitude) × longitude, where q is exact for the ellipsoid (Snyder, Map Projections: A Working Manual, 3-12), as in
an equal-area projection; so parts of a shape add up to the shape, wherever it is cut. Along each side q is taken at
three Gauss points, which is right to 1e-12 of a side of a degree, and to 1e-6 of one of thirty degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely  # type: ignore[import-untyped]
from numpy.typing import NDArray

EQUATOR = 6378137.0  # metres: the semi-major axis
FLATTENING = 1 / 298.257223563

Numbers = NDArray[np.float64]

_E2 = FLATTENING * (2 - FLATTENING)
_E = np.sqrt(_E2)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)


def square_metres(shapes: Sequence[Any] | NDArray[Any]) -> Numbers:
    """The area of each of some valid shapes in degrees; of points and lines, 0."""
    parts, owners = shapely.get_parts(np.asarray(shapes, object), return_index=True)
    is_polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, polygons = shapely.get_rings(parts[is_polygon], return_index=True)
    within = np.abs(_of_rings(rings))
    outlines = np.concatenate([[True], polygons[1:] != polygons[:-1]])[: len(rings)]  # a polygon's first; then holes
    found = np.zeros(len(shapes))
    np.add.at(found, owners[is_polygon][polygons], np.where(outlines, within, -within))
    return found


def _of_rings(rings: NDArray[Any]) -> Numbers:
    """The area within each ring, which may be negative."""
    degrees, ring = shapely.get_coordinates(rings, return_index=True)
    east, latitudes = np.radians(np.diff(degrees[:, 0])), np.radians(degrees[:, 1])
    middles, halves = (latitudes[1:] + latitudes[:-1]) / 2, np.diff(latitudes) / 2
    heights = _q(middles + np.outer(_NODES, halves))
    strips = EQUATOR**2 / 2 * east * (_WEIGHTS / 2 @ heights)
    sides = np.where(ring[1:] == ring[:-1], strips, 0)  # from one ring to the next there is no side
    found = np.zeros(len(rings))
    np.add.at(found, ring[1:], sides)
    return found


def _q(latitudes: Numbers) -> Numbers:
    sines = np.sin(latitudes)
    found: Numbers = (1 - _E2) * (sines / (1 - _E2 * sines**2) + np.arctanh(_E * sines) / _E)
    return found
