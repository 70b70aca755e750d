"""How a proposal stands now: the policy that it falls under, until when it may be approved, and how it is shown.

Its events say what happened; this is what the clock and the register's tier make of them. A proposal that has expired
is still open as far as its events say: nothing happens at midnight. It can be approved no more, and gives way to one of
the same plan that is submitted anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from registers.entry import timestamp_text
from registers.store import registers
from registers.store.engine import Store, Transaction
from review import policies
from review.events import EXPIRED, Proposal
from review.policies import Policy

DAY = 24 * 60 * 60  # seconds


def policy_of(tx: Transaction, proposal: Proposal) -> Policy:
    """The policy that a proposal falls under now: by its register's tier, and whether that is direct."""
    register = registers.find_by_any_name(tx.connection, proposal.subject.register)
    if register is None:
        return policies.choose("ordinary", proposal.subject.kind)
    return policies.choose(register.tier, proposal.subject.kind, register.is_direct)


def expiry(policy: Policy, proposal: Proposal) -> int | None:
    """The UTC second from which an open proposal can be approved no more; None for never, and when it is closed."""
    if proposal.ending or policy.expires is None:
        return None
    return proposal.submitted + policy.expires * DAY


def is_expired(tx: Transaction, policy: Policy, proposal: Proposal) -> bool:
    """Whether an open proposal is past what its policy gives it."""
    end = expiry(policy, proposal)
    return end is not None and tx.clock() >= end


def members(tx: Transaction, some: Iterable[Proposal]) -> list[dict[str, Any]]:
    """Proposals as they are shown now; each policy is looked up once."""
    known: dict[tuple[str, str], Policy] = {}
    found = []
    for each in some:
        of = each.subject.register, each.subject.kind
        policy = known.get(of) or known.setdefault(of, policy_of(tx, each))
        end = expiry(policy, each)
        state = EXPIRED if is_expired(tx, policy, each) else each.state
        found.append(each.members() | {"state": state, "expires": end and timestamp_text(end)})
    return found


def shown(store: Store, proposal: Proposal) -> dict[str, Any]:
    """One proposal as it is shown now."""
    with store.reading() as tx:
        return members(tx, [proposal])[0]
