"""The follower that makes registers answer questions: it reads the log behind the writer and keeps the index.

Its position is a number of user entries. Each chunk of the log is one act that writes the index rows of its entries,
ends those of the records that they replace, and moves the position, so what is done twice is done once. What it
writes is worked out before the act, from entries that never change, so that writers wait for as little as can be.

The follower's note says which definition the index was made for. Fields may be added to it; when it says anything
else (a draft may change as it likes), the index is made again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from registers import definition as definitions
from registers import snapshot
from registers.entry import Entry, Item
from registers.folding import sortable, words_of
from registers.question import days, indexed_fields, title_of, values_of
from registers.register import Head, Register
from registers.store import entries, followers, questions, registers, tables
from registers.store.engine import Store, Transaction

CHUNK = 5000
RECORD_WORDS = 1000  # different words of one record that are looked up
LENGTH_LIMIT = 1023  # characters of a folded name
WORDED = ("string", "name", "curie")  # the datatypes whose words are looked up
GONE = ["", ""]  # what a field of which nothing is asked is known by

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What an index was made for: how many metadata entries there were, and each field's datatype and cardinality.

    A draft's fields may go and come back, and its entries keep their values, so those that went are known as `GONE`.
    `redacted` is how many metadata entries there were when values were last taken away: who read entries before that
    finds another note than it began with, and reads them again.
    """

    metadata: int = 0
    fields: dict[str, list[str]] = field(default_factory=dict)
    redacted: int = 0

    def note(self) -> str:
        """As the follower's note keeps it."""
        told: dict[str, object] = {"metadata": self.metadata, "fields": self.fields}
        return json.dumps(told | ({"redacted": self.redacted} if self.redacted else {}), separators=(",", ":"))

    def grows_to(self, other: Made) -> bool:
        """Whether an index for this is one for the other too, as far as it goes."""
        return all(other.fields.get(name, GONE) == meaning for name, meaning in self.fields.items())

    def followed_by(self, other: Made) -> Made:
        """The other, with what is gone."""
        gone = {name: GONE for name in self.fields if name not in other.fields}
        return Made(other.metadata, other.fields | gone, self.redacted)


def made_for(note: str) -> Made:
    """What a follower's note says."""
    return Made(**json.loads(note)) if note else Made()


class Questions:
    """The follower."""

    name = "questions"

    def catch_up(self, store: Store, register: Register, progress: Progress | None = None) -> None:
        """Index a register up to its head. `progress` is told the position and the size, after each chunk."""
        for number in count(1):
            with store.reading() as tx:
                chunk = _read_chunk(tx, register)
            if chunk is None:
                return
            with store.following() as tx:
                written = _write_chunk(tx, chunk)
            if progress:
                progress(chunk.last, chunk.size)
            if written and chunk.last == chunk.size:
                if number > 1:
                    _settle(store)
                return

    def position(self, tx: Transaction, register_id: int) -> int:
        """How many user entries of a register are indexed."""
        return followers.read(tx.connection, self.name, register_id)[0]


QUESTIONS = Questions()


def _settle(store: Store) -> None:
    """Leave the words of many entries in good order for the few that come next; each step is an act, so none waits."""
    unsettled = True
    while unsettled:
        with store.following() as tx:
            unsettled = tx.full_text.settle(tx.connection)


@dataclass(slots=True)
class _Chunk:
    """What one act writes: from a position and note that must not have changed, to the entry `last`."""

    register_id: int
    begun: tuple[int, str]
    made: Made
    last: int
    size: int
    again: bool = False
    records: list[tuple[Any, ...]] = field(default_factory=list)
    values: list[tuple[Any, ...]] = field(default_factory=list)
    blobs: list[tuple[Any, ...]] = field(default_factory=list)
    ended: list[tuple[int, int]] = field(default_factory=list)
    ended_values: list[tuple[int, int, str, str]] = field(default_factory=list)


def _write_chunk(tx: Transaction, chunk: _Chunk) -> bool:
    """Write a chunk, unless another process has done it meanwhile, or the register is gone; whether it was written."""
    register_id = chunk.register_id
    if not registers.hold(tx.connection, register_id):
        return False
    if followers.claim(tx.connection, QUESTIONS.name, register_id) != chunk.begun:
        return False
    if chunk.again:
        questions.forget(tx.connection, tx.full_text, register_id)
    if chunk.records:
        tx.full_text.add(tx.connection, chunk.records)
    tx.hot.insert_rows(tx.connection, tables.question_value, chunk.values)
    tx.hot.insert_rows(tx.connection, tables.blob_lookup, chunk.blobs)
    questions.end(tx.connection, register_id, chunk.ended, chunk.ended_values)
    followers.move(tx.connection, QUESTIONS.name, register_id, chunk.last, chunk.made.note())
    # If we crash here, the index stands where it stood; after COMMIT, next, it stands at `last`, rows and position.
    return True


def index_again(tx: Transaction, register: Register, found: Sequence[Entry], metadata_entries: int) -> None:
    """A part: index entries anew out of whose items values have just been taken, those that are indexed already.

    It waits for a follower that is writing; one that has read entries and not yet written them reads them again.
    """
    begun = followers.claim(tx.connection, QUESTIONS.name, register.id)
    made = replace(made_for(begun[1]), redacted=metadata_entries)
    chunk = _Chunk(register.id, begun, made, begun[0], begun[0])
    ended = questions.forget_entries(tx.connection, tx.full_text, register.id, [each.number for each in found])
    for each in found:
        if each.number in ended:
            _add(chunk, each, ended[each.number])
    if chunk.records:
        tx.full_text.add(tx.connection, chunk.records)
    tx.hot.insert_rows(tx.connection, tables.question_value, chunk.values)
    followers.move(tx.connection, QUESTIONS.name, register.id, chunk.last, made.note())


# Worked out before the act


def _read_chunk(tx: Transaction, register: Register) -> _Chunk | None:
    """The next chunk; None when there is nothing to do, or no register any more."""
    head = registers.read_head(tx.connection, register.id)
    if head is None:
        return None
    position, note = followers.read(tx.connection, QUESTIONS.name, register.id)
    before = made_for(note)
    known = note and before.metadata == head.metadata_entries
    made = before if known else before.followed_by(_defined(tx, register, head))
    if position == head.entries and made is before:
        return None
    if not before.grows_to(made):
        return _Chunk(register.id, (position, note), made, 0, head.entries, again=True)
    last = min(position + CHUNK, head.entries)
    chunk = _Chunk(register.id, (position, note), made, last, head.entries)
    _fill(tx, chunk, entries.read(tx.connection, register.id, 0, position + 1, last))
    return chunk


def _defined(tx: Transaction, register: Register, head: Head) -> Made:
    items = snapshot.metadata_items(tx, register.id)
    definition = definitions.from_metadata(register.name, register.key_field, items)
    fields = indexed_fields(definition) if definition else {}
    meanings = {name: [each.datatype, each.cardinality] for name, each in fields.items()}
    # A field of texts is as good as gone: in a draft it may become one of which something can be asked.
    unasked = {name: GONE for name in (definition.field_names if definition else ()) if name not in meanings}
    return Made(head.metadata_entries, meanings | unasked)


def _fill(tx: Transaction, chunk: _Chunk, found: list[Entry]) -> None:
    """Work the rows out: each entry's hold until the next of the same key in the chunk, if there is one."""
    _end_previous(tx, chunk, found)
    until: dict[str, int] = {}
    for each in reversed(found):
        ends = until.get(each.key)
        until[each.key] = each.number
        _add(chunk, each, ends)
        if each.item == each.number:
            prefix = int.from_bytes(each.digests["v2"][:8], "big", signed=True)
            chunk.blobs.append((prefix, chunk.register_id, each.number))


def _add(chunk: _Chunk, each: Entry, until: int | None) -> None:
    """The rows of an entry that holds until another."""
    item = json.loads(each.body)
    chunk.records.append(_record(chunk, each, item, until))
    values = _values(item, chunk.made)
    chunk.values += [(chunk.register_id, name, form, each.number, until) for name, form in values]


def _end_previous(tx: Transaction, chunk: _Chunk, found: list[Entry]) -> None:
    """The rows of records that were current before the chunk and are not after it."""
    position = chunk.begun[0]
    if not position:
        return
    first = {each.key: each.number for each in reversed(found)}
    previous = questions.previous(tx.connection, chunk.register_id, list(first), position)
    held = questions.bodies(tx.connection, chunk.register_id, list(previous.values()))
    for key, since in previous.items():
        until = first[key]
        chunk.ended.append((since, until))
        chunk.ended_values += [(since, until, *each) for each in _values(json.loads(held[since]), chunk.made)]


def _values(item: Item, made: Made) -> list[tuple[str, str]]:
    """The field and sortable form of each value of an item, once."""
    found: dict[tuple[str, str], None] = {}
    for name in item:
        meaning = made.fields.get(name, GONE)
        if meaning != GONE:
            found.update(((name, sortable(value, meaning[0])), None) for value in values_of(item, name))
    return list(found)


def _record(chunk: _Chunk, each: Entry, item: Item, until: int | None) -> tuple[Any, ...]:
    """A row of `question_record`, without its id."""
    named = words_of(title_of(item, each.key))
    name = " ".join(named)[:LENGTH_LIMIT]
    words = " ".join(_words(named, each.key, item, chunk.made))
    return (chunk.register_id, each.number, until, each.key, name, len(name), words, *days(item))


def _words(named: list[str], key: str, item: Item, made: Made) -> list[str]:
    """The different words of a record: those of its name, its key and then its other values."""
    words = dict.fromkeys([*named, *words_of(key)])
    for name in item:
        if made.fields.get(name, ("",))[0] in WORDED and len(words) < RECORD_WORDS:
            for value in values_of(item, name):
                words.update(dict.fromkeys(words_of(value)))
    return list(words)[:RECORD_WORDS]
