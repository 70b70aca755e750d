"""Links that whoever has an e-mail can follow, to show that it reaches them: sealed, good for a day, and good once.

A link holds the e-mail that it was sent to, so nothing is kept of one that nobody follows. To follow it makes an
account if there is none, confirms its e-mail, and begins a session.
"""

from __future__ import annotations

from dataclasses import dataclass

from people import accounts, secret, sessions
from people.accounts import Wanted
from people.emails import check_email
from people.secret import digest_of
from people.sign_in import SignedIn, welcome
from people.store import accesses
from people.store import accounts as stored
from people.store import sessions as attempts
from registers.errors import Conflict
from registers.store.engine import Store

GOOD_FOR = 24 * 60 * 60  # seconds
PURPOSE = "confirm an e-mail"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link says: who is to follow it."""

    name: str
    email: str


def make(key: bytes, invitation: Invitation, now: int) -> str:
    """The token of a link for an e-mail, from this service's secret. Raises Invalid for a bad name or e-mail."""
    members = {"name": accounts.check_name(invitation.name), "email": check_email(invitation.email)}
    return secret.seal(key, PURPOSE, members, now + GOOD_FOR)


def read(key: bytes, token: str, now: int) -> Invitation:
    """What a link says, without following it. Raises Invalid for one that is not ours, Unauthorized for an old one."""
    members, _ = secret.unseal(key, PURPOSE, token, now)
    return Invitation(members["name"], members["email"])


def follow(store: Store, key: bytes, token: str, before: str = "") -> SignedIn:
    """Follow a link: its e-mail is confirmed, and a session begins in place of the browser's own.

    Raises Invalid, Unauthorized as `read` does; Conflict for a link that was followed before.
    """
    invitation = read(key, token, store.clock())
    _, expires = secret.unseal(key, PURPOSE, token, store.clock())
    with store.writing() as tx:
        accesses.lock(tx.connection)
        if not attempts.use_link(tx.connection, digest_of(token), expires):
            raise Conflict("the link was used before, and is good only once: ask for another")
        account = accounts.find_email(tx, invitation.email)
        if account is None:
            account = accounts.create(tx, Wanted(invitation.name, invitation.email))
        stored.confirm(tx.connection, account.id, tx.clock())
        return welcome(tx, accounts.get(tx, account.id), sessions.BY_LINK, before)
