"""Shapes made fit to keep: valid, canonical, the same when made again; and what is refused, in which words."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box

from geo import crs, shapes
from registers.errors import Invalid
from registers.geometry import GEOMETRY_LIMIT, is_canonical

BOW_TIE = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
HOLED = Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])


def kept(shape: shapely.Geometry, system: str = "EPSG:4326") -> tuple[shapely.Geometry, tuple[str, ...]]:
    """The shape as it is read back, once it is seen to be valid, canonical, and the same when made again."""
    made = shapes.make(shape, crs.system(system))
    assert is_canonical(made.text) is None
    back = shapely.from_geojson(made.text)
    assert shapely.is_valid(back)
    assert shapes.make(back) == (made.text, ())
    return back, made.repairs


# Nothing to do


@pytest.mark.parametrize(
    "shape",
    [
        HOLED,
        MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]),
        Point(-3.2, 55.9),
        MultiPoint([(0, 0), (1, 1)]),
        LineString([(0, 0), (1, 1)]),
        MultiLineString([[(0, 0), (1, 1)], [(3, 3), (4, 4)]]),
        box(-180, -90, 180, 90),
        box(-180, -90, 180, -60),
    ],
)
def test_a_sound_shape_is_kept_without_repair(shape: shapely.Geometry) -> None:
    back, repairs = kept(shape)
    assert repairs == () and back.equals(shape)


# Repairs


def test_a_bow_tie_keeps_both_its_wings_and_it_is_said_where_it_crossed() -> None:
    back, repairs = kept(BOW_TIE)
    assert repairs == ("self-crossing ring at 1.0000, 1.0000",)
    assert back.area == 2


def test_ground_that_two_parts_share_is_kept_once() -> None:
    back, repairs = kept(MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)]))
    assert back.area == 7 and len(repairs) == 1


def test_of_a_polygon_with_a_spike_the_polygon_is_kept() -> None:
    back, repairs = kept(Polygon([(0, 0), (1, 0), (1, 1), (1, 5), (1, 1), (0, 1)]))
    assert back.equals(box(0, 0, 1, 1)) and len(repairs) == 1


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        (MultiPolygon([box(0, 0, 9, 9), box(1, 1, 2, 2)]), "part inside another part"),
        (Polygon([(0, 0), (1, 0), (1, 1)], [[(5, 5), (6, 5), (6, 6)]]), "hole outside its part"),
        (Polygon([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)]), "ring that touches itself"),
    ],
)
def test_faults_have_plain_names(shape: shapely.Geometry, fault: str) -> None:
    assert kept(shape)[1][0].startswith(f"{fault} at ")


def test_heights_are_left_out_and_it_is_said() -> None:
    assert kept(Polygon([(0, 0, 5), (1, 0, 5), (1, 1, 5)]))[1] == ("heights left out",)


def test_what_rounding_breaks_is_mended() -> None:
    almost = Polygon([(0, 0), (1, 0), (1, 1), (0.5, 1e-9), (0, 1)])
    assert almost.is_valid
    back, repairs = kept(almost)
    assert repairs == ("slivers narrower than 7 decimals",)
    assert back.area == pytest.approx(almost.area)


def test_a_part_and_a_hole_too_small_for_the_decimals_are_dropped() -> None:
    hole = [(3, 3), (3.00000001, 3), (3.00000001, 3.00000001)]
    shape = MultiPolygon([Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [hole]), box(20, 20, 20 + 1e-9, 20 + 1e-9)])
    assert shape.is_valid and kept(shape)[0].equals(box(0, 0, 9, 9))


def test_a_hole_that_is_a_line_at_7_decimals_is_dropped() -> None:
    """As fractions its three corners are a hair beside one line; as decimals they are on it."""
    hole = [(0.1, 0.1), (0.2, 0.2), (0.7000000, 0.7)]
    shape = Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[*hole[:1], (0.2, 0.2 + 2e-9), *hole[2:]]])
    assert shape.is_valid and kept(shape)[0].equals(box(0, 0, 9, 9))


# The antimeridian


def test_longitudes_beyond_180_are_brought_back() -> None:
    back, repairs = kept(box(179, 0, 182, 1))
    assert back.equals(MultiPolygon([box(179, 0, 180, 1), box(-180, 0, -178, 1)]))
    assert repairs == ("split at the antimeridian",)


def test_a_ring_that_jumps_goes_the_short_way_round() -> None:
    back, _ = kept(Polygon([(179, 0), (-178, 0), (-178, 1), (179, 1)]))
    assert back.equals(MultiPolygon([box(179, 0, 180, 1), box(-180, 0, -178, 1)]))


def test_holes_go_with_the_ring_they_are_in() -> None:
    west, across = [(-179, 1), (-178, 1), (-178, 2), (-179, 2)], [(178, 3), (-178, 3), (-178, 4), (178, 4)]
    back, _ = kept(Polygon([(170, 0), (-170, 0), (-170, 10), (170, 10)], [west, across]))
    assert back.area == 20 * 10 - 1 - 4
    assert not back.contains(Point(-178.5, 1.5)) and not back.contains(Point(179, 3.5)) and back.contains(Point(179, 1))


def test_a_bow_tie_across_the_antimeridian_is_repaired_and_split() -> None:
    back, repairs = kept(Polygon([(179, 0), (-179, 1), (-179, 0), (179, 1)]))
    assert back.area == 1
    assert repairs == ("self-crossing ring at 180.0000, 0.5000", "split at the antimeridian")


def test_lines_and_points_are_split_and_brought_back_too() -> None:
    assert kept(LineString([(179, 0), (-179, 1)]))[0].length == pytest.approx(np.hypot(2, 1))
    assert kept(MultiPoint([(190, 0), (-181, 1), (5, 5)]))[0].equals(MultiPoint([(-170, 0), (179, 1), (5, 5)]))


@pytest.mark.parametrize(
    "ring", [[(0, 60), (90, 60), (180, 60), (-90, 60)], [(-170, 80), (-60, 80), (60, 80), (170, 80)]]
)
def test_a_ring_round_a_pole_is_refused(ring: list[tuple[float, float]]) -> None:
    with pytest.raises(Invalid, match="a ring goes round a pole: cut it at the antimeridian"):
        shapes.make(Polygon(ring))


# Bounds and systems


def around(latitude: float, start: int, step: int) -> list[tuple[float, float]]:
    """A ring round the Earth that begins at a longitude, with a vertex every `step` degrees, eastwards or westwards."""
    turned = [start + n * step for n in range(360 // abs(step))]
    return [((longitude + 180) % 360 - 180, latitude + abs(longitude % 7) / 10) for longitude in turned]


@pytest.mark.parametrize("start", [-180, 0, 171])
@pytest.mark.parametrize("step", [9, -10])
def test_a_belt_between_two_rings_round_the_earth_is_cut_open(start: int, step: int) -> None:
    island = [(10, -75), (11, -75), (11, -74), (10, -74)]
    belt = Polygon(around(-60, start, 5), [around(-85, -start, step), island])
    back, repairs = kept(MultiPolygon([belt, box(0, 0, 1, 1)]))
    assert "cut open where it goes round the Earth" in repairs
    assert back.bounds == (-180, back.bounds[1], 180, 1)
    inside = [(0.01, -70), (179.9, -70), (-179.9, -70), (90, -62), (-90, -83), (0.5, 0.5)]
    outside = [(0, -89), (180, -86), (-100, -50), (10.5, -74.5), (2, 2)]
    assert [back.contains(Point(*each)) for each in inside + outside] == [True] * 6 + [False] * 5


def test_the_national_grid_becomes_longitude_and_latitude() -> None:
    back, _ = kept(box(400_000, 300_000, 410_000, 310_000), "EPSG:27700")
    assert back.bounds == pytest.approx((-2.0014278, 52.5977, -1.8535, 52.6878), abs=1e-3)


def test_heights_on_the_national_grid_are_no_matter() -> None:
    shape = shapely.force_3d(box(400_000, 300_000, 410_000, 310_000), 7)
    assert kept(shape, "EPSG:27700")[0].equals(kept(shapely.force_2d(shape), "EPSG:27700")[0])


@pytest.mark.parametrize(
    ("shape", "system", "sentence"),
    [
        (None, "EPSG:4326", "there is no shape"),
        (Polygon(), "EPSG:4326", "there is no shape"),
        (box(4e5, 3e5, 5e5, 4e5), "EPSG:4326", "no longitude and latitude in degrees.*--crs EPSG:27700"),
        (box(100, 50, 400, 51), "EPSG:4326", "coordinates such as 400, 50 are no longitude"),
        (box(-3, 50, -2, 51), "EPSG:27700", "-3, 50 look like longitude and latitude, not like metres of EPSG:27700"),
        (box(-3, 50, -2, 51), "EPSG:3857", "look like longitude and latitude, not like metres of EPSG:3857"),
        (box(-116, 4e5, 100, 5e5), "EPSG:27700", "is outside OSTN15's area"),
        (box(1e30, 1e30, 2e30, 2e30), "EPSG:29903", "cannot be brought from EPSG:29903"),
        (Point(0, np.inf), "EPSG:4326", "a coordinate that is not a number"),
        (shapely.GeometryCollection([Point(0, 0)]), "EPSG:4326", "a GeometryCollection is not kept"),
        (Polygon([(0, 0), (1, 1), (0, 0)]), "EPSG:4326", "encloses no area at 7 decimals"),
        (box(0, 0, 1e-9, 1e-9), "EPSG:4326", "encloses no area at 7 decimals"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_one_sentence(shape: shapely.Geometry, system: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refusal:
        shapes.make(shape, crs.system(system))
    assert "\n" not in str(refusal.value)


def test_a_shape_of_more_than_8_mb_is_refused() -> None:
    angles = np.linspace(0, 2 * np.pi, 450_000)
    round_one = Polygon(np.column_stack([np.cos(angles), np.sin(angles)]))
    with pytest.raises(Invalid, match=f"{GEOMETRY_LIMIT:,} are the most"):
        shapes.make(round_one)


@pytest.mark.parametrize(
    ("bounds", "system", "is_refused"),
    [
        ((5513, 5333, 655989, 1220310), "EPSG:4326", True),
        ((-116, 5333, 655989, 1220310), "EPSG:4326", True),
        ((-8.6, 49.9, 1.8, 60.9), "EPSG:4326", False),
        ((-8.6, 49.9, 1.8, 600), "EPSG:4326", False),  # one feature is wrong, not the file
        ((-8.6, 49.9, 1.8, 60.9), "EPSG:27700", True),
        ((5513, 5333, 655989, 1220310), "EPSG:27700", False),
    ],
)
def test_a_file_is_refused_when_none_of_it_can_be_of_its_system(
    bounds: tuple[float, float, float, float], system: str, is_refused: bool
) -> None:
    if is_refused:
        with pytest.raises(Invalid, match="say so with --crs "):
            shapes.check_bounds(bounds, crs.system(system))
    else:
        shapes.check_bounds(bounds, crs.system(system))


# Whatever comes

COARSE = st.integers(0, 6).map(float)
FINE = st.floats(-1e-6, 1e-6)
CORNERS = st.tuples(COARSE, COARSE) | st.tuples(FINE, FINE) | st.tuples(COARSE, FINE)


@st.composite
def rings(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Corners in any order, some of them repeated: bow-ties, spikes and lines, some of them a few decimals wide."""
    corners = draw(st.lists(CORNERS, min_size=3, max_size=12))
    repeated = draw(st.lists(st.integers(1, 3), min_size=len(corners), max_size=len(corners)))
    return [corner for corner, times in zip(corners, repeated, strict=True) for _ in range(times)]


@settings(max_examples=400)
@given(outlines=st.lists(rings(), min_size=1, max_size=3), hole=rings(), shift=st.sampled_from([0, 50.1234567, 177]))
def test_whatever_comes_what_is_kept_is_valid_canonical_and_the_same_when_made_again(
    outlines: list[list[tuple[float, float]]], hole: list[tuple[float, float]], shift: float
) -> None:
    shape = MultiPolygon([Polygon(outlines[0], [hole]), *map(Polygon, outlines[1:])])
    shape = shapely.transform(shape, lambda corners: corners + [shift, 0])
    try:
        back, _ = kept(shape)
    except Invalid as refusal:
        assume("encloses no area" not in str(refusal))
        raise
    west, south, east, north = back.bounds
    assert -180 <= west <= east <= 180
    assert json.loads(shapely.to_geojson(back))["type"] in ("Polygon", "MultiPolygon")
