"""What a plan changes, change by change, each held against the item that it replaces.

The log keeps that item, so what a plan changes is the same for ever, whatever became of the register since.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from io import BytesIO
from itertools import islice

from registers import plan
from registers.batch import Change
from registers.entry import Item, Region
from registers.item import normalise
from registers.plan import Difference
from registers.question import title_of
from registers.register import Register
from registers.store import entries, registers
from registers.store.engine import Store, Transaction


def changes_of(of: Store, content: bytes, after: int, limit: int) -> list[Difference]:
    """What the changes of a plan beyond the first `after` do, at most `limit` of them."""
    with of.reading() as tx:
        stream = iter(BytesIO(content))
        first = next(stream)
        some = list(islice(stream, after, after + max(limit, 0)))
        header, read = plan.read([first, *some, b'{"changes":%d}' % len(some)])
        wanted = list(read)
        register = registers.find_by_any_name(tx.connection, header.register)
        before = replaced(tx, register, wanted) if register and header.origin == register.origin else {}
    return [_difference(change, before) for change in wanted]


def defined_in(content: bytes) -> list[tuple[str, Item]]:
    """The metadata entries that these bytes of a plan begin with."""
    return [(each.key, normalise(each.item)) for each in plan.read(BytesIO(content))[0].definition]


def replaced(
    tx: Transaction, register: Register, wanted: Iterable[Change], region: Region = Region.USER
) -> dict[str, Item]:
    """The items that changes replace, by key, from the trails of their keys."""
    digests = {change.key: change.replaces for change in wanted if change.replaces}
    trails = tx.hot.trails(tx.connection, register.id, region, list(digests)) if digests else []
    brought = {key: number for key, _, _, number, digest in trails if bytes(digest) == digests[key]}
    found = entries.read_numbers(tx.connection, register.id, region, list(brought.values()))
    return {key: json.loads(found[number].body) for key, number in brought.items()}


def _difference(change: Change, before: dict[str, Item]) -> Difference:
    item = normalise(change.item, redacted=True)
    return plan.difference(change.key, before.get(change.key), item, title_of(item, change.key))
