"""The tier of a register, how much care it asks for: said in its metadata, and kept in its row for policies to read.

The log has it, in the metadata entries of the key `tier`; the row is what the latest of them says. A register that has
none is ordinary, or is what its row has said since before there were such entries.

What is critical takes two custodians, so it goes with no register whose custodian decides alone. Whoever changes either
holds the register's head meanwhile, so that of two who change both at once the second is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from registers.batch import Batch
from registers.definition import TIER
from registers.entry import Item, Region
from registers.errors import Conflict
from registers.register import TIERS, Register, check_tier
from registers.store import registers
from registers.store.engine import Transaction

CRITICAL = "critical"


def follow(tx: Transaction, register: Register, batch: Batch) -> None:
    """A part: give a register the tier that a batch of its metadata says last, if it says any; its head is locked.

    Raises Invalid for what is no tier, Conflict as `check_alone` does.
    """
    said = [body for key, body in zip(batch.keys, batch.bodies, strict=True) if key == TIER]
    if batch.region is not Region.METADATA or not said:
        return
    tier = check_tier(json.loads(said[-1]).get(TIER))
    now = registers.get(tx.connection, register.id)
    assert now is not None
    check_alone(now, tier)
    if now.tier != tier:
        registers.change(tx.connection, register.id, tier=tier)


def check_alone(register: Register, tier: str) -> None:
    """Raise Conflict where a register would become critical and its custodian decides alone."""
    if tier == CRITICAL and register.tier != CRITICAL and register.is_direct:
        raise Conflict(
            f"{register.name} is decided on directly, and what is critical takes two custodians: "
            "have an administrator take direct away first"
        )


def fault_of(register: Register, said: Mapping[str, Item]) -> str:
    """Where a register's row and its metadata items, by key, say different tiers, in a sentence; else nothing."""
    if TIER in said and said[TIER].get(TIER) != register.tier:
        return f"its tier is {register.tier}, and its metadata entries say {said[TIER].get(TIER)}"
    return "" if register.tier in TIERS else f"its tier is {register.tier}, which is none"
