"""The map of a record's page, drawn in a real browser; and the list that says the same where it cannot be."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from api.pages.assets import MAP, assets
from tests.browser.conftest import Site
from tests.browser.test_accessible import violations

SCHOOL = "/registers/school/records/1"
AREAS = [re.compile(r"A \(Ay\),\s+which contains it"), re.compile(r"B \(Bee\),\s+which contains it")]


@pytest.fixture(autouse=True)
def leaflet() -> None:
    """The script that draws, which npm brings."""
    if MAP not in assets():
        pytest.skip("npm's leaflet is not here: make run or make test puts it there")


def test_the_map_shows_the_areas_and_the_point_and_the_list_names_them(tab: Page) -> None:
    tab.goto(SCHOOL)
    region = tab.get_by_role("region", name="Map of School 1")
    expect(region).to_be_visible()
    expect(region.locator("path.map__line")).to_have_count(3)
    expect(region.locator("path.map__line--point")).to_have_count(1)
    expect(tab.locator(".areas li")).to_have_text(AREAS)
    expect(tab.locator(".swatch--2")).to_be_visible()
    assert violations(tab) == []


def test_a_line_says_which_area_it_is(tab: Page) -> None:
    tab.goto(SCHOOL)
    tab.locator("path.map__line--point").hover()
    expect(tab.locator(".leaflet-tooltip")).to_have_text("School 1")


def test_the_keyboard_moves_the_map(tab: Page) -> None:
    tab.goto(SCHOOL)
    region = tab.get_by_role("region", name="Map of School 1")
    expect(region.locator("path.map__line--point")).to_have_count(1)
    region.focus()
    pane = tab.locator(".leaflet-map-pane")
    before = pane.get_attribute("style")
    tab.keyboard.press("ArrowRight")
    expect(pane).not_to_have_attribute("style", before or "")
    scale = tab.locator(".leaflet-control-scale-line").text_content()
    tab.keyboard.press("+")
    expect(tab.locator(".leaflet-control-scale-line")).not_to_have_text(scale or "")


def test_the_page_of_an_area_draws_its_shape(tab: Page) -> None:
    tab.goto("/registers/district/records/B")
    expect(tab.locator("path.map__line--shape")).to_be_visible()


def test_without_scripts_the_list_is_there_and_no_empty_map(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(SCHOOL)
    expect(page.locator(".areas li")).to_have_text(AREAS)
    expect(page.locator("#map")).to_be_hidden()
    expect(page.locator(".map__note")).to_be_hidden()
    context.close()


def test_a_map_that_cannot_be_drawn_says_so(tab: Page) -> None:
    tab.route("**/map.json", lambda route: route.fulfill(status=503, body=""))
    tab.goto(SCHOOL)
    expect(tab.locator("#map")).to_have_text("The map could not be drawn (status 503).")
    expect(tab.locator(".areas li")).to_have_text(AREAS)
