"""The listing of registers, and the summary of one."""

from __future__ import annotations

from flask.testing import FlaskClient

from registers import lifecycle
from registers.store.engine import Store
from tests.api.conftest import Get
from tests.makers import AUTHORITY, append, country, make


def test_published_registers_are_listed_with_links_that_work(get: Get, store: Store, client: FlaskClient) -> None:
    make(store, "area")
    lifecycle.publish(store, "area")
    make(store, "draft")
    listed = get("").json["registers"]
    assert [each["register"] for each in listed] == ["area", "country"]
    assert (listed[1]["total-records"], listed[1]["total-entries"]) == (6, 7)
    assert listed[1]["last-updated"] == "2023-11-14T22:13:20Z"
    for each in listed:
        assert [client.get(link, buffered=True).status_code for link in each["links"].values()] == [200] * 6


def test_a_register_without_entries_has_no_last_update(get: Get, store: Store) -> None:
    make(store, "area")
    lifecycle.publish(store, "area")
    assert "last-updated" not in get("").json["registers"][0]
    summary = get("/area/register").json
    assert (summary["total-records"], summary["total-entries"]) == (0, 0)
    assert "last-updated" not in summary


def test_the_summary_says_what_a_register_is(get: Get) -> None:
    summary = get("/country/register").json
    assert summary["domain"] == "registers.example.org"
    assert summary["register-record"]["fields"] == ["country", "name", "citizen-names", "start-date", "end-date"]
    assert (summary["total-records"], summary["total-entries"]) == (6, 7)


def test_a_change_shows_at_once(get: Get, store: Store) -> None:
    append(store, country("IT", "Italy"))
    assert get("/country/register").json["total-entries"] == 8
    lifecycle.define(store, "country", [("custodian", {"custodian": "Ada Lovelace"})], AUTHORITY)
    assert get("/country/register").json["custodian"] == "Ada Lovelace"
