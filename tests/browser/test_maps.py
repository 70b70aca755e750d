"""The map of a record's page, drawn in a real browser; and the list that says the same where it cannot be."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from api.pages.assets import MAP, assets
from people import roles
from registers.batch import Change
from review import proposals
from tests.api.pages.test_where import school
from tests.api.pages.visitors import person
from tests.browser.conftest import Site
from tests.browser.test_accessible import spills, violations
from tests.browser.test_suggesting import sign_in
from tests.geo.test_areas import district, square
from tests.review.makers import planned

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


@pytest.fixture(scope="module")
def mo(site: Site) -> None:
    """Mo, who reads the proposals for two registers."""
    account = person(site.store, "mo@example.org", "Mo")
    for register in ("school", "district"):
        roles.grant(site.store, roles.Wanted(account.id, "contributor", register), "tester")


def suggested(site: Site, name: str, *changes: Change) -> str:
    """The page of a proposal."""
    plan = planned(site.store, *changes, name=name)
    return f"/proposals/{proposals.submit(site.store, plan, 'key-0123456789ab').proposal.number}"


@pytest.mark.usefixtures("mo")
def test_a_proposal_draws_before_and_after_when_it_comes_into_view(tab: Page, site: Site) -> None:
    here = suggested(site, "school", school("1", "A", "[1.25,0.5]"))
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.set_viewport_size({"width": 320, "height": 256})
    tab.goto(here)
    sign_in(tab, "mo")
    expect(tab.get_by_role("heading", name="What it would change")).to_be_visible()
    tab.evaluate("document.fonts.ready")
    assert [url for url in asked if url.endswith(("map.js", "map.json"))] == []
    map_of = tab.get_by_role("region", name=re.compile("^Map: Where 1 is"))
    tab.get_by_role("region", name="Where 1 is", exact=True).scroll_into_view_if_needed()
    expect(map_of.locator("path.map__line--before, path.map__line--after")).to_have_count(2)
    expect(map_of.locator("path.map__line--0")).to_have_count(2)
    map_of.locator("path.map__line--before").hover()
    expect(tab.locator(".leaflet-tooltip")).to_have_text("Before")
    assert (violations(tab), spills(tab)) == ([], 0)
    tab.set_viewport_size({"width": 1280, "height": 900})
    assert violations(tab) == []


@pytest.mark.usefixtures("mo")
def test_several_shapes_of_a_proposal_are_drawn_each_in_its_own_map(tab: Page, site: Site) -> None:
    changes = district("A", square(0, 0, 2), name="Ay"), district("NEW", square(3, 0), name="عجمان " * 9)
    tab.goto(suggested(site, "district", *changes))
    sign_in(tab, "mo")
    for key, drawn in (("A", 2), ("NEW", 1)):
        tab.get_by_role("region", name=f"Where {key} is", exact=True).scroll_into_view_if_needed()
        map_of = tab.get_by_role("region", name=re.compile(f"^Map: Where {key} is"))
        expect(map_of.locator("path.map__line")).to_have_count(drawn)
    assert violations(tab) == []


@pytest.mark.usefixtures("mo")
def test_the_preview_of_a_suggestion_draws_what_was_typed(tab: Page) -> None:
    tab.goto("/registers/school/records/2/suggest")
    sign_in(tab, "mo")
    tab.get_by_label("It was wrong").check()
    tab.get_by_label("Point", exact=True).fill("[0.25,0.25]")
    tab.get_by_label("Reason").fill("Surveyed")
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Check your suggestion")
    expect(tab.get_by_role("region", name=re.compile("^Map: Where 2 is")).locator("path.map__dot")).to_have_count(2)
    assert violations(tab) == []


def test_a_history_draws_where_a_record_was_once_that_is_opened(tab: Page) -> None:
    tab.goto("/registers/district/records/B")
    expect(tab.locator("path.map__line--shape")).to_be_visible()
    details = tab.get_by_text("Where it was before and after")
    details.scroll_into_view_if_needed()
    expect(tab.locator("path.map__line--before")).to_have_count(0)
    details.click()
    expect(tab.locator("path.map__line--before, path.map__line--after")).to_have_count(2)
    assert violations(tab) == []
