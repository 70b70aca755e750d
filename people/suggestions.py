"""How often somebody may suggest, and whether at all.

Who has a role on a register may suggest there as often as they like: somebody answers for them. All others have so
many suggestions and comments an hour and a day, counted by account, and by the address that they come from, since one
person may have many e-mails. Each is counted before it is done, so that a hundred at once are a hundred.
"""

from __future__ import annotations

from people import access, bars, rates, roles
from people.rates import DAY, Share
from people.store import accesses
from registers.errors import Forbidden
from registers.store import registers
from registers.store.engine import Store, Transaction

AN_HOUR, A_DAY = 20, 100  # suggestions and comments of an account
OF_ADDRESS = 100  # in an hour, of all accounts that come from one address
OF_KEY = 1000  # proposals in an hour, of an API key: those are given to programs that somebody answers for
SAVED = 100  # times in an hour that an account or an API key saves drafts, whose events are kept for ever
ROLE = "contributor"  # with which they are not counted
OFTEN = "you have suggested and said as much as one person may in a while"


def admit(store: Store, key: bytes, account_id: str, register: str, address: str) -> None:
    """Let an account suggest, or say something of a suggestion, once more; `key` is this service's secret.

    Raises Forbidden when it is barred, which the access log has, and TooOften.
    """
    refused = None
    with store.writing() as tx:
        accesses.lock(tx.connection)
        found = registers.find_by_any_name(tx.connection, register)
        if _has_role(tx, account_id, found.id if found else None):
            return
        rates.take(tx, key, _shares(account_id, address), OFTEN)
        try:
            bars.check(tx, account_id, found.id if found else None)
        except Forbidden as error:
            # It was counted, so that nobody can fill a log with it that is never deleted.
            access.record(tx, "suggest", account_id, register=register, why="barred")
            refused = error
    if refused:
        raise refused


def admit_key(store: Store, key: bytes, actor: str) -> None:
    """Let an API key propose once more. Raises TooOften."""
    with store.writing() as tx:
        accesses.lock(tx.connection)
        shares = [Share("proposals of a key", actor, OF_KEY)]
        rates.take(tx, key, shares, f"this API key has made {OF_KEY:,} proposals in an hour, the most that one may")


def admit_draft(store: Store, key: bytes, actor: str) -> None:
    """Let an account or an API key save a draft once more. Raises TooOften."""
    with store.writing() as tx:
        accesses.lock(tx.connection)
        sentence = f"you have saved drafts {SAVED:,} times in an hour, the most that one may"
        rates.take(tx, key, [Share("drafts", actor, SAVED)], sentence)


def _shares(account_id: str, address: str) -> list[Share]:
    return [
        Share("suggestions in an hour", account_id, AN_HOUR),
        Share("suggestions in a day", account_id, A_DAY, DAY),
        Share("suggestions of an address", address, OF_ADDRESS),
    ]


def _has_role(tx: Transaction, account_id: str, register_id: int | None) -> bool:
    try:
        roles.check(tx, account_id, ROLE, register_id)
    except Forbidden:
        return False
    return True
