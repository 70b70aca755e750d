"""The follower that makes files of what was appended: not after each append, but when a register has come to rest.

A register that is written to all the time is not waited for without end: its files are made again ten times that long
after it first moved. What could not be made is tried again after a minute, not at each look.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bulk import archives, wanted
from bulk.building import build
from bulk.kinds import find_kind, kinds_of
from bulk.releases import forget_old
from bulk.source import States, open_source, source_of
from bulk.wanted import Wish
from registers import snapshot
from registers.errors import Gone
from registers.register import Register
from registers.store import followers, registers
from registers.store.engine import Store, Transaction

PATIENCE = 10  # times the rest that is waited for, after which it is no longer waited for
TRIED_AGAIN = 60.0  # seconds after which what failed is tried again


@dataclass(slots=True)
class _Moving:
    """A register on the move: the revision seen last, when that was first seen, and when it began to move."""

    revision: int
    since: float
    begun: float


class Made(NamedTuple):
    """What became of a wish: made, if there is no error."""

    wish: Wish
    error: Exception | None


@dataclass(slots=True)
class Files:
    """The follower. Its position is the number of user entries that the files are of.

    `quiet` are the seconds that a register rests before its files are made; `kept` how many releases beside the
    present one stay. Without formats it does nothing.
    """

    root: Path
    suffixes: Sequence[str]
    kept: int = 3
    quiet: float = 0
    clock: Callable[[], float] = time.monotonic
    name: str = "files"
    _moving: dict[int, _Moving] = field(default_factory=dict)
    _not_before: dict[int, float] = field(default_factory=dict)

    def is_due(self, register_id: int, revision: int) -> bool:
        """Whether the files of a register that is at a revision are to be made now."""
        now = self.clock()
        seen = self._moving.get(register_id)
        if seen is None or seen.revision != revision:
            begun = seen.begun if seen else now
            seen = self._moving[register_id] = _Moving(revision, now, begun)
        rests = now - seen.since >= self.quiet or now - seen.begun >= self.quiet * PATIENCE
        return rests and now >= self._not_before.get(register_id, now)

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        """Make the files of a published register's present state, and forget old ones. Raises what `build` does."""
        if register.status != "published" or not self.suffixes:
            return
        self._not_before[register.id] = self.clock() + TRIED_AGAIN
        with store.reading() as tx:
            source = source_of(store, snapshot.take(tx, register))
        for kind in kinds_of(source.definition, self.suffixes):
            with suppress(Gone):  # of what was taken out of the register this format has to hold
                list(build(self.root, source, [kind]))  # each is on the disk before the next is begun
        # If we crash here, the files are there and served; the next time they are found, and the position is moved.
        with store.following() as tx:
            if registers.hold(tx.connection, register.id):
                followers.claim(tx.connection, self.name, register.id)
                followers.move(tx.connection, self.name, register.id, source.state.size, source.state.name)
        forget_old(self.root, register.id, self.kept, apart_from=source.state)
        self._moving.pop(register.id, None)
        self._not_before.pop(register.id, None)

    def make_wanted(self, store: Store) -> Iterator[Made]:
        """Make what somebody waits for, each file as it is asked for; what became of each."""
        for wish in wanted.waiting(self.root):
            fault = None
            try:
                self._make_all(store) if wish == archives.WISH else self._make(store, wish)
            except Exception as error:  # whatever is wrong with this one, the others are to be made
                fault = error
            finally:
                wanted.forget(self.root, wish)
            yield Made(wish, fault)

    def _make(self, store: Store, wish: Wish) -> None:
        source = open_source(store, wish.register, str(wish.size))
        list(build(self.root, source, [find_kind(source.definition, wish.file)]))
        forget_old(self.root, source.register.id, self.kept, open_source(store, wish.register).state)

    def _make_all(self, store: Store) -> None:
        sources = archives.open_all(store)
        archives.make_archive(self.root, sources)
        forget_old(self.root, archives.ALL, self.kept, States(tuple(source.state for source in sources)))
        for source in sources:
            forget_old(self.root, source.register.id, self.kept, source.state)

    def position(self, tx: Transaction, register_id: int) -> int:
        """How many user entries of a register its files are of; 0 when there are none."""
        return followers.read(tx.connection, self.name, register_id)[0]
