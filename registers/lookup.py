"""Records by one value, letter for letter: from the index where it has come so far, else by reading them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from unicodedata import is_normalized

from registers import search
from registers.canonical import quoted
from registers.definition import Definition
from registers.entry import Entry
from registers.errors import Invalid, NotFound
from registers.indexing import QUESTIONS
from registers.matching import Cursor
from registers.question import Condition, Question, check
from registers.snapshot import CHUNK, Snapshot

FIRST_CHUNK = 100


def with_value(
    taken: Snapshot, definition: Definition, field: str, value: str, below: int | None = None
) -> Iterator[Entry]:
    """The records that have the value in a field of the register, alone or in a list; the latest entry first.

    Only those whose entries are below a number, if one is given.
    """
    below = taken.size + 1 if below is None else below
    if not is_normalized("NFC", value):
        return iter(())  # every item is normalised, and the index would take the value for its normal form
    if field == definition.key_field:
        return _with_key(taken, value, below)
    question = Question((Condition(field, "eq", (value,)),))
    if _is_indexed(taken, definition, question):
        return _indexed(taken, question, below)
    return holding(_read(taken, below), field, value)


def _with_key(taken: Snapshot, key: str, below: int) -> Iterator[Entry]:
    try:
        found = taken.record(key)
    except NotFound:
        return
    if found.number < below:
        yield found


def _is_indexed(taken: Snapshot, definition: Definition, question: Question) -> bool:
    try:
        check(question, definition)
    except Invalid:
        return False
    return QUESTIONS.position(taken.tx, taken.register.id) >= taken.size


def _indexed(taken: Snapshot, question: Question, below: int) -> Iterator[Entry]:
    after: Cursor | None = (below,)
    while after is not None:
        found = search.find(taken, question, FIRST_CHUNK, after)
        yield from taken.numbered(found.numbers)
        after = found.cursor


def _read(taken: Snapshot, below: int) -> Iterator[Entry]:
    while True:
        found = taken.records_before(below, CHUNK)
        yield from found
        if len(found) < CHUNK:
            return
        below = found[-1].number


def holding(found: Iterable[Entry], field: str, value: str) -> Iterator[Entry]:
    """Those of the records that have the value in the field, alone or in a list."""
    written = quoted(value)
    for entry in found:
        if written not in entry.body:
            continue  # a body is canonical JSON, which spells a value in one way
        held = json.loads(entry.body).get(field)
        if held == value or (isinstance(held, list) and value in held):
            yield entry
