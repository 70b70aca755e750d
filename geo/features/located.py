"""Records of one register by where they are: nearest to a point, within so many metres, within an area, within a box.

The records are those with a position that are true on a day, at a state. What is asked of them goes together: the
nearest within an area, say. With a point they come nearest first, else in the order of their entries.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.areas.borders import FARTHER, FIRST, boxes_around, metres_to_shape
from geo.areas.index import Version
from geo.earth import FARTHEST, Counts, Integers, Point
from geo.features.positions import ALWAYS, NEVER, Positions
from geo.features.windows import Window, intersecting

Found = tuple[int, float | None]
"""A version's number, and how many metres it is away, where that was asked."""


class Sought(NamedTuple):
    """What is asked: a point and how far from it, a box, an area's shape in degrees; at a size, on a day."""

    size: int
    day: int  # a proleptic ordinal
    point: Point | None = None
    within: float | None = None  # metres
    window: Window | None = None
    shape: Any = None


class Located(NamedTuple):
    """A record that was found, as the version of it that counts; how far it is, when a point was asked about."""

    version: Version
    point: Point | None  # of a record that is a point
    metres: float | None


def find(positions: Positions, sought: Sought, after: int, most: int) -> tuple[list[Located], bool]:
    """The records found, but for the first `after`, at most so many; and whether there are more."""
    if sought.point is None:
        numbers = _chosen(positions, sought)
        found: list[Found] = [(number, None) for number in numbers[after : after + most + 1].tolist()]
    else:
        found = _near(positions, sought, after + most + 1)[after:]
    listed = [_located(positions, number, metres) for number, metres in found[:most]]
    return listed, len(found) > most


def _chosen(positions: Positions, sought: Sought) -> Integers:
    """The numbers of the versions that count and are in the box and in the area, ascending."""
    chosen = positions.numbers(sought.size)
    if sought.window is not None:
        chosen = np.intersect1d(chosen, sought.window.select(positions, sought.size), assume_unique=True)
    if sought.shape is not None:
        chosen = np.intersect1d(chosen, intersecting(positions, sought.size, sought.shape), assume_unique=True)
    first, last = positions.spans[chosen, 2:].T
    alive: Integers = chosen[(first <= sought.day) & (last >= sought.day)]
    return alive


def _near(positions: Positions, sought: Sought, most: int) -> list[Found]:
    """The nearest to the point, with how far they are."""
    assert sought.point is not None
    within = sought.within or FARTHEST
    counts = _counting(positions, sought)
    if not positions.is_point.all():
        return _near_shapes(positions, sought.point, within, most, counts)
    found = positions.cloud.nearest(sought.point, most, within, counts)
    return list(zip(found.numbers.tolist(), found.metres.tolist(), strict=True))


def _near_shapes(positions: Positions, point: Point, within: float, most: int, counts: Counts) -> list[Found]:
    """The same where records are shapes: looked for in circles that grow until there are enough."""
    radius = min(FIRST, within)
    while True:
        boxes = [positions.tree.overlapping(*box) for box in boxes_around(point, radius)]
        near = np.unique(np.concatenate(boxes))
        near = near[counts(near)]
        metres = np.array([metres_to_shape(point, shape, radius) for shape in positions.shapes(near)])
        order = np.lexsort((near, metres))
        order = order[metres[order] <= radius]
        if len(order) >= most or radius >= within:
            return list(zip(near[order[:most]].tolist(), metres[order[:most]].tolist(), strict=True))
        radius = min(radius * FARTHER, within)


def _counting(positions: Positions, sought: Sought) -> Counts:
    """What says whether versions are asked for."""
    if sought.window is not None or sought.shape is not None:
        is_chosen = np.zeros(len(positions), np.bool_)
        is_chosen[_chosen(positions, sought)] = True
        return is_chosen.__getitem__

    def counts(numbers: Integers) -> NDArray[np.bool_]:
        entry, until, first, last = positions.spans[numbers].T
        is_there, is_alive = (
            (entry <= sought.size) & (until > sought.size),
            (first <= sought.day) & (last >= sought.day),
        )
        found: NDArray[np.bool_] = is_there & is_alive
        return found

    return counts


def _located(positions: Positions, number: int, metres: float | None) -> Located:
    entry, until, first, last = positions.spans[number].tolist()
    until, first, last = (None if bound in (NEVER, ALWAYS) else bound for bound in (until, first, last))
    version = Version(positions.key(number), positions.name(number), entry, until, first, last, b"")
    west, south = positions.boxes[number, :2].tolist()
    return Located(version, (west, south) if positions.is_point[number] else None, metres)
