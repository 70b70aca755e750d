"""Old pages of the database lose what was taken away: until this has worked, a look into its files can find it.

A database leaves what was there before in pages, in its log and in its statistics, and uses their room again one day.
Here all of that is written anew, once after each redaction, behind those followers that take the value out of tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registers import redaction
from registers.errors import Unavailable
from registers.register import Register
from registers.store import followers, registers
from registers.store.engine import Store, Transaction

TABLES = ("item", "question_record", "question_value")


@dataclass(frozen=True, slots=True)
class Wiping:
    """The follower. Its position is the number of a metadata entry that took something away.

    `after` are the followers that have to have heeded it first, `tables` those that they take something out of.
    """

    after: Sequence[str] = ()
    tables: Sequence[str] = ()
    name: str = "pages"

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        """Write the pages anew when something was taken away. Raises Unavailable while others have to go first."""
        with store.reading() as tx:
            last = redaction.latest(tx, register.id)
            if last <= self.position(tx, register.id):
                return
            for name in self.after:
                if followers.read(tx.connection, name, register.id)[0] < last:
                    raise Unavailable(f"the pages of the database wait until {name} has taken out what it holds")
        store.wipe((*TABLES, *self.tables))
        # If we crash here, the pages are clean, and the next time they are written anew once more.
        with store.following() as tx:
            if registers.hold(tx.connection, register.id):
                _, note = followers.claim(tx.connection, self.name, register.id)
                followers.move(tx.connection, self.name, register.id, last, note)

    def position(self, tx: Transaction, register_id: int) -> int:
        """The number of the last metadata entry after which the pages were written anew; 0 when there was none."""
        return followers.read(tx.connection, self.name, register_id)[0]
