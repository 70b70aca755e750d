"""The registers of areas as this worker last opened them, so that a point is looked up without a look at the database.

What is looked into is files that never change; the database only says which of them, and their registers' states.
That is relied on only while the store's mark is the one taken before it was read, as `api.heads` has it: on SQLite it
is exactly how things are, on PostgreSQL at most a second old.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from api.heads import parts_of
from geo import places
from geo.areas.following import Areas, Standing
from registers.snapshot import settled
from registers.store.engine import Store

MOST = 64  # choices of registers that a worker remembers


class Known(NamedTuple):
    """Registers of areas at their states, and what of these goes into an ETag."""

    standing: list[Standing]
    parts: list[str]


class Opened:
    """One worker's memory. Threads may share it: at worst two of them read the same."""

    def __init__(self, store: Store, areas: Areas) -> None:
        self.store, self.areas = store, areas
        self._kept: OrderedDict[tuple[str, ...], tuple[object, Known]] = OrderedDict()

    def now(self, names: Sequence[str]) -> Known:
        """Those of these names, or all, at the states that their indexes have reached; raises what `open_areas` does.

        Their snapshots can name their states, and read nothing.
        """
        mark, choice = self.store.mark(), tuple(names)
        kept = self._kept.get(choice)
        if kept and kept[0] == mark:
            return kept[1]
        with self.store.reading() as tx:
            found = places.open_areas(tx, self.areas, None, names)
            found = [replace(each, taken=settled(each.taken)) for each in found]
        known = Known(found, parts_of([each.taken for each in found]))
        self._kept[choice] = mark, known
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return known
