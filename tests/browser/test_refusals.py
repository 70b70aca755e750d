"""What a browser is refused, and that nothing is lost by it: each from the page on which it would be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from notices import mail
from people import roles, suggestions
from people.accounts import Account
from registers import lifecycle, snapshot
from tests.api.pages.visitors import person
from tests.browser.test_links import Mailing, mailing
from tests.browser.test_suggesting import sign_in
from tests.makers import AUTHORITY, OPERATOR, append, country, definition
from tests.review.makers import submitted

__all__ = ["mailing"]
APPROVE = "/proposals/1/approve"


@dataclass
class Stage:
    """A site with proposal 1, by somebody, and browsers of those who want to decide on it."""

    browser: Browser
    mailing: Mailing
    author: Account
    contexts: list[BrowserContext]

    def tab(self, name: str, path: str, role: str = "custodian", register: str = "country") -> Page:
        """A browser in which somebody with a role has signed in and gone to a page."""
        account = person(self.mailing.store, f"{name}@example.org", name.title())
        if role:
            roles.grant(self.mailing.store, roles.Wanted(account.id, role, register), "tester")
        return self.back(name, path)

    def back(self, name: str, path: str) -> Page:
        """Another browser of somebody."""
        context = self.browser.new_context(base_url=self.mailing.url)
        self.contexts.append(context)
        tab = context.new_page()
        tab.goto(path)
        sign_in(tab, name)
        return tab

    @property
    def entries(self) -> int:
        """How many entries the register has; it begins with 7."""
        with self.mailing.store.reading() as tx:
            return snapshot.take(tx, snapshot.find_register(tx, "country")).size

    def is_refused(self, tab: Page, sentence: str, entries: int = 7) -> None:
        """The page says why, and nothing was appended."""
        expect(tab.locator("main")).to_contain_text(sentence)
        assert self.entries == entries


@pytest.fixture
def stage(browser: Browser, mailing: Mailing) -> Iterator[Stage]:
    sue = person(mailing.store, "sue@example.org", "Sue")
    submitted(mailing.store, country("GB", "Britain"), actor=sue.id)
    made = Stage(browser, mailing, sue, [])
    yield made
    for context in made.contexts:
        context.close()


def approve(tab: Page) -> None:
    tab.get_by_role("button", name="Approve and publish").click()


def test_two_who_approve_at_once_append_one_entry(stage: Stage) -> None:
    cam, dan = stage.tab("cam", APPROVE), stage.tab("dan", APPROVE)
    approve(cam)
    expect(cam.get_by_role("alert")).to_contain_text("it has been published")
    approve(dan)
    stage.is_refused(dan, "has been decided already: it is published", entries=8)


def test_an_approval_that_the_browser_sends_again_appends_nothing(stage: Stage) -> None:
    cam = stage.tab("cam", APPROVE)
    token, plan = (cam.locator(f"input[name={name}]").first.input_value() for name in ("form-token", "plan"))
    approve(cam)
    again = cam.request.post(
        APPROVE, form={"form-token": token, "plan": plan}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert (again.status, "has been decided already" in again.text(), stage.entries) == (409, True, 8)


def test_who_suggested_it_does_not_approve_it_by_whatever_spelling_they_sign_in(stage: Stage) -> None:
    roles.grant(stage.mailing.store, roles.Wanted(stage.author.id, "custodian", "country"), "tester")
    for spelled in ("sue", "SUE"):
        tab = stage.back(spelled, "/proposals/1")
        expect(tab.get_by_role("button", name="Withdraw")).to_be_visible()
        expect(tab.get_by_role("button", name="Approve")).to_have_count(0)
        tab.goto(APPROVE)
        expect(tab).to_have_url(f"{stage.mailing.url}/proposals/1")
    assert stage.entries == 7


def _take_role(stage: Stage) -> None:
    roles.revoke(stage.mailing.store, roles.Wanted("cam@example.org", "custodian", "country"), "tester")


def _end_record(stage: Stage) -> None:
    append(stage.mailing.store, country("GB", "United Kingdom", end_date="2023-01-01"))


@pytest.mark.parametrize(
    ("meanwhile", "sentence", "entries"),
    [
        (_take_role, "sign in, and send the form again", 7),
        (_end_record, "Proposal 1 is stale", 8),
    ],
)
def test_what_happens_between_looking_and_approving_counts(
    stage: Stage, meanwhile: Callable[[Stage], None], sentence: str, entries: int
) -> None:
    cam = stage.tab("cam", APPROVE)
    meanwhile(stage)
    approve(cam)
    stage.is_refused(cam, sentence, entries)


def test_the_custodian_of_another_register_is_refused(stage: Stage) -> None:
    lifecycle.create(stage.mailing.store, definition("tree", ("tree", "name")), AUTHORITY, OPERATOR)
    eve = stage.tab("eve", APPROVE, register="tree")
    stage.is_refused(eve, "This takes the role custodian")
    eve.goto("/proposals/1")
    stage.is_refused(eve, "This takes the role contributor")


def test_evidence_of_10_mb_is_refused_and_the_proposal_is_as_it_was(stage: Stage) -> None:
    cam = stage.tab("cam", "/proposals/1")
    cam.evaluate("document.querySelector('[name=evidence]').value = 'x'.repeat(10_000_000)")
    with cam.expect_response(lambda answer: answer.url.endswith("/evidence")) as answered:
        cam.get_by_role("button", name="Add").click()
    assert answered.value.status == 413
    cam.goto("/proposals/1")
    expect(cam.locator("main")).not_to_contain_text("xxxxxxxxxx")


def test_who_floods_a_register_is_told_when_to_go_on_and_keeps_what_they_typed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "AN_HOUR", 1)
    pat = stage.tab("pat", "/my-suggestions", role="")
    for name in ("First", "Second"):
        pat.goto("/registers/country/records/FR/suggest")
        pat.get_by_label("It was wrong").check()
        pat.get_by_label("Name", exact=True).fill(name)
        pat.get_by_label("Reason").fill("why")
        pat.get_by_role("button", name="Continue").click()
        pat.get_by_role("button", name="Send the suggestion").click()
    expect(pat.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(pat.get_by_label("Name", exact=True)).to_have_value("Second")
    stage.is_refused(pat, "as much as one person may")


def test_a_decision_stands_while_the_mail_server_is_down_and_the_mail_waits(stage: Stage) -> None:
    stage.mailing.mailbox.to_mail = ["451 come back later"]
    cam = stage.tab("cam", APPROVE)
    approve(cam)
    expect(cam.get_by_role("alert")).to_contain_text("it has been published")
    stage.mailing.send()
    assert (stage.entries, stage.mailing.mailbox.taken) == (8, [])
    with stage.mailing.store.reading() as tx:
        assert mail.standing(tx).waiting >= 1
