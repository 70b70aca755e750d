"""Who must agree to a change: policies as data, by the tier of the register and the kind of the change.

Pure: it knows policies, and what is asked of them is handed in. An author does not approve what is their own, but under
`direct`, which an administrator sets for a register with one custodian (`alone`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from registers.errors import Conflict, Forbidden
from registers.plan import Header
from registers.register import TIERS

RECORDS, DEFINITION, REGISTER, REDACTION = "records", "definition", "register", "redaction"
# Records alone; the register's definition too; a register that is not there; values that are taken away for good.
KINDS = (RECORDS, DEFINITION, REGISTER, REDACTION)


@dataclass(frozen=True, slots=True)
class Policy:
    """What it takes: so many `approvals`, each from another person of that `role`, none of them the author, unless the
    policy is `by_author` too.

    `expires` is after how many days it is too late for that; None is never.
    """

    name: str
    approvals: int
    role: str = "custodian"
    expires: int | None = 365
    by_author: bool = False


ONE_CUSTODIAN = Policy("one-custodian", 1)
TWO_CUSTODIANS = Policy("two-custodians", 2)
DIRECT = Policy("direct", 1, by_author=True)  # for a register of which an administrator has said so
BY_TIER = {"critical": TWO_CUSTODIANS}
LASTING = (REDACTION,)  # kinds that do not expire: who asked for a value to be taken away still does
POLICIES: Mapping[tuple[str, str], Policy] = {
    (tier, kind): replace(policy, expires=None) if kind in LASTING else policy
    for tier in TIERS
    for kind in KINDS
    for policy in [BY_TIER.get(tier, ONE_CUSTODIAN)]
}


def kind_of(header: Header) -> str:
    """What kind of change a plan is."""
    if not header.origin:
        return REGISTER
    if header.redactions:
        return REDACTION
    return DEFINITION if header.definition else RECORDS


def choose(tier: str, kind: str, is_direct: bool = False) -> Policy:
    """The policy for a change of that kind to a register of that tier; its own, if its custodian decides alone."""
    found = POLICIES[tier, kind]
    return replace(DIRECT, expires=found.expires) if is_direct else found


def weigh(policy: Policy, author: str, approved_by: Collection[str], actor: str) -> bool:
    """Whether the approval of `actor`, after those there are, is enough.

    Where those there are would do by themselves, since the register takes fewer than when they were given, one of them
    may say so again. Raises Forbidden for the author's own unless the policy is by the author, Conflict for one that
    was given before.
    """
    if not policy.by_author:
        check_other(author, actor)
    if actor in approved_by and len(approved_by) < policy.approvals:
        raise Conflict(f"you have approved this already, and {policy.name} asks for {policy.approvals} of you")
    return len({*approved_by, actor}) >= policy.approvals


def check_other(author: str, actor: str) -> None:
    """Raise Forbidden when the actor is the author, who decides on nothing of their own."""
    if actor == author:
        raise Forbidden("this is your own proposal, and another has to decide on it; you may withdraw it")
