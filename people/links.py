"""Links that whoever has an e-mail can follow, to show that it reaches them: sealed, good for a while, and good once.

A link holds the e-mail that it was sent to, so nothing is kept of one that nobody follows but, for as long as it is
good, what was typed before it was asked for. To follow it makes an account if there is none, confirms its e-mail, and
begins a session.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from people import accounts, drafts, rates, secret, sessions
from people.accounts import NAMELESS, Wanted
from people.emails import check_email, reached
from people.rates import Share
from people.secret import digest_of
from people.sign_in import SignedIn, welcome
from people.store import accesses
from people.store import accounts as stored
from people.store import sessions as attempts
from registers.errors import Conflict
from registers.store.engine import Store, Transaction

GOOD_FOR = 24 * 60 * 60  # seconds, of a link that is made at a terminal
MAILED = 2 * 60 * 60  # seconds, of one that somebody asked for
OF_EMAIL, OF_ADDRESS, OF_ALL = 5, 20, 1000  # links in an hour: to an e-mail, for an address, and in all
OFTEN = "too many links were asked for"
PURPOSE = "confirm an e-mail"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link says: who is to follow it, the path to go on to, and what finds what was typed there, if anything."""

    name: str
    email: str
    following: str = ""
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """That somebody wants a link: what they typed for an e-mail, the address that they come from, where they want to go
    on, and what they had typed there.
    """

    email: str
    address: str
    following: str = ""
    draft: str = ""


def invite(tx: Transaction, key: bytes, asked: Asked) -> tuple[str, str]:
    """A part: the e-mail that a link is to be sent to, and its token; the same is done with and without an account.

    Raises Invalid for what is no e-mail, TooOften, TooLarge for what was typed.
    """
    accesses.lock(tx.connection)
    to = reached(asked.email)
    rates.take(tx, key, _shares(to, asked.address), OFTEN)
    account = accounts.find_email(tx, to)
    to = (account.email if account else None) or to
    expires = tx.clock() + MAILED
    draft = drafts.keep(tx, asked.following, asked.draft, expires) if asked.draft else ""
    name = account.name if account else NAMELESS
    return to, make(key, Invitation(name, to, asked.following, draft), tx.clock(), MAILED)


def _shares(to: str, address: str) -> list[Share]:
    return [
        Share("links to an e-mail", accounts.folded(to), OF_EMAIL),
        Share("links for an address", address, OF_ADDRESS),
        Share("links in all", "", OF_ALL),
    ]


def make(key: bytes, invitation: Invitation, now: int, good_for: int = GOOD_FOR) -> str:
    """The token of a link for an e-mail, from this service's secret. Raises Invalid for a bad name or e-mail."""
    members = {
        "name": accounts.check_name(invitation.name),
        "email": check_email(invitation.email),
        "following": invitation.following,
        "draft": invitation.draft,
        "once": secrets.token_urlsafe(12),  # two links are never the same one
    }
    return secret.seal(key, PURPOSE, members, now + good_for)


def read(key: bytes, token: str, now: int) -> Invitation:
    """What a link says, without following it. Raises Invalid for one that is not ours, Unauthorized for an old one."""
    members, _ = secret.unseal(key, PURPOSE, token, now)
    return Invitation(members["name"], members["email"], members.get("following", ""), members.get("draft", ""))


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
        if invitation.draft:
            drafts.give(tx, invitation.draft, account.id)
        return welcome(tx, accounts.get(tx, account.id), sessions.BY_LINK, before)
