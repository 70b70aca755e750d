"""Signing in at a real OpenID provider, there and back; and what becomes of those who come back otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from api.app import create_app
from people import access, accounts, identities
from people.accounts import Wanted
from people.openid import Claims
from registers.errors import Conflict
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.pages.conftest import Page
from tests.api.pages.visitors import Visitor, person
from tests.makers import CheckedStore, FixedClock
from tests.people.provider import CLIENT_ID, CLIENT_SECRET, go_through, running

BACK = "http://localhost/sign-in/openid/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running(BACK) as where:
        yield where


def settings(issuer: str, secret: str = CLIENT_SECRET) -> Settings:
    return replace(SETTINGS, oidc_issuer=issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=secret)


@pytest.fixture
def now(clock: FixedClock) -> FixedClock:
    """The provider's clock is the machine's, so ours has to be."""
    clock.now = int(time.time())
    return clock


@pytest.fixture
def app(store: CheckedStore, issuer: str, now: FixedClock) -> Flask:
    return create_app(settings(issuer), store)


@pytest.fixture
def browser(app: Flask) -> Visitor:
    return Visitor(app)


def leave(browser: Visitor, to: str = "/account") -> str:
    """Follow the link to the provider; the provider's URL."""
    asked = browser.get(f"/sign-in/openid?{urlencode({'next': to})}")
    assert (asked.status_code, asked.headers["Cache-Control"]) == (303, "no-store")
    return str(asked.headers["Location"])


def return_by(browser: Visitor, url: str, **changed: str | None) -> TestResponse:
    """Come back by the provider's URL, as another site's link does it, with some parameters changed or left out."""
    parts = urlsplit(url)
    given = {**dict(parse_qsl(parts.query)), **changed}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    return browser.get(f"{parts.path}?{query}", Sec_Fetch_Site="cross-site")


def come(browser: Visitor, name: str, to: str = "/account") -> TestResponse:
    return return_by(browser, go_through(leave(browser, to), BACK, name))


def said(answer: TestResponse) -> str:
    return Page(answer.text).text


def test_the_way_there_asks_for_what_the_protocol_asks(browser: Visitor, issuer: str) -> None:
    assert "Sign in with 127.0.0.1" in said(browser.get("/sign-in"))
    there = urlsplit(leave(browser))
    asked = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert f"{there.scheme}://{there.netloc}" == issuer
    assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", CLIENT_ID, BACK)
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert asked["scope"] == "openid profile email" and len(asked["state"]) >= 43 and len(asked["nonce"]) >= 43
    again = parse_qs(urlsplit(leave(browser)).query)
    assert all(again[name] != [asked[name]] for name in ("state", "nonce", "code_challenge"))


def test_who_signs_in_there_is_signed_in_here(store: Store, browser: Visitor) -> None:
    back = come(browser, "ann", "/registers/country/records/a%2Fb")
    assert (back.status_code, back.headers["Location"]) == (303, "/registers/country/records/a%2Fb")
    shown = said(browser.get("/account"))
    assert "Ann Other" in shown and "ann@example.org, confirmed" in shown
    assert "registers-openid" not in browser.cookies
    (made,) = accounts.page(store)
    assert [each.action for each in access.page(store, of=made.id)] == ["sign in by openid"]
    other = Visitor(browser.app)
    come(other, "ann")
    assert accounts.page(store) == [made]


def test_a_confirmed_account_of_the_same_e_mail_is_the_same_person(store: Store, browser: Visitor) -> None:
    made = person(store)
    come(browser, "ann")
    assert made.id in said(browser.get("/account"))
    assert len(accounts.page(store)) == 1


def test_an_e_mail_that_nobody_verified_is_nobodys(store: Store, browser: Visitor) -> None:
    """Mallory says that she is ann@example.org, and her provider does not know whether it is so."""
    ann = person(store)
    come(browser, "mallory")
    shown = said(browser.get("/account"))
    assert ann.id not in shown and "ann@example.org" not in shown
    assert {each.email for each in accounts.page(store)} == {"ann@example.org", None}


def test_an_account_that_has_not_confirmed_its_e_mail_is_not_handed_over(store: Store, browser: Visitor) -> None:
    accounts.add(store, Wanted("Not Ann", "ann@example.org"), "tester", "a password of Mallory")
    refused = come(browser, "ann")
    assert (refused.status_code, "that has not confirmed it" in said(refused)) == (403, True)
    assert browser.get("/account").status_code == 303
    (refusal,) = access.page(store, limit=1)
    assert (refusal.action, refusal.actor, refusal.allowed) == ("sign in by openid", "", False)
    assert "example.org" not in repr(refusal)


def test_odd_names_and_e_mails_do_no_harm(store: Store, browser: Visitor) -> None:
    come(browser, "odd")
    shown = browser.get("/account")
    assert "<script>alert" not in shown.text and "<script>alert(1)</script>" in said(shown)
    bare = Visitor(browser.app)
    come(bare, "bare")
    assert sorted(each.name for each in accounts.page(store)) == ["<script>alert(1)</script>", "Somebody"]


def test_who_is_forgotten_comes_back_as_somebody_else(store: Store, browser: Visitor) -> None:
    come(browser, "ann")
    (made,) = accounts.page(store)
    accounts.forget(store, made.id, "tester")
    assert browser.get("/account").status_code == 303
    come(browser, "ann")
    assert [each.id for each in accounts.page(store)] != [made.id]


def test_who_leaves_the_provider_is_not_signed_in(store: Store, browser: Visitor) -> None:
    back = return_by(browser, go_through(leave(browser, "/docs"), BACK, "ann", cancel=True))
    page = Page(back.text)
    assert (back.status_code, "has not signed you in" in page.text) == (400, True)
    assert page.fields()["next"] == "/docs"
    assert accounts.page(store) == [] and browser.get("/account").status_code == 303


def test_a_code_is_good_once(store: Store, browser: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    there = leave(browser)
    kept = browser.cookies["registers-openid"]
    back = go_through(there, BACK, "ann")
    assert return_by(browser, back).status_code == 303
    thief = Visitor(browser.app)
    assert return_by(thief, back).status_code == 403  # another browser
    assert return_by(browser, back).status_code == 403  # the same, whose cookie is gone
    thief.client.set_cookie("registers-openid", kept)
    refused = return_by(thief, back)  # even with the cookie: the provider knows the code
    assert (refused.status_code, "invalid_grant" in said(refused)) == (403, True)
    assert thief.get("/account").status_code == 303
    assert "is not let in: what the provider answered does not hold: invalid_grant" in caplog.text
    assert [each.allowed for each in access.page(store)] == [True]


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "x"},
        {"state": ""},
        {"state": None},
        {"state": "é\x00"},
        {"code": "x"},
        {"code": None},
        {"code": "\x00"},
        {"iss": "https://evil.example"},
    ],
)
def test_a_way_back_that_was_changed_signs_nobody_in(
    sqlite_store: CheckedStore, issuer: str, now: FixedClock, changed: dict[str, str | None]
) -> None:
    browser = Visitor(create_app(settings(issuer), sqlite_store))
    back = go_through(leave(browser), BACK, "ann")
    assert return_by(browser, back, **changed).status_code in (400, 403)
    assert accounts.page(sqlite_store) == [] and browser.get("/account").status_code == 303


def test_an_attackers_way_back_signs_nobody_else_in(sqlite_store: CheckedStore, issuer: str, now: FixedClock) -> None:
    """Login forgery: a victim who follows it would act in the attacker's account."""
    app = create_app(settings(issuer), sqlite_store)
    attacker, victim = Visitor(app), Visitor(app)
    back = go_through(leave(attacker), BACK, "zoe")
    leave(victim)
    assert return_by(victim, back).status_code == 403
    assert victim.get("/account").status_code == 303


def test_who_is_away_too_long_begins_again(sqlite_store: CheckedStore, issuer: str, now: FixedClock) -> None:
    browser = Visitor(create_app(settings(issuer), sqlite_store))
    there = leave(browser)
    back = go_through(there, BACK, "ann")
    now.now += 10 * 60
    assert return_by(browser, back).status_code == 403


def test_a_cookie_that_was_changed_is_no_cookie_of_ours(
    sqlite_store: CheckedStore, issuer: str, now: FixedClock
) -> None:
    browser = Visitor(create_app(settings(issuer), sqlite_store))
    back = go_through(leave(browser), BACK, "ann")
    body, _, mark = browser.cookies["registers-openid"].partition(".")
    for spoilt in ("", "x", f"{body}.", f"{body}A.{mark}", f"{body}.{mark[:-2]}AA", "." + mark):
        browser.client.set_cookie("registers-openid", spoilt)
        assert return_by(browser, back).status_code == 403


def test_a_wrong_client_secret_signs_nobody_in(sqlite_store: CheckedStore, issuer: str, now: FixedClock) -> None:
    browser = Visitor(create_app(settings(issuer, "wrong"), sqlite_store))
    refused = come(browser, "ann")
    assert (refused.status_code, "invalid_client" in said(refused)) == (403, True)


def test_a_provider_that_is_down_leaves_the_password(sqlite_store: CheckedStore, now: FixedClock) -> None:
    with running(BACK) as where:
        browser = Visitor(create_app(settings(where), sqlite_store))
        back = go_through(leave(browser, "/docs"), BACK, "ann")
    for answer in (browser.get("/sign-in/openid?next=%2Fdocs"), return_by(browser, back)):
        page = Page(answer.text)
        assert (answer.status_code, "cannot be reached now" in page.text) == (503, True)
        assert page.fields()["next"] == "/docs"
    person(sqlite_store)
    assert browser.sign_in().status_code == 303


def test_nobody_is_sent_on_to_another_site(sqlite_store: CheckedStore, issuer: str, now: FixedClock) -> None:
    browser = Visitor(create_app(settings(issuer), sqlite_store))
    assert come(browser, "ann", "//evil.example").headers["Location"] == "/account"


def test_without_a_provider_there_is_no_way_there(sqlite_app: Flask) -> None:
    stranger = Visitor(sqlite_app)
    assert "Sign in with" not in said(stranger.get("/sign-in"))
    for path in ("/sign-in/openid", "/sign-in/openid/back?code=x&state=y"):
        assert stranger.get(path).status_code == 404


def test_one_person_has_one_account_whatever_the_provider(store: CheckedStore) -> None:
    claims = Claims("https://id.example", "1", "Ann", "ann@example.org")
    first = identities.sign_in(store, claims).account
    assert identities.sign_in(store, claims).account == first
    assert identities.sign_in(store, replace(claims, issuer="https://other.example")).account == first
    assert identities.sign_in(store, replace(claims, subject="2", email="")).account != first
    accounts.add(store, Wanted("Bob", "bob@example.org"), "tester")
    with pytest.raises(Conflict):
        identities.sign_in(store, replace(claims, subject="3", email="bob@example.org"))
