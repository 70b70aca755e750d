"""Places of many points in one request: JSON, NDJSON and CSV, row by row, whatever is wrong with some of them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from geo.areas.following import Areas
from registers import lifecycle
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.v2.test_places import problem
from tests.geo.test_areas import follow, plant
from tests.makers import NOW, FixedClock, append, make

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
Post = Callable[..., TestResponse]


@pytest.fixture
def client(store: Store, tmp_path: Path, clock: FixedClock) -> FlaskClient:
    """An application that knows two districts, and where a postcode is."""
    clock.now = NOW
    plant(store)
    make(store, "postcode", (Field("postcode"), Field("point", "point")))
    append(store, Change("AB12CD", {"postcode": "AB12CD", "point": "[0.25, 0.5]"}), to="postcode")
    lifecycle.publish(store, "postcode")
    follow(store, Areas(tmp_path / "places"))
    return create_app(replace(SETTINGS, places_folder=str(tmp_path / "places")), store).test_client()


@pytest.fixture
def post(client: FlaskClient) -> Post:
    """Send a body of a type."""

    def send(body: str | bytes, kind: str, query: str = "") -> TestResponse:
        return client.post(f"/v2/places?{query}", data=body, content_type=kind, buffered=True)

    return send


def rows(answer: TestResponse) -> list[list[str]]:
    """The rows of a CSV, the header first."""
    assert answer.status_code == 200, answer.data
    assert answer.content_type == "text/csv;charset=UTF-8"
    return list(csv.reader(io.StringIO(answer.text, newline=""), strict=True))


POINTS: list[Any] = [
    {"lon": 0.25, "lat": 0.5, "id": "first"},
    {"lon": 0.5, "lat": 0.5, "id": {"of": [1]}},
    {"lon": 9, "lat": 9},
    {"postcode": "ab1 2cd"},
    {"record": "postcode:AB12CD"},
    {"easting": 383819, "northing": 398052},
]
WRONG: dict[str, Any] = {
    "a list is no object": [1],
    "null is no object": None,
    '"lon" is no object': "lon",
    "say where in one way": {"lon": 1, "lat": 1, "postcode": "X"},
    "or record": {"lon": 1, "id": 5},
    """'"1.5"', '1' are not two numbers""": {"lon": "1.5", "lat": 1},
    "nothing, 'a list' are not two numbers": {"lon": None, "lat": [[1]]},
    "'true', '1' are not two numbers": {"lon": True, "lat": 1},
    "are not two numbers": {"lon": 10**400, "lat": 1},
    "there are no coordinates": {"lon": None, "lat": None},
    "no longitude from -180 to 180": {"lon": 383819, "lat": 398052},
    "outside OSTN15's area": {"easting": -5, "northing": 1},
    "postcode has no record": {"postcode": "ZZ1 1ZZ"},
    "postcode is text, not 5": {"postcode": 5},
    "record is text, not null": {"record": None},
    "it says nowhere": {"postcode": ""},
    "it holds U+0000": {"postcode": "AB1\0 2CD"},
    "it holds U+0000, which": {"record": "post\0code:AB12CD"},
    "not a register, a colon and a key": {"record": "postcode"},
    "nowhere": {"record": "nowhere:1"},
}


def test_json_is_answered_as_one_point_is(post: Post, client: FlaskClient) -> None:
    answer = post(json.dumps({"points": POINTS}), JSON)
    assert answer.status_code == 200 and answer.content_type == JSON
    told = answer.json
    assert told["on"] == "2023-11-14"
    (state,) = told["registers"]
    expected = f'district;entries=3;root-hash="{state["root-hash"]}"'
    assert answer.headers["Register-States"] == expected and answer.headers["Cache-Control"] == "no-store"
    assert [each.get("id") for each in told["points"]] == ["first", {"of": [1]}, None, None, None, None]
    for sent, found in zip(POINTS, told["points"], strict=True):
        one = client.get("/v2/places", query_string={k: v for k, v in sent.items() if k != "id"}).json
        assert found["point"] == one["point"]
        assert {state["root-hash"]} == {place.pop("root-hash") for place in one["places"]}
        kept = ("register", "match", "key", "name")
        assert found["places"] == [{k: place[k] for k in kept if k in place} for place in one["places"]]


def test_a_row_that_is_wrong_has_an_error_and_the_others_their_places(post: Post) -> None:
    sent = [each for wrong in WRONG.values() for each in (wrong, POINTS[0])]
    told = post(json.dumps({"points": sent}), JSON).json["points"]
    assert [each["places"][0]["name"] for each in told[1::2]] == ["Ay"] * len(WRONG)
    for fault, each in zip(WRONG, told[::2], strict=True):
        assert fault in each["error"] and "places" not in each


def test_lines_are_answered_with_lines(post: Post) -> None:
    lines = [*(json.dumps(each) for each in POINTS), "", "{", "NaN", '{"lon":1,"lon":2,"lat":1}', json.dumps(POINTS[0])]
    answer = post("\n".join(lines), NDJSON)
    assert answer.content_type == NDJSON
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert told[: len(POINTS)] == post(json.dumps({"points": POINTS}), JSON).json["points"]
    wrong = told[len(POINTS) : -1]
    assert ["the line is not JSON" in each["error"] or "given twice" in each["error"] for each in wrong] == [True] * 3
    assert told[-1] == told[0]


@pytest.mark.parametrize("depth", [1, *range(900, 1000, 7)])
def test_an_id_that_cannot_be_written_again_spoils_no_line(post: Post, depth: int) -> None:
    ids = [f"{'[' * depth}1e999{']' * depth}", f"{'[' * depth}5{']' * depth}", '"last"']
    answer = post("\n".join(f'{{"id":{id},"lon":0.25,"lat":0.5}}' for id in ids), NDJSON)
    assert answer.status_code == 200 and "Infinity" not in answer.text
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert told[0].get("id") is None and told[2]["id"] == "last"


def test_a_body_that_is_compressed_is_refused(client: FlaskClient) -> None:
    sent = {"data": gzip.compress(b"lon,lat\n1,2\n"), "content_type": CSV, "headers": {"Content-Encoding": "gzip"}}
    assert "compressed with 'gzip'" in problem(client.post("/v2/places", **sent), 415)


def test_a_table_gets_a_column_for_each_register_and_one_for_errors(post: Post) -> None:
    table = 'name,lon,lat\r\n"a ""b"", c",0.25,0.5\r\n\r\nd,0.5,0.5\r\ne,9,9\r\nf,x,1\r\ng,1\r\nh,0.25,0.5\r\n'
    answer = post(table, CSV)
    assert rows(answer) == [
        ["name", "lon", "lat", "district", "error"],
        ['a "b", c', "0.25", "0.5", "A", ""],
        ["d", "0.5", "0.5", "A;B", ""],
        ["e", "9", "9", "", ""],
        ["f", "x", "1", "", "'x', '1' are not two numbers"],
        ["", "", "", "", "has 2 values where the header has 3"],
        ["h", "0.25", "0.5", "A", ""],
    ]
    assert answer.text.count("\r\n") == 7 and answer.headers["Register-States"].startswith("district;entries=3")


def test_a_table_comes_back_with_its_own_separator(post: Post) -> None:
    told = post('name;lon;lat\n"a;b";0.5;0.5\n"c,d";"0,5";1\n', CSV).text
    fault = "'0,5', '1' are not two numbers"
    assert told == f'name;lon;lat;district;error\r\n"a;b";0.5;0.5;"A;B";\r\nc,d;0,5;1;;{fault}\r\n'


@pytest.mark.parametrize(
    ("header", "row", "query", "expected"),
    [
        ("Postcode", "AB1 2CD", "", ["A", ""]),
        ("Easting,Northing", "383819,398052", "", ["", ""]),
        ("x,y", "0.25,0.5", "columns=x,y", ["A", ""]),
        ("x,y", "27830,55660", "columns=x,y&crs=EPSG:3857", ["A", ""]),
        ("lon,lat,district", "0.25,0.5,B", "prefix=in-", ["A", ""]),
        ("lon,lat", "0.75,0.5", "on=2020-03-31", ["A", ""]),
        ("lon,lat", "0.75,0.5", "on=2020-04-01&register=district", ["A;B", ""]),
        ("lon,lat", "0.25,0.5", "at=2000-01-01", ["", ""]),
    ],
)
def test_each_way_that_a_table_says_where_and_when(
    post: Post, header: str, row: str, query: str, expected: list[str]
) -> None:
    told = rows(post(f"{header}\n{row}\n", CSV, query))
    assert told[1][-2:] == expected and len(told) == 2


@pytest.mark.parametrize(
    ("body", "kind", "query", "fault"),
    [
        ('{"points":[]}', JSON, "", "the body has no rows"),
        ('{"points":{}}', JSON, "", "points: is a list of objects"),
        ("{}", JSON, "", "points: the body lacks it"),
        ("[", JSON, "", "the body is not JSON"),
        ('{"points":[{"lon":NaN,"lat":1}]}', JSON, "", "NaN is not a number"),
        ("\n \n", NDJSON, "", "the body has no rows"),
        (b"\xff\n", NDJSON, "", "not UTF-8"),
        ("", CSV, "", "the body is empty"),
        ("lon,lat\n", CSV, "", "the body has no rows"),
        ("a,b\n1,2\n", CSV, "", "no columns that say where"),
        ("lon,lat\n1,2\n", CSV, "columns=x,y", "no column 'x'"),
        ("lon,lat,district\n1,2,3\n", CSV, "", "has a column 'district' already"),
        ("lon,lat,error\n1,2,3\n", CSV, "", "has a column 'error' already"),
        ("lon,lat\n1,2\n", CSV, "crs=EPSG:0", "not a coordinate reference system"),
        (b"name,lon,lat\nM\xf4n,1,2\n", CSV, "", "not in the encoding utf-8"),
        ('{"points":[{"lon":1,"lat":2}]}', JSON, "crs=EPSG:27700", "the parameter crs is for a body of text/csv"),
        ('{"lon":1,"lat":2}', NDJSON, "columns=lon,lat", "the parameter columns is for a body of text/csv"),
        ("lon,lat\n1,2\n", CSV, "at=3", "each register has sizes of its own"),
        ("lon,lat\n1,2\n", CSV, "on=x", "is a day of the calendar"),
        ("lon,lat\n1,2\n", CSV, "lon=1", "no parameter"),
        ("lon,lat\n1,2\n", CSV, "register=postcode", "are no areas"),
    ],
)
def test_a_body_that_is_wrong_as_a_whole_is_refused(
    post: Post, body: str | bytes, kind: str, query: str, fault: str
) -> None:
    assert fault in problem(post(body, kind, query), 400)


def test_what_is_of_another_type_or_too_much_is_refused(post: Post) -> None:
    assert "application/json or" in problem(post("x", "text/plain"), 415)
    million = "lon,lat\n" + "1,2\n" * 1_000_000
    assert "1,000,000 rows, and 100,000 at most" in problem(post(million, CSV), 413)
    lines = '{"lon":1,"lat":2}\n' * 100_001
    assert "100,001 rows" in problem(post(lines, NDJSON), 413)
    assert "over the limit of its length" in problem(post(b" " * (64 * 2**20 + 1), CSV), 413)


def test_many_rows_come_in_order(post: Post) -> None:
    sent = [(n % 7 / 4 - 0.25, n % 5 / 4) for n in range(25_000)]
    table = "lon,lat\n" + "".join(f"{lon},{lat}\n" for lon, lat in sent)
    told = rows(post(table, CSV))[1:]
    points = post(json.dumps({"points": [{"lon": lon, "lat": lat} for lon, lat in sent]}), JSON).json["points"]
    assert [(float(row[0]), float(row[1])) for row in told] == sent == [tuple(each["point"]) for each in points]
    assert [row[2] for row in told] == [";".join(p["key"] for p in each["places"] if "key" in p) for each in points]


def test_without_a_register_of_postcodes_each_row_says_so(store: Store, tmp_path: Path) -> None:
    plant(store)
    follow(store, Areas(tmp_path / "places"))
    client = create_app(replace(SETTINGS, places_folder=str(tmp_path / "places")), store).test_client()
    answer = client.post("/v2/places", data="postcode\nAB1 2CD\n", content_type=CSV)
    assert "there is no register postcode here" in rows(answer)[1][-1]
