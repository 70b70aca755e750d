"""Postcodes over HTTP: whole ones, live or terminated, and those that begin so, page by page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from registers import lifecycle
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.v2.test_places import problem
from tests.geo.test_postcodes import POSTCODE_FIELDS, postcode
from tests.makers import NOW, FixedClock, append, make

Ask = Callable[[str], TestResponse]


def asking(store: Store, clock: FixedClock) -> Ask:
    """How to ask an application that knows some postcodes."""
    clock.now = NOW
    make(store, "postcode", POSTCODE_FIELDS)
    append(
        store,
        postcode("M1 1AE", start_date="1980-01", point="[-2.25,53.5]"),
        postcode("M1 1AA", start_date="1980-01", point="[-2.75,53.0]"),
        postcode("M1 2AA", start_date="1980-01", end_date="1996-06", point="[-9,50]"),
        postcode("M1 2AB", start_date="2023-12"),
        postcode("M11 1AA", start_date="1980-01", end_date="1996-06"),
        to="postcode",
    )
    lifecycle.publish(store, "postcode")
    client = create_app(SETTINGS, store).test_client()
    return lambda path: client.get(f"/v2/{path}", buffered=True)


@pytest.fixture
def ask(store: Store, clock: FixedClock) -> Ask:
    """Ask it, once on each engine."""
    return asking(store, clock)


@pytest.fixture
def sqlite_ask(sqlite_store: Store, clock: FixedClock) -> Ask:
    """Ask it on SQLite alone, for what no engine has a part in."""
    return asking(sqlite_store, clock)


def test_a_terminated_postcode_is_answered_like_any_other(ask: Ask) -> None:
    answer = ask("postcodes/m12%20aa")
    assert answer.headers["Register-Size"] == "5"
    assert answer.json == {
        "postcode": "M1 2AA",
        "kind": "postcode",
        "on": "2023-11-14",
        "key": "M12AA",
        "status": "terminated",
        "start-date": "1980-01",
        "end-date": "1996-06",
        "point": [-9, 50],
        "record": "/v2/registers/postcode/records/M12AA",
        "places": "/v2/places?postcode=M12AA",
        "values": {
            "postcode": "M12AA",
            "name": "M1 2AA",
            "start-date": "1980-01",
            "end-date": "1996-06",
            "point": "[-9,50]",
        },
    }
    assert ask(answer.json["places"].removeprefix("/v2/")).status_code == 200
    assert ask(answer.json["record"].removeprefix("/v2/")).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("postcodes/M11AE", "live"),
        ("postcodes/M12AA?on=1996-06-30", "live"),
        ("postcodes/M12AA?on=1996-07-01", "terminated"),
        ("postcodes/M12AB", "to-come"),
        ("postcodes/M12AB?on=2023-12-01", "live"),
    ],
)
def test_a_postcode_has_a_status_on_a_day(sqlite_ask: Ask, path: str, status: str) -> None:
    assert sqlite_ask(path).json["status"] == status


def test_a_postcode_without_a_position_says_nothing_of_one(sqlite_ask: Ask) -> None:
    assert "point" not in sqlite_ask("postcodes/M12AB").json


def test_a_beginning_says_how_many_are_live_and_where_their_middle_is(ask: Ask) -> None:
    answer = ask("postcodes/m1").json
    assert [each["postcode"] for each in answer.pop("postcodes")] == ["M1 1AA", "M1 1AE", "M1 2AA", "M1 2AB"]
    assert answer == {
        "postcode": "M1",
        "kind": "outward-code",
        "on": "2023-11-14",
        "live": 2,
        "terminated": 1,
        "to-come": 1,
        "point": [-2.5, 53.25],
    }
    sector = ask("postcodes/M1%202").json
    assert (sector["kind"], sector["postcode"]) == ("sector", "M1 2")
    assert [each["status"] for each in sector["postcodes"]] == ["terminated", "to-come"]
    assert "point" not in sector
    assert ask("postcodes/M11").json["terminated"] == 1


def test_the_pages_of_a_beginning_are_of_one_state(ask: Ask, store: Store) -> None:
    query, seen = "?limit=1", []
    while query:
        answer = ask(f"postcodes/M1{query}")
        seen += [each["key"] for each in answer.json["postcodes"]]
        links = answer.headers["Link"].split(",")
        query = next((link[1:].partition(">")[0] for link in links if link.endswith('rel="next"')), "")
        append(store, postcode(f"M1 {len(seen)}ZZ"), to="postcode")
    assert seen == ["M11AA", "M11AE", "M12AA", "M12AB"]
    assert len(ask("postcodes/M1").json["postcodes"]) == 8
    assert len(ask("postcodes/M1?at=5").json["postcodes"]) == 4


def test_the_places_of_a_postcode_say_whether_it_is_terminated(ask: Ask) -> None:
    answer = ask("places?postcode=M1+2AA").json
    assert answer["point"] == [-9, 50]
    assert answer["postcode"] == {
        "postcode": "M1 2AA",
        "key": "M12AA",
        "status": "terminated",
        "start-date": "1980-01",
        "end-date": "1996-06",
        "point": [-9, 50],
        "record": "/v2/registers/postcode/records/M12AA",
        "places": "/v2/places?postcode=M12AA",
    }
    assert ask("places?postcode=M1+2AA&on=1990-01-01").json["postcode"]["status"] == "live"
    assert "postcode" not in ask("places?lon=-9&lat=50").json


def test_when_a_postcode_is_terminated_its_places_are_another_answer(ask: Ask, store: Store) -> None:
    before = ask("places?postcode=M11AE")
    append(store, postcode("M1 1AE", start_date="1980-01", end_date="2023-10", point="[-2.25,53.5]"), to="postcode")
    after = ask("places?postcode=M11AE")
    assert (before.json["postcode"]["status"], after.json["postcode"]["status"]) == ("live", "terminated")
    assert before.headers["ETag"] != after.headers["ETag"]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("postcodes/hello", "'hello' is not a postcode such as M1 1AE, nor how one begins"),
        ("postcodes/M", "'M' is not a postcode"),
        ("postcodes/M1?limit=0", "limit"),
        ("postcodes/M1?after=WzFd", "is not a cursor"),
        ("postcodes/M1?after=Wy0xLCJNMTFBQSJd", "is not a cursor"),
        ("postcodes/M1?on=2020", "the parameter on is a day"),
        ("postcodes/M1?where.name=x", "where.name"),
    ],
)
def test_what_asks_for_no_postcode_is_refused(sqlite_ask: Ask, path: str, detail: str) -> None:
    assert detail in problem(sqlite_ask(path), 400)


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("postcodes/M2", "no postcode that begins with M2"),
        ("postcodes/M1%209", "no postcode that begins with M1 9"),
        ("postcodes/ZZ11ZZ", "no record 'ZZ11ZZ'"),
        ("postcodes/M1?at=0", "no postcode that begins with M1"),
        ("postcodes/M1?at=99", "never had 99"),
        ("places?postcode=ZZ11ZZ", "no record 'ZZ11ZZ'"),
    ],
)
def test_what_is_not_there_is_not_found(sqlite_ask: Ask, path: str, detail: str) -> None:
    assert detail in problem(sqlite_ask(path), 404)


def test_where_there_are_no_postcodes_that_is_said(store: Store) -> None:
    answer = create_app(SETTINGS, store).test_client().get("/v2/postcodes/M1")
    assert "no register postcode here" in problem(answer, 404)


def test_a_caller_who_has_the_answer_is_told_so_until_the_day_ends(ask: Ask, store: Store, clock: FixedClock) -> None:
    client = create_app(SETTINGS, store).test_client()
    had = {"If-None-Match": ask("postcodes/M1").headers["ETag"]}
    assert client.get("/v2/postcodes/M1", headers=had).status_code == 304
    clock.now += 86400
    assert client.get("/v2/postcodes/M1", headers=had).status_code == 200
