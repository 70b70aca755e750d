"""Boxes by where they are: a packed Hilbert R-tree, as three arrays that processes can share.

Boxes are put in the order of a Hilbert curve through their middles, so that neighbours stand together, and taken
sixteen at a time; each sixteen has one box around it, and so on upwards, until the few that are left are looked at
all at once. Nothing is ever added: another set of boxes is another tree.

A box is kept as west, south, -east, -north, because then "west <= x, south <= y, east >= x, north >= y" is one
comparison of four numbers with four.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from registers.errors import Invalid

WIDTH = 16  # boxes to a node
TOP = 16  # nodes, at most, where a search begins
BITS = 16  # of each coordinate along the curve

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

_NOTHING = np.inf  # fills up a last node: no number is at least that much


class Tree(NamedTuple):
    """A packed tree. Its arrays can be saved, mapped into memory and given to Tree again.

    `nodes` (nodes × 4 × 16) has the boxes level by level, those that were given first; `levels` says at which node
    each level begins, and where the last one ends; `numbers` are the boxes' own, in the order of the curve.
    """

    nodes: Numbers
    levels: Integers
    numbers: Integers

    def at(self, x: float, y: float) -> list[int]:
        """The numbers, ascending, of the boxes that contain a point; a side is part of its box. None for NaN."""
        found: list[int] = self.overlapping(x, y, x, y).tolist()
        return found

    def within(self, west: float, south: float, east: float, north: float) -> list[int]:
        """The numbers, ascending, of the boxes that have a point in common with a box, sides included."""
        found: list[int] = self.overlapping(west, south, east, north).tolist()
        return found

    def overlapping(self, west: float, south: float, east: float, north: float) -> Integers:
        """What `within` says, as an array."""
        asked = np.array(((east,), (north,), (-west,), (-south,)))
        levels = self.levels.tolist()
        found = np.arange(levels[-1] - levels[-2]) if len(levels) > 1 else np.arange(0)
        for begin in levels[-2::-1]:
            matching = (self.nodes.take(found + begin, axis=0) <= asked).all(axis=1)
            places = matching.ravel().nonzero()[0]
            found = found[places // WIDTH] * WIDTH + places % WIDTH
        return np.sort(self.numbers[found])


def pack(boxes: ArrayLike) -> Tree:
    """The tree over boxes (n × 4: west, south, east, north), each known by its place in the array, from 0.

    Raises Invalid for a box with a side that is not a finite number.
    """
    given = np.asarray(boxes, np.float64).reshape(-1, 4)
    if not np.isfinite(given).all():
        raise Invalid("a box has a side that is not a finite number")
    numbers = np.argsort(_along_curve(given), kind="stable").astype(np.int64)
    west, south, east, north = given[numbers].T
    level = _nodes(np.column_stack([west, south, -east, -north]))
    levels = [level]
    while len(level) > TOP:
        level = _nodes(level.min(axis=2))
        levels.append(level)
    starts = np.cumsum([0, *map(len, levels)], dtype=np.int64)
    return Tree(np.concatenate(levels), starts, numbers)


def hilbert(columns: Integers, rows: Integers) -> Integers:
    """How far along the Hilbert curve each cell of a square grid is, of 65,536 columns and as many rows."""
    x, y, along = columns.copy(), rows.copy(), np.zeros_like(columns)
    for bit in range(BITS - 1, -1, -1):
        side = 1 << bit
        right, upper = (x & side) > 0, (y & side) > 0
        along += side * side * ((3 * right) ^ upper)
        turned = right & ~upper  # the quarter that is passed backwards
        x, y = np.where(turned, ~x, x) & (side - 1), np.where(turned, ~y, y) & (side - 1)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
    return along


def _along_curve(boxes: Numbers) -> Integers:
    if not len(boxes):
        return np.zeros(0, np.int64)
    middles = boxes[:, :2] / 2 + boxes[:, 2:] / 2
    low = middles.min(axis=0)
    extent = np.ptp(middles, axis=0)
    cells = ((middles - low) / np.where(extent > 0, extent, 1) * ((1 << BITS) - 1)).astype(np.int64)
    return hilbert(cells[:, 0], cells[:, 1])


def _nodes(boxes: Numbers) -> Numbers:
    """The boxes (n × 4) by sixteens (nodes × 4 × 16), the last node filled up with boxes that contain nothing."""
    missing = -len(boxes) % WIDTH
    filled = np.pad(boxes, ((0, missing), (0, 0)), constant_values=_NOTHING)
    return np.ascontiguousarray(filled.reshape(-1, WIDTH, 4).transpose(0, 2, 1))
