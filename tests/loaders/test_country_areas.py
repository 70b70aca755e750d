"""Areas of countries from world-atlas: codes, what has none, shapes of a globe; the real file against its origin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pycountry
import pytest
import shapely  # type: ignore[import-untyped]

from loaders.source import Reading
from loaders.sources import country_areas
from registers.errors import Invalid
from tests.source import ROOT

ATLAS = ROOT / "node_modules" / "world-atlas" / "countries-50m.json"
RINGS = {
    "left": [(0, 0), (10, 0), (10, 10), (0, 10)],
    "right": [(10, 0), (20, 0), (20, 10), (10, 10)],
    "far": [(170, 0), (-175, 0), (-175, 5), (170, 5)],
    "isle": [(40, 0), (41, 0), (41, 1), (40, 1)],
    "pole": [(longitude, -89.999) for longitude in range(180, -180, -20)],
    "coast": [(longitude, -70) for longitude in range(-180, 180, 20)],
}


def topology(**features: tuple[str | None, list[str]]) -> dict[str, Any]:
    """A topology of polygons: by name the code and the rings, of which the others are holes."""
    geometries = []
    for name, (code, rings) in features.items():
        arcs = [[list(RINGS).index(ring)] for ring in rings]
        geometry = {"type": "Polygon", "arcs": arcs, "properties": {"name": name}}
        geometries.append(geometry | ({"id": code} if code else {}))
    arcs = [_quantised([*ring, ring[0]]) for ring in RINGS.values()]
    transform = {"scale": [0.001, 0.001], "translate": [-180, -90]}
    objects = {"countries": {"type": "GeometryCollection", "geometries": geometries}}
    return {"type": "Topology", "transform": transform, "objects": objects, "arcs": arcs}


def _quantised(ring: list[tuple[float, float]]) -> list[list[int]]:
    whole = np.rint((np.array(ring) - [-180, -90]) * 1000).astype(int)
    deltas: list[list[int]] = np.diff(whole, axis=0, prepend=[[0, 0]]).tolist()
    return deltas


def read(folder: Path, document: dict[str, Any]) -> Reading:
    path = folder / "countries-50m.json"
    path.write_text(json.dumps(document))
    return country_areas.read(path, {})


def shapes_of(reading: Reading) -> dict[str, Any]:
    return {row.key: shapely.from_geojson(str(row.item["geometry"])) for row in reading.rows}


def test_a_country_has_its_code_a_link_and_its_shape(tmp_path: Path) -> None:
    reading = read(tmp_path, topology(France=("250", ["left"]), Germany=("276", ["right"])))
    assert [(row.key, row.item["name"], row.item["country"]) for row in reading.rows] == [
        ("DE", "Germany", "DE"),
        ("FR", "France", "FR"),
    ]
    shapes = shapes_of(read(tmp_path, topology(France=("250", ["left"]), Germany=("276", ["right"]))))
    assert shapes["FR"].equals(shapely.box(0, 0, 10, 10))
    assert shapes["DE"].equals(shapely.box(10, 0, 20, 10))
    assert (reading.problems.count, reading.notes) == (0, [])


def test_what_has_no_code_is_left_out_and_said(tmp_path: Path) -> None:
    reading = read(tmp_path, topology(France=("250", ["left"]), Kosovo=(None, ["right"])))
    assert list(shapes_of(reading)) == ["FR"]
    assert reading.notes == ["left out, for they have no code of ISO 3166-1: Kosovo"]


def test_what_has_one_code_is_one_country_called_as_its_largest_part(tmp_path: Path) -> None:
    reading = read(tmp_path, topology(Ashmore=("036", ["isle"]), Australia=("036", ["left"])))
    (row,) = reading.rows
    assert (row.key, row.item["name"]) == ("AU", "Australia")
    assert shapely.from_geojson(str(row.item["geometry"])).area == pytest.approx(101)
    assert reading.notes == ["repaired AU Australia: joined with Ashmore"]


def test_the_antimeridian_and_the_pole_are_where_they_belong(tmp_path: Path) -> None:
    reading = read(tmp_path, topology(Fiji=("242", ["far"]), Antarctica=("010", ["pole", "coast"])))
    shapes = shapes_of(reading)
    assert shapes["FJ"].bounds == (-180, 0, 180, 5)
    assert shapes["FJ"].area == pytest.approx(15 * 5)
    assert shapes["AQ"].equals(shapely.box(-180, -90, 180, -70))
    assert reading.notes == [
        "repaired AQ Antarctica: cut open where it goes round the Earth",
        "repaired FJ Fiji: split at the antimeridian",
    ]


def test_a_code_that_is_none_is_a_problem(tmp_path: Path) -> None:
    reading = read(tmp_path, topology(Utopia=("999", ["left"])))
    assert list(reading.rows) == []
    assert [str(each) for each in reading.problems.shown] == [
        "row 1, id: '999' is no numeric code of ISO 3166-1: Utopia"
    ]


def test_what_is_no_file_of_world_atlas_is_refused(tmp_path: Path) -> None:
    document = topology(France=(None, ["left"]))
    document["objects"]["countries"]["geometries"][0]["properties"] = {"title": "France"}
    with pytest.raises(Invalid, match="its features have no id and name"):
        read(tmp_path, document)
    with pytest.raises(Invalid, match="countries"):
        read(tmp_path, {**topology(), "objects": {"land": {"type": "GeometryCollection", "geometries": []}}})


@pytest.fixture(scope="module")
def atlas() -> dict[str, Any]:
    """The shapes of the file that npm brings."""
    if not ATLAS.exists():
        pytest.skip("npm's world-atlas is not here: make run or make test puts it there")
    reading = country_areas.read(ATLAS, {})
    shapes = shapes_of(reading)
    assert reading.problems.count == 0
    return shapes


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("FR", (2.35, 48.85)),
        ("GB", (-0.12, 51.5)),
        ("RU", (-175, 66.5)),
        ("RU", (37.6, 55.75)),
        ("FJ", (178, -18)),
        ("FJ", (-179.97, -16.8)),
        ("AQ", (0, -89.9999)),
        ("AQ", (179.99, -85)),
        ("LS", (28.2, -29.6)),
        ("NZ", (174.8, -41.2)),
    ],
)
def test_places_are_in_their_country_and_in_no_other(
    atlas: dict[str, Any], code: str, place: tuple[float, float]
) -> None:
    assert [key for key, shape in atlas.items() if shapely.contains_xy(shape, *place)] == [code]


def test_every_real_shape_is_what_the_topology_spells(atlas: dict[str, Any]) -> None:
    """Arcs put together by hand; but for those that a globe needs no cut for."""
    document = json.loads(ATLAS.read_text())
    scale, origin = (np.array(document["transform"][name]) for name in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + origin for arc in document["arcs"]]

    def polygon(rings: list[list[int]]) -> Any:
        lines = [[arcs[n] if n >= 0 else arcs[~n][::-1] for n in ring] for ring in rings]
        outline, *holes = [np.concatenate(each) for each in lines]
        return shapely.Polygon(outline, holes)

    compared = 0
    for geometry in document["objects"]["countries"]["geometries"]:
        country = pycountry.countries.get(numeric=geometry.get("id", ""))
        if country and country.alpha_2 not in ("RU", "FJ", "AQ", "AU"):
            several = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
            spelled = shapely.MultiPolygon([polygon(rings) for rings in several])
            rounded = 1e-7 * spelled.length
            assert shapely.symmetric_difference(spelled, atlas[country.alpha_2]).area < rounded
            compared += 1
    assert compared == len(atlas) - 4 > 200


def test_the_real_shapes_say_what_natural_earth_says(atlas: dict[str, Any], shared_data: Path) -> None:
    """Of points all over the Earth; world-atlas rounds to a few hundred metres."""
    path = shared_data / "world" / "ne_50m_admin_0_countries.geojson"
    chance = np.random.default_rng(5)
    points = np.column_stack([chance.uniform(-180, 180, 5000), np.degrees(np.arcsin(chance.uniform(-1, 1, 5000)))])
    compared = 0
    for feature in json.loads(path.read_text())["features"]:
        country = pycountry.countries.get(numeric=feature["properties"]["ISO_N3"])
        if country and country.alpha_2 in atlas and country.alpha_2 != "AU":
            drawn = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
            shapely.prepare(drawn)
            told, ours = (shapely.intersects_xy(each, *points.T) for each in (drawn, atlas[country.alpha_2]))
            differing = shapely.points(points[told != ours])
            assert (shapely.distance(shapely.boundary(drawn), differing) < 0.01).all(), country.name
            compared += int(told.sum())
    assert compared > 1000
