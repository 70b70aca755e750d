"""Every page that there is, found in the application's own table of routes: axe finds nothing, nothing spills at 320
pixels (which are 1280 at 400 %), the keyboard gets to all of it; signed out and signed in.

What the pages show is what nobody should type and somebody will: script in each field, names without a place to break,
names from right to left. A page that is added later is walked too, or fails here for want of an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.routing import Rule

from api.app import create_app
from people import roles
from people.accounts import Account
from registers import lifecycle
from registers.batch import Change
from registers.definition import Definition, Field
from registers.followers import catch_up_all
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from review import decisions, drafts, proposals
from review.drafts import Written
from tests.api.pages.visitors import PASSWORD, person
from tests.browser.conftest import Site
from tests.browser.test_accessible import spills, violations
from tests.makers import AUTHORITY, OPERATOR
from tests.review.makers import planned

REGISTER, KEY, MAIL = "unkind", "key-" + "0" * 120, "una@example.org"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"{{7*7}}"
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 4
ARABIC = "جمهورية العراق"
SIZES = ((1280, 900), (320, 256))
FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
OTHER = re.compile(r"\.(json|yaml|txt|xml|js|css|svg)$")  # what is no page, by its ending
# A value for each segment that pages have, by its name.
SEGMENTS = {"register": REGISTER, "key": KEY, "name": "configuration", "operation": "list_records", "kind": "not-found"}
# Where one example is not enough, or no page is to be had: the routes by their endpoints.
EXAMPLES: dict[str, list[str]] = {
    "pages-home.show_search": ["/search?q=unkind", "/search?q=%22%3E%3Cscript%3Ealert(3)%3C/script%3E"],
    "pages-registers.show_register": [
        f"/registers/{REGISTER}",
        f"/registers/{REGISTER}?at=1",
        f"/registers/{REGISTER}?where.script.eq={quote(SCRIPT)}",
    ],
    "pages-records.show_record": [
        f"/registers/{REGISTER}/records/{KEY}",
        f"/registers/{REGISTER}/records/{KEY}?at=1",
        f"/registers/{REGISTER}/records/gone",
    ],
    "pages-queue.list_proposals": [f"/registers/{REGISTER}/proposals{asked}" for asked in ("", "?state=closed")],
    "pages-downloads.show_file": [f"/registers/{REGISTER}/files/3/register.sqlite"],
    "pages-openid.start": [],  # leads to the provider
    "pages-openid.come_back": [],
    "pages-sign-in-links.show_link": [],  # is there where mail is sent, as in test_links, which looks at it
}


def page_rules() -> list[Rule]:
    """The routes of pages that are read."""
    rules = create_app(Settings(), open_store("sqlite:///never-opened.db")).url_map.iter_rules()
    pages = (rule for rule in rules if rule.endpoint.startswith("pages-") and "GET" in (rule.methods or ()))
    return sorted((rule for rule in pages if not OTHER.search(rule.rule)), key=str)


def examples(rule: Rule, number: int) -> list[str]:
    """Addresses that a route answers. Raises KeyError where a segment has no example."""
    if rule.endpoint in EXAMPLES:
        return EXAMPLES[rule.endpoint]
    segments = SEGMENTS | {"number": str(number)}
    return [re.sub(r"<segment:(\w+)>", lambda segment: segments[segment[1]], rule.rule)]


def unkind(key: str, value: str) -> Change:
    """A record that has the value in each of its fields."""
    return Change(key, {REGISTER: key, "name": value, "script": SCRIPT, "many": [f"{value} again", SCRIPT]})


@pytest.fixture(scope="module")
def number(site: Site) -> int:
    """The number of an open proposal for a register of which nothing is kind."""
    return fill(site.store)


def fill(store: Store) -> int:
    """Make the register, whose administrator is Una, and propose something in the same spirit."""
    fields = (Field(REGISTER), Field("name", text=LONG), Field("script", text=SCRIPT), Field("many", cardinality="n"))
    told = {"text": f"{SCRIPT} {LONG}", "custodian": LONG, "copyright": SCRIPT}
    made = Definition(REGISTER, REGISTER, fields, title=f"{ARABIC} {SCRIPT} {LONG}", **told)
    lifecycle.create(store, made, AUTHORITY, OPERATOR)
    first = [unkind(KEY, "Short"), unkind("gone", f"{ARABIC} \u202eturned")]
    lifecycle.append(store, REGISTER, [*first, unkind(KEY, f"{LONG} {SCRIPT}")], AUTHORITY)
    lifecycle.publish(store, REGISTER)
    una = person(store, MAIL, f"{ARABIC} {SCRIPT} {LONG}"[:100])
    roles.grant(store, roles.Wanted(una.id, "administrator", REGISTER), "tester")
    catch_up_all(store)
    return propose(store, una)


def propose(store: Store, una: Account) -> int:
    """A proposal that was talked about."""
    content = planned(store, unkind(KEY, f"{ARABIC} {SCRIPT}"), unkind("new", LONG), name=REGISTER)
    made = proposals.submit(store, content, una.id, f"{SCRIPT}\n\n{LONG}").proposal
    decisions.comment(store, made.number, "person-000000000000", f"{SCRIPT}\n\n{ARABIC} {LONG}")
    for key, form in ((KEY, "record"), ("", "record"), ("", "file")):
        drafts.begin(store, una.id, Written(REGISTER, b"{}", key, form))
    return made.number


@pytest.fixture(scope="module")
def contexts(browser: Browser, site: Site, number: int) -> Iterator[dict[str, BrowserContext]]:
    """A browser that nobody is signed in with, and Una's."""
    made = {name: browser.new_context(base_url=site.url) for name in ("nobody", "una")}
    tab = made["una"].new_page()
    tab.goto("/sign-in")
    tab.get_by_label("E-mail").fill(MAIL)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.locator("main").get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("heading", level=1)).not_to_have_text("Sign in")
    tab.close()
    yield made
    for context in made.values():
        context.close()


@pytest.fixture(params=["nobody", "una"])
def tab(contexts: dict[str, BrowserContext], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab, which fails the test when a script of the pages' content ran, or the policy had to stop one."""
    page = contexts[request.param].new_page()
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    page.close()
    assert [text for text in said if "Failed to load resource" not in text] == []


def unreachable(page: Page) -> list[str]:
    """What can be used with a mouse and is not met by the tabulator key; of a group of radio buttons one is met."""
    wanted = page.locator(FOCUSABLE).filter(visible=True)
    there = wanted.evaluate_all(
        """all => all.map((each, n) => { each.dataset.n = n; return each })
        .filter(each => each.type != 'radio' && !each.disabled)
        .map(each => [each.dataset.n, each.outerHTML.slice(0, 100)])"""
    )
    reached = set()
    for _ in range(wanted.count() + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.n"))
    return [html for n, html in there if n not in reached]


@pytest.mark.parametrize("rule", page_rules(), ids=str)
def test_a_page_is_for_everybody(tab: Page, number: int, rule: Rule) -> None:
    for path in examples(rule, number):
        answer = tab.request.get(path)
        if not answer.headers["content-type"].startswith("text/html"):
            continue  # a map's outlines, a file, a feed
        assert answer.status in (200, 202), f"{path} answers {answer.status}"
        tab.goto(path)
        assert unreachable(tab) == []
        for width, height in SIZES:
            tab.set_viewport_size({"width": width, "height": height})
            assert violations(tab) == [], path
            assert spills(tab) == 0, f"{path} is wider than {width} pixels"
