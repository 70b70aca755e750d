"""A person's feed: what happened to proposals that concern them, for who reads it with a feed reader.

Such a program signs in nowhere, so the address itself is the key: sealed with the service's secret, and good until its
person asks for another, or is forgotten. It says the id of their account, and no name.
"""

from __future__ import annotations

from dataclasses import dataclass

from notices import wishes, wording
from notices.store import wishes as stored
from notices.telling import DECIDES, SUPPORTED, YOURS
from notices.wording import Told
from people import accounts, roles, secret
from people.store import accesses
from registers.errors import Gone
from registers.store.engine import Store, Transaction
from review import events, listing, proposals
from review.events import Event, Proposal

PURPOSE = "a person's feed"
FOREVER = 10**12  # UTC seconds; the same each time, so that the address is


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a feed: what happened, to which proposal, and how that is told."""

    event: Event
    proposal: Proposal
    told: Told


def address(tx: Transaction, key: bytes, account: str) -> str:
    """The token of the address of a person's feed."""
    number = stored.feed_number(tx.connection, account)
    return secret.seal(key, PURPOSE, {"account": account, "number": number}, FOREVER)


def whose(tx: Transaction, key: bytes, token: str) -> str:
    """The account whose feed it is. Raises Invalid for a token that is not ours, Gone for one that is good no more."""
    members, _ = secret.unseal(key, PURPOSE, token, tx.clock())
    account = accounts.get_or_none(tx, members["account"])
    if account is None or account.forgotten or stored.feed_number(tx.connection, account.id) != members["number"]:
        raise Gone("this feed has another address now, or is there no more: look for it on your account")
    return account.id


def renew(store: Store, account: str) -> None:
    """Give a person's feed another address; the one that it had ends."""
    with store.writing() as tx:
        accesses.lock(tx.connection)
        if wishes.is_there(tx, account):
            stored.renew_feed(tx.connection, account)


def concerning(tx: Transaction, account: str, before: int, limit: int) -> tuple[list[Item], int | None]:
    """What concerns a person of the `limit` latest events below a number, the latest first; where the next page begins.

    It is what happened to proposals that they made or support, and new ones for registers that they decide on.
    """
    names: set[str] | None = set()
    for each in roles.held(tx, account):
        if each.role in DECIDES:
            names = None if names is None or each.register is None else names | {each.register}
    found = listing.concerning(tx, account, names, before, limit + 1)
    known = {number: proposals.find(tx, number) for number in {event.proposal for event in found}}
    items = [_item(event, known[event.proposal], account) for event in found[:limit]]
    return [each for each in items if each], found[limit - 1].number if len(found) > limit else None


def _item(event: Event, proposal: Proposal, account: str) -> Item | None:
    told: Told | None
    if account in (proposal.author, *proposal.confirmed_by):
        whose = YOURS if account == proposal.author else SUPPORTED
        is_first = event.kind == events.SUBMITTED
        told = wording.tell_of_own(proposal, whose) if is_first else wording.tell(event, proposal, whose)
    else:
        told = wording.tell_of_new([proposal], "")[0]
    return Item(event, proposal, told) if told else None
