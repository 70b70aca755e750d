"""A source held against its register: what would be added, changed, ended and left, as a plan; nothing is written.

    Reading ──▶ rows, some thousand at a time ──▶ the records as they are now ──▶ changes ──▶ the lines of a plan

A row says the values of the fields that its source carries; the others stay as the record has them. What the register
has and the file has not is missing only if the file is complete for it, and ends only if the source's rules say so.
What looks wrong is a warning, for people to judge; what cannot be is a problem, and then there is no plan.
"""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import IO

from loaders.doubts import Doubts
from loaders.source import Nothing, Reading, Row
from registers import applying, links, plan, redaction, snapshot
from registers import definition as definitions
from registers.batch import NEW, Change
from registers.definition import Definition
from registers.entry import FORMAT_SUFFIXES, shortened, timestamp_text
from registers.errors import Invalid
from registers.item import ItemRules, Link, Value, linked_keys, normalise
from registers.plan import Header
from registers.redacted import holds_redacted, without_redacted
from registers.register import Register
from registers.snapshot import Snapshot
from registers.store import records, registers
from registers.store.engine import Store, Transaction
from registers.store.records import Held

CHUNK = 5_000  # rows that are looked up together
IN_MEMORY = 32 * 1024 * 1024  # bytes of a plan, above which it waits on disk
Progress = Callable[[int, int | None], None]  # rows done, of how many if that is known


@dataclass(slots=True)
class Counts:
    """What would become of how many records; `missing` ones should be in the file, are not, and stay as they are."""

    added: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0
    missing: int = 0

    @property
    def changes(self) -> int:
        """How many entries that makes."""
        return self.added + self.changed + self.ended

    def members(self) -> dict[str, int]:
        """As JSON has them."""
        return {name: getattr(self, name) for name in ("added", "changed", "ended", "unchanged", "missing")}


@dataclass(frozen=True, slots=True)
class Request:
    """What is planned: from which source, from a file with which SHA-256, dated to which day (None: now)."""

    source: str
    file: str = ""
    as_at: date | None = None


@dataclass(slots=True)
class Planned:
    """A plan that was made: `lines` gives its bytes, a line at a time, as often as asked; `digest` is its name.

    `confirmed` are the numbers of the entries whose records are as the file has them, `rows` how many records the file
    has, and `size` is how long the plan is, in bytes.
    """

    header: Header
    digest: str
    counts: Counts
    warnings: list[str]
    notes: list[str]
    confirmed: array[int]
    rows: int
    size: int
    _content: IO[bytes]

    def lines(self) -> Iterator[bytes]:
        """The plan."""
        self._content.seek(0)
        return iter(self._content)

    @property
    def fields_added(self) -> list[str]:
        """The fields that a register would get which is here already."""
        return self.header.fields if self.header.origin else []

    @property
    def is_empty(self) -> bool:
        """Whether the register is as the source says already."""
        return not self.counts.changes and not self.header.definition


@contextmanager
def planned(store: Store, reading: Reading, request: Request, progress: Progress) -> Iterator[Planned]:
    """The plan that brings a register to what a reading says, for as long as the block lasts.

    Raises Wrong, with all that is wrong with the file; Invalid when the source means something else by a field.
    """
    begun = _begin(store, reading, request)
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as content:
        hashing = sha256()
        for line in plan.lines(begun.header, begun.changes(progress)):
            encoded = line.encode()
            hashing.update(encoded)
            content.write(encoded)
        begun.check_links()
        reading.problems.check()
        if not begun.rows:
            raise Nothing(f"there is no record in the file for the register {begun.definition.name}")
        yield Planned(
            header=begun.header,
            digest=hashing.hexdigest(),
            counts=begun.counts,
            warnings=begun.doubts.sentences(),
            notes=reading.notes,
            confirmed=begun.confirmed,
            rows=begun.rows,
            size=content.tell(),
            _content=content,
        )


def _begin(store: Store, reading: Reading, request: Request) -> _Comparison:
    wanted = reading.definition
    with store.reading() as tx:
        there = registers.find_by_any_name(tx.connection, wanted.name)
        register = snapshot.find_register(tx, wanted.name) if there else None
        now = snapshot.read_definition(tx, register) if register else None
        taken = snapshot.take(tx, register) if register else None
        _check_as_at(tx, taken, request.as_at)
        digests = snapshot.metadata_digests(tx, register.id) if register else {}
        own = {register.name, *registers.former_names(tx.connection, register.id)} if register else {wanted.name}
        header = Header(
            register=wanted.name,
            origin=register.origin if register else "",
            entries=taken.size if taken else 0,
            root_hash=f"{plan.HASH}{taken.root().hex()}" if taken else "",
            source=request.source,
            file=request.file,
            as_at=request.as_at.isoformat() if request.as_at else "",
            dated=reading.dated.isoformat() if reading.dated else "",
            definition=tuple(
                Change(key, item, place=key, replaces=digests.get(key, NEW)) for key, item in growth(now, wanted)
            ),
        )
        day = request.as_at or reading.dated or snapshot.day_of(tx)
        gone = redaction.digests_by_record(tx, register.id) if register else {}
    return _Comparison(store, reading, register, header, grown(now, wanted), day, own, gone)


def _check_as_at(tx: Transaction, taken: Snapshot | None, as_at: date | None) -> None:
    """Raise Invalid for a day that entries cannot be dated to: one to come, or one before the last entry."""
    if as_at is None:
        return
    moment = int(datetime.combine(as_at, datetime.min.time(), UTC).timestamp())
    if moment > tx.clock():
        raise Invalid(f"--as-at {as_at} is in the future")
    if taken and taken.size and taken.head.latest > moment:
        last = timestamp_text(taken.head.latest)
        raise Invalid(f"--as-at {as_at} is before the entry it would follow, of {last}: load dated files in order")


# The definition


def growth(now: Definition | None, wanted: Definition) -> list[tuple[str, dict[str, str | list[str]]]]:
    """The metadata entries that make a register, or add the fields that it lacks after its own.

    A field that is there but means something else is among them too, for the core to refuse.
    """
    if now is None:
        return [(key, normalise(item)) for key, item in wanted.entries()]
    meanings = {each.name: each.meaning for each in now.fields}
    differing = [each for each in wanted.fields if meanings.get(each.name) != each.meaning]
    items = [(f"field:{each.name}", normalise(each.item())) for each in differing]
    if any(each.name not in meanings for each in differing):
        entries = dict(grown(now, wanted).entries())
        items.append((f"register:{now.name}", normalise(entries[f"register:{now.name}"])))
    return items


def grown(now: Definition | None, wanted: Definition) -> Definition:
    """The definition with the fields that a source needs. Raises Invalid for a field that means something else now."""
    if now is None:
        definitions.check_definition(wanted)
        return wanted
    if now.key_field != wanted.key_field:
        raise Invalid(f"the key field of {now.name} is {now.key_field}, and the source's {wanted.key_field}")
    have = {each.name: each for each in now.fields}
    for each in wanted.fields:
        if each.name in have and have[each.name].meaning != each.meaning:
            raise Invalid(f"the field {each.name} of {now.name} has another datatype, cardinality or register")
    added = tuple(each for each in wanted.fields if each.name not in have)
    return definitions.with_fields(now, added)


# The records


@dataclass(slots=True)
class _Comparison:
    """One file against one register, row by row."""

    store: Store
    reading: Reading
    register: Register | None
    header: Header
    definition: Definition
    day: date
    own: set[str]  # the names that the register has and had
    taken: dict[str, set[tuple[str, bytes]]]  # what was taken out of its records
    rows: int = 0
    counts: Counts = field(default_factory=Counts)
    doubts: Doubts = field(default_factory=Doubts)
    seen: set[str] = field(default_factory=set)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    confirmed: array[int] = field(default_factory=lambda: array("Q"))

    @property
    def remembers(self) -> bool:
        """Whether the keys of the file are needed afterwards: to see what is missing, or what links to what."""
        mine = (each.register in self.own or each.datatype == "curie" for each in self.definition.links)
        return self.reading.complete is not None or any(mine)

    @property
    def spoken(self) -> frozenset[str]:
        """The fields that the file speaks of: those it carries, and the end of what it has after all."""
        ending = self.reading.ending
        return self.reading.carries | ({ending.field} if ending else set())

    def changes(self, progress: Progress) -> Iterator[Change]:
        """The changes that make the register what the file says."""
        rules = ItemRules(self.definition)
        rows = iter(self.reading.rows_once())
        done = 0
        while some := list(islice(rows, CHUNK)):
            held = self._current([row.key for row in some])
            for row in some:
                change = self._compare(row, held.get(row.key), rules)
                if change:
                    yield change
            done += len(some)
            self.rows = done
            progress(done, None)
        if self.reading.complete:
            yield from self._missing()

    def _current(self, keys: list[str]) -> dict[str, Held]:
        if self.remembers:
            self.seen.update(keys)
        if self.register is None:
            return {}
        with self.store.reading() as tx:
            return records.current(tx.connection, self.register.id, keys)

    def _compare(self, row: Row, held: Held | None, rules: ItemRules) -> Change | None:
        """What a row changes; None when it changes nothing, or cannot be taken."""
        try:
            item = normalise(row.item)
            before: dict[str, Value] | None = None
            if held:
                before = json.loads(held.body)
                spoken, left = self.spoken - self._taken_from(row.key, item), _left(before, held)
                item |= {name: value for name, value in left.items() if name not in spoken}
                if item == left:
                    self.counts.unchanged += 1
                    self.confirmed.append(held.entry)
                    return None
            rules.check(row.key, item)
        except Invalid as error:
            note_faults(self.reading, rules, row, str(error))
            return None
        if held is None and row.key.endswith(FORMAT_SUFFIXES):
            self.reading.wrong(row.place, self.definition.key_field, suffix_fault(row.key))
            return None
        return self._count(row.key, before, item, row.place, held.digest if held else NEW)

    def _taken_from(self, key: str, item: dict[str, Value]) -> set[str]:
        """The fields in which a row has what was taken out of its record. It is not brought back: the row loses it."""
        digest_of = self.store.hashings["v2"].text_digest
        if not digest_of or key not in self.taken:
            return set()
        names = set(redaction.fields_of(item, self.taken[key], digest_of))
        for name in names:
            del item[name]
        return names

    def _count(
        self, key: str, before: dict[str, Value] | None, item: dict[str, Value], place: str, replaces: bytes
    ) -> Change:
        for name, register, target in linked_keys(self.definition.links, item):
            self.links.setdefault((register, target), Link(place, name, register, target))
        self.doubts.look(key, before, item)
        if before is None:
            self.counts.added += 1
        elif any(field in item and field not in before for field in self.endings):
            self.counts.ended += 1
        else:
            self.counts.changed += 1
        return Change(key, item, place=place, replaces=replaces)

    @property
    def endings(self) -> set[str]:
        """The fields that say that a record has ended."""
        return {"end-date"} | ({self.reading.ending.field} if self.reading.ending else set())

    def _missing(self) -> Iterator[Change]:
        """The records that the file should have and has not, ended if the source's rules say so."""
        complete, ending = self.reading.complete, self.reading.ending
        if self.register is None or complete is None:
            return
        with self.store.reading() as tx:
            taken = snapshot.take(tx, self.register)
        expected = missing = 0
        for entry in snapshot.stream_records(self.store, taken):
            before = json.loads(entry.body)
            if self.endings & before.keys() or not complete(before):
                continue
            expected += 1
            if entry.key in self.seen:
                continue
            missing += 1
            if ending is None:
                self.counts.missing += 1
                continue
            item = {**without_redacted(before), ending.field: (self.day - timedelta(days=1)).isoformat()}
            yield self._count(entry.key, before, item, f"record {entry.key}", entry.digests["v1"])
        self.doubts.look_at_missing(missing, expected)

    def check_links(self) -> None:
        """Note a problem for each key that is linked to and is not there, nor is coming."""
        with self.store.reading() as tx:
            for link in self._dangling(tx):
                kept = "" if link.field in self.reading.carries else "; the register has it, and the file is silent"
                self.reading.wrong(link.place, link.field, dangling_fault(link) + kept)

    def _dangling(self, tx: Transaction) -> list[Link]:
        if self.register:
            return links.judge(tx, self.register, self.links.values(), self.seen).dangling
        name = self.definition.name
        others = [link for link in self.links.values() if link.register != name or link.key not in self.seen]
        return links.judge_for(tx, name, others).dangling


def _left(before: dict[str, Value], held: Held) -> dict[str, Value]:
    """What a record has that can be given to it again: what was taken out of it is not."""
    return without_redacted(before) if holds_redacted(held.body) else before


# What is wrong


def note_faults(reading: Reading, rules: ItemRules, row: Row, first: str) -> None:
    """Note all that is wrong with a row, field by field; `first` is what was found first, which may be of no field."""
    faults = [found for name in row.item if (found := _fault(reading, rules, row, name))]
    for name, sentence in faults or [("", first)]:
        reading.wrong(row.place, name, sentence)


def _fault(reading: Reading, rules: ItemRules, row: Row, name: str) -> tuple[str, str] | None:
    key_field = reading.definition.key_field
    try:
        rules.check(row.key, normalise({key_field: row.key, name: row.item[name]}))
    except Invalid as error:
        sentence = str(error)
        return (name, sentence.removeprefix(f"{name}: ")) if sentence.startswith(f"{name}: ") else ("", sentence)
    return None


def suffix_fault(key: str) -> str:
    """Why a key that ends like a format cannot be new."""
    return f"{shortened(key)} ends like a format, and {' or '.join(FORMAT_SUFFIXES)} in a URL asks for one"


def dangling_fault(link: Link) -> str:
    """What is wrong with a link to nothing."""
    return f"{shortened(link.key)} is not the key of a record of {link.register}"


def differences(store: Store, made: Planned) -> Iterator[plan.Difference]:
    """What a plan would do, record by record and field by field."""
    return applying.differences(store, made.lines())
