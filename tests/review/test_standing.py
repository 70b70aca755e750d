"""Proposals that have waited too long: shown as expired, not approved, and submitted again."""

from __future__ import annotations

import pytest

from registers import redaction
from registers.errors import Conflict
from registers.redaction import Wanted
from review import decisions, policies, proposals, standing
from tests.makers import NOW, OPERATOR, CheckedStore, FixedClock, country
from tests.review.makers import ANN, BOB, CAM, fill, planned, submitted

YEAR = 365 * standing.DAY


@pytest.fixture(autouse=True)
def now(clock: FixedClock) -> None:
    clock.now = NOW


def kinds(store: CheckedStore, number: int) -> list[str]:
    with store.reading() as tx:
        return [event.kind for event in proposals.events_of(tx, number) if event.kind != "checked"]


def test_it_may_be_approved_until_its_time_is_over(store: CheckedStore, clock: FixedClock) -> None:
    fill(store)
    proposal = submitted(store)
    assert standing.shown(store, proposal)["expires"] == "2024-11-13T22:13:20Z"
    clock.now = NOW + YEAR - 1
    assert standing.shown(store, proposal)["state"] == "open"
    clock.now = NOW + YEAR
    assert standing.shown(store, proposal)["state"] == "expired"
    with pytest.raises(Conflict, match="proposal 1 has expired, after 365 days; submit its plan again"):
        decisions.approve(store, 1, BOB, OPERATOR)
    clock.now -= 1
    published = decisions.approve(store, 1, BOB, OPERATOR)
    clock.now = NOW + 2 * YEAR
    assert (standing.shown(store, published)["state"], standing.shown(store, published)["expires"]) == (
        "published",
        None,
    )


def test_what_has_expired_is_submitted_again_and_not_joined(store: CheckedStore, clock: FixedClock) -> None:
    fill(store)
    content = planned(store, country("IT", "Italy"))
    proposals.submit(store, content, ANN)
    clock.now = NOW + YEAR
    made = proposals.submit(store, content, CAM)
    assert (made.confirmed, made.proposal.number, made.proposal.author) == (False, 2, CAM)
    assert (kinds(store, 1), kinds(store, 2)) == (["submitted", "expired"], ["submitted"])
    with store.reading() as tx:
        assert [each.number for each in proposals.page(tx, 0, 10)] == [2]
        assert proposals.find(tx, 1).state == "expired"
    assert decisions.approve(store, 2, BOB, OPERATOR).state == "published"


def test_what_has_expired_may_be_rejected_withdrawn_and_talked_of(store: CheckedStore, clock: FixedClock) -> None:
    fill(store)
    submitted(store)
    submitted(store, country("FR", "Gaul"))
    clock.now = NOW + YEAR
    assert decisions.comment(store, 1, BOB, "Too late").state == "open"
    assert decisions.reject(store, 1, BOB, "Too late").state == "rejected"
    assert decisions.withdraw(store, 2, ANN).state == "withdrawn"


def test_what_is_to_be_taken_away_is_asked_for_until_it_is(store: CheckedStore, clock: FixedClock) -> None:
    fill(store)
    content = redaction.plan(store, "country", Wanted("FR", ("name",)), "asked for")
    proposal = proposals.submit(store, content, ANN).proposal
    clock.now = NOW + 9 * YEAR
    assert (standing.shown(store, proposal)["state"], standing.shown(store, proposal)["expires"]) == ("open", None)
    assert decisions.approve(store, 1, BOB, OPERATOR).state == "published"


def test_policies_are_data(store: CheckedStore, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another time for one tier and kind holds for that one, from when it is asked."""
    fill(store, "critical")
    proposal = submitted(store)
    clock.now = NOW + 30 * standing.DAY
    short = policies.Policy("two-custodians", 2, expires=30)
    monkeypatch.setitem(policies.POLICIES, ("critical", "records"), short)  # type: ignore[arg-type]
    assert standing.shown(store, proposal)["state"] == "expired"
    monkeypatch.setitem(policies.POLICIES, ("ordinary", "records"), short)  # type: ignore[arg-type]
    monkeypatch.setitem(policies.POLICIES, ("critical", "records"), policies.TWO_CUSTODIANS)  # type: ignore[arg-type]
    assert standing.shown(store, proposal)["state"] == "open"
