"""Accounts: an opaque id, which the log may carry for good, and who stands behind it, which can be forgotten.

Whoever made them, accounts are found by their id or by their e-mail. No two have the same e-mail. An e-mail is
*confirmed* once it was shown to reach the person: by a link, by a provider, or by whoever runs the service.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any

from people import access, passwords
from people.emails import check_email, fold_email
from people.store import accesses, sessions
from people.store import accounts as stored
from registers.entry import shortened, timestamp_text
from registers.errors import Conflict, Invalid, NotFound
from registers.store.engine import Store, Transaction

PREFIX = "person-"  # so that an id is known for one in a log
PERSONAL = ("person", "password", "identity", "session", "role", "draft")  # tables that say who somebody is
LONGEST_NAME = 200  # characters
NAMELESS = "Somebody"  # what is written for a name that was never asked for


@dataclass(frozen=True, slots=True)
class Account:
    """An account. Moments are UTC seconds; who was forgotten has no name, e-mail or password."""

    id: str
    created: int
    forgotten: int | None
    name: str
    email: str | None
    confirmed: int | None
    has_password: bool

    def members(self) -> dict[str, object]:
        """The account as it is shown, its moments as text."""
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "confirmed": _moment(self.confirmed),
            "password": self.has_password,
            "created": timestamp_text(self.created),
            "forgotten": _moment(self.forgotten),
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who a new account is for. No e-mail is None; `confirmed` says that the e-mail is known to reach them."""

    name: str
    email: str | None
    confirmed: bool = False


def add(store: Store, wanted: Wanted, by: str, password: str | None = None) -> Account:
    """Make an account, with a password if one is given, in the name of an actor.

    Raises Invalid for a bad name, e-mail or password, Conflict for an e-mail that has an account.
    """
    hashed = None if password is None else passwords.hash_password(password)
    with store.writing() as tx:
        accesses.lock(tx.connection)
        made = create(tx, wanted)
        if hashed:
            stored.write_password(tx.connection, made.id, hashed, tx.clock())
        access.record(tx, "add person", by, made.id)
        return get(tx, made.id)


def create(tx: Transaction, wanted: Wanted) -> Account:
    """Make an account, as a part of an act that holds the lock. Raises as `add` does."""
    name = check_name(wanted.name)
    email = None if wanted.email is None else check_email(wanted.email)
    spelled = None if email is None else fold_email(email)
    if spelled is not None and stored.find_email(tx.connection, spelled):
        raise Conflict(f"there is an account with the e-mail {email} already")
    account_id = PREFIX + secrets.token_hex(6)
    confirmed = tx.clock() if wanted.confirmed and email else None
    stored.add(tx.connection, account_id, tx.clock(), name=name, email=email, folded=spelled, confirmed=confirmed)
    return get(tx, account_id)


def find(tx: Transaction, who: str) -> Account:
    """The account of that id or e-mail, unless it was forgotten. Raises NotFound."""
    found = get_or_none(tx, who) if who.startswith(PREFIX) and "@" not in who else find_email(tx, who)
    if found is None or found.forgotten is not None:
        raise NotFound(f"there is no person {shortened(who)}")
    return found


def find_email(tx: Transaction, email: str) -> Account | None:
    """The account with that e-mail, however it is spelled; None where there is none, and for what is no e-mail."""
    spelled = folded(email)
    row = stored.find_email(tx.connection, spelled) if spelled else None
    return read(row) if row else None


def folded(email: str) -> str:
    """What is equal for all spellings of an e-mail; empty for what is none."""
    try:
        return fold_email(email)
    except Invalid:
        return ""


def get(tx: Transaction, account_id: str) -> Account:
    """The account with that id, forgotten or not. Raises NotFound."""
    found = get_or_none(tx, account_id)
    if found is None:
        raise NotFound(f"there is no person {shortened(account_id)}")
    return found


def get_or_none(tx: Transaction, account_id: str) -> Account | None:
    """The account with that id, forgotten or not, if there is one."""
    row = stored.get(tx.connection, account_id) if "\0" not in account_id else None
    return read(row) if row else None


def page(store: Store, after: str = "", limit: int = 1000) -> list[Account]:
    """Accounts beyond an id, in the order of their ids; those that were forgotten are not among them."""
    with store.reading() as tx:
        return [read(row) for row in stored.page(tx.connection, after, limit)]


def set_password(store: Store, who: str, password: str, by: str, but: bytes | None = None) -> Account:
    """Give an account another password, and end its sessions: all but the one with the digest `but`.

    Raises Invalid for a password that will not do, NotFound.
    """
    hashed = passwords.hash_password(password)
    with store.writing() as tx:
        accesses.lock(tx.connection)
        account = find(tx, who)
        replace_password(tx, account.id, hashed, by, but)
        return get(tx, account.id)


def replace_password(tx: Transaction, account_id: str, hashed: str, by: str, but: bytes | None) -> None:
    """Give an account another password and end its other sessions, as a part of an act that holds the lock."""
    stored.write_password(tx.connection, account_id, hashed, tx.clock())
    sessions.remove_of(tx.connection, account_id, but)
    access.record(tx, "set password", by, account_id)


def forget(store: Store, who: str, by: str) -> Account:
    """Delete a person's name, e-mail, password, identities, sessions and roles. The id stays in logs, as nobody's.

    Old pages of the database hold what was there until `store.wipe(PERSONAL)`. Who is forgotten already stays so.
    Raises NotFound.
    """
    with store.writing() as tx:
        accesses.lock(tx.connection)
        account = get_or_none(tx, who) or find(tx, who)
        if account.forgotten is not None:
            return account
        stored.forget(tx.connection, account.id, tx.clock())
        access.record(tx, "forget person", by, account.id)
        return get(tx, account.id)


def check_name(text: str) -> str:
    """A person's name without white space around it. Raises Invalid unless it is one."""
    name = text.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"name: is 1 to {LONGEST_NAME} characters long")
    if any(unicodedata.category(character).startswith("C") for character in name):
        raise Invalid(f"name: {shortened(name)} holds characters that cannot be seen")
    return name


def read(row: Any) -> Account:
    """The account that a row of the store is."""
    values = row._asdict()
    return Account(**values | {"name": values["name"] or "", "has_password": bool(values["has_password"])})


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else timestamp_text(seconds)
