"""A register at a state: its records, the trails of its keys, its entries and its roots, as they were at a size.

A snapshot reads through one transaction, so all it says is of one state. Streams hold none: what they read is
immutable up to their size, so they read it in chunks, each in a short transaction of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from registers import definition as definitions
from registers import trees
from registers.definition import Definition
from registers.entry import Entry, Region, parse_timestamp, shortened
from registers.errors import Invalid, NotFound, Renamed, Retired
from registers.register import Head, Register
from registers.store import entries, records, registers
from registers.store.engine import Store, Transaction
from registers.store.records import Joined

CHUNK = 1000  # entries or records that are read at once, at most
CHARACTERS = 512 * 1024  # of bodies that are read at once, about
FEW = 50  # bodies that are read at first, when their size is not known
SECONDS_OF_A_DAY = 24 * 60 * 60
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def day_of(tx: Transaction | Store) -> date:
    """The day it is, in UTC."""
    return datetime.fromtimestamp(tx.clock(), UTC).date()


def find_register(tx: Transaction, name: str, drafts: bool = True) -> Register:
    """The register of that name. Raises NotFound, Renamed for a former name, or Retired."""
    register = registers.find(tx.connection, name)
    if register is None and (renamed := registers.find_renamed(tx.connection, name)):
        raise Renamed(f"the register {name} is now called {renamed.name}", name, renamed.name)
    if register is None or (register.status == "draft" and not drafts):
        raise NotFound(f"there is no register {shortened(name)}")
    if register.status == "retired":
        instead = f"; use {register.successor} instead" if register.successor else ""
        raise Retired(f"the register {name} is retired{instead}", name, register.successor)
    return register


def read_head(tx: Transaction, register: Register) -> Head:
    """Where the register's log stands. Raises NotFound when the register is gone."""
    head = registers.read_head(tx.connection, register.id)
    if head is None:
        raise NotFound(f"there is no register {shortened(register.name)}")
    return head


def metadata_items(tx: Transaction, register_id: int, size: int | None = None) -> dict[str, dict[str, str | list[str]]]:
    """The metadata items by key, in the order of their entries: the current ones, or those at a size."""
    place = (register_id, int(Region.METADATA))
    numbers = records.page(tx.connection, place, size or 0, size is None, (0, 100_000))
    found = entries.read_numbers(tx.connection, *place, numbers)
    return {found[number].key: json.loads(found[number].body) for number in sorted(numbers)}


def metadata_digests(tx: Transaction, register_id: int) -> dict[str, bytes]:
    """The v1 digests of the metadata items in force, by key: what a change of one names as what it replaces."""
    place = (register_id, int(Region.METADATA))
    found = entries.read_numbers(tx.connection, *place, records.page(tx.connection, place, 0, True, (0, 100_000)))
    return {entry.key: entry.digests["v1"] for entry in found.values()}


def read_definition(tx: Transaction, register: Register) -> Definition | None:
    """The register's definition now; None while it has none."""
    items = metadata_items(tx, register.id)
    return definitions.from_metadata(register.name, register.key_field, items, register.tier)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The user region of a register at `size` entries, read through `tx`."""

    tx: Transaction
    register: Register
    head: Head
    size: int

    @property
    def _place(self) -> tuple[int, int]:
        return self.register.id, int(Region.USER)

    @property
    def _is_head(self) -> bool:
        return self.size == self.head.entries

    @property
    def total_records(self) -> int:
        """How many keys have a record."""
        if self._is_head:
            return self.head.records
        return self.entry(self.size).records if self.size else 0

    @property
    def total_items(self) -> int:
        """How many different items the entries have: what the last revision says that is not beyond, and the rest."""
        if self._is_head:
            return self.head.items
        known, counted = _items_known(self.tx, self.head, self.size)
        return counted + entries.count_items(self.tx.connection, self.register.id, known + 1, self.size)

    @property
    def last_updated(self) -> int | None:
        """The timestamp of the latest entry, UTC seconds; None when there is none."""
        if self._is_head and self.size:
            return self.head.latest
        return entries.latest(self.tx.connection, *self._place, self.size) if self.size else None

    def record(self, key: str) -> Entry:
        """The entry that is the record of `key`. Raises NotFound."""
        found = entries.of_key(self.tx.connection, self.tx.hot, self._place, key, self.size)
        if found is None:
            raise NotFound(f"the register {self.register.name} has no record {shortened(key)}")
        return found

    def trail(self, key: str) -> list[Entry]:
        """All entries of `key`, oldest first. Raises NotFound when there are none."""
        numbers = records.trail(self.tx.connection, self._place, key, self.size)
        if not numbers:
            raise NotFound(f"the register {self.register.name} has no record {shortened(key)}")
        return self.numbered(numbers)

    def records_page(self, offset: int, limit: int) -> list[Entry]:
        """The records after `offset`, latest entry first."""
        numbers = records.page(self.tx.connection, self._place, self.size, self._is_head, (offset, limit))
        return self.numbered(numbers)

    def records_before(self, number: int, limit: int) -> list[Entry]:
        """The records whose entries are below `number`, latest first."""
        numbers = records.before(self.tx.connection, self._place, self.size, self._is_head, number, limit)
        return self.numbered(numbers)

    def bodies_before(self, number: int, limit: int) -> Joined:
        """The same as `records_before`, of each only its key and body: less than half the work."""
        return records.bodies_before(self.tx.connection, self._place, self.size, self._is_head, number, limit)

    def bodies_between(self, low: str, high: str) -> list[tuple[str, str]]:
        """The records with keys from `low` on and before `high`, by key: each as its key and canonical JSON."""
        return records.bodies_between(self.tx.connection, self._place, self.size, self._is_head, (low, high))

    def entry(self, number: int) -> Entry:
        """One entry. Raises NotFound unless it is among the snapshot's."""
        found = self.entries(number, number)
        if not found:
            raise NotFound(f"the register {self.register.name} has {self.size} entries, and no entry {number}")
        return found[0]

    def entries(self, first: int, last: int) -> list[Entry]:
        """Entries `first … last`, those that the snapshot has."""
        return entries.read(self.tx.connection, *self._place, first, min(last, self.size))

    def numbered(self, numbers: list[int]) -> list[Entry]:
        """The entries with these numbers, which the snapshot has, in their order."""
        found = entries.read_numbers(self.tx.connection, *self._place, numbers)
        return [found[number] for number in numbers]

    def root(self, tree: trees.Tree = trees.V1) -> bytes:
        """The root hash of a user tree at this size."""
        if self._is_head:
            return bytes(getattr(self.head, f"{tree.name}_root"))
        return trees.root_at(self.tx, self.register.id, tree, self.size)


@dataclass(frozen=True, slots=True)
class Settled(Snapshot):
    """A snapshot that has its roots at hand, so that it can name its state when its transaction is over."""

    roots: Mapping[str, bytes]

    def root(self, tree: trees.Tree = trees.V1) -> bytes:
        """The root hash of a user tree at this size."""
        return self.roots[tree.name]


def settled(taken: Snapshot) -> Settled:
    """A snapshot with its roots."""
    roots = {tree.name: taken.root(tree) for tree in (trees.V1, trees.V2)}
    return Settled(taken.tx, taken.register, taken.head, taken.size, roots)


def take(tx: Transaction, register: Register, at: str | None = None) -> Snapshot:
    """The register at a state: now, or as `at` asks. Raises Invalid for a bad `at`, NotFound beyond the head."""
    head = read_head(tx, register)
    return Snapshot(tx, register, head, head.entries if at is None else size_at(tx, head, at))


def _items_known(tx: Transaction, head: Head, size: int) -> tuple[int, int]:
    """The entries and items of the latest revision of at most `size` entries: a binary search, for they only grow."""
    low, high, known = 0, head.revision, (0, 0)
    while low < high:
        middle = (low + high) // 2
        (made,) = registers.revisions(tx.connection, head.register_id, middle, 1)
        if made.entries <= size:
            low, known = made.number, (made.entries, made.items)
        else:
            high = middle
    return known


def size_at(tx: Transaction, head: Head, at: str, region: Region = Region.USER) -> int:
    """The size of a region that `at` asks for: a size, a day (its end, in UTC), or a timestamp, which is inclusive.

    Raises Invalid for anything else, NotFound beyond the head or in the future.
    """
    if _SIZE.fullmatch(at):
        if int(at) > head.size(region):
            kind = "" if region is Region.USER else "metadata "
            raise NotFound(f"the register has {head.size(region)} {kind}entries, and never had {at}")
        return int(at)
    moment, begun = _moment(at)
    if begun > tx.clock():
        raise NotFound(f"{at} is in the future, and the register is not known as it will be then")
    return _size_at_moment(tx, head, moment, region)


def _moment(at: str) -> tuple[int, int]:
    """The last second that `at` includes, and the first."""
    if _DATE.fullmatch(at):
        try:
            start = datetime.combine(date.fromisoformat(at), datetime.min.time(), UTC)
        except ValueError:
            raise Invalid(f"at: {at} is not a day of the calendar") from None
        return int(start.timestamp()) + SECONDS_OF_A_DAY - 1, int(start.timestamp())
    try:
        moment = parse_timestamp(at)
    except Invalid:
        raise Invalid(
            f"at: {shortened(at)} is not a size, a day such as 2017-08-09, or a timestamp such as 2017-08-09T13:58:07Z"
        ) from None
    return moment, moment


def _size_at_moment(tx: Transaction, head: Head, moment: int, region: Region) -> int:
    """How many entries have a running maximum of timestamps up to `moment`: a binary search, for it never falls."""
    size = head.size(region)
    if not size or (head.latest if region is Region.USER else head.metadata_latest) <= moment:
        return size
    return size_between(tx, (head.register_id, int(region)), moment, 0, size)


def size_between(tx: Transaction, place: tuple[int, int], moment: int, low: int, high: int) -> int:
    """How many entries of a register's region have come by a second, which are known to be `low … high`."""
    while low < high:
        middle = (low + high) // 2
        if entries.latest(tx.connection, *place, middle + 1) <= moment:
            low = middle + 1
        else:
            high = middle
    return low


# Streams


def stream_entries(store: Store, register_id: int, region: Region, first: int, last: int) -> Iterator[Entry]:
    """Entries `first … last` in order, which must exist; no transaction is held between chunks."""
    while first <= last:
        with store.reading() as tx:
            chunk = entries.read(tx.connection, register_id, int(region), first, min(first + CHUNK - 1, last))
        if not chunk:
            raise NotFound(f"entry {first} is gone: the register was dropped while it was being read")
        yield from chunk
        first = chunk[-1].number + 1


def stream_records(store: Store, snapshot: Snapshot) -> Iterator[Entry]:
    """The records of a snapshot, latest entry first; the snapshot's own transaction may have ended."""
    below = snapshot.size + 1
    while True:
        with _taken_again(store, snapshot) as taken:
            chunk = taken.records_before(below, CHUNK)
        yield from chunk
        if len(chunk) < CHUNK:
            return
        below = chunk[-1].number


def stream_bodies(store: Store, snapshot: Snapshot) -> Iterator[Joined]:
    """The same records in the same order, of each its key and body, in chunks of which none is empty.

    However large the records are, a chunk is of about so many characters as CHARACTERS says: it has as many records as
    that would be if they were like those before.
    """
    below, limit = snapshot.size + 1, FEW
    while True:
        with _taken_again(store, snapshot) as taken:
            chunk = taken.bodies_before(below, limit)
        if chunk.keys:
            yield chunk
        if len(chunk.keys) < limit:
            return
        below = chunk.numbers[-1]
        limit = max(1, min(CHUNK, limit * CHARACTERS // len(chunk.bodies)))


@contextmanager
def _taken_again(store: Store, snapshot: Snapshot) -> Iterator[Snapshot]:
    """The same in a transaction of its own. Raises NotFound when the register is gone."""
    with store.reading() as tx:
        yield Snapshot(tx, snapshot.register, read_head(tx, snapshot.register), snapshot.size)
