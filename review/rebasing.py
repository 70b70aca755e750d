"""Re-basing: a plan that its register has left behind is made anew against the register as it is.

What the plan would do to a record is what it changes of the item that it replaces, field by field. That is done to the
item that the record has now: what others wrote to other fields stays as they wrote it, and where they wrote to the
same field there is no telling who is right, so nothing is made. What the register says already falls away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import islice

from registers import applying, plan, snapshot
from registers.batch import NEW, Change
from registers.entry import Item, Region, shortened
from registers.errors import Conflict
from registers.item import Value, normalise
from registers.plan import Header
from registers.register import Register
from registers.store import records, registers
from registers.store.engine import Store, Transaction
from review import differing

AT_ONCE = 1000  # changes made anew in one transaction
NAMED = 5  # disputed fields that a sentence names


def make_anew(of: Store, content: bytes) -> bytes:
    """A plan as it has to be now. Raises Conflict where both changed the same, or nothing is left of it; NotFound, Gone
    and Conflict for a register that is not there any more, or is another.
    """
    header, changes = plan.read(BytesIO(content))
    disputed: list[str] = []
    with of.reading() as tx:
        header, register = _header(tx, header, disputed)
    made: list[Change] = []
    while some := list(islice(changes, AT_ONCE)):
        with of.reading() as tx:
            made += _changes(tx, register, some, disputed)
    if disputed:
        named, more = ", ".join(disputed[:NAMED]), len(disputed) - NAMED
        others = f" and {more:,} more" if more > 0 else ""
        raise Conflict(f"the register was changed in the same fields meanwhile: {named}{others}; plan it by hand")
    if not made and not header.definition:
        raise Conflict("the register is already as this asks, so nothing is left of it; withdraw it")
    return "".join(plan.lines(header, made)).encode()


def _header(tx: Transaction, header: Header, disputed: list[str]) -> tuple[Header, Register]:
    """The header against the present state, with the definition's entries made anew; and the register."""
    named = registers.find_by_any_name(tx.connection, header.register)
    header = replace(header, register=named.name if named else header.register)
    register = applying.find(tx, header)
    if register is None:
        raise Conflict("this makes a register, and was made against none; submit it again")
    taken, items = snapshot.take(tx, register), snapshot.metadata_items(tx, register.id)
    now = {key: (digest, items[key]) for key, digest in snapshot.metadata_digests(tx, register.id).items()}
    before = differing.replaced(tx, register, header.definition, Region.METADATA)
    definition = tuple(_merged(header.definition, before, now, disputed))
    root = f"{plan.HASH}{taken.root().hex()}"
    return replace(header, entries=taken.size, root_hash=root, definition=definition), register


def _changes(tx: Transaction, register: Register, some: Sequence[Change], disputed: list[str]) -> Iterator[Change]:
    """Some of the changes, made anew."""
    keys = [each.key for each in some]
    bodies = records.bodies(tx.connection, register.id, keys)
    digests = records.current(tx.connection, register.id, keys)
    now = {key: (digests[key].digest, json.loads(body)) for key, body in bodies.items()}
    return _merged(some, differing.replaced(tx, register, some), now, disputed)


def _merged(
    some: Iterable[Change],
    before: Mapping[str, Item],
    now: Mapping[str, tuple[bytes, Item]],
    disputed: list[str],
) -> Iterator[Change]:
    """The changes on top of what there is now; `disputed` is told of the fields that both changed."""
    for each in some:
        digest, there = now.get(each.key, (NEW, {}))
        item, both = merge(before.get(each.key, {}), normalise(each.item), there)
        disputed += [f"{field} of {shortened(each.key)}" for field in both]
        if item != there:
            yield each._replace(item=item, replaces=digest)


def merge(before: Item, wanted: Item, now: Item) -> tuple[dict[str, Value], list[str]]:
    """What is wanted in place of `before`, on top of `now`; and the fields that both changed, not to the same.

    >>> merge({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "3"})
    ({'a': '2', 'b': '3'}, [])
    """
    item, both = dict(now), list[str]()
    for field in sorted(before.keys() | wanted.keys()):
        if before.get(field) == wanted.get(field):
            continue
        if now.get(field) not in (before.get(field), wanted.get(field)):
            both.append(field)
        elif field in wanted:
            item[field] = wanted[field]
        else:
            item.pop(field, None)
    return item, both
