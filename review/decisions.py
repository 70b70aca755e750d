"""What is decided on a proposal: it is approved, rejected or withdrawn, re-based when its register has moved on, and
others say what they think of it.

Each is one act: the proposals' head is locked first, so that two who decide at once do it one after the other. Who says
what they have `seen` decides on nothing else: whatever has happened meanwhile, the act is refused as Overtaken. An
approval that is enough appends the plan in the same act: there is no moment at which one is there without the other.
Whether the actor may decide at all is asked in there too, of whoever admits them: what they may do can be taken from
them between looking and deciding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import NamedTuple

from registers import applying
from registers.applying import Applied, Ready
from registers.errors import Conflict, Forbidden, Moved, RegistersError
from registers.register import Authority
from registers.store.engine import Store, Transaction
from review import events, policies, proposals, purposes, rebasing, standing, store
from review.events import Proposal
from review.looking import NOTHING, Known
from review.policies import Policy
from review.proposals import Seen

REBASED = (policies.RECORDS, policies.DEFINITION)  # kinds that are made anew; the others are planned again
Permit = Callable[[Transaction, Proposal], None]
"""Raises Forbidden unless the actor may decide on a proposal, as the transaction of the act sees it."""


def anybody(_tx: Transaction, _proposal: Proposal) -> None:
    """Everybody that the caller admits."""


class Actor(NamedTuple):
    """Who acts: an opaque id, and whether that is a custodian of the register, as whoever admits them says."""

    id: str
    is_custodian: bool = False


def approve(of: Store, number: int, actor: str, operator: str, seen: Seen = None, permit: Permit = anybody) -> Proposal:
    """Approve a proposal; when its policy has enough, its plan is appended, whole, in the same act.

    `operator` is whose domain begins the origin of a register that the plan makes. Raises NotFound; Forbidden for the
    author's own, and as `permit` does; Conflict when it is decided or has expired, or the actor approved it before;
    Moved when it is stale. In each case nothing is recorded.
    """
    ready = _made_ready(of, number, actor, seen)
    with of.writing() as tx:
        proposal = _claim(tx, number, seen)
        permit(tx, proposal)
        policy = _policy_in_time(tx, proposal)
        is_enough = policies.weigh(policy, proposal.author, proposal.approved_by, actor)
        proposals.record(tx, number, events.APPROVED, actor, policy=policy.name)
        if is_enough:
            source = f"{applying.source_text(ready.header, proposal.subject.plan)} proposal {number}"
            applied = applying.append(tx, ready, Authority(actor, policy.name, source), operator)
            proposals.record(tx, number, events.PUBLISHED, actor, **_published(applied, policy))
        # If we crash here, nothing is durable, neither the approval nor an entry. COMMIT, next, makes both so at once;
        # whoever approves again after that is told that it has been decided.
        return proposals.find(tx, number)


def reject(of: Store, number: int, actor: str, reason: str, seen: Seen = None, permit: Permit = anybody) -> Proposal:
    """Reject a proposal, for a reason that is kept with it. Raises NotFound, Forbidden, Conflict, Invalid."""
    said = proposals.check_text("reason", reason, required=True)
    with of.writing() as tx:
        proposal = _claim(tx, number, seen)
        permit(tx, proposal)
        policies.check_other(proposal.author, actor)
        proposals.record(tx, number, events.REJECTED, actor, reason=said)
        return proposals.find(tx, number)


def withdraw(of: Store, number: int, actor: str, seen: Seen = None) -> Proposal:
    """Take one's own proposal back. Raises NotFound, Conflict; Forbidden for anybody else's."""
    with of.writing() as tx:
        proposal = _claim(tx, number, seen)
        if proposal.author != actor:
            raise Forbidden(f"proposal {number} is not yours, and its author alone may withdraw it; you may reject it")
        proposals.record(tx, number, events.WITHDRAWN, actor)
        return proposals.find(tx, number)


def rebase(of: Store, number: int, actor: Actor, known: Known = NOTHING, seen: Seen = None) -> Proposal:
    """Make the plan of a stale proposal anew, against its register as it is now. Approvals before that are void.

    Its author may, and any custodian. Raises NotFound; Forbidden for another; Gone when values were taken out of the
    plan; Conflict when it is decided, has expired or is not stale, when the register was changed in the same fields, or
    when another proposal asks for what is left.
    """
    with of.reading() as tx:
        proposal = _find_to_rebase(tx, number, actor, seen)
        content, taken = proposals.plan_of(tx, proposal), proposals.last_redaction(tx, proposal.subject.register)
    if not proposals.why_stale(of, proposal):
        raise Conflict(f"proposal {number} is not stale, so there is nothing to re-base")
    made = rebasing.make_anew(of, content)
    subject, report = proposals.look(of, made, known)
    subject = replace(subject, note=proposal.subject.note, purpose=purposes.keep(proposal.subject, report.outcomes))
    digest = bytes.fromhex(subject.plan)
    with of.writing() as tx:
        if _claim(tx, number, seen).subject.plan != proposal.subject.plan:
            raise Conflict(f"proposal {number} has been re-based meanwhile; look at it again")
        # What was taken away may be in what was made, and whatever takes it out of plans has gone by.
        if proposals.last_redaction(tx, proposal.subject.register) != taken:
            raise Conflict("values were taken out of the register meanwhile; re-base it again")
        if other := store.find_open(tx.connection, digest):
            raise Conflict(f"proposal {other} asks for the same as is left of this one; withdraw this one")
        store.put_plan(tx.connection, number, subject.register, digest, made)
        proposals.record(tx, number, events.CHANGED, actor.id, **subject.detail())
        proposals.record(tx, number, events.CHECKED, actor.id, **report.members())
        return proposals.find(tx, number)


def _find_to_rebase(tx: Transaction, number: int, actor: Actor, seen: Seen) -> Proposal:
    """The proposal, if the actor may make its plan anew."""
    proposal = proposals.find(tx, number)
    proposals.check_seen(tx, number, seen)
    _check_open(proposal)
    if not actor.is_custodian and actor.id != proposal.author:
        raise Forbidden(f"proposal {number} is not yours, and its author or a custodian may re-base it")
    _policy_in_time(tx, proposal)
    if proposal.subject.kind not in REBASED:
        raise Conflict(f"proposal {number} is not re-based: of its kind, {proposal.subject.kind}, it is planned again")
    return proposal


def comment(of: Store, number: int, actor: str, text: str, seen: Seen = None) -> Proposal:
    """Say something of a proposal, open or not; it changes no state. Raises NotFound, Invalid."""
    said = proposals.check_text("text", text, required=True)
    with of.writing() as tx:
        store.lock(tx.connection)
        proposal = proposals.find(tx, number)
        proposals.check_seen(tx, number, seen)
        proposals.record(tx, number, events.COMMENTED, actor, text=said)
        return proposal


def policy_of(tx: Transaction, proposal: Proposal) -> Policy:
    """The policy that a proposal falls under now, as `standing` has it."""
    return standing.policy_of(tx, proposal)


def _made_ready(of: Store, number: int, actor: str, seen: Seen) -> Ready:
    """The plan of a proposal, read, checked and hashed before any lock, once the actor may approve it at all."""
    with of.reading() as tx:
        proposal = proposals.find(tx, number)
        proposals.check_seen(tx, number, seen)
        _check_open(proposal)
        policies.weigh(_policy_in_time(tx, proposal), proposal.author, proposal.approved_by, actor)
        content = proposals.plan_of(tx, proposal, whole=False)
    try:
        if why := proposals.why_stale(of, proposal):
            raise Moved(f"proposal {number} is stale: {why}; re-base it, or plan it again, and submit that")
        return applying.make_ready(of, BytesIO(content))
    except RegistersError:
        with of.reading() as tx:
            _check_open(proposals.find(tx, number))  # the register has moved on because of this very proposal
        raise


def _claim(tx: Transaction, number: int, seen: Seen) -> Proposal:
    """A part: the proposal, if it is still as it was seen and to be decided, once those before us have decided."""
    store.lock(tx.connection)
    proposal = proposals.find(tx, number)
    proposals.check_seen(tx, number, seen)
    _check_open(proposal)
    return proposal


def _check_open(proposal: Proposal) -> None:
    if proposal.ending:
        raise Conflict(f"proposal {proposal.number} has been decided already: it is {proposal.state}")


def _policy_in_time(tx: Transaction, proposal: Proposal) -> Policy:
    """The policy of a proposal that may still be approved. Raises Conflict for one that has expired."""
    policy = policy_of(tx, proposal)
    if standing.is_expired(tx, policy, proposal):
        raise Conflict(f"proposal {proposal.number} has expired, after {policy.expires} days; submit its plan again")
    return policy


def _published(applied: Applied, policy: Policy) -> dict[str, object]:
    """What the event says of the entries: none when the plan has a definition alone."""
    made = applied.revision
    assert made is not None  # a plan that changes nothing cannot be submitted
    first, last = (made.entries - applied.entries + 1, made.entries) if applied.entries else (None, None)
    return {"policy": policy.name, "revision": made.number, "first-entry": first, "last-entry": last}
