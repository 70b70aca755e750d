"""A register whose custodian decides alone: only an administrator says so, and all that is made so says so too."""

from __future__ import annotations

import pytest

from people import access, accounts, roles
from people.roles import Wanted
from registers import lifecycle
from registers.errors import Conflict, Forbidden, NotFound
from registers.register import Register
from review import alone, decisions, proposals, standing
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, revisions_of
from tests.review.makers import ANN, BOB, fill, submitted


def register_of(store: CheckedStore) -> Register:
    with store.reading() as tx:
        return proposals.registers.find(tx.connection, "country")  # type: ignore[return-value]


def person(store: CheckedStore, name: str, role: str, register: str | None = "country") -> str:
    account = accounts.add(store, accounts.Wanted(name, f"{name}@example.org", confirmed=True), "tester")
    roles.grant(store, Wanted(account.id, role, register), "tester")
    return account.id


def said(store: CheckedStore) -> str:
    with store.reading() as tx:
        return alone.warning_of(tx, proposals.registers.find(tx.connection, "country"))  # type: ignore[arg-type]


def test_the_author_publishes_what_is_their_own_and_the_revision_says_direct(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    with pytest.raises(Forbidden, match="your own proposal"):
        decisions.approve(store, 1, ANN, OPERATOR)
    alone.decide_alone(store, "country", True, "admin")
    made = decisions.approve(store, 1, ANN, OPERATOR)
    assert (made.state, made.approved_by) == ("published", (ANN,))
    last = revisions_of(store)[-1]
    assert (last.policy, last.actor, last.source.endswith("proposal 1")) == ("direct", ANN, True)
    with store.reading() as tx:
        assert [each.detail.get("policy") for each in proposals.events_of(tx, 1)][-2:] == ["direct", "direct"]


def test_another_has_to_agree_again_once_that_is_taken_back(store: CheckedStore) -> None:
    fill(store)
    proposal = submitted(store)
    alone.decide_alone(store, "country", True, "admin")
    with store.reading() as tx:
        assert standing.policy_of(tx, proposal).name == "direct"
    alone.decide_alone(store, "country", False, "admin")
    with pytest.raises(Forbidden, match="your own proposal"):
        decisions.approve(store, 1, ANN, OPERATOR)
    assert decisions.approve(store, 1, BOB, OPERATOR).state == "published"
    assert revisions_of(store)[-1].policy == "one-custodian"


def test_under_direct_the_author_still_rejects_nothing_of_their_own(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    alone.decide_alone(store, "country", True, "admin")
    with pytest.raises(Forbidden, match="you may withdraw it"):
        decisions.reject(store, 1, ANN, "no")


def test_a_critical_register_has_two_whoever_asks(store: CheckedStore) -> None:
    fill(store, "critical")
    with pytest.raises(Conflict, match="two custodians have to agree, so nobody decides alone"):
        alone.decide_alone(store, "country", True, "admin")
    assert not register_of(store).is_direct


def test_an_administrator_says_so_and_no_custodian_does(store: CheckedStore) -> None:
    fill(store)
    cam, ada = person(store, "cam", "custodian"), person(store, "ada", "administrator")
    with pytest.raises(Forbidden, match="takes the role administrator"):
        alone.decide_alone(store, "country", True, cam, within=True)
    assert not register_of(store).is_direct
    assert alone.decide_alone(store, "country", True, ada, within=True).is_direct
    with pytest.raises(Conflict, match="decided on directly already"):
        alone.decide_alone(store, "country", True, ada, within=True)
    with pytest.raises(NotFound):
        alone.decide_alone(store, "nowhere", True, ada)
    last = access.page(store, of=ada, limit=1)[0]
    assert (last.action, last.register, last.allowed) == ("let decide alone", "country", True)


def test_what_is_to_be_said_of_who_decides(store: CheckedStore) -> None:
    fill(store)
    assert said(store) == ""
    person(store, "cam", "custodian")
    person(store, "rex", "reviewer")
    assert "one person alone may decide on it, so nothing of their own can be approved" in said(store)
    alone.decide_alone(store, "country", True, "admin")
    assert said(store) == "what its custodian suggests is published without a second person (direct)"
    person(store, "ada", "administrator", None)
    assert said(store).endswith("(direct), though 2 people may decide on it")
    alone.decide_alone(store, "country", False, "admin")
    assert said(store) == ""
    lifecycle.describe(store, "country", {"tier": "critical"}, AUTHORITY)
    assert "two people may decide on it and two have to" in said(store)
