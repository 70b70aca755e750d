"""The source of boundaries: columns, presets, repairs and faults, on files made here and on published ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.source import Ending, Reading, Row, Wrong
from loaders.sources import boundaries
from loaders.sources.boundaries import OPTIONS, PRESETS, SOURCE, read
from registers.definition import check_definition
from registers.errors import Invalid
from registers.geometry import is_canonical

SQUARE = shapely.box(0, 50, 1, 51)
BOW_TIE = shapely.Polygon([(0, 50), (1, 51), (1, 50), (0, 51)])
TRUTH = {"register": "area", "key": "code", "name": "label"}

# File, preset, areas, and how many of them are repaired: those that shapely finds invalid, and no more.
PUBLISHED = [
    ("boundaries/CTRY_2022-12_UK_BUC.geojson", "countries", 4, 0),
    ("boundaries/LAD_2022-12_UK_BUC.geojson", "districts", 374, 2),
    ("boundaries/LAD_2023-05_UK_BUC.geojson", "districts", 361, 1),
    ("boundaries/LAD_2025_UK_from_wards_BGC.geojson", "districts", 361, 0),
    ("boundaries/LSOA_2021_GreaterManchester_BGC.geojson", "lsoa", 1702, 0),
    ("boundaries/PCON_2024_UK_BUC.geojson", "constituencies", 650, 18),
    ("boundaries/martinjc_gb_lad_2013_topo.json", "districts", 380, 355),
    ("boundaries/ons_geogLA2019UK.topojson", "districts", 382, 5),
    ("boundaries/ons_geogLA2021UK.topojson", "districts", 374, 4),
    ("boundaries/ons_geogUKregion.topojson", "regions", 12, 2),
    ("world/ne_110m_admin_0_countries.geojson", "natural-earth", 177, 1),
    ("world/ne_50m_admin_0_countries.geojson", "natural-earth", 241, 0),
]


def area(code: str | None, label: str | None, shape: shapely.Geometry | None, **more: object) -> dict[str, object]:
    """A GeoJSON feature."""
    geometry = None if shape is None else json.loads(shapely.to_geojson(shape))
    return {"type": "Feature", "properties": {"code": code, "label": label, **more}, "geometry": geometry}


def write(folder: Path, *features: dict[str, object]) -> Path:
    """A GeoJSON file."""
    path = folder / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def rows(path: Path, **more: str) -> tuple[list[Row], Reading]:
    """The rows of a file, and its reading, which has heard of all that was wrong by then."""
    reading = read(path, {**TRUTH, **{name.replace("_", "-"): value for name, value in more.items()}})
    return list(reading.rows), reading


def problems(path: Path, **more: str) -> list[str]:
    """What is wrong with a file, row by row."""
    return list(map(str, rows(path, **more)[1].problems.shown))


# What is read


def test_an_area_has_its_key_its_name_and_its_shape(tmp_path: Path) -> None:
    path = write(tmp_path, area(" A1 ", "Ynys Môn ", SQUARE))
    ((key, item, place),), reading = rows(path)
    assert (key, place) == ("A1", "row 1")
    assert item == {
        "area": "A1",
        "name": "Ynys Môn",
        "geometry": '{"type":"Polygon","coordinates":[[[0,50],[1,50],[1,51],[0,51],[0,50]]]}',
    }
    assert reading.carries == {"area", "name", "geometry"}
    assert (reading.complete, reading.ending, reading.notes, reading.problems.count) == (None, None, [], 0)


def test_the_register_has_dates_and_a_shape_and_a_welsh_name_only_if_the_file_has(tmp_path: Path) -> None:
    path = write(tmp_path, area("A1", "Anglesey", SQUARE, welsh="Ynys Môn"), area("A2", "Hove", SQUARE, welsh=" "))
    plain = rows(path)[1].definition
    assert [(field.name, field.datatype) for field in plain.fields] == [
        ("area", "string"),
        ("name", "string"),
        ("start-date", "datetime"),
        ("end-date", "datetime"),
        ("geometry", "geometry"),
    ]
    found, reading = rows(path, name_cy="welsh")
    assert reading.definition.field_names == ["area", "name", "name-cy", "start-date", "end-date", "geometry"]
    assert reading.carries == {"area", "name", "name-cy", "geometry"}
    assert [row.item.get("name-cy") for row in found] == ["Ynys Môn", None]


def test_a_start_is_the_start_of_every_area(tmp_path: Path) -> None:
    found, reading = rows(write(tmp_path, area("A1", "a", SQUARE), area("A2", "b", SQUARE)), start="2025-04-01")
    assert [row.item["start-date"] for row in found] == ["2025-04-01", "2025-04-01"]
    assert "start-date" in reading.carries


def test_a_file_is_complete_and_what_it_lacks_ends_only_when_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, area("A1", "a", SQUARE))
    assert rows(path, complete="no")[1].complete is None
    reading = rows(path, complete="yes")[1]
    assert reading.complete is not None and reading.complete({"area": "A9"})
    assert reading.ending == Ending("end-date")


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "fgb"])
def test_files_on_the_national_grid_come_out_in_longitude_and_latitude(tmp_path: Path, suffix: str) -> None:
    shape = shapely.box(651_000, 313_000, 651_409.804, 313_177.450)
    columns: list[Any] = [np.array(["A1"], object), np.array(["Caister"], object)]
    path = tmp_path / f"areas.{suffix}"
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array([shape])),
        field_data=columns,
        fields=["code", "label"],
        crs="EPSG:27700",
        geometry_type="Polygon",
    )
    (found,), _ = rows(path)
    assert "[1.716074,52.6580078]" in str(found.item["geometry"])  # the worked example of Ordnance Survey's guide


def test_a_repair_is_among_the_notes_with_the_area(tmp_path: Path) -> None:
    found, reading = rows(write(tmp_path, area("E06000001", "Hartlepool", BOW_TIE)))
    assert reading.notes == ["repaired E06000001 Hartlepool: self-crossing ring at 0.5000, 50.5000"]
    assert shapely.from_geojson(found[0].item["geometry"]).area == 0.5


def test_a_shape_across_the_antimeridian_is_split(tmp_path: Path) -> None:
    found, reading = rows(write(tmp_path, area("FJ", "Fiji", shapely.box(177, -19, 182, -16))))
    assert reading.notes == ["repaired FJ Fiji: split at the antimeridian"]
    assert shapely.from_geojson(found[0].item["geometry"]).bounds == (-180, -19, 180, -16)


# What is wrong with a row


def test_every_fault_of_a_file_is_told_with_its_row_and_column(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        area("A1", "sound", SQUARE),
        area("A2", "without", None),
        area("A3", "empty", shapely.Polygon()),
        area(None, "keyless", SQUARE),
        area("not a key", "spaced", SQUARE),
        area("A4", "far", shapely.box(0, 0, 500_000, 1)),
        area("A1", "sound", BOW_TIE),
        area("A1", "sound", SQUARE),
        area("A5", "point-like", shapely.box(0, 0, 1e-9, 1e-9)),
    )
    told = problems(path)
    assert told[0] == "row 2, geometry: A2 without: there is no shape: it is empty"
    assert told[1] == "row 3, geometry: A3 empty: there is no shape: it is empty"
    assert told[2] == "row 4, code: there is no key"
    assert told[3].startswith("row 5, code: 'not a key' is no key: a key starts with")
    assert told[4].startswith("row 6, geometry: A4 far: coordinates such as 500000, 0 are no longitude and latitude")
    assert told[5] == "row 7: the key 'A1' is that of row 1 too, with other values"
    assert told[6] == "row 9, geometry: A5 point-like: it encloses no area at 7 decimals"
    assert len(told) == 7
    with pytest.raises(Wrong, match="nothing is taken from a file with 7 problems"):
        rows(path)[1].problems.check()


def test_an_area_that_is_there_twice_is_taken_once(tmp_path: Path) -> None:
    turned = shapely.Polygon([(1, 51), (1, 50), (0, 50), (0, 51)])
    found, reading = rows(write(tmp_path, area("A1", "a", SQUARE), area("A1", "a", turned)))
    assert len(found) == 1 and reading.problems.count == 0


# What is wrong with a file


def test_eastings_and_northings_given_as_longitude_and_latitude_are_refused_until_they_are_declared(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, area("A1", "a", shapely.box(400_000, 300_000, 410_000, 310_000)))
    with pytest.raises(
        Invalid, match="coordinates such as 400000, 300000 are no longitude .* say so with --crs EPSG:27700"
    ):
        read(path, TRUTH)
    assert len(rows(path, crs="EPSG:27700")[0]) == 1


def test_longitude_and_latitude_declared_as_eastings_and_northings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="look like longitude and latitude, not like metres of EPSG:27700"):
        read(write(tmp_path, area("A1", "a", SQUARE)), {**TRUTH, "crs": "EPSG:27700"})


def test_an_unknown_column_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    path = write(tmp_path, area("A1", "a", SQUARE))
    with pytest.raises(Invalid, match="there is no column 'LAD25CD': its columns are code, label"):
        read(path, {**TRUTH, "key": "LAD25CD"})
    with pytest.raises(
        Invalid, match="no column such as the preset reads: say which with --key; its columns are code, label"
    ):
        read(path, {"preset": "districts"})


def test_a_web_page_is_refused(tmp_path: Path) -> None:
    (tmp_path / "areas.geojson").write_text("<!doctype html><title>Sign in</title>")
    with pytest.raises(Invalid, match="areas.geojson is a web page, not a vector file"):
        read(tmp_path / "areas.geojson", TRUTH)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "say --register, --key, --name, or --preset, which is one of districts,"),
        ({"register": "area", "key": " "}, "say --key, --name, or --preset"),
        ({"preset": "parishes"}, "'parishes' is not a preset: the presets are districts"),
        ({**TRUTH, "colour": "red"}, "'colour' is not an option of boundaries: the options are preset, register"),
        ({**TRUTH, "complete": "maybe"}, "complete is yes or no, not 'maybe'"),
        ({**TRUTH, "start": "1 April"}, "start: '1 April' "),
        ({**TRUTH, "crs": "OSGB"}, "'OSGB' is not a coordinate reference system"),
        ({**TRUTH, "layer": "x"}, "areas.geojson has no layer 'x'"),
        ({**TRUTH, "register": "An Area"}, "'An Area' is not a name"),
        ({**TRUTH, "register": "name"}, "a field is listed twice"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path: Path, options: dict[str, str], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        read(write(tmp_path, area("A1", "a", SQUARE)), options)


def test_without_a_file_there_is_nothing_to_read() -> None:
    with pytest.raises(Invalid, match="boundaries are read from a file"):
        read(None, TRUTH)


# Presets


def test_a_preset_finds_the_columns_of_any_year(tmp_path: Path) -> None:
    for year in ("09", "25", "31"):
        names = {
            f"LAD{year}CD": "W06000001",
            f"LAD{year}NM": "Anglesey",
            f"lad{year}nmw": "Ynys Môn",
            f"LAD{year}CDO": "0",
        }
        reading = read(write(tmp_path, area(None, None, SQUARE, **names)), {"preset": "districts"})
        (found,) = reading.rows
        assert found.item["name-cy"] == "Ynys Môn" and found.item["local-authority-district"] == "W06000001"
        assert reading.definition.copyright.startswith("Source: Office for National Statistics licensed under")


def test_a_file_of_two_years_is_refused_until_it_is_said_which(tmp_path: Path) -> None:
    path = write(tmp_path, area(None, None, SQUARE, LAD22CD="E1", LAD23CD="E2", LAD22NM="a"))
    with pytest.raises(Invalid, match="the columns LAD22CD and LAD23CD: say which with --key"):
        read(path, {"preset": "districts"})
    (found,) = read(path, {"preset": "districts", "key": "LAD23CD", "register": "district"}).rows
    assert found.item["district"] == "E2"


def test_natural_earth_has_three_letters_where_iso_has_no_two(tmp_path: Path) -> None:
    """France and Norway, in files from before ISO_A2_EH."""
    columns = [
        {"ISO_A2": "-99", "ISO_A2_EH": "FR", "ADM0_A3": "FRA"},
        {"ISO_A2": "-99", "ISO_A2_EH": "-99", "ADM0_A3": "CYN"},
    ]
    path = write(tmp_path, *(area(None, None, SQUARE, NAME=str(n), **each) for n, each in enumerate(columns)))
    assert [row.key for row in read(path, {"preset": "natural-earth"}).rows] == ["FR", "CYN"]


def test_what_is_said_of_a_publisher_never_ends_anything(tmp_path: Path) -> None:
    path = write(tmp_path, area(None, None, SQUARE, PCON24CD="E14001063", PCON24NM="Aldershot"))
    reading = read(path, {"preset": "constituencies"})
    assert reading.complete is None and reading.ending is None
    assert reading.notes == ["nothing ends that is not in the file: if it has every area, say so with --complete yes"]


def test_the_source_offers_its_options() -> None:
    assert SOURCE.about is boundaries.ABOUT and SOURCE.read is read and SOURCE.options == set(OPTIONS)
    assert all(preset.publisher and preset.licence and preset.attribution and preset.url for preset in PRESETS.values())


@pytest.mark.parametrize(("name", "preset", "count", "repaired"), PUBLISHED)
def test_published_files_load_valid_and_with_the_areas_that_they_have(
    shared_data: Path, name: str, preset: str, count: int, repaired: int
) -> None:
    reading = read(shared_data / name, {"preset": preset})
    found = list(reading.rows)
    reading.problems.check()
    check_definition(reading.definition)
    assert len(found) == count and sum(note.startswith("repaired") for note in reading.notes) == repaired
    assert all(set(row.item) <= reading.carries for row in found)
    kept = shapely.from_geojson([row.item["geometry"] for row in found])
    source = shapely.from_wkb(pyogrio.raw.read(shared_data / name)[2])
    assert shapely.is_valid(kept).all() and repaired == (~shapely.is_valid(source)).sum()
    sound = shapely.is_valid(source)
    assert np.abs(shapely.area(kept) / shapely.area(source) - 1)[sound].max() < 0.001
    assert shapely.area(kept).sum() == pytest.approx(shapely.area(source).sum(), rel=0.001)
    some = found[:: max(1, count // 20)]
    assert [is_canonical(str(row.item["geometry"])) for row in some] == [None] * len(some)


# Whatever comes

CORNERS = st.lists(st.tuples(st.integers(0, 9), st.integers(40, 49)), min_size=3, max_size=10)


@settings(max_examples=60)
@given(outlines=st.lists(CORNERS, min_size=1, max_size=4))
def test_what_was_loaded_loads_again_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, outlines: list[list[tuple[int, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("dirty")
    dirty = [area(f"A{n}", "a", shapely.Polygon([*ring, *ring[-1:]])) for n, ring in enumerate(outlines)]
    once, first = rows(write(folder, *dirty))
    assert all("encloses no area" in str(problem) for problem in first.problems.shown)
    stored = [area(row.key, "a", shapely.from_geojson(row.item["geometry"])) for row in once]
    assert all(is_canonical(str(row.item["geometry"])) is None for row in once)
    if stored:
        again, second = rows(write(folder, *stored))
        assert [row.item for row in again] == [row.item for row in once]
        assert (second.notes, second.problems.count) == ([], 0)
