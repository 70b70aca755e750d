"""Who wants to hear of changes: a URL is told of each new revision of a register, or of all of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from notices import addresses, webhooks
from notices.store import webhooks as store
from registers import snapshot
from registers.definition import check_name
from registers.entry import shortened
from registers.errors import Conflict, Gone, Invalid, NotFound
from registers.store.engine import Store, Transaction

MOST = 100  # subscriptions of one owner


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; `register` is a name, or None for all. `status` is active or disabled."""

    id: str
    owner: str
    register: str | None
    url: str
    status: str
    created: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subscriber asks for: a URL to call; a register's name or None for all; a secret or None for a new one."""

    url: str
    register: str | None = None
    secret: str | None = None


def subscribe(
    into: Store, owner: str, wanted: Wanted, private: bool = False, look_up: addresses.LookUp = addresses.look_up
) -> tuple[Subscription, str]:
    """Make a subscription; returns it with its secret. What happened before is not told of.

    Raises Invalid for a URL, a register or a secret that will not do, Conflict for one too many.
    """
    addresses.choose_address(addresses.parse_target(wanted.url), private, look_up)
    secret = wanted.secret or webhooks.new_secret()
    webhooks.check_secret(secret)
    webhook_id = f"webhook-{secrets.token_hex(12)}"
    with into.writing() as tx:
        if store.count(tx.connection, owner) >= MOST:
            raise Conflict(f"there are {MOST} webhooks already, and no more may be made: delete one first")
        register_id = None if wanted.register is None else _register_id(tx, wanted.register)
        values = {"owner": owner, "register_id": register_id, "url": wanted.url, "secret": secret}
        store.add(tx.connection, id=webhook_id, created=tx.clock(), **values)
        return find(tx, owner, webhook_id), secret


def _register_id(tx: Transaction, name: str) -> int:
    try:
        return snapshot.find_register(tx, check_name(name), drafts=False).id
    except (Invalid, NotFound, Gone) as error:
        raise Invalid(f"register: {error}") from None


def find(tx: Transaction, owner: str, webhook_id: str) -> Subscription:
    """One of an owner's subscriptions. Raises NotFound, for those of others as well."""
    row = store.find(tx.connection, owner, webhook_id) if "\0" not in webhook_id else None
    if row is None:
        raise NotFound(f"there is no webhook {shortened(webhook_id)}")
    return _made(row)


def find_all(tx: Transaction, owner: str) -> list[Subscription]:
    """All of an owner's subscriptions, the oldest first; at most `MOST`."""
    return [_made(row) for row in store.find_all(tx.connection, owner)]


def unsubscribe(into: Store, owner: str, webhook_id: str) -> None:
    """Take a subscription away, with its log. Raises NotFound."""
    with into.writing() as tx:
        store.remove(tx.connection, find(tx, owner, webhook_id).id)


def _made(row: Any) -> Subscription:
    return Subscription(*row)
