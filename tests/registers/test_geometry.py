"""Canonical GeoJSON: equal shapes are equal bytes, and what would lose something is refused."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, shape

from registers.errors import Invalid
from registers.geometry import GEOMETRY_LIMIT, SOURCE_LIMIT, canonical_geometry, is_canonical

unhurried = settings(deadline=None)  # a busy machine is no fault
Ring = list[list[float]]
SQUARE: Ring = [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]
HOLE: Ring = [[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]]
OTHER_HOLE: Ring = [[4, 4], [4, 5], [5, 5], [5, 4], [4, 4]]


def spelt(kind: str, coordinates: object) -> str:
    return json.dumps({"type": kind, "coordinates": coordinates})


def canonical(kind: str, coordinates: object) -> str:
    """The coordinates in the canonical text of a shape."""
    text = canonical_geometry(spelt(kind, coordinates))
    start = f'{{"type":"{kind}","coordinates":'
    assert text.startswith(start)
    return text.removeprefix(start).removesuffix("}")


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"Point","coordinates":[-0.1276,51.5072]}',
        '{"type":"Point","coordinates":[180,-90]}',
        '{"type":"Point","coordinates":[-180,90]}',
        '{"type":"Point","coordinates":[0.0000001,-0.0000001]}',
        '{"type":"MultiPoint","coordinates":[[10,1],[9,1]]}',
        '{"type":"LineString","coordinates":[[1,1],[0,0]]}',
        '{"type":"MultiLineString","coordinates":[[[0,0],[1,1]],[[2,2],[1,1]]]}',
        '{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}',
        '{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}',
    ],
)
def test_canonical_text_is_taken_as_it_is(text: str) -> None:
    assert canonical_geometry(text) == text
    assert is_canonical(text) is None


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("[1.0, 2.50]", "[1,2.5]"),
        ("[-0.0, -0]", "[0,0]"),
        ("[-0.00000004, 0.00000004]", "[0,0]"),
        ("[1e1, 1E-7]", "[10,0.0000001]"),
        ("[0.12345674, 0.12345676]", "[0.1234567,0.1234568]"),
        ("[100, 10]", "[100,10]"),
        ("[179.99999999, -89.99999999]", "[180,-90]"),
        ("[180.00000000000003, 0]", "[180,0]"),
        ("[-0.5, 0.05]", "[-0.5,0.05]"),
        # Exactly between two (2**-8 has eight decimals): to the even one.
        ("[0.00390625, 0.01171875]", "[0.0039062,0.0117188]"),
    ],
)
def test_numbers_have_one_spelling(position: str, expected: str) -> None:
    text = canonical_geometry(f'{{"type":"Point","coordinates":{position}}}')
    assert text == f'{{"type":"Point","coordinates":{expected}}}'


@unhurried
@given(st.integers(-1_800_000_000, 1_800_000_000), st.integers(-900_000_000, 900_000_000))
def test_each_place_of_seven_decimals_is_itself(east: int, north: int) -> None:
    east_sign, north_sign = ("-" if ordinate < 0 else "" for ordinate in (east, north))
    (east_whole, east_part), (north_whole, north_part) = divmod(abs(east), 10**7), divmod(abs(north), 10**7)
    position = f"[{east_sign}{east_whole}.{east_part:07},{north_sign}{north_whole}.{north_part:07}]"
    longitude, latitude = json.loads(canonical("Point", json.loads(position)))
    assert (round(longitude * 10**7), round(latitude * 10**7)) == (east, north)
    assert [longitude, latitude] == json.loads(position)


@pytest.mark.parametrize(
    "text",
    [
        ' { "coordinates" : [ 1 , 2 ] , "type" : "Point" } \n',
        '{"type":"\\u0050oint","coordinates":[1,2]}',
        '{"bbox":[1,2,1,2],"type":"Point","coordinates":[1,2]}',
    ],
)
def test_the_spelling_of_the_json_does_not_matter(text: str) -> None:
    assert canonical_geometry(text) == '{"type":"Point","coordinates":[1,2]}'
    assert "where its canonical text reads" in (is_canonical(text) or "")


def test_rings_begin_at_their_smallest_vertex_and_exteriors_run_anticlockwise_holes_clockwise() -> None:
    clockwise = [[9, 9], [9, 0], [0, 0], [0, 9], [9, 9]]
    anticlockwise_hole = [[2, 2], [1, 2], [1, 1], [2, 1], [2, 2]]
    expected = "[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]"
    assert canonical("Polygon", [clockwise, anticlockwise_hole]) == expected


def test_of_vertices_as_far_west_the_southernmost_comes_first() -> None:
    assert canonical("Polygon", [[[0, 5], [0, 1], [3, 3], [0, 5]]]) == "[[[0,1],[3,3],[0,5],[0,1]]]"


def test_repeated_neighbours_are_removed_also_when_only_rounding_makes_them_so() -> None:
    ring = [[0, 0], [0.00000001, 0], [9, 0], [9, 0], [9, 9], [0, 0], [0, 0.00000002], [0, 0]]
    assert canonical("Polygon", [ring]) == "[[[0,0],[9,0],[9,9],[0,0]]]"
    assert canonical("LineString", [[1, 1], [1, 1], [2, 2], [1, 1]]) == "[[1,1],[2,2],[1,1]]"


def test_lines_keep_their_direction() -> None:
    assert canonical("LineString", [[5, 5], [1, 1]]) == "[[5,5],[1,1]]"


def test_parts_and_holes_are_in_the_order_of_their_text_each_once() -> None:
    assert canonical("MultiPoint", [[9, 1], [10, 1], [9, 1.0]]) == "[[10,1],[9,1]]"
    first, second = [SQUARE, OTHER_HOLE, HOLE, OTHER_HOLE], [[[20, 20], [21, 20], [21, 21], [20, 20]]]
    assert canonical("MultiPolygon", [second, first]) == canonical("MultiPolygon", [first, second])


def test_holes_are_in_the_order_of_their_text_each_once() -> None:
    corners = [8, 3, 5, 1, 7, 2, 6, 4, 3]
    holes = [[[c / 10, 1], [c / 10, 2], [c / 10 + 0.05, 2], [c / 10, 1]] for c in corners]
    kept = json.loads(canonical("Polygon", [SQUARE, *holes]))[1:]
    assert [hole[0][0] for hole in kept] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


def test_a_tiny_ring_far_from_the_origin_is_turned_the_right_way() -> None:
    # In floating point its area drowns: the products are near 9,000 and differ by 1e-14.
    clockwise = [[179, 52], [179, 52.0000001], [179.0000001, 52.0000001], [179, 52]]
    assert canonical("Polygon", [clockwise]) == "[[[179,52],[179.0000001,52.0000001],[179,52.0000001],[179,52]]]"


REFUSED = [
    ("", "not JSON (line 1, column 1"),
    ("POINT (1 2)", "not JSON"),
    ("null", "not a JSON object"),
    ("[1,2]", "not a JSON object"),
    ('"Point"', "not a JSON object"),
    ('\ufeff{"type":"Point","coordinates":[1,2]}', "not JSON"),
    ("{}", "no member type"),
    ('{"type":null,"coordinates":[1,2]}', "no member type"),
    ('{"type":["Point"],"coordinates":[1,2]}', "is not one of Point, MultiPoint"),
    ('{"type":"point","coordinates":[1,2]}', "'point' is not one of Point, MultiPoint"),
    ('{"type":"Circle","coordinates":[1,2]}', "'Circle' is not one of Point, MultiPoint"),
    ('{"type":"Point"}', "no member coordinates"),
    ('{"type":"Point","coordinates":null}', "coordinates is not a position"),
    ('{"type":"GeometryCollection","geometries":[]}', "a GeometryCollection is refused"),
    ('{"type":"Feature","geometry":null}', "it is a Feature: give the geometry alone"),
    ('{"type":"Point","coordinates":[1,2],"crs":{}}', "the member 'crs' is not part of a shape"),
    ('{"type":"Point","coordinates":[1,2],"\\ud800":1}', "the member '\\ud800' is not"),
    ('{"type":"Point","type":"Point","coordinates":[1,2]}', "gives a member twice"),
    ('{"type":"Point","coordinates":[NaN,2]}', "holds NaN"),
    ('{"type":"Point","coordinates":[1,-Infinity]}', "holds -Infinity"),
    ('{"type":"Point","coordinates":[1e400,2]}', "beyond any longitude"),
    (f'{{"type":"Point","coordinates":[1{"0" * 400},2]}}', "beyond any longitude"),
    (f'{{"type":"Point","coordinates":[{"9" * 5000},2]}}', "too many digits"),
    (f'{{"type":"Point","coordinates":{"[" * 200_000}', "nested too deeply"),
    ('{"type":"Point","coordinates":[1,2', "not JSON"),
    ('{"type":"Point","coordinates":[1_0,2]}', "not JSON"),
    ('{"type":"Point","coordinates":[１,2]}', "not JSON"),
    ('{"type":"Point","coordinates":["1","2"]}', "coordinates is not two numbers"),
    ('{"type":"Point","coordinates":[true,false]}', "coordinates is not two numbers"),
    ('{"type":"Point","coordinates":[[1],2]}', "coordinates is not two numbers"),
    ('{"type":"Point","coordinates":{"x":1,"y":2}}', "coordinates is not a position"),
    ('{"type":"Point","coordinates":"12"}', "coordinates is not a position"),
    ('{"type":"Point","coordinates":[1]}', "coordinates is not a position"),
    ('{"type":"Point","coordinates":[]}', "coordinates is not a position"),
    ('{"type":"Point","coordinates":[1,2,3]}', "has 3 ordinates"),
    (
        '{"type":"Point","coordinates":[51.5,-120.5]}',
        "latitude -120.5, beyond 90: are they the wrong way round",
    ),
    ('{"type":"Point","coordinates":[120,91]}', "latitude 91, beyond 90"),
    ('{"type":"Point","coordinates":[530000,180000]}', "longitude 530000, beyond 180: degrees are asked for"),
    ('{"type":"Point","coordinates":[180.0000001,0]}', "longitude 180.0000001, beyond 180"),
    ('{"type":"Point","coordinates":[0,-90.0000001]}', "latitude -90.0000001, beyond 90"),
    ('{"type":"MultiPoint","coordinates":[]}', "an empty list of parts"),
    ('{"type":"MultiPoint","coordinates":[[1,2],[1,2,3]]}', "coordinates[1] has 3 ordinates"),
    ('{"type":"LineString","coordinates":[]}', "an empty list of positions"),
    ('{"type":"LineString","coordinates":[[1,2]]}', "a line without two different positions"),
    ('{"type":"LineString","coordinates":[[1,2],[1,2.00000001]]}', "a line without two different positions"),
    ('{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[1,2]]]}', "coordinates[1] is a line without"),
    ('{"type":"Polygon","coordinates":[]}', "an empty list of rings"),
    ('{"type":"Polygon","coordinates":[[]]}', "coordinates[0] is an empty list of positions"),
    (
        '{"type":"Polygon","coordinates":[[0,0],[1,0],[1,1],[0,0]]}',
        "coordinates[0] is a ring of fewer than 4",
    ),
    ('{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}', "fewer than 4 positions"),
    (
        '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}',
        "coordinates[0] is a ring that is not closed",
    ),
    ('{"type":"Polygon","coordinates":[[[0,0],[1,1],[2,2],[0,0]]]}', "encloses no area"),
    ('{"type":"Polygon","coordinates":[[[1,1],[1,1],[1,1],[1,1]]]}', "encloses no area"),
    ('{"type":"Polygon","coordinates":[[[0,0],[1e-8,0],[1e-8,1e-8],[0,0]]]}', "encloses no area"),
    ('{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1]]]]}', "coordinates[0][0] is a ring of fewer"),
]


@pytest.mark.parametrize(("text", "phrase"), REFUSED, ids=lambda value: value[:60])
def test_what_is_no_shape_is_refused_with_the_first_reason(text: str, phrase: str) -> None:
    with pytest.raises(Invalid) as refusal:
        canonical_geometry(text)
    assert phrase in str(refusal.value)
    assert is_canonical(text) == str(refusal.value)
    str(refusal.value).encode()


def test_a_fault_is_named_where_it_stands() -> None:
    faulty: list[Any] = [*HOLE[:2], [2, None], *HOLE[3:]]
    with pytest.raises(Invalid, match=r"^coordinates\[1\]\[2\]\[2\] is not two numbers$"):
        canonical("MultiPolygon", [[SQUARE], [SQUARE, OTHER_HOLE, faulty]])


def test_the_first_difference_from_the_canonical_text_is_shown() -> None:
    reason = is_canonical('{"type":"Point","coordinates":[1.50,2]}')
    assert reason == "from character 35 it reads '0,2]}' where its canonical text reads ',2]}'"


# Properties

ORDINATES = st.integers(-900_000_000, 900_000_000)
GRID = st.tuples(st.integers(0, 2), st.integers(0, 2))


@st.composite
def simple_rings(draw: st.DrawFn) -> Ring:
    """A closed ring that does not cross itself: at growing angles around a centre, at any distances."""
    angles = sorted(draw(st.sets(st.integers(0, 359), min_size=3, max_size=12)))
    assume(all(b - a < 180 for a, b in zip(angles, [*angles[1:], angles[0] + 360], strict=True)))
    east, north = draw(st.integers(-170, 170)), draw(st.integers(-80, 80))
    ring = []
    for angle in angles:
        distance = draw(st.floats(0.01, 9))
        longitude = east + distance * math.cos(math.radians(angle))
        ring.append([round(longitude, 7), round(north + distance * math.sin(math.radians(angle)), 7)])
    return [*ring, ring[0]]


def turned(ring: Ring, start: int, backwards: bool) -> Ring:
    """The same ring begun elsewhere, and run the other way."""
    cycle = ring[:-1]
    cycle = cycle[start % len(cycle) :] + cycle[: start % len(cycle)]
    cycle = cycle[::-1] if backwards else cycle
    return [*cycle, cycle[0]]


@unhurried
@given(simple_rings(), st.integers(0, 11), st.booleans())
def test_a_ring_is_the_same_bytes_wherever_it_begins_and_whichever_way_it_runs(
    ring: Ring, start: int, backwards: bool
) -> None:
    assert canonical("Polygon", [turned(ring, start, backwards)]) == canonical("Polygon", [ring])


@unhurried
@given(simple_rings())
def test_shapely_sees_the_same_area_run_anticlockwise(ring: Ring) -> None:
    text = canonical_geometry(spelt("Polygon", [ring]))
    ours, theirs = shape(json.loads(text)), Polygon(ring)
    assert ours.equals(theirs)
    assert ours.area == pytest.approx(theirs.area)
    assert shapely.is_ccw(ours.exterior)
    assert tuple(ours.exterior.coords[0]) == min(theirs.exterior.coords)
    assert canonical_geometry(text) == text


@unhurried
@given(st.permutations([HOLE, OTHER_HOLE, [[6, 1], [7, 1], [7, 2], [6, 1]]]), st.booleans())
def test_shapely_sees_the_same_holes_run_clockwise(holes: list[Ring], backwards: bool) -> None:
    rings = [turned(ring, 2, backwards) for ring in [SQUARE, *holes]]
    ours = shape(json.loads(canonical_geometry(spelt("Polygon", rings))))
    assert ours.equals(Polygon(rings[0], rings[1:]))
    assert shapely.is_ccw(ours.exterior)
    assert not any(shapely.is_ccw(hole) for hole in ours.interiors)


@unhurried
@given(st.lists(simple_rings(), min_size=1, max_size=5).flatmap(lambda rings: st.permutations(rings)))
def test_the_order_of_parts_does_not_matter(rings: list[Ring]) -> None:
    parts = [[ring] for ring in rings]
    text = canonical("MultiPolygon", parts)
    assert text == canonical("MultiPolygon", sorted(parts))
    assert canonical("MultiPolygon", json.loads(text)) == text


@unhurried
@given(st.lists(GRID, min_size=3, max_size=14))
def test_a_ring_that_touches_itself_still_has_one_beginning(vertices: list[tuple[int, int]]) -> None:
    closed = [*vertices, vertices[0]]
    cycle = [list(vertex) for vertex, after in zip(vertices, closed[1:], strict=True) if vertex != after]
    doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(cycle, cycle[1:] + cycle[:1], strict=True))
    assume(doubled)
    forwards = cycle if doubled > 0 else cycle[::-1]
    least = min(forwards[start:] + forwards[:start] for start in range(len(forwards)))
    assert json.loads(canonical("Polygon", [[*cycle, cycle[0]]])) == [[*least, least[0]]]


@unhurried
@given(st.lists(st.tuples(ORDINATES, ORDINATES), min_size=1, max_size=20))
def test_any_places_keep_within_half_of_the_last_decimal(places: list[tuple[int, int]]) -> None:
    given_places = [[east / 9.87654321e7, north / 1.23456789e7] for east, north in places]
    assume(all(abs(north) <= 90 for _, north in given_places))
    kept = json.loads(canonical("MultiPoint", given_places))
    for east, north in given_places:
        assert any(abs(east - x) <= 5.1e-8 and abs(north - y) <= 5.1e-8 for x, y in kept)


# Size


def test_a_shape_of_half_a_million_vertices_takes_seconds() -> None:
    eastings = [number / 1000 - 125 for number in range(250_000)]
    comb = [[east, 1 + number % 2] for number, east in enumerate(eastings)]
    ring = [*comb, *([east, 0] for east in reversed(eastings)), comb[0]]
    text = spelt("Polygon", [ring])
    begun = time.process_time()
    spelling = canonical_geometry(text)
    assert time.process_time() - begun < 10
    assert spelling.count("[") == 500_001 + 2


def test_a_ring_that_goes_round_and_round_takes_no_longer() -> None:
    text = spelt("Polygon", [[*([[0, 0], [1, 0], [1, 1]] * 100_000), [0, 0]]])
    begun = time.process_time()
    assert canonical_geometry(text).startswith('{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0],')
    assert time.process_time() - begun < 10


def test_a_shape_over_the_limit_is_refused_however_it_is_spelt() -> None:
    row = ",".join(f"[{number / 10_000:.4f},50.1234567]" for number in range(1_000, 460_000))
    text = f'{{"type":"LineString","coordinates":[{row}]}}'
    assert GEOMETRY_LIMIT < len(text) < SOURCE_LIMIT
    with pytest.raises(Invalid, match="characters, and 8,388,608 are the most"):
        canonical_geometry(text)
    assert "8,388,608 are the most" in (is_canonical(text) or "")


def test_a_source_may_be_longer_than_its_canonical_text_but_not_without_end() -> None:
    point = '{"type":"Point","coordinates":[1,2]}'
    assert canonical_geometry(point + " " * GEOMETRY_LIMIT) == point
    with pytest.raises(Invalid, match="33,554,432 are the most"):
        canonical_geometry(point + " " * SOURCE_LIMIT)


# Real shapes


def test_the_countries_of_the_world_keep_their_shapes(shared_data: Path) -> None:
    source = shared_data / "world" / "ne_110m_admin_0_countries.geojson"
    if not source.is_file():
        pytest.skip("the countries of the world are not in the folder of shared data")
    geometries = [feature["geometry"] for feature in json.loads(source.read_text("utf-8"))["features"]]
    assert len(geometries) > 100
    for geometry in geometries:
        text = canonical_geometry(json.dumps(geometry))
        assert is_canonical(text) is None
        assert shape(json.loads(text)).area == pytest.approx(shape(geometry).area, rel=1e-6)
