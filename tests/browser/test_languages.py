"""The pages in Welsh in a real browser: the toggle there and back, what a screen reader is told, and axe.

The forms are looked at as they are first shown and with what is wrong with them, which the rooms below say in English.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from api.app import create_app
from api.pages.assets import MAP, assets
from registers.settings import Settings
from tests.api.pages.visitors import PASSWORD
from tests.browser.conftest import Site
from tests.browser.test_accessible import spills, violations

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
    assert violations(page) == []


def test_the_toggle_fits_on_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/cy/registers/country")
    expect(page.get_by_role("link", name="English", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def sign_in(page: Page) -> None:
    """Sign in as Ann, in Welsh."""
    page.goto("/cy/sign-in")
    page.get_by_label("E-bost").fill("ann@example.org")
    page.get_by_label("Cyfrinair", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Mewngofnodi").click()
    expect(page).to_have_url(re.compile("/cy/account$"))


def look(page: Page) -> list[tuple[str, object]]:
    """What is wrong with the page as it is, wide and narrow."""
    wrong = list[tuple[str, object]]()
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        wrong += [(page.url, found) for found in (violations(page), spills(page)) if found]
    return wrong


FORMS = [
    ("/cy/new-register", {"#name": "Some Name", "#field-0-name": "Bad Name"}, "Gwall: Rhowch deitl i’r gofrestr"),
    ("/cy/registers/country/suggest/file", {}, "Gwall: Dewiswch ffeil â rhywbeth ynddi"),
    ("/cy/registers/country/suggest", {"#field-country": "a b"}, "Gwall: Dywedwch pam"),
    ("/cy/registers/country/records/FR/suggest", {"#field-start-date": "never"}, "Gwall: Dywedwch pam"),
    ("/cy/registers/country/records/FR/redact", {}, "Gwall: Dywedwch pam"),
    ("/cy/registers/country/about/suggest", {"#new-0-name": "Bad Name"}, "Gwall: Dywedwch pam"),
]


@pytest.mark.parametrize(("path", "typed", "wrong"), FORMS, ids=[each[0] for each in FORMS])
def test_a_form_says_what_is_wrong_with_it(page: Page, path: str, typed: dict[str, str], wrong: str) -> None:
    sign_in(page)
    page.goto(path)
    seen = look(page)
    for part, text in typed.items():
        page.locator(part).fill(text)
    page.get_by_role("button", name="Parhau").click()
    expect(page.get_by_role("alert").get_by_role("heading", name="Mae problem")).to_be_visible()
    expect(page.get_by_text(wrong).first).to_be_visible()
    assert page.get_by_text("Error:").count() == 0
    # What is said in English is spoken so.
    expect(page.locator(".govuk-error-message span[lang=en]")).to_have_count(len(typed))
    assert [*seen, *look(page)] == []


def test_a_password_is_shown_and_hidden(page: Page) -> None:
    page.goto("/cy/sign-in")
    page.get_by_label("Cyfrinair", exact=True).fill("so")
    page.get_by_role("button", name="Dangos y cyfrinair").click()
    expect(page.get_by_role("button", name="Cuddio’r cyfrinair")).to_have_text("Cuddio")
    expect(page.get_by_text("Mae’ch cyfrinair yn weladwy")).to_be_attached()


def test_a_map_is_said_in_the_language(page: Page) -> None:
    if MAP not in assets():
        pytest.skip("npm's leaflet is not here: make run or make test puts it there")
    page.goto("/cy/registers/school/records/1")
    expect(page.get_by_role("button", name="Chwyddo i mewn")).to_be_visible()
    expect(page.get_by_role("button", name="Chwyddo allan")).to_be_visible()
    assert violations(page) == []
