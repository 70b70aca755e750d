"""The difference between two states of a register: record by record, and field by field.

Records are never taken away, so one is either *added* or *changed*; one that was changed and changed back is neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from registers.entry import Entry, Item, Region
from registers.errors import Invalid
from registers.snapshot import Snapshot
from registers.store import entries, records
from registers.store.engine import Store

CHUNK = 500
FROM, TO = "from", "to"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one record. `before` is its entry at the earlier state, None if it was added.

    `fields` has the fields whose values differ, in the order of their names; each with its value `from` and `to`,
    without the side that has none.
    """

    key: str
    before: int | None
    after: int
    fields: Mapping[str, Item]

    @property
    def kind(self) -> Literal["added", "changed"]:
        """Whether the record is new."""
        return "added" if self.before is None else "changed"


def changes(old: Snapshot, new: Snapshot, after: int = 0) -> Iterator[Change]:
    """What became of each record from an old state to a new one, in the order of their entries in the new one.

    Begins behind the entry `after`. Reads through the new snapshot's transaction, in proportion to the entries
    between the two. Raises Invalid when the old state is the later one.
    """
    if old.size > new.size:
        raise Invalid(
            f"the state to compare from has {old.size} entries, more than the {new.size} of the one to compare with"
        )
    behind = max(after, old.size)
    while True:
        place = new.register.id, old.size, (behind, new.size)
        pairs = records.between(new.tx.connection, *place, CHUNK)
        yield from _compared(new, pairs)
        if len(pairs) < CHUNK:
            return
        behind = pairs[-1][0]


def stream_changes(store: Store, old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """As `changes`, when the snapshots' own transaction may have ended: none is held between chunks."""
    behind = 0
    while True:
        with store.reading() as tx:
            found = list(islice(changes(replace(old, tx=tx), replace(new, tx=tx), behind), CHUNK))
        yield from found
        if len(found) < CHUNK:
            return
        behind = found[-1].after


def _compared(new: Snapshot, pairs: list[tuple[int, int | None]]) -> Iterator[Change]:
    numbers = [number for pair in pairs for number in pair if number is not None]
    found = entries.read_numbers(new.tx.connection, new.register.id, int(Region.USER), numbers)
    for number, earlier in pairs:
        before = None if earlier is None else found[earlier]
        differing = _differing(before, found[number])
        if before is None or differing:
            yield Change(found[number].key, earlier, number, differing)


def _differing(before: Entry | None, after: Entry) -> dict[str, Item]:
    """The fields whose values differ; a list that is in another order differs."""
    old: Item = {} if before is None else json.loads(before.body)
    new: Item = json.loads(after.body)
    sides = ((FROM, old), (TO, new))
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return {name: {side: item[name] for side, item in sides if name in item} for name in names}
