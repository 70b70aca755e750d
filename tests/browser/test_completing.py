"""A field for the key of another register's record suggests records, to the keyboard, the mouse and a screen reader."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from api.pages.assets import SCRIPT, assets
from registers import lifecycle
from registers.definition import Field
from registers.followers import catch_up_all
from tests.api.pages.visitors import person
from tests.browser.conftest import Site
from tests.browser.test_accessible import spills, violations
from tests.browser.test_suggesting import sign_in
from tests.makers import append, country, make

HERE = "/registers/harbour/suggest"
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch " * 2


@pytest.fixture(autouse=True)
def script() -> None:
    """The script, which is there with npm's packages."""
    if SCRIPT not in assets():
        pytest.skip("npm's govuk-frontend is not here: make run or make test puts it there")


@pytest.fixture(scope="module")
def harbours(site: Site) -> None:
    """A register whose records are in countries, one of which has a long name and one that is written to the left."""
    append(site.store, country("LL", f"Countless {LONG}"), country("CH", "Countess سويسرا"))
    make(site.store, "harbour", (Field("harbour"), Field("country", register="country"), Field("depth", "integer")))
    lifecycle.publish(site.store, "harbour")
    catch_up_all(site.store)
    person(site.store, "hal@example.org", "Hal")


@pytest.fixture
def form(tab: Page, harbours: None) -> Page:
    """The form, opened by somebody who is signed in."""
    tab.goto(HERE)
    sign_in(tab, "hal")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Suggest a new record")
    return tab


def test_the_keyboard_is_enough_to_find_and_choose_a_record(form: Page) -> None:
    field = form.get_by_role("combobox", name="Country")
    field.focus()
    form.keyboard.type("germ")
    option = form.get_by_role("option", name="Germany (DE)")
    expect(option).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(form.get_by_text("1 suggested: use the arrow keys")).to_be_attached()
    form.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    form.keyboard.press("Enter")
    expect(field).to_have_value("DE")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(form.locator(".completing__name")).to_have_text("Germany")
    expect(field).to_be_focused()
    expect(form.get_by_role("heading", level=1)).to_have_text("Suggest a new record")  # Enter sent nothing


def test_the_arrows_go_round_and_escape_closes_without_a_choice(form: Page) -> None:
    field = form.get_by_role("combobox", name="Country")
    field.focus()
    form.keyboard.type("country number 1")
    options = form.get_by_role("option")
    expect(options).to_have_count(10)
    form.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    form.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    form.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_have_value("country number 1")
    form.keyboard.press("ArrowDown")
    expect(options).to_have_count(10)
    form.keyboard.press("Tab")
    expect(options).to_have_count(0)
    expect(form.get_by_label("Depth")).to_be_focused()


def test_the_mouse_chooses_too_and_a_typed_key_is_named(form: Page) -> None:
    field = form.get_by_role("combobox", name="Country")
    field.fill("french")
    form.get_by_role("option", name="The French Republic (FR)").click()
    expect(field).to_have_value("FR")
    field.fill("GB")
    expect(form.locator(".completing__name")).to_have_text("United Kingdom")
    field.fill("nothing that is called so")
    expect(form.get_by_text("Nothing suggested")).to_be_attached()
    expect(form.locator(".completing__name")).to_have_text("")


def test_it_is_accessible_and_spills_nowhere_while_it_is_open(form: Page) -> None:
    for width in (1280, 320):
        form.set_viewport_size({"width": width, "height": 600})
        field = form.get_by_role("combobox", name="Country")
        field.fill("")
        field.fill("count")
        expect(form.get_by_role("option", name=re.compile("سويسرا"))).to_be_visible()
        form.keyboard.press("ArrowDown")
        assert (violations(form), spills(form)) == ([], 0)


def test_without_an_answer_the_field_is_a_text_field(form: Page) -> None:
    form.route("**/v2/**", lambda route: route.fulfill(status=503, body=""))
    field = form.get_by_role("combobox", name="Country")
    field.fill("DE")
    expect(form.get_by_text("Nothing suggested")).to_be_attached()
    form.get_by_label("Harbour", exact=True).fill("kiel")
    form.get_by_label("Reason").fill("why")
    form.get_by_role("button", name="Continue").click()
    expect(form.get_by_role("heading", level=1)).to_have_text("Check your suggestion")
    expect(form.get_by_role("link", name="DE")).to_be_visible()


@pytest.mark.usefixtures("harbours")
def test_without_scripts_the_form_says_what_was_found(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(HERE)
    sign_in(tab, "hal")
    tab.get_by_label("Country").fill("DE")
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_text("The key of a record of the register country. 'DE' is Germany.")).to_be_visible()
    context.close()
