"""From a record to a suggestion, to its custodian, to the record again: with a real browser, by those who do it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from people import roles
from review import decisions, evidence, proposals
from review.evidence import Evidence
from tests.api.pages.visitors import PASSWORD, person
from tests.browser.conftest import Site
from tests.browser.test_accessible import spills, violations
from tests.makers import country
from tests.review.makers import planned

SIZES = ((1280, 900), (320, 256))


@pytest.fixture(scope="module")
def people(site: Site) -> Iterator[None]:
    """Sue, who has no role, and Cam, who is custodian of `country`."""
    person(site.store, "sue@example.org", "Sue")
    cam = person(site.store, "cam@example.org", "Cam")
    roles.grant(site.store, roles.Wanted(cam.id, "custodian", "country"), "tester")
    yield


def sign_in(tab: Page, name: str) -> None:
    """Sign in where the page asks for it."""
    tab.get_by_label("E-mail").fill(f"{name}@example.org")
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.locator("main").get_by_role("button", name="Sign in").click()


def faults_of(tab: Page, where: str) -> list[tuple[str, list[str], int]]:
    """What axe and a narrow window find wrong with the page that is open."""
    seen = []
    for width, height in SIZES:
        tab.set_viewport_size({"width": width, "height": height})
        seen.append((where, violations(tab), spills(tab)))
    tab.set_viewport_size({"width": 1280, "height": 900})
    return [each for each in seen if each[1] or each[2]]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_suggestion_becomes_the_record(browser: Browser, site: Site, scripts: bool) -> None:
    """The same without scripts; the two who do it have browsers of their own."""
    name = "Deutschland" if scripts else "Bundesrepublik Deutschland"
    sues, cams = (browser.new_context(base_url=site.url, java_script_enabled=scripts) for _ in range(2))
    tab = sues.new_page()
    tab.goto("/registers/country/records/DE")
    tab.get_by_role("link", name="Suggest a change").click()
    sign_in(tab, "sue")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Suggest a change")
    tab.get_by_label("It is different now").check()
    tab.get_by_label("Name", exact=True).fill(name)
    tab.get_by_label("Reason").fill("It calls itself so")
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Check your suggestion")
    expect(tab.locator("ins")).to_have_text(name)
    tab.get_by_role("button", name="Send the suggestion").click()
    expect(tab.get_by_role("alert")).to_contain_text("Thank you")
    number = re.search(r"/proposals/(\d+)", tab.url)
    assert number
    tab.get_by_role("link", name="Suggestions").click()
    expect(tab.get_by_text("You have no role on any register")).to_be_visible()
    tab.get_by_role("link", name="What you suggested").click()
    expect(tab.get_by_role("link", name=f"Proposal {number[1]}", exact=True)).to_be_visible()

    tab = cams.new_page()
    tab.goto("/queue")
    sign_in(tab, "cam")
    tab.get_by_role("link", name=f"Proposal {number[1]}", exact=True).click()
    expect(tab.get_by_role("rowheader", name="Name")).to_be_visible()
    tab.get_by_role("button", name="Approve").click()
    expect(tab.get_by_text("This is published at once: 1 record")).to_be_visible()
    tab.get_by_role("button", name="Approve and publish").click()
    expect(tab.get_by_role("alert")).to_contain_text("it has been published")
    tab.locator("main").get_by_role("link", name=name).click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(name)
    for context in (sues, cams):
        context.close()


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_draft_is_left_and_sent_another_day(browser: Browser, site: Site, scripts: bool) -> None:
    """Half typed, saved, left; found again with another browser, finished and sent, and seen by nobody before."""
    name = "République française" if scripts else "La France"
    first, second, cams = (browser.new_context(base_url=site.url, java_script_enabled=scripts) for _ in range(3))
    tab = first.new_page()
    tab.goto("/registers/country/records/FR/suggest")
    sign_in(tab, "sue")
    tab.get_by_label("Name", exact=True).fill(name)
    tab.get_by_role("button", name="Save as a draft").click()
    expect(tab.get_by_role("alert")).to_contain_text("Your draft is kept")
    seen = faults_of(tab, "drafts") if scripts else []  # which axe is
    first.close()
    custodian = cams.new_page()
    custodian.goto("/queue")
    sign_in(custodian, "cam")
    expect(custodian.get_by_role("heading", level=1)).to_have_text("What waits for you")
    assert "kept=" not in custodian.content()
    tab = second.new_page()
    tab.goto("/registers/country/records/FR/suggest")
    sign_in(tab, "sue")
    tab.get_by_role("link", name="go on with your draft").click()
    expect(tab.get_by_label("Name", exact=True)).to_have_value(name)
    seen += faults_of(tab, "a draft in its form") if scripts else []
    tab.get_by_label("It was wrong").check()
    tab.get_by_label("Reason").fill("So they say")
    tab.get_by_role("button", name="Continue").click()
    tab.get_by_role("button", name="Send the suggestion").click()
    expect(tab.get_by_role("alert")).to_contain_text("Thank you")
    expect(tab.get_by_text("began this, as a draft")).to_be_visible()
    number = re.search(r"/proposals/(\d+)", tab.url)
    assert number
    custodian.goto("/queue")
    expect(custodian.locator(f"a[href='/proposals/{number[1]}']")).to_be_visible()
    tab.goto("/registers/country/suggest")
    tab.get_by_role("button", name="Save as a draft").click()
    tab.get_by_text("Throw away").click()
    tab.get_by_role("button", name="Throw it away").click()
    expect(tab.get_by_role("alert")).to_contain_text("Your draft was thrown away")
    expect(tab.get_by_role("heading", name="Drafts")).to_have_count(0)
    assert seen == []
    for context in (second, cams):
        context.close()


@pytest.mark.usefixtures("people")
def test_the_pages_are_accessible_and_spill_nowhere(tab: Page, site: Site) -> None:
    long = "Ünïcödé " + "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 3
    changed = planned(site.store, country("a/b", long, citizen_names=["سويسري", "b"]), country("NEW", "New"))
    made = proposals.submit(site.store, changed, "key-0123456789ab", f"As in the Official Journal.\n\n{long}").proposal
    decisions.comment(site.store, made.number, "person-000000000000", "I cannot find it there.")
    url = f"https://example.org/{'gazette' * 30}"
    evidence.add(site.store, made.number, "person-000000000000", Evidence("On page 2", url))
    here = f"/proposals/{made.number}"
    tab.goto("/queue")
    sign_in(tab, "cam")
    seen = []
    for path in (
        "/queue",
        "/my-suggestions",
        "/registers/country/proposals",
        "/registers/country/proposals?state=closed",
        here,
        f"{here}?done=commented",
        f"{here}/approve",
        "/registers/country/records/FR/suggest",
        "/registers/country/records/a%2Fb/suggest",
        "/registers/country/about/suggest",
        "/registers/country/suggest",
        "/registers/country/suggest/file",
        "/registers/country/trust",
    ):
        tab.goto(path)
        seen += faults_of(tab, path)
    seen += _of_a_file(tab, long)
    tab.goto("/registers/country/suggest")
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_role("heading", level=2, name="There is a problem")).to_be_visible()
    seen += faults_of(tab, "a form with faults")
    tab.goto(here)
    tab.get_by_role("button", name="Reject").click()
    expect(tab.get_by_role("link", name=re.compile("Give a reason"))).to_be_visible()
    seen += faults_of(tab, "a rejection without a reason")
    tab.goto("/registers/country/records/FR/suggest")
    tab.get_by_label("It was wrong").check()
    tab.get_by_label("Name", exact=True).fill(long)
    tab.get_by_label("Reason").fill("why")
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Check your suggestion")
    seen += faults_of(tab, "what would come of it")
    assert seen == []


def _of_a_file(tab: Page, long: str) -> list[str]:
    """The faults of the pages on which a file is suggested: one that cannot be taken, and one that can."""
    seen = []
    for content, heading in (("country,start-date\nFR,never\n", "Suggest many"), ("country,name\nFR,{}\n", "Check")):
        tab.goto("/registers/country/suggest/file")
        file = {"name": "list.csv", "mimeType": "text/csv", "buffer": content.format(long).encode()}
        tab.get_by_label("File", exact=True).set_input_files(file)  # type: ignore[arg-type]
        tab.get_by_label("Reason").fill("why")
        tab.get_by_role("button", name="Continue").click()
        expect(tab.get_by_role("heading", level=1, name=heading)).to_be_visible()
        seen += faults_of(tab, f"a file: {heading}")
    return seen


@pytest.mark.usefixtures("people")
def test_the_keyboard_is_enough_to_suggest(tab: Page) -> None:
    tab.goto("/registers/country/suggest")
    sign_in(tab, "sue")
    tab.get_by_label("Country", exact=True).focus()
    for typed in ("KB", "By keyboard", "", "", "", "Because", ""):
        tab.keyboard.type(typed)
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Check your suggestion")
    expect(tab.get_by_role("heading", level=2, name="Added: By keyboard (KB)")).to_be_visible()
