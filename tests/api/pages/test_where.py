"""Where a record is, on its page: what is derived, beside what it declares; in words, and for a map to be drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import shapely  # type: ignore[import-untyped]
from flask import Flask

from api.app import create_app
from api.pages import assets
from geo.areas.following import Areas
from loaders import quality
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.pages.conftest import BROWSER, Browse, Page
from tests.geo.test_areas import district, follow, plant, square
from tests.makers import NOW, CheckedStore, FixedClock, append, make

SCHOOLS = (Field("school"), Field("name"), Field("district", register="district"), Field("point", "point"))


def school(key: str, district: str, point: str) -> Change:
    """A school that says which district it belongs to."""
    values = {"school": key, "name": f"School {key}", "district": district, "point": point}
    return Change(key, {name: value for name, value in values.items() if value})


def place(store: Store) -> None:
    """Two districts, and schools: in both, in the one it does not name, in none, on a boundary, without a point."""
    plant(store)
    make(store, "school", SCHOOLS)
    append(
        store,
        school("1", "A", "[0.75,0.5]"),
        school("2", "A", "[1.25,0.5]"),
        school("3", "A", "[5,5]"),
        school("4", "A", "[0,0.5]"),
        school("5", "A", ""),
        to="school",
    )
    lifecycle.publish(store, "school")


@pytest.fixture
def placed(sqlite_store: CheckedStore, tmp_path: Path, clock: FixedClock) -> Flask:
    """The application, which has an index of the districts."""
    clock.now = NOW
    place(sqlite_store)
    folder = tmp_path / "places"
    follow(sqlite_store, Areas(folder))
    return create_app(replace(SETTINGS, places_folder=str(folder)), sqlite_store)


@pytest.fixture
def browse(placed: Flask) -> Browse:
    """Ask for a path as a browser does."""
    client = placed.test_client()
    return lambda path, **given: client.get(path, buffered=True, headers={"Accept": BROWSER, **given})


def drawn(browse: Browse, path: str) -> dict[str, object]:
    """What the map of a page is drawn from."""
    answer = browse(f"{path}/map.json", Accept="*/*")
    assert (answer.status_code, answer.content_type) == (200, "application/geo+json"), answer.data
    made: dict[str, object] = json.loads(answer.data)
    return made


@pytest.mark.parametrize("key", ["1", "2", "3", "4"])
def test_the_list_is_what_the_api_answers(browse: Browse, key: str) -> None:
    page = Page(browse(f"/registers/school/records/{key}").text)
    (data,) = (link for link in page.links if link.startswith("/v2/places"))
    answered = [each for each in browse(data, Accept="*/*").json["places"] if each["match"] != "none"]
    listed = page.text[page.text.index("Where it is") : page.text.index("These areas are derived")]
    matches = {"contains": "which contains it", "on-boundary": "on whose boundary it is"}
    for each in answered:
        assert f"{each['key']} ({each['name']}), {matches[each['match']]}. District , as of entry 3" in listed
        assert f"/registers/district/records/{each['key']}" in page.links
    assert sum(listed.count(words) for words in matches.values()) == len(answered)
    assert ("None that is known." in listed) is (not answered)


def test_what_is_declared_stays_among_the_fields_and_what_differs_is_said(browse: Browse) -> None:
    page = Page(browse("/registers/school/records/2").text)
    assert "District A (Ay)" in page.text
    assert "In the field district the record names A (Ay); its point lies in B (Bee). Both can be right" in page.text
    for agreeing in ("1", "3", "4"):
        assert "Both can be right" not in Page(browse(f"/registers/school/records/{agreeing}").text).text


def test_a_record_without_a_point_is_nowhere(browse: Browse) -> None:
    assert "Where it is" not in browse("/registers/school/records/5").text
    assert browse("/registers/school/records/5/map.json", Accept="*/*").status_code == 404
    assert browse("/registers/school/records/404/map.json", Accept="*/*").status_code == 404


def test_a_point_alone_is_not_drawn(browse: Browse) -> None:
    assert 'id="map"' not in browse("/registers/school/records/3").text
    answer = browse("/registers/school/records/3/map.json", Accept="*/*")
    assert "there is nothing to draw of 3" in answer.json["detail"]


def test_the_map_shows_the_point_over_the_areas_and_looks_at_the_smallest(browse: Browse) -> None:
    made = drawn(browse, "/registers/school/records/1")
    features = made["features"]
    assert isinstance(features, list)
    assert [each["properties"]["kind"] for each in features] == ["area", "area", "point"]
    assert features[0]["properties"] == {"kind": "area", "number": 1, "label": "Ay, District", "match": "contains"}
    outlines = [shapely.geometry.shape(each["geometry"]) for each in features[:2]]
    assert [outline.equals(shapely.box(*box)) for outline, box in zip(outlines, _BOXES, strict=True)] == [True, True]
    assert features[2]["geometry"] == {"type": "Point", "coordinates": [0.75, 0.5]}
    assert made["view"] in ([0, 0, 1, 1], [0.5, 0, 1.5, 1])


_BOXES = [(0, 0, 1, 1), (0.5, 0, 1.5, 1)]


def test_the_page_of_an_area_shows_its_shape_and_not_its_digits(browse: Browse) -> None:
    page = Page(browse("/registers/district/records/A").text)
    assert "Shape 1 polygon with 5 coordinate pairs" in page.text
    assert (
        "It reaches from longitude 0.0000 eastwards to 1.0000, and from latitude 0.0000 northwards to 1.0000."
        in page.text
    )
    assert "coordinates" not in page.text[: page.text.index("History")]
    features = drawn(browse, "/registers/district/records/A")["features"]
    assert isinstance(features, list)
    assert [each["properties"] for each in features] == [{"kind": "shape", "label": "Ay"}]


def test_a_past_page_shows_the_areas_as_they_were_known_then(
    browse: Browse, sqlite_store: CheckedStore, placed: Flask, tmp_path: Path, clock: FixedClock
) -> None:
    then = browse("/registers/school/records/1").text
    clock.now += 60 * 60 * 24 * 400
    append(sqlite_store, district("B", square(20, 20), name="Far"), to="district")
    append(sqlite_store, school("1", "A", "[20.5,20.5]"), to="school")
    follow(sqlite_store, Areas(tmp_path / "places"))
    now, before = (Page(browse(f"/registers/school/records/1{at}").text).text for at in ("", "?at=5"))
    assert "B (Far), which contains it" in now
    assert "On 14 November 2023 that was in these areas: A (Ay), which contains it" in before
    assert "B (Bee), which contains it" in before
    assert "as of entry 3" in before
    features = json.loads(browse("/registers/school/records/1/map.json?at=5", Accept="*/*").data)["features"]
    assert [each["properties"]["label"] for each in features] == ["Ay, District", "Bee, District", "School 1"]
    assert then != now


def test_a_304_lasts_until_the_index_or_the_day_moves_on(
    browse: Browse, sqlite_store: CheckedStore, tmp_path: Path, clock: FixedClock
) -> None:
    path = "/registers/school/records/1"
    answers = [browse(path), browse(f"{path}/map.json", Accept="*/*")]
    asked = [(path, {}), (f"{path}/map.json", {"Accept": "*/*"})]
    known = [{"If-None-Match": answer.headers["ETag"]} for answer in answers]

    def again() -> list[int]:
        return [browse(where, **given, **tag).status_code for (where, given), tag in zip(asked, known, strict=True)]

    assert again() == [304, 304]
    append(sqlite_store, district("C", square(9, 9), name="Far"), to="district")
    assert again() == [200, 304]  # the index has not heard of it; the page leads to the register as it is
    follow(sqlite_store, Areas(tmp_path / "places"))
    assert again() == [200, 200]
    known = [{"If-None-Match": browse(where, **given).headers["ETag"]} for where, given in asked]
    assert again() == [304, 304]
    clock.now += 24 * 60 * 60
    assert again() == [200, 200]


def test_without_an_index_the_page_says_so(sqlite_store: CheckedStore, tmp_path: Path) -> None:
    place(sqlite_store)
    folder = tmp_path / "places"
    browse = create_app(replace(SETTINGS, places_folder=str(folder)), sqlite_store).test_client().get
    assert "There is no index of areas here" in Page(browse("/registers/school/records/1", headers=_HTML).text).text
    follow(sqlite_store, Areas(folder))
    elsewhere = create_app(replace(SETTINGS, places_folder=str(tmp_path / "other")), sqlite_store).test_client().get
    text = Page(elsewhere("/registers/school/records/1", headers=_HTML).text).text
    assert "cannot be told just now: where the records of district are is not known here yet" in text


_HTML = {"Accept": BROWSER}


def test_the_page_of_quality_lists_who_stands_elsewhere(
    browse: Browse, sqlite_store: CheckedStore, tmp_path: Path
) -> None:
    with sqlite_store.reading() as tx:
        register = snapshot.find_register(tx, "school")
        definition = snapshot.read_definition(tx, register)
    assert definition
    found = quality.report(sqlite_store, register, definition, Areas(tmp_path / "places"))
    page = Page(browse("/registers/school/quality").text)
    assert "District, by the register district as of entry 3" in page.text
    counts = "In the area they name 1 On its boundary 1 In another area 1 In no area of that register 1"
    assert counts in page.text
    assert "2 names A (A), and lies in B" in page.text
    assert "/registers/school/records/2" in page.links
    answer = browse("/v2/registers/school/quality", Accept="*/*").json
    assert answer["declared-areas"] == found["declared-areas"]


def test_the_page_of_quality_says_what_was_not_indexed(sqlite_store: CheckedStore, tmp_path: Path) -> None:
    place(sqlite_store)
    with sqlite_store.reading() as tx:
        register = snapshot.find_register(tx, "school")
        definition = snapshot.read_definition(tx, register)
    assert definition
    quality.report(sqlite_store, register, definition, Areas(tmp_path / "places"))
    page = create_app(SETTINGS, sqlite_store).test_client().get("/registers/school/quality", headers=_HTML)
    assert "Points were not looked up in the register district, which was not indexed yet." in Page(page.text).text


def test_the_map_names_the_script_that_draws_it_and_no_page_loads_that_by_itself(browse: Browse, placed: Flask) -> None:
    if assets.MAP not in assets.assets():
        pytest.skip("npm's leaflet is not here: make run or make test puts it there")
    with_map, without = (Page(browse(f"/registers/school/records/{key}").text) for key in ("1", "3"))
    with placed.test_request_context():
        script = assets.addresses()["map"]
    for page in (with_map, without):
        assert script not in [each["src"] for each in page.all("script")]
    assert [each for each in without.all("div") if "data-script" in each] == []
    (element,) = (each for each in with_map.all("div") if each.get("id") == "map")
    assert element["data-script"] == script
    assert element["data-source"] == "/registers/school/records/1/map.json"
    assert element["aria-label"].startswith("Map of School 1.")
    assert "hidden" in element
