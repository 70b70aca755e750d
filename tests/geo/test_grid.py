"""What a cell says holds of every point in it: inside, outside, or which pieces to ask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely  # type: ignore[import-untyped]
from shapely import MultiPolygon, Polygon, box

from geo.areas import grid as grids
from geo.areas.grid import Grid, rule
from geo.areas.pieces import HAIR, Ragged, cut, polygons_of


def wheel(seed: int, points: int = 400) -> Polygon:
    """A ragged shape around 0, 51, with a hole."""
    draw = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    vertices = np.column_stack([np.cos(angles), np.sin(angles)]) * draw.uniform(0.8, 1, (points, 1)) + (0, 51)
    return Polygon(np.round(vertices, 7), [shapely.get_coordinates(shapely.Point(0.1, 51).buffer(0.3))])


def gridded(shapes: list[Any]) -> tuple[Grid, list[Any]]:
    """The grid over shapes, and their pieces."""
    by_shape = [cut(shape) or [] for shape in shapes]
    owners = np.repeat(np.arange(len(shapes)), [len(each) for each in by_shape])
    wholes = Ragged.of([polygons_of(shape) for shape in shapes])
    return rule(Ragged.of(by_shape), owners, wholes, np.zeros(len(shapes), np.bool_)), sum(by_shape, [])


def members_of(grid: Grid, points: Any) -> list[set[int]]:
    """What the cell of each point has."""
    found: list[set[int]] = [set() for _ in points]
    for point, member in zip(*grid.members_at(*np.asarray(points, float).T), strict=True):
        found[point].add(int(member))
    assert found == [set(grid.members_of(float(x), float(y))) for x, y in points]
    return found


SHAPES = {
    "ragged": [wheel(1), wheel(2)],
    "neighbours": [box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 2, 3)],
    "long sides": [Polygon([(-170, -60), (175, 70), (-100, 80)]), box(-180, -90, 180, 90)],
    "several parts": [MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)]), box(0.5, 0.5, 5.5, 5.5)],
    "thin": [box(0, 0, 10, 1e-7), box(3, -5, 3 + 1e-7, 5)],
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_cell_tells_the_truth_of_points_in_it(name: str) -> None:
    shapes = SHAPES[name]
    grid, pieces = gridded(shapes)
    draw = np.random.default_rng(5)
    west, south, east, north = shapely.total_bounds(shapes)
    points = draw.uniform((west - 0.1, south - 0.1), (east + 0.1, north + 0.1), (3000, 2))
    points = np.concatenate([points, *(shapely.get_coordinates(shape) for shape in shapes)])
    for point, members in zip(shapely.points(points), members_of(grid, points), strict=True):
        for number, shape in enumerate(shapes):
            near = {n for n, piece in enumerate(pieces) if shapely.dwithin(piece, point, HAIR)}
            if -1 - number in members:
                assert shapely.contains_properly(shape, point) and shapely.distance(shape.boundary, point) > HAIR
            elif shapely.dwithin(shape, point, HAIR):
                assert members & near & {n for n, piece in enumerate(pieces) if shapely.intersects(shape, piece)}


def test_most_cells_are_the_answer() -> None:
    disc = shapely.Point(0, 51).buffer(1, quad_segs=1000)
    grid, pieces = gridded([disc])
    columns, rows = grid.frame[4:]
    assert 0.9 < columns * rows / (2 * len(shapely.get_coordinates(disc))) < 1.2
    assert len(pieces) > 60 and 0.9 < (grid.members < 0).sum() / (columns * rows * np.pi / 4) < 1


def test_what_lies_beyond_the_cells_or_is_no_number_has_none() -> None:
    grid, _ = gridded([box(-180, -90, 180, 90)])
    assert members_of(grid, [(np.nan, 0), (0, np.nan), (np.inf, 0), (0, -np.inf), (181, 0), (0, 91)]) == [set()] * 6
    assert all(members_of(grid, [(180, 90), (-180, -90), (180, -90), (0, 0)]))


def test_a_grid_over_nothing_has_no_cells() -> None:
    grid, _ = gridded([])
    assert members_of(grid, [(0, 0)]) == [set()] and len(grid.members) == 0
    grid, _ = gridded([Polygon(), shapely.Point(1, 1)])
    assert members_of(grid, [(1, 1)]) == [set()]


def test_a_shape_that_could_not_be_cut_is_asked_everywhere_in_its_box() -> None:
    bow_tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    parts = Ragged.of([[bow_tie]])
    grid = rule(parts, np.array([0]), parts, np.array([True]))
    assert members_of(grid, [(0.1, 1), (1, 0.1), (1.9, 1), (1, 1.9)]) == [{0}] * 4


def test_areas_upon_areas_get_fewer_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = [box(-n / 100, -n / 100, 10, 10) for n in range(100)]
    assert len(gridded(stack)[0].members) > 50_000
    monkeypatch.setattr(grids, "MEMBERS", 5_000)
    grid, _ = gridded(stack)
    assert 1_000 < len(grid.members) < 15_000
    assert members_of(grid, [(5, 5)]) == [{-1 - n for n in range(100)}]


def test_long_sides_get_fewer_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    angles = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    spikes = Polygon(np.column_stack([np.cos(angles), np.sin(angles)]) * np.tile([[1], [10]], (500, 1)))
    before = gridded([spikes])[0].frame[4:].prod()
    monkeypatch.setattr(grids, "STEPS", 5_000)
    assert 100 < gridded([spikes])[0].frame[4:].prod() < before / 10
