"""Who may not suggest: on a register, or on all. A bar is no lock: its person signs in and reads as before.

It is for whoever floods a register, so nobody with a role there can be barred: their role is taken away first. It ends
when somebody takes it away. The access log has who barred whom, and when.
"""

from __future__ import annotations

from dataclasses import dataclass

from people import access, accounts, roles
from people.accounts import Account
from people.roles import EVERYWHERE
from people.store import accesses
from people.store import bars as stored
from people.store import roles as given
from registers.definition import check_name
from registers.entry import shortened, timestamp_text
from registers.errors import Conflict, Forbidden, NotFound
from registers.store import registers
from registers.store.engine import Store, Transaction

ROLE = "custodian"  # which bars people from a register


@dataclass(frozen=True, slots=True)
class Bar:
    """That an account may not suggest: on the register of that name, or on all (None). `since` is UTC seconds."""

    account: str
    register: str | None
    since: int
    barred_by: str

    def members(self) -> dict[str, object]:
        """The bar as it is shown."""
        return {
            "person": self.account,
            "register": self.register or EVERYWHERE,
            "since": timestamp_text(self.since),
            "barred-by": self.barred_by,
        }


def bar(store: Store, who: str, register: str | None, by: str, within: bool = False) -> Account:
    """Have the account of an id or e-mail suggest nothing any more, on a register or on all (None).

    With `within`, `by` is an account, and has to be custodian there itself. Raises NotFound for a person or a register;
    Conflict when it is barred there already, or has a role there; Forbidden.
    """
    with store.writing() as tx:
        account, register_id = _find(tx, who, register)
        if within:
            roles.check(tx, by, ROLE, register_id)
        if stored.has(tx.connection, account.id, register_id):
            raise Conflict(f"{account.id} is barred from {_named(register)} already")
        if held := _roles(tx, account.id, register_id):
            raise Conflict(f"{account.id} is {held} there: take that role away first")
        values = {"register_id": register_id, "since": tx.clock(), "barred_by": by}
        stored.add(tx.connection, account=account.id, **values)
        access.record(tx, "bar", by, account.id, register or EVERYWHERE)
        return account


def allow(store: Store, who: str, register: str | None, by: str, within: bool = False) -> Account:
    """Take a bar away. Raises as `bar` does, Conflict where there is none."""
    with store.writing() as tx:
        account, register_id = _find(tx, who, register)
        if within:
            roles.check(tx, by, ROLE, register_id)
        if not stored.remove(tx.connection, account.id, register_id):
            raise Conflict(f"{account.id} is not barred from {_named(register)}")
        access.record(tx, "allow", by, account.id, register or EVERYWHERE)
        return account


def check(tx: Transaction, account_id: str, register_id: int | None) -> None:
    """Raise Forbidden when the account may not suggest on the register now."""
    if stored.holds(tx.connection, account_id, register_id):
        raise Forbidden("your account was barred from suggesting here: write to whoever answers for the register")


def of_account(tx: Transaction, account_id: str) -> list[Bar]:
    """What an account is barred from."""
    return [Bar(*tuple(row)) for row in stored.of_account(tx.connection, account_id)]


def on_register(tx: Transaction, register_id: int) -> list[Bar]:
    """Who is barred from a register, or from all, the latest first."""
    return [Bar(*tuple(row)) for row in stored.on_register(tx.connection, register_id)]


def _find(tx: Transaction, who: str, name: str | None) -> tuple[Account, int | None]:
    """The account and the register that an act is about, under the lock."""
    accesses.lock(tx.connection)
    account = accounts.find(tx, who)
    if name is None:
        return account, None
    register = registers.find_by_any_name(tx.connection, check_name(name))
    if register is None:
        raise NotFound(f"there is no register {shortened(name)}")
    return account, register.id


def _roles(tx: Transaction, account_id: str, register_id: int | None) -> str:
    """The roles that an account has where it is to be barred; for all registers, anywhere."""
    if register_id is not None:
        return " and ".join(sorted(given.held(tx.connection, account_id, register_id)))
    return " and ".join(sorted({row.name for row in given.of_account(tx.connection, account_id)}))


def _named(register: str | None) -> str:
    return register or "all registers"
