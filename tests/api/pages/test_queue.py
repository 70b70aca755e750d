"""Proposals in lists: what waits for somebody, what they suggested, what was suggested of a register."""

from __future__ import annotations

import re

import pytest
from argon2 import PasswordHasher
from flask import Flask

from api.pages.proposals.queue import SHOWN
from people import passwords
from registers import lifecycle, naming
from registers.store.engine import Store
from review import decisions, proposals
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import id_of, somebody
from tests.api.pages.visitors import Visitor
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, country, definition
from tests.review.makers import ANN, BOB, planned, submitted

LISTS = ("/queue", "/my-suggestions", "/registers/country/proposals")


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def listed(visitor: Visitor, path: str) -> list[int]:
    """The numbers of the proposals in a list, in its order, page by page."""
    found: list[int] = []
    while path:
        shown = visitor.get(path)
        assert shown.status_code == 200
        links = Page(shown.text).links
        found += [int(link.rsplit("/", 1)[1]) for link in links if re.fullmatch(r"/proposals/\d+", link)]
        path = next((link for link in links if "after=" in link), "")
    return found


def propose(store: Store, count: int, actor: str = ANN, name: str = "country") -> None:
    for n in range(count):
        proposals.submit(store, planned(store, country(f"{name[0]}{n}", "New"), name=name), actor)


def other(store: Store) -> None:
    """Another register, whose records are like those of `country`."""
    lifecycle.create(store, definition("other", definition().fields), AUTHORITY, OPERATOR)
    lifecycle.publish(store, "other")


def test_a_custodian_sees_what_waits_for_their_registers_the_oldest_first(store: Store, app: Flask) -> None:
    other(store)
    cam = somebody(store, app, "cam", "custodian")
    propose(store, 2)
    propose(store, 1, name="other")
    propose(store, 1, BOB)  # the first of ANN's: it is confirmed
    submitted(store)
    decisions.reject(store, 2, BOB, "no")
    assert listed(cam, "/queue") == [1, 4]
    ada = somebody(store, app, "ada", "administrator", None)
    assert listed(ada, "/queue") == [1, 3, 4]


@pytest.mark.parametrize("role", ["", "contributor"])
def test_nothing_waits_for_who_decides_on_nothing(sqlite_store: Store, sqlite_app: Flask, role: str) -> None:
    eve = somebody(sqlite_store, sqlite_app, "eve", role)
    submitted(sqlite_store)
    assert listed(eve, "/queue") == []
    assert "nothing waits for you" in eve.get("/queue").text


def test_my_suggestions_are_mine_and_those_i_confirmed_the_latest_first(store: Store, app: Flask) -> None:
    eve = somebody(store, app, "eve")
    propose(store, 3)
    propose(store, 1, id_of(store, "eve"))
    submitted(store, actor=id_of(store, "eve"))
    decisions.withdraw(store, 4, id_of(store, "eve"))
    assert listed(eve, "/my-suggestions") == [4, 1]


def test_a_register_lists_what_waits_and_what_is_decided(store: Store, app: Flask) -> None:
    rea = somebody(store, app, "rea", "contributor")
    propose(store, 4)
    decisions.reject(store, 2, BOB, "no")
    decisions.approve(store, 3, BOB, OPERATOR)
    assert listed(rea, "/registers/country/proposals") == [1, 4]
    assert listed(rea, "/registers/country/proposals?state=closed") == [3, 2]
    naming.rename(store, "country", "nation", AUTHORITY)
    assert rea.get("/registers/country/proposals").headers["Location"] == "/registers/nation/proposals"
    assert listed(rea, "/registers/nation/proposals") == [1, 4]
    assert listed(rea, "/registers/nation/proposals?state=closed") == [3, 2]


def test_long_lists_come_page_by_page(sqlite_store: CheckedStore, sqlite_app: Flask) -> None:
    sqlite_store.checking = False
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    count = SHOWN * 2 + 3
    propose(sqlite_store, count, id_of(sqlite_store, "cam"))
    for path in ("/queue", "/registers/country/proposals"):
        assert listed(cam, path) == list(range(1, count + 1))
    assert listed(cam, "/my-suggestions") == list(range(count, 0, -1))
    for number in range(1, count + 1):
        decisions.withdraw(sqlite_store, number, id_of(sqlite_store, "cam"))
    assert listed(cam, "/registers/country/proposals?state=closed") == list(range(count, 0, -1))
    assert "There are none" in cam.get("/queue").text


def test_who_may_not_see_them_does_not(sqlite_store: Store, sqlite_app: Flask) -> None:
    eve = somebody(sqlite_store, sqlite_app, "eve")
    assert eve.get("/registers/country/proposals").status_code == 403
    assert eve.get("/registers/nowhere/proposals").status_code == 403
    for path in LISTS:
        asked = Visitor(sqlite_app).get(path)
        assert (asked.status_code, asked.headers["Location"][:9]) == (303, "/sign-in?")


@pytest.mark.parametrize("path", [*(f"{each}?after=x" for each in LISTS), f"{LISTS[2]}?state=all", "/queue?state=open"])
def test_a_wrong_parameter_is_said(sqlite_store: Store, sqlite_app: Flask, path: str) -> None:
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    assert cam.get(path).status_code == 400
