"""Where registers stand, as this worker last read it: so that who has an answer already is told so without a look
at the database.

What is kept of a register is relied on only while the store's mark is the one taken before it was read. On SQLite a
mark changes with every commit, whoever makes it, so what is kept is exactly how things are. On PostgreSQL it is at
most a second old, and never older than this worker's own writes.

Only "you have this answer" is ever said without a transaction. What is read is read under the head of the very state
that its transaction sees: another would not do, for the current records (`until IS NULL`) and the definition are
those of that state. The head is read in the transaction, or known to be the one that an earlier transaction read
which saw the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from registers import snapshot
from registers.definition import Definition
from registers.register import Head, Register
from registers.snapshot import Snapshot
from registers.store import registers
from registers.store.engine import Store, Transaction

MOST = 1000  # registers that a worker remembers


@dataclass(frozen=True, slots=True)
class Kept:
    """A register, where its log stands, and when the last revision was made, UTC seconds."""

    register: Register
    head: Head
    modified: int


class _Remembered(NamedTuple):
    """What is kept, with the marks of when it was read: the store's before, and that of the transaction."""

    mark: object
    seen: object
    kept: Kept


class Heads:
    """One worker's memory. Threads may share it: at worst two of them read the same."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._kept: OrderedDict[str, _Remembered] = OrderedDict()
        self._definitions: OrderedDict[tuple[object, ...], Definition] = OrderedDict()

    def known(self, name: str, mark: object) -> Kept | None:
        """Where the published register of that name stands, if it was read under the mark that is the store's now."""
        remembered = self._kept.get(name)
        return remembered.kept if remembered and remembered.mark == mark else None

    def read(self, tx: Transaction, name: str, mark: object) -> Kept | None:
        """The same as the transaction sees it, whatever the register's status, and kept if it is published.

        `mark` is the store's, taken before the transaction began. None when there is no such register.
        """
        seen = self.store.mark_in(tx)
        remembered = self._kept.get(name)
        if remembered and remembered.seen == seen:
            self._kept[name] = remembered._replace(mark=mark)
            return remembered.kept
        found = registers.standing(tx.connection, name)
        if found is None:
            return None
        kept = Kept(*found)
        if kept.register.status == "published":
            self._kept[name] = _Remembered(mark, seen, kept)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return kept

    def modified(self, taken: Snapshot) -> int:
        """When the last revision of a snapshot's register was made; a revision never changes, so any memory will do."""
        remembered = self._kept.get(taken.register.name)
        if remembered and remembered.kept.head is taken.head:
            return remembered.kept.modified
        made = registers.revisions(taken.tx.connection, taken.register.id, taken.head.revision - 1, 1)
        return made[0].time if made else taken.register.created

    def definition(self, taken: Snapshot) -> Definition | None:
        """The definition of a snapshot's register; None while it has none.

        It is made of the metadata entries alone, and their root stands for every one of them.
        """
        register = taken.register
        of = (register.id, register.name, register.key_field, taken.head.metadata_edge)
        found = self._definitions.get(of) or snapshot.read_definition(taken.tx, register)
        if found:
            self._definitions[of] = found
            if len(self._definitions) > MOST:
                self._definitions.popitem(last=False)
        return found


def parts_of(taken: Sequence[Snapshot]) -> list[str]:
    """What of states goes into an ETag."""
    return [part for each in taken for part in parts_of_state(each.register, each.head, each.size, each.root())]


def parts_of_state(register: Register, head: Head, size: int, root: bytes) -> tuple[str, ...]:
    """What of a state goes into an ETag; a change of its definition changes what past states look like.

    Its name may change without that, and so may who decides on it, which pages say.
    """
    direct = ("direct",) if register.is_direct else ()
    return register.name, *direct, str(head.register_id), str(size), root.hex(), head.metadata_root.hex()
