"""A suggestion that takes the place of an earlier one of the same author: the earlier is closed, and says by which.

It does when it speaks of every record of the earlier: then it is what its author wants of them now, and whoever decided
on both would publish the one and find the other stale. It does not when others confirmed the earlier, for then it is
theirs as well, and when either changes a definition, makes a register or takes values away.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from io import BytesIO

from registers import plan
from registers.store.engine import Transaction
from review import policies, store
from review.events import Proposal

LOOKED_AT = 100  # open proposals of the author, the latest
LARGEST = 10_000  # changes of an earlier proposal


def choose(tx: Transaction, content: bytes, earlier: Iterable[Proposal]) -> dict[int, str]:
    """Those of the earlier proposals whose place a plan takes: their numbers, and the SHA-256 of each one's plan."""
    header, changes = plan.read(BytesIO(content))
    candidates = [each for each in earlier if may_give_way(each)]
    if policies.kind_of(header) != policies.RECORDS or not candidates:
        return {}
    keys = {change.key for change in changes}
    return {each.number: each.subject.plan for each in candidates if _keys_of(tx, each) <= keys}


def may_give_way(proposal: Proposal) -> bool:
    """Whether a proposal is its author's alone, open, and of records that are soon read."""
    subject = proposal.subject
    is_own = not proposal.confirmed_by and not proposal.ending
    return is_own and subject.kind == policies.RECORDS and subject.changes <= LARGEST


def _keys_of(tx: Transaction, proposal: Proposal) -> Set[str]:
    content = store.read_plan(tx.connection, bytes.fromhex(proposal.subject.plan)) or b""
    return {change.key for change in plan.read(BytesIO(content))[1]}
