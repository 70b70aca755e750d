"""Records: pages of them, one by its key, those with a value in a field."""

from __future__ import annotations

from collections.abc import Iterator

from registers import lifecycle
from registers.batch import Change
from registers.definition import Field
from registers.entry import Entry
from registers.followers import catch_up_all
from registers.lookup import holding
from registers.store.engine import Store
from tests.api.conftest import Get
from tests.makers import append, country, make
from tests.queries import queries


def test_a_record_is_an_object_of_its_key(get: Get) -> None:
    answer = get("/country/records/GB")
    assert answer.json == {
        "GB": {
            "index-entry-number": "1",
            "entry-number": "1",
            "entry-timestamp": "2023-11-14T22:12:20Z",
            "key": "GB",
            "item": [{"country": "GB", "name": "United Kingdom", "citizen-names": ["Briton", "British citizen"]}],
        }
    }
    assert answer.headers["Link"] == '</v1/registers/country/records/GB/entries>; rel="version-history"'


def test_a_record_costs_two_queries(get: Get, store: Store) -> None:
    with queries(store) as seen:
        assert get("/country/records/GB").status_code == 200
    assert len(seen) == 2


def test_the_record_is_the_latest_item(get: Get) -> None:
    assert get("/country/records/FR").json["FR"]["item"][0]["name"] == "The French Republic"


def test_a_key_without_a_record_is_not_found(get: Get) -> None:
    for key in ["XX", "gb", "GB%20", "%F0%9F%87%AC", "x" * 5000, "..", "%2E%2E", "%2F"]:
        answer = get(f"/country/records/{key}")
        assert (key, answer.status_code, answer.content_type) == (key, 404, "application/problem+json")


def test_records_come_latest_first(get: Get) -> None:
    assert list(get("/country/records").json) == ["foo", "foo.csv", "a/b", "FR", "DE", "GB"]
    rows = get("/country/records.csv").text.split("\r\n")
    assert [row.split(",")[0] for row in rows] == ["index-entry-number", "7", "6", "5", "4", "3", "1", ""]


def test_csv_is_quoted_by_the_published_rule_in_the_header_as_well(get: Get, store: Store) -> None:
    long = "a-field-of-a-name-over-24-characters"
    make(store, "odd", ["odd", "entries", long, Field("list", cardinality="n")])
    append(store, Change("A", {"odd": "A", "entries": "é" * 24, long: "é" * 25, "list": ["x", "y z"]}), to="odd")
    append(store, Change("B", {"odd": "B", "entries": 'a"b', long: "semi;colon"}), to="odd")
    lifecycle.publish(store, "odd")
    assert get("/odd/records.csv").data.decode() == (
        f'index-entry-number,entry-number,entry-timestamp,key,odd,entries,"{long}",list\r\n'
        '2,2,2023-11-14T22:13:20Z,B,B,"a""b",semi;colon,\r\n'
        f'1,1,2023-11-14T22:13:20Z,A,A,{"é" * 24},"{"é" * 25}","x;y z"\r\n'
    )


def test_the_first_page_of_an_empty_register_is_an_empty_object(get: Get, store: Store) -> None:
    make(store, "area")
    lifecycle.publish(store, "area")
    assert get("/area/records").json == {}
    assert get("/area/records.csv").text == (
        "index-entry-number,entry-number,entry-timestamp,key,country,name,citizen-names,start-date,end-date\r\n"
    )
    assert "Link" not in get("/area/records").headers
    assert get("/area/records?page-index=2").status_code == 404


def test_a_page_past_the_end_is_not_found(get: Get) -> None:
    for index in ["3", "1000000", str(10**18), str(10**30)]:
        assert (index, get(f"/country/records?page-size=3&page-index={index}").status_code) == (index, 404)
    assert get("/country/records?page-size=3&page-index=2").status_code == 200


# By the value of a field


WITH_VALUE = [
    ("name/Germany", ["DE"]),
    ("name/germany", []),
    ("name/German", []),
    ("name/France", []),
    ("name/The%20French%20Republic", ["FR"]),
    ("citizen-names/German", ["DE"]),
    ("citizen-names/Briton", ["GB"]),
    ("citizen-names/Briton;British%20citizen", []),
    ("name/With%20a%20slash,%20100%25", ["a/b"]),
    ("name/Quoted%20%22%C3%A9%22%20%5C%20%2F", ["foo"]),
    ("country/a%2Fb", ["a/b"]),
    ("country/GB", ["GB"]),
    ("country/XX", []),
    ("end-date/2020", []),
    ("name/%1F", []),
]


def test_records_are_found_by_the_exact_value_of_a_field(get: Get) -> None:
    assert [(path, list(get(f"/country/records/{path}").json)) for path, _ in WITH_VALUE] == WITH_VALUE


def test_a_value_is_compared_letter_for_letter_with_an_index_or_without(get: Get, store: Store) -> None:
    append(store, country("CI", "Côte d'Ivoire"))
    for _ in range(2):
        assert list(get("/country/records/name/C%C3%B4te%20d'Ivoire").json) == ["CI"]
        assert get("/country/records/name/Co%CC%82te%20d'Ivoire").json == {}
        catch_up_all(store)


def test_a_field_that_the_register_lacks_is_not_found(get: Get) -> None:
    for field in ("colour", "key", "entry-number", "%F0%9F%87%AC", "item"):
        assert get(f"/country/records/{field}/x").status_code == 404


def test_records_with_a_value_are_had_as_csv_too(get: Get) -> None:
    rows = get("/country/records/name/Germany.csv").text.split("\r\n")
    assert [row.split(",")[3] for row in rows if row] == ["key", "DE"]


def test_at_most_a_hundred_are_found_the_latest_first(sqlite_get: Get, sqlite_store: Store) -> None:
    append(sqlite_store, *(country(f"K{n}", "the same") for n in range(2105)))
    append(sqlite_store, country("last", "other"))
    found = sqlite_get("/v1/registers/country/records/name/the%20same")
    assert list(found.json) == [f"K{n}" for n in range(2104, 2004, -1)]
    assert "Link" not in found.headers
    assert list(sqlite_get("/v1/registers/country/records/name/Germany").json) == ["DE"]  # in the third chunk
    assert sqlite_get("/v1/registers/country/records/name/the%20same?page-index=2").status_code == 400


def test_the_search_reads_no_further_than_it_must() -> None:
    def endless() -> Iterator[Entry]:
        number = 0
        while True:
            number += 1
            yield Entry(number, f"K{number}", 0, number, number, b"", {}, '{"name":"x"}')

    assert next(iter(holding(endless(), "name", "x"))).number == 1


def test_entries_of_a_key_win_over_a_field_called_entries(get: Get, store: Store) -> None:
    make(store, "odd", ["odd", "entries"])
    append(store, Change("A", {"odd": "A", "entries": "entries"}), to="odd")
    lifecycle.publish(store, "odd")
    assert [entry["key"] for entry in get("/odd/records/A/entries").json] == ["A"]
    assert list(get("/odd/records/odd/A").json) == ["A"]
    assert list(get("/odd/records/entries/x").json) == []
    assert get("/odd/records/entries/entries").status_code == 404  # the history of the key "entries", which is none
