"""A register whose custodian decides alone: what is their own is published without a second person, and it says so.

Where there is one custodian and no other, nothing that they suggest could ever be approved. An administrator may then
say that the register is decided on *directly*. Each revision that is made so names the policy `direct`, and the pages
of the register say that nobody else had to agree. It is for an administrator to say, never for the custodian who would
be free of the second pair of eyes. A register that two have to agree on cannot have it, nor can one that has it become
such a register.
"""

from __future__ import annotations

from people import access, roles
from people.store import accesses
from registers import snapshot
from registers.errors import Conflict
from registers.register import Register
from registers.store import registers
from registers.store.engine import Store, Transaction
from registers.tiers import CRITICAL
from review import store

DECIDING = ("custodian", "administrator")  # roles that may decide


def decide_alone(of: Store, name: str, is_direct: bool, by: str, within: bool = False) -> Register:
    """Have a register decided on directly, or by another than the author again. The access log has it.

    With `within`, `by` is an account and has to be administrator there itself. Raises NotFound, Renamed, Retired;
    Forbidden; Conflict when it is so already, or the register is critical.
    """
    with of.writing() as tx:
        store.lock(tx.connection)  # so that whoever approves meanwhile does so before or after
        accesses.lock(tx.connection)
        tx.hot.lock_head(tx.connection, snapshot.find_register(tx, name).id)  # as whoever changes its tier does
        register = snapshot.find_register(tx, name)
        if within:
            roles.check(tx, by, "administrator", register.id)
        if register.is_direct == is_direct:
            raise Conflict(f"{name} is decided on {'directly' if is_direct else 'by another than the author'} already")
        if is_direct and register.tier == CRITICAL:
            raise Conflict(f"{name} is critical: two custodians have to agree, so nobody decides alone")
        registers.change(tx.connection, register.id, is_direct=is_direct)
        access.record(tx, "let decide alone" if is_direct else "ask for another", by, register=register.name)
        found = registers.get(tx.connection, register.id)
        assert found is not None
        return found


def deciders(tx: Transaction, register: Register) -> set[str]:
    """The accounts that may decide on what is suggested of a register."""
    return {held.account for held in roles.on_register(tx, register.id) if held.role in DECIDING}


def warning_of(tx: Transaction, register: Register) -> str:
    """What is to be said of who decides on a register, in a sentence; empty while two or more may.

    Nothing is said of a register that nobody has a role on: there, keys and whoever holds the database decide.
    """
    several = len(deciders(tx, register))
    if register.is_direct:
        only = "" if several < 2 else f", though {several} people may decide on it"
        return f"what its custodian suggests is published without a second person (direct){only}"
    if register.tier == CRITICAL and several == 2:
        return "two people may decide on it and two have to, so nothing that either suggests can be approved"
    if several == 1:
        return (
            "one person alone may decide on it, so nothing of their own can be approved: "
            "give another the role, or have an administrator set the policy direct"
        )
    return ""
