"""Files that hold what was since taken away are removed, of every state, as soon as this looks.

A release is of a number of metadata entries. One of fewer than there were when something was last taken away was made
before that, and goes; so does one that does not say, and an archive of all registers in which the register is so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulk.archives import ALL
from bulk.releases import forget_these
from registers import redaction
from registers.register import Register
from registers.store.engine import Store, Transaction


@dataclass(frozen=True, slots=True)
class OldFiles:
    """The follower. What it has to do it sees in the folder, so it keeps no position of its own."""

    root: Path
    name: str = "old-files"

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        """Remove what holds a register, of whatever status, as it was before values were taken out of it."""
        with store.reading() as tx:
            last = redaction.latest(tx, register.id)

        def are_before(state: dict[str, Any]) -> bool:
            sizes = [each["metadata-size"] for each in _states(state) if each["origin"] == register.origin]
            return not state or any(size < last for size in sizes)

        if last:
            for owner in (register.id, ALL):
                forget_these(self.root, owner, are_before)

    def position(self, tx: Transaction, register_id: int) -> int:
        """The number of the metadata entry before which there are no files."""
        return redaction.latest(tx, register_id)


def _states(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The states of registers that a release is of: one, or those of all."""
    found: list[dict[str, Any]] = state.get("registers", [state] if state else [])
    return found
