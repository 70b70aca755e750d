"""What one person suggests of one record, as a plan.

Two who suggest the same suggest the same plan, so that the second confirms the first. Its bytes therefore hold nothing
of who, when or why, and it is made against the state in which its record came to be as it is: of a record that is not
there, against the empty register. Changes of other records in between make no difference.
"""

from __future__ import annotations

from registers import plan, snapshot
from registers.batch import NEW, Change
from registers.entry import Entry, Item
from registers.plan import Header
from registers.register import Register
from registers.snapshot import Snapshot
from registers.store.engine import Transaction

SOURCE = "suggestion"


def plan_of(tx: Transaction, register: Register, before: Entry | None, key: str, item: Item) -> bytes:
    """The plan that gives a key an item, which is normalised; `before` is the key's entry now, None while it has none.

    It is held against nothing here: that is for whoever submits it.
    """
    size = before.number if before else 0
    root = Snapshot(tx, register, snapshot.read_head(tx, register), size).root() if before else b""
    header = Header(
        register=register.name,
        origin=register.origin,
        entries=size,
        root_hash=f"{plan.HASH}{root.hex()}" if before else "",
        source=SOURCE,
    )
    change = Change(key, item, place=key, replaces=before.digests["v1"] if before else NEW)
    return "".join(plan.lines(header, [change])).encode()
