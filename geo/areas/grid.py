"""A grid over areas, for looking up points: what can be said of each cell beforehand, as three arrays.

Most cells lie wholly inside an area or wholly outside all of them, and the cell is the answer. Only through some does
an outline pass: there the cell names the pieces that a point in it may be in, and these are asked.

    point ──▶ cell ──▶ areas it is wholly inside of ──▶ contains
                  └──▶ pieces that reach into it ──▶ on which of their sides

An outline counts as passing through a cell when it comes within two hairs of it, so of a point in any other cell,
rounded as floats are, the answer is the shape's own. Cells are about square on the ground, at the middle latitude.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.areas.pieces import HAIR, Integers, Numbers, Ragged, spread

PER_VERTEX = 2  # cells for each vertex of the shapes
MOST = 1 << 21  # cells
MEMBERS = 1 << 24  # of all cells, about
STEPS = 1 << 24  # from cell to cell along the sides
MARGIN = 2 * HAIR

Pairs = tuple[Integers, Integers]


class Grid(NamedTuple):
    """The cells, row by row from the south-west. Its arrays can be saved, mapped into memory and given to Grid again.

    `frame` is west, south, cells to a degree of longitude and of latitude, columns and rows. Cell c has the members
    from `starts[c]` to before `starts[c + 1]`: the number of a piece, or -1 - the number of a shape that it is
    wholly inside of.
    """

    frame: Numbers
    starts: NDArray[np.int32]
    members: NDArray[np.int32]

    def members_of(self, x: float, y: float) -> list[int]:
        """The members of the cell of one point; none for NaN."""
        west, south, across, up, columns, rows = self.frame.tolist()
        column, row = (x - west) * across, (y - south) * up
        if not (0 <= column < columns and 0 <= row < rows):
            return []
        cell = int(row) * int(columns) + int(column)
        begin, end = self.starts[cell : cell + 2].tolist()
        found: list[int] = self.members[begin:end].tolist()
        return found

    def members_at(self, x: Numbers, y: Numbers) -> Pairs:
        """For points, which of them (by its place, ascending) has which member in its cell. None for NaN."""
        west, south, across, up, columns, rows = self.frame.tolist()
        column, row = (x - west) * across, (y - south) * up
        inside = ((column >= 0) & (column < columns) & (row >= 0) & (row < rows)).nonzero()[0]
        cells = row[inside].astype(np.int64) * int(columns) + column[inside].astype(np.int64)
        begins = self.starts[cells]
        point, places = spread(inside, begins, self.starts[cells + 1] - begins)
        return point, self.members[places].astype(np.int64)


def rule(pieces: Ragged, owners: Integers, shapes: Ragged, is_whole: NDArray[np.bool_]) -> Grid:
    """The grid over shapes and their pieces. `owners` has the shape of each piece; shapes that are whole are asked."""
    polygon, starts, ends = shapes.sides(np.arange(len(shapes.polygons) - 1))
    frame = _frame(pieces.boxes(), PER_VERTEX * len(shapes.coordinates), ends - starts)
    columns, rows = frame[4:].astype(np.int64).tolist()
    if not columns * rows:
        return Grid(frame, np.zeros(1, np.int32), np.zeros(0, np.int32))
    outline = _Outline(starts, ends, np.repeat(np.arange(len(shapes)), np.diff(shapes.shapes))[polygon], frame)
    passed = outline.cells_passed(len(shapes))
    inside = np.setdiff1d(outline.cells_inside(len(shapes)), passed, assume_unique=True)
    cell, shape = np.divmod(inside, len(shapes))
    keep = ~is_whole[shape]
    cells, members = _reaching(pieces, frame, owners, is_whole, passed)
    cells, members = np.concatenate([cell[keep], cells]), np.concatenate([-1 - shape[keep], members])
    order = np.lexsort((members, cells))
    begins = np.concatenate([[0], np.cumsum(np.bincount(cells, minlength=columns * rows))])
    return Grid(frame, begins.astype(np.int32), members[order].astype(np.int32))


def _frame(boxes: Numbers, cells: int, sides: Numbers) -> Numbers:
    """So many cells, or one, over all boxes; fewer where boxes overlap, or sides are long, so that too much is kept."""
    if not len(boxes):
        return np.zeros(6)
    west, south = boxes[:, :2].min(axis=0) - 2 * MARGIN
    east, north = boxes[:, 2:].max(axis=0) + 2 * MARGIN
    narrowing = max(np.cos(np.radians((south + north) / 2)), 0.01)
    wide, high = (east - west) * narrowing, north - south
    covered = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1).sum() * narrowing / (wide * high)  # how often, on average
    length = (np.abs(sides) * (narrowing, 1)).max(axis=1).sum()
    most = min(MOST, MEMBERS / covered, (STEPS / length) ** 2 * wide * high) if length and covered else MOST
    side = np.sqrt(wide * high / np.clip(cells, 1, most))
    columns, rows = np.ceil(wide / side), np.ceil(high / side)
    # Each a whisker less than so many to the extent, so that what lies on its far side is in the last cell.
    across, up = columns / (east - west), rows / (north - south)
    return np.array([west, south, across * (1 - 1e-12), up * (1 - 1e-12), columns, rows])


class _Outline:
    """The sides of all shapes, in cells: one is as wide as it is high, and 1."""

    def __init__(self, starts: Numbers, ends: Numbers, shape: Integers, frame: Numbers) -> None:
        """Sides in degrees, and the shape of each."""
        self.frame, self.columns, self.shape = frame, int(frame[4]), shape
        self.starts, self.ends = ((each - frame[:2]) * frame[2:4] for each in (starts, ends))

    def cells_passed(self, count: int) -> Integers:
        """The cells that outlines pass through, each as cell × count + shape, ascending."""
        hair = MARGIN * self.frame[2:4]
        steps = np.maximum(1, np.ceil(np.abs(self.ends - self.starts).max(axis=1))).astype(np.int64)
        side, step = spread(np.arange(len(steps)), np.zeros_like(steps), steps)
        along = (self.ends - self.starts) / steps[:, None]
        first, last = (
            self.starts[side] + along[side] * step[:, None],
            self.starts[side] + along[side] * (step + 1)[:, None],
        )
        low = np.floor(np.minimum(first, last) - hair).astype(np.int64)
        high = np.floor(np.maximum(first, last) + hair).astype(np.int64)
        found = []
        for right in range(int((high - low).max(initial=0)) + 1):
            for up in range(int((high - low).max(initial=0)) + 1):
                reached = (low[:, 0] + right <= high[:, 0]) & (low[:, 1] + up <= high[:, 1])
                cells = (low[reached, 1] + up) * self.columns + low[reached, 0] + right
                found.append(np.unique(cells * count + self.shape[side[reached]]))
        return np.unique(np.concatenate(found))

    def cells_inside(self, count: int) -> Integers:
        """The cells whose middles are inside of shapes, by how often a line from the west crosses an outline."""
        (_, from_y), (_, to_y) = self.starts.T, self.ends.T
        lowest = np.ceil(np.minimum(from_y, to_y) - 0.5).astype(np.int64)  # rows whose middle the side reaches
        beyond = np.ceil(np.maximum(from_y, to_y) - 0.5).astype(np.int64)
        side, row = spread(np.arange(len(lowest)), lowest, beyond - lowest)
        (x, y), (run, rise) = self.starts[side].T, (self.ends - self.starts)[side].T
        crossing = x + (row + 0.5 - y) * run / rise
        line = row * count + self.shape[side]
        order = np.lexsort((crossing, line))
        into, out_of = order[::2], order[1::2]
        begins, ends = (np.ceil(crossing[each] - 0.5).astype(np.int64) for each in (into, out_of))
        span, column = spread(into, begins, ends - begins)
        return np.sort((row[span] * self.columns + column) * count + self.shape[side[span]])


def _reaching(pieces: Ragged, frame: Numbers, owners: Integers, is_whole: NDArray[np.bool_], passed: Integers) -> Pairs:
    """The pieces that may reach into cells that outlines pass through: cells, pieces."""
    columns, count = int(frame[4]), len(is_whole)
    low, high = np.split(pieces.boxes(), 2, axis=1)
    low = np.floor((low - MARGIN - frame[:2]) * frame[2:4]).astype(np.int64).clip(0)
    high = np.floor((high + MARGIN - frame[:2]) * frame[2:4]).astype(np.int64).clip(max=frame[4:].astype(np.int64) - 1)
    width, height = (high - low + 1).T
    piece, at = spread(np.arange(len(low)), np.zeros_like(width), width * height)
    cells = (low[piece, 1] + at // width[piece]) * columns + low[piece, 0] + at % width[piece]
    owned = cells * count + owners[piece]
    place = np.searchsorted(passed, owned).clip(max=max(len(passed) - 1, 0))
    kept = (passed[place] == owned) | is_whole[owners[piece]]
    return cells[kept], piece[kept]
