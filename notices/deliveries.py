"""From revisions to messages: a follower of the log makes one message for each new revision and subscription.

Its position is the number of the last revision that it has made messages of. Drafts are passed over; when one is
published, one message tells of all that it holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from notices.store import webhooks as messages
from registers.canonical import canonical_json
from registers.entry import timestamp_text
from registers.indexing import Progress
from registers.register import Register, Revision
from registers.store import followers, registers
from registers.store.engine import Store, Transaction
from registers.v1.hashing import hash_text as v1_text
from registers.v2.hashing import hash_text as v2_text

CHUNK = 500  # revisions in one act
PAGE = 5000  # entries in one answer of the API


class _Deliveries:
    """The follower that makes messages of revisions."""

    name = "webhooks"

    def position(self, tx: Transaction, register_id: int) -> int:
        """The revision up to which there are messages; 0 before the first look."""
        return followers.read(tx.connection, self.name, register_id)[0]

    def catch_up(self, store: Store, register: Register, progress: Progress | None = None) -> None:
        """Make the messages of all revisions that there are. Done twice, or by two at once, is done once."""
        while self._is_behind(store, register):
            with store.writing() as tx:
                self._go_on(tx, register)

    def _is_behind(self, store: Store, register: Register) -> bool:
        with store.reading() as tx:
            now = registers.get(tx.connection, register.id)
            head = registers.read_head(tx.connection, register.id)
            if now is None or head is None or now.loading or now.status == "draft":
                return False
            return self.position(tx, register.id) < head.revision

    def _go_on(self, tx: Transaction, register: Register) -> None:
        """A part: the messages of some revisions, and the position after them, together or not at all."""
        position, note = followers.claim(tx.connection, self.name, register.id)
        told = messages.subscribers(tx.connection, register.id)
        head = registers.read_head(tx.connection, register.id)
        if head is None:
            return
        # At the first look all is done at once, and so it is where nobody listens.
        last = min(head.revision, position + CHUNK) if position and told else head.revision
        rows = [
            {"webhook_id": webhook_id, "since": since, "revision": number}
            for webhook_id, began in told
            for since, number in _messages(position, began, last)
        ]
        common = {"register_id": register.id, "due": tx.clock(), "created": tx.clock()}
        messages.add_deliveries(
            tx.connection, [{"id": f"msg_{secrets.token_hex(16)}", **common, **row} for row in rows]
        )
        followers.move(tx.connection, self.name, register.id, last, note)


DELIVERIES = _Deliveries()


def _messages(position: int, began: int, last: int) -> Iterator[tuple[int, int]]:
    """What a subscriber is told of revisions after `position`, up to `last`: pairs of the state before, and after.

    Who subscribed before the register was published, and hears of it for the first time, gets one for all of it.
    """
    if not position and not began:
        yield 0, last
        return
    for number in range(max(position, began) + 1, last + 1):
        yield number - 1, number


def message(tx: Transaction, delivery: Row[Any], base_url: str) -> bytes:
    """The body of a message, JSON: what the revisions after `since` brought, and the state that they made."""
    register = registers.get(tx.connection, delivery.register_id)
    assert register is not None  # what was published stays
    made = _revision(tx, register.id, delivery.revision)
    assert made is not None
    before = _revision(tx, register.id, delivery.since)
    first = (before.entries if before else 0) + 1
    root = f"{base_url}/v2/registers/{register.name}"
    links = {"register": root}
    members: dict[str, object] = {}
    if first <= made.entries:
        members = {"first-entry": first, "last-entry": made.entries}
        links["entries"] = f"{root}/entries?start={first}&limit={min(made.entries - first + 1, PAGE)}"
    members |= {
        "type": "register.revised",
        "id": delivery.id,
        "register": register.name,
        "revision": made.number,
        "entries": made.entries - first + 1,
        "metadata-entries": made.metadata_entries - (before.metadata_entries if before else 0),
        "size": made.entries,
        "root-hash": v2_text(made.v2_root),
        "v1-root-hash": v1_text(made.v1_root),
        "time": timestamp_text(made.time),
        "links": links,
    }
    return canonical_json(members).encode()


def _revision(tx: Transaction, register_id: int, number: int) -> Revision | None:
    return next(iter(registers.revisions(tx.connection, register_id, number - 1, 1)), None) if number else None


# The log of deliveries


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: when (UTC seconds), the status answered or None, else why there was none, and how long it took."""

    time: int
    status: int | None
    error: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and what became of it: waiting, sent or failed; `due` is when it is tried next."""

    id: str
    register: str
    revision: int
    status: str
    due: int | None
    created: int
    attempts: list[Attempt]


def log(tx: Transaction, webhook_id: str, limit: int, before: tuple[int, str] | None = None) -> list[Delivery]:
    """The messages to a subscription, the latest first, those before (created, id) if it is given."""
    rows = messages.log(tx.connection, webhook_id, before, limit)
    attempts: dict[str, list[Attempt]] = {row.id: [] for row in rows}
    for row in messages.attempts(tx.connection, list(attempts)):
        attempts[row.delivery_id].append(Attempt(row.time, row.status, row.error, row.milliseconds))
    return [
        Delivery(row.id, row.name, row.revision, row.status, row.due, row.created, attempts[row.id]) for row in rows
    ]
