"""How far areas are, against a look at very many points of their outlines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geo.areas.borders import areas_within, boxes_around, metres_to_sides, nearest_area
from geo.earth import FARTHEST, metres_between
from tests.geo.test_index import opened

SHAPES = {
    "A": box(0, 50, 1, 51),
    "B": box(2, 50, 3, 51),
    "fiji": shapely.MultiPolygon([box(177, -19, 180, -16), box(-180, -19, -179, -16)]),
    "south": box(-180, -90, 180, -80),
    "long": box(-120, 48.999, -60, 49),
    "ring": box(10, 10, 12, 12) - box(10.5, 10.5, 11.5, 11.5),
}


def by_points(shape: Any, point: tuple[float, float]) -> float:
    """About how far an outline is: to the nearest of many points of it."""
    vertices = shapely.get_coordinates(shapely.segmentize(shapely.boundary(shape), 0.0002))
    return float(metres_between(point, *vertices.T).min())


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ((1.3, 50.5), "A"),
        ((1.7, 50.5), "B"),
        ((-178.9, -17.0), "fiji"),
        ((176.9, -17.0), "fiji"),
        ((0.0, -79.0), "south"),
        ((-90.0, 49.2), "long"),
        ((-90.0, 48.7), "long"),
        ((11.0, 11.1), "ring"),
    ],
    ids=str,
)
def test_the_nearest_area_and_how_far_it_is(tmp_path: Path, point: tuple[float, float], expected: str) -> None:
    index = opened(tmp_path / "index", SHAPES)
    found = nearest_area(index, point, 1, None, FARTHEST)
    assert found and found[0].key == expected
    about = by_points(SHAPES[expected], point)
    assert found[1] == pytest.approx(about, abs=0.5) and found[1] <= about + 0.2
    assert nearest_area(index, point, 1, None, found[1] + 0.01) == found
    assert nearest_area(index, point, 1, None, found[1] - 0.01) is None
    assert nearest_area(index, point, 0, None, FARTHEST) is None


def test_areas_within_come_nearest_first(tmp_path: Path) -> None:
    index = opened(tmp_path / "index", SHAPES)
    found = areas_within(index, (1.4, 50.5), 1, None, 600_000)
    assert [version.key for version, _ in found] == ["A", "B"]
    assert found[0][1] == pytest.approx(metres_between((1.4, 50.5), [1.0], [50.5])[0], abs=1)


def test_a_side_is_as_far_as_its_nearest_point() -> None:
    starts, ends = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0]])
    metres = metres_to_sides((0.0, 1.5), starts, ends)
    assert metres[0] == pytest.approx(metres_between((0, 1.5), [0], [0])[0])
    assert metres[1:] == pytest.approx(metres_between((0, 1.5), [1, 2], [1.5, 1.5]), abs=50)
    assert len(metres_to_sides((0.0, 0.0), np.zeros((0, 2)), np.zeros((0, 2)))) == 0


@settings(max_examples=100)
@given(st.floats(-180, 180), st.floats(-70, 70), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(0.001, 0.4))
def test_a_side_at_the_other_end_of_the_earth(
    longitude: float, latitude: float, east: float, north: float, length: float
) -> None:
    point, middle = (longitude, latitude), np.array([longitude + 180 + east, -latitude + north])
    start, end = middle - (length, length / 3), middle + (length, length / 2)
    along = np.linspace(0, 1, 2001)[:, None]
    expected = metres_between(point, *(start * (1 - along) + end * along).T).min()
    assert metres_to_sides(point, start[None], end[None])[0] == pytest.approx(expected, abs=0.5)


@settings(max_examples=200)
@given(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from([1.0, 5e4, 3e6, 9e6, FARTHEST]), st.floats(0, 360))
def test_boxes_have_all_in_them_that_is_near(longitude: float, latitude: float, metres: float, azimuth: float) -> None:
    from geo.earth import geodesics

    east, north, _ = geodesics().fwd(longitude, latitude, azimuth, metres)
    boxes = boxes_around((longitude, latitude), metres)
    assert all(-180 <= w <= e <= 180 and -90 <= s <= n <= 90 for w, s, e, n in boxes)
    assert any(w <= east <= e and s <= north <= n for w, s, e, n in boxes)
