"""What a proposal is, from its events alone: no state is kept, and no impossible history is believed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.batch import NEW, Change
from registers.errors import Conflict, Corrupt, Forbidden
from registers.plan import Header
from registers.register import TIERS
from review import events, policies
from review.events import Event, Subject, derive

SUBJECT = Subject("country", "ab" * 32, "records", 2, 0, 209, "a test", "why")


def history(*happened: tuple[str, str]) -> list[Event]:
    """Events of proposal 7, submitted by ann: `(kind, actor)` after that."""
    first = Event(3, 7, events.SUBMITTED, "ann", 60, SUBJECT.detail())
    return [first, *(Event(4 + n, 7, kind, actor, 61 + n, {}) for n, (kind, actor) in enumerate(happened))]


def test_a_submission_makes_an_open_proposal() -> None:
    made = derive(history())
    assert (made.number, made.author, made.submitted, made.state, made.ending) == (7, "ann", 60, "open", None)
    assert made.subject == SUBJECT


def test_what_was_a_draft_is_of_its_submission_and_says_when_it_was_begun() -> None:
    first = [Event(number, 7, events.DRAFTED, "ann", 40 + number, {}) for number in (1, 2)]
    made = derive([*first, *history(("confirmed", "bob"))])
    assert (made.begun, made.submitted, made.state, made.confirmed_by) == (41, 60, "open", ("bob",))
    assert derive(history()).begun is None
    assert [events.is_draft(each) for each in (first, [*first, *history()], history())] == [True, False, False]
    with pytest.raises(Corrupt, match="a proposal begins with its submission"):
        derive(first)


@pytest.mark.parametrize("kind", events.ENDS)
def test_what_ends_it_is_its_state(kind: str) -> None:
    made = derive(history((kind, "bob")))
    assert (made.state, made.ending and made.ending.actor) == (kind, "bob")


def test_approvals_and_confirmations_are_counted_and_change_no_state() -> None:
    made = derive(history(("confirmed", "bob"), ("approved", "cam"), ("approved", "dee")))
    assert (made.state, made.confirmed_by, made.approved_by) == ("open", ("bob",), ("cam", "dee"))


ACTS = st.tuples(st.sampled_from(events.KINDS), st.sampled_from(["bob", "cam", "dee"]))


@given(st.lists(ACTS, max_size=8))
def test_any_history_makes_what_a_plain_reading_of_it_makes(acts: list[tuple[str, str]]) -> None:
    """Read one after the other, by the words of the documentation: a change voids approvals and nothing else."""
    told, approved, confirmed, plan, ended = history(), list[str](), list[str](), SUBJECT.plan, ""
    possible = True
    for number, (kind, actor) in enumerate(acts):
        detail = replace(SUBJECT, plan=f"{number:064x}").detail() if kind == "changed" else {}
        told.append(Event(10 + number, 7, kind, actor, 70 + number, detail))
        if kind in ("commented", "checked", "evidence-added"):
            continue
        possible = possible and not ended and kind not in ("drafted", "submitted")
        if kind == "approved":
            approved += [actor] if actor not in approved else []
        elif kind == "confirmed":
            confirmed.append(actor)
        elif kind == "changed":
            approved, plan = [], detail["plan"]
        else:
            ended = kind
    if not possible:
        with pytest.raises(Corrupt, match="cannot have happened"):
            derive(told)
        return
    made = derive(told)
    assert (made.state, made.subject.plan, made.author) == (ended or "open", plan, "ann")
    assert (list(made.approved_by), list(made.confirmed_by)) == (approved, confirmed)


@pytest.mark.parametrize("kind", ["", *events.ENDS])
def test_what_is_said_changes_nothing_open_or_not(kind: str) -> None:
    before = history(*([(kind, "bob")] if kind else []))
    for said in events.SAID:
        assert derive([*before, Event(99, 7, said, "eve", 99, {"text": "well"})]) == derive(before)


@pytest.mark.parametrize("end", events.ENDS)
@pytest.mark.parametrize("kind", [each for each in events.KINDS if each not in events.SAID])
def test_nothing_happens_after_the_end_but_comments(end: str, kind: str) -> None:
    with pytest.raises(Corrupt, match=f"{kind}, cannot have happened to proposal 7"):
        derive(history((end, "bob"), (kind, "cam")))


def test_a_history_that_does_not_begin_is_not_believed() -> None:
    for broken in ([], history(("approved", "bob"))[1:]):
        with pytest.raises(Corrupt, match="begins with its submission"):
            derive(broken)
    with pytest.raises(Corrupt, match="cannot have happened"):
        derive(history(("made-up", "bob")))


def test_it_is_shown_in_kebab_case_with_its_moments_as_text() -> None:
    ending = Event(9, 7, events.PUBLISHED, "bob", 120, {"revision": 5, "first-entry": 8, "last-entry": 9})
    shown = derive([*history(("approved", "bob")), ending]).members()
    assert (shown["submitted"], shown["decided"]) == ("1970-01-01T00:01:00Z", "1970-01-01T00:02:00Z")
    assert (shown["revision"], shown["first-entry"], shown["last-entry"], shown["reason"]) == (5, 8, 9, None)
    assert (shown["plan"], shown["made-against"]) == (f"sha-256:{'ab' * 32}", 209)
    assert [name for name in shown if "_" in name] == []


# Policies


def test_there_is_a_policy_for_every_tier_and_kind_of_change() -> None:
    assert set(policies.POLICIES) == {(tier, kind) for tier in TIERS for kind in policies.KINDS}
    for kind in policies.KINDS:
        assert policies.choose("ordinary", kind).approvals == 1
        assert policies.choose("critical", kind).approvals == 2


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (Header("tree"), "register"),
        (Header("tree", "x/tree"), "records"),
        (Header("tree", "x/tree", definition=(Change("field:a", {"field": "a"}, replaces=NEW),)), "definition"),
    ],
)
def test_the_kind_of_a_change_is_told_from_its_plan(header: Header, kind: str) -> None:
    assert policies.kind_of(header) == kind


def test_enough_is_what_the_policy_says() -> None:
    assert policies.weigh(policies.ONE_CUSTODIAN, "ann", (), "bob")
    assert not policies.weigh(policies.TWO_CUSTODIANS, "ann", (), "bob")
    assert policies.weigh(policies.TWO_CUSTODIANS, "ann", ("bob",), "cam")


@pytest.mark.parametrize("policy", [policies.ONE_CUSTODIAN, policies.TWO_CUSTODIANS])
def test_an_author_never_approves(policy: policies.Policy) -> None:
    with pytest.raises(Forbidden, match="your own proposal"):
        policies.weigh(policy, "ann", (), "ann")


def test_nobody_counts_twice() -> None:
    """One who approved says so again only where there are enough already: the register takes fewer than it did."""
    with pytest.raises(Conflict, match="approved this already"):
        policies.weigh(policies.TWO_CUSTODIANS, "ann", ("bob",), "bob")
    assert policies.weigh(policies.ONE_CUSTODIAN, "ann", ("bob",), "bob")
    assert policies.weigh(policies.ONE_CUSTODIAN, "ann", ("bob",), "cam")
