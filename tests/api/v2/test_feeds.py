"""Feeds: what RFC 4287 asks of a feed and of an entry, what a revision is told as, and how one pages back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from registers import lifecycle, naming
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.makers import AUTHORITY, NOW, FixedClock, append, country, make

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "/v2/registers/country/feed"
WHOLE = "/v2/feed"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TAG_URI = re.compile(r"tag:[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[A-Za-z0-9/._~-]+")
ONCE_IN_A_FEED = ("id", "title", "updated", "subtitle", "generator", "icon", "logo", "rights")
ONCE_IN_AN_ENTRY = ("id", "title", "updated", "published", "content", "summary", "source", "rights")


def read(answer: TestResponse) -> ElementTree.Element:
    """The feed, once all that the RFC says it must be has been seen to hold."""
    assert (answer.status_code, answer.content_type) == (200, "application/atom+xml"), answer.data
    feed = ElementTree.fromstring(answer.data)
    assert feed.tag == f"{ATOM}feed"
    check_element(feed, ONCE_IN_A_FEED)
    assert len([link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]) == 1
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        check_element(entry, ONCE_IN_AN_ENTRY)
        content = entry.find(f"{ATOM}content")
        assert feed.find(f"{ATOM}author") is not None or entry.find(f"{ATOM}author") is not None
        assert content is not None or entry.find(f"{ATOM}link[@rel='alternate']") is not None
        assert content is None or (content.get("type") == "text" and len(content) == 0)
    ids = [text(each, "id") for each in [feed, *entries]]
    assert len(set(ids)) == len(ids)
    return feed


def check_element(element: ElementTree.Element, once: tuple[str, ...]) -> None:
    """§4.1.1 and §4.1.2: what there must be one of, and may be one of; §3.3, §4.2.6, §4.2.7: their values."""
    assert [len(element.findall(ATOM + name)) for name in once[:3]] == [1, 1, 1]
    assert all(len(element.findall(ATOM + name)) <= 1 for name in once)
    assert RFC_3339.fullmatch(text(element, "updated"))
    assert TAG_URI.fullmatch(text(element, "id"))
    assert text(element, "title")
    for author in element.findall(f"{ATOM}author"):
        assert len(author.findall(f"{ATOM}name")) == 1 and text(author, "name")
    links = element.findall(f"{ATOM}link")
    assert all(re.match("https?://", link.get("href", "")) for link in links)
    alternates = [(link.get("type"), link.get("hreflang")) for link in links if link.get("rel") == "alternate"]
    assert len(set(alternates)) == len(alternates)


def text(element: ElementTree.Element, name: str) -> str:
    found = element.find(ATOM + name)
    assert found is not None
    return found.text or ""


def titles(feed: ElementTree.Element) -> list[str]:
    return [text(entry, "title") for entry in feed.findall(f"{ATOM}entry")]


def link(element: ElementTree.Element, relation: str) -> str | None:
    found = element.find(f"{ATOM}link[@rel='{relation}']")
    return None if found is None else found.get("href")


def pages(client: FlaskClient, target: str | None) -> Iterator[ElementTree.Element]:
    while target:
        feed = read(client.get(target, buffered=True))
        assert link(feed, "self") == (target if target.startswith("http") else f"http://localhost{target}")
        yield feed
        target = link(feed, "next")


def test_a_feed_has_an_entry_for_each_revision_the_latest_first(client: FlaskClient, store: Store) -> None:
    append(store, country("IT"))
    lifecycle.define(store, "country", [("custodian", {"custodian": "Somebody"})], AUTHORITY)
    lifecycle.define(store, "country", [("register-name", {"register-name": "Country"})], AUTHORITY)
    feed = read(client.get(FEED, buffered=True))
    assert titles(feed) == [
        "The definition of Country changed",
        "The definition of Country changed",
        "1 entry added to Country",
        "7 entries added to Country",
        "Country was defined",
    ]
    assert text(feed, "title") == "Changes to Country"
    author = feed.find(f"{ATOM}author")
    assert author is not None and text(author, "name") == "Somebody"


def test_an_entry_links_to_the_entries_of_the_log_that_were_added(client: FlaskClient, store: Store) -> None:
    made = append(store, country("IT"), country("ES")).revision
    entry = read(client.get(FEED, buffered=True)).find(f"{ATOM}entry")
    assert entry is not None
    assert link(entry, "alternate") == "http://localhost/v2/registers/country/entries?start=8&limit=2"
    root = "1220" + made.v2_root.hex()
    assert text(entry, "content") == f"Entries 8 to 9. Revision 3; size 9; root hash {root}."
    assert text(entry, "updated") == "2023-11-14T22:13:20Z"
    linked = client.get("/v2/registers/country/entries?start=8&limit=2", buffered=True)
    assert [each["key"] for each in linked.json] == ["IT", "ES"]


def test_pages_go_back_to_the_first_revision_and_stay_as_they_were(client: FlaskClient, store: Store) -> None:
    store.checking = False  # type: ignore[attr-defined]
    for number in range(110):
        append(store, country(f"K{number}"))
    found = pages(client, FEED)
    first = next(found)
    append(store, country("late"))
    rest = list(found)
    ids = [text(entry, "id") for feed in [first, *rest] for entry in feed.findall(f"{ATOM}entry")]
    assert ids == [f"tag:registers.example.org,2023-11-14:country/revisions/{n}" for n in range(112, 0, -1)]
    assert [len(feed.findall(f"{ATOM}entry")) for feed in [first, *rest]] == [50, 50, 12]


def test_ids_are_the_same_under_another_name(client: FlaskClient, store: Store) -> None:
    before = [text(entry, "id") for entry in read(client.get(FEED, buffered=True)).findall(f"{ATOM}entry")]
    naming.rename(store, "country", "land", AUTHORITY)
    feed = read(client.get("/v2/registers/land/feed", buffered=True))
    assert [text(entry, "id") for entry in feed.findall(f"{ATOM}entry")][1:] == before
    assert client.get(FEED, buffered=True).status_code == 301


def test_the_feed_of_all_has_those_that_are_published_in_the_order_of_time(
    client: FlaskClient, store: Store, clock: FixedClock
) -> None:
    clock.now = NOW + 10
    make(store, "town")
    make(store, "draft")
    clock.now = NOW + 20
    append(store, country("IT"))
    before = titles(read(client.get(WHOLE, buffered=True)))
    assert before == ["1 entry added to country", "7 entries added to country", "country was defined"]
    lifecycle.publish(store, "town")
    after = titles(read(client.get(WHOLE, buffered=True)))
    assert after == [before[0], "town was defined", *before[1:]]
    naming.retire(store, "town", None)
    assert titles(read(client.get(WHOLE, buffered=True))) == before


def test_pages_of_all_hold_each_revision_once(client: FlaskClient, store: Store, clock: FixedClock) -> None:
    store.checking = False  # type: ignore[attr-defined]
    make(store, "town")
    lifecycle.publish(store, "town")
    for number in range(60):
        clock.now += number % 2
        append(store, country(f"K{number}"))
        append(store, country(f"K{number}"), to="town")
    every = list(pages(client, WHOLE))
    ids = [text(entry, "id") for feed in every for entry in feed.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids)) == 123
    times = [text(entry, "updated") for feed in every for entry in feed.findall(f"{ATOM}entry")]
    assert times == sorted(times, reverse=True)
    assert [len(feed.findall(f"{ATOM}entry")) for feed in every] == [50, 50, 23]


@pytest.mark.parametrize("path", [FEED, WHOLE])
def test_who_has_the_feed_is_told_so_until_something_changes(client: FlaskClient, store: Store, path: str) -> None:
    etag = client.get(path, buffered=True).headers["ETag"]
    headers = {"If-None-Match": etag}
    assert client.get(path, headers=headers, buffered=True).status_code == 304
    append(store, country("IT"))
    changed = client.get(path, headers=headers, buffered=True)
    assert (changed.status_code, changed.headers["ETag"] != etag) == (200, True)


def test_a_register_that_is_published_later_changes_the_etag_of_all(client: FlaskClient, store: Store) -> None:
    make(store, "town")
    etag = client.get(WHOLE, buffered=True).headers["ETag"]
    lifecycle.publish(store, "town")
    assert client.get(WHOLE, headers={"If-None-Match": etag}, buffered=True).status_code == 200


@pytest.mark.parametrize("name", ["draft", "nothing"])
def test_a_draft_has_no_feed(client: FlaskClient, store: Store, name: str) -> None:
    make(store, "draft")
    assert client.get(f"/v2/registers/{name}/feed", buffered=True).status_code == 404


def test_a_service_without_registers_has_an_empty_feed(sqlite_store: Store) -> None:
    feed = read(create_app(SETTINGS, sqlite_store).test_client().get(WHOLE, buffered=True))
    assert titles(feed) == []


@pytest.mark.parametrize(
    "query",
    [f"{FEED}?before={each}" for each in ("0", "-1", "x", "1.5", "", "%00", "1&before=2")]
    + [
        f"{WHOLE}?before={each}"
        for each in ("1", "x", "1.2", "1.2.3.4", "-1.2.3", "%EF%BC%91.2.3", f"1.{10**9 * 3}.1", "")
    ]
    + [f"{FEED}?page=2", f"{WHOLE}?limit=3"],
)
def test_a_page_that_no_link_leads_to_is_refused(sqlite_app: Flask, query: str) -> None:
    answer = sqlite_app.test_client().get(query, buffered=True)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


@pytest.mark.parametrize(("path", "before"), [(FEED, "9" * 40), (FEED, "1"), (WHOLE, f"1.{2**31 - 1}.1")])
def test_a_page_beyond_the_first_revision_is_empty(sqlite_app: Flask, path: str, before: str) -> None:
    feed = read(sqlite_app.test_client().get(f"{path}?before={before}", buffered=True))
    assert len(titles(feed)) == (2 if before.startswith("9") else 0)


def test_what_xml_cannot_hold_is_left_out_of_it(sqlite_app: Flask, sqlite_store: Store) -> None:
    odd = "<b>&amp; \x01\x0b\ufffe\U0001f600]]>"
    lifecycle.define(sqlite_store, "country", [("register-name", {"register-name": odd})], AUTHORITY)
    lifecycle.define(sqlite_store, "country", [("custodian", {"custodian": odd})], AUTHORITY)
    feed = read(sqlite_app.test_client().get(FEED, buffered=True))
    assert text(feed, "title") == "Changes to <b>&amp; \ufffd\ufffd\ufffd\U0001f600]]>"


def test_links_are_below_the_base_url(sqlite_store: Store, sqlite_app: Flask) -> None:
    settings = Settings(operator="registers.example.org", base_url="https://r.example/sub")
    feed = read(create_app(settings, sqlite_store).test_client().get(FEED, buffered=True))
    assert link(feed, "self") == "https://r.example/sub/v2/registers/country/feed"
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert link(entry, "alternate") == "https://r.example/sub/v2/registers/country/entries?start=1&limit=7"
