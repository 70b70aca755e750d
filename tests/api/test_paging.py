"""Links from page to page: relative to the query, absent where there is no such page, never before the first."""

from __future__ import annotations

import pytest

from api.app import create_app
from api.paging import Page, Run
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import Get, fill


@pytest.mark.parametrize(
    ("page", "links"),
    [
        (Page(1, 100, 0), []),
        (Page(1, 100, 100), []),
        (Page(1, 100, 101), [("?page-index=2&page-size=100", "next")]),
        (Page(2, 2, 6), [("?page-index=3&page-size=2", "next"), ("?page-index=1&page-size=2", "previous")]),
        (Page(3, 2, 6), [("?page-index=2&page-size=2", "previous")]),
    ],
)
def test_links_of_pages(page: Page, links: list[tuple[str, str]]) -> None:
    assert page.links() == links


@pytest.mark.parametrize(
    ("run", "links"),
    [
        (Run(1, 100, 0), []),
        (Run(5, 100, 0), []),
        (Run(1, 100, 100), []),
        (Run(1, 100, 101), [("?start=101&limit=100", "next")]),
        (Run(101, 50, 210), [("?start=151&limit=50", "next"), ("?start=51&limit=50", "previous")]),
        (Run(51, 100, 150), [("?start=1&limit=100", "previous")]),
        (Run(10**18, 100, 210), [("?start=111&limit=100", "previous")]),
    ],
)
def test_links_of_runs(run: Run, links: list[tuple[str, str]]) -> None:
    assert run.links() == links


def test_following_next_reads_every_record_once(get: Get) -> None:
    keys, query = [], "?page-size=4"
    while query:
        answer = get(f"/country/records{query}")
        keys += list(answer.json)
        query = next(
            (part.partition(">")[0][1:] for part in answer.headers.get("Link", "").split(",") if "next" in part), ""
        )
    assert keys == ["foo", "foo.csv", "a/b", "FR", "DE", "GB"]


def test_following_previous_reads_every_entry(get: Get) -> None:
    numbers, query = set(), "?start=1000&limit=3"
    while query:
        answer = get(f"/country/entries{query}")
        numbers |= {entry["entry-number"] for entry in answer.json}
        query = next(
            (part.partition(">")[0][1:] for part in answer.headers.get("Link", "").split(",") if "prev" in part), ""
        )
    assert numbers == {str(n) for n in range(1, 8)}


def test_next_comes_before_previous_in_one_header(get: Get) -> None:
    links = get("/country/records?page-index=2&page-size=2").headers.getlist("Link")
    assert links == ['<?page-index=3&page-size=2>; rel="next",<?page-index=1&page-size=2>; rel="previous"']


def test_full_paths_begin_with_the_path_of_the_base_url(sqlite_store: Store) -> None:
    fill(sqlite_store)
    client = create_app(Settings(base_url="https://example.org/data"), sqlite_store).test_client()
    link = client.get("/v1/registers/country/records/GB", buffered=True).headers["Link"]
    assert link == '</data/v1/registers/country/records/GB/entries>; rel="version-history"'
    mounted = {"SCRIPT_NAME": "/data", "RAW_URI": "/data/v1/registers/country/records/GB"}
    answer = client.get("/v1/registers/country/records/GB", buffered=True, environ_overrides=mounted)
    assert answer.headers["Link"] == link
