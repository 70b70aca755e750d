"""What a change does to where a record is: told in a table on proposals, previews and histories, and to be drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyproj
import pytest
import shapely  # type: ignore[import-untyped]
from argon2 import PasswordHasher
from flask import Flask

from api.app import create_app
from api.pages import assets
from api.pages.reading import moves
from geo.areas.following import Areas
from people import passwords
from registers.batch import Change
from registers.geometry import canonical_geometry
from registers.store.engine import Store
from review import decisions, proposals
from tests.api.conftest import SETTINGS, fill
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import somebody
from tests.api.pages.test_suggesting import form_of
from tests.api.pages.test_where import place, school
from tests.api.pages.visitors import Visitor
from tests.geo.test_areas import district, follow, square
from tests.makers import OPERATOR, append
from tests.review.makers import ANN, BOB, planned

GEOD = pyproj.Geod(ellps="WGS84")


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def placed(store: Store, tmp_path: Path) -> Flask:
    """The application over schools and districts, of which it has an index; once on each engine."""
    fill(store)
    place(store)
    folder = tmp_path / "places"
    follow(store, Areas(folder))
    return create_app(replace(SETTINGS, places_folder=str(folder)), store)


def proposed(store: Store, *changes: Change, name: str) -> str:
    """The page of a proposal that changes records of a register."""
    return f"/proposals/{proposals.submit(store, planned(store, *changes, name=name), ANN).proposal.number}"


def maps_of(page: Page) -> list[dict[str, str]]:
    return [each for each in page.all("div") if "data-script" in each]


def drawn(visitor: Visitor, path: str) -> dict[str, list[dict[str, object]]]:
    """The features that a map is drawn from, by their kind."""
    answer = visitor.get(path)
    assert (answer.status_code, answer.content_type) == (200, "application/geo+json"), answer.text
    found: dict[str, list[dict[str, object]]] = {}
    for each in json.loads(answer.text)["features"]:
        found.setdefault(each["properties"]["kind"], []).append(each)
    return found


def test_a_point_that_moves_is_told_with_its_distance_and_its_areas(store: Store, placed: Flask) -> None:
    here = proposed(store, school("1", "A", "[1.25,0.5]"), name="school")
    page = Page(somebody(store, placed, "cam", "custodian", None).get(here).text)
    _, _, metres = GEOD.inv(0.75, 0.5, 1.25, 0.5)
    assert f"Longitude, latitude 0.75, 0.5 1.25, 0.5, {metres / 1000:.1f} km away" in page.text
    assert "In these areas A (Ay); B (Bee) B (Bee)" in page.text


def test_the_map_has_both_points_and_the_areas_around(store: Store, placed: Flask) -> None:
    here = proposed(store, school("1", "A", "[1.25,0.5]"), name="school")
    found = drawn(somebody(store, placed, "cam", "custodian", None), f"{here}/changes/1/map.json")
    assert {kind: len(features) for kind, features in found.items()} == {"area": 2, "before": 1, "after": 1}
    assert [found[kind][0]["geometry"] for kind in ("before", "after")] == [
        {"type": "Point", "coordinates": [0.75, 0.5]},
        {"type": "Point", "coordinates": [1.25, 0.5]},
    ]


def test_a_shape_that_changes_is_told_with_its_area(store: Store, placed: Flask) -> None:
    here = proposed(store, district("A", square(0, 0, 2), name="Ay"), name="district")
    visitor = somebody(store, placed, "cam", "custodian", None)
    page = Page(visitor.get(here).text)
    small, large = (abs(GEOD.geometry_area_perimeter(_dense(size))[0]) / 1e6 for size in (1, 2))
    assert f"Area {small:,.2f} km² {large:,.2f} km² (+{large - small:,.2f} km²)" in page.text
    assert f"In only one of them 0 m² {large - small:,.2f} km²" in page.text
    assert "0.0000 to 1.0000, 0.0000 to 1.0000 0.0000 to 2.0000, 0.0000 to 2.0000" in page.text
    found = drawn(visitor, f"{here}/changes/1/map.json")
    assert {kind: len(features) for kind, features in found.items()} == {"before": 1, "after": 1}


def test_shapes_too_fine_to_be_compared_are_measured_all_the_same(
    store: Store, placed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "MOST_COMPARED", 9)
    here = proposed(store, district("A", square(0.5, 0), name="Ay"), name="district")
    words = Page(somebody(store, placed, "cam", "custodian", None).get(here).text).text
    assert "(+0 m²)" in words and "In only one of them" not in words


def _dense(size: float) -> object:
    """A square whose sides are straight in degrees, which geodesics are not."""
    return shapely.segmentize(shapely.box(0, 0, size, size), 0.001)


def test_what_stays_where_it_is_has_no_map(store: Store, placed: Flask) -> None:
    renamed = Change("1", {"school": "1", "name": "Renamed", "district": "A", "point": "[0.75,0.5]"})
    here = proposed(store, renamed, school("5", "B", ""), name="school")
    visitor = somebody(store, placed, "cam", "custodian", None)
    page = Page(visitor.get(here).text)
    assert maps_of(page) == [] and "Longitude, latitude" not in page.text
    for change in ("0", "1", "3", "x"):
        assert visitor.get(f"{here}/changes/{change}/map.json").status_code == 404


def test_a_new_record_is_shown_where_it_would_be_and_one_that_loses_its_point_where_it_was(
    store: Store, placed: Flask
) -> None:
    here = proposed(store, school("9", "A", "[0.25,0.5]"), school("1", "A", ""), name="school")
    visitor = somebody(store, placed, "cam", "custodian", None)
    words = Page(visitor.get(here).text).text
    assert "none 0.25, 0.5 In these areas none that is known A (Ay)" in words
    assert "0.75, 0.5 none In these areas A (Ay); B (Bee) none that is known" in words
    assert [drawn(visitor, f"{here}/changes/{n}/map.json").keys() for n in (1, 2)] == [
        {"area", "after"},
        {"area", "before"},
    ]


def test_only_who_reads_the_proposal_gets_its_map(store: Store, placed: Flask) -> None:
    here = proposed(store, school("1", "A", "[1.25,0.5]"), name="school")
    map_of = f"{here}/changes/1/map.json"
    assert somebody(store, placed, "sue").get(map_of).status_code == 403
    assert Visitor(placed).get(map_of).status_code != 200


def test_the_preview_carries_its_map(store: Store, placed: Flask) -> None:
    ann = somebody(store, placed, "ann")
    form = "/registers/school/records/1/suggest"
    typed = {**form_of(ann, form), "field-point": "[1.25,0.5]", "kind": "correct", "reason": "as surveyed"}
    page = Page(ann.post(form, {**typed, "action": "preview"}).text)
    assert "In these areas A (Ay); B (Bee) B (Bee)" in page.text
    if assets.MAP not in assets.assets():
        pytest.skip("npm's leaflet is not here: make run or make test puts it there")
    (element,) = maps_of(page)
    kinds = [each["properties"]["kind"] for each in json.loads(element["data-document"])["features"]]
    assert kinds == ["area", "area", "before", "after"]


def test_the_history_tells_where_the_record_was_and_draws_it(store: Store, placed: Flask) -> None:
    append(store, school("1", "A", "[1.25,0.5]"), to="school")
    visitor = Visitor(placed)
    words = Page(visitor.get("/registers/school/records/1").text).text
    assert "Where it was before and after entry 6" in words and "0.75, 0.5 1.25, 0.5, 55.7 km away" in words
    here = "/registers/school/records/1/changes"
    assert drawn(visitor, f"{here}/6/map.json").keys() == {"before", "after"}
    for entry in ("1", "2", "7", "x"):
        assert visitor.get(f"{here}/{entry}/map.json").status_code == 404
    answer = visitor.get(f"{here}/6/map.json")
    assert visitor.get(f"{here}/6/map.json", If_None_Match=answer.headers["ETag"]).status_code == 304


def test_a_published_one_still_shows_where_it_was(store: Store, placed: Flask) -> None:
    here = proposed(store, school("1", "A", "[1.25,0.5]"), name="school")
    decisions.approve(store, 1, BOB, OPERATOR)
    visitor = somebody(store, placed, "cam", "custodian", None)
    assert "0.75, 0.5 1.25, 0.5" in Page(visitor.get(here).text).text
    assert {"before", "after"} <= drawn(visitor, f"{here}/changes/1/map.json").keys()


def test_a_shape_on_both_sides_of_the_antimeridian_is_drawn_in_one_piece(store: Store, placed: Flask) -> None:
    east = shapely.box(178, 0, 180, 1)
    both = shapely.MultiPolygon([east, shapely.box(-180, 0, -179, 1)])
    append(store, district("C", canonical_geometry(shapely.to_geojson(east))), to="district")
    here = proposed(store, district("C", canonical_geometry(shapely.to_geojson(both))), name="district")
    answer = somebody(store, placed, "cam", "custodian", None).get(f"{here}/changes/1/map.json")
    west, _, east_end, _ = json.loads(answer.text)["view"]
    assert east_end - west == pytest.approx(3.6)
