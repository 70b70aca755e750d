"""Bars: who may not suggest on a register, or on all; who may say so, and what the access log has of it."""

from __future__ import annotations

import pytest

from people import access, accounts, bars, roles, suggestions
from people.roles import Wanted
from registers import lifecycle, naming
from registers.errors import Conflict, Forbidden, NotFound, TooOften
from registers.store.engine import Store
from tests.makers import AUTHORITY, FixedClock, make
from tests.people.conftest import KEY, person, rows_of

ADDRESS = "192.0.2.1"


def may(store: Store, account_id: str, register: str) -> bool:
    try:
        suggestions.admit(store, KEY, account_id, register, ADDRESS)
    except Forbidden:
        return False
    return True


@pytest.fixture
def stored(store: Store) -> Store:
    for name in ("country", "tree"):
        make(store, name)
    return store


def test_who_is_barred_from_a_register_may_suggest_on_others(stored: Store) -> None:
    ann = person(stored)
    bars.bar(stored, "ANN@example.org", "country", "tester")
    assert (may(stored, ann.id, "country"), may(stored, ann.id, "tree")) == (False, True)
    bars.allow(stored, ann.id, "country", "tester")
    assert may(stored, ann.id, "country")
    logged = [(each.action, each.actor, each.subject, each.register, each.why) for each in access.page(stored)]
    assert ("bar", "tester", ann.id, "country", "") in logged and ("allow", "tester", ann.id, "country", "") in logged
    assert ("suggest", ann.id, "", "country", "barred") in logged


def test_who_is_barred_from_all_may_suggest_on_none(stored: Store) -> None:
    ann = person(stored)
    bars.bar(stored, ann.id, None, "tester")
    assert not may(stored, ann.id, "country") and not may(stored, ann.id, "tree")
    with stored.reading() as tx:
        (held,) = bars.of_account(tx, ann.id)
    assert held.members()["register"] == "*"


def test_a_bar_is_on_the_register_whatever_it_is_called(stored: Store) -> None:
    ann = person(stored)
    bars.bar(stored, ann.id, "country", "tester")
    lifecycle.publish(stored, "country")
    naming.rename(stored, "country", "land", AUTHORITY)
    assert not may(stored, ann.id, "land") and not may(stored, ann.id, "country")


def test_what_is_barred_twice_or_not_at_all_is_said(stored: Store) -> None:
    ann = person(stored)
    with pytest.raises(Conflict, match=f"{ann.id} is not barred from all registers"):
        bars.allow(stored, ann.id, None, "tester")
    bars.bar(stored, ann.id, "tree", "tester")
    with pytest.raises(Conflict, match=f"{ann.id} is barred from tree already"):
        bars.bar(stored, ann.id, "tree", "tester")
    for who, register in (("bob@example.org", "tree"), (ann.id, "nothing")):
        with pytest.raises(NotFound):
            bars.bar(stored, who, register, "tester")


def test_nobody_with_a_role_is_barred(stored: Store) -> None:
    ann = person(stored)
    roles.grant(stored, Wanted(ann.id, "custodian", "tree"), "tester")
    for register in ("tree", None):
        with pytest.raises(Conflict, match="is custodian there: take that role away first"):
            bars.bar(stored, ann.id, register, "tester")
    bars.bar(stored, ann.id, "country", "tester")
    assert may(stored, ann.id, "tree") and not may(stored, ann.id, "country")


def test_a_custodian_bars_from_their_own_register_alone(stored: Store) -> None:
    ann, cat = person(stored), person(stored, "cat@example.org")
    roles.grant(stored, Wanted(cat.id, "custodian", "tree"), "tester")
    bars.bar(stored, ann.id, "tree", cat.id, within=True)
    for register in ("country", None):
        with pytest.raises(Forbidden):
            bars.bar(stored, ann.id, register, cat.id, within=True)
    with pytest.raises(Forbidden):
        bars.allow(stored, ann.id, "tree", ann.id, within=True)


def test_a_bar_goes_with_a_draft_and_survives_who_is_forgotten(store: Store) -> None:
    make(store, "tree")
    ann = person(store)
    bars.bar(store, ann.id, "tree", "tester")
    lifecycle.drop(store, "tree")
    assert rows_of(store, "bar") == []
    bars.bar(store, ann.id, None, "tester")
    accounts.forget(store, ann.id, "tester")
    assert len(rows_of(store, "bar")) == 1  # it names an id that is nobody's


def test_a_burst_of_one_is_refused_and_keeps_nobody_else_out(stored: Store, clock: FixedClock) -> None:
    ann, bob = person(stored), person(stored, "bob@example.org")
    refused = 0
    for _ in range(300):
        try:
            suggestions.admit(stored, KEY, ann.id, "country", ADDRESS)
        except TooOften as error:
            refused += 1
            assert 0 < error.seconds <= 3600
    assert refused == 300 - suggestions.AN_HOUR
    suggestions.admit(stored, KEY, bob.id, "country", "192.0.2.2")
    assert len(rows_of(stored, "tally")) == 6
    for _ in range(30):
        clock.now += 3600
        for _ in range(suggestions.AN_HOUR):
            try:
                suggestions.admit(stored, KEY, ann.id, "country", ADDRESS)
            except TooOften:
                refused += 1
    assert len(rows_of(stored, "tally")) <= 3


def test_many_accounts_of_one_address_are_refused_too(stored: Store) -> None:
    made = [person(stored, f"a{n}@example.org", None) for n in range(8)]
    admitted = 0
    for account in made:
        for _ in range(suggestions.AN_HOUR):
            try:
                suggestions.admit(stored, KEY, account.id, "country", ADDRESS)
                admitted += 1
            except TooOften:
                pass
    assert admitted == suggestions.OF_ADDRESS


def test_who_is_barred_fills_no_log(stored: Store) -> None:
    ann = person(stored)
    bars.bar(stored, ann.id, None, "tester")
    before = len(access.page(stored, limit=1000))
    for _ in range(100):
        with pytest.raises((Forbidden, TooOften)):
            suggestions.admit(stored, KEY, ann.id, "country", ADDRESS)
    assert len(access.page(stored, limit=1000)) == before + suggestions.AN_HOUR


def test_who_has_a_role_there_is_not_counted(stored: Store) -> None:
    ann = person(stored)
    roles.grant(stored, Wanted(ann.id, "contributor", "tree"), "tester")
    for _ in range(suggestions.AN_HOUR + 5):
        suggestions.admit(stored, KEY, ann.id, "tree", ADDRESS)
    assert rows_of(stored, "tally") == []


def test_a_key_proposes_so_often_and_no_more(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "OF_KEY", 3)
    for _ in range(3):
        suggestions.admit_key(sqlite_store, KEY, "key-1")
    with pytest.raises(TooOften, match="this API key has made 3 proposals in an hour"):
        suggestions.admit_key(sqlite_store, KEY, "key-1")
    suggestions.admit_key(sqlite_store, KEY, "key-2")
