"""Sessions: what a browser shows to be known again, for as long as it is used, and no longer than a day's work.

A session is 256 random bits, made anew at each sign-in and never taken from outside; what is kept is its SHA-256. It
ends when it was not used for a while, at a moment that was set when it began, and at once when its person signs out,
is forgotten, has another password, or has a role given or taken.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from people import access, accounts
from people.accounts import Account
from people.secret import digest_of
from people.store import accesses
from people.store import sessions as stored
from registers.store.engine import Store, Transaction

IDLE = 60 * 60  # seconds after which a session that was not used ends
LONGEST = 12 * 60 * 60  # seconds after which every session ends
BY_PASSWORD, BY_LINK = "password", "link"  # how somebody came
SEEN = 5 * 60  # seconds within which it is known when a session was last used


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is good, whose it is, how they came, and when, UTC seconds.

    `digest` is what is kept of what the browser shows.
    """

    digest: bytes
    account: Account
    way: str
    created: int


def begin(tx: Transaction, account_id: str, way: str) -> str:
    """Begin a session, as a part of an act; what the browser is to show for it, which nothing can tell again."""
    text = secrets.token_urlsafe(32)
    now = tx.clock()
    moments = {"created": now, "used": now, "expires": now + LONGEST}
    stored.add(tx.connection, digest_of(text), account=account_id, way=way, **moments)
    return text


def find(store: Store, text: str) -> Session | None:
    """The session of what a browser shows; None for one that is unknown or over."""
    digest = digest_of(text)
    with store.reading() as tx:
        row = stored.get(tx.connection, digest)
        now = tx.clock()
        if row is None or now >= row.expires or now >= row.used + IDLE:
            return None
        account = accounts.get(tx, row.account)
    if account.forgotten is not None:
        return None
    if now >= row.used + SEEN:
        _see(store, digest)
    return Session(digest, account, row.way, row.created)


def end(store: Store, text: str) -> None:
    """End the session of what a browser shows, if there is one."""
    digest = digest_of(text)
    with store.writing() as tx:
        accesses.lock(tx.connection)
        row = stored.get(tx.connection, digest)
        if row is not None:
            stored.remove(tx.connection, digest)
            access.record(tx, "sign out", row.account)


def _see(store: Store, digest: bytes) -> None:
    with store.writing() as tx:
        stored.touch(tx.connection, digest, tx.clock())
