"""From a record to what became of it, by three people with a browser each: found, suggested, confirmed, checked,
approved; and then its entry, its proof, the feed of its register, and the mails.
"""

from __future__ import annotations

import json
import re
import urllib.request
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from cli.main import registers
from people import roles
from registers.followers import catch_up_all
from tests.api.pages.visitors import person
from tests.browser.test_links import Mailing, mailing
from tests.browser.test_suggesting import sign_in

__all__ = ["mailing"]
NAME = "The United Kingdom"
PEOPLE = ("sue", "bob", "cam")  # who suggests, who suggests the same, who decides
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def tabs(browser: Browser, mailing: Mailing) -> dict[str, Page]:
    """A browser for each of them; Cam is custodian of `country`."""
    catch_up_all(mailing.store)
    made = {name: person(mailing.store, f"{name}@example.org", name.title()) for name in PEOPLE}
    roles.grant(mailing.store, roles.Wanted(made["cam"].id, "custodian", "country"), "tester")
    return {name: browser.new_context(base_url=mailing.url).new_page() for name in PEOPLE}


def find_and_suggest(tab: Page, who: str) -> None:
    """Find the record by a search, and suggest another name for it."""
    tab.goto("/sign-in")
    sign_in(tab, who)
    tab.get_by_role("link", name="All registers").click()
    tab.locator("main a[href='/registers/country']").first.click()
    tab.get_by_label(re.compile("^Search ")).fill("kingdom")
    tab.locator("main").get_by_role("button", name="Search").click()
    tab.locator("main a[href='/registers/country/records/GB']").first.click()
    tab.get_by_role("link", name="Suggest a change").click()
    tab.get_by_label("It is different now").check()
    tab.get_by_label("Name", exact=True).fill(NAME)
    tab.get_by_label("Reason").fill("It calls itself so")
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_role("heading", name="What machines found")).to_be_visible()
    tab.get_by_role("button", name="Send the suggestion").click()


def mails_to(mailing: Mailing, who: str) -> list[str]:
    """The subjects of the mails that somebody got, once those that wait were sent."""
    mailing.send()
    return [str(each.mail["Subject"]) for each in mailing.mailbox.taken if each.to == [f"{who}@example.org"]]


def read(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 (the site of this test)
        content: bytes = answer.read()
        return content


def test_a_record_is_found_changed_and_proved_and_everyone_is_told(mailing: Mailing, tabs: dict[str, Page]) -> None:
    sue, bob, cam = (tabs[name] for name in PEOPLE)
    find_and_suggest(sue, "sue")
    expect(sue.get_by_role("alert")).to_contain_text("Thank you")
    find_and_suggest(bob, "bob")
    expect(bob).to_have_url(re.compile(r"/proposals/1\?done=confirmed$"))
    assert mails_to(mailing, "cam") == ["There is a new suggestion for country"]
    assert mails_to(mailing, "sue") == ["Somebody else suggests the same as your suggestion 1 for country"]

    link = next(each for each in mailing.mailbox.taken if each.to == ["cam@example.org"]).text
    found = re.search(r"http://\S+/proposals/1\b", link)
    assert found
    cam.goto(found[0])
    sign_in(cam, "cam")
    expect(cam.locator("main")).to_contain_text("What machines found")
    expect(cam.locator("ins")).to_have_text(NAME)
    cam.get_by_role("button", name="Approve").click()
    cam.get_by_role("button", name="Approve and publish").click()
    expect(cam.get_by_role("alert")).to_contain_text("it has been published")
    cam.locator("main").get_by_role("link", name=NAME).click()
    expect(cam.get_by_role("heading", level=1)).to_have_text(NAME)

    proof = cam.get_by_role("link", name=re.compile("^Proof of entry")).first.get_attribute("href")
    entry = cam.get_by_role("link", name=re.compile(r"^Entry \d+$")).first.get_attribute("href")
    assert json.loads(read(f"{mailing.url}{proof}"))["merkle-audit-path"]
    assert json.loads(read(f"{mailing.url}{entry}"))[0]["key"] == "GB"
    audited = CliRunner().invoke(registers, ["audit", f"{mailing.url}/v2/registers/country"])
    assert audited.exit_code == 0 and "the copy is what sha-256:" in audited.output, audited.output

    feed = ElementTree.fromstring(read(f"{mailing.url}/v2/registers/country/feed"))  # noqa: S314 (our own)
    assert feed.findtext(f"{ATOM}entry/{ATOM}title") == "1 entry added to country"
    published = ["Your suggestion 1 for country is published"]
    assert mails_to(mailing, "sue")[1:] == published
    assert mails_to(mailing, "bob") == ["The suggestion that you support, 1 for country is published"]
    assert len(mails_to(mailing, "cam")) == 1
    sue.reload()
    expect(sue.locator("main")).to_contain_text("published")
