"""What nobody should type into a form, and somebody who is signed in will: each form answers, and stays whole."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from argon2 import PasswordHasher
from flask import Flask

from people import accounts, passwords, roles, sign_in
from people.roles import Wanted
from registers.store.engine import Store
from tests.api.hostile import BODIES, QUERIES, VALUES
from tests.api.pages.conftest import Page
from tests.api.pages.visitors import Visitor, person

FORM = "application/x-www-form-urlencoded"
# Each form: the page with its token, where it is sent, its fields.
FORMS = [
    ("/account", "/account/password", ("password", "new-password")),
    ("/account", "/registers/country/people", ("person", "role", "action")),
    ("/account", "/registers/country/policy", ("policy",)),
    ("/sign-in", "/sign-in", ("email", "password", "next")),
    ("/sign-in", "/confirm", ("link",)),
    ("/sign-in", "/sign-in/link", ("email", "next")),
]


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    # No waits, so that every value is looked at.
    monkeypatch.setattr(sign_in, "OF_ACCOUNT", 10**6)
    monkeypatch.setattr(sign_in, "OF_ADDRESS", 10**6 + 1)


@pytest.fixture
def browser(sqlite_store: Store, sqlite_app: Flask) -> Visitor:
    """An administrator of `country`, whom nothing here may sign out, or rob of that."""
    sqlite_store.checking = False  # type: ignore[attr-defined]
    made = person(sqlite_store)
    roles.grant(sqlite_store, Wanted(made.id, "administrator", "country"), "tester")
    visitor = Visitor(sqlite_app)
    visitor.sign_in()
    return visitor


@pytest.mark.parametrize(("page", "path", "names"), FORMS, ids=lambda each: str(each))
def test_no_value_breaks_a_form(
    sqlite_store: Store, sqlite_app: Flask, browser: Visitor, page: str, path: str, names: tuple[str, ...]
) -> None:
    sender = browser if page == "/account" else Visitor(sqlite_app)
    token = sender.token(page)
    for name in names:
        for value in VALUES:
            fields = dict.fromkeys(names, "x") | {name: value, "form-token": token}
            body = "&".join(f"{each}={quote(text, safe='%')}" for each, text in fields.items())
            answer = sender.open("POST", path, {}, data=body, content_type=FORM)
            assert answer.status_code in (303, 400, 404, 410, 413), (name, value, answer.text)
            if answer.content_type.startswith("text/html") and answer.text:
                Page(answer.text)  # is whole, whatever is in it
    assert [(each.role, each.register) for each in roles.find_all(sqlite_store)] == [("administrator", "country")]
    assert len(accounts.page(sqlite_store)) == 1


@pytest.mark.parametrize("path", [*(path for _, path, _ in FORMS), "/registers/country/suggest/file"])
def test_no_body_breaks_a_form(browser: Visitor, path: str) -> None:
    for body in BODIES:
        for kind in (FORM, "application/json", "multipart/form-data; boundary=x", "multipart/form-data"):
            answer = browser.open("POST", path, {}, data=body, content_type=kind)
            assert 400 <= answer.status_code < 500, (body[:100], kind)
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize(
    "path", ["/sign-in", "/account", "/confirm", "/registers/country/people", "/registers/country/suggest/file"]
)
def test_no_question_breaks_a_page(browser: Visitor, path: str) -> None:
    for query in QUERIES:
        answer = browser.open("GET", path, {}, query_string=query.encode().decode("latin-1"))
        assert answer.status_code < 500, (query[:100], answer.text)
