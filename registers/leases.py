"""Leases: a job that only one process may do is done by the one that holds its lease, until it lets go or expires.

A lease spares work; nothing is wrong where two processes do a job at once for a moment.
"""

from __future__ import annotations

from registers.store import leases
from registers.store.engine import Store


def take_lease(store: Store, name: str, holder: str, seconds: int) -> bool:
    """Take a lease, or keep the one held, for so many seconds from now. False while another holds it."""
    with store.writing() as tx:
        now = tx.clock()
        return leases.take(tx.connection, name, holder, now, now + seconds)


def release_lease(store: Store, name: str, holder: str) -> None:
    """Let go of a lease, if it is still this holder's."""
    with store.writing() as tx:
        leases.release(tx.connection, name, holder)


def lease_holder(store: Store, name: str) -> str | None:
    """Who holds a lease now."""
    with store.reading() as tx:
        return leases.holder(tx.connection, name, tx.clock())
