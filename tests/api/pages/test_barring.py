"""The page on which custodians bar whoever floods their register, and what is refused to whom they barred."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from people import passwords, suggestions
from registers import lifecycle
from registers.store.engine import Store
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import id_of, somebody
from tests.api.pages.test_suggesting import ANEW, GB, count, suggest, text_of
from tests.api.pages.visitors import Visitor
from tests.makers import make

HERE = "/registers/country/people/barred"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def bar(visitor: Visitor, who: str, action: str = "bar", path: str = HERE) -> TestResponse:
    return visitor.send(path, {"person": who, "action": action})


def test_whom_a_custodian_bars_suggests_and_comments_no_more(sqlite_store: Store, sqlite_app: Flask) -> None:
    make(sqlite_store, "tree", ("tree", "name"))
    lifecycle.publish(sqlite_store, "tree")
    cat, ann = (
        somebody(sqlite_store, sqlite_app, "cat", "custodian"),
        somebody(sqlite_store, sqlite_app, "ann"),
    )
    assert suggest(ann, name="B").status_code == 303
    form, said = ann.token(GB), ann.token("/proposals/1")
    assert "Nobody is barred" in cat.get(HERE).text
    assert HERE in Page(cat.get("/registers/country/people").text).links
    ann_id = id_of(sqlite_store, "ann")
    assert bar(cat, ann_id).status_code == 303
    assert ann_id in Page(cat.get(HERE).text).text and "ann@example.org" not in cat.get(HERE).text
    for path in (GB, ANEW):
        refused = ann.get(path)
        assert (refused.status_code, "barred from suggesting" in text_of(refused)) == (403, True)
    assert ann.post(GB, {"form-token": form, "action": "send"}).status_code == 403
    commented = ann.post("/proposals/1/comment", {"form-token": said, "text": "And yet"})
    assert (commented.status_code, "barred from suggesting" in text_of(commented)) == (403, True)
    assert ann.get("/registers/tree/suggest").status_code == 200
    assert bar(cat, ann_id, "allow").status_code == 303
    assert ann.get(GB).status_code == 200 and count(sqlite_store) == 1


def test_what_cannot_be_done_is_said_on_the_page(sqlite_store: Store, sqlite_app: Flask) -> None:
    cat = somebody(sqlite_store, sqlite_app, "cat", "custodian")
    for who, said in (
        ("", "Give the id of the account"),
        ("<script>alert(1)</script>", "There is no person"),
        ("cat@example.org", "is custodian there"),
    ):
        answer = bar(cat, who)
        assert (answer.status_code, said in Page(answer.text).text) == (400, True), answer.text
        assert "<script>alert" not in answer.text
    assert "is not barred" in Page(bar(cat, id_of(sqlite_store, "cat"), "allow").text).text


@pytest.mark.parametrize("role", ["", "contributor", "reviewer"])
def test_it_takes_a_custodian(sqlite_store: Store, sqlite_app: Flask, role: str) -> None:
    visitor = somebody(sqlite_store, sqlite_app, "rev", role)
    assert visitor.get(HERE).status_code == 403
    token = visitor.token("/account")
    sent = visitor.post(HERE, {"person": "rev@example.org", "action": "bar", "form-token": token})
    assert sent.status_code == 403


def test_a_burst_of_suggestions_and_comments_is_refused_and_says_for_how_long(
    sqlite_store: Store, sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "AN_HOUR", 4)
    ann, bob = somebody(sqlite_store, sqlite_app, "ann"), somebody(sqlite_store, sqlite_app, "bob")
    for n in range(3):
        assert suggest(ann, ANEW, country=f"N{n}").status_code == 303
    assert ann.send("/proposals/1", {"text": "Please"}, "/proposals/1/comment").status_code == 303
    more = suggest(ann, ANEW, country="N4", name="What I typed")
    assert (more.status_code, more.headers["Retry-After"], count(sqlite_store)) == (429, "3600", 3)
    assert "as much as one person may" in text_of(more) and "What I typed" in more.text
    said = ann.send("/proposals/1", {"text": "Please"}, "/proposals/1/comment")
    assert (said.status_code, said.headers["Retry-After"]) == (429, "3600")
    assert suggest(bob, ANEW, country="B").status_code == 303
