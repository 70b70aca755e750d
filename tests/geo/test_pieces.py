"""Pieces: small, together the shape and nothing else; what a piece says of a point; and how they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from geo.areas import pieces
from geo.areas.pieces import HAIR, INSIDE, LIMIT, NEAR, OUTSIDE, Ragged, cut, join, polygons_of

BOW_TIE = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def star(points: int, seed: int = 0, middle: tuple[float, float] = (-2.0, 54.0)) -> Polygon:
    """A shape of so many vertices of 7 decimals, with deep bays."""
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    lengths = np.random.default_rng(seed).uniform(0.3, 1, points)
    vertices = np.column_stack([np.cos(angles), np.sin(angles)]) * lengths[:, None] + middle
    return Polygon(np.round(vertices, 7))


def holed(points: int = 400) -> Polygon:
    """A star with three holes of many vertices."""
    holes = [Point(-2 + dx, 54 + dy).buffer(0.05, quad_segs=30) for dx, dy in ((0, 0), (0.15, 0.1), (-0.1, -0.18))]
    return star(points).difference(shapely.union_all(holes))


SHAPES = {
    "a star": star(1000),
    "a star with holes": holed(),
    "a circle whose vertices are no round numbers": Point(0, 0).buffer(1, quad_segs=100),
    "a box with many holes": box(0, 0, 1, 1).difference(
        shapely.union_all([box(x / 20, y / 20, x / 20 + 0.01, y / 20 + 0.01) for x in range(20) for y in range(20)])
    ),
    "several parts": MultiPolygon([star(200, 1), star(150, 2, (3, 50)), box(9, 9, 10, 10)]),
    "a comb": Polygon([(x / 50, (0.0001, 1)[x % 2]) for x in range(400)] + [(8, 0), (0, 0)]),
}


def together(shape: Any) -> list[Any]:
    """The pieces of a shape that can be cut."""
    found = cut(shape)
    assert found is not None
    return found


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_pieces_are_small_and_together_the_shape(shape: Any) -> None:
    found = together(shape)
    assert len(found) > 1
    assert max(shapely.get_num_coordinates(found)) <= LIMIT
    assert shapely.union_all(found).symmetric_difference(shape).area <= 1e-12 * shape.area
    assert abs(shapely.area(found).sum() - shape.area) <= 1e-12 * shape.area


@pytest.mark.parametrize("name", ["E07000240", "E06000052", "S12000017"])
def test_published_areas_are_cut_like_others(shared_data: Path, name: str) -> None:
    text = (shared_data / "boundaries" / "LAD_2025_UK_from_wards_BGC.geojson").read_text("utf-8")
    start = text.index('"geometry"', text.index(name)) + len('"geometry"')
    test_pieces_are_small_and_together_the_shape(
        shapely.from_geojson(text[start : text.index("}", start) + 1].lstrip(" :"))
    )


def test_what_is_small_is_one_piece_and_what_is_no_polygon_has_none() -> None:
    assert together(box(0, 0, 1, 1)) == [box(0, 0, 1, 1)]
    for none in (Point(1, 1), shapely.LineString([(0, 0), (1, 1)]), Polygon(), MultiPolygon()):
        assert together(none) == []
    mixed = shapely.GeometryCollection([Point(5, 5), MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)])])
    assert together(mixed) == [box(0, 0, 1, 1), box(2, 2, 3, 3)]


def test_heights_are_left_out() -> None:
    assert not shapely.has_z(polygons_of(Polygon([(0, 0, 7), (1, 0, 7), (1, 1, 7)]))).any()


def test_a_shape_that_is_not_valid_is_not_cut() -> None:
    assert cut(BOW_TIE) is None
    assert cut(MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)])) is None


def test_what_is_smaller_than_the_last_decimal_is_not_cut_for_ever() -> None:
    tiny = Point(1, 1).buffer(2e-8, quad_segs=100)
    assert together(tiny) == [tiny]


def moving(shape: Any, *sides: float) -> Any:
    """A way of clipping that moves vertices."""
    return shapely.transform(shapely.clip_by_rect(shape, *sides), lambda vertices: vertices * (1 + 1e-11))


def losing(shape: Any, *sides: float) -> Any:
    """A way of clipping that loses a part."""
    return shapely.clip_by_rect(shape, *sides) if sides[0] < -3 else Polygon()


def failing(shape: Any, *sides: float) -> Any:
    """A way of clipping that gives up."""
    raise shapely.errors.GEOSException("TopologyException")


@pytest.mark.parametrize("clip", [moving, losing, failing])
def test_a_clip_that_goes_wrong_is_noticed_and_the_slower_way_taken(monkeypatch: pytest.MonkeyPatch, clip: Any) -> None:
    shape = star(300)
    right = together(shape)
    monkeypatch.setattr(pieces, "shapely", Clipping(clip))
    assert len(together(shape)) == len(right)
    monkeypatch.setattr(pieces, "_intersection", clip)
    assert cut(shape) is None


class Clipping:
    """shapely, with another way of clipping."""

    def __init__(self, clip: Any) -> None:
        self.clip_by_rect = clip

    def __getattr__(self, name: str) -> Any:
        return getattr(shapely, name)


# What a piece says


def agrees(polygon: Polygon, x: float, y: float) -> bool:
    """Whether what is said of a point is what shapely says, or NEAR, and that only where it is near."""
    place = Ragged.of([[polygon]]).place(0, x, y)
    if place == NEAR:
        return bool(polygon.boundary.distance(Point(x, y)) <= 2 * HAIR)
    return bool((place == INSIDE) is polygon.contains(Point(x, y))) and place in (INSIDE, OUTSIDE)


@pytest.mark.parametrize("shape", [star(60), holed(), Point(0, 0).buffer(1)], ids=["star", "holes", "circle"])
def test_a_piece_knows_where_a_point_is(shape: Polygon) -> None:
    draw = np.random.default_rng(5)
    west, south, east, north = shape.bounds
    points = draw.uniform((west - 0.1, south - 0.1), (east + 0.1, north + 0.1), (500, 2)).tolist()
    latitudes = shapely.get_coordinates(shape)[:100, 1].tolist()  # a line eastwards goes through a vertex
    assert [point for point in points if not agrees(shape, *point)] == []
    assert [y for y in latitudes if not agrees(shape, -2.01, y)] == []


def test_on_a_side_or_a_vertex_or_a_hair_away_a_piece_cannot_tell() -> None:
    shape = Ragged.of([[holed()]])
    vertices = shapely.get_coordinates(holed())
    for x, y in np.concatenate([vertices, vertices + (0, HAIR / 2), vertices - (HAIR / 2, 0)]).tolist():
        assert shape.place(0, x, y) == NEAR


def test_there_is_no_side_between_an_outline_and_its_hole() -> None:
    shape = Ragged.of([[Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(4, 4), (4, 6), (6, 6), (6, 4)]])]])
    assert [shape.place(0, x, x) for x in (1, 2, 3, 5, 7, 8, 10)] == [INSIDE] * 3 + [OUTSIDE, INSIDE, INSIDE, OUTSIDE]
    assert [shape.place(0, x, 5) for x in (-1, 1, 5, 7)] == [OUTSIDE, INSIDE, OUTSIDE, INSIDE]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(*[st.integers(0, 12)] * 4), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(-2, 26), st.integers(-2, 26)), min_size=1, max_size=20),
)
def test_small_shapes_with_holes_know_every_half_step(
    sides: list[tuple[int, ...]], asked: list[tuple[int, int]]
) -> None:
    shape = Polygon()
    for n, (x, y, wide, high) in enumerate(sides):
        other = box(x / 10, y / 10, (x + wide + 1) / 10, (y + high + 1) / 10)
        shape = shape.difference(other) if n % 3 == 2 else shape.union(other)
    parts = polygons_of(shape)
    assume(parts)
    for x, y in asked:
        assert all(agrees(part, x / 20, y / 20) for part in parts)


# How they are kept


def test_shapes_come_back_as_they_were() -> None:
    shapes = [MultiPolygon(polygons_of(shape)) for shape in SHAPES.values()] + [MultiPolygon()]
    kept = Ragged.of([polygons_of(shape) for shape in shapes])
    assert len(kept) == len(shapes)
    assert [kept.shape(n) for n in range(len(kept))] == shapes
    assert [kept.alone(n).shape(0) for n in range(len(kept))] == shapes
    assert np.array_equal(kept.boxes(), shapely.bounds([part for shape in shapes for part in polygons_of(shape)]))


def test_shapes_that_are_joined_are_the_same_as_if_kept_together() -> None:
    shapes = [polygons_of(shape) for shape in (*SHAPES.values(), Polygon())]
    kept = Ragged.of(shapes)
    again = join([kept.alone(n) for n in range(len(kept))])
    assert all(np.array_equal(one, other) for one, other in zip(kept, again, strict=True))


def test_no_shapes_can_be_kept_too() -> None:
    for none in (Ragged.of([]), join([]), Ragged.of([[]]).alone(0)):
        assert none.boxes().shape == (0, 4) and none.coordinates.shape == (0, 2)
    assert (len(join([])), len(Ragged.of([])), len(Ragged.of([[]]))) == (0, 0, 1)
    assert Ragged.of([[]]).shape(0).is_empty
