"""Entries of v2: numbers as numbers, one alone as an object, and how a copy is kept current."""

from __future__ import annotations

import pytest

from registers.store.engine import Store
from registers.v2.hashing import hash_text
from tests.api.v2.conftest import Ask, links, pages
from tests.makers import append, country, entries_of


def numbers(ask: Ask, path: str) -> list[int]:
    return [entry["entry-number"] for page in pages(ask, path) for entry in page.json]


def test_an_entry_is_an_object(ask: Ask, store: Store) -> None:
    first = entries_of(store)[0]
    assert ask("/country/entries/1").json == {
        "entry-number": 1,
        "entry-timestamp": "2023-11-14T22:12:20Z",
        "key": "GB",
        "blob-hash": hash_text(first.digests["v2"]),
    }


def test_an_entry_as_csv(ask: Ask) -> None:
    header, row, end = ask("/country/entries/2.csv").text.split("\r\n")
    assert (header, end) == ("entry-number,entry-timestamp,key,blob-hash", "")
    assert row.startswith("2,2023-11-14T22:12:30Z,FR,")


def test_an_entry_may_be_kept_for_ever_and_names_no_state(ask: Ask) -> None:
    headers = ask("/country/entries/1").headers
    assert "immutable" in headers["Cache-Control"]
    assert not {"Link", "Register-Size"} & set(headers.keys())


def test_entries_are_listed_in_order_with_the_published_links(ask: Ask) -> None:
    answer = ask("/country/entries?start=3&limit=2")
    assert [entry["entry-number"] for entry in answer.json] == [3, 4]
    assert answer.headers["Link"] == (
        '<?start=5&limit=2>; rel="next",<?start=1&limit=2>; rel="previous",<?start=3&limit=2&at=7>; rel="memento"'
    )
    assert numbers(ask, "/country/entries?limit=3") == [1, 2, 3, 4, 5, 6, 7]


def test_a_copy_is_kept_current_with_after(ask: Ask, store: Store) -> None:
    assert numbers(ask, "/country/entries?after=0&limit=3") == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(ask, "/country/entries?after=7") == []
    append(store, country("IT", "Italy"))
    assert numbers(ask, "/country/entries?after=7") == [8]
    assert "next" not in links(ask("/country/entries?after=7"))


def test_entries_of_a_past_state_stay_so_from_page_to_page(ask: Ask) -> None:
    assert numbers(ask, "/country/entries?at=4&limit=3") == [1, 2, 3, 4]
    assert numbers(ask, "/country/entries?at=4&after=1&limit=1") == [2, 3, 4]
    assert numbers(ask, "/country/entries?at=2023-11-14T22:12:50Z&limit=2") == [1, 2, 3, 4]


def test_the_trail_of_a_key(ask: Ask) -> None:
    assert numbers(ask, "/country/records/FR/entries") == [2, 4]
    assert numbers(ask, "/country/records/FR/entries?at=3") == [2]
    assert numbers(ask, "/country/records/a%2Fb/entries") == [5]


def test_a_file_is_named_for_the_register(ask: Ask) -> None:
    assert ask("/country/entries.csv").headers["Content-Disposition"] == 'inline; filename="country-entries.csv"'


STATUSES = [
    ("entries?start=0", 400),
    ("entries?limit=0", 400),
    ("entries?limit=5001", 400),
    ("entries?start=1&after=1", 400),
    ("entries?after=-1", 400),
    ("entries?after=x", 400),
    ("entries?after=99999999999999999999", 200),
    ("entries?start=99999999999999999999", 200),
    ("entries/0", 404),
    ("entries/-1", 404),
    ("entries/8", 404),
    ("entries/x", 404),
    ("entries/1.5", 404),
    ("entries/1?at=1", 400),
    ("records/nobody/entries", 404),
    ("records/DE/entries?at=2", 404),
]


@pytest.mark.parametrize(("path", "status"), STATUSES)
def test_statuses(ask: Ask, path: str, status: int) -> None:
    assert ask(f"/country/{path}").status_code == status
