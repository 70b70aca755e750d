"""Records by where they are, against a look at all of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely  # type: ignore[import-untyped]

from geo.areas.borders import metres_to_shape
from geo.earth import FARTHEST, metres_between
from geo.features.gathering import Ended, Placed, build
from geo.features.located import Sought, find
from geo.features.positions import Positions
from geo.features.windows import window_in_degrees

DAY = date(2020, 6, 1).toordinal()


def positions_of(folder: Path, *versions: Placed | Ended) -> Positions:
    build(folder / "positions", versions, [])
    return Positions.open(folder / "positions")


def placed(number: int, geometry: Any, first: int | None = None, last: int | None = None, key: str = "") -> Placed:
    text = shapely.to_geojson(geometry).replace(" ", "")
    return Placed(key or f"K{number}", f"Name {number}", number, first, last, text, "{}", {})


def keys(positions: Positions, sought: Sought, after: int = 0, most: int = 1000) -> list[str]:
    return [each.version.key for each in find(positions, sought, after, most)[0]]


@pytest.fixture
def points(tmp_path: Path) -> tuple[Positions, Any]:
    """Two thousand points about the antimeridian; every fifth has ended by the day, every seventh was replaced."""
    draw = np.random.default_rng(3)
    x, y = draw.uniform(177, 183, 2000), draw.uniform(-20, -14, 2000)
    where = np.column_stack([np.where(x > 180, x - 360, x), y]).round(6)
    versions: list[Placed | Ended] = [
        placed(n + 1, shapely.Point(*each), last=DAY - 1 if n % 5 == 0 else None) for n, each in enumerate(where)
    ]
    versions += [Ended(f"K{n + 1}", 2001 + n) for n in range(0, 2000, 7)]
    return positions_of(tmp_path, *versions), where


def alive(size: int) -> list[int]:
    """The places of the points that count at a size."""
    return [n for n in range(2000) if n % 5 and n < size and not (n % 7 == 0 and 2001 + n <= size)]


@pytest.mark.parametrize("size", [900, 2000, 4000])
@pytest.mark.parametrize("within", [None, 3_000.0, 150_000.0])
def test_the_nearest_that_count(points: tuple[Positions, Any], size: int, within: float | None) -> None:
    positions, where = points
    here = (179.9, -17.3)
    metres = metres_between(here, *where.T)
    expected = sorted((metres[n], n) for n in alive(size) if metres[n] <= (within or FARTHEST))
    found, is_more = find(positions, Sought(size, DAY, here, within), 5, 40)
    assert [each.version.key for each in found] == [f"K{n + 1}" for _, n in expected[5:45]]
    assert [each.metres for each in found] == pytest.approx([far for far, _ in expected[5:45]])
    assert [each.point for each in found] == [tuple(where[n]) for _, n in expected[5:45]]
    assert is_more == (len(expected) > 45)


def test_in_a_box_across_the_antimeridian_and_in_an_area(points: tuple[Positions, Any]) -> None:
    positions, where = points
    window = window_in_degrees(179, -18, -179, -16)
    inside = [n for n in alive(4000) if abs(where[n, 0]) >= 179 and -18 <= where[n, 1] <= -16]
    assert keys(positions, Sought(4000, DAY, window=window)) == [f"K{n + 1}" for n in inside]
    triangle = shapely.Polygon([(177, -20), (180, -20), (180, -14)])
    within = [n for n in inside if triangle.intersects(shapely.Point(*where[n]))]
    assert keys(positions, Sought(4000, DAY, window=window, shape=triangle)) == [f"K{n + 1}" for n in within]
    here = (179.5, -17.0)
    metres = metres_between(here, *where.T)
    nearest = [f"K{n + 1}" for n in sorted(within, key=lambda n: metres[n])]
    assert keys(positions, Sought(4000, DAY, here, None, window, triangle)) == nearest


def test_pages_follow_one_another(points: tuple[Positions, Any]) -> None:
    positions, _ = points
    for sought in (Sought(4000, DAY, (180.0, -17.0)), Sought(4000, DAY, window=window_in_degrees(-180, -90, 180, 90))):
        whole = keys(positions, sought, most=5000)
        assert sorted(whole) == sorted(f"K{n + 1}" for n in alive(4000))
        paged = [key for after in range(0, 2000, 333) for key in keys(positions, sought, after, 333)]
        assert paged == whole


def test_shapes_are_as_far_as_their_nearest_point(tmp_path: Path) -> None:
    shapes = [
        shapely.box(0, 50, 1, 51),
        shapely.MultiPolygon([shapely.box(179, -1, 180, 1), shapely.box(-180, -1, -179, 1)]),
        shapely.LineString([(2, 50), (2.5, 52), (3, 50)]),
        shapely.MultiPoint([(5, 50), (5, 51)]),
        shapely.Point(1.5, 50.5),
        shapely.box(-10, 40, 20, 60) - shapely.box(-5, 45, 10, 55),
    ]
    positions = positions_of(tmp_path, *(placed(n + 1, each) for n, each in enumerate(shapes)))
    for here in ((1.4, 50.5), (-178.5, 0.5), (3.0, 51.0), (0.5, 50.5), (4.0, -89.0)):
        found, _ = find(positions, Sought(9, DAY, here), 0, 6)
        about = {f"K{n + 1}": far(each, here) for n, each in enumerate(shapes)}
        assert sorted(about, key=about.__getitem__) == [each.version.key for each in found]
        assert [each.metres for each in found] == pytest.approx([about[each.version.key] for each in found], abs=1)
        assert [each.point is None for each in found] == [each.version.key != "K5" for each in found]


def far(shape: Any, here: tuple[float, float]) -> float:
    """About how far a shape is: to the nearest of many points of it."""
    if shapely.intersects(shape, shapely.Point(*here)):
        return 0.0
    return float(metres_between(here, *shapely.get_coordinates(shapely.segmentize(shape, 0.0005)).T).min())


def test_beyond_what_is_asked_for_a_shape_is_nowhere() -> None:
    box = shapely.box(0, 50, 1, 51)
    assert metres_to_shape((0.5, 50.5), box, 1) == 0
    assert metres_to_shape((2, 50.5), box, 10_000) == np.inf
    assert metres_to_shape((2, 50.5), box, 100_000) == pytest.approx(70_990, abs=100)


def test_of_nothing_nothing_is_found(tmp_path: Path) -> None:
    positions = positions_of(tmp_path)
    assert find(positions, Sought(0, DAY, (0.0, 0.0)), 0, 10) == ([], False)
    assert find(positions, Sought(0, DAY, window=window_in_degrees(0, 0, 1, 1)), 0, 10) == ([], False)
    assert json.dumps(keys(positions, Sought(5, DAY, (0.0, 0.0)))) == "[]"
