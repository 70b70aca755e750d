"""A register's own host: v1 at `/`, v2 at `/next`, links of that host; any other host is the base service."""

from __future__ import annotations

import json
import re
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask

from api.app import create_app
from api.hosts import REGISTER, Hosts, outside
from registers import naming
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import SETTINGS, Get, fill
from tests.makers import AUTHORITY, make

OWN = {"Host": "country.localhost"}


@pytest.mark.parametrize(
    ("host", "register"),
    [
        ("country.localhost", "country"),
        ("country.localhost:8000", "country"),
        ("COUNTRY.LocalHost", "country"),
        ("country.localhost.", "country"),
        ("country.localhost.:80", "country"),
        ("uk-subdivision.localhost", "uk-subdivision"),
        ("localhost", None),
        ("localhost:8000", None),
        ("deep.country.localhost", None),
        ("country.example.org", None),
        ("country.localhost.evil.example", None),
        ("countrylocalhost", None),
        (".localhost", None),
        ("127.0.0.1:8000", None),
        ("[::1]:8000", None),
        ("", None),
        ("country.localhost:port", None),
        ("country.localhost:123456", None),
        ("coun try.localhost", None),
        ("country.localhost\n", None),
        ("країна.localhost", None),
        ("x" * 100_000 + ".localhost", None),
    ],
)
def test_the_first_label_below_the_base_domain_is_a_register(host: str, register: str | None) -> None:
    assert Hosts(Settings()).register_of(host) == register


@pytest.mark.parametrize(
    ("settings", "host", "register"),
    [
        (Settings(base_url="https://registers.example.org:8443/below"), "country.registers.example.org", "country"),
        (Settings(base_url="https://registers.example.org"), "registers.example.org", None),
        (Settings(base_url="https://www.example.org", base_domain="example.org"), "www.example.org", None),
        (Settings(base_url="https://www.example.org", base_domain="example.org"), "www.example.org.:443", None),
        (Settings(base_url="https://www.example.org", base_domain="example.org"), "country.example.org", "country"),
        (Settings(base_domain="a.b"), "country.aXb", None),
    ],
)
def test_the_base_domain_is_a_setting_and_the_base_host_is_never_a_register(
    settings: Settings, host: str, register: str | None
) -> None:
    assert Hosts(settings).register_of(host) == register


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("/", "/v1/registers/country/"),
        ("/records/a%2Fb.csv", "/v1/registers/country/records/a%2Fb.csv"),
        ("/next/records", "/v2/registers/country/records"),
        ("/nextrecords", "/v1/registers/country/nextrecords"),
        ("/v1/registers", "/v1/registers/country/v1/registers"),
        ("//evil.example", "/v1/registers/country//evil.example"),
        ("/healthz", "/healthz"),
        ("/healthcheck", "/readyz"),
        ("/assets/a.css", "/assets/a.css"),
        ("/assetsfile", "/v1/registers/country/assetsfile"),
    ],
)
def test_a_path_of_an_own_host_is_one_of_the_base_service(path: str, inner: str) -> None:
    environ = {"HTTP_HOST": "country.localhost"}
    assert Hosts(Settings()).inside(environ, path) == inner
    assert environ[REGISTER] == "country"


def test_an_own_host_answers_what_the_base_service_does(app: Flask) -> None:
    client = app.test_client()
    for path in ("/register", "/records", "/records.csv", "/records/a%2Fb", "/entries?start=2", "/download-rsf"):
        own = client.get(path, headers=OWN, buffered=True)
        base = client.get(f"/v1/registers/country{path}", buffered=True)
        assert (own.status_code, own.data, own.content_type) == (200, base.data, base.content_type)


def test_links_are_those_of_the_host_that_was_asked(sqlite_get: Get) -> None:
    own = sqlite_get("/records/GB", headers=OWN)
    assert own.headers["Link"] == '</records/GB/entries>; rel="version-history"'
    assert sqlite_get("/records/a%2Fb", headers=OWN).headers["Link"].startswith("</records/a%2Fb/entries>")
    base = sqlite_get("/v1/registers/country/records/GB")
    assert base.headers["Link"] == '</v1/registers/country/records/GB/entries>; rel="version-history"'
    assert sqlite_get("/entries?limit=2", headers=OWN).headers["Link"] == '<?start=3&limit=2>; rel="next"'


def test_a_path_in_a_sentence_is_of_the_host_that_was_asked(sqlite_store: Store) -> None:
    fill(sqlite_store)
    client = create_app(Settings(archive_limit=1), sqlite_store).test_client()
    assert "download /download-rsf instead" in client.get("/download-register", headers=OWN).json["detail"]


def test_the_base_urls_path_is_not_on_an_own_host(sqlite_store: Store) -> None:
    fill(sqlite_store)
    client = create_app(Settings(base_url="https://example.org/below"), sqlite_store).test_client()
    own = client.get("/records/GB", headers={"Host": "country.example.org"})
    assert own.headers["Link"].startswith("</records/GB/entries>")
    base = client.get("/v1/registers/country/records/GB", headers={"Host": "example.org"})
    assert base.headers["Link"].startswith("</below/v1/registers/country/records/GB/entries>")


def test_a_problem_names_the_path_that_was_asked(sqlite_get: Get) -> None:
    answer = sqlite_get("/records/XX", headers=OWN)
    assert (answer.status_code, answer.json["instance"]) == (404, "/records/XX")


@pytest.mark.parametrize("path", ["/register", "/records/GB", "/anything", "/", "/a/b", "/next/context"])
def test_a_host_of_no_register_is_a_problem_that_names_it(sqlite_get: Get, path: str) -> None:
    answer = sqlite_get(path, headers={"Host": "nowhere.localhost"})
    if path == "/":
        answer = sqlite_get(answer.headers["Location"], headers={"Host": "nowhere.localhost"})
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert "nowhere" in answer.json["detail"]


@pytest.mark.parametrize("path", ["/v1/registers", "/v1/registers/country/records", "/v2/registers/country/context"])
def test_the_base_services_paths_are_not_on_an_own_host(sqlite_get: Get, path: str) -> None:
    answer = sqlite_get(path, headers=OWN)
    assert answer.status_code == 404
    assert answer.json["detail"].endswith("all registers are at http://localhost")


@pytest.mark.parametrize("host", ["127.0.0.1", "a.country.localhost", "example.org", "[::1]", ""])
def test_any_other_host_is_the_base_service(sqlite_get: Get, host: str) -> None:
    assert sqlite_get("/v1/registers/country/records/GB", headers={"Host": host}).status_code == 200
    assert sqlite_get("/records/GB", headers={"Host": host}).status_code == 404


def test_health_is_told_on_every_host(sqlite_get: Get) -> None:
    for path in ("/healthz", "/readyz", "/healthcheck"):
        answer = sqlite_get(path, headers={"Host": "nowhere.localhost"})
        assert (answer.status_code, json.loads(answer.data)["status"]) == (200, "ok")


def test_a_proxys_word_for_the_host_counts_if_the_proxy_is_trusted(sqlite_store: Store) -> None:
    fill(sqlite_store)
    forwarded = {"Host": "inside.example", "X-Forwarded-Host": "country.localhost"}
    trusting = create_app(Settings(trusted_proxies=1), sqlite_store).test_client()
    assert trusting.get("/records/GB", headers=forwarded).status_code == 200
    assert create_app(SETTINGS, sqlite_store).test_client().get("/records/GB", headers=forwarded).status_code == 404


def test_the_host_of_a_renamed_register_leads_to_the_new_one(sqlite_store: Store) -> None:
    fill(sqlite_store)
    naming.rename(sqlite_store, "country", "land", AUTHORITY)
    client = create_app(Settings(), sqlite_store).test_client()
    for path in ("/records/a%2Fb.json?", "/records?page-size=2", "/next/entries/1", "/", "/name/France", "/record/GB"):
        url, location = "", f"http://country.localhost:8000{path}"
        for _ in range(4):
            url = urljoin(url, location)
            parts = urlsplit(url)
            answer = client.get(f"{parts.path}?{parts.query}", headers={"Host": parts.netloc}, buffered=True)
            location = answer.headers.get("Location", url)
        assert (parts.netloc, answer.status_code) == ("land.localhost:8000", 200), path


def test_the_host_of_a_retired_register_says_that_it_is_gone(sqlite_store: Store) -> None:
    fill(sqlite_store)
    naming.retire(sqlite_store, "country")
    client = create_app(Settings(), sqlite_store).test_client()
    for path in ("/records/GB", "/name/France", "/next/context", "/register", "/nothing"):
        assert client.get(path, headers=OWN).status_code == 410


def test_a_draft_has_no_host(sqlite_store: Store) -> None:
    make(sqlite_store)
    client = create_app(Settings(), sqlite_store).test_client()
    for path in ("/register", "/name/France", "/nothing"):
        assert client.get(path, headers=OWN).status_code == 404


@pytest.mark.parametrize(
    ("host", "path", "begins"),
    [
        ("country.example.org:81", "/next/feed", "http://country.example.org:81/next/"),
        ("www.example.org", "/v2/registers/country/feed", "https://www.example.org/v2/registers/country/"),
    ],
)
def test_links_of_a_feed_are_urls_of_the_host_that_was_asked(
    sqlite_store: Store, host: str, path: str, begins: str
) -> None:
    fill(sqlite_store)
    settings = Settings(base_url="https://www.example.org", base_domain="example.org")
    answer = create_app(settings, sqlite_store).test_client().get(path, headers={"Host": host}, buffered=True)
    links = re.findall(r'href="([^"]*)"', answer.text)
    assert links
    assert [link for link in links if not link.startswith(begins)] == []


def test_a_path_of_another_register_is_a_url_of_the_base_service(sqlite_app: Flask) -> None:
    here = {"HTTP_HOST": "country.localhost:81", REGISTER: "country"}
    with sqlite_app.test_request_context("/", environ_overrides=here):
        assert outside("/v2/registers/territory/records/GI") == "http://localhost:81/v2/registers/territory/records/GI"
        assert outside("/v1/registers") == "http://localhost:81/v1/registers"
        assert outside("/v1/registers/country/records") == "/records"
        assert outside("/v2/registers/country") == "/next"
        assert outside("/v2/registers/country-code/records") == "http://localhost:81/v2/registers/country-code/records"
        assert outside("/assets/0/style.css") == "/assets/0/style.css"
