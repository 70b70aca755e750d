"""Parameters are taken strictly: unknown, repeated and loosely written ones are errors that name them."""

from __future__ import annotations

import pytest

from api.parameters import HUGE, whole_number
from tests.api.conftest import Get

RECORDS, ENTRIES = "/v1/registers/country/records", "/v1/registers/country/entries"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("1", 1),
        ("-1", -1),
        ("5000", 5000),
        ("9" * 18, 10**18 - 1),
        ("1" + "0" * 30, HUGE),
        ("-1" + "0" * 30, -HUGE),
        ("9" * 100_000, HUGE),
    ],
)
def test_a_whole_number_is_read(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "+1", "01", "-0", "1.0", "1e3", "1_000", "0x1", "\uff11", "\u0661", "1\n"]
)
def test_what_is_not_plainly_a_number_is_none(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize("name", ["start", "limit"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1.5", "%2B1", "1_0", "%EF%BC%91", "%ff"])
def test_entries_takes_numbers_from_one(sqlite_get: Get, name: str, value: str) -> None:
    answer = sqlite_get(f"{ENTRIES}?{name}={value}")
    assert answer.status_code == 400
    assert answer.json["detail"].startswith(f"the parameter {name} is a whole number")


def test_no_parameter_holds_u_0000(sqlite_get: Get) -> None:
    answer = sqlite_get(f"{ENTRIES}?start=%00")
    assert (answer.status_code, "U+0000" in answer.json["detail"]) == (400, True)


@pytest.mark.parametrize("name", ["page-index", "page-size"])
@pytest.mark.parametrize("value", ["0", "-1", "x", ""])
def test_records_takes_numbers_from_one(sqlite_get: Get, name: str, value: str) -> None:
    answer = sqlite_get(f"{RECORDS}?{name}={value}")
    assert answer.status_code == 400
    assert answer.json["detail"].startswith(f"the parameter {name} is a whole number")


@pytest.mark.parametrize("query", ["page-size=5001", f"page-size={10**30}", f"page-size={'9' * 5_000}"])
def test_a_page_is_at_most_5000_records(sqlite_get: Get, query: str) -> None:
    answer = sqlite_get(f"{RECORDS}?{query}")
    assert (answer.status_code, answer.json["detail"]) == (
        400,
        "the parameter page-size is a whole number from 1 to 5000",
    )
    assert sqlite_get(f"{RECORDS}?page-size=5000").status_code == 200


@pytest.mark.parametrize("limit", ["5001", str(10**30)])
def test_a_run_is_at_most_5000_entries(sqlite_get: Get, limit: str) -> None:
    assert sqlite_get(f"{ENTRIES}?limit={limit}").status_code == 400
    assert sqlite_get(f"{ENTRIES}?limit=5000").status_code == 200


@pytest.mark.parametrize(
    "path", ["", "/country/register", "/country/records", "/country/entries/1", "/country/download-rsf"]
)
def test_an_unknown_parameter_is_named(sqlite_get: Get, path: str) -> None:
    answer = sqlite_get(f"/v1/registers{path}?colour=red")
    assert answer.status_code == 400
    assert "'colour'" in answer.json["detail"]


def test_parameters_are_known_by_their_exact_names(sqlite_get: Get) -> None:
    assert sqlite_get(f"{RECORDS}?page_size=1").status_code == 400


def test_a_repeated_parameter_is_named(sqlite_get: Get) -> None:
    answer = sqlite_get(f"{ENTRIES}?limit=1&start=1&limit=1")
    assert answer.status_code == 400
    assert "limit is given 2 times" in answer.json["detail"]


def test_a_query_of_a_hundred_thousand_characters_gets_a_short_answer(sqlite_get: Get) -> None:
    for query in ("x" * 100_000, "limit=" + "9" * 100_000, "&".join(f"a{n}=1" for n in range(20_000))):
        answer = sqlite_get(f"{ENTRIES}?{query}")
        assert answer.status_code == 414
        assert len(answer.data) < 1000
