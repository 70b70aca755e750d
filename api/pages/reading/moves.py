"""What a change does to where a record is: its point before and after, and how far that is; its shape, and how large.

It is told in words and numbers, which are whole by themselves; `move_maps` draws the same for who can see it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import shapely  # type: ignore[import-untyped]

from api.pages.reading import where
from api.pages.reading.where import Area, Where
from geo import places
from geo.areas.following import geometry_field
from geo.earth import metres_between
from geo.surface import square_metres
from registers import snapshot
from registers.definition import Definition
from registers.entry import Item
from registers.snapshot import Snapshot
from registers.store.engine import Transaction

MOST_COMPARED = 50_000  # vertices of two shapes that are held against each other
Look = Callable[[Item], Where]
"""Where an item says it is."""


@dataclass(frozen=True)
class Move:
    """Where a record is before a change and after it. At least one of its point and its shape differs."""

    before: Where
    after: Where

    @property
    def has_points(self) -> bool:
        """Whether its point is among what differs."""
        return self.before.point is not None or self.after.point is not None

    @property
    def has_shapes(self) -> bool:
        """Whether its shape is among what differs."""
        return self.before.shape is not None or self.after.shape is not None

    @property
    def metres(self) -> float | None:
        """How far the point moves, along the Earth; None unless there is one before and after."""
        if self.before.point is None or self.after.point is None:
            return None
        (longitude, latitude) = self.after.point
        return float(metres_between(self.before.point, [longitude], [latitude])[0])

    @cached_property
    def surfaces(self) -> tuple[float | None, float | None]:
        """How much ground the shape takes before and after, in square metres; None where there is no shape."""
        before, after = (_surface(each) for each in (self.before, self.after))
        return before, after

    @property
    def grown(self) -> float | None:
        """By how many square metres the shape grows; less than 0 when it shrinks, None unless it is there twice."""
        before, after = self.surfaces
        return None if before is None or after is None else after - before

    @cached_property
    def shared(self) -> float | None:
        """How many square metres are in both shapes; None unless there are two that can be held together quickly."""
        shapes = self.before.shape, self.after.shape
        if None in self.surfaces or int(shapely.get_num_coordinates(shapes).sum()) > MOST_COMPARED:
            return None
        return float(square_metres([shapely.intersection(*shapes)])[0])

    @property
    def areas(self) -> tuple[Sequence[Area], Sequence[Area]]:
        """The areas that contain the point before and after, as they are now."""
        before, after = ([area for each in side.asked for area in each.areas] for side in (self.before, self.after))
        return before, after

    @property
    def is_drawn(self) -> bool:
        """Whether there is more to draw than one point without surroundings."""
        return self.metres is not None or self.before.is_drawn or self.after.is_drawn


def _surface(side: Where) -> float | None:
    if side.shape is None or not shapely.is_valid(side.shape):
        return None
    return float(square_metres([side.shape])[0])


def find(look: Look, before: Item, after: Item) -> Move | None:
    """What becomes of where a record is; None when nothing does. The items need hold no field that stays."""
    move = Move(look(before), look(after))
    if not (move.before.is_anywhere or move.after.is_anywhere):
        return None
    same_point = move.before.point == move.after.point
    return None if same_point and shapely.equals_exact(*_shapes(move)) else move


def _shapes(move: Move) -> tuple[object, object]:
    nothing = shapely.Point()
    before, after = (nothing if side.shape is None else side.shape for side in (move.before, move.after))
    return before, after


def plainly(definition: Definition, tx: Transaction) -> Look:
    """Looks at points and shapes alone, and not at which areas contain them."""
    day = snapshot.day_of(tx)

    def look(item: Item) -> Where:
        return Where(places.point_of(definition, item), where.shape_of(definition, item), day, None, [], [], [], "")

    return look


def among_areas(definition: Definition, taken: Snapshot) -> Look:
    """Looks at the areas that contain points as well, as these are now."""
    return lambda item: where.look(taken, definition, item, None)


def is_placed(definition: Definition) -> bool:
    """Whether records of the register can be somewhere."""
    return geometry_field(definition) is not None or any(each.datatype == "point" for each in definition.fields)
