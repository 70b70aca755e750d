"""The old paths of the published service, on a register's own host, lead to what they were, and nowhere else."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.api.conftest import Get

HOST = "country.localhost"
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


def ask(get: Get, target: str, **headers: str) -> TestResponse:
    """Ask country's host for what stands in the request line, letter for letter."""
    raw, _, query = target.partition("?")
    environ = {"RAW_URI": raw, "REQUEST_URI": raw, "QUERY_STRING": query}
    return get("/", headers={"Host": HOST, **headers}, environ_overrides=environ)


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/record/GB", 301, "/records/GB"),
        ("/record/GB/entries", 301, "/records/GB/entries"),
        ("/record/GB.json", 301, "/records/GB.json"),
        ("/record/foo.csv.json", 301, "/records/foo.csv.json"),
        ("/record/a%2Fb", 301, "/records/a%2Fb"),
        ("/record/caf%C3%A9", 301, "/records/caf%C3%A9"),
        ("/record/a%252Fb", 301, "/records/a%252Fb"),
        ("/entry/6", 301, "/entries/6"),
        ("/entry/6.csv", 301, "/entries/6.csv"),
        ("/item/sha-256:00", 301, "/items/sha-256:00"),
        ("/proof/entry/1/2/merkle:sha-256", 301, "/proof/entries/1/2/merkle:sha-256"),
        ("/name/France", 301, "/records/name/France"),
        ("/name/a%2Fb.csv", 301, "/records/name/a%2Fb.csv"),
        ("/citizen-names/Briton", 301, "/records/citizen-names/Briton"),
        ("/country/GB", 301, "/records/GB"),
        ("/country/GB.json?page-size=2", 301, "/records/GB.json?page-size=2"),
        ("/v1", 301, "/register"),
        ("/v1/records/GB", 307, "/records/GB"),
        ("/v1/records.csv?page-size=5000&page-index=2", 307, "/records.csv?page-size=5000&page-index=2"),
        ("/v1/records/a%2Fb", 307, "/records/a%2Fb"),
        ("/v1/", 307, "/"),
        ("/v1/record/GB", 307, "/record/GB"),
        ("/next", 301, "/next/context"),
        ("/next/", 301, "/next"),
        ("/records/", 301, "/records"),
        ("/records///", 301, "/records"),
        ("/name//", 301, "/name"),
        ("/records/GB/?x=1", 301, "/records/GB?x=1"),
        ("/next/records/", 301, "/next/records"),
        ("/", 303, "/register"),
    ],
)
def test_an_old_path_redirects(sqlite_get: Get, path: str, status: int, location: str) -> None:
    answer = ask(sqlite_get, path)
    assert (answer.status_code, answer.headers["Location"]) == (status, location)


def test_the_old_front_page_of_v1_is_a_page_for_who_wants_one(sqlite_get: Get) -> None:
    assert ask(sqlite_get, "/v1", Accept=HTML).headers["Location"] == "/"
    assert ask(sqlite_get, "/v1", Accept="application/json").headers["Location"] == "/register"


def test_a_person_at_the_front_door_is_led_to_the_registers_page(sqlite_get: Get) -> None:
    answer = ask(sqlite_get, "/", Accept=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://localhost/registers/country")
    assert "Accept" in answer.vary


@pytest.mark.parametrize(
    "path", ["/records.tsv", "/records/GB.ttl", "/entries.xlsx", "/register.yaml", "/name/France.yaml", "/next/x.tsv"]
)
def test_a_retired_format_is_gone(sqlite_get: Get, path: str) -> None:
    answer = ask(sqlite_get, path)
    assert (answer.status_code, answer.content_type) == (410, "application/problem+json")
    assert path.rpartition(".")[2] in answer.json["detail"]


@pytest.mark.parametrize("path", ["/capital/Paris", "/capital/Paris.csv", "/.tsv/x"])
def test_an_unknown_field_is_a_problem_that_names_it(sqlite_get: Get, path: str) -> None:
    answer = ask(sqlite_get, path)
    assert answer.status_code == 404
    assert path.split("/")[1] in answer.json["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/",
        "//evil.example/..",
        "/v1//evil.example",
        "/v1//evil.example/",
        "/v1///evil.example",
        "/record//evil.example",
        "//",
        "///",
        "/v1//",
    ],
)
def test_a_path_that_would_name_another_host_is_nowhere(sqlite_get: Get, path: str) -> None:
    answer = ask(sqlite_get, path)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/v1/%5Cevil.example/", "/%5Cevil.example/"),
        ("/v1/\\evil.example", "/%5Cevil.example"),
        ("/v1/%2F%2Fevil.example", "/%2F%2Fevil.example"),
        ("/record/%0D%0ASet-Cookie:%20a=b", "/records/%0D%0ASet-Cookie:%20a=b"),
        ("/record/GB?a=%0D%0Ab", "/records/GB?a=%0D%0Ab"),
        ("/record/GB?\r\nSet-Cookie: a=b", "/records/GB?%0D%0ASet-Cookie:%20a=b"),
    ],
)
def test_what_would_break_out_of_the_header_is_escaped(sqlite_get: Get, path: str, location: str) -> None:
    answer = ask(sqlite_get, path)
    assert answer.headers["Location"] == location
    assert "Set-Cookie" not in answer.headers


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.text("/\\.:@%2Fv1recordntyxevil\r\n\t é?#", max_size=30), query=st.text("a=&%/\r\n\\é", max_size=8))
def test_no_path_at_all_leads_to_another_host(sqlite_get: Get, path: str, query: str) -> None:
    answer = ask(sqlite_get, f"/{path}?{query}".encode().decode("latin-1"))
    assert answer.status_code < 500
    if 300 <= answer.status_code < 400:
        found = answer.headers["Location"]
        assert found.isascii() and found.isprintable() and "\\" not in found
        assert urlsplit(urljoin(f"http://{HOST}/", found)).netloc == HOST


def test_a_redirect_leads_to_what_was_meant(client: FlaskClient) -> None:
    for old in ("/record/GB", "/entry/1", "/country/a%2Fb", "/v1/records/foo.csv.json", "/name/Germany", "/records/"):
        found = client.get(old, headers={"Host": HOST}, buffered=True)
        assert client.get(found.headers["Location"], headers={"Host": HOST}, buffered=True).status_code == 200


def test_what_is_written_to_is_redirected_with_its_method(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    answer = client.post("/v1/load-rsf", headers={"Host": HOST}, data=b"x")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/load-rsf")
    assert client.post("/record/GB", headers={"Host": HOST}).status_code == 404


def test_robots_may_read(sqlite_get: Get) -> None:
    answer = ask(sqlite_get, "/robots.txt")
    assert (answer.status_code, answer.text) == (200, "User-agent: *\nDisallow:\n")
    assert answer.content_type == "text/plain;charset=UTF-8"


def test_the_base_service_has_no_old_paths(sqlite_get: Get) -> None:
    for path in ("/record/GB", "/v1", "/next", "/v1/registers/country/record/GB", "/v1/registers/country/records/"):
        assert sqlite_get(path, headers={"Host": "localhost"}).status_code == 404
