"""Check a log against itself: every body, hash, chain, tile, root, record and count is computed anew.

`check_log` shares the hash functions with the log but not its bookkeeping: trees are rebuilt leaf by leaf, and
records from all entries. It keeps every key and leaf hash in memory, some 300 bytes an entry.

Out of an item that a metadata entry names values may have been taken: of its hashes, only the v2 hash is then held.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from registers import tiers, trees
from registers.canonical import canonical_json
from registers.definition import REDACTION
from registers.entry import Entry, Region, first_chain, next_chain, timestamp_text
from registers.errors import Corrupt
from registers.merkle import EMPTY_ROOT, TILE_WIDTH, hash_node
from registers.redacted import holds_redacted
from registers.register import Head, Register, Revision
from registers.snapshot import CHUNK, metadata_items
from registers.store import entries, registers
from registers.store.engine import Store, Transaction
from registers.store.tables import entry, item, item_lookup, record, tile


def check_all(store: Store) -> int:
    """Check every register, visible or loading; the number of entries checked. Raises Corrupt at the first fault."""
    with store.reading() as tx:
        found = registers.find_all(tx.connection) + registers.find_all(tx.connection, loading=True)
    return sum(check_log(store, register) for register in found)


def check_log(store: Store, register: Register) -> int:
    """Check one register as it is now; the number of entries checked. Raises Corrupt at the first fault."""
    with store.reading() as tx:
        return check_in(tx, register)


def check_in(tx: Transaction, register: Register) -> int:
    """Check one register through a transaction, which may be one that has just written it."""
    head = registers.read_head(tx.connection, register.id)
    _expect(head is not None, register, "it has no head")
    assert head is not None
    made = {revision.number: revision for revision in registers.revisions(tx.connection, register.id, 0, 2**31)}
    _expect(list(made) == list(range(1, head.revision + 1)), register, "its revisions have a gap")
    recounts = {region: _Recount(tx, register, head, region) for region in Region}
    for recount in recounts.values():
        recount.run()
    for digest, number in recounts[Region.USER].redacted.items():
        fault = f"entry {number}: a value was taken out of its item, and no metadata entry says so"
        _expect(digest in recounts[Region.METADATA].redacted, register, fault)
    _check_items(tx, register, recounts)
    _check_tier(tx, register)
    for revision in made.values():
        _check_revision(tx, register, revision, recounts[Region.USER])
    return head.entries + head.metadata_entries


def _expect(holds: bool, register: Register, fault: str) -> None:
    if not holds:
        raise Corrupt(f"register {register.name} (id {register.id}): {fault}")


@dataclass(slots=True)
class _Plain:
    """A tree grown one leaf at a time by carrying, the plainest way there is; keeps its nodes at tile levels."""

    waiting: list[bytes | None] = field(default_factory=list)
    nodes: dict[int, list[bytes]] = field(default_factory=dict)

    def add(self, leaf: bytes) -> None:
        level, carried = 0, leaf
        while True:
            if level % 8 == 0:
                self.nodes.setdefault(level, []).append(carried)
            if level == len(self.waiting):
                self.waiting.append(None)
            left = self.waiting[level]
            if left is None:
                self.waiting[level] = carried
                return
            self.waiting[level] = None
            carried, level = hash_node(left, carried), level + 1

    def tiles(self) -> Iterator[tuple[int, int, bytes]]:
        """Level, number and hashes of each tile that should be kept: of level 0 only full ones."""
        for level, nodes in self.nodes.items():
            for start in range(0, len(nodes), TILE_WIDTH):
                cut = nodes[start : start + TILE_WIDTH]
                if level or len(cut) == TILE_WIDTH:
                    yield level, start // TILE_WIDTH, b"".join(cut)

    def edge(self) -> list[bytes]:
        return [node for node in reversed(self.waiting) if node is not None]


class _Recount:
    """One region, counted again from its entries."""

    def __init__(self, tx: Transaction, register: Register, head: Head, region: Region) -> None:
        self.tx, self.register, self.head, self.region = tx, register, head, region
        self.size = head.size(region)
        self.plain = {tree.name: _Plain() for tree in trees.TREES_OVER[region]}
        self.trails: dict[str, list[int]] = {}
        self.brought: list[int] = []  # the numbers of the entries that brought an item
        self.records: list[int] = []  # how many keys there were, at each size from 1
        self.latest: list[int] = []  # the running maximum of timestamps, at each size from 1
        self.chain = first_chain(register.origin)
        self.redacted: dict[str, int] = {}  # items by v1 hash: those without values, those that entries say are so

    def run(self) -> None:
        """Go through the entries, then hold what was counted against what is stored."""
        for number, found in enumerate(self._entries(), 1):
            self._expect(found.number == number, f"entry {number} is missing")
            self._check_entry(found)
        self._check_head()
        self._check_latest()
        self._check_tiles()
        self._check_records()

    def _expect(self, holds: bool, fault: str) -> None:
        _expect(holds, self.register, f"{self.region.name.lower()} region: {fault}")

    def _entries(self) -> Iterator[Entry]:
        first = 1
        while chunk := entries.read(self.tx.connection, self.register.id, int(self.region), first, first + CHUNK - 1):
            yield from chunk
            first += CHUNK

    def _check_entry(self, found: Entry) -> None:
        where = f"entry {found.number}"
        members = _members(found.body)
        self._expect(canonical_json(members) == found.body, f"{where}: its item is not in canonical JSON")
        taken = self.region is Region.USER and holds_redacted(found.body)
        for name, hashing in self.tx.hashings.items():
            if taken and hashing.text_digest is None:
                self.redacted[f"sha-256:{found.digests[name].hex()}"] = found.number
                continue
            digest = hashing.item_digest(members, found.body.encode())
            self._expect(digest == found.digests[name], f"{where}: the {name} hash of its item is wrong")
        if self.region is Region.METADATA and found.key == REDACTION:
            self.redacted |= dict.fromkeys(members.get("items", ()), found.number)
        text = timestamp_text(found.timestamp)
        key_field = self.register.key_field
        if self.region is Region.USER and key_field:
            self._expect(members.get(key_field) == found.key, f"{where}: its item's {key_field} is not its key")
        for tree in trees.TREES_OVER[self.region]:
            hashing = self.tx.hashings[tree.hashing]
            leaf = hashing.leaf_hash(found.number, found.key, text, found.digests[hashing.name])
            self.plain[tree.name].add(leaf)
            if tree is trees.CHAINED[self.region]:
                self.chain = next_chain(self.chain, leaf)
        self._expect(self.chain == found.chain, f"{where}: it does not name its predecessor")
        self._count(found, where)

    def _count(self, found: Entry, where: str) -> None:
        self.trails.setdefault(found.key, []).append(found.number)
        self._expect(found.records == len(self.trails), f"{where}: its count of records is wrong")
        self._expect(found.item in self.trails[found.key], f"{where}: its item was brought by another key")
        if found.item == found.number:
            self.brought.append(found.number)
        self.records.append(len(self.trails))
        self.latest.append(max([found.timestamp, *self.latest[-1:]]))

    def _check_latest(self) -> None:
        here = (entry.c.register_id == self.register.id) & (entry.c.region == int(self.region))
        rows = self.tx.connection.execute(select(entry.c.number, entry.c.latest).where(here).order_by(entry.c.number))
        for (number, stored), counted in zip(rows, self.latest, strict=True):
            self._expect(stored == counted, f"entry {number}: its running maximum of timestamps is wrong")

    def _check_head(self) -> None:
        user = self.region is Region.USER
        counted = sum(map(len, self.trails.values()))
        self._expect(counted == self.size, f"the head says {self.size} entries and there are {counted}")
        chain, latest = (
            (self.head.chain, self.head.latest) if user else (self.head.metadata_chain, self.head.metadata_latest)
        )
        self._expect(chain == self.chain, "the head's chain hash is wrong")
        self._expect(latest == (self.latest or [0])[-1], "the head's latest timestamp is wrong")
        if user:
            self._expect(self.head.records == len(self.trails), "the head's count of records is wrong")
            self._expect(self.head.items == len(self.brought), "the head's count of items is wrong")
        for name, plain in self.plain.items():
            self._expect(
                getattr(self.head, f"{name}_edge") == b"".join(plain.edge()), f"the head's {name} edge is wrong"
            )

    def _check_tiles(self) -> None:
        for name, plain in self.plain.items():
            query = select(tile.c.level, tile.c.number, tile.c.hashes)
            rows = self.tx.connection.execute(query.where(tile.c.register_id == self.register.id, tile.c.tree == name))
            self._expect({tuple(row) for row in rows} == set(plain.tiles()), f"the tiles of {name} are wrong")

    def _check_records(self) -> None:
        wanted = set()
        for key, numbers in self.trails.items():
            wanted |= set(zip([key] * len(numbers), numbers, [*numbers[1:], None], strict=True))
        query = select(record.c.key, record.c.since, record.c.until)
        here = (record.c.register_id == self.register.id) & (record.c.region == int(self.region))
        rows = self.tx.connection.execute(query.where(here))
        self._expect({tuple(row) for row in rows} == wanted, "the records are not those of the entries")


def _check_tier(tx: Transaction, register: Register) -> None:
    """The row, as it is now, says the tier that the metadata entries say."""
    now = registers.get(tx.connection, register.id)
    assert now is not None
    fault = tiers.fault_of(now, metadata_items(tx, register.id))
    _expect(not fault, register, fault)


def _members(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None  # which is not what the body says, in canonical JSON


def _check_items(tx: Transaction, register: Register, recounts: dict[Region, _Recount]) -> None:
    """Every item was brought by an entry, and the look-up finds each."""
    columns = (item.c.region, item.c.number, item.c.v1)
    rows = tx.connection.execute(select(*columns).where(item.c.register_id == register.id))
    brought = {(int(region), number) for region, recount in recounts.items() for number in recount.brought}
    wanted = {(int.from_bytes(v1[:8], "big", signed=True), region, number) for region, number, v1 in rows}
    _expect({key[1:] for key in wanted} == brought, register, "an item is there that no entry brought")
    look_up = select(item_lookup.c.prefix, item_lookup.c.region, item_lookup.c.number)
    found = tx.connection.execute(look_up.where(item_lookup.c.register_id == register.id))
    _expect({tuple(row) for row in found} == wanted, register, "the look-up of items is not that of the items")


def _check_revision(tx: Transaction, register: Register, revision: Revision, user: _Recount) -> None:
    """The roots and counts that a revision names are those of its sizes."""
    here = f"revision {revision.number}"
    records = user.records[revision.entries - 1] if revision.entries else 0
    _expect(revision.records == records, register, f"{here} names a wrong count of records")
    items = bisect_right(user.brought, revision.entries)
    _expect(revision.items == items, register, f"{here} names a wrong count of items")
    sizes = {trees.V1: "entries", trees.V2: "entries", trees.METADATA: "metadata_entries"}
    for tree, member in sizes.items():
        size = getattr(revision, member)
        root = trees.root_at(tx, register.id, tree, size) if size else EMPTY_ROOT
        fault = f"revision {revision.number} names a wrong {tree.name} root"
        _expect(getattr(revision, f"{tree.name}_root") == root, register, fault)
