"""Signing in with a real browser, with and without scripts: what axe, the keyboard and a narrow window say of it."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.api.pages.visitors import PASSWORD
from tests.browser.conftest import Site
from tests.browser.test_accessible import spills, violations

PEOPLE = "/registers/country/people"


def sign_in(tab: Page, path: str) -> None:
    """Go to a page that asks for somebody, and come back to it as Ann."""
    tab.goto(path)
    tab.get_by_label("E-mail").fill("ann@example.org")
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.locator("main").get_by_role("button", name="Sign in").click()
    expect(tab).to_have_url(re.compile(re.escape(path) + "$"))
    expect(tab.get_by_role("heading", level=1)).not_to_have_text("Sign in")


def test_an_administrator_signs_in_looks_after_people_and_leaves(tab: Page) -> None:
    sign_in(tab, PEOPLE)
    expect(tab.get_by_role("heading", level=1)).to_have_text("People")
    tab.get_by_label("E-mail or account").fill("ann@example.org")
    tab.get_by_label("Administrator").check()
    tab.get_by_role("button", name="Give the role").click()
    expect(tab.get_by_role("alert")).to_contain_text("is administrator of country already")
    tab.get_by_role("link", name="Your account").click()
    tab.locator("main").get_by_role("button", name="Sign out").click()
    tab.goto("/account")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_pages_of_people_are_accessible_and_spill_nowhere(tab: Page) -> None:
    seen = []
    tab.goto("/sign-in")
    for size in ((1280, 900), (320, 256)):
        tab.set_viewport_size({"width": size[0], "height": size[1]})
        seen += [("/sign-in", violations(tab), spills(tab))]
    tab.get_by_label("Password", exact=True).fill("wrong")
    tab.locator("main").get_by_role("button", name="Sign in").click()
    seen += [("a wrong password", violations(tab), spills(tab))]
    sign_in(tab, "/account")
    for path in ("/account", "/account?changed=password", PEOPLE):
        tab.goto(path)
        for size in ((1280, 900), (320, 256)):
            tab.set_viewport_size({"width": size[0], "height": size[1]})
            seen += [(path, violations(tab), spills(tab))]
    tab.get_by_role("button", name="Give the role").click()
    seen += [("no role chosen", violations(tab), spills(tab))]
    assert [each for each in seen if each[1] or each[2]] == []


def test_all_of_it_works_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    tab = context.new_page()
    sign_in(tab, "/account")
    tab.get_by_label("Current password").fill(PASSWORD)
    tab.get_by_label("New password").fill("short")
    tab.get_by_role("button", name="Change the password").click()
    assert "12 to 1000 characters" in tab.inner_text("main")
    tab.goto("/account")
    tab.locator("main").get_by_role("button", name="Sign out").click()
    tab.goto("/account")
    assert "/sign-in" in tab.url
    context.close()


def test_the_keyboard_is_enough_to_sign_in(tab: Page) -> None:
    tab.goto("/sign-in")
    for _ in range(20):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.id") == "email":
            break
    tab.keyboard.type("ann@example.org")
    tab.keyboard.press("Tab")
    tab.keyboard.type(PASSWORD)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Your account")


def test_another_sites_form_is_refused_by_what_the_browser_says(browser: Browser, site: Site) -> None:
    """From another origin on this machine: the cookie stays behind, and the request says where it is from."""
    context = browser.new_context(base_url=site.url)
    tab = context.new_page()
    sign_in(tab, "/account")
    token = tab.locator("input[name=form-token]").first.get_attribute("value")
    fields = f'<input name=form-token value="{token}"><button>x</button>'
    evil = f'<form method=post action="{site.url}/sign-out">{fields}</form>'
    context.route("http://evil.example/**", lambda route: route.fulfill(body=evil, content_type="text/html"))
    tab.goto("http://evil.example/")
    with tab.expect_navigation():
        tab.click("button")
    tab.goto("/account")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Your account")
    context.close()
