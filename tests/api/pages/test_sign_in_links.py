"""Signing in by a link that is mailed: asked for, sent, followed; and suggesting on the way, without losing a word."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from api.app import create_app
from notices import posting
from people import accounts, drafts, identities, links, passwords, roles, secret
from people.accounts import Wanted
from people.links import MAILED, PURPOSE
from people.openid import Claims
from registers.errors import Conflict
from registers.store.engine import Store
from review import decisions, proposals
from tests.api.conftest import SETTINGS, fill
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import found, id_of, somebody
from tests.api.pages.test_suggesting import ANEW, GB, count, fields_of, suggest, text_of
from tests.api.pages.visitors import Visitor, person
from tests.makers import OPERATOR, FixedClock
from tests.notices.mailbox import Mailbox, serving

HERE = "/sign-in/link"
BASE = "https://registers.example.org"
WITH_MAIL = replace(SETTINGS, smtp_url="smtp://localhost", mail_from="registers@example.org", base_url=BASE)
SENT = "We are sending a link to"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def mailing(sqlite_store: Store) -> Flask:
    """The application where mail is sent."""
    fill(sqlite_store)
    return create_app(WITH_MAIL, sqlite_store)


def visitor(app: Flask, address: str = "192.0.2.1") -> Visitor:
    return Visitor(app, address, base_url=BASE)


def rows(store: Store, table: str) -> list[tuple[object, ...]]:
    with store.reading() as tx:
        return [tuple(row) for row in tx.connection.exec_driver_sql(f"SELECT * FROM {table}")]


def posted(store: Store) -> list[tuple[str, str]]:
    """What a real mail server got of all that waits: to whom, and the link."""
    with serving(Mailbox()) as mailbox:
        while posting.send_some(store, mailbox.office):
            pass
        return [(each.to[0], re.search(r"https://\S+", each.text.split("\n\n")[2])[0]) for each in mailbox.taken]  # type: ignore[index]


def ask(who: Visitor, email: str, to: str = "") -> TestResponse:
    return who.send(HERE, {"email": email, "next": to})


def follow(who: Visitor, url: str) -> TestResponse:
    path = url.removeprefix(BASE)
    return who.send(path, {"link": path.partition("link=")[2]}, "/confirm")


def test_who_has_no_account_gets_a_link_that_makes_one(sqlite_store: Store, mailing: Flask) -> None:
    eve = visitor(mailing)
    assert SENT in ask(eve, " Eve@Example.org ", GB).text
    assert accounts.page(sqlite_store) == []
    ((to, url),) = posted(sqlite_store)
    assert (to, url.startswith(f"{BASE}/confirm?link=")) == ("Eve@example.org", True)
    shown = eve.get(url.removeprefix(BASE))
    assert "Eve@example.org" in shown.text and "Somebody" not in shown.text and accounts.page(sqlite_store) == []
    went = follow(eve, url)
    assert (went.status_code, went.headers["Location"]) == (303, GB)
    (made,) = accounts.page(sqlite_store)
    assert (made.email, made.name, made.confirmed is not None) == ("Eve@example.org", "Somebody", True)
    assert eve.get("/account").status_code == 200
    assert rows(sqlite_store, "letter") == []


def test_the_answer_is_the_same_with_and_without_an_account(sqlite_store: Store, mailing: Flask) -> None:
    person(sqlite_store, "ann@example.org")
    answers = [ask(visitor(mailing), f"{name}@example.org") for name in ("ann", "eve")]
    said = [re.sub(r"(ann|eve)@|nonce-\S+", "", each.text) for each in answers]
    assert said[0] == said[1] and [each.status_code for each in answers] == [200, 200]
    assert sorted(to for to, _ in posted(sqlite_store)) == ["ann@example.org", "eve@example.org"]


def test_a_link_goes_where_the_account_has_its_e_mail_and_never_to_another_spelling(
    sqlite_store: Store, mailing: Flask
) -> None:
    person(sqlite_store, "fiona@strasse.de")
    for typed in ("\ufb01ona@strasse.de", "FIONA@STRASSE.DE", "fiona@stra\u00dfe.de"):
        assert SENT in ask(visitor(mailing), typed).text
    assert {to for to, _ in posted(sqlite_store)} == {"fiona@strasse.de"}
    ask(visitor(mailing), "\ufb01ona@b\u00fccher.example")
    ((to, url),) = posted(sqlite_store)
    assert to == "fiona@xn--bcher-kva.example"
    assert follow(visitor(mailing), url).status_code == 303


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ann",
        "a@b\r\nBcc: eve@example.org",
        "a\r\nBcc:eve@example.org",
        "a%0d%0aBcc:x@example.org\0",
        "x" * 10_000 + "@example.org",
        "a@" + "x" * 10_000,
        "<a@example.org>",
        "a@example.org,b@example.org",
        "a@-example.org",
        "\u202ea@example.org",
    ],
)
def test_what_is_no_e_mail_is_said_and_nothing_is_sent(sqlite_store: Store, mailing: Flask, email: str) -> None:
    refused = ask(visitor(mailing), email)
    assert (refused.status_code, "Enter an e-mail address" in refused.text) == (400, True)
    assert rows(sqlite_store, "letter") == [] and rows(sqlite_store, "tally") == []


@pytest.mark.parametrize("to", ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_link_leads_to_no_other_site(sqlite_store: Store, mailing: Flask, to: str) -> None:
    eve = visitor(mailing)
    ask(eve, "eve@example.org", to)
    ((_, url),) = posted(sqlite_store)
    assert follow(eve, url).headers["Location"] == "/account"


def test_a_link_begins_with_what_is_set_whatever_host_is_asked(sqlite_store: Store, mailing: Flask) -> None:
    eve = Visitor(mailing, base_url="https://evil.example")
    ask(eve, "eve@example.org")
    with serving(Mailbox()) as mailbox:
        posting.send_some(sqlite_store, mailbox.office)
    assert "evil" not in mailbox.taken[0].text and f"{BASE}/confirm?link=" in mailbox.taken[0].text


def test_a_link_is_good_once_in_any_browser_and_for_two_hours(
    sqlite_store: Store, mailing: Flask, clock: FixedClock
) -> None:
    ask(visitor(mailing), "eve@example.org")
    ask(visitor(mailing), "eve@example.org")
    (_, first), (_, second) = posted(sqlite_store)
    assert first != second
    assert follow(visitor(mailing, "192.0.2.9"), first).status_code == 303
    used = follow(visitor(mailing), first)
    assert (used.status_code, "used before" in text_of(used)) == (410, True)
    forged = visitor(mailing).get("/confirm?link=" + second.partition("link=")[2][:-3])
    assert forged.status_code == 400
    clock.now += MAILED
    assert visitor(mailing).get(second.removeprefix(BASE)).status_code == 410


def test_two_who_follow_one_link_at_once_are_one(store: Store) -> None:
    key = b"the secret of the tests, which is long"
    token = links.make(key, links.Invitation("Eve", "eve@example.org"), store.clock())
    ready, outcomes = threading.Barrier(2), list[str]()

    def try_it() -> None:
        ready.wait()
        try:
            links.follow(store, key, token)
            outcomes.append("in")
        except Conflict:
            outcomes.append("used")

    threads = [threading.Thread(target=try_it) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["in", "used"] and len(accounts.page(store)) == 1


def test_who_is_signed_in_as_somebody_else_is_told_and_changes_over(sqlite_store: Store, mailing: Flask) -> None:
    person(sqlite_store, "ann@example.org")
    ask(visitor(mailing), "eve@example.org")
    ((_, url),) = posted(sqlite_store)
    ann = visitor(mailing)
    ann.sign_in("ann@example.org")
    shown = ann.get(url.removeprefix(BASE))
    assert "you are signed in as ann@example.org" in text_of(shown)
    follow(ann, url)
    assert "eve@example.org" in ann.get("/account").text and "ann@example.org" not in ann.get("/account").text


def test_what_was_typed_is_there_when_the_link_was_followed_elsewhere(
    sqlite_store: Store, mailing: Flask, clock: FixedClock
) -> None:
    eve, phone = visitor(mailing), visitor(mailing, "192.0.2.9")
    asked = suggest(eve, GB, "preview", name="Britain <b>", evidence="https://example.org")
    assert "Confirm your e-mail to go on" in text_of(asked) and count(sqlite_store) == 0
    fields = fields_of(asked.text)
    assert fields["field-name"] == "Britain <b>"
    assert eve.post(GB, {**fields, "action": "edit"}).status_code == 200
    wrong = eve.post(GB, {**fields, "action": "link", "email": "eve"})
    assert (wrong.status_code, fields_of(wrong.text)["field-name"]) == (400, "Britain <b>")
    sent = eve.post(GB, {**fields, "action": "link", "email": "eve@example.org"})
    assert "Your suggestion is not sent yet" in sent.text and count(sqlite_store) == 0
    ((_, url),) = posted(sqlite_store)
    went = follow(phone, url).headers["Location"]
    assert went.startswith(f"{GB}?draft=")
    shown = phone.get(went)
    assert "Check your suggestion" in shown.text and "Britain &lt;b&gt;" in shown.text
    done = phone.post(GB, {**fields_of(shown.text), "action": "send"})
    assert (done.status_code, count(sqlite_store)) == (303, 1)
    assert "example.org" not in found(sqlite_store).author
    # Nobody else gets what was typed, nor anybody when it is over.
    for other in (eve, somebody(sqlite_store, mailing, "ann")):
        assert "Britain" not in other.get(went).text
    clock.now += MAILED
    ask(eve, "eve@example.org")
    follow(phone, posted(sqlite_store)[0][1])
    assert "Begin again".lower() in text_of(phone.get(went)).lower()
    ask(eve, "eve2@example.org")


def test_a_record_that_changed_meanwhile_is_shown_with_what_was_typed(sqlite_store: Store, mailing: Flask) -> None:
    eve = visitor(mailing)
    fields = fields_of(suggest(eve, GB, "preview", name="Mine").text)
    eve.post(GB, {**fields, "action": "link", "email": "eve@example.org"})
    ((_, url),) = posted(sqlite_store)
    went = follow(eve, url).headers["Location"]
    bob = somebody(sqlite_store, mailing, "bob")
    assert suggest(bob, GB, name="Theirs").status_code == 303
    decisions.approve(sqlite_store, 1, "cat", OPERATOR)
    shown = eve.get(went)
    assert (shown.status_code, "has changed since" in shown.text, "Mine" in shown.text) == (409, True, True)


def test_what_is_too_long_to_be_kept_is_said(
    sqlite_store: Store, mailing: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "LIMIT", 100)
    eve = visitor(mailing)
    fields = fields_of(suggest(eve, GB, "preview", name="x" * 200).text)
    refused = eve.post(GB, {**fields, "action": "link", "email": "eve@example.org"})
    assert (refused.status_code, "too long to be kept" in refused.text) == (413, True)
    assert rows(sqlite_store, "draft") == rows(sqlite_store, "letter") == []


def test_nobody_suggests_without_signing_in(sqlite_store: Store, mailing: Flask) -> None:
    eve = visitor(mailing)
    for action in ("send", "preview", "link", "", "other"):
        suggest(eve, ANEW, action, country="X")
    assert count(sqlite_store) == 0
    assert eve.post(GB, {"action": "send"}).status_code == 403  # without the form's token


def test_a_burst_of_links_is_refused_and_keeps_nobody_else_out(
    sqlite_store: Store, mailing: Flask, clock: FixedClock
) -> None:
    eve, bob = visitor(mailing), visitor(mailing, "192.0.2.2")
    token = eve.token(HERE)
    answers = [eve.post(HERE, {"email": f"e{n}@example.org", "form-token": token}) for n in range(200)]
    assert [each.status_code for each in answers] == [200] * links.OF_ADDRESS + [429] * (200 - links.OF_ADDRESS)
    assert answers[-1].headers["Retry-After"] == "3600"
    assert "too many links were asked for: try again in 60 minutes" in text_of(answers[-1]).lower()
    assert SENT in ask(bob, "bob@example.org").text
    assert len(rows(sqlite_store, "tally")) == links.OF_ADDRESS + 1 + 2 + 1  # e-mails, addresses, and all
    assert len(rows(sqlite_store, "letter")) == links.OF_ADDRESS + 1
    clock.now += 3600
    assert SENT in ask(eve, "eve@example.org").text
    assert len(rows(sqlite_store, "tally")) == 3


def test_nobody_is_sent_more_than_a_few_links_from_wherever_they_are_asked_for(
    sqlite_store: Store, mailing: Flask
) -> None:
    spellings = ["ann@example.org", "ANN@example.org", "Ann@EXAMPLE.org"]
    asked = [ask(visitor(mailing, f"192.0.2.{n}"), spellings[n % 3]).status_code for n in range(12)]
    assert asked == [200] * links.OF_EMAIL + [429] * (12 - links.OF_EMAIL)


def test_the_service_sends_no_more_than_so_many(
    sqlite_store: Store, mailing: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "OF_ALL", 3)
    asked = [ask(visitor(mailing, f"192.0.2.{n}"), f"e{n}@example.org").status_code for n in range(4)]
    assert asked == [200, 200, 200, 429]


def test_without_mail_it_is_not_offered_and_the_page_says_so(sqlite_store: Store, sqlite_app: Flask) -> None:
    eve = Visitor(sqlite_app)
    assert "Sign in with a link by e-mail" not in eve.get("/sign-in").text
    shown = eve.get(HERE)
    assert (shown.status_code, "sends no e-mail" in shown.text) == (404, True)
    sent = eve.post(HERE, {"email": "eve@example.org", "form-token": eve.token("/sign-in")})
    assert sent.status_code == 404 and rows(sqlite_store, "letter") == []
    assert eve.get(GB).headers["Location"].startswith("/sign-in?next=")


def test_with_mail_the_page_to_sign_in_offers_it(mailing: Flask) -> None:
    shown = visitor(mailing).get("/sign-in?next=/my-suggestions")
    assert "/sign-in/link?next=%2Fmy-suggestions" in Page(shown.text).links


def test_one_e_mail_is_one_person_however_they_come(sqlite_store: Store, mailing: Flask) -> None:
    """So nobody approves what they suggested themselves with a second account of the same e-mail."""
    ask(visitor(mailing), "eve@example.org")
    eve = visitor(mailing)
    follow(eve, posted(sqlite_store)[0][1])
    ask(visitor(mailing), "EVE@EXAMPLE.ORG")
    capital = visitor(mailing)
    follow(capital, posted(sqlite_store)[0][1])
    claims = Claims("https://id.example.org", "1", "Eve", "Eve@example.org")
    provided = identities.sign_in(sqlite_store, claims).account.id
    (only,) = accounts.page(sqlite_store)
    assert provided == only.id
    with pytest.raises(Conflict):
        accounts.add(sqlite_store, Wanted("Eve again", "eVe@example.org"), "tester")
    assert suggest(eve, GB, name="Mine").status_code == 303
    roles.grant(sqlite_store, roles.Wanted(only.id, "custodian", "country"), "tester")
    ask(visitor(mailing), "eve@example.org")
    again = visitor(mailing)
    follow(again, posted(sqlite_store)[0][1])
    token = again.token("/account")
    with sqlite_store.reading() as tx:
        plan = proposals.find(tx, 1).subject.plan
    refused = again.post("/proposals/1/approve", {"plan": plan, "form-token": token})
    assert (refused.status_code, found(sqlite_store).state) == (403, "open")


def test_who_is_forgotten_leaves_no_draft(sqlite_store: Store, mailing: Flask) -> None:
    eve = visitor(mailing)
    fields = fields_of(suggest(eve, GB, "preview", name="Mine").text)
    eve.post(GB, {**fields, "action": "link", "email": "eve@example.org"})
    follow(eve, posted(sqlite_store)[0][1])
    assert len(rows(sqlite_store, "draft")) == 1
    accounts.forget(sqlite_store, id_of(sqlite_store, "eve"), "tester")
    assert rows(sqlite_store, "draft") == []


def test_a_link_of_before_this_release_still_works(sqlite_store: Store, mailing: Flask) -> None:
    key = secret.read_secret("", sqlite_store)
    members = {"name": "Ann", "email": "ann@example.org"}
    token = secret.seal(key, PURPOSE, members, sqlite_store.clock() + 60)
    assert follow(visitor(mailing), f"{BASE}/confirm?link={token}").headers["Location"] == "/account"
