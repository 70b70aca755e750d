"""The people of a register: for its custodians to see, for its administrators to change, and for nobody else."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from flask import Flask

from people import access, passwords, roles
from people.accounts import Account
from people.roles import Wanted
from registers import naming
from registers.store.engine import Store
from tests.api.pages.conftest import Page
from tests.api.pages.visitors import Visitor, person
from tests.makers import AUTHORITY, make

HERE = "/registers/country/people"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def somebody(store: Store, app: Flask, name: str, role: str = "", register: str | None = "country") -> Visitor:
    """Somebody who is signed in and has that role; their e-mail begins with their name."""
    account = person(store, f"{name}@example.org", name.capitalize())
    if role:
        roles.grant(store, Wanted(account.id, role, register), "tester")
    visitor = Visitor(app)
    assert visitor.sign_in(f"{name}@example.org").status_code == 303
    return visitor


def held(store: Store) -> set[tuple[str, str | None]]:
    return {(each.role, each.register) for each in roles.find_all(store)}


def grant(visitor: Visitor, who: str, role: str, path: str = HERE, action: str = "grant"):  # type: ignore[no-untyped-def]
    return visitor.send("/account", {"action": action, "person": who, "role": role}, path)


def test_an_administrator_gives_a_role_and_takes_it_away(store: Store, app: Flask) -> None:
    bob: Account = person(store, "bob@example.org", "Bob")
    ann = somebody(store, app, "ann", "administrator")
    given = ann.send(HERE, {"action": "grant", "person": " BOB@example.org", "role": "custodian"})
    assert (given.status_code, given.headers["Location"]) == (303, HERE)
    shown = Page(ann.get(HERE).text)
    assert "Bob bob@example.org Custodian" in shown.text
    assert ("custodian", "country") in held(store)
    taken = ann.send(HERE, {"action": "revoke", "person": bob.id, "role": "custodian"})
    assert taken.status_code == 303 and "Bob" not in Page(ann.get(HERE).text).text
    actions = [each.action for each in access.page(store, of=bob.id)]
    assert actions == ["revoke custodian", "grant custodian", "add person"]


def test_a_custodian_sees_and_changes_nothing(store: Store, app: Flask) -> None:
    cat = somebody(store, app, "cat", "custodian")
    shown = Page(cat.get(HERE).text)
    assert "Cat cat@example.org Custodian" in shown.text and shown.all("form") == []
    refused = grant(cat, "cat@example.org", "administrator")
    assert (refused.status_code, "takes the role administrator" in Page(refused.text).text) == (403, True)
    assert held(store) == {("custodian", "country")}
    logged = access.page(store, limit=2)
    assert [(each.action, each.register, each.allowed) for each in logged] == [
        ("give roles", "country", False),
        ("see people", "country", True),
    ]


@pytest.mark.parametrize(
    ("role", "register"),
    [("", None), ("contributor", "country"), ("reviewer", "country"), ("administrator", "other"), ("reviewer", None)],
)
def test_nobody_else_sees_who_they_are(store: Store, app: Flask, role: str, register: str | None) -> None:
    make(store, "other")
    eve = somebody(store, app, "eve", role, register)
    person(store, "bob@example.org", "Bob")
    before = held(store)
    for refused in (
        eve.get(HERE),
        grant(eve, "eve@example.org", "administrator"),
        eve.get("/registers/nowhere/people"),
    ):
        assert refused.status_code == 403
        assert "@" not in Page(refused.text).text
    assert held(store) == before


def test_who_is_not_signed_in_is_shown_the_way(sqlite_store: Store, sqlite_app: Flask) -> None:
    stranger = Visitor(sqlite_app)
    asked = stranger.get(HERE)
    assert (asked.status_code, asked.headers["Location"]) == (303, "/sign-in?next=%2Fregisters%2Fcountry%2Fpeople")
    assert stranger.post(HERE, {"action": "grant"}).status_code == 403
    assert access.page(sqlite_store) == []


def test_a_role_on_all_registers_is_enough_and_is_not_changed_here(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann", "administrator", None)
    page = Page(ann.get(HERE).text)
    assert "Administrator of all registers" in page.text and "At the terminal of the service" in page.text
    assert grant(ann, "ann@example.org", "administrator", action="revoke").status_code == 400
    assert held(store) == {("administrator", None)}


def test_a_role_that_is_taken_while_the_page_is_open_is_gone(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann", "administrator")
    person(store, "bob@example.org", "Bob")
    form = {"action": "grant", "person": "bob@example.org", "role": "custodian", "form-token": ann.token(HERE)}
    roles.revoke(store, Wanted("ann@example.org", "administrator", "country"), "tester")
    assert ann.post(HERE, form).status_code == 403
    assert held(store) == set()


@pytest.mark.parametrize(
    ("who", "role", "sentence"),
    [
        ("", "custodian", "Give the person’s e-mail"),
        ("nobody@example.org", "custodian", "There is no person 'nobody@example.org'"),
        ("person-\0", "custodian", "There is no person"),
        ("<script>alert(1)</script>", "custodian", "There is no person"),
        ("ann@example.org", "administrator", "is administrator of country already"),
        ("ann@example.org", "", "Choose a role"),
        ("ann@example.org", "king", "Choose a role"),
    ],
)
def test_what_cannot_be_given_is_said_beside_the_form(
    sqlite_store: Store, sqlite_app: Flask, who: str, role: str, sentence: str
) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann", "administrator")
    refused = ann.send(HERE, {"action": "grant", "person": who, "role": role})
    page = Page(refused.text)
    assert (refused.status_code, sentence in page.text) == (400, True)
    assert "<script>alert" not in refused.text
    assert held(sqlite_store) == {("administrator", "country")}


def test_a_register_by_its_former_name_leads_to_its_people(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann", "administrator")
    naming.rename(sqlite_store, "country", "nation", AUTHORITY)
    moved = ann.get(HERE)
    assert (moved.status_code, moved.headers["Location"]) == (301, "/registers/nation/people")
    assert moved.headers["Cache-Control"] == "no-store"
    assert ann.get("/registers/nation/people").status_code == 200
