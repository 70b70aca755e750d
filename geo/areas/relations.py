"""How areas lie to one another: which of a register's areas one area covers, overlaps or touches, and by how much.

The relation is that of DE-9IM, of whole shapes: the pieces of the index only say which shapes may meet at all. For
a piece of an area may touch what the area itself covers. It is exact, as the vertices have it: where two boundaries
of one border were drawn in two years, they differ by a hair, and neither shape covers the other. So each pair has its
shares too, the ground in common as a part of the one and of the other, and these say how much a hair is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely  # type: ignore[import-untyped]
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

from geo.areas.index import Index, Version
from geo.areas.pieces import polygons_of
from geo.surface import square_metres

EQUALS, COVERS, COVERED_BY, OVERLAPS, TOUCHES = "equals", "covers", "covered-by", "overlaps", "touches"
RELATIONS = (EQUALS, COVERS, COVERED_BY, OVERLAPS, TOUCHES)
DISJOINT = len(RELATIONS)  # its number; the others have that of their place
AT_ONCE = 1000  # shapes that are in memory together

# One row for each other shape: its number in its index, the number of the relation, the shares of either area.
ROW = np.dtype([("shape", "<i8"), ("relation", "<i8"), ("of_this", "<f8"), ("of_that", "<f8")])
Rows = NDArray[Any]


class Related(NamedTuple):
    """An area that has ground or boundary in common with this one."""

    version: Version
    relation: str  # of RELATIONS: this one "covers" that one
    share_of_this: float  # of this area's ground, what is that one's too, from 0 to 1
    share_of_that: float

    def is_sliver(self, least: float) -> bool:
        """Whether what is in common is a smaller share than that of either; a touch is none of anything."""
        return self.relation != TOUCHES and max(self.share_of_this, self.share_of_that) < least


def sound_shape(index: Index, number: int) -> BaseGeometry:
    """A whole shape of an index. One that is not valid has no ground of its own, so it is taken as it is repaired."""
    kept = index.shape(number)
    whole = kept.whole.shape(0)
    if kept.is_whole and not shapely.is_valid(whole):
        return shapely.MultiPolygon(polygons_of(shapely.make_valid(whole)))
    return whole


def rows_of(this: BaseGeometry, index: Index) -> Rows:
    """How a valid shape lies to those of an index that it has a point in common with, by number."""
    found = [np.zeros(0, ROW)]
    numbers = index.near(this)
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        rows = relate(this, [sound_shape(index, number) for number in some])
        rows["shape"] = some
        found.append(rows[rows["relation"] != DISJOINT])
    return np.concatenate(found)


def relate(this: BaseGeometry, those: Sequence[BaseGeometry]) -> Rows:
    """How a valid shape lies to others, in their order, which is what `shape` numbers."""
    shapely.prepare(this)
    others = np.asarray(those, object)
    rows = np.zeros(len(others), ROW)
    rows["shape"] = np.arange(len(others))
    rows["relation"] = _relations(this, others)
    is_within = np.isin(rows["relation"], [RELATIONS.index(each) for each in (EQUALS, COVERED_BY)])
    around = np.isin(rows["relation"], [RELATIONS.index(each) for each in (EQUALS, COVERS)])
    common = _in_common(this, others, rows["relation"])
    rows["of_this"] = np.where(is_within, 1, _share(common, square_metres([this])))
    rows["of_that"] = np.where(around, 1, _share(common, square_metres(others)))
    return rows


def _relations(this: BaseGeometry, others: NDArray[Any]) -> NDArray[np.int64]:
    """The numbers of the relations, from predicates that a prepared shape answers fast."""
    found = np.full(len(others), DISJOINT)
    meeting = shapely.intersects(this, others).nonzero()[0]
    met = others[meeting]
    covers, is_covered = shapely.covers(this, met), shapely.covered_by(this, met)
    cases = [covers & is_covered, covers, is_covered, ~shapely.touches(this, met)]
    found[meeting] = np.select(cases, [RELATIONS.index(each) for each in RELATIONS[:-1]], RELATIONS.index(TOUCHES))
    return found


def _in_common(this: BaseGeometry, others: NDArray[Any], relations: NDArray[np.int64]) -> NDArray[np.float64]:
    """The ground in common, in square metres; of those that are covered by this one, their own."""
    common = np.zeros(len(others))
    smaller = np.isin(relations, [RELATIONS.index(each) for each in (EQUALS, COVERS)])
    common[smaller] = square_metres(others[smaller])
    greater, crossing = (relations == RELATIONS.index(each) for each in (COVERED_BY, OVERLAPS))
    common[greater] = square_metres([this])
    common[crossing] = square_metres(shapely.intersection(this, others[crossing]))
    return common


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0), 1)


def related(index: Index, rows: Rows, size: int, day: int | None, apart_from: Collection[int] = ()) -> list[Related]:
    """The areas that stand at `size` and on `day` among the shapes of rows, but for those of some entries.

    That with the largest share of this area comes first; then it goes by key.
    """
    found = [
        Related(version, RELATIONS[relation], of_this, of_that)
        for number, relation, of_this, of_that in rows.tolist()
        for version in index.standing(number, size, day)
        if version.entry not in apart_from
    ]
    return sorted(found, key=lambda each: (-each.share_of_this, each.version.key, each.version.entry))
