"""An RSF file read against a register: batches ready to append, and the roots to hold between them.

Nothing is written here. Items wait in a spool until entries name them, so a file of any size is read in small
memory; entries that the register has already are compared with the file's and passed over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from registers import batch as batches
from registers import definition as definitions
from registers import snapshot, trees
from registers.batch import Batch, Change, Rules, Subject
from registers.canonical import canonical_json
from registers.definition import Definition
from registers.entry import Entry, Item, Region, shortened
from registers.errors import Conflict, Invalid
from registers.item import parse_item
from registers.merkle import EMPTY_ROOT
from registers.register import Authority, Head, Register
from registers.store import entries, registers
from registers.store.engine import Store
from registers.v1 import rsf
from registers.v1.hashing import hash_text, item_digest

BATCH = 20_000
Progress = Callable[[int], None]
Step = Batch | rsf.AssertRoot


@dataclass(frozen=True, slots=True)
class Load:
    """What a replay is told: whose act it is, the operator's domain, how strict to be, whom to tell of bytes read."""

    authority: Authority
    operator: str
    rules: Rules = Rules()  # noqa: RUF009  immutable
    progress: Progress = lambda _bytes: None


@dataclass(slots=True)
class Known:
    """What the file's entries are read against: the register as it stands, and as the file has changed it so far."""

    name: str
    key_field: str | None = None
    sizes: dict[Region, int] = field(default_factory=lambda: {Region.USER: 0, Region.METADATA: 0})
    metadata: dict[str, Item] = field(default_factory=dict)

    def define(self, changes: Sequence[Change]) -> None:
        """Take metadata entries in."""
        for change in changes:
            self.metadata.pop(change.key, None)  # the latest of all `register:` entries is the one that counts
            self.metadata[change.key] = {n: v for n, v in change.item.items() if isinstance(v, str | list)}
        self.sizes[Region.METADATA] += len(changes)

    def definition(self) -> Definition | None:
        """The definition as far as the file has told it."""
        return definitions.from_metadata(self.name, self.key_field, self.metadata)


class Gate(Protocol):
    """Decides which entries and assertions of a file are news; `register` is where older items may be found."""

    register: Register | None

    def is_news(self, command: rsf.AppendEntry | rsf.AssertRoot) -> bool: ...


def steps(store: Store, stream: BinaryIO, known: Known, gate: Gate, load: Load) -> Iterator[Step]:
    """The news of a file as batches to append and roots to hold, in order. Raises Invalid naming the line at fault."""
    with closing(_Items(store, gate.register)) as items:
        waiting: list[Change] = []
        region, last = Region.USER, None
        for command in rsf.parse(stream):
            last = command
            if isinstance(command, rsf.AddItem):
                items.add(command)
                continue
            if not gate.is_news(command):
                items.mark_used(command)
                continue
            moved = isinstance(command, rsf.AssertRoot) or command.region is not region
            if waiting and (moved or len(waiting) >= BATCH):
                yield _prepare(store, known, region, waiting, load)
                load.progress(stream.tell())
                waiting = []
            if isinstance(command, rsf.AssertRoot):
                yield command
            else:
                region = command.region
                waiting.append(_change(command, items))
        if waiting:
            yield _prepare(store, known, region, waiting, load)
        items.check_used()
        _check_end(last, load)
        load.progress(stream.tell())


def _check_end(last: rsf.Command | None, load: Load) -> None:
    if isinstance(last, rsf.AssertRoot):
        return
    sentence = (
        "the file is empty" if last is None else "the file does not end with assert-root-hash: it may be cut short"
    )
    if last is None or not load.rules.relaxed:
        raise Invalid(sentence)
    load.rules.note(sentence)


def _change(command: rsf.AppendEntry, items: _Items) -> Change:
    return Change(command.key, items.find(command), command.timestamp, f"line {command.line}")


def _prepare(store: Store, known: Known, region: Region, changes: list[Change], load: Load) -> Batch:
    subject = Subject(known.definition() if region is Region.USER else None, known.sizes[Region.METADATA])
    batch = batches.prepare(subject, store.hashings, changes, region, load.rules)
    if region is Region.METADATA:
        known.define(changes)
    return batch


class _Items:
    """The items of a file, kept aside until entries name them: in memory while few, then in a temporary file."""

    def __init__(self, store: Store, register: Register | None) -> None:
        self._store, self._register = store, register
        self._spool = sqlite3.connect("", isolation_level=None)
        self._spool.execute("CREATE TABLE item (digest BLOB PRIMARY KEY, line INT, body TEXT, used INT) WITHOUT ROWID")
        self._spool.execute("BEGIN")

    def close(self) -> None:
        self._spool.close()

    def add(self, command: rsf.AddItem) -> None:
        """Keep an item, after checking that it is in canonical JSON and normalised."""
        try:
            canonical = canonical_json(parse_item(command.text))
        except Invalid as error:
            raise Invalid(f"line {command.line}: {error}") from None
        if canonical != command.text:
            raise Invalid(
                f"line {command.line}: non canonical JSON: {shortened(command.text)} should be {shortened(canonical)}"
            )
        row = (item_digest({}, canonical.encode()), command.line, canonical)
        self._spool.execute("INSERT OR IGNORE INTO item VALUES (?, ?, ?, 0)", row)

    def find(self, command: rsf.AppendEntry) -> Item:
        """The item that an entry names, from the file or from the register."""
        used = "UPDATE item SET used = 1 WHERE digest = ? RETURNING body"
        row = self._spool.execute(used, (command.digest,)).fetchone()
        if row is None and self._register is not None:
            with self._store.reading() as tx:
                stored = entries.find_item(tx.connection, self._register.id, command.digest)
            row = (stored.body,) if stored else None
        if row is None:
            raise Invalid(
                f"line {command.line}: orphan entry: its item {hash_text(command.digest)} is not earlier in the file"
            )
        return parse_item(row[0])

    def mark_used(self, command: rsf.Command) -> None:
        """Take note that an entry which is no news names its item."""
        if isinstance(command, rsf.AppendEntry):
            self._spool.execute("UPDATE item SET used = 1 WHERE digest = ?", (command.digest,))

    def check_used(self) -> None:
        """Raise Invalid, naming its line, for an item that no entry of the file names."""
        row = self._spool.execute("SELECT line, digest FROM item WHERE NOT used ORDER BY line LIMIT 1").fetchone()
        if row:
            raise Invalid(f"line {row[0]}: orphan item: no entry of the file names {hash_text(row[1])}")


def check_root(command: rsf.AssertRoot, root: bytes) -> None:
    """Raise Invalid, naming the line, unless the root as of the assertion is what it says."""
    if command.root != root:
        raise Invalid(
            f"line {command.line}: the root hash is {hash_text(root)} here, and the file says {hash_text(command.root)}"
        )


class AllNews:
    """The gate for a register that is not here yet."""

    register = None

    def is_news(self, command: rsf.AppendEntry | rsf.AssertRoot) -> bool:
        """Everything is."""
        return True


class Overlap:
    """The gate for a register that is here: what it has must stand in the file alike, and only the rest is news."""

    def __init__(self, store: Store, register: Register) -> None:
        self.register: Register | None = register
        self._store, self._id = store, register.id
        with store.reading() as tx:
            self.head: Head = snapshot.read_head(tx, register)
            metadata = snapshot.metadata_items(tx, register.id)
        self._sizes = {region: self.head.size(region) for region in Region}
        self.known = Known(register.name, register.key_field, dict(self._sizes), dict(metadata))
        self._position: dict[Region, int] | None = None
        self._stored: dict[Region, Iterator[Entry]] = {}

    def is_news(self, command: rsf.AppendEntry | rsf.AssertRoot) -> bool:
        """Whether the register lacks it. Raises Conflict where the file and the register differ."""
        if self._position is None:
            self._position = self._start(command)
        if isinstance(command, rsf.AssertRoot):
            return not self._holds_at(command, self._position[Region.USER])
        position = self._position[command.region] = self._position[command.region] + 1
        if position > self._sizes[command.region]:
            return True
        self._compare(command, position)
        return False

    def _start(self, command: rsf.AppendEntry | rsf.AssertRoot) -> dict[Region, int]:
        """Where the file begins: at nothing, at a root that the register has had, or (unsaid) where it is now."""
        if isinstance(command, rsf.AppendEntry):
            return dict(self._sizes)
        if command.root == EMPTY_ROOT:
            return {Region.USER: 0, Region.METADATA: 0}
        with self._store.reading() as tx:
            size = registers.size_with_root(tx.connection, self._id, command.root)
            if size is None:
                size = trees.find_size(tx, self._id, trees.V1, command.root, self._sizes[Region.USER])
        if size is None:
            raise Conflict(
                f"line {command.line}: the file goes on from {hash_text(command.root)}, which this register never had"
            )
        return {Region.USER: size, Region.METADATA: self._sizes[Region.METADATA]}

    def _holds_at(self, command: rsf.AssertRoot, position: int) -> bool:
        """Whether the assertion is about a past state, where it is held at once."""
        if position > self._sizes[Region.USER]:
            return False
        with self._store.reading() as tx:
            check_root(command, trees.root_at(tx, self._id, trees.V1, position))
        return True

    def _compare(self, command: rsf.AppendEntry, position: int) -> None:
        region = command.region
        if region not in self._stored:
            last = self._sizes[region]
            self._stored[region] = snapshot.stream_entries(self._store, self._id, region, position, last)
        entry = next(self._stored[region])
        if (entry.key, entry.timestamp, entry.digests["v1"]) != (command.key, command.timestamp, command.digest):
            word = rsf.WORD_OF[region]
            raise Conflict(
                f"line {command.line}: the file's {word} entry {position} is not the register's: histories differ"
            )
