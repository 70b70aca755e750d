"""Distances against another way of measuring, and the nearest points against a look at all of them."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import earth
from geo.earth import AXIS, Cloud, in_space, longest_arc, metres_between
from geo.tree import pack

LONGITUDES, LATITUDES = st.floats(-180, 180), st.floats(-90, 90)
POINTS = st.tuples(LONGITUDES, LATITUDES)


def cloud(longitudes: np.ndarray, latitudes: np.ndarray) -> Cloud:
    """The points, in the order of a packed tree."""
    boxes = np.column_stack([longitudes, latitudes, longitudes, latitudes])
    return Cloud(longitudes, latitudes, pack(boxes).numbers)


def by_looking_at_all(
    point: tuple[float, float], longitudes: np.ndarray, latitudes: np.ndarray, most: int, within: float
) -> list[tuple[float, int]]:
    metres = metres_between(point, longitudes, latitudes).tolist()
    return sorted((far, number) for number, far in enumerate(metres) if far <= within)[:most]


@given(POINTS, POINTS)
def test_the_chord_bounds_the_geodesic(here: tuple[float, float], there: tuple[float, float]) -> None:
    first, second = in_space(*zip(here, there, strict=True))
    chord = float(np.linalg.norm(first - second))
    (metres,) = metres_between(here, [there[0]], [there[1]])
    assert chord <= metres + 1e-6 and metres <= longest_arc(chord) and metres <= earth.FARTHEST


@given(POINTS)
def test_points_in_space_are_where_proj_has_them(point: tuple[float, float]) -> None:
    geocentric = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    assert in_space(*([each] for each in point))[0] == pytest.approx(geocentric.transform(*point, 0.0), abs=1e-6)


def test_known_distances() -> None:
    assert metres_between((0, 0), [1], [0])[0] == pytest.approx(AXIS * np.pi / 180)
    # Karney, "Algorithms for geodesics" (2013), table 2: from 40°N to 41.79331020506°N, 137.84490004377° farther east.
    assert metres_between((0, 40), [137.84490004377], [41.79331020506])[0] == pytest.approx(10_000_000, abs=0.001)


@settings(max_examples=60)
@given(
    POINTS,
    st.lists(POINTS, max_size=60),
    st.integers(1, 20),
    st.sampled_from([10.0, 5e5, 1e7, earth.FARTHEST]),
)
def test_the_nearest_of_points_anywhere(
    here: tuple[float, float], points: list[tuple[float, float]], most: int, within: float
) -> None:
    longitudes, latitudes = np.array(points, float).reshape(-1, 2).T
    found = cloud(longitudes, latitudes).nearest(here, most, within)
    expected = by_looking_at_all(here, longitudes, latitudes, most, within)
    assert list(zip(found.metres.tolist(), found.numbers.tolist(), strict=True)) == expected


@pytest.mark.parametrize(
    "here", [(-2.24, 53.48), (179.999, -17.0), (-180.0, 65.0), (0.0, 90.0), (12.0, -89.9), (30.0, 0.0)], ids=str
)
@pytest.mark.parametrize("most", [1, 10, 300])
def test_the_nearest_of_many(here: tuple[float, float], most: int) -> None:
    draw = np.random.default_rng(1)
    longitudes = np.concatenate([draw.uniform(-180, 180, 20_000), draw.normal(here[0], 0.01, 3000)])
    latitudes = np.concatenate([np.degrees(np.arcsin(draw.uniform(-1, 1, 20_000))), draw.normal(here[1], 0.01, 3000)])
    longitudes, latitudes = (longitudes + 180) % 360 - 180, np.clip(latitudes, -90, 90)
    for within in (300.0, 2e6, earth.FARTHEST):
        found = cloud(longitudes, latitudes).nearest(here, most, within)
        expected = by_looking_at_all(here, longitudes, latitudes, most, within)
        assert found.numbers.tolist() == [number for _, number in expected]


def test_only_those_that_count() -> None:
    longitudes = np.arange(1000) / 100
    found = cloud(longitudes, np.zeros(1000)).nearest((0, 0), 3, counts=lambda numbers: numbers % 7 == 5)
    assert found.numbers.tolist() == [5, 12, 19]
    assert cloud(longitudes, np.zeros(1000)).nearest((0, 0), 3, counts=lambda n: n < 0).numbers.tolist() == []


def test_the_nearest_of_none() -> None:
    assert cloud(np.zeros(0), np.zeros(0)).nearest((0, 0), 3).numbers.tolist() == []
