"""Records of v2: their shapes, their pages, which stay of one state, and what is refused."""

from __future__ import annotations

import pytest

from registers import lifecycle
from registers.definition import Field
from registers.store.engine import Store
from tests.api.v2.conftest import Ask, links, pages
from tests.makers import append, country, grow, make

GB = {"_id": "GB", "citizen-names": ["Briton", "British citizen"], "country": "GB", "name": "United Kingdom"}
LATEST_FIRST = ["foo", "foo.csv", "a/b", "FR", "DE", "GB"]


def keys(ask: Ask, path: str) -> list[str]:
    return [record["_id"] for page in pages(ask, path) for record in page.json]


def test_a_record_is_an_object_with_its_key(ask: Ask) -> None:
    answer = ask("/country/records/GB")
    assert (answer.status_code, answer.content_type, answer.json) == (200, "application/json", GB)
    assert links(answer)["version-history"] == "/v2/registers/country/records/GB/entries"


def test_records_are_an_array_latest_first(ask: Ask) -> None:
    answer = ask("/country/records")
    assert [record["_id"] for record in answer.json] == LATEST_FIRST
    assert answer.json[-1] == GB
    assert "next" not in links(answer)


def test_csv_begins_with_the_id(ask: Ask) -> None:
    answer = ask("/country/records/FR.csv")
    assert answer.content_type == "text/csv;charset=UTF-8"
    assert answer.text == ('_id,country,name,citizen-names,start-date,end-date\r\nFR,FR,"The French Republic",,,\r\n')
    rows = ask("/country/records", headers={"Accept": "text/csv"}).text.split("\r\n")
    assert [row.partition(",")[0] for row in rows[1:-1]] == LATEST_FIRST


@pytest.mark.parametrize("key", ["a%2Fb", "foo.csv.json", "foo"])
def test_keys_with_slashes_and_endings_are_found(ask: Ask, key: str) -> None:
    answer = ask(f"/country/records/{key}")
    assert answer.json["_id"] == answer.json["country"] == key.replace("%2F", "/").removesuffix(".json")


@pytest.mark.parametrize("size", [1, 2, 5, 6, 7])
def test_the_links_lead_to_every_record_once(ask: Ask, size: int) -> None:
    assert keys(ask, f"/country/records?page-size={size}") == LATEST_FIRST


def test_pages_stay_of_the_state_that_the_first_was_of(ask: Ask, store: Store) -> None:
    first = ask("/country/records?page-size=4")
    append(store, country("GB", "Great Britain"), country("IT", "Italy"))
    second = ask(f"/country/records{links(first)['next']}")
    assert [record["_id"] for record in second.json] == ["DE", "GB"]
    assert second.json[1] == GB
    assert second.headers["Register-Size"] == "7"


def test_pages_by_number_are_there_as_published(ask: Ask) -> None:
    answer = ask("/country/records?page-index=2&page-size=2")
    assert [record["_id"] for record in answer.json] == LATEST_FIRST[2:4]
    assert answer.headers["Link"].startswith(
        '<?page-index=3&page-size=2>; rel="next",<?page-index=1&page-size=2>; rel="previous",'
    )
    assert keys(ask, "/country/records?page-index=1&page-size=4") == LATEST_FIRST


def test_pages_of_a_past_state(ask: Ask) -> None:
    assert keys(ask, "/country/records?at=3&page-size=2") == ["DE", "FR", "GB"]
    assert keys(ask, "/country/records?at=3&page-size=2&page-index=1") == ["DE", "FR", "GB"]
    assert ask("/country/records?at=3").json[1]["name"] == "France"
    assert ask("/country/records?at=0").json == []


def test_records_with_a_value(ask: Ask) -> None:
    assert keys(ask, "/country/records?name=name&value=Germany") == ["DE"]
    assert keys(ask, "/country/records?name=citizen-names&value=British+citizen") == ["GB"]
    assert keys(ask, "/country/records?name=country&value=a/b") == ["a/b"]
    assert keys(ask, "/country/records?name=country&value=nobody") == []
    assert keys(ask, "/country/records?name=name&value=germany") == []
    assert keys(ask, "/country/records?name=name&value=France") == []
    assert keys(ask, "/country/records?name=name&value=France&at=3") == ["FR"]


def test_records_with_a_value_have_pages(ask: Ask, store: Store) -> None:
    append(store, *(country(f"K{n}", "Same") for n in range(5)))
    assert keys(ask, "/country/records?name=name&value=Same&page-size=2") == ["K4", "K3", "K2", "K1", "K0"]
    by_number = ask("/country/records?name=name&value=Same&page-size=2&page-index=3")
    assert [record["_id"] for record in by_number.json] == ["K0"]
    assert keys(ask, "/country/records?name=country&value=K1&page-size=1") == ["K1"]


def test_shapes_are_in_the_record_but_not_in_lists(ask: Ask, store: Store) -> None:
    make(store, "area", [Field("country"), Field("name"), Field("geometry", "geometry")])
    shape = '{"type":"Point","coordinates":[0.5,51]}'
    append(store, country("A", "Area", geometry=shape), to="area")
    lifecycle.publish(store, "area")
    assert "geometry" in ask("/area/records/A").json
    assert ask("/area/records").json == [{"_id": "A", "country": "A", "name": "Area"}]
    assert ask("/area/records.csv").text == "_id,country,name\r\nA,A,Area\r\n"
    (blob,) = ask("/area/blobs").json
    assert "geometry" not in blob
    assert "geometry" in ask(f"/area/blobs/{blob['_id']}").json
    (change,) = ask("/area/changes?from=0").json["changes"]
    assert change["fields"]["geometry"] == {}


STATUSES = [
    ("records?name=name", 400),
    ("records?value=x", 400),
    ("records?name=nofield&value=x", 404),
    ("records?name=country&value=%00", 400),
    ("records?page-size=0", 400),
    ("records?page-size=5001", 400),
    ("records?page-size=-1", 400),
    ("records?page-index=0", 400),
    ("records?page-index=x", 400),
    ("records?page-index=2", 404),
    ("records?page-index=99999999999999999999999", 404),
    ("records?after=x", 400),
    ("records?after=", 400),
    ("records?after=WzEsMiwzXQ", 400),  # three parts
    ("records?after=WzcsOTld", 400),  # [7,99]
    ("records?after=Wzk5LDFd", 404),  # [99,1]
    ("records?after=WzcsLTFd", 400),  # [7,-1]
    ("records?after=Wzcs7DFd", 400),
    ("records?after=WzcsNF0&at=7", 200),  # [7,4]
    ("records?after=WzcsNF0&at=6", 400),
    ("records?after=WzcsNF0&page-index=1", 400),
    ("records?at=8", 404),
    ("records?at=-1", 400),
    ("records?at=soon", 400),
    ("records?at=", 400),
    ("records?at=2023-02-30", 400),
    ("records?at=2999-01-01", 404),
    ("records?at=7&at=7", 400),
    ("records?unknown=1", 400),
    ("records/nobody", 404),
    ("records/FR?at=1", 404),
    ("records/FR?page-size=1", 400),
    ("records.xlsx", 410),
    ("records/GB/entries/more", 404),
]


@pytest.mark.parametrize(("path", "status"), STATUSES)
def test_what_is_asked_wrongly_is_refused(ask: Ask, path: str, status: int) -> None:
    answer = ask(f"/country/{path}")
    assert answer.status_code == status
    if status >= 400:
        assert answer.content_type == "application/problem+json"
        assert not answer.headers.getlist("Register-Size")


def test_other_methods_and_formats_are_refused(ask: Ask) -> None:
    assert ask("/country/records", headers={"Accept": "text/html"}).status_code == 406
    assert ask("/country/records", headers={"Accept": "text/html,*/*;q=0.8"}).content_type == "application/json"
    assert ask("/country/context.csv").status_code == 406


def test_drafts_and_strangers_are_not_found(ask: Ask, store: Store) -> None:
    make(store, "draft")
    grow(store, 1, to="draft")
    for name in ("draft", "nothing"):
        assert ask(f"/{name}/records").status_code == 404
        assert ask(f"/{name}").status_code == 404
