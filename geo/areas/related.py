"""The areas of a register that one record's area has ground or boundary in common with; and who has its ground on
another day.

Both registers are read at a state that their indexes have reached, and the answer names both. What shapes are to one
another is remembered in files, so it is worked out once for each pair of them.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from geo.areas import remembering
from geo.areas.following import Areas, Standing, find_areas
from geo.areas.index import Version
from geo.areas.relations import TOUCHES, Related, Rows, related, rows_of, sound_shape
from registers.entry import shortened
from registers.errors import Invalid, NotFound
from registers.snapshot import Snapshot
from registers.store.engine import Transaction

SUCCESSORS, PREDECESSORS, CONTEMPORARIES = "successors", "predecessors", "contemporaries"


class Area(NamedTuple):
    """The area of a record, at a state of its register."""

    standing: Standing
    version: Version
    shape: int  # its number in the index

    @property
    def taken(self) -> Snapshot:
        """The register's state."""
        return self.standing.taken

    def lives(self, day: date) -> bool:
        """Whether it is there on a day."""
        return self._is_begun(day) and not self._has_ended(day)

    def day_of_life(self, today: date, asked: date | None) -> date:
        """The day it is looked at: that asked for, else today, or the day of its life that is next to it.

        Raises NotFound for a day on which it is not there.
        """
        if asked is None:
            bound = self.version.last if self._is_begun(today) else self.version.first
            return today if self.lives(today) or bound is None else date.fromordinal(bound)
        if not self.lives(asked):
            raise NotFound(f"the area {shortened(self.version.key)} was not there on {asked}: {self._life()}")
        return asked

    def role(self, day: date) -> str:
        """What those are to it that have its ground on a day."""
        if not self._is_begun(day):
            return PREDECESSORS
        return SUCCESSORS if self._has_ended(day) else CONTEMPORARIES

    def _is_begun(self, day: date) -> bool:
        return self.version.first is None or self.version.first <= day.toordinal()

    def _has_ended(self, day: date) -> bool:
        return self.version.last is not None and self.version.last < day.toordinal()

    def _life(self) -> str:
        began, ended = (date.fromordinal(day) if day else None for day in (self.version.first, self.version.last))
        if began and ended:
            return f"it began on {began} and ended on {ended}"
        return f"it began on {began}" if began else f"it ended on {ended}"


def area_of(tx: Transaction, areas: Areas, name: str, key: str, at: str | None) -> Area:
    """The area of a record, at a state of its register.

    Raises NotFound, Invalid for a record without a shape, and what `find_areas` and `Areas.at` do.
    """
    standing = areas.at(tx, find_areas(tx, name), at)
    found = standing.index.version_of(key, standing.taken.size) if standing.index else None
    if not standing.index or found is None:
        standing.taken.record(key)  # or there is no such record
        raise Invalid(f"the record {shortened(key)} of {name} has no shape")
    if not standing.index.covers_ground(found[1]):
        raise Invalid(f"the shape of the record {shortened(key)} of {name} is no area: it has only points or lines")
    return Area(standing, *found)


def areas_related(this: Area, to: Standing, day: date | None) -> list[Related]:
    """The areas of a register that stand on a day and have something in common with this one, beside itself.

    The same area as another state of the register has it is another. That with the largest share of this area comes
    first; then it goes by key.
    """
    own = [this.version.entry] if to.taken.register.id == this.taken.register.id else []
    return _related(this, to, day, own)


def heirs(this: Area, to: Standing, day: date) -> list[Related]:
    """The areas of the same register, at this or another state, that have ground of this one on a day.

    They are its successors when it has ended by then, its predecessors before it begins; while it is there, it is
    one of them.
    """
    return [each for each in _related(this, to, day, []) if each.relation != TOUCHES]


def _related(this: Area, to: Standing, day: date | None, apart_from: list[int]) -> list[Related]:
    if to.index is None or to.folder is None:
        return []
    ordinal = day.toordinal() if day else None
    return related(to.index, _rows(this, to), to.taken.size, ordinal, apart_from)


def _rows(this: Area, to: Standing) -> Rows:
    """How the area lies to all shapes of an index that may meet it, as it is remembered or worked out."""
    assert this.standing.index and to.index and to.folder
    digest, numbering = this.version.digest, to.index.numbering
    known = remembering.read(to.folder, numbering, digest)
    if known is not None:
        return known
    rows = rows_of(sound_shape(this.standing.index, this.shape), to.index)
    remembering.write(to.folder, numbering, digest, rows)
    return rows
