"""Drafts: what somebody had typed into a form when they asked for a link, so that it is there once they followed it.

A draft is nobody's until its link is followed, and then that account's alone. It is found by a random number that the
link holds, of which the SHA-256 is kept, and is deleted when the link is too old.
"""

from __future__ import annotations

import secrets

from people.secret import digest_of
from people.store import drafts as stored
from registers.errors import TooLarge
from registers.store.engine import Store, Transaction

LIMIT = 64 * 1024  # bytes


def keep(tx: Transaction, path: str, content: str, expires: int) -> str:
    """A part: keep what was typed for the page of a path; what finds it again. Raises TooLarge."""
    if len(content.encode()) > LIMIT:
        raise TooLarge(f"what you typed is over {LIMIT // 1024} kB, too long to be kept for you: sign in first")
    text = secrets.token_urlsafe(32)
    stored.sweep(tx.connection, tx.clock())
    stored.add(tx.connection, digest_of(text), path, content, expires)
    return text


def give(tx: Transaction, text: str, account_id: str) -> None:
    """A part: the draft is that of an account from now on."""
    stored.give(tx.connection, digest_of(text), account_id)


def read(store: Store, text: str, account_id: str, path: str) -> str | None:
    """What an account had typed for the page of a path; None when it is over, or is not theirs."""
    with store.reading() as tx:
        return stored.read(tx.connection, digest_of(text), account_id, path, tx.clock())
