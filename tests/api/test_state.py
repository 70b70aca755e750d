"""Conditional requests: who has the answer is told so, and who has another, or none, gets it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from people import api_keys
from people.api_keys import Wanted
from registers import lifecycle, naming
from registers.store.engine import Store
from tests.api.conftest import Get
from tests.makers import AUTHORITY, append, country

PATHS = [
    "records/GB",
    "records?page-size=2",
    "entries.csv",
    "entries/1",
    "register",
    "download-rsf",
    "download-register",
]
OTHER = 'W/"0123456789abcdef0123456789abcdef"'


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_has_a_weak_etag_that_it_answers_to(sqlite_get: Get, path: str) -> None:
    url = f"/v1/registers/country/{path}"
    whole = sqlite_get(url)
    tag = whole.headers["ETag"]
    assert tag.startswith('W/"')
    again = sqlite_get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert again.headers[name] == whole.headers[name]
    for name in ("Content-Type", "Content-Length", "Content-Disposition"):
        assert name not in again.headers


@pytest.mark.parametrize(
    "form",
    ["{weak}", "{strong}", "{other}, {weak}", "{weak},{other}", "{gzip}", '"a,b", {gzip}', "{apache}", "*", " * "],
)
def test_an_etag_is_known_in_every_form_it_may_come_in(sqlite_get: Get, form: str) -> None:
    url = "/v1/registers/country/records/GB"
    weak = sqlite_get(url).headers["ETag"]
    strong = weak.removeprefix("W/")
    spelled = {"gzip": f'{strong[:-1]}:gzip"', "apache": f'{strong[:-1]}-gzip"', "other": OTHER}
    given = form.format(weak=weak, strong=strong, **spelled)
    assert sqlite_get(url, headers={"If-None-Match": given}).status_code == 304


@pytest.mark.parametrize("given", [OTHER, "", "nonsense", '"', '""', "W/", "{bare}", '"{bare}x"', 'x"{bare}'])
def test_other_etags_get_the_answer(sqlite_get: Get, given: str) -> None:
    url = "/v1/registers/country/records/GB"
    bare = sqlite_get(url).headers["ETag"][3:-1]
    answer = sqlite_get(url, headers={"If-None-Match": given.format(bare=bare)})
    assert (answer.status_code, answer.json["GB"]["key"]) == (200, "GB")


def test_each_question_has_an_etag_of_its_own(sqlite_get: Get) -> None:
    root = "/v1/registers/country"
    asked = ["records", "records.csv", "records?page-size=1", "records?page-size=2", "entries", "entries?start=2"]
    assert len({sqlite_get(f"{root}/{each}").headers["ETag"] for each in asked}) == len(asked)
    csv = sqlite_get(f"{root}/records", headers={"Accept": "text/csv"})
    assert csv.headers["ETag"] != sqlite_get(f"{root}/records").headers["ETag"]


def test_what_changes_the_register_changes_the_etag(get: Get, store: Store) -> None:
    before = get("/country/records").headers["ETag"]
    append(store, country("NO", "Norway"))
    after = get("/country/records", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["ETag"] != before


def test_a_date_is_compared_with_the_last_revision(sqlite_get: Get) -> None:
    url = "/v1/registers/country/records"
    modified = sqlite_get(url).headers["Last-Modified"]
    assert parsedate_to_datetime(modified).tzinfo is not None
    assert sqlite_get(url, headers={"If-Modified-Since": modified}).status_code == 304
    for given in ("Thu, 01 Jan 1970 00:00:00 GMT", "nonsense", ""):
        assert sqlite_get(url, headers={"If-Modified-Since": given}).status_code == 200
    both = {"If-Modified-Since": modified, "If-None-Match": OTHER}  # the ETag alone counts (RFC 9110 §13.1.3)
    assert sqlite_get(url, headers=both).status_code == 200


@pytest.mark.parametrize("headers", [{"If-None-Match": "*"}, {"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT"}])
def test_what_is_not_there_is_not_said_to_be_unchanged(sqlite_get: Get, headers: dict[str, str]) -> None:
    assert sqlite_get("/v1/registers/country/records/XX", headers=headers).status_code == 404
    assert sqlite_get("/v1/registers/country/entries/1000", headers=headers).status_code == 404


def test_errors_have_no_etag(sqlite_get: Get) -> None:
    for path in ("records/XX", "nothing", "records?x=1"):
        assert "ETag" not in sqlite_get(f"/v1/registers/country/{path}").headers


def test_head_is_conditional_too(sqlite_app: Flask) -> None:
    client: FlaskClient = sqlite_app.test_client()
    url = "/v1/registers/country/records/GB"
    tag = client.get(url).headers["ETag"]
    answer = client.head(url, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers["ETag"]) == (304, tag)


def test_a_list_of_registers_has_no_date_for_it_changes_without_a_revision(
    sqlite_app: Flask, sqlite_store: Store
) -> None:
    client = sqlite_app.test_client()
    listed = client.get("/v2/registers")
    assert "ETag" in listed.headers and "Last-Modified" not in listed.headers
    naming.retire(sqlite_store, "country")
    dated = {"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT"}
    assert client.get("/v2/registers", headers=dated).json == {"registers": []}


def test_a_name_that_was_told_before_changes_the_etag_as_it_becomes_the_name(
    sqlite_app: Flask, sqlite_store: Store
) -> None:
    client = sqlite_app.test_client()
    lifecycle.define(sqlite_store, "country", [("name", {"name": "land"})], AUTHORITY)
    tag = client.get("/v2/registers").headers["ETag"]
    naming.rename(sqlite_store, "country", "land", AUTHORITY)
    listed = client.get("/v2/registers", headers={"If-None-Match": tag})
    assert [each["register"] for each in listed.json["registers"]] == ["land"]


def test_what_is_written_is_answered_without_the_etag_of_what_there_was(sqlite_app: Flask, sqlite_store: Store) -> None:
    client, key = sqlite_app.test_client(), api_keys.create(sqlite_store, Wanted("test", ["direct"]), "tester").text
    assert client.get("/v2/registers/country").status_code == 200
    headers = {"Authorization": f"Bearer {key}", "If-None-Match": OTHER}
    answer = client.patch("/v2/registers/country", json={"text": "Lands"}, headers=headers)
    assert answer.status_code == 200
    assert "ETag" not in answer.headers
