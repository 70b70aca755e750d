"""Square metres on the ellipsoid: held against geodesics, and against the parts that a shape is cut into."""

from __future__ import annotations

from typing import Any

import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geo.surface import square_metres

GEOD = Geod(ellps="WGS84")
EARTH = 510_065_621_724_088.4  # square metres: 4π × (the authalic radius)²
RING = Polygon(box(0, 0, 1, 1).exterior, [box(0.2, 0.2, 0.4, 0.4).exterior])


def by_geodesics(shape: Any) -> float:
    """The area, once no side is so long that a geodesic leaves the line that is straight in degrees."""
    return abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(shapely.segmentize(shape, 0.001)))[0])


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(box(-3, 50, -2, 51), id="square"),
        pytest.param(RING, id="hole"),
        pytest.param(MultiPolygon([box(179, -17, 180, -16), box(-180, -17, -179.5, -16)]), id="antimeridian"),
        pytest.param(Polygon([(-3, 60), (2, 61), (0, 63)]), id="triangle"),
        pytest.param(Polygon([(170, -89.9), (175, -85), (160, -86)]), id="pole"),
        pytest.param(Polygon([(-1e-4, 5e-5), (1e-4, 0), (0, 1e-4)]), id="garden"),
    ],
)
def test_areas_are_those_of_geodesics(shape: Any) -> None:
    assert square_metres([shape])[0] == pytest.approx(by_geodesics(shape), rel=1e-7)


def test_the_earth_is_as_large_as_it_is() -> None:
    assert square_metres([box(-180, -90, 180, 90)])[0] == pytest.approx(EARTH, rel=1e-15)


def test_many_at_once_and_what_has_no_ground() -> None:
    shapes = [RING, Point(1, 1), MultiPolygon([RING, box(5, 5, 6, 6)]), LineString([(0, 0), (1, 1)]), Polygon(), RING]
    alone = [square_metres([shape])[0] for shape in shapes]
    assert square_metres(shapes).tolist() == alone
    assert [area > 0 for area in alone] == [True, False, True, False, False, True]
    assert square_metres([]).tolist() == []


@given(st.floats(-0.99, 0.99), st.floats(-0.99, 0.99), st.floats(-80, 79))
def test_parts_add_up_wherever_a_shape_is_cut(left: float, right: float, south: float) -> None:
    whole = Polygon([(0, south), (2, south + 0.5), (1, south + 1.5)])
    cutter = Polygon([(-1, south - 1), (3, south - 1), (3, south + 0.5 + right / 2), (-1, south + 0.5 + left / 2)])
    parts = [shapely.intersection(whole, cutter), shapely.difference(whole, cutter)]
    assert square_metres(parts).sum() == pytest.approx(square_metres([whole])[0], rel=1e-10)
