"""Which areas an area covers, overlaps and touches, and what became of it, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from geo.areas import related
from geo.areas.following import Areas
from registers import lifecycle
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.v2.test_places import problem
from tests.geo.test_areas import district, follow, square
from tests.makers import NOW, FixedClock, append, country, make

Ask = Callable[[str], TestResponse]
DISTRICT = (
    Field("district"),
    Field("name"),
    Field("shape", "geometry"),
    *(Field(day, "datetime") for day in ("start-date", "end-date")),
)
WARD = (Field("ward"), Field("name"), Field("shape", "geometry"))
POINTS = '{"type":"Point","coordinates":[0,0]}'


def ward(key: str, shape: str) -> Change:
    return Change(key, {"ward": key, "shape": shape})


def plant(store: Store) -> None:
    """Districts A and B became AB in April 2020, but for a strip of B that C took; wards lie in A and across."""
    make(store, "district", DISTRICT)
    append(
        store,
        district("A", square(0, 0), name="Ay", end_date="2020-03-31"),
        district("B", square(1, 0), name="Bee", end_date="2020-03-31"),
        district("AB", square(0, -1, 2), name="Both", start_date="2020-04-01"),
        district("C", square(1.9, 0), name="Sea", start_date="2020-04-01"),
        district("D", square(-1, 0), name="Dee"),
        district("E", None, name="Nowhere"),
        district("F", POINTS, name="A point"),
        to="district",
    )
    make(store, "ward", WARD)
    append(store, ward("1", square(0, 0, 0.5)), ward("2", square(0.5, 0)), ward("3", square(0, 0)), to="ward")
    make(store, "empty", WARD[1:])
    make(store)
    append(store, country("GB", "United Kingdom"))
    for name in ("district", "ward", "country", "empty"):
        lifecycle.publish(store, name)


def asking(store: Store, folder: Path, clock: FixedClock) -> Ask:
    """How to ask an application that knows districts and wards about one of them."""
    clock.now = NOW
    plant(store)
    for name in ("district", "ward"):
        follow(store, Areas(folder), name)
    client = create_app(replace(SETTINGS, places_folder=str(folder)), store).test_client()
    return lambda path: client.get(f"/v2/registers/{path}", buffered=True)


@pytest.fixture
def ask(store: Store, tmp_path: Path, clock: FixedClock) -> Ask:
    """Ask it, once on each engine."""
    return asking(store, tmp_path / "places", clock)


@pytest.fixture
def sqlite_ask(sqlite_store: Store, tmp_path: Path, clock: FixedClock) -> Ask:
    """Ask it on SQLite alone, for what no engine has a part in."""
    return asking(sqlite_store, tmp_path / "places", clock)


def told(answer: TestResponse) -> list[tuple[str, str]]:
    """The relation and the key of each area."""
    assert answer.status_code == 200, answer.data
    return [(area["relation"], area["key"]) for area in answer.json["areas"]]


def test_an_answer_names_both_states_and_what_is_in_common(ask: Ask) -> None:
    answer = ask("district/records/A/areas?to=ward&limit=1").json
    roots = [answer[side].pop("root-hash") for side in ("record", "to")]
    assert all(len(root) == 68 for root in roots) and roots[0] != roots[1]
    assert answer == {
        "record": {
            "register": "district",
            "key": "A",
            "name": "Ay",
            "end-date": "2020-03-31",
            "entry-number": 1,
            "record": "/v2/registers/district/records/A",
            "entry": "/v2/registers/district/entries/1",
            "entries": 7,
        },
        "from": "2020-03-31",
        "on": "2023-11-14",
        "to": {"register": "ward", "entries": 3},
        "areas": [
            {
                "register": "ward",
                "key": "3",
                "name": "3",
                "entry-number": 3,
                "record": "/v2/registers/ward/records/3",
                "entry": "/v2/registers/ward/entries/3",
                "relation": "equals",
                "share-of-this": 1,
                "share-of-that": 1,
            }
        ],
        "total": 3,
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("district/records/A/areas?to=ward", [("equals", "3"), ("overlaps", "2"), ("covers", "1")]),
        ("district/records/A/areas?to=ward&relation=covers,equals", [("equals", "3"), ("covers", "1")]),
        ("district/records/A/areas?to=ward&least-share=0.6", [("equals", "3"), ("covers", "1")]),
        ("district/records/A/areas", [("covered-by", "AB"), ("touches", "D")]),
        ("district/records/A/areas?on=2020-03-31", [("touches", "B"), ("touches", "D")]),
        ("district/records/A/areas?to=district&on=2020-03-31&least-share=1", [("touches", "B"), ("touches", "D")]),
        ("district/records/B/areas?relation=overlaps", [("overlaps", "C")]),
        ("ward/records/2/areas?to=district&on=2019-01-01", [("overlaps", "A"), ("overlaps", "B")]),
        ("ward/records/1/areas?to=district&at=2023-11-14T22:13:20Z", [("covered-by", "AB"), ("touches", "D")]),
        ("district/records/A/areas?at=4&on=2020-01-01", [("touches", "B")]),
        ("district/records/A/areas?to=empty", []),
        ("ward/records/1/areas?from=2001-01-01", [("covered-by", "3"), ("touches", "2")]),
    ],
)
def test_areas_by_register_relation_share_and_day(sqlite_ask: Ask, path: str, expected: list[tuple[str, str]]) -> None:
    assert told(sqlite_ask(path)) == expected


def test_pages_are_of_one_state_and_of_one_day(ask: Ask, store: Store, tmp_path: Path, clock: FixedClock) -> None:
    query = "?to=ward&limit=1"
    seen = []
    while query:
        answer = ask(f"district/records/A/areas{query}")
        seen += told(answer)
        assert answer.json["on"] == "2023-11-14"
        assert answer.json["to"]["entries"] == answer.json["total"] == 3
        query = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
        append(store, ward(f"new-{len(seen)}", square(0, 0, 2)), to="ward")
        follow(store, Areas(tmp_path / "places"), "ward")
        clock.now += 86400
    assert seen == [("equals", "3"), ("overlaps", "2"), ("covers", "1")]


# Succession


@pytest.mark.parametrize(
    ("path", "role", "expected"),
    [
        ("district/records/A/succession", "successors", [("covered-by", "AB")]),
        ("district/records/B/succession", "successors", [("covered-by", "AB"), ("overlaps", "C")]),
        ("district/records/B/succession?least-share=0.2", "successors", [("covered-by", "AB")]),
        ("district/records/A/succession?on=2020-03-31", "contemporaries", [("equals", "A")]),
        ("district/records/AB/succession?on=2020-03-31", "predecessors", [("covers", "A"), ("covers", "B")]),
        ("district/records/AB/succession", "contemporaries", [("equals", "AB"), ("overlaps", "C")]),
        ("district/records/D/succession?on=1066-10-14", "contemporaries", [("equals", "D")]),
    ],
)
def test_who_has_the_ground_on_another_day(
    sqlite_ask: Ask, path: str, role: str, expected: list[tuple[str, str]]
) -> None:
    answer = sqlite_ask(path)
    assert told(answer) == expected
    assert answer.json["role"] == role
    assert answer.json["alive"] is (role == "contemporaries")


def test_the_sum_of_the_shares_says_what_is_lost(sqlite_ask: Ask) -> None:
    whole, half = (
        sqlite_ask("district/records/A/succession").json,
        sqlite_ask("district/records/AB/succession?on=2020-01-01").json,
    )
    assert whole["share"] == 1
    assert half["share"] == pytest.approx(0.5, abs=1e-3)
    assert half["share"] == pytest.approx(sum(area["share-of-this"] for area in half["areas"]))


def test_an_area_as_it_was_known_is_held_against_what_is_known_now(ask: Ask, store: Store, tmp_path: Path) -> None:
    append(store, district("D", square(-1, 0, 0.5), name="Dee"), to="district")
    append(store, district("G", square(-1, 0.5, 0.5), name="Gee"), to="district")
    follow(store, Areas(tmp_path / "places"))
    assert told(ask("district/records/D/areas?relation=covers,equals")) == []
    assert told(ask("district/records/D/areas?from-at=7&relation=covers")) == [("covers", "D"), ("covers", "G")]
    answer = ask("district/records/D/succession?from-at=7&at=8")
    assert told(answer) == [("covers", "D")]
    assert (answer.json["record"]["entries"], answer.json["to"]["entries"]) == (7, 8)
    assert answer.json["share"] == pytest.approx(0.25, abs=1e-3)
    first = ask("district/records/D/succession?from-at=7&limit=1")
    rest = ask(f"district/records/D/succession{first.headers['Link'].partition('>')[0][1:]}")
    assert told(first) + told(rest) == [("covers", "D"), ("covers", "G")]


# What is refused


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("district/records/E/areas", "has no shape"),
        ("district/records/F/areas", "only points or lines"),
        ("country/records/GB/areas", "are no areas"),
        ("country/records/GB/succession", "are no areas"),
        ("district/records/A/areas?to=country", "are no areas"),
        ("district/records/A/areas?relation=near", "relation: 'near' is not a relation: equals, covers"),
        ("district/records/A/areas?relation=", "is not a relation"),
        ("district/records/A/areas?least-share=1.1", "least-share is a number from 0 to 1"),
        ("district/records/A/areas?least-share=nan", "least-share is a number from 0 to 1"),
        ("district/records/A/areas?on=2020-02-30", "the parameter on is a day of the calendar"),
        ("district/records/A/areas?from=2020-W10-1", "the parameter from is a day of the calendar"),
        ("district/records/A/areas?to=ward&at=3", "each register has sizes of its own"),
        ("district/records/A/areas?after=WzFd", "is not a cursor"),
        ("district/records/A/areas?after=Wy0xLDEsMSwxLDFd", "is not a cursor"),
        ("district/records/A/areas?limit=5001", "limit"),
        ("district/records/A/succession?relation=covers", "relation"),
    ],
)
def test_what_asks_nothing_is_refused(sqlite_ask: Ask, path: str, detail: str) -> None:
    assert detail in problem(sqlite_ask(path), 400)


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("district/records/Z/areas", "no record 'Z'"),
        ("nowhere/records/A/areas", "no register 'nowhere'"),
        ("district/records/A/areas?to=nowhere", "no register 'nowhere'"),
        ("district/records/A/areas?from=2020-04-01", "was not there on 2020-04-01: it ended on 2020-03-31"),
        ("district/records/AB/areas?from=2020-03-31", "was not there on 2020-03-31: it began on 2020-04-01"),
        ("district/records/A/areas?at=2000-01-01", "no record 'A'"),
    ],
)
def test_what_is_not_there_is_not_found(sqlite_ask: Ask, path: str, detail: str) -> None:
    assert detail in problem(sqlite_ask(path), 404)


def test_without_an_index_of_either_the_answer_is_to_come_again(store: Store, tmp_path: Path) -> None:
    plant(store)
    folder = tmp_path / "places"
    client = create_app(replace(SETTINGS, places_folder=str(folder)), store).test_client()
    assert "try again" in problem(client.get("/v2/registers/district/records/A/areas"), 503)
    follow(store, Areas(folder))
    assert "try again" in problem(client.get("/v2/registers/district/records/A/areas?to=ward"), 503)
    assert client.get("/v2/registers/district/records/A/succession").status_code == 200


# States


def test_an_answer_stays_until_an_index_comes_on(ask: Ask, store: Store, tmp_path: Path) -> None:
    path = "district/records/A/areas?to=ward"
    before = ask(path)
    append(store, ward("4", square(0, 0, 2)), to="ward")
    stale = ask(path)
    assert (stale.data, stale.headers["ETag"]) == (before.data, before.headers["ETag"])
    follow(store, Areas(tmp_path / "places"), "ward")
    after = ask(path)
    assert told(after)[:2] == [("equals", "3"), ("covered-by", "4")]
    assert after.headers["ETag"] != before.headers["ETag"]


def test_what_was_worked_out_is_not_worked_out_again(
    ask: Ask, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told(ask("district/records/A/areas?to=ward"))
    monkeypatch.setattr(related, "rows_of", None)  # whoever needs it breaks
    assert told(ask("district/records/A/areas?to=ward&limit=3")) == first
    assert told(ask("district/records/A/areas?to=ward&at=2023-11-14")) == first
    for kept in (tmp_path / "places" / "relations").glob("*/*"):
        kept.write_bytes(b"damaged")
    monkeypatch.undo()
    assert told(ask("district/records/A/areas?to=ward&limit=4")) == first


def test_a_caller_who_has_the_answer_is_told_so(ask: Ask, store: Store, tmp_path: Path) -> None:
    etag = ask("district/records/A/succession").headers["ETag"]
    client = create_app(replace(SETTINGS, places_folder=str(tmp_path / "places")), store).test_client()
    answer = client.get("/v2/registers/district/records/A/succession", headers={"If-None-Match": etag})
    assert answer.status_code == 304
