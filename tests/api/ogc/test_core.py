"""OGC API - Features part 1, held against the abstract tests of ogcapi-features-1: the way in, collections, formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from api.ogc.landing import CONFORMS_TO
from registers.store.engine import Store
from tests.api.ogc.conftest import Ask, follow, keys, problem, school
from tests.makers import append

JSON_PATHS = ("", "/conformance", "/collections", "/collections/school", "/collections/district")
ALL = (
    *JSON_PATHS,
    "/",
    "/api",
    "/collections/school/queryables",
    "/collections/school/items",
    "/collections/school/items/1",
)


def links(document: Any) -> Iterator[dict[str, str]]:
    """Every link in a document."""
    if isinstance(document, dict):
        if "href" in document:
            yield document
        for member in document.values():
            yield from links(member)
    elif isinstance(document, list):
        for member in document:
            yield from links(member)


@pytest.mark.parametrize("path", ALL)
def test_each_resource_is_a_document_and_a_page(ask: Ask, path: str) -> None:
    document, page = ask(path), ask(path, headers={"Accept": "text/html"})
    assert (document.status_code, page.status_code) == (200, 200), page.data
    assert "json" in document.content_type
    assert page.content_type == "text/html; charset=utf-8"
    assert "<h1" in page.text
    assert "Content-Security-Policy" in page.headers
    assert ask(f"{path}?f=html").data == page.data or "items" in path
    assert ask(f"{path}?f=json").content_type == document.content_type
    assert document.headers["ETag"] != page.headers["ETag"]
    assert document.headers["Cache-Control"] == "public, no-cache, no-transform"
    for answer in (document, page):
        again = ask(path, headers={"If-None-Match": answer.headers["ETag"], "Accept": answer.content_type})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ALL)
def test_every_link_has_a_relation_and_a_type_and_leads_somewhere(ask: Ask, path: str) -> None:
    found = list(links(ask(path).json))
    assert all(each["rel"] and each["type"] for each in found)
    for each in found:
        if each["href"].startswith("http://localhost/ogc"):
            answer = ask(each["href"].removeprefix("http://localhost/ogc"))
            assert (answer.status_code, answer.content_type.partition(";")[0]) == (200, each["type"].partition(";")[0])


@pytest.mark.parametrize("path", ALL)
def test_unknown_and_repeated_parameters_are_refused(ask: Ask, path: str) -> None:
    assert "no parameter 'colour'" in problem(ask(f"{path}?colour=red"))
    assert "2 times" in problem(ask(f"{path}?f=json&f=json"))
    assert "is not a format" in problem(ask(f"{path}?f=shp"))


def test_the_way_in_links_to_all_there_is(ask: Ask) -> None:
    relations = {each["rel"] for each in ask("").json["links"]}
    assert relations >= {"self", "alternate", "service-desc", "service-doc", "conformance", "data"}


def test_it_says_what_it_conforms_to(ask: Ask) -> None:
    assert ask("/conformance").json == {"conformsTo": list(CONFORMS_TO)}
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in CONFORMS_TO


def test_the_collections_are_the_registers_with_positions(ask: Ask) -> None:
    listed = {each["id"]: each for each in ask("/collections").json["collections"]}
    assert sorted(listed) == ["district", "school"]
    school = ask("/collections/school").json
    for name in ("id", "title", "description", "extent", "itemType", "crs", "storageCrs"):
        assert listed["school"][name] == school[name]
    assert {each["href"] for each in listed["school"]["links"]} <= {each["href"] for each in school["links"]}
    assert school["extent"]["spatial"] == {
        "bbox": [[-1.55, 51.5, -0.1, 53.81]],
        "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    }
    items = [each for each in school["links"] if each["rel"] == "items"]
    assert {each["type"] for each in items} == {"application/geo+json", "text/html"}


def test_what_is_no_collection_is_not_found(ask: Ask) -> None:
    assert "neither points nor shapes" in problem(ask("/collections/country"), 404)
    assert "there is no register" in problem(ask("/collections/nowhere/items"), 404)
    assert "no feature '3'" in problem(ask("/collections/school/items/3"), 404)
    assert "no feature '999'" in problem(ask("/collections/school/items/999"), 404)
    problem(ask("/nothing"), 404)


def test_the_definition_is_openapi_3_0_and_has_the_properties(ask: Ask) -> None:
    answer = ask("/api", headers={"Accept": "application/vnd.oai.openapi+json;version=3.0"})
    assert answer.content_type == "application/vnd.oai.openapi+json;version=3.0"
    validate(answer.json)
    given = answer.json["paths"]["/collections/school/items"]["get"]["parameters"]
    assert {each["$ref"].rpartition("/")[2] for each in given if "$ref" in each} >= {"limit", "bbox", "datetime", "crs"}
    own = {each["name"]: each["schema"] for each in given if "name" in each}
    assert own["town"] == {"type": "string"}
    assert own["pupils"] == {"type": "integer"}
    assert "point" not in own
    shared = answer.json["components"]["parameters"]
    assert shared["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1000}
    assert (shared["bbox"]["style"], shared["bbox"]["explode"]) == ("form", False)


def test_a_page_of_features_says_what_it_is(ask: Ask) -> None:
    answer = ask("/collections/school/items")
    assert answer.content_type == "application/geo+json"
    assert answer.headers["Content-Crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    page = answer.json
    assert (page["type"], page["numberMatched"], page["numberReturned"]) == ("FeatureCollection", 4, 4)
    assert page["timeStamp"] == "2023-11-14T22:13:20Z"
    assert {each["rel"] for each in page["links"]} == {"self", "alternate", "collection"}
    assert page["features"][1] == {
        "type": "Feature",
        "id": "2",
        "geometry": {"type": "Point", "coordinates": [-0.2, 51.6]},
        "properties": {"school": "2", "name": "O'Neill", "town": "London", "pupils": 90, "tags": ["a", "b"]},
    }


def test_a_feature_is_as_it_is_in_its_page(ask: Ask) -> None:
    one = ask("/collections/school/items/5%2Fa")
    assert one.content_type == "application/geo+json"
    feature = one.json
    assert {each["rel"] for each in feature.pop("links")} == {"self", "alternate", "collection", "canonical"}
    assert feature == ask("/collections/school/items").json["features"][3]
    assert ask("/collections/district/items/B").json["properties"]["name"] == "Bee"


@pytest.mark.parametrize(
    "accept", ["application/geo+json", "application/json", "*/*", "application/geo+json, */*;q=0.1"]
)
def test_geojson_is_called_geojson(ask: Ask, accept: str) -> None:
    assert ask("/collections/school/items", headers={"Accept": accept}).content_type == "application/geo+json"


def test_pages_follow_each_other_and_are_of_one_state(ask_changing: Ask, filled: Store, places: Path) -> None:
    seen, path = [], "/collections/school/items?limit=1"
    while path:
        page = ask_changing(path)
        assert page.json["numberMatched"] == 4
        seen += keys(page)
        if len(seen) == 2:
            append(filled, school("6", point="[0,50]"), school("5/a", point="[1,50]"), to="school")
            follow(filled, places, "school")
        following = [each["href"] for each in page.json["links"] if each["rel"] == "next"]
        path = following[0].removeprefix("http://localhost/ogc") if following else ""
    assert seen == ["1", "2", "4", "5/a"]
    assert keys(ask_changing("/collections/school/items")) == ["1", "2", "4", "6", "5/a"]


def test_more_than_the_most_is_no_error(ask: Ask) -> None:
    assert ask("/collections/school/items?limit=10001").json["numberReturned"] == 4
    for limit in ("0", "-1", "x", "1.5"):
        assert "limit" in problem(ask(f"/collections/school/items?limit={limit}"))


@pytest.mark.parametrize("after", ["x", "WzEsMl0x", "WzEwMDAsMl0", "WzEsLTJd", "WyJ4IiwyXQ"])
def test_a_made_up_place_to_go_on_from_is_refused(ask: Ask, after: str) -> None:
    assert "after" in problem(ask(f"/collections/school/items?after={after}"))


def test_a_stale_index_answers_for_the_state_it_names(ask_changing: Ask, filled: Store, places: Path) -> None:
    before = ask_changing("/collections/school/items")
    append(filled, school("6", point="[0,50]"), to="school")
    stale = ask_changing("/collections/school/items")
    assert keys(stale) == keys(before)
    assert stale.headers["Register-Size"] == before.headers["Register-Size"] == "5"
    assert "try again" in problem(ask_changing("/collections/school/items?at=6"), 503)
    follow(filled, places, "school")
    after = ask_changing("/collections/school/items")
    assert (after.headers["Register-Size"], keys(after)[-1]) == ("6", "6")
    assert after.headers["ETag"] != before.headers["ETag"]
    assert keys(ask_changing("/collections/school/items?at=2")) == ["1", "2"]


def test_without_an_index_it_is_to_be_asked_again(ask_changing: Ask, places: Path) -> None:
    for each in (places / "features").iterdir():
        each.rename(each.with_name(f"lost-{each.name}"))
    answer = ask_changing("/collections/school/items")
    problem(answer, 503)
    assert answer.headers["Retry-After"]
    (listed,) = (each for each in ask_changing("/collections").json["collections"] if each["id"] == "school")
    assert "extent" not in listed


def test_text_in_pages_is_escaped(ask_changing: Ask, filled: Store, places: Path) -> None:
    append(filled, school("7", name="<script>alert(1)</script>", point="[0,50]"), to="school")
    follow(filled, places, "school")
    for path in ("/collections/school/items?f=html", "/collections/school/items/7?f=html"):
        assert "<script>alert" not in ask_changing(path).text
        assert "&lt;script&gt;" in ask_changing(path).text
    hostile = ask_changing("/collections/school/items?name=%22%3E%3Cscript%3E")
    assert json.loads(hostile.data)["features"] == []
