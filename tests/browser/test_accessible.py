"""The pages in a real browser: axe finds nothing, the keyboard gets everywhere, nothing spills at 400 % zoom."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from api.pages.assets import SCRIPT, assets
from tests.browser.conftest import Site

CSV = b"Tree,Name,Height\nQUR,English oak,12\nBET,Silver birch,7\n"
PATHS = [
    "/",
    "/search?q=country",
    "/search?q=%21",
    "/registers",
    "/registers/country",
    "/registers/country?where.name.prefix=C&sort=key",
    "/registers/country?at=3",
    "/registers/country/quality",
    "/registers/country/about",
    "/registers/country/records/FR",
    "/registers/country/records/FR?at=2",
    "/registers/school/records/1",
    "/registers/school/records/2",
    "/registers/district/records/B",
    "/new-register",
    "/docs",
    "/docs/getting-started",
    "/docs/configuration",
    "/docs/api",
    "/docs/api/list_records",
    "/nothing",
]


def violations(page: Page) -> list[str]:
    """What axe finds, with the first place of each."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def spills(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(tab: Page, path: str) -> None:
    for width in (1280, 375):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.goto(path)
        assert violations(tab) == []


def test_nothing_spills_at_four_hundred_per_cent(tab: Page) -> None:
    """1280 pixels at 400 % are 320 (WCAG 2.2, 1.4.10); tables scroll in boxes of their own."""
    tab.set_viewport_size({"width": 320, "height": 256})
    for path in PATHS:
        tab.goto(path)
        assert spills(tab) == 0, path


def test_the_keyboard_gets_everywhere(tab: Page) -> None:
    tab.goto("/registers/country")
    wanted = tab.locator("a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']").filter(
        visible=True
    )
    reached = set()
    for _ in range(wanted.count() + 5):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.outerHTML.slice(0, 300)"))
    assert {each[:300] for each in wanted.evaluate_all("all => all.map(each => each.outerHTML)")} <= reached


def test_the_skip_link_comes_first_and_leads_to_the_content(tab: Page) -> None:
    tab.goto("/")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile("#main-content$"))


def test_a_person_finds_a_record_and_its_past(tab: Page) -> None:
    tab.goto("/")
    tab.get_by_label("Search the registers").fill("french")
    tab.get_by_role("button", name="Search").click()
    tab.get_by_role("link", name="The French Republic").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("The French Republic")
    tab.get_by_role("link", name="The record as it was then").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("France")


def _keys(tab: Page) -> Locator:
    """The keys of the records that a register's page shows."""
    return tab.get_by_role("region", name=re.compile("^Records of")).locator("tbody th")


def test_a_person_filters_sorts_and_pages_a_table(tab: Page) -> None:
    tab.goto("/registers/country")
    tab.get_by_text("Filter and sort").click()
    tab.get_by_label("Field").select_option("name")
    tab.get_by_label("Comparison").select_option("prefix")
    tab.get_by_label("Value").fill("Country")
    tab.get_by_label("Order").select_option("key")
    tab.get_by_role("button", name="Apply").click()
    expect(tab).to_have_url(re.compile(r"\?sort=key&where\.name\.prefix=Country(#records)?$"))
    expect(tab.get_by_role("status")).to_contain_text("60 records match")
    keys, rows = (
        sorted(f"K{n}" for n in range(60)),
        tab.get_by_role("region", name=re.compile("^Records of")).locator("tbody th"),
    )
    first = rows.count()
    expect(rows).to_have_text(keys[:first])
    tab.get_by_role("link", name="Next page").click()
    expect(rows).to_have_text(keys[first:])
    tab.get_by_role("link", name="First page").click()
    expect(rows).to_have_text(keys[:first])
    tab.get_by_role("link", name=re.compile("Remove")).click()
    expect(tab.get_by_role("status")).to_contain_text("66 records")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_makes_a_register_of_a_file(browser: Browser, site: Site, scripts: bool) -> None:
    name = "tree" if scripts else "plain-tree"
    context = browser.new_context(base_url=site.url, java_script_enabled=scripts)
    tab = context.new_page()
    tab.goto("/new-register")
    tab.get_by_label("Name in the address").fill(name)
    tab.get_by_label("Title").fill("Trees")
    tab.locator("#file").set_input_files({"name": "trees.csv", "mimeType": "text/csv", "buffer": CSV})
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_role("heading", level=2, name="There is a problem")).to_be_visible()
    assert not scripts or violations(tab) == []
    tab.get_by_label("Custodian").fill("Parks department")
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Check the register before it is made")
    assert not scripts or violations(tab) == []
    tab.get_by_label("API key").fill(site.key)
    tab.get_by_role("button", name="Create the register").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Trees")
    expect(_keys(tab)).to_have_text(["BET", "QUR"])
    context.close()


def test_the_script_runs_where_there_is_one(tab: Page) -> None:
    if SCRIPT not in assets():
        pytest.skip("npm's govuk-frontend is not here: make run or make test puts it there")
    tab.goto("/")
    expect(tab.locator("body.govuk-frontend-supported")).to_have_count(1)
    tab.set_viewport_size({"width": 375, "height": 800})
    tab.get_by_role("button", name="Menu").click()
    expect(tab.get_by_role("link", name="All registers")).to_be_visible()


def test_a_register_is_described_in_its_page_under_its_policy(tab: Page) -> None:
    """The policy allows no inline script, and this is none; the browser would say so on its console."""
    tab.goto("/registers/country")
    told = tab.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').textContent)")
    assert (told["@type"], told["identifier"], told["url"]) == ("Dataset", "registers.example.org/country", tab.url)
