"""What people want to be told of by mail: all of it, until they turn a kind off, on their account or by a link.

The link stands in each mail, and in its headers for mail programs (RFC 8058). It is sealed with the service's secret,
and holds the id of an account and a kind; whoever has it can turn that kind off, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from notices.store import wishes as stored
from people import accounts, secret
from people.store import accesses
from registers.errors import Invalid
from registers.store.engine import Store, Transaction

DECISIONS, COMMENTS, PROPOSALS = "decisions", "comments", "proposals"
KINDS: Mapping[str, str] = MappingProxyType(
    {
        DECISIONS: "what is decided on your suggestions, and when they change or expire",
        COMMENTS: "what others say about suggestions that you made, support or commented on",
        PROPOSALS: "new suggestions for registers that you review or decide on",
    }
)
PERSONAL = ("notice_off", "personal_feed")  # tables that say what somebody wants
PURPOSE = "turn mails off"
YEAR = 365 * 24 * 60 * 60  # seconds
GOOD_FOR = 10 * YEAR  # a mail may be opened long after it was sent


class Refusal(NamedTuple):
    """What a link to turn mails off says: whose, and of which kind."""

    account: str
    kind: str


def wants(tx: Transaction, account: str, kind: str) -> bool:
    """Whether a person is to be told of a kind."""
    return kind not in stored.off(tx.connection, account)


def wanted(tx: Transaction, account: str) -> list[str]:
    """The kinds that a person is told of."""
    off = stored.off(tx.connection, account)
    return [kind for kind in KINDS if kind not in off]


def choose(store: Store, account: str, kinds: Collection[str]) -> None:
    """Tell a person of these kinds from now on, and of no others. Raises Invalid for what is none."""
    for kind in kinds:
        check_kind(kind)
    with store.writing() as tx:
        accesses.lock(tx.connection)
        if is_there(tx, account):
            stored.turn_on(tx.connection, account)
            stored.turn_off(tx.connection, account, KINDS.keys() - set(kinds))


def refuse(store: Store, refusal: Refusal) -> None:
    """Turn a kind off; done twice is done once, and of who was forgotten there is nothing to turn off."""
    with store.writing() as tx:
        accesses.lock(tx.connection)
        if is_there(tx, refusal.account) and wants(tx, *refusal):
            stored.turn_off(tx.connection, refusal.account, [refusal.kind])


def is_there(tx: Transaction, account_id: str) -> bool:
    """Whether there is somebody behind an account."""
    account = accounts.get_or_none(tx, account_id)
    return account is not None and account.forgotten is None


def token(key: bytes, refusal: Refusal, now: int) -> str:
    """The token of a link that turns a kind off, from this service's secret."""
    return secret.seal(key, PURPOSE, refusal._asdict(), now + GOOD_FOR)


def read(key: bytes, text: str, now: int) -> Refusal:
    """What a link says. Raises Invalid for one that is not ours, Unauthorized for an old one."""
    members, _ = secret.unseal(key, PURPOSE, text, now)
    return Refusal(members["account"], check_kind(members["kind"]))


def check_kind(kind: str) -> str:
    """The kind. Raises Invalid for what is none."""
    if kind not in KINDS:
        raise Invalid(f"kind: is one of {', '.join(KINDS)}")
    return kind
