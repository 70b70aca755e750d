"""The log: the only writer. It turns changes into items, entries, records, tiles, a new head and a revision.

An append has two steps, so that the lock is held for as short as can be:

    made = batch.prepare(subject, hashings, changes)    normalise, validate, canonicalise, hash: no database
    append(tx, register, made, authority)               under the head's lock: number, chain, grow, insert, swap

`append` is a part of an act: it takes the transaction of its caller and never commits. Entry numbers come from the
head, never from a sequence, so there are no gaps; the head is replaced by compare-and-swap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any

from registers import links, merkle, tiers, trees
from registers.batch import NEW, Batch, Rules
from registers.entry import FORMAT_SUFFIXES, Region, next_chain, shortened, timestamp_text
from registers.errors import Gone, Invalid, Moved
from registers.item import Link
from registers.register import Authority, Head, Register, Revision, edge_hashes
from registers.store import records, registers, tables
from registers.store.engine import Transaction

EARLIEST = -(2**63)  # before any timestamp


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append made: its revision, the first new entry number, and links left dangling under "keep"."""

    revision: Revision
    first: int
    dangling: list[Link]


def append(
    tx: Transaction,
    register: Register,
    batch: Batch,
    authority: Authority,
    rules: Rules = Rules(),  # noqa: B008  immutable
) -> Appended:
    """Append a prepared batch, which is not empty, at the head: all of it or nothing.

    Raises Invalid when a change repeats its key's current item, goes back in time or links to nothing; Gone when the
    register is retired; Conflict when it would become critical and its custodian decides alone; Moved when the
    definition it was prepared against, the item that a change replaces, or the head, has changed meanwhile.
    """
    tx.hot.lock_head(tx.connection, register.id)
    head = registers.read_head(tx.connection, register.id)
    if head is None:
        raise Moved(f"the register {register.name} was taken away while this was being written")
    if not rules.retired and registers.is_retired(tx.connection, register.id):
        raise Gone(f"the register {register.name} is retired, and takes no entries any more")
    if head.metadata_entries != batch.metadata_entries:
        raise Moved(f"the definition of {register.name} has changed while this was being written; try again")
    tiers.follow(tx, register, batch)
    rows = _number(tx, head, batch, rules)
    dangling = _judge_links(tx, register, batch, rules)
    chained = _insert_entries(tx, head, batch, rows)
    _insert_items(tx, head, batch, rows.items)
    _insert_records(tx, head, batch, rows)
    return Appended(_swap(tx, head, chained, rows, authority), head.size(batch.region) + 1, dangling)


@dataclass(slots=True)
class _Rows:
    """What numbering a batch decides, one place a change; and which records and items it makes."""

    timestamps: list[int] = field(default_factory=list)
    latest: list[int] = field(default_factory=list)
    item_numbers: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    until: list[int | None] = field(default_factory=list)
    items: list[int] = field(default_factory=list)  # places in the batch of the changes that bring an item
    closed: list[tuple[str, int, int]] = field(default_factory=list)


def _number(tx: Transaction, head: Head, batch: Batch, rules: Rules) -> _Rows:
    """Give each change its number, moment and item: a new one, or one its key has had before."""
    rows = _Rows(until=[None] * len(batch.keys))
    _set_times(tx, head, batch, rules, rows)
    size, records_now = head.size(batch.region), _records_of(tx, head, batch.region)
    current, brought = _known(tx, head, batch)
    for place, (key, digest) in enumerate(zip(batch.keys, batch.digests["v1"], strict=True)):
        number = size + place + 1
        item_number = number
        before = current.get(key)
        if batch.replaces[place] is not None:
            _check_replaced(batch, place, NEW if before is None else before[1])
        if before is None:
            records_now += 1
            if key.endswith(FORMAT_SUFFIXES):
                _refuse_suffix(batch, place, rules)
        else:
            if before[1] == digest:
                _refuse_repetition(batch, place, rules)
            item_number = brought.setdefault(key, {before[1]: before[2]}).setdefault(digest, number)
            if before[0] > size:
                rows.until[before[0] - size - 1] = number
            else:
                rows.closed.append((key, before[0], number))
        if item_number == number:
            rows.items.append(place)
        current[key] = (number, digest, item_number)
        rows.item_numbers.append(item_number)
        rows.records.append(records_now)
    return rows


def _check_replaced(batch: Batch, place: int, digest: bytes) -> None:
    """Raise Moved unless the key has the item that its change was made to replace."""
    if batch.replaces[place] != digest:
        key = shortened(batch.keys[place])
        became = "is there already" if batch.replaces[place] == NEW else "has moved on"
        raise Moved(f"{_where(batch, place)}: the record {key} {became} since this was planned; plan it again")


_Current = dict[str, tuple[int, bytes, int]]  # key → entry number, v1 digest and item number of its record


def _known(tx: Transaction, head: Head, batch: Batch) -> tuple[_Current, dict[str, dict[bytes, int]]]:
    """The records that the keys have now, and the item numbers by digest in the trails of those that have one."""
    current: _Current = {}
    brought: dict[str, dict[bytes, int]] = {}
    if head.size(batch.region):
        found = tx.hot.trails(tx.connection, head.register_id, batch.region, list(set(batch.keys)))
        for key, since, until, item_number, digest in found:
            brought.setdefault(key, {})[digest] = item_number
            if until is None:
                current[key] = (since, digest, item_number)
    return current, brought


def _records_of(tx: Transaction, head: Head, region: Region) -> int:
    if region is Region.USER:
        return head.records
    return int(registers.count_metadata_keys(tx.connection, head.register_id, head.metadata_entries))


def _refuse_suffix(batch: Batch, place: int, rules: Rules) -> None:
    """No new key may end like a format; a metadata key may, and one that is there already stays."""
    if batch.region is Region.USER:
        key = shortened(batch.keys[place])
        formats = " or ".join(FORMAT_SUFFIXES)
        rules.break_with(f"{_where(batch, place)}: key {key} ends like a format, and {formats} in a URL asks for one")


def _refuse_repetition(batch: Batch, place: int, rules: Rules) -> None:
    key = shortened(batch.keys[place])
    rules.break_with(f"{_where(batch, place)}: the item is already the current record of {key}")


def _where(batch: Batch, place: int) -> str:
    return batch.places[place] or f"change {place + 1}"


def _set_times(tx: Transaction, head: Head, batch: Batch, rules: Rules, rows: _Rows) -> None:
    """An entry's time is its source's, or the clock's; it never goes back (relaxed: its running maximum does not)."""
    now = tx.clock()
    latest = head.latest if batch.region is Region.USER else head.metadata_latest
    if not head.size(batch.region):
        latest = EARLIEST
    for place, timestamp in enumerate(batch.timestamps):
        if timestamp is None:
            timestamp = max(now, latest)
        elif timestamp < latest:
            before = f"{timestamp_text(timestamp)} is before the entry it follows, of {timestamp_text(latest)}"
            rules.break_with(f"{_where(batch, place)}: {before}")
        elif timestamp > now:
            raise Invalid(f"{_where(batch, place)}: {timestamp_text(timestamp)} is in the future")
        latest = max(latest, timestamp)
        rows.timestamps.append(timestamp)
        rows.latest.append(latest)


def _judge_links(tx: Transaction, register: Register, batch: Batch, rules: Rules) -> list[Link]:
    if not batch.links:
        return []
    verdict = links.judge(tx, register, batch.links.values(), set(batch.keys))
    for link in verdict.ended:
        rules.note(f"{link} is a record of {link.register} that has ended")
    if rules.dangling == "keep":
        return verdict.dangling
    for link in verdict.dangling:
        refuse_dangling(link, rules)
    return []


def refuse_dangling(link: Link, rules: Rules) -> None:
    """Raise Invalid for a link to nothing, or note it where that is allowed."""
    sentence = f"{link} is not the key of a record of {link.register}"
    if rules.dangling == "note":
        rules.note(sentence)
    else:
        rules.break_with(sentence)


@dataclass(frozen=True, slots=True)
class _Chained:
    """A region after the batch: its chain hash, and the growth of each of its trees."""

    region: Region
    chain: bytes
    latest: int
    growths: dict[str, merkle.Growth]


def _insert_entries(tx: Transaction, head: Head, batch: Batch, rows: _Rows) -> _Chained:
    region, size = batch.region, head.size(batch.region)
    numbers = range(size + 1, size + len(batch.keys) + 1)
    texts = list(map(timestamp_text, rows.timestamps))
    leaves = {
        tree.name: list(
            map(tx.hashings[tree.hashing].leaf_hash, numbers, batch.keys, texts, batch.digests[tree.hashing])
        )
        for tree in trees.TREES_OVER[region]
    }
    chain = head.chain if region is Region.USER else head.metadata_chain
    chains: list[bytes] = []
    for leaf in leaves[trees.CHAINED[region].name]:
        chain = next_chain(chain, leaf)
        chains.append(chain)
    columns = (numbers, batch.keys, rows.timestamps, rows.latest, rows.item_numbers, rows.records, chains)
    made = list(zip(repeat(head.register_id), repeat(int(region)), *columns, strict=False))
    tx.hot.insert_rows(tx.connection, tables.entry, made)
    return _Chained(region, chain, rows.latest[-1], _grow(tx, head, region, leaves))


def _grow(tx: Transaction, head: Head, region: Region, leaves: dict[str, list[bytes]]) -> dict[str, merkle.Growth]:
    growths = {}
    for tree in trees.TREES_OVER[region]:
        edge = edge_hashes(getattr(head, f"{tree.name}_edge"))
        growth = merkle.grow(head.size(region), edge, leaves[tree.name])
        trees.write_growth(tx, head.register_id, tree, growth)
        growths[tree.name] = growth
    return growths


def _insert_items(tx: Transaction, head: Head, batch: Batch, places: Sequence[int]) -> None:
    """Insert the new items, and their look-up rows sorted, which spares the look-up's tree most of its page writes."""
    base, region = head.size(batch.region) + 1, int(batch.region)
    v1, v2, bodies = batch.digests["v1"], batch.digests["v2"], batch.bodies
    rows = [(head.register_id, region, base + place, v1[place], v2[place], bodies[place]) for place in places]
    tx.hot.insert_rows(tx.connection, tables.item, rows)
    look_up = sorted((int.from_bytes(row[3][:8], "big", signed=True), *row[:3]) for row in rows)
    tx.hot.insert_rows(tx.connection, tables.item_lookup, look_up)


def _insert_records(tx: Transaction, head: Head, batch: Batch, rows: _Rows) -> None:
    region, base = int(batch.region), head.size(batch.region) + 1
    records.close(tx.connection, head.register_id, region, rows.closed)
    numbers = range(base, base + len(batch.keys))
    made = list(zip(repeat(head.register_id), repeat(region), batch.keys, numbers, rows.until, strict=False))
    tx.hot.insert_rows(tx.connection, tables.record, made)


def _swap(tx: Transaction, head: Head, chained: _Chained, rows: _Rows, authority: Authority) -> Revision:
    """Replace the head by compare-and-swap and write the revision that names the new state."""
    edges: dict[str, Any] = {f"{name}_edge": b"".join(growth.edge) for name, growth in chained.growths.items()}
    added = len(rows.timestamps)
    if chained.region is Region.USER:
        new = replace(head, entries=head.entries + added, chain=chained.chain, **edges)
        new = replace(new, latest=chained.latest, items=head.items + len(rows.items), records=rows.records[-1])
    else:
        new = replace(head, metadata_entries=head.metadata_entries + added, metadata_chain=chained.chain, **edges)
        new = replace(new, metadata_latest=chained.latest)
    new = replace(new, revision=head.revision + 1)
    registers.swap_head(tx.connection, head, new)
    made = _revision(tx, new, authority)
    registers.add_revision(tx.connection, tx.hot, made)
    return made


def _revision(tx: Transaction, head: Head, authority: Authority) -> Revision:
    return Revision(
        register_id=head.register_id,
        number=head.revision,
        entries=head.entries,
        metadata_entries=head.metadata_entries,
        v1_root=head.v1_root,
        v2_root=head.v2_root,
        metadata_root=head.metadata_root,
        records=head.records,
        items=head.items,
        time=tx.clock(),
        actor=authority.actor,
        policy=authority.policy,
        source=authority.source,
    )
