"""Headers on every answer, errors too."""

from __future__ import annotations

import pytest
from flask import Flask, request

from api.app import create_app
from registers.settings import Settings
from registers.store.engine import Store

PATHS = ["/v1/registers", "/v1/registers/country/records/GB.csv", "/nothing", "/healthz", "/v1/registers/%ff"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_what_it_says_it_is_and_is_for_every_site(sqlite_app: Flask, path: str) -> None:
    answer = sqlite_app.test_client().get(path, buffered=True)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Link" in answer.headers["Access-Control-Expose-Headers"]
    assert "Strict-Transport-Security" not in answer.headers


def test_other_sites_are_only_told_of_reading(sqlite_app: Flask) -> None:
    answer = sqlite_app.test_client().post("/v1/registers", buffered=True)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("base_url", "promised"), [("https://example.org", True), ("http://example.org", False)])
def test_https_is_promised_where_the_operator_says_so(sqlite_store: Store, base_url: str, promised: bool) -> None:
    app = create_app(Settings(base_url=base_url), sqlite_store)
    answer = app.test_client().get("/healthz", buffered=True, headers={"X-Forwarded-Proto": "https"})
    assert ("Strict-Transport-Security" in answer.headers) == promised


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "3.3.3.3"), (2, "2.2.2.2")])
def test_as_many_proxies_are_believed_as_are_trusted(sqlite_store: Store, proxies: int, seen: str) -> None:
    app = create_app(Settings(trusted_proxies=proxies), sqlite_store)
    client = app.test_client()
    with client:
        client.get("/healthz", buffered=True, headers={"X-Forwarded-For": "1.1.1.1, 2.2.2.2, 3.3.3.3"})
        assert request.remote_addr == seen
