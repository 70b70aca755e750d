"""Who an account is to an OpenID provider: its issuer and subject, which together are for good one person's.

An account is found by those alone. Only at the first time is an e-mail looked at, one that the provider has verified,
and that our own account has confirmed: so nobody gets another's account by saying that an e-mail is theirs, and nobody
has two by coming two ways.
"""

from __future__ import annotations

import unicodedata

from people import accounts
from people.accounts import LONGEST_NAME, NAMELESS, Account, Wanted
from people.openid import Claims
from people.sign_in import SignedIn, welcome
from people.store import accesses
from people.store import accounts as stored
from registers.errors import Conflict
from registers.store.engine import Store, Transaction

WAY = "openid"
ACTION = f"sign in by {WAY}"  # in the access log


def sign_in(store: Store, claims: Claims, before: str = "") -> SignedIn:
    """Begin a session for whom a provider tells of, in place of the browser's own; makes an account at the first time.

    Raises Conflict when the e-mail is that of an account which has not confirmed it.
    """
    with store.writing() as tx:
        accesses.lock(tx.connection)
        row = stored.find_identity(tx.connection, claims.issuer, claims.subject)
        account = accounts.read(row) if row else _meet(tx, claims)
        return welcome(tx, account, WAY, before)


def _meet(tx: Transaction, claims: Claims) -> Account:
    """The account of somebody who comes for the first time."""
    email = claims.email if accounts.folded(claims.email) else None
    account = accounts.find_email(tx, email) if email else None
    if account is None:
        account = accounts.create(tx, Wanted(_name(claims.name), email, confirmed=True))
    elif account.confirmed is None:
        raise Conflict(
            "there is an account with your e-mail that has not confirmed it: ask whoever runs this service for a link"
        )
    stored.add_identity(tx.connection, claims.issuer, claims.subject, account.id)
    return account


def _name(told: str) -> str:
    seen = "".join(each for each in told if not unicodedata.category(each).startswith("C")).strip()
    return seen[:LONGEST_NAME].strip() or NAMELESS
