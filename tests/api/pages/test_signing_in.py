"""Signing in, out, and by a link, as a browser does it; and what every other browser, site and cache gets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from api import signed_in
from api.app import create_app
from api.caching import Caching
from api.pages.people.signing_in import way_back
from people import access, accounts, links, passwords, roles, secret, sessions
from people.accounts import Account
from people.links import Invitation
from people.sign_in import OF_ACCOUNT
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.pages.conftest import Page
from tests.api.pages.visitors import PASSWORD, Visitor, person
from tests.makers import FixedClock

HTTPS = replace(SETTINGS, base_url="https://registers.example.org")


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobodys.cache_clear()


@pytest.fixture
def ann(store: Store, app: Flask) -> Account:
    """Ann, who has a password, on an application on each engine."""
    return person(store)


@pytest.fixture
def browser(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture
def sqlite_browser(sqlite_app: Flask, sqlite_store: Store) -> Visitor:
    """A browser on the application on SQLite, where Ann has an account."""
    person(sqlite_store)
    return Visitor(sqlite_app)


def location(answer: TestResponse) -> str:
    return str(answer.headers["Location"])


# In and out


def test_who_signs_in_gets_the_page_that_asked_for_it(ann: Account, browser: Visitor) -> None:
    asked = browser.get("/account")
    assert (asked.status_code, location(asked)) == (303, "/sign-in?next=%2Faccount")
    signed = browser.sign_in(to="/account")
    assert (signed.status_code, location(signed)) == (303, "/account")
    shown = Page(browser.get("/account").text).text
    assert "Ann Other" in shown and "ann@example.org, confirmed" in shown and ann.id in shown
    assert location(browser.get("/sign-in")) == "/account"


def test_who_signs_out_is_nobody_here_and_there(store: Store, ann: Account, browser: Visitor) -> None:
    browser.sign_in()
    stolen = browser.cookies["registers-session"]
    gone = browser.send("/account", {}, "/sign-out")
    assert (gone.status_code, location(gone)) == (303, "/")
    assert "registers-session" not in browser.cookies
    assert sessions.find(store, stolen) is None
    browser.client.set_cookie("registers-session", stolen)
    assert browser.get("/account").status_code == 303
    assert [each.action for each in access.page(store)][:2] == ["sign out", "sign in"]


@pytest.mark.parametrize("email", ["ann@example.org", "nobody@example.org", "", "<script>", "a\0b", "x" * 3000, "é@ü"])
def test_what_is_wrong_is_said_in_the_same_words_for_all(sqlite_browser: Visitor, email: str) -> None:
    answer = sqlite_browser.sign_in(email, "not the password at all")
    page = Page(answer.text)
    assert answer.status_code == 400 and "one of them is wrong" in page.text
    (typed,) = [each["value"] for each in page.all("input") if each.get("name") == "email" and "value" in each] or [""]
    assert typed == email
    assert "not the password" not in answer.text
    assert "registers-session" not in sqlite_browser.cookies
    assert sqlite_browser.get("/account").status_code == 303


def test_too_many_attempts_have_to_wait(store: Store, ann: Account, browser: Visitor, clock: FixedClock) -> None:
    for _ in range(OF_ACCOUNT):
        browser.sign_in(password="not the password at all")
    waits = browser.sign_in()
    assert (waits.status_code, waits.headers["Retry-After"]) == (429, "60")
    assert "too many attempts to sign in: try again in a minute" in Page(waits.text).text
    clock.now += 60
    assert browser.sign_in().status_code == 303
    whys = [each.why for each in access.page(store, of=ann.id)]
    assert whys.count("wrong password") == OF_ACCOUNT == len([why for why in whys if why])


def test_a_form_that_is_longer_than_any_is_refused_unread(sqlite_browser: Visitor) -> None:
    assert sqlite_browser.sign_in(password="x" * 20_000).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "evil",
        "",
        "/a\r\nSet-Cookie: x=1",
        "/\t/evil",
        "javascript:alert(1)",
    ],
)
def test_nobody_is_sent_to_another_site(sqlite_browser: Visitor, path: str) -> None:
    assert location(sqlite_browser.sign_in(to=path)) == "/account"


def test_the_way_back_keeps_the_question(sqlite_app: Flask, sqlite_browser: Visitor) -> None:
    asked = sqlite_browser.get("/account?changed=password")
    assert location(asked) == "/sign-in?next=%2Faccount%3Fchanged%3Dpassword"
    with sqlite_app.test_request_context():
        assert way_back("/registers/a%2Fb?x=1&y=%C3%A9") == "/registers/a%2Fb?x=1&y=%C3%A9"


# Sessions


def test_a_session_that_a_browser_was_made_to_show_is_not_taken_over(
    ann: Account, app: Flask, browser: Visitor
) -> None:
    """Fixation: by an attacker who knows what the cookie was, whether it was good or not."""
    other = Visitor(app)
    other.sign_in()
    for planted in ("A" * 43, other.cookies["registers-session"]):
        victim = Visitor(app)
        form = victim.token("/sign-in")
        victim.client.set_cookie("registers-session", planted)
        signed = victim.post("/sign-in", {"email": "ann@example.org", "password": PASSWORD, "form-token": form})
        assert signed.status_code == 303
        assert victim.cookies["registers-session"] != planted
    assert other.get("/account").status_code == 303  # what was planted is over


def test_a_role_that_is_given_or_a_person_forgotten_ends_the_session_at_once(
    store: Store, ann: Account, browser: Visitor
) -> None:
    browser.sign_in()
    roles.grant(store, roles.Wanted(ann.id, "custodian", "country"), "tester")
    assert browser.get("/account").status_code == 303
    browser.sign_in()
    accounts.forget(store, ann.id, "tester")
    assert browser.get("/account").status_code == 303
    assert browser.sign_in().status_code == 400


def test_a_session_that_is_not_used_ends(ann: Account, browser: Visitor, clock: FixedClock) -> None:
    browser.sign_in()
    clock.now += sessions.IDLE
    assert browser.get("/account").status_code == 303
    late = browser.post("/sign-out", {"form-token": "x"})
    assert (late.status_code, "sign in, and send the form again" in Page(late.text).text) == (403, True)


@pytest.mark.parametrize("shown", ["", "x", "A" * 43, "A" * 3000, "é", "a%00b"])
def test_what_is_no_session_is_nobody(sqlite_browser: Visitor, shown: str) -> None:
    sqlite_browser.client.set_cookie("registers-session", shown)
    assert sqlite_browser.get("/account").status_code == 303


# Forms that another site sends


def test_a_form_without_its_token_does_nothing(store: Store, ann: Account, app: Flask, browser: Visitor) -> None:
    browser.sign_in()
    other = Visitor(app)
    other.sign_in()
    foreign, visit = other.token("/account"), Visitor(app).token("/sign-in")
    for token in ("", "x", foreign, visit, browser.token("/account")[:-1]):
        for path in ("/sign-out", "/account/password"):
            refused = browser.post(
                path, {"form-token": token, "password": PASSWORD, "new-password": "another password"}
            )
            assert refused.status_code == 403, (token, path)
            assert "open its page again" in Page(refused.text).text
    assert browser.get("/account").status_code == 200
    assert [each.action for each in access.page(store)].count("set password") == 0


def test_nobody_is_signed_in_by_another_sites_form(ann: Account, app: Flask, browser: Visitor) -> None:
    """Who is made to sign in to an attacker's account would tell the attacker what they do."""
    fields = {"email": "ann@example.org", "password": PASSWORD}
    for token in ("", Visitor(app).token("/sign-in")):
        assert browser.post("/sign-in", {**fields, "form-token": token}).status_code == 403
    assert "registers-session" not in browser.cookies


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "none"}, 403),
        ({"Sec_Fetch_Site": "", "Origin": "https://evil.example"}, 403),
        ({"Sec_Fetch_Site": "", "Origin": "http://localhost:81"}, 403),
        ({"Sec_Fetch_Site": "", "Origin": "http://localhost.evil.example"}, 403),
        ({"Sec_Fetch_Site": "", "Origin": "http://localhost"}, 303),
        ({"Sec_Fetch_Site": "", "Origin": ""}, 303),
        ({"Sec_Fetch_Site": "", "Origin": "null"}, 303),
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_its_token(
    sqlite_browser: Visitor, headers: dict[str, str], status: int
) -> None:
    form = {"email": "ann@example.org", "password": PASSWORD, "form-token": sqlite_browser.token("/sign-in")}
    assert sqlite_browser.post("/sign-in", form, **headers).status_code == status


def test_every_form_of_a_page_for_people_has_a_token(store: Store, ann: Account, browser: Visitor) -> None:
    roles.grant(store, roles.Wanted(ann.id, "administrator", "country"), "tester")
    assert browser.token("/sign-in")
    browser.sign_in()
    for path in ("/account", "/registers/country/people"):
        page = Page(browser.get(path).text)
        tokens = [each for each in page.all("input") if each.get("name") == "form-token"]
        assert len(tokens) == len(page.all("form")) >= 2, path


# What caches may hold


def test_what_one_person_got_is_kept_by_no_cache(store: Store, ann: Account, browser: Visitor) -> None:
    roles.grant(store, roles.Wanted(ann.id, "administrator", "country"), "tester")
    browser.sign_in()
    for path in ("/account", "/registers/country/people", "/sign-in"):
        answer = browser.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "Cookie" in answer.headers["Vary"]
        assert "ETag" not in answer.headers and "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers.getlist("Cross-Origin-Resource-Policy") == ["same-origin"]
    named = {"If-None-Match": "*"}
    assert browser.open("GET", "/account", named).status_code == 200
    stranger = Visitor(browser.app)
    for path in ("/account", "/registers/country/people"):
        assert stranger.get(path).status_code == 303


def test_a_public_page_is_the_same_for_everybody(ann: Account, browser: Visitor) -> None:
    paths = (
        "/",
        "/registers",
        "/registers/country",
        "/registers/country/records/GB",
        "/search?q=a",
        "/docs",
        "/new-register",
    )
    before = [(browser.get(path).data, browser.get(path).headers.get("ETag")) for path in paths]
    browser.sign_in()
    assert [(browser.get(path).data, browser.get(path).headers.get("ETag")) for path in paths] == before
    assert all("Set-Cookie" not in browser.get(path).headers for path in paths)


def test_a_page_that_caches_may_keep_cannot_ask_who_is_signed_in(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context("/"):
        signed_in.admit(signed_in.Permission.PUBLIC, Caching.REVALIDATE, is_form=False)
        with pytest.raises(TypeError, match="may be kept by caches"):
            signed_in.session()


# Cookies


def test_over_https_the_cookies_are_this_hosts_alone(sqlite_store: Store) -> None:
    person(sqlite_store)
    browser = Visitor(create_app(HTTPS, sqlite_store), base_url="https://registers.example.org")
    form = browser.get("/sign-in")
    signed = browser.sign_in()
    for answer, name in ((form, "__Host-registers-visit"), (signed, "__Host-registers-session")):
        (cookie,) = answer.headers.getlist("Set-Cookie")
        first, *rest = cookie.split("; ")
        assert first.startswith(f"{name}=") and len(first) >= len(name) + 40
        assert set(rest) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert browser.get("/account").status_code == 200
    planted = Visitor(browser.app, base_url=browser.base_url)
    planted.client.set_cookie("registers-session", browser.cookies["__Host-registers-session"])
    assert planted.get("/account").status_code == 303


def test_a_session_is_for_pages_and_not_for_the_api(sqlite_browser: Visitor) -> None:
    sqlite_browser.sign_in()
    sent = sqlite_browser.open(
        "POST", "/v2/registers/country/entries", {"Accept": "application/json"}, json={"item": {"country": "IT"}}
    )
    assert sent.status_code == 401


def test_an_api_key_is_for_the_api_and_not_for_pages(sqlite_browser: Visitor) -> None:
    assert sqlite_browser.get("/account", Authorization="Bearer registers_x").status_code == 303


def test_no_password_or_session_is_logged(sqlite_browser: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        sqlite_browser.sign_in(password="a password nobody has")
        sqlite_browser.sign_in()
        sqlite_browser.get("/account")
    said = repr([(each.getMessage(), vars(each)) for each in caplog.records])
    assert "/sign-in" in said
    for hidden in ("a password nobody has", PASSWORD, sqlite_browser.cookies["registers-session"], "ann@example.org"):
        assert hidden not in said


# By a link


def link(store: Store, settings: Settings = SETTINGS, email: str = "new@example.org") -> str:
    token = links.make(secret.read_secret(settings.secret, store), Invitation("New Person", email), store.clock())
    return f"/confirm?link={token}"


def test_a_link_signs_its_person_in_once(store: Store, browser: Visitor) -> None:
    path = link(store)
    opened = browser.get(path)
    assert "new@example.org" in Page(opened.text).text and opened.headers["Cache-Control"] == "no-store"
    assert (accounts.page(store), access.page(store)) == ([], [])  # a program that opens links in mails changes nothing
    fields = Page(opened.text).fields()
    followed = browser.post("/confirm", fields)
    assert (followed.status_code, location(followed)) == (303, "/account")
    assert "new@example.org, confirmed" in Page(browser.get("/account").text).text
    again = Visitor(browser.app)
    form = {**fields, "form-token": again.token(path)}
    refused = again.post("/confirm", form)
    assert (refused.status_code, "was used before" in Page(refused.text).text) == (410, True)
    assert again.get("/account").status_code == 303


def test_an_old_link_and_a_broken_one_say_so(sqlite_store: Store, sqlite_browser: Visitor, clock: FixedClock) -> None:
    path = link(sqlite_store)
    for spoilt in (path[:-1], path + "A", "/confirm?link=", "/confirm?link=%00", "/confirm?link=a.b", "/confirm"):
        assert sqlite_browser.get(spoilt).status_code == 400, spoilt
    clock.now += links.GOOD_FOR
    old = sqlite_browser.get(path)
    assert (old.status_code, "the link is too old" in Page(old.text).text.lower()) == (410, True)


def test_a_link_cannot_be_followed_by_another_sites_form(sqlite_store: Store, sqlite_browser: Visitor) -> None:
    token = link(sqlite_store).partition("=")[2]
    assert sqlite_browser.post("/confirm", {"link": token}).status_code == 403


def test_who_came_by_a_link_chooses_a_password(store: Store, ann: Account, browser: Visitor, clock: FixedClock) -> None:
    """Somebody who has lost theirs; but not for ever, nor somebody who came by the password."""
    browser.post("/confirm", Page(browser.get(link(store, email="ann@example.org")).text).fields())
    changed = browser.send("/account", {"new-password": "quite another password"}, "/account/password")
    assert location(changed) == "/account?changed=password"
    assert "Your password is changed" in Page(browser.get(location(changed)).text).text
    clock.now += 10 * 60
    late = browser.send("/account", {"new-password": "yet another password"}, "/account/password")
    assert (late.status_code, "Check your password of now" in Page(late.text).text) == (400, True)
    assert Visitor(browser.app).sign_in(password="quite another password").status_code == 303


def test_who_has_no_password_chooses_one_soon_after_signing_in(
    sqlite_store: Store, sqlite_browser: Visitor, clock: FixedClock
) -> None:
    path = link(sqlite_store)
    sqlite_browser.post("/confirm", Page(sqlite_browser.get(path).text).fields())
    clock.now += 10 * 60
    late = sqlite_browser.send("/account", {"new-password": "a first password"}, "/account/password")
    assert (late.status_code, "sign in again" in Page(late.text).text) == (400, True)


# The password


def test_another_password_takes_the_one_of_now(store: Store, ann: Account, browser: Visitor) -> None:
    other = Visitor(browser.app)
    other.sign_in(), browser.sign_in()
    form = {"password": PASSWORD, "new-password": "quite another password"}
    wrong = browser.send("/account", {**form, "password": "wrong wrong wrong"}, "/account/password")
    assert (wrong.status_code, "it is wrong" in Page(wrong.text).text) == (400, True)
    short = browser.send("/account", {**form, "new-password": "short"}, "/account/password")
    assert (short.status_code, "12 to 1000 characters" in Page(short.text).text) == (400, True)
    assert browser.send("/account", form, "/account/password").status_code == 303
    assert browser.get("/account").status_code == 200 and other.get("/account").status_code == 303
    assert Visitor(browser.app).sign_in().status_code == 400


def test_a_stolen_session_cannot_guess_the_password(sqlite_browser: Visitor) -> None:
    sqlite_browser.sign_in()
    for _ in range(OF_ACCOUNT):
        sqlite_browser.send("/account", {"password": "wrong", "new-password": "x" * 20 + "abc"}, "/account/password")
    form = {"password": PASSWORD, "new-password": "quite another password"}
    assert sqlite_browser.send("/account", form, "/account/password").status_code == 429


def test_names_that_look_like_pages_are_text(sqlite_app: Flask, sqlite_store: Store) -> None:
    person(sqlite_store, "x'or'1@example.org", '<script>alert("1")</script>')
    browser = Visitor(sqlite_app)
    browser.sign_in("x'or'1@example.org")
    shown = browser.get("/account")
    assert "<script>alert" not in shown.text and '<script>alert("1")</script>' in Page(shown.text).text
