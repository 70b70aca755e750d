"""An RSF file read against a register: batches ready to append, and the roots to hold between them.

Nothing is written here. Items wait in a spool until entries name them, so a file of any size is read in small
memory; entries that the register has already are compared with the file's and passed over. Of an item out of which
values were taken, the file's own metadata entries say what its v1 hash was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from loaders.rsf_spelling import V1, Spelling
from registers import batch as batches
from registers import definition as definitions
from registers import redaction, snapshot, trees
from registers.batch import Batch, Change, Rules, Subject
from registers.definition import REDACTION, Definition
from registers.entry import Entry, Item, Region, shortened
from registers.errors import Conflict, Invalid
from registers.indexing import QUESTIONS
from registers.item import parse_item
from registers.merkle import EMPTY_ROOT
from registers.redacted import holds_redacted
from registers.register import Authority, Head, Register
from registers.serialisation import WORD_OF, AddItem, AppendEntry, AssertRoot, Command
from registers.store import entries, registers
from registers.store.engine import Store

BATCH = 20_000
Progress = Callable[[int], None]
Step = Batch | AssertRoot


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
    redacted: dict[bytes, bytes] = field(default_factory=dict)  # v1 digests of redacted items, by v2 digests

    def define(self, changes: Sequence[Change]) -> None:
        """Take metadata entries in."""
        for change in changes:
            self.metadata.pop(change.key, None)  # the latest of all `register:` entries is the one that counts
            item = {n: v for n, v in change.item.items() if isinstance(v, str | list)}
            self.metadata[change.key] = item
            if change.key == REDACTION:
                self.redacted.update(redaction.known_digests([item]))
        self.sizes[Region.METADATA] += len(changes)

    def definition(self) -> Definition | None:
        """The definition as far as the file has told it."""
        return definitions.from_metadata(self.name, self.key_field, self.metadata)


class Gate(Protocol):
    """Decides which entries and assertions of a file are news; `register` is where older items may be found."""

    register: Register | None
    spelling: Spelling

    def is_news(self, command: AppendEntry | AssertRoot) -> bool: ...


def steps(store: Store, stream: BinaryIO, known: Known, gate: Gate, load: Load) -> Iterator[Step]:
    """The news of a file as batches to append and roots to hold, in order. Raises Invalid naming the line at fault."""
    with closing(_Items(store, gate, known.redacted)) as items:
        waiting: list[Change] = []
        region, last = Region.USER, None
        for command in gate.spelling.parse(stream):
            last = command
            if isinstance(command, AddItem):
                items.add(command)
                continue
            if not gate.is_news(command):
                items.mark_used(command)
                continue
            moved = isinstance(command, AssertRoot) or command.region is not region
            if waiting and (moved or len(waiting) >= BATCH):
                yield _prepare(store, known, region, waiting, load)
                load.progress(stream.tell())
                waiting = []
            if isinstance(command, AssertRoot):
                yield command
            else:
                region = command.region
                waiting.append(_change(command, items))
        if waiting:
            yield _prepare(store, known, region, waiting, load)
        items.check_used()
        _check_end(last, load)
        load.progress(stream.tell())


def _check_end(last: Command | None, load: Load) -> None:
    if isinstance(last, AssertRoot):
        return
    sentence = (
        "the file is empty" if last is None else "the file does not end with assert-root-hash: it may be cut short"
    )
    if last is None or not load.rules.relaxed:
        raise Invalid(sentence)
    load.rules.note(sentence)


def _change(command: AppendEntry, items: _Items) -> Change:
    item, known = items.find(command)
    return Change(command.key, item, command.timestamp, f"line {command.line}", known=known)


def _prepare(store: Store, known: Known, region: Region, changes: list[Change], load: Load) -> Batch:
    subject = Subject(known.definition() if region is Region.USER else None, known.sizes[Region.METADATA])
    batch = batches.prepare(subject, store.hashings, changes, region, load.rules)
    if region is Region.METADATA:
        known.define(changes)
    return batch


class _Items:
    """The items of a file, kept aside until entries name them: in memory while few, then in a temporary file."""

    def __init__(self, store: Store, gate: Gate, redacted: Mapping[bytes, bytes]) -> None:
        self._store, self._register, self._spelling = store, gate.register, gate.spelling
        self._redacted = redacted
        self._spool = sqlite3.connect("", isolation_level=None)
        self._spool.execute("CREATE TABLE item (digest BLOB PRIMARY KEY, line INT, body TEXT, used INT) WITHOUT ROWID")
        self._spool.execute("BEGIN")

    def close(self) -> None:
        self._spool.close()

    def add(self, command: AddItem) -> None:
        """Keep an item, after checking that it is in canonical JSON and normalised."""
        try:
            item, canonical = self._spelling.item(command.text)
        except Invalid as error:
            raise Invalid(f"line {command.line}: {error}") from None
        if canonical != command.text:
            raise Invalid(
                f"line {command.line}: non canonical JSON: {shortened(command.text)} should be {shortened(canonical)}"
            )
        row = (self._spelling.digest_of(item, canonical.encode()), command.line, canonical)
        self._spool.execute("INSERT OR IGNORE INTO item VALUES (?, ?, ?, 0)", row)

    def find(self, command: AppendEntry) -> tuple[Item, Mapping[str, bytes] | None]:
        """The item that an entry names, from the file or from the register; and its v1 digest, if that is not its own.

        Raises Invalid, naming the line.
        """
        used = "UPDATE item SET used = 1 WHERE digest = ? RETURNING body"
        row = self._spool.execute(used, (command.digest,)).fetchone()
        if row is None and self._register is not None:
            return self._find_stored(command, self._register)
        if row is None:
            raise self._orphan(command)
        try:
            return parse_item(row[0], redacted=True), self._spelling.known(row[0], command.digest, self._redacted)
        except Invalid as error:
            raise Invalid(f"line {command.line}: {error}") from None

    def _find_stored(self, command: AppendEntry, register: Register) -> tuple[Item, Mapping[str, bytes] | None]:
        with self._store.reading() as tx:
            if self._spelling is V1:
                stored = entries.find_item(tx.connection, register.id, command.digest)
            else:
                reached = QUESTIONS.position(tx, register.id)
                stored = entries.find_blob(tx.connection, register.id, command.digest, reached)
        if stored is None:
            raise self._orphan(command)
        known = {"v1": stored.v1} if holds_redacted(stored.body) else None
        return parse_item(stored.body, redacted=known is not None), known

    def _orphan(self, command: AppendEntry) -> Invalid:
        named = self._spelling.hash_text(command.digest)
        return Invalid(f"line {command.line}: orphan entry: its item {named} is not earlier in the file")

    def mark_used(self, command: Command) -> None:
        """Take note that an entry which is no news names its item."""
        if isinstance(command, AppendEntry):
            self._spool.execute("UPDATE item SET used = 1 WHERE digest = ?", (command.digest,))

    def check_used(self) -> None:
        """Raise Invalid, naming its line, for an item that no entry of the file names."""
        row = self._spool.execute("SELECT line, digest FROM item WHERE NOT used ORDER BY line LIMIT 1").fetchone()
        if row:
            named = self._spelling.hash_text(row[1])
            raise Invalid(f"line {row[0]}: orphan item: no entry of the file names {named}")


def check_root(command: AssertRoot, root: bytes, spelling: Spelling) -> None:
    """Raise Invalid, naming the line, unless the root as of the assertion is what it says."""
    if command.root != root:
        here, said = spelling.hash_text(root), spelling.hash_text(command.root)
        raise Invalid(f"line {command.line}: the root hash is {here} here, and the file says {said}")


class AllNews:
    """The gate for a register that is not here yet."""

    register: Register | None = None

    def __init__(self, spelling: Spelling) -> None:
        self.spelling = spelling

    def is_news(self, command: AppendEntry | AssertRoot) -> bool:
        """Everything is."""
        return True


class Overlap:
    """The gate for a register that is here: what it has must stand in the file alike, and only the rest is news."""

    def __init__(self, store: Store, register: Register, spelling: Spelling) -> None:
        self.register: Register | None = register
        self.spelling = spelling
        self._store, self._id = store, register.id
        with store.reading() as tx:
            self.head: Head = snapshot.read_head(tx, register)
            metadata = snapshot.metadata_items(tx, register.id)
            redacted = dict(redaction.known_digests(redaction.taken_in(tx, register.id)))
        self._sizes = {region: self.head.size(region) for region in Region}
        self.known = Known(register.name, register.key_field, dict(self._sizes), dict(metadata), redacted)
        self._position: dict[Region, int] | None = None
        self._stored: dict[Region, Iterator[Entry]] = {}

    def is_news(self, command: AppendEntry | AssertRoot) -> bool:
        """Whether the register lacks it. Raises Conflict where the file and the register differ."""
        if self._position is None:
            self._position = self._start(command)
        if isinstance(command, AssertRoot):
            return not self._holds_at(command, self._position[Region.USER])
        position = self._position[command.region] = self._position[command.region] + 1
        if position > self._sizes[command.region]:
            return True
        self._compare(command, position)
        return False

    def _start(self, command: AppendEntry | AssertRoot) -> dict[Region, int]:
        """Where the file begins: at nothing, at a root that the register has had, or (unsaid) where it is now."""
        if isinstance(command, AppendEntry):
            return dict(self._sizes)
        if command.root == EMPTY_ROOT:
            return {Region.USER: 0, Region.METADATA: 0}
        with self._store.reading() as tx:
            size = registers.size_with_root(tx.connection, self._id, command.root, self.spelling.version)
            if size is None:
                size = trees.find_size(tx, self._id, self.spelling.tree, command.root, self._sizes[Region.USER])
        if size is None:
            root = self.spelling.hash_text(command.root)
            raise Conflict(f"line {command.line}: the file goes on from {root}, which this register never had")
        return {Region.USER: size, Region.METADATA: self._sizes[Region.METADATA]}

    def _holds_at(self, command: AssertRoot, position: int) -> bool:
        """Whether the assertion is about a past state, where it is held at once."""
        if position > self._sizes[Region.USER]:
            return False
        with self._store.reading() as tx:
            root = trees.root_at(tx, self._id, self.spelling.tree, position) if position else EMPTY_ROOT
            check_root(command, root, self.spelling)
        return True

    def _compare(self, command: AppendEntry, position: int) -> None:
        region = command.region
        if region not in self._stored:
            last = self._sizes[region]
            self._stored[region] = snapshot.stream_entries(self._store, self._id, region, position, last)
        entry = next(self._stored[region])
        digest = entry.digests[self.spelling.version]
        if (entry.key, entry.timestamp, digest) != (command.key, command.timestamp, command.digest):
            word = WORD_OF[region]
            raise Conflict(
                f"line {command.line}: the file's {word} entry {position} is not the register's: histories differ"
            )
