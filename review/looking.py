"""What a check is given, and what it has to be: the plan's changes some at a time, then a last word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from geo.areas.following import Areas
from registers.entry import Item
from registers.register import Register
from registers.store.engine import Transaction
from review.findings import Finding


class Said(Protocol):
    """The last load of a register: the name of its source, its day, and which entries it confirmed."""

    name: str
    day: str

    def __contains__(self, number: int) -> bool:
        """Whether the record of the entry with this number was in the source as that entry has it."""
        ...


Sources = Callable[[Transaction, Register], Said | None]
"""The last load of a register; None if there was none. The room that knows sources hands it in."""


class Known(NamedTuple):
    """What a plan is held against beside its register: indexes of areas, and sources; without them it is not."""

    areas: Areas | None = None
    sources: Sources | None = None


NOTHING = Known()


class Looked(NamedTuple):
    """A change: the record's key, the item it is to have, and the item that it has now, None for a new one."""

    key: str
    item: Item
    before: Item | None

    def keeps(self, field: str) -> bool:
        """Whether the field stays as it is."""
        return self.before is not None and self.before.get(field) == self.item.get(field)


class Check(Protocol):
    """A check of a plan. It is made for one plan, and says in `limits` what it could not look at."""

    name: str

    @property
    def limits(self) -> list[str]:
        """What it could not look at, as sentences."""
        ...

    def look(self, tx: Transaction, some: Sequence[Looked]) -> Iterator[Finding]:
        """Look at some of the changes."""
        ...

    def finish(self, tx: Transaction) -> Iterator[Finding]:
        """What can only be told once all were looked at."""
        ...
