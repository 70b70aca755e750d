"""Signing in with an e-mail and a password, and how often that may fail.

Each attempt counts as failed before the password is looked at, so that a hundred at once are a hundred: counted by the
account it is for, and by the address it comes from. From the fifth failure of an account on, and the twentieth of an
address, nobody is let try for a minute, then two, and so on up to a quarter of an hour. That ends by itself: nobody is
locked out for ever by somebody else. An account that is not there is treated as one that is.

The access log has each attempt that was looked at. Those in a wait are not written down one by one: anybody could fill
a log with them that is never deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

from people import access, accounts, passwords, secret, sessions
from people.accounts import Account
from people.rates import in_words
from people.store import accesses
from people.store import accounts as stored
from people.store import sessions as attempts
from registers.errors import TooOften, Unauthorized
from registers.store.engine import Store, Transaction

OF_ACCOUNT, OF_ADDRESS = 5, 20  # failures after which there is a wait
FIRST_WAIT, LONGEST_WAIT = 60, 15 * 60  # seconds
FORGOTTEN = 24 * 60 * 60  # seconds after the last failure that all are forgotten
WRONG = "the e-mail or the password is wrong"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to sign in: what was typed, and from where. `before` is the session of the browser, if it had one."""

    email: str
    password: str
    address: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and what their browser is to show from now on."""

    account: Account
    session: str


def sign_in(store: Store, key: bytes, attempt: Attempt) -> SignedIn:
    """Begin a session, a new one, for whoever knows the password; `key` is this service's secret.

    Raises Unauthorized when they do not, TooOften when it was tried too often, in the same words for an account that
    is not there.
    """
    account, hashed = _prove(store, key, attempt, "sign in")
    fresh = passwords.hash_password(attempt.password) if passwords.is_dated(hashed) else None
    with store.writing() as tx:
        _let_off(tx, key, attempt, account, hashed)
        if fresh:
            stored.write_password(tx.connection, account.id, fresh, tx.clock())
        return welcome(tx, account, sessions.BY_PASSWORD, attempt.before)


def change_password(store: Store, key: bytes, attempt: Attempt, password: str) -> None:
    """Give another password to whoever knows the one of now, and end their sessions, all but the browser's own.

    The attempt counts as one to sign in. Raises as `sign_in` does, and Invalid for a password that will not do.
    """
    fresh = passwords.hash_password(password)
    account, hashed = _prove(store, key, attempt, "set password")
    with store.writing() as tx:
        _let_off(tx, key, attempt, account, hashed)
        accounts.replace_password(tx, account.id, fresh, account.id, secret.digest_of(attempt.before))


def welcome(tx: Transaction, account: Account, way: str, before: str) -> SignedIn:
    """Begin a session in place of the one that the browser had, as a part of an act; `way` is how its person came."""
    if before:
        attempts.remove(tx.connection, secret.digest_of(before))
    access.record(tx, "sign in" if way == sessions.BY_PASSWORD else f"sign in by {way}", account.id)
    return SignedIn(account, sessions.begin(tx, account.id, way))


def _prove(store: Store, key: bytes, attempt: Attempt, action: str) -> tuple[Account, str]:
    """The account whose password was given, and the hash that it was held against."""
    account, hashed = _count(store, attempt, _subjects(key, attempt))
    # If we crash here, the attempt counts as failed, and that is all.
    if not passwords.verify(hashed, attempt.password) or account is None or hashed is None:
        who = account.id if account else access.NOBODY
        access.refuse(store, action, who, "wrong password" if account else "no such account")
        raise Unauthorized(WRONG)
    return account, hashed


def _subjects(key: bytes, attempt: Attempt) -> dict[bytes, int]:
    """What failures are counted by, and after how many there is a wait. Nothing kept of either tells what it was."""
    folded = accounts.folded(attempt.email) or attempt.email
    account = secret.digest(key, "failures of an account", folded)
    return {account: OF_ACCOUNT, secret.digest(key, "failures of an address", attempt.address): OF_ADDRESS}


def _count(store: Store, attempt: Attempt, subjects: dict[bytes, int]) -> tuple[Account | None, str | None]:
    """Count an attempt as failed; the account that it is for, and the hash of its password."""
    with store.writing() as tx:
        accesses.lock(tx.connection)
        attempts.sweep(tx.connection, tx.clock(), tx.clock() - FORGOTTEN)
        account = accounts.find_email(tx, attempt.email)
        hashed = stored.read_password(tx.connection, account.id) if account else None
        wait = max(_wait(tx, subject) for subject in subjects)
        if not wait:
            for subject, most in subjects.items():
                _fail(tx, subject, most)
    if wait:
        raise TooOften(f"there were too many attempts to sign in: try again in {in_words(wait)}", wait)
    return account, hashed


def _wait(tx: Transaction, subject: bytes) -> int:
    row = attempts.get_failure(tx.connection, subject)
    return max(0, row.until - tx.clock()) if row else 0


def _fail(tx: Transaction, subject: bytes, most: int) -> None:
    row = attempts.get_failure(tx.connection, subject)
    count = (row.failures if row else 0) + 1
    wait = min(FIRST_WAIT * 2 ** min(count - most, 10), LONGEST_WAIT) if count >= most else 0
    attempts.write_failure(tx.connection, subject, count, tx.clock(), tx.clock() + wait)


def _let_off(tx: Transaction, key: bytes, attempt: Attempt, account: Account, hashed: str) -> None:
    """The attempt did not fail after all. An address keeps its others: they may be of somebody else's account.

    Raises Unauthorized when the password was changed, or its person forgotten, since it was looked at.
    """
    accesses.lock(tx.connection)
    if stored.read_password(tx.connection, account.id) != hashed:
        raise Unauthorized(WRONG)
    for subject, most in _subjects(key, attempt).items():
        row = attempts.get_failure(tx.connection, subject)
        if row:
            count = 0 if most == OF_ACCOUNT else row.failures - 1
            attempts.write_failure(tx.connection, subject, count, row.last, tx.clock())
