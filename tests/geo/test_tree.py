"""The tree finds what looking at each box finds, whatever the boxes, and can be saved and mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.tree import BITS, Tree, hilbert, pack
from registers.errors import Invalid

NO_BOXES = np.zeros((0, 4))
Boxes = list[tuple[int, int, int, int]]


@st.composite
def boxes(draw: st.DrawFn) -> Boxes:
    """Boxes of whole numbers, so that many share their sides, and some are a line or a point."""
    sides = st.tuples(*[st.integers(-5, 5)] * 2, *[st.integers(0, 3)] * 2)
    return [(west, south, west + wide, south + high) for west, south, wide, high in draw(st.lists(sides, max_size=60))]


def scattered(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Boxes of some size, anywhere in ten by ten."""
    draw = np.random.default_rng(count)
    corners = draw.uniform(0, 10, (count, 2))
    return np.hstack([corners, corners + draw.uniform(0, 0.5, (count, 2))])


@given(boxes(), st.integers(-6, 9), st.integers(-6, 9))
def test_a_point_is_in_the_boxes_that_contain_it_sides_included(given: Boxes, x: int, y: int) -> None:
    expected = [n for n, (west, south, east, north) in enumerate(given) if west <= x <= east and south <= y <= north]
    assert pack(given).at(x, y) == expected


@given(boxes(), boxes())
def test_a_box_meets_the_boxes_that_have_a_point_in_common_with_it(given: Boxes, asked: Boxes) -> None:
    tree = pack(given)
    for west, south, east, north in asked:
        expected = [n for n, (w, s, e, h) in enumerate(given) if w <= east and e >= west and s <= north and h >= south]
        assert tree.within(west, south, east, north) == expected


@pytest.mark.parametrize("count", [1, 15, 16, 17, 255, 256, 257, 4096, 4097, 9000])
def test_the_number_of_levels_makes_no_difference(count: int) -> None:
    given = scattered(count)
    tree = pack(given)
    west, south, east, north = given.T
    for x, y in np.random.default_rng(1).uniform(-0.5, 10.5, (100, 2)).tolist():
        assert tree.at(x, y) == np.flatnonzero((west <= x) & (south <= y) & (east >= x) & (north >= y)).tolist()
    assert tree.within(-1, -1, 11, 11) == list(range(count))


def test_no_boxes_are_a_tree_too() -> None:
    for tree in (pack(NO_BOXES), pack([])):
        assert (tree.at(0, 0), tree.within(-1, -1, 1, 1)) == ([], [])


def test_boxes_that_are_all_the_same_are_all_found() -> None:
    assert pack([(1, 1, 1, 1)] * 40).at(1, 1) == list(range(40))


def test_what_is_no_place_is_in_no_box() -> None:
    tree = pack(scattered(300))
    for x, y in ((np.nan, 1.0), (1.0, np.nan), (np.inf, 1.0), (1.0, -np.inf)):
        assert tree.at(x, y) == []


@pytest.mark.parametrize("side", [np.nan, np.inf])
def test_a_box_with_a_side_that_is_no_number_is_refused(side: float) -> None:
    with pytest.raises(Invalid, match="a box has a side that is not a finite number"):
        pack([(0, 0, 1, 1), (0, 0, side, 1)])


def test_a_tree_that_was_saved_is_the_same_when_mapped(tmp_path: Path) -> None:
    tree = pack(scattered(1000))
    for name, array in tree._asdict().items():
        np.save(tmp_path / f"{name}.npy", array)
    mapped = Tree(*(np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in Tree._fields))
    for x, y in np.random.default_rng(2).uniform(0, 10, (50, 2)).tolist():
        assert mapped.at(x, y) == tree.at(x, y)


def test_the_curve_visits_every_cell_and_each_is_beside_the_one_before() -> None:
    columns, rows = np.indices((64, 64)).reshape(2, -1).astype(np.int64)
    along = hilbert(columns, rows)
    assert sorted(along.tolist()) == list(range(64 * 64))
    order = np.argsort(along)
    assert set((abs(np.diff(columns[order])) + abs(np.diff(rows[order]))).tolist()) == {1}
    last = np.array([(1 << BITS) - 1])
    assert hilbert(last, 0 * last).tolist() == [(1 << 2 * BITS) - 1]
