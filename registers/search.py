"""Questions answered from the index: find, count, facets, suggestions, in one register or across all.

Every answer is of one state that the index has reached. An order is total, so a cursor is a place in it: pages go on
where the one before ended, whatever has been appended since.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from registers.errors import Unavailable
from registers.folding import shown, sortable
from registers.indexing import QUESTIONS
from registers.matching import MOST_BATCH, Asked, Batch, Cursor, bodies, parsed, ranking
from registers.question import Question, sought, title_of, values_of
from registers.register import Register
from registers.snapshot import Snapshot, take
from registers.store import entries, questions
from registers.store import registers as stored
from registers.store.engine import Transaction
from registers.store.scope import Ranked, Scope

EXAMINED = 50_000  # records whose items one page is looked for in; what is left goes on from the cursor
GROUPED = 2_000_000  # records up to which the values of all of them are counted in the database


@dataclass(frozen=True, slots=True)
class Found:
    """Entry numbers of records, in order, and the cursor to go on after; None at the end.

    A page that was looked for in very many records may hold fewer than were asked for, or none, and go on.
    """

    numbers: list[int]
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class FoundEverywhere:
    """Records of any register, as the register's id and the entry's number, in order; and the cursor to go on after."""

    records: list[tuple[int, int]]
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of a field and how many of the matches have each, the most common first.

    Unless `exact`, the counts are of the first matches only, so there are at least so many. `more`: there are other
    values.
    """

    values: list[tuple[str, int]]
    exact: bool
    more: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A record to choose: its key, its name (or key) as it is spelt, its entry's number."""

    key: str
    name: str
    number: int


def indexed(tx: Transaction, register: Register, at: str | None = None) -> Snapshot:
    """The register at a state that the index has reached: the latest there is, or the one that `at` asks for.

    Raises Unavailable when the index has not come to that state yet; Invalid and NotFound as `snapshot.take` does.
    """
    taken = take(tx, register, at)
    reached = QUESTIONS.position(tx, register.id)
    if at is not None and taken.size > reached:
        raise Unavailable(f"the index of {register.name} is behind, at entry {reached} of {taken.size}; try again")
    return replace(taken, size=min(taken.size, reached))


def find(taken: Snapshot, question: Question, limit: int, after: Cursor | None = None) -> Found:
    """Records that the question asks for, in its order: at most `limit`, after a cursor of the same question.

    The question has been checked. Raises Invalid for a cursor that is none of this question's.
    """
    asked = Asked(taken, question)
    found: Batch = []
    examined = 0
    for batch in asked.batches(after, limit + 1):
        found += asked.kept(batch)
        if len(found) > limit:
            return Found([number for _, number in found[:limit]], found[limit - 1][0])
        examined += len(batch)
        if asked.left and examined >= EXAMINED:
            return Found([number for _, number in found], batch[-1][0])
    return Found([number for _, number in found], None)


def find_everywhere(tx: Transaction, words: str, limit: int, after: Cursor | None = None) -> FoundEverywhere:
    """Current records of all published registers that have all the words, as far as each is indexed.

    Raises Invalid for words that are none, or a cursor that is not of this question.
    """
    wanted = sought(words)
    published = [each.id for each in stored.find_published(tx.connection)]
    found: list[Ranked] = []
    begin = parsed(after, everywhere=True)
    for rows in ranking(tx, wanted, Scope(tuple(published)), begin, limit + 1) if published else ():
        found += rows
        if len(found) > limit:
            last = found[limit - 1]
            cursor = (wanted.rank(last.key, last.name), *last.place)
            return FoundEverywhere([(row.register_id, row.since) for row in found[:limit]], cursor)
    return FoundEverywhere([(row.register_id, row.since) for row in found], None)


def count(taken: Snapshot, question: Question, most: int = 100_000) -> tuple[int, bool]:
    """How many records the question asks for, up to `most`; and whether there are no more."""
    if _is_everything(question):
        return (taken.total_records, True) if taken.total_records <= most else (most, False)
    numbers, exact = _matches(taken, question, most)
    return len(numbers), exact


def facets(
    taken: Snapshot, question: Question, fields: Sequence[str], most: int = 100_000, values: int = 100
) -> dict[str, Facet]:
    """The values of each of some fields among the records that the question asks for, the `values` most common.

    Every member of a list counts. Values that are as common come in the order of their datatype.
    """
    asked = Asked(taken, question)
    if _is_everything(question) and taken.total_records <= GROUPED:
        return {name: _grouped(asked, name, values) for name in fields}
    numbers, exact = _matches(taken, question, most)
    counted: dict[str, Counter[str]] = {name: Counter() for name in fields}
    for start in range(0, len(numbers), MOST_BATCH):
        for body in bodies(taken, numbers[start : start + MOST_BATCH]).values():
            item = json.loads(body)
            for name, counter in counted.items():
                counter.update(values_of(item, name))
    return {name: _facet(counter, asked.datatype(name), exact, values) for name, counter in counted.items()}


def suggest(taken: Snapshot, text: str, limit: int) -> list[Suggestion]:
    """Records to choose from while their name or key is being typed, the best first."""
    numbers = find(taken, Question(words=text), limit).numbers
    held = entries.read_numbers(taken.tx.connection, taken.register.id, 0, numbers)
    found = [held[number] for number in numbers]
    return [Suggestion(each.key, title_of(json.loads(each.body), each.key), each.number) for each in found]


def _is_everything(question: Question) -> bool:
    return not (question.conditions or question.words or question.on)


def _matches(taken: Snapshot, question: Question, most: int) -> tuple[list[int], bool]:
    """The entry numbers of the first matches, up to `most`, and whether there are no more."""
    # Few records have the words, as a rule, so these are walked; without words, a range is counted by the index.
    asked = Asked(taken, question) if question.words else Asked(taken, question, rare=most)
    numbers: list[int] = []
    for batch in asked.batches():
        numbers += [number for _, number in asked.kept(batch)]
        if len(numbers) > most:
            return numbers[:most], False
    return numbers, True


def _facet(counter: Counter[str], datatype: str, exact: bool, values: int) -> Facet:
    counted = sorted(counter.items(), key=lambda each: (-each[1], sortable(each[0], datatype)))
    return Facet(counted[:values], exact, len(counted) > values)


def _grouped(asked: Asked, name: str, values: int) -> Facet:
    """The facet of all records, counted by the index alone."""
    rows = questions.count_values(asked.connection, asked.scope, name, values + 1)
    counted = [(_spelt(asked, name, form, since), number) for form, number, since in rows]
    return Facet(counted[:values], True, len(counted) > values)


def _spelt(asked: Asked, name: str, form: str, since: int) -> str:
    """The value that has a sortable form; that of a long one is in the item of any entry that has it."""
    value = shown(form, asked.datatype(name))
    if value is not None:
        return value
    item = json.loads(bodies(asked.taken, [since])[since])
    return next((value for value in values_of(item, name) if sortable(value, asked.datatype(name)) == form), form)
