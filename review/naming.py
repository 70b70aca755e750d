"""Whether a plan gives a record a name or a key that another has, or almost: the same thing twice, or a slip.

Names are held against those of the other records that are in force, and of the others in the plan, folded as they are
searched for. A record that keeps its name is not looked at. Of keys only those are told that are the same but for
case, accents and signs: one letter tells two codes apart, and should.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from registers import snapshot
from registers.entry import Item, shortened
from registers.folding import words_of
from registers.indexing import QUESTIONS
from registers.question import NAME_FIELD, days, title_of, values_of
from registers.register import Register
from registers.store.engine import Transaction
from review import store
from review.findings import NOTE, Finding
from review.likeness import SAME, Likeness
from review.looking import Looked

MOST = 200_000  # records of a register that a plan is held against
UNINDEXED = 5000  # entries that the index has not reached, and that are read for this


class Names:
    """Names and keys that others have, or almost."""

    name = "names"

    def __init__(self, register: Register | None, day: date) -> None:
        self.limits: list[str] = []
        self._register, self._day = register, day.toordinal()
        self._names: dict[str, str] = {}  # those that are new, folded, by key
        self._all: dict[str, str] = {}  # those of all records in the plan
        self._keys: dict[str, list[str]] = {}  # those that are new, by what is left of them when folded
        self._told: dict[tuple[str, str], tuple[str, str]] = {}

    def look(self, _tx: Transaction, some: Sequence[Looked]) -> Iterator[Finding]:
        """Note which names and keys are new."""
        for each in some:
            if each.before is None:
                self._keys.setdefault(_squeezed(each.key), []).append(each.key)
            named = _name(each.item, each.key) if values_of(each.item, NAME_FIELD) else ""
            _, last = days(each.item)
            is_over = last is not None and last < self._day
            self._all[each.key] = "" if is_over else named
            if named and not is_over and (each.before is None or _name(each.before, each.key) != named):
                self._names[each.key] = named
        return iter(())

    def finish(self, tx: Transaction) -> Iterator[Finding]:
        """Hold them against all others, whose records are read once."""
        likeness = Likeness(self._names)
        for key, name in (*self._all.items(), *(self._others(tx) if self._names or self._keys else ())):
            for mine, how in likeness.like(name) if name else ():
                if mine != key and self._told.get((mine, NAME_FIELD), ("", ""))[0] != SAME:
                    self._told[mine, NAME_FIELD] = (how, key)
            for mine in self._keys.get(_squeezed(key), ()):
                if mine != key:
                    self._told[mine, ""] = (SAME, key)
        for (mine, field), (how, key) in sorted(self._told.items()):
            what = "name" if field else "key"
            almost = "the same" if how == SAME and field else "almost the same"
            yield Finding(
                self.name, NOTE, mine, field, f"its {what} is {almost} as that of the record {shortened(key)}"
            )

    def _others(self, tx: Transaction) -> Iterator[tuple[str, str]]:
        """The keys and folded names of the records in force that the plan leaves as they are."""
        if not self._register:
            return
        reached, head = QUESTIONS.position(tx, self._register.id), snapshot.read_head(tx, self._register)
        left = snapshot.take(tx, self._register)
        first = max(reached + 1, head.entries - UNINDEXED + 1)
        if first > reached + 1:
            self.limits.append(f"names were held against those up to entry {reached}: the index has not come further")
        later = left.entries(first, head.entries) if first == reached + 1 <= head.entries else []
        since = {entry.key: entry for entry in later}
        indexed = store.names(tx.connection, self._register.id, reached, self._day)
        for key, name in islice(indexed, MOST):
            if key not in self._all and key not in since:
                yield key, name
        if next(indexed, None):
            self.limits.append(f"names were held against those of {MOST:,} records, and no others")
        for key, entry in since.items():
            item = json.loads(entry.body)
            _, last = days(item)
            if key not in self._all and (last is None or last >= self._day):
                yield key, _name(item, key)


def _name(item: Item, key: str) -> str:
    return " ".join(words_of(title_of(item, key)))


def _squeezed(key: str) -> str:
    return "".join(words_of(key)) or key
