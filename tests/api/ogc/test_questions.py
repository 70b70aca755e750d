"""What is asked of features: where, when, which values, in which system; and what is refused."""

from __future__ import annotations

import itertools
from urllib.parse import quote

import pytest

from api.ogc.asking import RESERVED
from geo import crs
from tests.api.hostile import VALUES
from tests.api.ogc.conftest import Ask, keys, problem

ITEMS = "/collections/school/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
LAT_LON = "http://www.opengis.net/def/crs/EPSG/0/4326"
GRID = "http://www.opengis.net/def/crs/EPSG/0/27700"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bbox=-0.3,51.4,0.1,51.6", ["1", "2"]),
        ("bbox=-0.1,51.5,-0.1,51.5", ["1"]),
        ("bbox=-0.15,51.5,-10,0.1,51.6,90", ["1"]),
        ("bbox=-180,-90,180,90", ["1", "2", "4", "5/a"]),
        ("bbox=170,-90,-1,90", ["4", "5/a"]),
        ("bbox=-1,-90,-1.52,90", ["1", "2", "4"]),
        ("bbox=51.4,-0.3,51.6,0.1", []),
        (f"bbox=51.4,-0.3,51.6,0.1&bbox-crs={LAT_LON}", ["1", "2"]),
        (f"bbox=400000,400000,450000,450000&bbox-crs={GRID}", ["4", "5/a"]),
        (f"bbox=-9e9,0,450000,9e9&bbox-crs={GRID}", ["4", "5/a"]),
        (f"bbox=-9,-9,-5,-5&bbox-crs={GRID}", []),
        ("datetime=2000-01-01", ["1", "2", "4"]),
        ("datetime=2001-08-31T23:00:00Z", ["1", "2", "4"]),
        ("datetime=2001-09-01", ["1", "2"]),
        ("datetime=2001-09-01T00:30:00%2B01:00", ["1", "2", "4"]),
        ("datetime=../1989-12-31", ["1", "2"]),
        ("datetime=/1990-01-01", ["1", "2", "4"]),
        ("datetime=2015-09-01/..", ["1", "2", "5/a"]),
        ("datetime=2001-09-01/2015-08-31", ["1", "2"]),
        ("datetime=../..", ["1", "2", "4", "5/a"]),
        ("town=London", ["1", "2"]),
        ("town=london", []),
        ("pupils=90", ["2"]),
        ("open=true", ["1"]),
        ("tags=b", ["2"]),
        ("name=O%27Neill&town=London", ["2"]),
        ("start-date=1990", ["4"]),
        ("town=Leeds&bbox=-1.52,53,-1,54&datetime=2020-01-01", ["5/a"]),
        ("filter=town='London'+AND+pupils%3C100", ["2"]),
        ("filter=NOT+town='London'", ["4", "5/a"]),
        ("filter=pupils+IS+NULL", ["4", "5/a"]),
        ("filter=pupils%3C%3E90", ["1"]),
        ("filter=name+LIKE+'%25l_%25'", ["2", "4", "5/a"]),
        ("filter=S_INTERSECTS(geometry,BBOX(-0.3,51.4,0.1,51.55))", ["1"]),
        ("filter=S_INTERSECTS(point,POINT(-0.1+51.5))", ["1"]),
        ("filter=NOT+S_INTERSECTS(geometry,POLYGON((-0.15+50,1+50,1+53,-0.15+53,-0.15+50)))", ["2", "4", "5/a"]),
        (f"filter=S_INTERSECTS(geometry,BBOX(51,-1,52,0))&filter-crs={LAT_LON}", ["1", "2"]),
        (f"filter=S_INTERSECTS(geometry,BBOX(400000,400000,450000,450000))&filter-crs={GRID}", ["4", "5/a"]),
    ],
)
def test_what_is_asked_for_is_found(ask: Ask, query: str, expected: list[str]) -> None:
    answer = ask(f"{ITEMS}?{query}")
    assert keys(answer) == expected
    assert answer.json["numberMatched"] == len(expected)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("bbox=1,2,3", "bbox: is four numbers"),
        ("bbox=1,2,3,4,5", "bbox: is four numbers"),
        ("bbox=", "bbox: ''"),
        ("bbox=a,b,c,d", "bbox: 'a' is not a number"),
        ("bbox=nan,0,1,1", "bbox: 'nan' is not a number"),
        ("bbox=0,0,inf,1", "bbox: 'inf' is not a number"),
        ("bbox=1_0,0,20,1", "bbox: '1_0' is not a number"),
        ("bbox=0,1,1,0", "is above the upper one"),
        ("bbox=51,-110,52,100", "are they the wrong way round?"),
        ("bbox=383819,398052,383820,398053", "bbox: the latitudes"),
        ("bbox=-181,0,1,1", "bbox: the longitudes"),
        ("bbox=0,0,1,1&bbox-crs=EPSG:4326", "bbox-crs: 'EPSG:4326' is not a system"),
        (f"bbox=10,0,1,1&bbox-crs={GRID}", "not left of and below"),
        ("bbox-crs=nowhere", "bbox-crs"),
        ("crs=nowhere", "crs: 'nowhere' is not a system"),
        ("datetime=2020", "datetime: '2020'"),
        ("datetime=2020-02-30", "datetime"),
        ("datetime=2020-01-01T10:00:00", "datetime"),
        ("datetime=2021-01-01/2020-01-01", "ends before it begins"),
        ("datetime=a/b", "datetime"),
        ("pupils=many", "pupils: 'many' is not an integer"),
        ("open=yes", "open: 'yes'"),
        ("point=1", "no parameter 'point'"),
        ("limits=1", "no parameter 'limits'"),
        ("filter=", "filter"),
        ("filter=town", "filter: at character 5"),
        ("filter=town='London'&filter-lang=cql2-json", "filter-lang"),
        ("filter=town=1", "cannot be compared"),
        ("filter=colour='red'", "there is no property 'colour'"),
        ("filter=S_INTERSECTS(geometry,BBOX(-200,0,1,1))", "beyond what its system has"),
        ("filter=S_INTERSECTS(geometry,POINT(383819+398052))", "beyond what its system has"),
        (f"filter=S_INTERSECTS(geometry,POINT(-9999999+1))&filter-crs={GRID}", "beyond what its system has"),
        ("filter=S_INTERSECTS(geometry,POLYGON((0+0,1+1,0+1,1+0,0+0)))", "is not valid"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask: Ask, query: str, detail: str) -> None:
    assert detail in problem(ask(f"{ITEMS}?{query}"))


def test_shapes_are_held_against_the_box_and_not_their_own_boxes(ask: Ask) -> None:
    """The district B is a square from 0.5 on, and A from 0 to 1."""
    where = "/collections/district/items"
    assert keys(ask(f"{where}?bbox=0.1,0.1,0.2,0.2")) == ["A"]
    assert keys(ask(f"{where}?bbox=1,1,2,2")) == ["A", "B"]
    assert keys(ask(f"{where}?bbox=1.6,0.1,1.7,0.2")) == []
    assert keys(ask(f"{where}?filter=S_INTERSECTS(POINT(0.75+0.5),shape)")) == ["A", "B"]
    assert keys(ask(f"{where}?filter=S_INTERSECTS(geometry,BBOX(0.1,0.1,0.1,0.1))")) == ["A"]


def test_coordinates_come_in_the_system_that_is_asked_for(ask: Ask) -> None:
    turned = ask(f"{ITEMS}?crs={LAT_LON}&limit=1")
    assert turned.headers["Content-Crs"] == f"<{LAT_LON}>"
    assert turned.json["features"][0]["geometry"]["coordinates"] == [51.5, -0.1]
    grid = ask(f"{ITEMS}/1?crs={quote(GRID)}")
    assert grid.headers["Content-Crs"] == f"<{GRID}>"
    assert grid.json["geometry"]["coordinates"] == pytest.approx(crs.grid_of_point(-0.1, 51.5), abs=0.001)
    assert grid.json["properties"] == ask(f"{ITEMS}/1").json["properties"]


def test_what_a_system_does_not_reach_has_no_position_in_it(ask: Ask) -> None:
    """The districts are off the coast of Africa."""
    features = ask(f"/collections/district/items?crs={GRID}").json["features"]
    assert [feature["geometry"] for feature in features] == [None, None]
    assert [feature["properties"]["district"] for feature in features] == ["A", "B"]


def test_shapes_come_as_fine_as_a_map_shows_them(ask: Ask) -> None:
    """Squares cannot be made simpler and stay the same, but nearly so."""
    for zoom in (0, 5, 22):
        page = ask(f"/collections/district/items?zoom={zoom}")
        assert keys(page) == ["A", "B"]
        assert all(feature["geometry"]["type"] == "Polygon" for feature in page.json["features"])
    close = ask("/collections/district/items/A?zoom=22").json["geometry"]
    assert close == ask("/collections/district/items/A").json["geometry"]
    turned = ask(f"/collections/district/items?zoom=22&crs={LAT_LON}").json["features"][1]["geometry"]
    assert sorted(turned["coordinates"][0])[0] == [0, 0.5]
    assert ask(f"{ITEMS}?zoom=3").json["features"] == ask(ITEMS).json["features"]
    for zoom in ("23", "-1", "x", "1.5"):
        assert "zoom" in problem(ask(f"{ITEMS}?zoom={zoom}"))


def test_any_two_bad_parameters_are_refused_too(ask: Ask) -> None:
    bad = ("bbox=x", "datetime=x", "crs=x", "filter=x", "limit=x", "after=x", "at=x", "x=x")
    for one, other in itertools.combinations(bad, 2):
        problem(ask(f"{ITEMS}?{one}&{other}"))


@pytest.mark.parametrize("name", sorted({*RESERVED, "town", "pupils", "open", "tags", "start-date"}))
def test_whatever_is_asked_is_answered_or_refused(ask: Ask, name: str) -> None:
    for value in (*VALUES, *("%27", "%5B%5D", "1,1,1,1", "-1e308,-1e308,1e308,1e308", "9999-12-31/..", "0001-01-01")):
        for path in (ITEMS, "/collections/district/items"):
            answer = ask(f"{path}?{name}={value}")
            assert answer.status_code in (200, 400, 404), (value, answer.data)
            if answer.status_code != 200:
                problem(answer, answer.status_code)
