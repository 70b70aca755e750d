"""What the source says that a register was loaded from last, as far as that is kept: which entries it confirmed."""

from __future__ import annotations

from loaders import store as kept
from loaders.confirmations import Confirmed
from registers.entry import timestamp_text
from registers.register import Register
from registers.store.engine import Transaction


class LastLoad:
    """The last load of a register: the `name` of its source, the `day` of the load, and which entries it confirmed."""

    def __init__(self, made: kept.Comparison) -> None:
        self.name, self.day = made.source, timestamp_text(made.time)[:10]
        self._confirmed = Confirmed([made.confirmed])

    def __contains__(self, number: int) -> bool:
        """Whether the record of the entry with this number was in the file as that entry has it."""
        return number in self._confirmed


def last_load(tx: Transaction, register: Register) -> LastLoad | None:
    """The last load of a register; None if it was never held against a source."""
    made = kept.latest(tx.connection, register.id)
    return LastLoad(made) if made else None
