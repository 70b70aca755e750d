"""Which positions are in a window: what shapely says of each of them alone, in degrees and on the National Grid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import crs
from geo.features.gathering import Placed, build
from geo.features.positions import Positions
from geo.features.windows import intersecting, window_in_degrees, window_in_metres
from registers.errors import Invalid

BRITAIN = (-5.0, 50.5, 0.3, 57.0)
SIDE = st.floats(0, 1, width=32)


def placed(shapes: list[Any]) -> list[Placed]:
    """A version of each shape."""
    return [
        Placed(str(n), str(n), n, None, None, shapely.to_geojson(each), "{}", {}) for n, each in enumerate(shapes, 1)
    ]


def opened(folder: Path, shapes: list[Any]) -> Positions:
    build(folder, placed(shapes), [])
    return Positions.open(folder)


@pytest.fixture(scope="module")
def shapes() -> list[Any]:
    """Points, triangles with holes in their boxes, lines, and shapes of several parts."""
    drawn = np.random.default_rng(7)
    middles = drawn.uniform(BRITAIN[:2], BRITAIN[2:], (240, 2)).round(4)
    points = list(shapely.points(middles[:120]))
    triangles = [shapely.Polygon(middle + drawn.uniform(-0.6, 0.6, (3, 2))) for middle in middles[120:200]]
    lines = [shapely.LineString([middle, middle + 1]) for middle in middles[200:220]]
    several = [
        shapely.MultiPolygon([a, b])
        for a, b in zip(triangles[:10], triangles[10:20], strict=True)
        if not a.intersects(b)
    ]
    return [*points, *triangles, *lines, *several]


@pytest.fixture(scope="module")
def positions(shapes: list[Any], tmp_path_factory: pytest.TempPathFactory) -> Positions:
    return opened(tmp_path_factory.mktemp("windows") / "made", shapes)


@pytest.fixture(scope="module")
def naive(shapes: list[Any]) -> Callable[[Any], list[int]]:
    """The numbers of those that have a point in common with a shape, by asking of each."""
    return lambda asked: [n for n, shape in enumerate(shapes) if asked.intersects(shape)]


@settings(max_examples=60)
@given(st.tuples(SIDE, SIDE, SIDE, SIDE))
def test_boxes_in_degrees(positions: Positions, naive: Callable[[Any], list[int]], sides: tuple[float, ...]) -> None:
    west, east = sorted(-6.5 + 8.5 * side for side in sides[:2])
    south, north = sorted(49.5 + 9 * side for side in sides[2:])
    found = window_in_degrees(west, south, east, north).select(positions, 10**6).tolist()
    if west < east and south < north:
        assert found == naive(shapely.box(west, south, east, north))
    assert intersecting(positions, 10**6, shapely.box(west, south, east, north)).tolist() == naive(
        shapely.box(west, south, east, north)
    )


@settings(max_examples=30)
@given(st.tuples(SIDE, SIDE, SIDE, SIDE))
def test_boxes_in_metres_are_exact_for_points(
    positions: Positions, shapes: list[Any], sides: tuple[float, ...]
) -> None:
    west, east = sorted(700_000 * side for side in sides[:2])
    south, north = sorted(1_250_000 * side for side in sides[2:])
    found = window_in_metres(west, south, east, north).select(positions, 10**6)
    points = [shape for shape in shapes if shape.geom_type == "Point"]
    eastings, northings = crs.grid_from_lon_lat([p.x for p in points], [p.y for p in points])
    inside = (eastings >= west) & (eastings <= east) & (northings >= south) & (northings <= north)
    assert [n for n in found.tolist() if n < len(points)] == inside.nonzero()[0].tolist()


def test_boxes_in_metres_find_shapes_as_the_grid_has_them(positions: Positions, shapes: list[Any]) -> None:
    """Shapes taken to the grid vertex by vertex, at a hundred windows; sides are straight in one system alone."""
    moved = shapely.transform(np.array(shapes), lambda points: np.column_stack(crs.grid_from_lon_lat(*points.T)))
    drawn = np.random.default_rng(11)
    wrong = 0
    for west, south in drawn.uniform((100_000, 0), (600_000, 1_000_000), (100, 2)):
        window = shapely.box(west, south, west + 60_000, south + 60_000)
        found = set(window_in_metres(*window.bounds).select(positions, 10**6).tolist())
        wrong += len(found ^ set(shapely.intersects(window, moved).nonzero()[0].tolist()))
        sure = shapely.intersects(window.buffer(-500), moved).nonzero()[0].tolist()
        assert set(sure) <= found <= set(shapely.intersects(window.buffer(500), moved).nonzero()[0].tolist())
    assert wrong <= 3


def test_a_window_across_the_antimeridian_is_two(tmp_path: Path) -> None:
    positions = opened(tmp_path / "two", [shapely.Point(179.5, 1), shapely.Point(0, 1), shapely.Point(-179.5, 1)])
    assert window_in_degrees(179, 0, -179, 2).select(positions, 9).tolist() == [0, 2]
    assert window_in_degrees(-180, 0, 180, 2).select(positions, 9).tolist() == [0, 1, 2]
    assert window_in_degrees(180, 0, -180, 2).select(positions, 9).tolist() == []


def test_a_pole_is_a_latitude(tmp_path: Path) -> None:
    positions = opened(tmp_path / "pole", [shapely.Point(12, 90), shapely.Point(12, -90)])
    assert window_in_degrees(-180, 90, 180, 90).select(positions, 9).tolist() == [0]


@pytest.mark.parametrize(
    "sides", [(0, 0, 0, 0), (0, 0, 700_000, 1_250_000), (-1e12, -1e12, 1e12, 1e12), (5e9, 5e9, 6e9, 6e9)]
)
def test_any_window_of_the_grid_has_an_answer(positions: Positions, sides: tuple[float, float, float, float]) -> None:
    found = window_in_metres(*sides).select(positions, 10**6)
    assert len(found) in (0, len(positions))


@pytest.mark.parametrize("sides", [(0, 1, 1, 0), (0, -91, 0, 0), (-180.1, 0, 0, 0), (51, -120, 52, 120)])
def test_what_is_no_window_is_refused(sides: tuple[float, float, float, float]) -> None:
    with pytest.raises(Invalid):
        window_in_degrees(*sides)
