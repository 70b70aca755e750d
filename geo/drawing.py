"""Shapes made light enough to draw: no more vertices than a budget, no more decimals than can be seen.

What comes out is a picture, to look at. Which area a point lies in is told by the shapes themselves.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely  # type: ignore[import-untyped]

FINENESS = (4000, 2000, 1000, 500, 250, 125)  # parts of its longer side that a shape may be off by, the finest first
MOST_DECIMALS = 7

Bounds = tuple[float, float, float, float]


def light(shape: Any, budget: int) -> Any:
    """The shape with at most about `budget` vertices, its outline off by as little as that allows.

    Parts too small to be seen at that size are left out, but never the largest. A shape that has more than the budget
    allows even at its coarsest keeps what it has there. What comes out need not be valid: its decimals are cut.
    """
    west, south, east, north = shape.bounds
    made = shape
    for parts in FINENESS:
        tolerance = max(east - west, north - south) / parts
        made = _rounded(_seen(shapely.simplify(shape, tolerance), tolerance), tolerance)
        if shapely.get_num_coordinates(made) <= budget:
            break
    return made


def beside(shape: Any, longitude: float) -> Any:
    """The shape with its parts brought, by whole turns, to the side of the antimeridian where a longitude is.

    So what is cut there is drawn in one piece; longitudes may then be beyond 180.
    """
    parts = shapely.get_parts(shape)
    middles = shapely.bounds(parts)[:, [0, 2]].mean(axis=1)
    turns = 360 * np.round((longitude - middles) / 360)
    if not turns.any():
        return shape
    return shapely.union_all([_moved(part, turn) for part, turn in zip(parts, turns, strict=True)])


def reach(shape: Any) -> Bounds:
    """West, south, east and north of a shape; west is more than east when it reaches across the antimeridian."""
    west, south, east, north = beside(shape, middle(shape)).bounds
    return _brought_back(west), south, _brought_back(east), north


def middle(shape: Any) -> float:
    """A longitude in the middle of the shape's largest part."""
    parts = shapely.get_parts(shape)
    west, _, east, _ = shapely.bounds(parts[np.argmax(_extents(parts))])
    return float(west + east) / 2


def geojson(shape: Any) -> dict[str, Any]:
    """The shape as a GeoJSON geometry."""
    made: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return made


def _brought_back(longitude: float) -> float:
    """A longitude between -180 and 180."""
    return longitude if abs(longitude) <= 180 else longitude - 360 * round(longitude / 360)


def _seen(shape: Any, tolerance: float) -> Any:
    """The shape without its parts that are smaller than the tolerance."""
    parts = shapely.get_parts(shape)
    extents = _extents(parts)
    kept = (extents >= tolerance) | (extents == extents.max())
    return shape if kept.all() else type(shape)(list(parts[kept]))


def _extents(parts: Any) -> Any:
    west, south, east, north = shapely.bounds(parts).T
    return np.maximum(east - west, north - south)


def _rounded(shape: Any, tolerance: float) -> Any:
    decimals = min(MOST_DECIMALS, max(0, 1 - int(np.floor(np.log10(tolerance))))) if tolerance else MOST_DECIMALS
    return shapely.transform(shape, lambda vertices: np.round(vertices, decimals))


def _moved(part: Any, turn: float) -> Any:
    return shapely.transform(part, lambda vertices: vertices + np.array([turn, 0]))
