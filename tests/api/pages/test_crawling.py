"""What crawlers and search engines find: robots.txt, the map of the site, security.txt, and registers as datasets."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from api.app import create_app
from api.pages.service import crawling
from registers import lifecycle
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import fill
from tests.makers import AUTHORITY, NOW, OPERATOR, definition, make

BASE = "https://registers.example.org"
OWN = {"Host": "country.registers.example.org"}
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NASTY = '</script><script>alert("&")</script>'


@pytest.fixture
def client(sqlite_store: Store) -> FlaskClient:
    """Of a service with two registers and a draft."""
    fill(sqlite_store)
    told = {"title": NASTY, "text": NASTY, "licence": "OGL-UK-3.0", "copyright": "© Us", "temporal_coverage": "1974/.."}
    lifecycle.create(sqlite_store, definition("nasty", ["nasty"], **told), AUTHORITY, OPERATOR)
    lifecycle.publish(sqlite_store, "nasty")
    make(sqlite_store, "draft")
    settings = Settings(operator=OPERATOR, base_url=BASE, security_contact="mailto:security@example.org")
    return create_app(settings, sqlite_store).test_client()


def locations(client: FlaskClient) -> dict[str, str | None]:
    """The addresses in the map, and when each was changed."""
    answer = client.get("/sitemap.xml")
    assert (answer.status_code, answer.content_type) == (200, "application/xml; charset=utf-8")
    root = ElementTree.fromstring(answer.data)  # noqa: S314
    assert root.tag == f"{SITEMAP}urlset"
    return {str(url.findtext(f"{SITEMAP}loc")): url.findtext(f"{SITEMAP}lastmod") for url in root}


# robots.txt and the map


def test_robots_may_read_pages_and_data_and_ask_no_questions(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines())
    assert robots.site_maps() == [f"{BASE}/sitemap.xml"]
    assert not robots.can_fetch("*", f"{BASE}/search")
    assert robots.can_fetch("*", f"{BASE}/registers/country") and robots.can_fetch("*", f"{BASE}/v2/catalogue")
    assert "Disallow: /*?\nDisallow: /registers/*/files/\nDisallow: /files/all.zip\n" in answer.text


def test_the_map_has_every_page_but_records_and_each_is_there(client: FlaskClient) -> None:
    found = locations(client)
    assert found[f"{BASE}/registers/country"] == "2023-11-14T22:13:20Z"
    assert f"{BASE}/registers/nasty" in found and f"{BASE}/docs/catalogues" in found
    assert not any("draft" in each or "/records/" in each for each in found)
    for each in found:
        assert each.startswith(BASE) and client.get(each.removeprefix(BASE)).status_code == 200, each


def test_the_map_has_at_most_what_its_protocol_allows(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert crawling.MOST == 50_000
    monkeypatch.setattr(crawling, "MOST", 3)
    assert len(locations(client)) == 3


def test_head_and_conditions(client: FlaskClient) -> None:
    for path in ("/robots.txt", "/sitemap.xml", "/.well-known/security.txt"):
        head = client.head(path)
        assert (head.status_code, head.data) == (200, b"")
    etag = client.get("/sitemap.xml").headers["ETag"]
    assert client.get("/sitemap.xml", headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/sitemap.xml", headers={"Accept": "image/png"}).status_code == 406


def test_a_registers_own_host_says_whom_to_tell_and_has_no_pages_to_map(client: FlaskClient) -> None:
    told = client.get("/.well-known/security.txt", headers=OWN)
    assert (told.status_code, "mailto:security@example.org" in told.text) == (200, True)
    assert client.get("/robots.txt", headers=OWN).text == "User-agent: *\nDisallow:\n", "as it was published"
    assert client.get("/sitemap.xml", headers=OWN).status_code == 404


# security.txt


def test_security_txt_says_whom_to_tell_and_until_when(client: FlaskClient) -> None:
    answer = client.get("/.well-known/security.txt")
    told = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert list(told) == ["Contact", "Expires", "Preferred-Languages", "Canonical"]
    assert told["Contact"] == "mailto:security@example.org"
    assert told["Canonical"] == f"{BASE}/.well-known/security.txt"
    now = datetime.fromtimestamp(NOW, UTC)
    assert now < datetime.fromisoformat(told["Expires"]) < now + timedelta(days=365)


def test_without_a_contact_it_is_not_there_and_says_why(sqlite_store: Store) -> None:
    answer = create_app(Settings(), sqlite_store).test_client().get("/.well-known/security.txt")
    assert answer.status_code == 404
    assert "REGISTERS_SECURITY_CONTACT" in json.loads(answer.data)["detail"]


# A register as a dataset, in its page


def told_in(page: str) -> dict[str, Any]:
    """The description in a page, which ends where a browser says it does."""
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    told: dict[str, Any] = json.loads(found)
    return told


def test_a_page_says_what_the_catalogue_says(client: FlaskClient) -> None:
    told = told_in(client.get("/registers/nasty", headers={"Accept": "text/html"}).text)
    graph = Graph().parse(data=client.get("/v2/registers/nasty/catalogue?f=ttl").data, format="turtle")
    said = dict(graph.predicate_objects(URIRef(told["@id"])))
    assert (told["name"], told["description"]) == (NASTY, NASTY)
    assert Literal(told["name"]) == said[DCTERMS.title] and Literal(told["identifier"]) == said[DCTERMS.identifier]
    assert told["license"] == str(said[DCTERMS.license])
    assert datetime.fromisoformat(told["dateModified"]) == said[DCTERMS.modified].toPython()  # type: ignore[attr-defined]
    assert (told["creditText"], told["temporalCoverage"]) == ("© Us", "1974/..")
    files = {str(each) for each in graph.objects(None, URIRef("http://www.w3.org/ns/dcat#downloadURL"))}
    assert {each["contentUrl"] for each in told["distribution"]} == files
    assert told["includedInDataCatalog"]["url"] == f"{BASE}/v2/catalogue"


def test_what_search_engines_require_is_there_and_nothing_is_blank(client: FlaskClient) -> None:
    told = told_in(client.get("/registers/country", headers={"Accept": "text/html"}).text)
    assert told["@context"] == "https://schema.org/" and told["@type"] == "Dataset"
    assert told["name"] and told["description"] and told["creator"]["name"] == OPERATOR
    assert "license" not in told and "temporalCoverage" not in told and "spatialCoverage" not in told


def test_a_description_ends_no_script_early_and_a_question_has_none(client: FlaskClient) -> None:
    page = client.get("/registers/nasty", headers={"Accept": "text/html"})
    assert page.text.count("</script>") == page.text.count("<script")
    assert "alert(" in page.text and "<script>alert" not in page.text
    asked = client.get("/registers/country?at=3", headers={"Accept": "text/html"})
    assert "ld+json" not in asked.text
