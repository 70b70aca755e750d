"""What a check is given, and what it has to be: the plan's changes some at a time, then a last word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from registers.entry import Item
from registers.store.engine import Transaction
from review.findings import Finding


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
    limits: list[str]

    def look(self, tx: Transaction, some: Sequence[Looked]) -> Iterator[Finding]:
        """Look at some of the changes."""
        ...

    def finish(self, tx: Transaction) -> Iterator[Finding]:
        """What can only be told once all were looked at."""
        ...
