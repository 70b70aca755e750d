"""Tables with places: which columns say where, what is wrong with rows, and the keys that the others get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import box

from geo import crs, linking
from geo.linking import Linker, Target, Where
from geo.places import Position
from registers.errors import Invalid
from tests.geo.test_index import opened

POSTCODES: Mapping[str, Position] = {"AB1 2CD": (0.25, 0.5), "ZZ1 1ZZ": "postcode has no record ZZ11ZZ"}


def find(names: Sequence[str]) -> Mapping[str, Position]:
    """The positions of the two postcodes."""
    return {name: POSTCODES[name] for name in names}


def batch(**columns: Sequence[Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({name: list(values) for name, values in columns.items()})


@pytest.fixture
def targets(tmp_path: Path) -> list[Target]:
    """Two squares that share a side, under one that covers both; and a register with nothing in it."""
    small = opened(tmp_path / "small", {"A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1)})
    return [
        Target("small", small, 1),
        Target("none", None, 0),
        Target("large", opened(tmp_path / "large", {"C": box(0, 0, 2, 1)}), 1),
    ]


def linked(
    targets: list[Target], table: pa.RecordBatch, where: Where | None = None
) -> tuple[list[Any], dict[int, str]]:
    """The keys of each row in each register, and the faults."""
    linker = Linker(where or linking.where_in(table.schema.names), targets, None, find)
    columns, faults = linker.link(table)
    assert all(len(column) == len(table) for column in columns)
    return [column.to_pylist() for column in columns], faults


# Which columns


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("id Longitude LAT", ("Longitude", "LAT")),
        ("lat lon postcode", ("lon", "lat")),
        ("Easting Northing Postcode", ("Easting", "Northing")),
        ("oseast1m osnrth1m", ("oseast1m", "osnrth1m")),
        ("lon Postcode", ("Postcode",)),
        ("pcds x", ("pcds",)),
        ("record", ("record",)),
    ],
)
def test_columns_with_the_usual_names_are_found(names: str, expected: tuple[str, ...]) -> None:
    assert linking.where_in(names.split()).columns == expected


def test_columns_that_are_chosen_are_taken_in_any_system() -> None:
    where = linking.where_in(["x", "y", "lon", "lat"], ["x", "y"], "EPSG:3857")
    assert where.columns == ("x", "y") and where.system is crs.system("EPSG:3857")
    assert linking.where_in(["x", "y"], ["x", "y"]).system is crs.system("EPSG:4326")
    assert linking.where_in(["x", "y"], ["x"]) == Where(("x",), None, "postcode")
    assert linking.where_in(["lon", "lat"], (), "EPSG:27700").system is crs.system("EPSG:27700")


@pytest.mark.parametrize(
    ("names", "chosen", "given", "fault"),
    [
        (["id", "lon"], [], "", "no columns that say where"),
        (["lat", "latitude", "lon"], [], "", "more than one column may be the lat: lat, latitude"),
        (["x", "y"], ["x", "z"], "", "no column 'z'"),
        (["x", "y", "z"], ["x", "y", "z"], "", "two columns say where"),
        (["x", "y"], ["x"], "EPSG:27700", "two columns say where"),
        (["x", "y"], ["x", "y"], "EPSG:99999999", "not a coordinate reference system"),
    ],
)
def test_columns_that_say_nothing_are_refused(names: list[str], chosen: list[str], given: str, fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        linking.where_in(names, chosen, given)


def test_added_columns_have_names_of_their_own() -> None:
    assert linking.column_names(["id"], ["district", "error"], "") == ["district", "error"]
    assert linking.column_names(["district"], ["district"], "in-") == ["in-district"]
    for taken in ("district", "District"):
        with pytest.raises(Invalid, match="has a column 'district' already"):
            linking.column_names([taken], ["ward", "district"], "")


# What rows get


def test_a_point_gets_the_keys_of_all_areas_it_lies_in(targets: list[Target]) -> None:
    table = batch(lon=["0.5", "1", " 1.5 ", "9", "2e0"], lat=["0.5", "0.5", ".5", "9", "1"])
    keys, faults = linked(targets, table)
    assert keys == [["A", "A;B", "B", None, "B"], [None] * 5, ["C", "C", "C", None, "C"]]
    assert faults == {}


@pytest.mark.parametrize(
    ("lon", "lat", "fault"),
    [
        (None, None, "it says nowhere: there are no coordinates"),
        ("1", None, "'1', nothing are not two numbers"),
        ("nan", "1", "not two numbers"),
        ("1", "inf", "not two numbers"),
        ("1,5", "1", "not two numbers"),
        ("0x1p1", "1", "not two numbers"),
        ("1 2", "1", "not two numbers"),
        ("1e999", "1", "not two numbers"),
        ("383819", "398052", "no longitude from -180 to 180"),
        ("1", "-90.1", "no longitude from -180 to 180 and latitude from -90 to 90"),
    ],
)
def test_a_row_that_says_nothing_of_use_has_a_fault(targets: list[Target], lon: str, lat: str, fault: str) -> None:
    keys, faults = linked(targets, batch(lon=["0.5", lon, "1.5"], lat=["0.5", lat, "0.5"]))
    assert keys[0] == ["A", None, "B"]
    assert list(faults) == [1] and fault in faults[1].replace("''", "nothing")


def test_numbers_of_any_type_are_numbers(targets: list[Target]) -> None:
    numbers = (pa.float16(), pa.float32(), pa.float64(), pa.decimal128(5, 2))
    texts = (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()))
    columns = [pa.array([0.5, None]).cast(kind) for kind in numbers]
    for column in columns + [pa.array(["0.5", None]).cast(kind) for kind in texts]:
        keys, faults = linked(targets, pa.RecordBatch.from_arrays([column, column], names=["lon", "lat"]))
        assert keys[0] == ["A", None] and list(faults) == [1]
    keys, faults = linked(targets, batch(lon=[True], lat=[True]))
    assert keys[0] == [None] and "not two numbers" in faults[0]


def test_the_national_grid_goes_through_ostn15(targets: list[Target]) -> None:
    east, north = crs.grid_of_point(0.5, 51.5)
    points = linking.points_of(
        linking.where_in(["easting", "northing"]), batch(easting=[east, 9e6], northing=[north, 0.0]), find
    )
    assert (points.longitudes[0], points.latitudes[0]) == pytest.approx((0.5, 51.5), abs=1e-7)
    assert "outside OSTN15's area" in points.faults[1]
    elsewhere = batch(x=[1e6, 1e300], y=[1e6, 0.0])
    points = linking.points_of(linking.where_in(["x", "y"], ["x", "y"], "EPSG:3857"), elsewhere, find)
    assert points.longitudes[0] == pytest.approx(8.98, abs=0.01) and "nowhere in EPSG:3857" in points.faults[1]


def test_postcodes_are_looked_up_once_each(targets: list[Target]) -> None:
    keys, faults = linked(targets, batch(postcode=["AB1 2CD", "ZZ1 1ZZ", None, "AB1 2CD", ""]))
    assert keys[0] == ["A", None, None, "A", None]
    assert faults[1] == "postcode has no record ZZ11ZZ" and "there is nothing" in faults[2] and 4 in faults


def test_names_are_text_however_it_is_kept(targets: list[Target]) -> None:
    where = linking.where_in(["postcode"])
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())):
        column = pa.array(["AB1 2CD", None]).cast(kind)
        keys, faults = linked(targets, pa.RecordBatch.from_arrays([column], names=["postcode"]), where)
        assert keys[0] == ["A", None] and list(faults) == [1]
    for column in (pa.array([b"\xff"]), pa.array([["AB1 2CD"]]), pa.array([1.5])):
        with pytest.raises(Invalid, match="postcodes and records are text"):
            linked(targets, pa.RecordBatch.from_arrays([column], names=["postcode"]), where)


def test_shapes_say_where_when_they_are_points(targets: list[Target]) -> None:
    shapes = [shapely.Point(0.5, 0.5), box(0, 0, 1, 1), shapely.Point(), None, shapely.Point(1, 0.5)]
    shapes += [shapely.MultiPoint([(1.5, 0.5, 7)]), shapely.MultiPoint([(0, 0), (1, 1)]), shapely.MultiPoint()]
    table = batch(geometry=[None if shape is None else shape.wkb for shape in shapes] + [b"not WKB"])
    keys, faults = linked(targets, table, linking.where_of_shapes("geometry", "OGC:CRS84"))
    assert keys[0] == ["A", None, None, None, "A;B", "B", None, None, None]
    kinds = ["a Polygon", "nothing", "nothing", "a MultiPoint", "nothing", "nothing"]
    assert [faults[row].rpartition("and is ")[2] for row in sorted(faults)] == kinds


@given(st.lists(st.tuples(st.integers(-1, 9), st.integers(-1, 5)), max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_a_table_says_what_one_point_after_another_says(tmp_path: Path, steps: list[tuple[int, int]]) -> None:
    index = opened(tmp_path / "index", {"A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1), "C": box(0.5, 0.5, 1.5, 1)})
    table = batch(lon=[x / 4 for x, _ in steps], lat=[y / 4 for _, y in steps])
    points = linking.points_of(linking.where_in(["lon", "lat"]), table, find)
    hits = [index.versions_at(x / 4, y / 4, 1, None) for x, y in steps]
    expected = [";".join(hit.version.key for hit in each) or None for each in hits]
    assert linking.keys_of(Target("all", index, 1), points, None).to_pylist() == expected
