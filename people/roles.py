"""Roles: what a person may do on a register, or on all. Each may do all that the ones before it may.

A role is on the register itself, whatever that is called, and goes with it. Giving or taking one ends the sessions of
whoever has it, so that nobody goes on with what they had.
"""

from __future__ import annotations

from dataclasses import dataclass

from people import access, accounts
from people.accounts import Account
from people.store import accesses, sessions
from people.store import roles as stored
from registers.definition import check_name
from registers.entry import shortened, timestamp_text
from registers.errors import Conflict, Forbidden, Invalid, NotFound
from registers.store import registers
from registers.store.engine import Store, Transaction

ROLES = {
    "contributor": "read and discuss what others suggest",
    "reviewer": "say what is to be done with suggestions",
    "custodian": "decide on suggestions",
    "administrator": "give and take roles",
}
EVERYWHERE = "*"  # how all registers are written where a name could stand


@dataclass(frozen=True, slots=True)
class Held:
    """A role that an account has: on the register of that name, or on all of them (None). `granted` is UTC seconds."""

    account: str
    role: str
    register: str | None
    granted: int
    granted_by: str

    def members(self) -> dict[str, object]:
        """The role as it is shown."""
        return {
            "person": self.account,
            "role": self.role,
            "register": self.register or EVERYWHERE,
            "granted": timestamp_text(self.granted),
            "granted-by": self.granted_by,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which role, on the register of that name or on all (None), of the account of an id or e-mail."""

    who: str
    role: str
    register: str | None = None


def grant(store: Store, wanted: Wanted, by: str, within: bool = False) -> Account:
    """Give a role, and end the sessions of whoever gets it.

    With `within`, `by` is an account, and has to be administrator there itself. Raises Invalid for what is no role,
    NotFound for a person or a register, Conflict when they have it already, Forbidden.
    """
    return _change(store, wanted, by, within, "grant")


def revoke(store: Store, wanted: Wanted, by: str, within: bool = False) -> Account:
    """Take a role away, and end the sessions of whoever had it. Raises as `grant` does, Conflict if they lack it."""
    return _change(store, wanted, by, within, "revoke")


def _change(store: Store, wanted: Wanted, by: str, within: bool, verb: str) -> Account:
    check_role(wanted.role)
    with store.writing() as tx:
        accesses.lock(tx.connection)
        account = accounts.find(tx, wanted.who)
        register_id = _register_id(tx, wanted.register)
        if within:
            check(tx, by, "administrator", register_id)
        (_give if verb == "grant" else _take)(tx, account, wanted, (register_id, by))
        sessions.remove_of(tx.connection, account.id)
        access.record(tx, f"{verb} {wanted.role}", by, account.id, wanted.register or EVERYWHERE)
        return account


def _give(tx: Transaction, account: Account, wanted: Wanted, place: tuple[int | None, str]) -> None:
    register_id, by = place
    here = wanted.register or "all registers"
    if stored.has(tx.connection, account.id, wanted.role, register_id):
        raise Conflict(f"{account.id} is {wanted.role} of {here} already")
    values = {"register_id": register_id, "granted": tx.clock(), "granted_by": by}
    stored.add(tx.connection, account=account.id, name=wanted.role, **values)


def _take(tx: Transaction, account: Account, wanted: Wanted, place: tuple[int | None, str]) -> None:
    if not stored.remove(tx.connection, account.id, wanted.role, place[0]):
        raise Conflict(f"{account.id} is not {wanted.role} of {wanted.register or 'all registers'}")


def held(tx: Transaction, account_id: str) -> list[Held]:
    """The roles of an account, by register."""
    return [Held(*tuple(row)) for row in stored.of_account(tx.connection, account_id)]


def on_register(tx: Transaction, register_id: int | None) -> list[Held]:
    """Who has a role on a register, those with one on all among them; on all alone, for None."""
    return [Held(*tuple(row)) for row in stored.on_register(tx.connection, register_id)]


def find_all(store: Store) -> list[Held]:
    """All roles that are given, by account."""
    with store.reading() as tx:
        return [Held(*tuple(row)) for row in stored.find_all(tx.connection)]


def check(tx: Transaction, account_id: str, role: str, register_id: int | None) -> None:
    """Raise Forbidden unless the account has the role, or a later one, on the register now; on all, for None.

    A part, for acts that have to hold to it in their own transaction: a role may be taken between looking and doing.
    """
    names = list(ROLES)
    enough = names[names.index(role) :]
    if not stored.held(tx.connection, account_id, register_id) & set(enough):
        raise Forbidden(f"this takes the role {role}, which may {ROLES[role]}")


def decide(store: Store, account_id: str, action: str, role: str, register: str | None) -> None:
    """Let an account do what takes a role on a register, or refuse it; the access log has it either way.

    A register that is not there is decided as all registers are. Raises Forbidden.
    """
    refused = None
    with store.writing() as tx:
        found = registers.find_by_any_name(tx.connection, register) if register else None
        try:
            check(tx, account_id, role, found.id if found else None)
        except Forbidden as error:
            refused = error
        access.record(tx, action, account_id, register=found.name if found else "", why=str(refused or ""))
    if refused:
        raise refused


def check_role(role: str) -> None:
    """Raise Invalid for what is no role."""
    if role not in ROLES:
        raise Invalid(f"role: {shortened(role)} is not one of {', '.join(ROLES)}")


def _register_id(tx: Transaction, name: str | None) -> int | None:
    if name is None:
        return None
    found = registers.find_by_any_name(tx.connection, check_name(name))
    if found is None:
        raise NotFound(f"there is no register {shortened(name)}")
    return found.id
