"""Which places a point, a postcode or a record belongs to, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from geo import crs
from geo.areas.following import Areas
from registers import lifecycle
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.geo.test_areas import DISTRICTS, district, follow, plant, square
from tests.makers import NOW, FixedClock, append, country, make

Find = Callable[[str], TestResponse]


@pytest.fixture
def find(store: Store, tmp_path: Path, clock: FixedClock) -> Find:
    """Ask an application that knows two districts, a postcode and two schools, for places."""
    clock.now = NOW
    plant(store)
    make(store, "postcode", (Field("postcode"), Field("point", "point")))
    append(store, Change("AB12CD", {"postcode": "AB12CD", "point": "[0.25, 0.5]"}), to="postcode")
    make(store, "school", (Field("school"), Field("point", "point")))
    append(
        store,
        Change("1", {"school": "1", "point": "[0.75,0.5]"}),
        Change("2", {"school": "2"}),
        to="school",
    )
    make(store)
    append(store, country("GB", "United Kingdom"))
    for name in ("postcode", "school", "country"):
        lifecycle.publish(store, name)
    folder = tmp_path / "places"
    follow(store, Areas(folder))
    client = create_app(replace(SETTINGS, places_folder=str(folder)), store).test_client()
    return lambda query: client.get(f"/v2/places?{query}", buffered=True)


def told(answer: TestResponse) -> list[tuple[str, str]]:
    """The match and the name of each place, or of none."""
    assert answer.status_code == 200, answer.data
    return [(place["match"], place.get("name", "")) for place in answer.json["places"]]


def problem(answer: TestResponse, status: int) -> str:
    assert answer.status_code == status, answer.data
    assert answer.content_type == "application/problem+json"
    return str(answer.json["detail"])


def test_a_place_names_the_entry_and_the_state_it_rests_on(find: Find) -> None:
    answer = find("lon=1.25&lat=0.5").json
    root = answer["places"][0].pop("root-hash")
    assert answer == {
        "point": [1.25, 0.5],
        "on": "2023-11-14",
        "places": [
            {
                "register": "district",
                "match": "contains",
                "key": "B",
                "name": "Bee",
                "start-date": "2020-04-01",
                "entry-number": 3,
                "record": "/v2/registers/district/records/B",
                "entry": "/v2/registers/district/entries/3",
                "entries": 3,
            }
        ],
    }
    assert root.startswith("1220")
    assert len(root) == 68


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("lon=0.25&lat=0.5", [("contains", "Ay")]),
        ("lon=0.5&lat=0.5", [("contains", "Ay"), ("on-boundary", "Bee")]),
        ("lon=0.75&lat=0.5&on=2020-03-31", [("contains", "Ay")]),
        ("lon=0.75&lat=0.5&on=2020-04-01", [("contains", "Ay"), ("contains", "Bee")]),
        ("lon=0.5&lat=50", [("none", "")]),
        ("lon=-180&lat=-90", [("none", "")]),
        ("postcode=AB1+2CD", [("contains", "Ay")]),
        ("postcode=ab12cd", [("contains", "Ay")]),
        ("record=school:1&on=2020-01-01", [("contains", "Ay")]),
        ("lon=0.25&lat=0.5&register=district", [("contains", "Ay")]),
        ("lon=0.25&lat=0.5&at=2023-11-14T22:13:20Z", [("contains", "Ay")]),
    ],
)
def test_each_way_of_saying_where_and_when(find: Find, query: str, expected: list[tuple[str, str]]) -> None:
    assert told(find(query)) == expected


def test_before_the_register_there_was_nothing(find: Find) -> None:
    answer = find("lon=0.25&lat=0.5&at=2000-01-01")
    assert [(place["match"], place["entries"]) for place in answer.json["places"]] == [("none", 0)]


def test_a_point_of_the_grid_is_where_ostn15_has_it(find: Find) -> None:
    longitude, latitude = find("easting=383819&northing=398052").json["point"]
    assert (longitude, latitude) == crs.lon_lat_of_point(383819, 398052)
    assert (longitude, latitude) == pytest.approx((-2.2453, 53.4791), abs=1e-3)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "say where in one way"),
        ("lon=1", "say where in one way"),
        ("lon=1&lat=1&postcode=X", "say where in one way"),
        ("lon=nan&lat=1", "lon and lat: 'nan'"),
        ("lon=1&lat=inf", "lon and lat: '1', 'inf'"),
        ("lon=383819&lat=398052", "lon and lat"),
        ("lon=1&lat=90.5", "lon and lat"),
        ("lon=181&lat=0", "lon and lat"),
        ("lon=1],[&lat=0", "lon and lat"),
        ("easting=x&northing=1", "are not two numbers"),
        ("easting=nan&northing=1", "are not two numbers"),
        ("easting=383_819&northing=398052", "are not two numbers"),
        ("easting=%EF%BC%93&northing=1", "are not two numbers"),
        ("easting=-9999999&northing=1", "easting"),
        ("record=school", "is a register, a colon and a key"),
        ("record=school:2", "has no point"),
        ("record=country:GB", "has no point"),
        ("lon=1&lat=1&on=2020-04", "is a day of the calendar"),
        ("lon=1&lat=1&on=2020-02-30", "is a day of the calendar"),
        ("lon=1&lat=1&at=3", "each register has sizes of its own"),
        ("lon=1&lat=1&register=country", "are no areas"),
        ("lon=1&lat=1&crs=27700", "crs"),
        ("lon=1&lat=1&within=0", "within is a number of metres"),
        ("lon=1&lat=1&within=nan", "within is a number of metres"),
        ("lon=1&lat=1&within=1e3", "within is a number of metres"),
        ("lon=1&lat=1&within=99999999", "within is a number of metres"),
    ],
)
def test_what_says_no_place_is_refused(find: Find, query: str, detail: str) -> None:
    assert detail in problem(find(query), 400)


@pytest.mark.parametrize(
    "query", ["postcode=ZZ1+1ZZ", "record=school:404", "record=nowhere:1", "lon=1&lat=1&register=nowhere"]
)
def test_what_is_not_there_is_not_found(find: Find, query: str) -> None:
    problem(find(query), 404)


def test_the_nearest_area_within_so_many_metres(find: Find) -> None:
    assert told(find("lon=2&lat=0.5&within=100000")) == [("nearest", "Bee")]
    answer = find("lon=2&lat=0.5&within=20000000").json["places"][0]
    assert answer["distance"] == pytest.approx(0.5 * 111_319, abs=10) and answer["key"] == "B"
    assert told(find("lon=2&lat=0.5&within=55000")) == [("none", "")]
    assert told(find("lon=0.25&lat=0.5&within=55000")) == [("contains", "Ay")]
    assert "distance" not in find("lon=0.25&lat=0.5&within=55000").json["places"][0]


def test_coordinates_that_changed_places_are_hinted_at(find: Find) -> None:
    assert "it would be in Bee (district): did they change places?" in find("lon=0.25&lat=1.2").json["hint"]
    for query in ("lon=0.25&lat=0.5", "lon=50&lat=60", "lon=100&lat=1", "easting=383819&northing=398052"):
        assert "hint" not in find(query).json


def test_a_stale_index_answers_for_the_state_it_names(find: Find, store: Store) -> None:
    before = find("lon=9.5&lat=0.5")
    append(store, district("C", square(9, 0), name="Sea"), to="district")
    stale = find("lon=9.5&lat=0.5")
    assert told(stale) == [("none", "")]
    assert stale.json["places"][0]["entries"] == 3
    assert stale.headers["ETag"] == before.headers["ETag"]


def test_once_the_index_has_come_on_so_has_the_answer(find: Find, store: Store, tmp_path: Path) -> None:
    before = find("lon=9.5&lat=0.5")
    append(store, district("C", square(9, 0), name="Sea"), to="district")
    follow(store, Areas(tmp_path / "places"))
    after = find("lon=9.5&lat=0.5")
    assert told(after) == [("contains", "Sea")]
    assert after.headers["ETag"] != before.headers["ETag"]


def test_without_an_index_the_answer_is_to_come_again(store: Store, tmp_path: Path) -> None:
    plant(store)
    client = create_app(replace(SETTINGS, places_folder=str(tmp_path / "none")), store).test_client()
    answer = client.get("/v2/places?lon=1&lat=1&register=district")
    assert "try again in a little while" in problem(answer, 503)
    assert answer.headers["Retry-After"]
    assert client.get("/v2/places?lon=1&lat=1").json["places"] == []


def test_a_register_without_entries_has_no_areas(store: Store, tmp_path: Path) -> None:
    make(store, "district", DISTRICTS)
    lifecycle.publish(store, "district")
    client = create_app(replace(SETTINGS, places_folder=str(tmp_path / "none")), store).test_client()
    answer = client.get("/v2/places?lon=1&lat=1&register=district")
    assert [(place["match"], place["entries"]) for place in answer.json["places"]] == [("none", 0)]
