"""Records by where they are, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from geo.areas.following import Areas
from geo.features.following import Features
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.v2.test_places import problem
from tests.geo.test_areas import follow, plant
from tests.makers import NOW, FixedClock, append, country, make

Ask = Callable[[str], TestResponse]


def school(key: str, lon: float, lat: float = 0.5, **values: str) -> Change:
    return Change(key, {"school": key, "name": f"School {key}", "point": f"[{lon},{lat}]", **values})


@pytest.fixture
def ask(store: Store, tmp_path: Path, clock: FixedClock) -> Ask:
    """Ask an application that knows two districts and five schools, one of which has closed."""
    clock.now = NOW
    plant(store)
    make(store, "school", (Field("school"), Field("name"), Field("point", "point"), Field("end-date", "datetime")))
    append(store, *(school(str(n), n / 4) for n in range(1, 5)), to="school")
    append(store, school("5", 0.26, **{"end-date": "2020-01-01"}), Change("6", {"school": "6"}), to="school")
    make(store)
    append(store, country("GB", "United Kingdom"))
    for name in ("school", "country"):
        lifecycle.publish(store, name)
    follow(store, Areas(tmp_path / "places"))
    for name in ("school", "district"):
        with store.reading() as tx:
            register = snapshot.find_register(tx, name)
        Features(tmp_path / "places").catch_up(store, register)
    client = create_app(replace(SETTINGS, places_folder=str(tmp_path / "places")), store).test_client()
    return lambda query: client.get(f"/v2/registers/{query}", buffered=True)


def keys(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.data
    return [each["key"] for each in answer.json["records"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("school/located?lon=0.6&lat=0.5", ["2", "3", "1", "4"]),
        ("school/located?lon=0.6&lat=0.5&limit=2", ["2", "3"]),
        ("school/located?lon=0.6&lat=0.5&within=20000", ["2", "3"]),
        ("school/located?lon=0.6&lat=0.5&within=1", []),
        ("school/located?lon=0.6&lat=0.5&in=district:B", ["2", "3", "4"]),
        ("school/located?lon=0.6&lat=0.5&in=district:A&on=2019-01-01", ["2", "3", "5", "1", "4"]),
        ("school/located?in=district:A", ["1", "2", "3", "4"]),
        ("school/located?bbox=0.4,0,0.8,1", ["2", "3"]),
        ("school/located?bbox=0.4,0,0.8,1&in=district:B&limit=1", ["2"]),
        ("school/located?bbox=170,-90,-170,90", []),
        ("school/located?record=school:1&on=2019-01-01&limit=2", ["1", "5"]),
        ("school/located?lon=0.6&lat=0.5&at=2000-01-01", []),
        ("district/located?lon=9&lat=0.5", ["B", "A"]),
        ("district/located?lon=0.1&lat=0.5&within=1", ["A"]),
        ("district/located?bbox=-1,-1,0.2,2", ["A"]),
    ],
)
def test_each_way_of_asking(ask: Ask, query: str, expected: list[str]) -> None:
    assert keys(ask(query)) == expected


def test_a_record_says_how_far_it_is_and_what_it_rests_on(ask: Ask) -> None:
    answer = ask("school/located?lon=0.5&lat=0.51&limit=1&in=district:B")
    told = answer.json
    roots = [told.pop("root-hash"), told["in"].pop("root-hash")]
    assert all(root.startswith("1220") for root in roots)
    (found,) = told.pop("records")
    assert found.pop("distance") == pytest.approx(1105.7, abs=1)
    assert found == {
        "key": "2",
        "name": "School 2",
        "point": [0.5, 0.5],
        "entry-number": 2,
        "record": "/v2/registers/school/records/2",
        "entry": "/v2/registers/school/entries/2",
    }
    assert told == {
        "register": "school",
        "entries": 6,
        "on": "2023-11-14",
        "point": [0.5, 0.51],
        "in": {"register": "district", "entries": 3},
    }
    assert answer.headers["ETag"]


def test_pages_are_of_one_state(ask: Ask, store: Store, tmp_path: Path) -> None:
    first = ask("school/located?lon=0.6&lat=0.5&limit=3")
    (link,) = first.headers.getlist("Link")
    append(store, school("7", 0.6), to="school")
    with store.reading() as tx:
        register = snapshot.find_register(tx, "school")
    Features(tmp_path / "places").catch_up(store, register)
    second = ask(f"school/located{link[1 : link.index('>')]}")
    assert keys(first) + keys(second) == ["2", "3", "1", "4"]
    assert second.json["entries"] == 6 and "Link" not in second.headers
    assert keys(ask("school/located?lon=0.6&lat=0.5&limit=1")) == ["7"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("school/located", "say where: a point"),
        ("school/located?within=5", "within: is how far from a point"),
        ("school/located?bbox=0,0,1,1&within=5", "within: is how far from a point"),
        ("school/located?lon=1", "say where in one way"),
        ("school/located?lon=1&lat=nan", "lon and lat"),
        ("school/located?lon=1&lat=1&within=-5", "within is a number of metres"),
        ("school/located?bbox=0,0,1", "bbox: is four numbers"),
        ("school/located?bbox=0,0,1,x", "bbox: 'x' is not a number"),
        ("school/located?bbox=0,9,1,1", "bbox: the lower side"),
        ("school/located?bbox=51,-0.3,151,120", "bbox: the latitudes"),
        ("school/located?in=district", "in: is a register, a colon and a key"),
        ("school/located?in=country:GB", "are no areas"),
        ("school/located?lon=1&lat=1&at=3", "each register has sizes of its own"),
        ("school/located?lon=1&lat=1&limit=5001", "limit"),
        ("school/located?lon=1&lat=1&after=x", "is not a cursor"),
        ("school/located?lon=1&lat=1&after=WzEsMSwwLDFd", "is not a cursor"),
        ("school/located?lon=1&lat=1&near=5", "near"),
        ("country/located?lon=1&lat=1", "are nowhere"),
    ],
)
def test_what_makes_no_sense_is_refused(ask: Ask, query: str, detail: str) -> None:
    assert detail in problem(ask(query), 400)


@pytest.mark.parametrize(
    "query", ["nowhere/located?lon=1&lat=1", "school/located?in=district:Z", "school/located?record=school:404"]
)
def test_what_is_not_there_is_not_found(ask: Ask, query: str) -> None:
    problem(ask(query), 404)


def test_without_positions_the_answer_is_to_come_again(ask: Ask, store: Store, tmp_path: Path) -> None:
    client = create_app(replace(SETTINGS, places_folder=str(tmp_path / "none")), store).test_client()
    assert "try again" in problem(client.get("/v2/registers/school/located?lon=1&lat=1"), 503)
