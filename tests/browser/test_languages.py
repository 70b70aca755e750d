"""The pages in Welsh in a real browser: the toggle there and back, what a screen reader is told, and axe."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from api.app import create_app
from registers.settings import Settings
from tests.browser.conftest import Site

PATHS = [
    "/cy/",
    "/cy/registers",
    "/cy/registers/country",
    "/cy/registers/country/records/FR",
    "/cy/sign-in",
    "/cy/privacy",
]


@pytest.fixture(scope="module")
def welsh(site: Site) -> Iterator[str]:
    """Where the same registers are served in English and Welsh."""
    settings = Settings(operator="registers.example.org", languages="en,cy")
    server = make_server("127.0.0.1", 0, create_app(settings, site.store), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, welsh: str) -> Iterator[Page]:
    """A fresh tab there."""
    context = browser.new_context(base_url=welsh, viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def test_the_toggle_leads_to_the_same_page_and_back(page: Page) -> None:
    page.goto("/registers/country?where.name.prefix=C")
    page.get_by_role("navigation", name="Choose a language").get_by_role("link", name="Cymraeg").click()
    expect(page.locator("html")).to_have_attribute("lang", "cy")
    assert page.url.endswith("/cy/registers/country?where.name.prefix=C")
    page.get_by_role("link", name="Hafan", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rhestrau y gallwch ymddiried ynddynt")
    page.get_by_role("searchbox").fill("country")
    page.get_by_role("searchbox").press("Enter")
    expect(page).to_have_url(f"{page.url.split('/cy/')[0]}/cy/search?q=country")
    page.get_by_role("navigation", name="Dewis iaith").get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/search?q=country") and "/cy/" not in page.url


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_in_welsh(page: Page, path: str) -> None:
    page.goto(path)
    found = Axe().run(page).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:100]}" for each in found] == []


def test_the_toggle_fits_on_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/cy/registers/country")
    expect(page.get_by_role("link", name="English", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
