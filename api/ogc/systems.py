"""Coordinate reference systems by their URI, as OGC API - Features part 2 names them, and coordinates in them.

CRS84 is longitude, latitude; EPSG:4326 is latitude, longitude; EPSG:27700 is easting, northing, through OSTN15.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely  # type: ignore[import-untyped]
from numpy.typing import NDArray

from geo import crs
from geo.features.windows import Window, window_in_degrees, window_in_metres
from registers.entry import shortened
from registers.errors import Invalid

Points = NDArray[np.float64]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
EPSG27700 = "http://www.opengis.net/def/crs/EPSG/0/27700"
MILLIMETRES = 3  # decimals of metres


@dataclass(frozen=True, slots=True)
class System:
    """A system: how points (n × 2) come into it from longitude and latitude, and go back; NaN where they cannot."""

    uri: str
    from_degrees: Callable[[Points], Points]
    to_degrees: Callable[[Points], Points]
    window: Callable[[float, float, float, float], Window]


def _turned(points: Points) -> Points:
    return points[:, ::-1]


def _same(points: Points) -> Points:
    return points


def _to_grid(points: Points) -> Points:
    return np.column_stack(crs.grid_from_lon_lat(*points.T)).round(MILLIMETRES)


def _from_grid(points: Points) -> Points:
    return np.column_stack(crs.lon_lat_from_grid(*points.T))


def _window_of_turned(south: float, west: float, north: float, east: float) -> Window:
    return window_in_degrees(west, south, east, north)


SYSTEMS = {
    each.uri: each
    for each in (
        System(CRS84, _same, _same, window_in_degrees),
        System(EPSG4326, _turned, _turned, _window_of_turned),
        System(EPSG27700, _to_grid, _from_grid, window_in_metres),
    )
}


def system(uri: str, parameter: str) -> System:
    """The system of that URI. Raises Invalid, naming the parameter, for one that is not known here."""
    found = SYSTEMS.get(uri)
    if found is None:
        raise Invalid(
            f"{parameter}: {shortened(uri)} is not a system that is known here, which are {', '.join(SYSTEMS)}"
        )
    return found


def geometries(shapes: NDArray[Any], to: System) -> list[bytes]:
    """GeoJSON of shapes in degrees, in a system; `null` for one that the system does not reach."""
    if not len(shapes):
        return []
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    moved = to.from_degrees(coordinates)
    beyond = np.unique(owners[~np.isfinite(moved).all(axis=1)])
    made = shapely.set_coordinates(shapes.copy(), np.nan_to_num(moved))
    texts: Sequence[str] = shapely.to_geojson(made).tolist()
    lost = set(beyond.tolist())
    return [b"null" if number in lost else text.encode() for number, text in enumerate(texts)]


def in_degrees(shape: Any, given: System) -> Any:
    """A shape that is written in a system, in longitude and latitude. Raises Invalid where it cannot be."""
    made = shapely.transform(shape, given.to_degrees)
    coordinates = shapely.get_coordinates(made)
    if not (np.isfinite(coordinates).all() and (np.abs(coordinates) <= (180, 90)).all()):
        raise Invalid("filter: a shape has coordinates that are beyond what its system has: is it in filter-crs?")
    return made
