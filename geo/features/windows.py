"""Boxes on the map, as they are asked for, and which positions have a point in common with one.

A box is given in degrees or in metres of the National Grid. One in degrees whose west is east of its east goes across
the antimeridian, and is two boxes. A point is in a box when its coordinates are between the sides, a side included; a
shape when it has a point in common with the box, whose sides in metres are not straight in degrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely  # type: ignore[import-untyped]

from geo import crs
from geo.features.positions import Numbers, Positions
from registers.entry import shortened
from registers.errors import Invalid

Sides = tuple[float, float, float, float]
STEPS = 256  # of each side of a box in metres: between two of them it is taken for straight in degrees
GRID: Sides = (0, 0, 700_000, 1_250_000)  # OSTN15's area, metres
# The part of it from which OSTN15 leads back to degrees.
_LOWEST, _HIGHEST = (150, 0), (699_900, 1_249_800)
WIDER = 0.01  # degrees, which are more than what is beyond the inner part
NO_ROOM: Sides = (np.inf, np.inf, -np.inf, -np.inf)


@dataclass(frozen=True, slots=True)
class Window:
    """A box: its parts in degrees (west, south, east, north), or the one it is in metres."""

    degrees: tuple[Sides, ...] = ()
    metres: Sides | None = None

    def select(self, positions: Positions, size: int) -> Numbers:
        """The numbers of the versions that are the record at a size and in the window, ascending."""
        if self.metres is not None:
            return _in_metres(positions, size, self.metres)
        found = [_in_degrees(positions, size, part) for part in self.degrees]
        return found[0] if len(found) == 1 else np.unique(np.concatenate(found))


def corners_of(text: str) -> list[float]:
    """The corners of a box, lower and upper, as a parameter `bbox` has them: four numbers, or six with heights.

    Heights count for nothing. Raises Invalid.
    """
    numbers = [_number(part) for part in text.split(",")]
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4:
        raise Invalid(f"bbox: is four numbers, or six with heights, not {len(numbers)}")
    return numbers


def _number(text: str) -> float:
    try:
        number = float(text) if "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Invalid(f"bbox: {shortened(text)} is not a number")
    return number


def window_in_degrees(west: float, south: float, east: float, north: float) -> Window:
    """A window in degrees. Raises Invalid for sides that are no longitudes and latitudes, or upside down."""
    if not (-90 <= south <= 90 and -90 <= north <= 90):
        swapped = max(map(abs, (west, east))) <= 90 and max(map(abs, (south, north))) <= 180
        order = ": are they the wrong way round?" if swapped else ""
        raise Invalid(f"the latitudes {south:.10g} and {north:.10g} are not both from -90 to 90{order}")
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise Invalid(
            f"the longitudes {west:.10g} and {east:.10g} are not both from -180 to 180: degrees are asked for"
        )
    if south > north:
        raise Invalid(f"the lower side, {south:.10g}, is above the upper one, {north:.10g}")
    if west > east:
        return Window(((west, south, 180.0, north), (-180.0, south, east, north)))
    return Window(((west, south, east, north),))


def window_in_metres(west: float, south: float, east: float, north: float) -> Window:
    """A window of the National Grid; what is beyond its area is cut off. Raises Invalid for sides turned round."""
    if west > east or south > north:
        raise Invalid("the first corner is not left of and below the second one")
    sides = (max(west, GRID[0]), max(south, GRID[1]), min(east, GRID[2]), min(north, GRID[3]))
    return Window(metres=sides if sides[0] <= sides[2] and sides[1] <= sides[3] else NO_ROOM)


def rectangle(west: float, south: float, east: float, north: float) -> Any:
    """A box as a shape, which is a line or a point where it has no inside."""
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    return (
        shapely.Point(west, south)
        if (west, south) == (east, north)
        else shapely.LineString([(west, south), (east, north)])
    )


def intersecting(positions: Positions, size: int, shape: Any) -> Numbers:
    """The numbers of the versions that are the record at a size and have a point in common with a shape in degrees."""
    if shape.is_empty:
        return np.empty(0, np.int64)
    found = _overlapping(positions, size, shape.bounds)
    shapely.prepare(shape)
    numbers: Numbers = found[shapely.intersects(shape, positions.shapes(found))]
    return numbers


def _overlapping(positions: Positions, size: int, sides: Sides) -> Numbers:
    """Those whose box has a point in common with a box."""
    found = positions.tree.overlapping(*sides)
    numbers: Numbers = found[positions.mask(size)[found]]
    return numbers


def _in_degrees(positions: Positions, size: int, sides: Sides) -> Numbers:
    extent = positions.extent(size)
    if extent is None or _is_within(np.array(extent.box), sides):
        return positions.numbers(size)
    found = _overlapping(positions, size, sides)
    # What is wholly inside is in it; so is a point whose box, which is itself, has a point in common with it.
    unsure = found[~(positions.is_point[found] | _is_within(positions.boxes[found].T, sides))]
    if not len(unsure):
        return found
    window = rectangle(*sides)
    shapely.prepare(window)
    outside = unsure[~shapely.intersects(window, positions.shapes(unsure))]
    return np.setdiff1d(found, outside, assume_unique=True)


def _is_within(boxes: Any, sides: Sides) -> Any:
    west, south, east, north = boxes
    return (west >= sides[0]) & (south >= sides[1]) & (east <= sides[2]) & (north <= sides[3])


def _in_metres(positions: Positions, size: int, sides: Sides) -> Numbers:
    if sides == NO_ROOM:
        return np.empty(0, np.int64)
    outline = _outline(sides)
    found = _overlapping(positions, size, _widened(outline.bounds))
    points = positions.is_point[found]
    east, north = crs.grid_from_lon_lat(*positions.boxes[found[points], :2].T)
    is_in = np.zeros(len(found), np.bool_)
    is_in[points] = (east >= sides[0]) & (north >= sides[1]) & (east <= sides[2]) & (north <= sides[3])
    shapely.prepare(outline)
    is_in[~points] = shapely.intersects(outline, positions.shapes(found[~points]))
    return found[is_in]


def _outline(sides: Sides) -> Any:
    """A box of the National Grid as a shape in degrees, as far as OSTN15 leads back."""
    west, south, east, north = np.clip(sides, _LOWEST * 2, _HIGHEST * 2)
    corners = np.array([(west, south), (east, south), (east, north), (west, north), (west, south)])
    along = np.linspace(0, len(corners) - 1, STEPS * (len(corners) - 1) + 1)
    easts, norths = (np.interp(along, range(len(corners)), ordinates) for ordinates in corners.T)
    ring = np.column_stack(crs.lon_lat_from_grid(easts, norths))
    return shapely.polygons(ring) if west < east and south < north else shapely.linestrings(ring)


def _widened(sides: Sides) -> Sides:
    """A box some hundred metres wider: what is asked of it is looked at again."""
    west, south, east, north = sides
    return west - WIDER, south - WIDER, east + WIDER, north + WIDER
