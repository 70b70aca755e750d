"""Plans made anew: what others wrote stays, what both wrote is nobody's to guess, and approvals are of one plan."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers import naming, redaction, snapshot
from registers.batch import NEW, Change
from registers.errors import Conflict, Forbidden, Gone, NotFound, Overtaken, RegistersError
from registers.plan import Header, lines
from registers.redaction import Wanted
from registers.store.engine import Store
from review import decisions, proposals
from review import store as sql
from review.decisions import Actor
from review.events import Proposal
from review.forgetting import PLANS
from review.rebasing import merge
from tests.makers import AUTHORITY, NOW, OPERATOR, CheckedStore, FixedClock, append, country, entries_of, make
from tests.review.makers import ANN, BOB, CAM, DEE, fill, founding, planned, submitted

AUTHOR, CUSTODIAN, STRANGER = Actor(ANN), Actor(BOB, is_custodian=True), Actor(CAM)


def rebase(store: Store, actor: Actor = AUTHOR, number: int = 1) -> Proposal:
    return decisions.rebase(store, number, actor)


def refused(store: Store, error: type[RegistersError], match: str, act: Callable[[], object] | None = None) -> None:
    """It is refused with that sentence, and nothing has happened to proposals."""
    with store.reading() as tx:
        before = tx.connection.exec_driver_sql("SELECT events FROM review_head").scalar_one()
    with pytest.raises(error, match=match):
        (act or (lambda: rebase(store)))()
    with store.reading() as tx:
        assert tx.connection.exec_driver_sql("SELECT events FROM review_head").scalar_one() == before


def happened(store: Store, number: int = 1) -> list[tuple[str, str]]:
    with store.reading() as tx:
        return [(event.kind, event.actor) for event in proposals.events_of(tx, number)]


@pytest.fixture
def stale(store: CheckedStore, clock: FixedClock) -> CheckedStore:
    """A proposal that renames GB and adds IT; GB has a start-date since, which the proposal knows nothing of."""
    clock.now = NOW
    fill(store, "critical")
    submitted(store, note="As agreed")
    append(store, country("GB", "United Kingdom", start_date="1707"))
    return store


@pytest.mark.parametrize("actor", [AUTHOR, CUSTODIAN])
def test_what_others_wrote_stays_and_the_rest_is_as_proposed(stale: CheckedStore, actor: Actor) -> None:
    made = rebase(stale, actor)
    assert (made.state, made.author, made.subject.size, made.subject.note) == ("open", ANN, 4, "As agreed")
    assert proposals.why_stale(stale, made) == ""
    shown = [(each.key, each.kind, each.fields) for each in proposals.changes(stale, made, 0, 10)]
    assert shown == [
        ("GB", "changed", {"name": {"from": "United Kingdom", "to": "Britain"}}),
        ("IT", "added", {"country": {"to": "IT"}, "name": {"to": "Italy"}}),
    ]
    assert happened(stale)[-2:] == [("changed", actor.id), ("checked", actor.id)]
    decisions.approve(stale, 1, DEE, OPERATOR)
    assert decisions.approve(stale, 1, CAM, OPERATOR).state == "published"
    assert [entry.body for entry in entries_of(stale)[4:]] == [
        '{"country":"GB","name":"Britain","start-date":"1707"}',
        '{"country":"IT","name":"Italy"}',
    ]


def test_approvals_are_of_the_plan_before_and_confirmations_of_the_wish(store: CheckedStore) -> None:
    fill(store, "critical")
    content = planned(store, country("GB", "Britain"))
    proposals.submit(store, content, ANN)
    proposals.submit(store, content, DEE)
    assert decisions.approve(store, 1, BOB, OPERATOR).approved_by == (BOB,)
    append(store, country("GB", "United Kingdom", start_date="1707"))
    made = rebase(store)
    assert (made.approved_by, made.confirmed_by) == ((), (DEE,))
    assert decisions.approve(store, 1, BOB, OPERATOR).state == "open"
    assert decisions.approve(store, 1, CAM, OPERATOR).state == "published"


def test_the_plan_before_is_gone_and_the_new_one_is_what_it_says(stale: CheckedStore) -> None:
    with stale.reading() as tx:
        before = proposals.find(tx, 1)
    made = rebase(stale)
    with stale.reading() as tx:
        assert made.subject.plan != before.subject.plan
        assert proposals.find(tx, 1) == made
        assert proposals.header_of(proposals.plan_of(tx, made)).entries == 4
        assert sql.read_plan(tx.connection, bytes.fromhex(before.subject.plan)) is None


def test_a_plan_that_another_proposal_has_stays(store: CheckedStore) -> None:
    fill(store)
    content = planned(store, country("GB", "Britain"))
    first = proposals.submit(store, content, ANN).proposal
    decisions.withdraw(store, 1, ANN)
    proposals.submit(store, content, ANN)
    append(store, country("GB", "United Kingdom", start_date="1707"))
    rebase(store, number=2)
    with store.reading() as tx:
        assert proposals.plan_of(tx, first) == content


def test_what_the_register_says_already_falls_away(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    append(store, country("IT", "Italy"))
    made = rebase(store)
    assert (made.subject.changes, made.subject.purpose) == (1, "change")
    append(store, country("GB", "Britain"))
    refused(store, Conflict, "already as this asks, so nothing is left of it; withdraw it")


def test_where_both_wrote_nothing_is_guessed(store: CheckedStore) -> None:
    fill(store)
    submitted(store, *(country(f"K{n}", "mine") for n in range(7)))
    append(store, *(country(f"K{n}", "theirs") for n in range(7)))
    refused(store, Conflict, "in the same fields meanwhile: name of 'K0', .*'K4' and 2 more; plan it by hand")


def test_only_the_author_or_a_custodian_may_and_only_what_is_stale_and_open(stale: CheckedStore) -> None:
    refused(stale, Forbidden, "not yours, and its author or a custodian", lambda: rebase(stale, STRANGER))
    refused(stale, NotFound, "there is no proposal 9", lambda: rebase(stale, number=9))
    refused(stale, Overtaken, "moved on", lambda: decisions.rebase(stale, 1, AUTHOR, seen={1}))
    rebase(stale)
    refused(stale, Conflict, "proposal 1 is not stale")
    decisions.withdraw(stale, 1, ANN)
    refused(stale, Conflict, "decided already: it is withdrawn")


def test_what_has_expired_is_submitted_again(stale: CheckedStore, clock: FixedClock) -> None:
    clock.now = NOW + 400 * 24 * 60 * 60
    refused(stale, Conflict, "has expired")


def test_kinds_that_are_planned_again(store: CheckedStore) -> None:
    fill(store)
    proposals.submit(store, founding(), ANN)
    make(store, "tree", ("tree", "name"))
    refused(store, Conflict, "of its kind, register, it is planned again")
    wanted = Wanted("FR", ("name",))
    proposals.submit(store, redaction.plan(store, "country", wanted, "asked for"), ANN)
    refused(store, Conflict, "of its kind, redaction", lambda: rebase(store, number=2))


def test_a_plan_out_of_which_values_were_taken_is_not_made_anew(store: CheckedStore) -> None:
    fill(store)
    submitted(store, country("FR", "France", start_date="1958"))
    redaction.take_away(store, "country", Wanted("FR", ("name",)), "asked for", AUTHORITY)
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
    PLANS.catch_up(store, register)
    refused(store, Gone, "values in the plan of proposal 1")


def test_what_is_taken_away_while_a_plan_is_made_anew_is_not_kept_in_it(
    stale: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start-date of GB, which the new plan takes from the register, goes just before the plan is kept."""
    look = proposals.look

    def look_slowly(*given: object) -> object:
        looked = look(*given)  # type: ignore[arg-type]
        redaction.take_away(stale, "country", Wanted("GB", ("start-date",)), "asked for", AUTHORITY)
        return looked

    monkeypatch.setattr(proposals, "look", look_slowly)
    refused(stale, Conflict, "values were taken out of the register meanwhile; re-base it again")


def test_one_that_would_be_another_is_told_so(store: CheckedStore) -> None:
    fill(store)
    submitted(store, country("GB", "Britain"))
    submitted(store, country("GB", "Britain"), country("IT", "Italy"), actor=CAM)
    append(store, country("GB", "United Kingdom", start_date="1707"), country("IT", "Italy"))
    rebase(store)
    refused(store, Conflict, "proposal 1 asks for the same as is left of this one", lambda: rebase(store, STRANGER, 2))
    decisions.withdraw(store, 1, ANN)
    assert rebase(store, STRANGER, 2).subject.changes == 1


def test_a_renamed_register_is_found_by_its_new_name(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    naming.rename(store, "country", "nation", AUTHORITY)
    made = rebase(store)
    assert made.subject.register == "nation"
    with store.reading() as tx:
        assert [each.number for each in proposals.page(tx, 0, 10, of={"nation"})] == [1]
    assert decisions.approve(store, 1, BOB, OPERATOR).state == "published"


def test_a_definition_is_made_anew_too(store: CheckedStore) -> None:
    fill(store)
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
        digest = snapshot.metadata_digests(tx, register.id).get("custodian", NEW)
    told = Change("custodian", {"custodian": "Ann"}, replaces=digest)
    header = Header("country", register.origin, 3, "", "a test", definition=(told,))
    content = "".join(lines(header, [country("GB", "Britain")._replace(replaces=entries_of(store)[0].digests["v1"])]))
    proposals.submit(store, content.encode(), ANN)
    append(store, country("GB", "United Kingdom", start_date="1707"))
    made = rebase(store)
    assert (made.subject.definition, made.subject.changes, made.subject.kind) == (1, 1, "definition")
    assert decisions.approve(store, 1, BOB, OPERATOR).state == "published"


ITEMS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"))


@given(ITEMS, ITEMS, ITEMS)
def test_a_merge_does_both_and_undoes_neither(
    before: dict[str, str], wanted: dict[str, str], now: dict[str, str]
) -> None:
    merged, both = merge(before, wanted, now)
    for field in "abc":
        ours, theirs = wanted.get(field) != before.get(field), now.get(field) != before.get(field)
        if field in both:
            assert ours and theirs and wanted.get(field) != now.get(field)
        else:
            assert merged.get(field) == (wanted if ours else now).get(field)
    assert merge(before, now, wanted)[1] == both
    if not both:
        assert merge(before, now, wanted)[0] == merged
