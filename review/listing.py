"""Proposals in lists: those that wait, the oldest first; those decided, and those of one person, the latest first.

Each page begins where the one before it ended, so that the last costs no more than the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from registers.store.engine import Transaction
from review import proposals, standing, store
from review.events import CONFIRMED, SUBMITTED, Event, Proposal
from review.policies import POLICIES
from review.standing import DAY

AT_ONCE = 500  # proposals that are read at once


def waiting(tx: Transaction, after: int, limit: int, names: Collection[str] | None) -> list[Proposal]:
    """Open proposals with numbers beyond `after`, the oldest first, for registers of these names or for any."""
    return proposals.page(tx, after, limit, True, names)


def decided(tx: Transaction, before: int, limit: int, names: Collection[str]) -> list[Proposal]:
    """Proposals with numbers below `before` that are open no more, the latest first, for registers of these names."""
    return _found(tx, store.page_closed(tx.connection, before, limit, names))


def suggested_by(tx: Transaction, actor: str, before: int, limit: int) -> list[Proposal]:
    """Proposals with numbers below `before` that an actor submitted or confirmed, the latest first."""
    return _found(tx, store.page_of(tx.connection, actor, (SUBMITTED, CONFIRMED), before, limit))


def has_many_open(tx: Transaction, actor: str, most: int) -> bool:
    """Whether an actor has at least `most` proposals that wait to be decided."""
    return store.count_open_of(tx.connection, actor, most) >= most


# What happened, whatever it happened to


def last_number(tx: Transaction) -> int:
    """The number of the last event of any proposal; 0 when there was none."""
    return store.count_events(tx.connection)


def happened(tx: Transaction, after: int, limit: int) -> list[Event]:
    """What happened to any proposal beyond an event's number, in order."""
    return [proposals.event_of(row) for row in store.events_after(tx.connection, after, limit)]


def concerning(tx: Transaction, actor: str, names: Collection[str] | None, before: int, limit: int) -> list[Event]:
    """What happened below an event's number to proposals that an actor submitted or confirmed, and new proposals for
    registers of these names, or of any (None), the latest first; not what machines checked.
    """
    rows = store.events_concerning(tx.connection, actor, names, before, limit)
    return [proposals.event_of(row) for row in rows]


def expired_between(tx: Transaction, since: int, until: int) -> Iterator[Proposal]:
    """Open proposals whose time was over after `since`, and is at `until`, UTC seconds. Reads all that are as old."""
    shortest = min(policy.expires for policy in POLICIES.values() if policy.expires is not None) * DAY
    after = 0
    while some := waiting(tx, after, AT_ONCE, None):
        for each in some:
            end = standing.expiry(standing.policy_of(tx, each), each)
            if end is not None and since < end <= until:
                yield each
        after = some[-1].number
        if some[-1].submitted > until - shortest:
            return


def _found(tx: Transaction, numbers: Sequence[int]) -> list[Proposal]:
    return [proposals.find(tx, number) for number in numbers]
