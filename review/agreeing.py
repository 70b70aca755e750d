"""Whether a plan agrees with the source that its register was loaded from last.

Files of sources are not kept. What is kept of a load is which entries it confirmed: whose records the file had as they
are in the register, or were made so. So what the source said of a record is the latest of its entries that the load
confirmed, if there is one; of a record that the file lacked, or had otherwise, nobody here knows what it said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from registers.entry import Item, Region
from registers.redacted import without_redacted
from registers.register import Register
from registers.store import entries
from registers.store.engine import Transaction
from review.findings import NOTE, Finding
from review.looking import Looked, Said, Sources


class Agreement:
    """Fields that a plan changes to something else than the source had, when it was loaded last.

    A plan that is made from that very source, a later file of it, is not held against the file before. A table is
    anybody's, so one is held against another.
    """

    name = "source"
    ANYBODYS = "table"

    def __init__(self, tx: Transaction, register: Register | None, source: str, sources: Sources | None) -> None:
        said = sources(tx, register) if register and sources else None
        is_its_own = said is not None and said.name == source != self.ANYBODYS
        self._register, self._said = register, None if is_its_own else said
        self._unknown = 0

    @property
    def limits(self) -> list[str]:
        """How many records there are of which it is not known what the source said."""
        if self._said is None or not self._unknown:
            return []
        return [f"what {_told(self._said)}, said of {self._unknown:,} of the records is not kept"]

    def look(self, tx: Transaction, some: Sequence[Looked]) -> Iterator[Finding]:
        """Look at each field that a change gives another value."""
        if self._said is None or self._register is None:
            return
        theirs = self._items(tx, self._register, self._said, [each.key for each in some])
        for each in some:
            if each.key not in theirs:
                self._unknown += 1
                continue
            for field in sorted(each.item.keys() | (each.before or {}).keys()):
                if not each.keeps(field) and each.item.get(field) != theirs[each.key].get(field):
                    sentence = f"{field} was otherwise in {_told(self._said)}"
                    yield Finding(self.name, NOTE, each.key, field, sentence)

    def finish(self, _tx: Transaction) -> Iterator[Finding]:
        """All is told by then."""
        return iter(())

    @staticmethod
    def _items(tx: Transaction, register: Register, said: Said, keys: list[str]) -> dict[str, Item]:
        """The records as the source had them, by key, without what was taken out of them since."""
        latest: dict[str, int] = {}
        for key, _, _, number, _ in tx.hot.trails(tx.connection, register.id, Region.USER, keys):
            if number in said and number > latest.get(key, 0):
                latest[key] = number
        found = entries.read_numbers(tx.connection, register.id, Region.USER, list(latest.values()))
        return {key: without_redacted(json.loads(found[number].body)) for key, number in latest.items()}


def _told(said: Said) -> str:
    return f"the source {said.name}, loaded on {said.day}"
