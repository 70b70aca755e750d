"""Approving, rejecting, withdrawing, commenting: each whole or not at all, and nobody alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from registers import applying, snapshot
from registers.errors import Conflict, Forbidden, Invalid, Moved, NotFound, Overtaken, RegistersError
from registers.store.engine import Store, Transaction
from review import decisions, proposals
from review.events import Proposal
from tests.makers import (
    AUTHORITY,
    NOW,
    OPERATOR,
    CheckedStore,
    append,
    country,
    entries_of,
    head_of,
    make,
    revisions_of,
)
from tests.review.makers import ANN, BOB, CAM, DEE, fill, founding, planned, submitted


def kinds(store: Store, number: int = 1) -> list[str]:
    """What people did."""
    with store.reading() as tx:
        return [event.kind for event in proposals.events_of(tx, number) if event.kind != "checked"]


def found(store: Store, number: int = 1) -> Proposal:
    with store.reading() as tx:
        return proposals.find(tx, number)


def approve(store: Store, number: int, actor: str) -> Proposal:
    return decisions.approve(store, number, actor, OPERATOR)


def nothing_happens(store: Store, act: Callable[[], object], error: type[RegistersError], match: str) -> None:
    """The act is refused with that sentence, and leaves the register and all proposals as they were."""
    before = (head_of(store), everything(store))
    with pytest.raises(error, match=match):
        act()
    assert (head_of(store), everything(store)) == before


def everything(store: Store) -> list[Any]:
    with store.reading() as tx:
        tables = ("review_head", "proposal", "proposal_plan", "proposal_event")
        return [sorted(map(tuple, tx.connection.exec_driver_sql(f"SELECT * FROM {name}"))) for name in tables]


def test_another_custodian_approves_and_the_plan_is_appended_in_the_same_act(store: CheckedStore) -> None:
    fill(store)
    proposal = submitted(store)
    made = approve(store, 1, BOB)
    assert (made.state, made.approved_by, made.ending and made.ending.actor) == ("published", (BOB,), BOB)
    assert kinds(store) == ["submitted", "approved", "published"]
    assert [entry.key for entry in entries_of(store)[3:]] == ["GB", "IT"]
    shown = made.members()
    assert (shown["first-entry"], shown["last-entry"], shown["decided"]) == (4, 5, "2023-11-14T22:13:20Z")
    revision = revisions_of(store)[-1]
    assert (shown["revision"], revision.actor, revision.policy) == (revision.number, BOB, "one-custodian")
    assert revision.source == f"a test plan {proposal.subject.plan} proposal 1"


def test_nobody_approves_or_rejects_their_own(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    nothing_happens(store, lambda: approve(store, 1, ANN), Forbidden, "your own proposal")
    nothing_happens(store, lambda: decisions.reject(store, 1, ANN, "no"), Forbidden, "you may withdraw it")


def test_who_may_decide_is_asked_in_the_act(store: CheckedStore) -> None:
    fill(store)
    submitted(store)

    def refuse(tx: Transaction, proposal: Proposal) -> None:
        assert proposals.find(tx, 1) == proposal
        raise Forbidden("the role was taken away")

    for act in (
        lambda: decisions.approve(store, 1, BOB, OPERATOR, permit=refuse),
        lambda: decisions.reject(store, 1, BOB, "no", permit=refuse),
    ):
        nothing_happens(store, act, Forbidden, "the role was taken away")


def test_a_critical_register_takes_two(store: CheckedStore) -> None:
    fill(store, "critical")
    submitted(store)
    size = head_of(store).entries
    assert approve(store, 1, BOB).state == "open"
    assert (head_of(store).entries, kinds(store)) == (size, ["submitted", "approved"])
    nothing_happens(store, lambda: approve(store, 1, BOB), Conflict, "approved this already")
    assert approve(store, 1, CAM).state == "published"
    assert kinds(store)[2:] == ["approved", "published"]
    assert revisions_of(store)[-1].policy == "two-custodians"


def test_what_is_decided_is_decided(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    approve(store, 1, BOB)
    again: list[tuple[Callable[[], object], str]] = [
        (lambda: approve(store, 1, CAM), "decided already: it is published"),
        (lambda: decisions.reject(store, 1, CAM, "no"), "decided already"),
        (lambda: decisions.withdraw(store, 1, ANN), "decided already"),
    ]
    for act, sentence in again:
        nothing_happens(store, act, Conflict, sentence)


def test_a_rejection_keeps_its_reason_and_appends_nothing(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    made = decisions.reject(store, 1, BOB, " not so\r\nat all ")
    assert (made.state, made.members()["reason"], head_of(store).entries) == ("rejected", "not so\nat all", 3)
    assert submitted(store, actor=CAM).number == 2  # the same plan may be proposed anew


def test_only_its_author_withdraws_a_proposal(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    nothing_happens(store, lambda: decisions.withdraw(store, 1, BOB), Forbidden, "is not yours")
    assert decisions.withdraw(store, 1, ANN).state == "withdrawn"


def test_comments_are_kept_open_or_not(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    decisions.comment(store, 1, BOB, "Why?")
    decisions.reject(store, 1, BOB, "no answer")
    assert decisions.comment(store, 1, ANN, "Because.").state == "rejected"
    with store.reading() as tx:
        said = [event.detail["text"] for event in proposals.events_of(tx, 1) if event.kind == "commented"]
    assert said == ["Why?", "Because."]


@pytest.mark.parametrize("text", ["", " \n", "a\0b", "a\x1b[2Jb", "\ud800", "x" * 10_001])
def test_what_nobody_can_read_is_not_kept(sqlite_store: CheckedStore, text: str) -> None:
    fill(sqlite_store)
    submitted(sqlite_store)
    for act in (decisions.comment, decisions.reject):
        nothing_happens(sqlite_store, lambda act=act: act(sqlite_store, 1, BOB, text), Invalid, "(text|reason): ")


def test_what_is_not_there_cannot_be_decided(sqlite_store: CheckedStore) -> None:
    fill(sqlite_store)
    for act in (approve, decisions.withdraw):
        with pytest.raises(NotFound, match="there is no proposal 7"):
            act(sqlite_store, 7, BOB)
    for say in (decisions.reject, decisions.comment):
        with pytest.raises(NotFound, match="there is no proposal 7"):
            say(sqlite_store, 7, BOB, "text")


# What the actor has seen


def test_who_says_what_they_have_seen_decides_on_nothing_else(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    with store.reading() as tx:
        seen = {proposals.last_event(tx, 1)}
    decisions.comment(store, 1, CAM, "Wait")
    acts: list[Callable[[], object]] = [
        lambda: decisions.approve(store, 1, BOB, OPERATOR, seen),
        lambda: decisions.reject(store, 1, BOB, "no", seen),
        lambda: decisions.withdraw(store, 1, ANN, seen),
        lambda: decisions.comment(store, 1, BOB, "Well", seen),
    ]
    for act in acts:
        nothing_happens(store, act, Overtaken, "proposal 1 has moved on since you saw it; look at it again")
    with store.reading() as tx:
        now = {*seen, proposals.last_event(tx, 1)}
    assert decisions.approve(store, 1, BOB, OPERATOR, now).state == "published"


def test_of_two_who_saw_the_same_one_is_told_to_look_again(store: CheckedStore) -> None:
    store.checking = False
    fill(store, "critical")
    submitted(store)
    with store.reading() as tx:
        seen = {proposals.last_event(tx, 1)}
    ends = at_once(
        store,
        lambda: decisions.approve(store, 1, BOB, OPERATOR, seen),
        lambda: decisions.approve(store, 1, CAM, OPERATOR, seen),
    )
    told = "precondition-failed: proposal 1 has moved on since you saw it; look at it again"
    assert sorted(ends) == ["open", told]


# Stale plans


@pytest.mark.parametrize("tier", ["ordinary", "critical"])
def test_a_stale_plan_is_not_approved_and_stays_open(store: CheckedStore, tier: str) -> None:
    fill(store, tier)
    proposal = submitted(store)
    append(store, country("GB", "Great Britain"))
    nothing_happens(store, lambda: approve(store, 1, BOB), Moved, "proposal 1 is stale.*'GB' changed.*plan it again")
    assert "'GB'" in proposals.why_stale(store, proposal)
    assert decisions.withdraw(store, 1, ANN).state == "withdrawn"
    assert submitted(store).number == 2
    assert approve(store, 2, BOB).state == ("published" if tier == "ordinary" else "open")


def test_changes_to_other_records_make_no_proposal_stale(store: CheckedStore) -> None:
    fill(store)
    proposal = submitted(store)
    append(store, country("FR", "The French Republic"), country("ES", "Spain"))
    assert proposals.why_stale(store, proposal) == ""
    assert approve(store, 1, BOB).members()["first-entry"] == 6


def test_a_plan_that_was_applied_meanwhile_is_stale(store: CheckedStore) -> None:
    fill(store)
    content = planned(store, country("IT", "Italy"))
    proposals.submit(store, content, ANN)
    applying.apply(store, content.splitlines(True), AUTHORITY, OPERATOR)
    nothing_happens(store, lambda: approve(store, 1, BOB), Moved, "'IT' changed")


def test_of_two_proposals_for_one_record_the_second_grows_stale(store: CheckedStore) -> None:
    fill(store)
    submitted(store, country("GB", "Britain"))
    submitted(store, country("GB", "Albion"), actor=CAM)
    approve(store, 2, BOB)
    nothing_happens(store, lambda: approve(store, 1, BOB), Moved, "stale")


def test_what_cannot_be_appended_is_not_approved(store: CheckedStore) -> None:
    """A proposal that was good when it was made, for a register that is retired now."""
    fill(store)
    proposal = submitted(store)
    with store.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE register SET status = 'retired'")
    assert "is retired" in proposals.why_stale(store, proposal)
    with pytest.raises(Moved, match="is retired"):
        approve(store, 1, BOB)
    assert kinds(store) == ["submitted"]


# Registers that plans make


def test_a_plan_that_makes_a_register_makes_it_when_it_is_approved(store: CheckedStore) -> None:
    proposal = proposals.submit(store, founding(), ANN).proposal
    assert (proposal.subject.kind, proposal.subject.changes, proposal.subject.definition) == ("register", 1, 4)
    made = approve(store, 1, BOB)
    with store.reading() as tx:
        assert snapshot.find_register(tx, "tree").status == "published"
    assert (made.members()["first-entry"], made.members()["last-entry"]) == (1, 1)
    assert {revision.policy for revision in revisions_of(store, "tree")} == {"one-custodian"}


def test_a_register_that_was_made_meanwhile_makes_the_plan_stale(store: CheckedStore) -> None:
    proposal = proposals.submit(store, founding(), ANN).proposal
    make(store, "tree", ("tree", "name"))
    assert "there is a register tree" in proposals.why_stale(store, proposal)
    with pytest.raises(Moved, match="there is a register tree"):
        approve(store, 1, BOB)


# At once


def at_once(store: Store, *acts: Callable[[], Proposal]) -> list[str]:
    """How acts that begin together end: with a state, or with the kind of an error."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Proposal]) -> str:
        gate.wait()
        try:
            return act().state
        except RegistersError as error:
            return f"{error.kind}: {error}"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.parametrize("turn", range(3))
def test_of_two_custodians_at_once_one_wins_and_the_other_is_told(store: CheckedStore, turn: int) -> None:
    store.checking = False  # two threads would check what the other is writing
    fill(store)
    submitted(store)
    ends = at_once(store, lambda: approve(store, 1, BOB), lambda: approve(store, 1, CAM))
    told = "conflict: proposal 1 has been decided already: it is published"
    assert sorted(ends) == sorted(["published", told])
    assert kinds(store) == ["submitted", "approved", "published"]
    assert head_of(store).entries == 5


def test_many_who_decide_at_once_leave_one_decision(store: CheckedStore) -> None:
    store.checking = False
    fill(store)
    submitted(store)
    acts: list[Callable[[], Proposal]] = [
        lambda: approve(store, 1, BOB),
        lambda: decisions.reject(store, 1, CAM, "no"),
        lambda: decisions.withdraw(store, 1, ANN),
        lambda: approve(store, 1, DEE),
    ]
    ends = at_once(store, *acts)
    (state,) = [end for end in ends if ":" not in end]
    assert found(store).state == state
    assert head_of(store).entries == (5 if state == "published" else 3)
    with store.reading() as tx:
        numbers = [event.number for event in proposals.events_of(tx, 1)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_two_approvals_at_once_are_enough_for_a_critical_register(store: CheckedStore) -> None:
    store.checking = False
    fill(store, "critical")
    submitted(store)
    ends = at_once(store, lambda: approve(store, 1, BOB), lambda: approve(store, 1, CAM))
    assert sorted(ends) == ["open", "published"]
    assert kinds(store) == ["submitted", "approved", "approved", "published"]
    assert found(store).submitted == NOW
