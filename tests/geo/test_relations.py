"""How areas lie to one another: held against DE-9IM of every pair of whole shapes, without an index."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from geo.areas.building import build
from geo.areas.index import Index, Version
from geo.areas.relations import RELATIONS, relate, related, rows_of, sound_shape
from geo.surface import square_metres
from tests.geo.test_index import REAL, opened

RING = Polygon(box(0, 0, 4, 4).exterior, [box(1, 1, 3, 3).exterior])
Named = dict[str, str]


def in_full(this: Any, that: Any) -> str | None:
    """The relation by its definition, from the whole matrix of an unprepared pair; None for disjoint."""
    matrix = shapely.relate(this, that)
    if "T" not in (matrix[place].replace("0", "T").replace("1", "T").replace("2", "T") for place in (0, 1, 3, 4)):
        return None
    if matrix[0] == "F":
        return "touches"
    out_of_that, out_of_this = matrix[2] != "F", matrix[6] != "F"
    return {(0, 0): "equals", (1, 0): "covers", (0, 1): "covered-by", (1, 1): "overlaps"}[out_of_that, out_of_this]


def by_looking_at_all(this: Any, shapes: dict[str, Any]) -> Named:
    """The relation to each of the areas, by its key, but for those that it has nothing in common with."""
    found = ((key, in_full(this, shape)) for key, shape in shapes.items())
    return {key: relation for key, relation in found if relation}


def relations(this: Any, index: Index) -> Named:
    """The same from the index."""
    return {each.version.key: each.relation for each in related(index, rows_of(this, index), 1, None)}


def shares(this: Any, index: Index) -> dict[str, tuple[float, float]]:
    """Both shares of each area, by its key."""
    found = related(index, rows_of(this, index), 1, None)
    return {each.version.key: (each.share_of_this, each.share_of_that) for each in found}


# Published districts


@pytest.fixture(scope="module")
def districts(shared_data: Path) -> dict[str, Any]:
    """The published districts, whole."""
    path = shared_data / "boundaries" / REAL
    if not path.exists():
        pytest.skip(f"{REAL} is not here")
    features = json.loads(path.read_text())["features"]
    return {
        each["properties"]["LAD25CD"]: shapely.make_valid(shapely.from_geojson(json.dumps(each["geometry"])))
        for each in features
    }


@pytest.fixture(scope="module")
def real(districts: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Their index."""
    return opened(tmp_path_factory.mktemp("places") / "districts", districts)


def test_london_covers_its_boroughs_and_touches_its_neighbours(districts: dict[str, Any], real: Index) -> None:
    """The figures are those of PostGIS on whole geometries; on pieces of them it has 15, 31 and 14."""
    london = shapely.union_all([shape for key, shape in districts.items() if key.startswith("E09")])
    found = relations(london, real)
    assert Counter(found.values()) == {"covers": 33, "touches": 17}
    assert found == by_looking_at_all(london, districts)


def test_every_tenth_published_district_is_to_the_others_what_a_full_scan_says(
    districts: dict[str, Any], real: Index
) -> None:
    for shape in list(districts.values())[::10]:
        assert relations(shape, real) == by_looking_at_all(shape, districts)


def test_a_district_that_is_moved_a_hair_overlaps_and_its_shares_say_so(districts: dict[str, Any], real: Index) -> None:
    """Manchester, ten metres to the east, as if it had been digitised anew."""
    moved = shapely.transform(districts["E08000003"], lambda vertices: vertices + [1.5e-4, 0])
    found = related(real, rows_of(moved, real), 1, None)
    assert {each.relation for each in found} == {"overlaps"}
    kept = [each for each in found if not each.is_sliver(0.01)]
    assert [each.version.key for each in kept] == ["E08000003"]
    assert 0.99 < kept[0].share_of_this < 1
    assert sum(each.share_of_this for each in found) == pytest.approx(1, abs=1e-9)


# Made ones


CASES = {
    "itself": box(0, 0, 2, 2),
    "the same under another key": box(0, 0, 2, 2),
    "quarter": box(0, 0, 1, 1),
    "inside": box(0.5, 0.5, 1.5, 1.5),
    "around": box(-1, -1, 3, 3),
    "half": box(1, 0, 3, 2),
    "beside": box(2, 0, 4, 2),
    "corner": box(2, 2, 3, 3),
    "far": box(9, 9, 10, 10),
    "islands": MultiPolygon([box(-2, 0, -1, 1), box(0, 1, 1, 2)]),
    "around it with a hole": Polygon(box(-1, -1, 3, 3).exterior, [box(0, 0, 2, 2).exterior]),
    "triangle whose box meets it": Polygon([(3, 0), (3, 3), (0, 3)]),
    "triangle that only its box brings near": Polygon([(5, 0), (5, 5), (0, 5)]),
}


def test_each_relation_and_its_shares(tmp_path: Path) -> None:
    index = opened(tmp_path / "cases", CASES)
    told = relations(CASES["itself"], index)
    assert told == by_looking_at_all(CASES["itself"], CASES)
    assert told == {
        "itself": "equals",
        "the same under another key": "equals",
        "quarter": "covers",
        "inside": "covers",
        "around": "covered-by",
        "half": "overlaps",
        "beside": "touches",
        "corner": "touches",
        "islands": "overlaps",
        "around it with a hole": "touches",
        "triangle whose box meets it": "overlaps",
    }
    found = shares(CASES["itself"], index)
    assert found["itself"] == found["the same under another key"] == (1, 1)
    assert found["half"] == pytest.approx((0.5, 0.5), abs=1e-9)
    assert found["islands"] == pytest.approx((0.25, 0.5), abs=1e-3)
    assert found["quarter"] == (pytest.approx(0.25, abs=1e-3), 1)
    assert found["around"] == (1, pytest.approx(0.25, abs=1e-3))
    assert found["beside"] == found["around it with a hole"] == (0, 0)


def test_a_hole_holds_what_it_touches(tmp_path: Path) -> None:
    index = opened(tmp_path / "ring", {"filling": box(1, 1, 3, 3), "smaller": box(1.5, 1.5, 2.5, 2.5), "ring": RING})
    assert relations(RING, index) == {"filling": "touches", "ring": "equals"}


def test_minus_180_is_not_180(tmp_path: Path) -> None:
    both = MultiPolygon([box(179, 0, 180, 1), box(-180, 0, -179, 1)])
    index = opened(tmp_path / "fiji", {"east": box(179, 0, 180, 1), "west": box(-180, 0, -179, 1), "both": both})
    assert relations(both, index) == {"east": "covers", "west": "covers", "both": "equals"}
    assert relations(box(179, 0, 180, 1), index) == {"east": "equals", "both": "covered-by"}


def test_the_largest_share_of_this_area_comes_first_and_then_the_key(tmp_path: Path) -> None:
    shapes = {
        "c": box(0, 0, 1, 2),
        "b": box(1, 1, 2, 2),
        "a": box(1, 0, 2, 0.5),
        "e": box(2, 0, 3, 2),
        "d": box(-1, 0, 0, 2),
    }
    index = opened(tmp_path / "order", shapes)
    rows = rows_of(box(0, 0, 2, 2), index)
    assert [each.version.key for each in related(index, rows, 1, None)] == ["c", "b", "a", "d", "e"]
    assert related(index, rows, 1, None, apart_from={1}) == []


def test_a_shape_that_is_not_valid_is_taken_as_it_is_repaired(tmp_path: Path) -> None:
    bow_tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    index = opened(tmp_path / "invalid", {"bow tie": bow_tie, "west": box(0, 0, 1, 2)})
    found = index.version_of("bow tie", 1)
    assert found
    sound = sound_shape(index, found[1])
    assert sound.is_valid
    assert relations(sound, index) == {"bow tie": "equals", "west": "overlaps"}
    assert shares(sound, index)["west"] == pytest.approx((0.5, 0.5), abs=1e-3)


def test_the_numbering_tells_which_shapes_have_which_numbers(tmp_path: Path) -> None:
    west, east = box(0, 0, 1, 1), box(1, 0, 2, 1)
    shapes: list[dict[str, Any]] = [{"a": west, "b": east}, {"c": west, "d": east}, {"a": east, "b": west}, {"b": east}]
    numberings = [opened(tmp_path / str(number), each).numbering for number, each in enumerate(shapes)]
    assert numberings[0] == numberings[1]
    assert len(set(numberings)) == 3


def test_an_index_of_nothing_and_a_shape_of_nothing(tmp_path: Path) -> None:
    nothing = opened(tmp_path / "nothing", {})
    assert relations(box(0, 0, 1, 1), nothing) == {}
    assert relations(MultiPolygon(), opened(tmp_path / "one", {"one": box(0, 0, 1, 1)})) == {}
    assert len(relate(box(0, 0, 1, 1), [])) == 0


@pytest.mark.parametrize("key", ["A", "A ", "Aé", "", "é"])
def test_the_version_of_a_key_is_found_letter_for_letter(tmp_path: Path, key: str) -> None:
    shapes = {"A": box(0, 0, 1, 1), "Aé": box(1, 0, 2, 1), "B": box(0, 0, 1, 1), "é": box(0, 2, 1, 3)}
    index = opened(tmp_path / "keys", shapes)
    found = index.version_of(key, 1)
    assert (found[0].key if found else None) == (key if key in shapes else None)
    if found:
        assert index.shape(found[1]).whole.shape(0).equals(shapes[key])
    assert index.version_of(key, 0) is None


def test_a_version_that_was_replaced_is_that_of_its_sizes(tmp_path: Path) -> None:
    shapes = {b"1" * 32: box(0, 0, 1, 1), b"2" * 32: box(0, 0, 2, 2)}
    versions = [Version("A", "was", 1, 3, None, 9, b"1" * 32), Version("A", "is", 3, None, 10, None, b"2" * 32)]
    build(tmp_path / "history", versions, lambda version: shapes[version.digest])
    index = Index.open(tmp_path / "history")
    assert [found and found[0].name for found in (index.version_of("A", size) for size in range(5))] == [
        None,
        "was",
        "was",
        "is",
        "is",
    ]
    rows = rows_of(box(0, 0, 1, 1), index)
    assert [[each.version.name for each in related(index, rows, size, None)] for size in (0, 2, 3)] == [
        [],
        ["was"],
        ["is"],
    ]
    assert [[each.version.name for each in related(index, rows, 3, day)] for day in (9, 10)] == [[], ["is"]]


@st.composite
def coverages(draw: st.DrawFn) -> dict[str, Any]:
    """Squares of a chequered board, put together into areas of any form; some in two, and a few areas beside."""
    owners = draw(st.lists(st.integers(0, 5), min_size=25, max_size=25))
    cells: dict[int, list[Any]] = {}
    for cell, owner in enumerate(owners):
        cells.setdefault(owner, []).append(box(cell % 5, cell // 5, cell % 5 + 1, cell // 5 + 1))
    shapes = {f"district {owner}": shapely.union_all(parts) for owner, parts in cells.items()}
    for number in range(draw(st.integers(0, 3))):
        west, south = draw(st.integers(-1, 4)), draw(st.integers(-1, 4))
        wide, high = draw(st.sampled_from([0.5, 1, 2, 5])), draw(st.sampled_from([0.5, 1, 2, 5]))
        shapes[f"square {number}"] = box(west, south, west + wide, south + high)
    return shapes


@settings(max_examples=60)
@given(coverages())
def test_made_areas_are_to_one_another_what_a_full_scan_says(
    tmp_path_factory: pytest.TempPathFactory, areas: dict[str, Any]
) -> None:
    index = opened(tmp_path_factory.mktemp("made") / "index", areas)
    for shape in areas.values():
        assert relations(shape, index) == by_looking_at_all(shape, areas)
        own, found = square_metres([shape])[0], shares(shape, index)
        for key, (of_this, of_that) in found.items():
            common = square_metres([shapely.intersection(shape, areas[key])])[0]
            assert of_this == pytest.approx(common / own, abs=1e-9)
            assert of_that == pytest.approx(common / square_metres([areas[key]])[0], abs=1e-9)


def test_every_relation_has_its_opposite() -> None:
    shapes = list(CASES.values())
    opposite = {"covers": "covered-by", "covered-by": "covers"}
    for this in shapes:
        for that in shapes:
            (there,), (back,) = relate(this, [that]), relate(that, [this])
            names = [*RELATIONS, "disjoint"]
            named = names[there["relation"]]
            assert names[back["relation"]] == opposite.get(named, named)
            assert (there["of_this"], there["of_that"]) == pytest.approx((back["of_that"], back["of_this"]))
