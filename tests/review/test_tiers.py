"""A change of tier, as it is proposed: who has to agree to it, and to what else was proposed meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from registers import lifecycle, snapshot
from registers.errors import Conflict, Moved
from registers.register import Register
from registers.store import registers
from registers.store.engine import Store
from review import alone, decisions, proposals, redefining, standing
from review.events import Proposal
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, country, head_of, revisions_of
from tests.review.makers import ANN, BOB, CAM, DEE, fill, submitted

REFUSED = re.escape(
    "country is decided on directly, and what is critical takes two custodians: "
    "have an administrator take direct away first"
)


def plan_of(store: Store, tier: str) -> bytes:
    with store.reading() as tx:
        return redefining.plan_of(tx, snapshot.find_register(tx, "country"), {"tier": tier})[0]


def propose(store: Store, tier: str, actor: str = ANN) -> Proposal:
    return proposals.submit(store, plan_of(store, tier), actor).proposal


def approve(store: Store, number: int, actor: str) -> Proposal:
    return decisions.approve(store, number, actor, OPERATOR)


def policy_of(store: Store, proposal: Proposal) -> tuple[str, int]:
    with store.reading() as tx:
        policy = standing.policy_of(tx, proposal)
    return policy.name, policy.approvals


def register_of(store: Store) -> Register:
    with store.reading() as tx:
        return snapshot.find_register(tx, "country")


def test_from_critical_to_ordinary_takes_two(store: CheckedStore) -> None:
    fill(store, "critical")
    proposal = propose(store, "ordinary")
    assert policy_of(store, proposal) == ("two-custodians", 2)
    assert approve(store, 1, BOB).state == "open"
    assert register_of(store).tier == "critical"
    with pytest.raises(Conflict, match="you have approved this already, and two-custodians asks for 2"):
        approve(store, 1, BOB)
    assert approve(store, 1, CAM).state == "published"
    assert (register_of(store).tier, revisions_of(store)[-1].policy) == ("ordinary", "two-custodians")
    submitted(store)
    assert approve(store, 2, BOB).state == "published"


def test_from_ordinary_to_critical_takes_one_and_from_then_on_two(store: CheckedStore) -> None:
    fill(store)
    assert policy_of(store, propose(store, "critical")) == ("one-custodian", 1)
    assert approve(store, 1, BOB).state == "published"
    assert (register_of(store).tier, revisions_of(store)[-1].policy) == ("critical", "one-custodian")
    propose(store, "ordinary")
    assert approve(store, 2, BOB).state == "open"
    assert approve(store, 2, DEE).state == "published"
    assert register_of(store).tier == "ordinary"


def test_what_is_open_meanwhile_falls_under_the_new_policy(store: CheckedStore) -> None:
    fill(store)
    open_proposal = submitted(store, country("FR", "Gaul"))
    assert policy_of(store, open_proposal) == ("one-custodian", 1)
    lifecycle.describe(store, "country", {"tier": "critical"}, AUTHORITY)
    assert policy_of(store, open_proposal) == ("two-custodians", 2)
    assert proposals.why_stale(store, open_proposal) == ""
    assert approve(store, 1, BOB).state == "open"
    assert approve(store, 1, CAM).state == "published"
    assert revisions_of(store)[-1].policy == "two-custodians"


def test_what_has_enough_once_it_takes_fewer_is_published_when_one_of_them_says_so_again(store: CheckedStore) -> None:
    fill(store, "critical")
    submitted(store, country("FR", "Gaul"))
    assert approve(store, 1, BOB).state == "open"
    lifecycle.describe(store, "country", {"tier": "ordinary"}, AUTHORITY)
    with store.reading() as tx:
        assert proposals.find(tx, 1).state == "open"
    published = approve(store, 1, BOB)
    assert (published.state, published.approved_by) == ("published", (BOB,))
    assert revisions_of(store)[-1].policy == "one-custodian"


def test_a_tier_that_was_said_otherwise_meanwhile_makes_it_stale(store: CheckedStore) -> None:
    fill(store)
    proposal = propose(store, "critical")
    lifecycle.describe(store, "country", {"custodian": "Ada"}, AUTHORITY)
    assert proposals.why_stale(store, proposal) == ""
    lifecycle.describe(store, "country", {"tier": "critical"}, AUTHORITY)
    assert "'tier' changed since this was planned" in proposals.why_stale(store, proposal)
    with pytest.raises(Moved, match="proposal 1 is stale"):
        approve(store, 1, BOB)


def test_who_decides_alone_is_not_proposed_anything_critical(store: CheckedStore) -> None:
    fill(store)
    alone.decide_alone(store, "country", True, "admin")
    for act in (lambda: propose(store, "critical"), lambda: proposals.look(store, plan_of(store, "critical"))):
        with pytest.raises(Conflict, match=REFUSED):
            act()
    with store.reading() as tx:
        assert proposals.page(tx, 0, 10, is_open=False) == []
    alone.decide_alone(store, "country", False, "admin")
    propose(store, "critical")
    assert approve(store, 1, BOB).state == "published"


def test_what_was_proposed_before_waits_until_nobody_decides_alone(store: CheckedStore) -> None:
    fill(store)
    propose(store, "critical")
    alone.decide_alone(store, "country", True, "admin")
    for actor in (ANN, BOB):
        with pytest.raises(Conflict, match=REFUSED):
            approve(store, 1, actor)
    with store.reading() as tx:
        found = proposals.find(tx, 1)
    assert (found.state, found.approved_by, register_of(store).tier) == ("open", (), "ordinary")
    alone.decide_alone(store, "country", False, "admin")
    assert approve(store, 1, BOB).state == "published"


@pytest.mark.parametrize("first", ["critical", "direct"])
def test_of_two_who_would_have_both_at_once_the_second_is_refused(
    store: CheckedStore, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """One act is held up before its COMMIT until the other has begun: the other waits, and then sees what it did."""
    fill(store)
    acts: dict[str, Callable[[], object]] = {
        "critical": lambda: lifecycle.describe(store, "country", {"tier": "critical"}, AUTHORITY),
        "direct": lambda: alone.decide_alone(store, "country", True, "admin"),
    }
    (second,) = acts.keys() - {first}
    before = head_of(store).revision
    with ThreadPoolExecutor(1) as pool:
        begun = list[Future[object]]()

        def hold_up(*arguments: object, **named: object) -> None:
            real(*arguments, **named)
            if not begun:
                begun.append(pool.submit(acts[second]))
                with pytest.raises(TimeoutError):
                    begun[0].result(0.3)

        where, name = (registers, "add_revision") if first == "critical" else (alone.access, "record")
        real = getattr(where, name)
        monkeypatch.setattr(where, name, hold_up)
        acts[first]()
        with pytest.raises(Conflict, match=REFUSED if first == "direct" else "critical: two custodians have to agree"):
            begun[0].result(30)
    now = register_of(store)
    assert (now.tier, now.is_direct) == (("critical", False) if first == "critical" else ("ordinary", True))
    assert head_of(store).revision == before + (first == "critical")
