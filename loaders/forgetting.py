"""A report of quality quotes values that are wrong, so it goes when something is taken out of its register.

The next `registers check` makes another.
"""

from __future__ import annotations

from loaders import store as kept
from registers import redaction
from registers.register import Register
from registers.store import followers
from registers.store.engine import Store, Transaction


class _Reports:
    """The follower. Its position is the number of a metadata entry that took something away."""

    name = "reports"
    tables = (kept.quality.name,)

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        """Delete a register's report when something was taken away since this looked."""
        with store.reading() as tx:
            if redaction.latest(tx, register.id) <= self.position(tx, register.id):
                return
        with store.writing() as tx:
            _, note = followers.claim(tx.connection, self.name, register.id)
            kept.forget_quality(tx.connection, register.id)
            followers.move(tx.connection, self.name, register.id, redaction.latest(tx, register.id), note)

    def position(self, tx: Transaction, register_id: int) -> int:
        """The number of the last metadata entry that was heeded; 0 when there was none."""
        return followers.read(tx.connection, self.name, register_id)[0]


REPORTS = _Reports()
