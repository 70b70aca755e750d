"""Bad input, made by hand, sent to every route: each answer is a good one or a problem that the route documents.

What is held against each answer: it is not the service's own fault (5xx), it does not speak of the inside, and its
status is one that the operation lists by number in the OpenAPI document.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, Response, request
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from api.app import create_app
from api.blueprint import Declared
from api.openapi import description
from people import api_keys
from registers.followers import catch_up_all
from registers.fsck import check_all
from registers.opening import open_store
from registers.settings import Settings
from tests.api.conftest import SETTINGS, fill
from tests.api.hostile import BODIES, HEADERS, QUERIES, SEGMENTS, VALUES

RULE = "X-Test-Rule"
CGI = {"Host": "HTTP_HOST", "Content-Length": "CONTENT_LENGTH", "Content-Type": "CONTENT_TYPE"}
NOWHERE = {400, 404, 405, 410, 413, 414}  # what a request that matched no route may be answered
ANYWHERE = {301, 304, 308, 405}  # what any route may answer, as its operation need not say
HASH = "sha-256:" + "0" * 64
# A good value for each segment that routes have, by name; any other name gets a number.
GOOD = {"register": "country", "key": "GB", "field": "name", "value": "France", "hash": HASH, "id": "GB"}
METHODS = ("TRACE", "PROPFIND", "CONNECT", "LOCK", "MADEUP", "PATCH", "PUT", "DELETE", "POST", "OPTIONS")


def routes() -> list[tuple[str, Rule]]:
    """Every method of every route."""
    rules = sorted(APP.url_map.iter_rules(), key=str)
    return [(method, rule) for rule in rules for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]


APP = create_app(Settings(), open_store("sqlite:///never-opened.db"))
ROUTES = routes()
WRITTEN = [(method, rule) for method, rule in ROUTES if method != "GET"]
READ = [rule for method, rule in ROUTES if method == "GET"]
# What is no operation is a page for people, and its problems may be pages too.
PAGE = {"content": ["text/html; charset=utf-8", "text/html;charset=UTF-8"]}


@pytest.fixture(scope="module")
def ready(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A database with the register `country`, and a key that may do all in it."""
    path = tmp_path_factory.mktemp("bad") / "registers.db"
    shutil.copyfile(sqlite_template, path)
    with closing(open_store(f"sqlite:///{path}")) as store:
        fill(store)
        catch_up_all(store)
        return path, api_keys.create(store, api_keys.Wanted("all", list(api_keys.SCOPES)), "tester").text


@pytest.fixture(scope="module")
def bad(ready: tuple[Path, str]) -> Iterator[Bad]:
    """Who sends bad input to what only reads."""
    with closing(open_store(f"sqlite:///{ready[0]}")) as store:
        yield Bad(create_app(SETTINGS, store), ready[1])


@pytest.fixture
def bad_writer(ready: tuple[Path, str], tmp_path: Path) -> Iterator[Bad]:
    """Who sends bad input to what writes, to a database of its own, whose logs hold when it is done."""
    shutil.copyfile(ready[0], tmp_path / "registers.db")
    with closing(open_store(f"sqlite:///{tmp_path / 'registers.db'}")) as store:
        yield Bad(create_app(SETTINGS, store), ready[1])
        check_all(store)


class Bad:
    """Sends requests as they are written, and holds each answer to what its operation documents."""

    def __init__(self, app: Flask, key: str) -> None:
        self.key = key
        app.after_request(_name_rule)
        self.app = app
        self.client = app.test_client()
        self.paths: dict[str, Any] = description(app)["paths"]

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> TestResponse:
        path, _, query = target.partition("?")
        given = {"Authorization": f"Bearer {self.key}", **headers}
        environ = {"RAW_URI": path, "REQUEST_URI": path, "QUERY_STRING": query.encode().decode("latin-1")}
        for name, variable in CGI.items():  # the test client has its own mind about these
            if name in given:
                environ[variable] = given.pop(name)
        answer = self.client.open(
            "/", method=method, data=body, headers=given, environ_overrides=environ, buffered=True
        )
        self.check(method, answer, f"{method} {target[:200]} {headers}")
        return answer

    def check(self, method: str, answer: TestResponse, asked: str) -> None:
        assert answer.status_code < 500, (asked, answer.text)
        operation = self.operation(method, answer.headers[RULE])
        if answer.status_code >= 400 and method != "HEAD":
            check_problem(answer, operation, asked)
        if operation:
            known = {int(status) for status in operation["responses"] if status != "default"}
            assert answer.status_code in known | ANYWHERE, (asked, answer.text)
        elif not answer.headers[RULE]:
            assert answer.status_code < 400 or answer.status_code in NOWHERE, (asked, answer.text)

    def operation(self, method: str, rule: str) -> dict[str, Any]:
        """What is documented of a method of a route; nothing where there is no such route."""
        path: dict[str, Any] = self.paths.get(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule), {})
        found: dict[str, Any] = path.get("get" if method == "HEAD" else method.lower(), {})
        return found


def _name_rule(response: Response) -> Response:
    response.headers[RULE] = request.url_rule.rule if request.url_rule else ""
    return response


def check_problem(answer: TestResponse, operation: dict[str, Any], asked: str) -> None:
    assert not re.search(
        r"Traceback|File \"|sqlalchemy|(?<![.+])sqlite3|psycopg|werkzeug|0x[0-9a-f]{8}", answer.text
    ), asked
    if answer.content_type != "application/problem+json":
        described = operation.get("responses", {}).get(str(answer.status_code), PAGE)
        assert answer.content_type in described["content"], (asked, answer.text)
        return
    problem = json.loads(answer.data)
    assert problem["status"] == answer.status_code
    assert problem["detail"] and len(problem["detail"]) < 1_000, asked


def filled(rule: Rule, **given: str) -> str:
    """The path of a rule with good segments, but for those given, which are raw."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: given.get(found[1]) or quote(GOOD.get(found[1], "1")), rule.rule)


@pytest.mark.parametrize("rule", READ, ids=str)
def test_segments(bad: Bad, rule: Rule) -> None:
    for name in sorted(rule.arguments):
        for segment in SEGMENTS:
            bad.send("GET", filled(rule, **{name: segment or "%20"}))


@pytest.mark.parametrize("rule", READ, ids=str)
def test_queries(bad: Bad, rule: Rule) -> None:
    for query in QUERIES:
        answer = bad.send("GET", f"{filled(rule)}?{query}")
        assert answer.status_code in (400, 404, 414) or not query.strip("&="), query


def declared_by(rule: Rule) -> Declared:
    found: Declared = APP.view_functions[rule.endpoint].declared  # type: ignore[attr-defined]
    return found


def parameters(rule: Rule) -> Iterator[str]:
    declared = declared_by(rule)
    yield from sorted(declared.parameters)
    for beginning in declared.open_ended:
        yield from (f"{beginning}{end}" for end in ("name", "name.in", "start-date.gte"))


@pytest.mark.parametrize("rule", READ, ids=str)
def test_values_of_parameters(bad: Bad, rule: Rule) -> None:
    for name in parameters(rule):
        for value in VALUES:
            bad.send("GET", f"{filled(rule)}?{quote(name)}={value}")
        assert bad.send("GET", f"{filled(rule)}?{quote(name)}=1&{quote(name)}=1").status_code == 400


@pytest.mark.parametrize("rule", READ, ids=str)
def test_headers(bad: Bad, rule: Rule) -> None:
    for headers in HEADERS:
        bad.send("GET", filled(rule), **headers)


@pytest.mark.parametrize("rule", READ, ids=str)
def test_bodies_where_none_is_asked_for(bad: Bad, rule: Rule) -> None:
    for body in (b"{}", b"\x00\xff", b"x" * 2_000_000):
        bad.send("GET", filled(rule), body)
        bad.send("HEAD", filled(rule), body)


@pytest.mark.parametrize(("method", "rule"), WRITTEN, ids=str)
def test_what_is_written(bad_writer: Bad, method: str, rule: Rule) -> None:
    for kind in declared_by(rule).sent.examples or ["application/json"]:
        for body in BODIES:
            bad_writer.send(method, filled(rule), body, **{"Content-Type": kind})
    for query in QUERIES:
        bad_writer.send(method, f"{filled(rule)}?{query}", b"{}", **{"Content-Type": "application/json"})
    for name in sorted(rule.arguments):
        for segment in SEGMENTS:
            bad_writer.send(method, filled(rule, **{name: segment or "%20"}))


def test_writing_without_a_good_key(bad: Bad) -> None:
    bearers = ["Bearer", "Bearer x", f"Bearer {bad.key}x", f"Digest {bad.key}", bad.key]
    for method, rule in WRITTEN:
        if declared_by(rule).permission.scopes:
            for key in ("", *bearers, f"Basic {bad.key}", "Basic OjpiOg==", "Basic \xe9", "\xff"):
                assert bad.send(method, filled(rule), b"{}", Authorization=key).status_code == 401


def test_methods_that_no_route_has(bad: Bad) -> None:
    for _, rule in ROUTES:
        for method in METHODS:
            if method not in (rule.methods or ()):
                answer = bad.send(method, filled(rule))
                assert answer.status_code in (204, 404, 405) or answer.headers[RULE], (method, rule.rule)
                assert answer.status_code != 405 or answer.headers["Allow"]


@pytest.mark.parametrize(
    "target",
    [
        "",
        "*",
        "/",
        "//",
        "///",
        "/..",
        "/../../etc/passwd",
        "/v1/registers/../../etc/passwd",
        "/v1/registers/country/..%2f..%2fetc",
        "//evil.example/v1/registers",
        "http://evil.example/v1/registers",
        "http://[::1",
        "/v1/registers//records",
        "/v1/registers/country/records/",
        "/v1/registers/country/records/GB;x=1",
        "/v1/registers/country/records/GB#x",
        "/v1/registers/COUNTRY/records",
        "/V1/registers",
        "/v1/registers/" + "a/" * 3_000,
        "/" + "x" * 100_000,
        "/%2e%2e/%2e%2e",
        "/v1%2Fregisters",
        "/\\evil",
        "/static/../api/app.py",
        "/.git/config",
        "/\u202e",
    ],
)
def test_paths_that_lead_nowhere(bad: Bad, target: str) -> None:
    for host in ("localhost", "country.localhost", "nowhere.localhost"):
        for method in ("GET", "HEAD", "POST"):
            bad.send(method, target, Host=host)


def test_every_segment_on_an_own_host(bad: Bad) -> None:
    for segment in SEGMENTS:
        for before in ("/", "/record/", "/records/", "/next/records/", "/name/", "/v1/", "/proof/entry/", "/entries/"):
            bad.send("GET", f"{before}{segment}", Host="country.localhost")


def test_a_header_cannot_be_made_up(bad: Bad) -> None:
    for target in ("/record/%0D%0AX-Made-Up:%20yes", "/records/GB%0D%0AX-Made-Up:%20yes", "/x/?%0D%0AX-Made-Up:%20yes"):
        assert "X-Made-Up" not in bad.send("GET", target, Host="country.localhost").headers
