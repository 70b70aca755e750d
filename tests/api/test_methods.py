"""OPTIONS: what may be done at an address, and what a page of another site may do there."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.api.test_blueprint import make_app, rules

URL = "/v1/registers/country/records/GB"
PREFLIGHT = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}


def options(app: Flask, url: str, **headers: str) -> TestResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().options(url, headers=given, buffered=True)


@pytest.mark.parametrize("rule", rules(), ids=str)
def test_every_route_says_what_may_be_done_there(rule: Rule) -> None:
    app = make_app()
    url = "/".join("1" if part.startswith("<") else part for part in str(rule).split("/"))
    answer = options(app, url)
    assert (answer.status_code, answer.data) == (204, b"")
    methods = answer.headers["Allow"].split(", ")
    assert "OPTIONS" in methods
    assert set(rule.methods or ()) <= set(methods)
    assert methods == sorted(set(methods))


def test_what_is_not_there_stays_so(sqlite_app: Flask) -> None:
    for url in ("/nothing", "/v1/registers/country/nothing/at/all/here", "*"):
        assert options(sqlite_app, url).status_code == 404


def test_a_page_of_any_site_may_read(sqlite_app: Flask) -> None:
    answer = options(sqlite_app, URL, **PREFLIGHT)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]
    assert "Authorization" not in answer.headers["Access-Control-Allow-Headers"]
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "DELETE", "", "get", "TRACE"])
def test_a_page_of_another_site_may_not_write(sqlite_app: Flask, method: str) -> None:
    for url in (URL, "/v2/registers"):
        answer = options(sqlite_app, url, Origin="https://example.org", **{"Access-Control-Request-Method": method})
        assert answer.status_code == 204
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-Allow")]


def test_what_a_page_may_read_is_named(sqlite_app: Flask) -> None:
    answer = sqlite_app.test_client().get(URL, headers={"Origin": "https://example.org"})
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Link", "Register-Size", "RateLimit-Remaining", "Retry-After", "Deprecation", "Sunset"} <= exposed
    assert {"Accept-Ranges", "Content-Range", "Content-Disposition"} <= exposed
