"""What a follower keeps in folders, one for each state of a register that it has come to, beside the database.

A folder is never changed, so those who look into one may go on while the next is made; what has been overtaken is
taken away. All of it can be made again from the log. A folder of before something was taken out of its register is not
looked into any more, and goes as soon as the next is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from registers import redaction, snapshot
from registers.errors import Corrupt, Unavailable
from registers.register import Register
from registers.snapshot import Snapshot
from registers.store import followers, registers
from registers.store.engine import Store, Transaction
from registers.trees import V2

KEPT = 2  # states of a register: the last, and the one that somebody may still be looking into
Made = TypeVar("Made")


class Kept:
    """The folders of one follower. Its position is a number of user entries, its note the name of the folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder

    def place(self, taken: Snapshot) -> Path:
        """Where the folder of a state is; by its roots, so that another log's folder is not taken for this one's.

        Its name begins with the number of the metadata entry that last took something away, below the register's id.
        """
        roots = sha256(taken.root(V2) + taken.head.metadata_root).hexdigest()[:32]
        register_id = taken.register.id
        return self.folder / f"{_begun(register_id, redaction.latest(taken.tx, register_id))}-{taken.size}-{roots}"

    def reached(self, tx: Transaction, register_id: int) -> tuple[Path | None, int]:
        """The folder that the follower has come to, if any, and the size it is of."""
        size, name = followers.read(tx.connection, self.name, register_id)
        if name and not name.startswith(f"{_begun(register_id, redaction.latest(tx, register_id))}-"):
            return None, 0
        return self.folder / name if name else None, size

    def move(self, store: Store, register: Register, size: int, place: Path) -> None:
        """Say that the follower has come to a folder, and take away those that it has overtaken."""
        with store.following() as tx:
            if not registers.hold(tx.connection, register.id):
                return
            followers.claim(tx.connection, self.name, register.id)
            followers.move(tx.connection, self.name, register.id, size, place.name)
            current = f"{_begun(register.id, redaction.latest(tx, register.id))}-"
        before = [each for each in self.made(register.id, apart_from=place) if not each.name.startswith(current)]
        for overtaken in {*before, *self.made(register.id, apart_from=place)[: 1 - KEPT]}:
            shutil.rmtree(overtaken, ignore_errors=True)

    def made(self, register_id: int, apart_from: Path | None = None) -> list[Path]:
        """Where a register's folders are, the last made last."""
        found = self.folder.glob(f"{register_id}-*-*") if self.folder.is_dir() else ()
        return sorted((each for each in found if each != apart_from), key=lambda each: each.stat().st_mtime_ns)


def _begun(register_id: int, redacted: int) -> str:
    """What the names of a register's folders begin with, since something was last taken out of it."""
    return f"{register_id}-r{redacted}" if redacted else f"{register_id}"


def opener(read: Callable[[Path], Made]) -> Callable[[Path], Made | None]:
    """What opens a folder, once in each process; it gives None for one that is not there, or damaged: made anew."""
    opened = lru_cache(maxsize=256)(read)

    def open_folder(place: Path) -> Made | None:
        try:
            return opened(place) if place.is_dir() else None
        except Corrupt:
            return None

    return open_folder


def taken_at(tx: Transaction, register: Register, reached: int, at: str | None) -> Snapshot:
    """A register at the size that its follower has reached on this machine, or at the state that `at` asks for.

    Raises Unavailable for a state that it has not reached, and what `snapshot.take` does.
    """
    if not reached and snapshot.read_head(tx, register).entries:
        raise Unavailable(f"where the records of {register.name} are is not known here yet: registers work sees to it")
    taken = snapshot.take(tx, register, str(reached) if at is None else at)
    if taken.size > reached:
        known = f"known up to entry {reached}, and not yet to {taken.size}"
        raise Unavailable(f"where the records of {register.name} are is {known}")
    return taken
