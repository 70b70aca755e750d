"""What was taken out of a register is taken out of tables beside the log too: each room says what it does there.

The log itself forgets in the act (`redaction`); files and indexes of places have followers of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from registers import redaction
from registers.register import Register
from registers.store import followers
from registers.store.engine import Store, Transaction

Forget = Callable[[Transaction, Register, int], None]


@dataclass(frozen=True, slots=True)
class Forgetting:
    """A follower. Its position is the number of a metadata entry that took something away.

    `forget` is a part: it is given the register and the position, and makes what was taken away since then go from
    `tables`. It is done once for all that was taken away meanwhile, and both or neither are kept when it is killed.
    """

    name: str
    tables: Sequence[str]
    forget: Forget

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        """Forget what was taken out of a register since this looked."""
        with store.reading() as tx:
            if redaction.latest(tx, register.id) <= self.position(tx, register.id):
                return
        with store.writing() as tx:
            position, note = followers.claim(tx.connection, self.name, register.id)
            last = redaction.latest(tx, register.id)
            self.forget(tx, register, position)
            followers.move(tx.connection, self.name, register.id, last, note)

    def position(self, tx: Transaction, register_id: int) -> int:
        """The number of the last metadata entry that was heeded; 0 when there was none."""
        return followers.read(tx.connection, self.name, register_id)[0]
