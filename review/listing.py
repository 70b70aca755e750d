"""Proposals in lists: those that wait, the oldest first; those decided, and those of one person, the latest first.

Each page begins where the one before it ended, so that the last costs no more than the first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from registers.store.engine import Transaction
from review import proposals, store
from review.events import CONFIRMED, SUBMITTED, Proposal


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


def _found(tx: Transaction, numbers: Sequence[int]) -> list[Proposal]:
    return [proposals.find(tx, number) for number in numbers]
