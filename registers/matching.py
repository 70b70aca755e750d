"""How the index is asked: a question of one register as batches of records in its order, and words as a ranking.

Where a condition is rare, all that keep it are taken and sorted; otherwise one index is walked in the order that was
asked for. What neither settles is left, and held against the records' items.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cached_property

from registers.entry import shortened
from registers.errors import Invalid
from registers.indexing import LENGTH_LIMIT, QUESTIONS, made_for
from registers.question import Condition, Question, Sought, Span, forms, holds, is_absence, sought, span
from registers.snapshot import Snapshot
from registers.store import followers, questions
from registers.store.engine import Transaction
from registers.store.questions import Posted
from registers.store.scope import FIRST, Place, Ranked, Scope

Cursor = tuple[str | int, ...]
RARE = 2000  # records that keep a condition, up to which all of them are taken
FIRST_BATCH, MOST_BATCH = 100, 5000  # records that are read at once, to begin with and in the end
CLASSES = 4  # of a ranking

Batch = list[tuple[Cursor, int]]  # a record's cursor and its entry's number


class Asked:
    """A question, with the state it is asked of and what the index knows about its fields."""

    def __init__(self, taken: Snapshot, question: Question, rare: int = 0) -> None:
        """`rare` stands for `RARE` where no condition is as rare as that, if it is more."""
        self.taken, self.question, self.rare = taken, question, rare
        self.connection = taken.tx.connection
        self.scope = Scope((taken.register.id,), taken.size, question.on.toordinal() if question.on else None)
        self.left: list[Condition] = []  # those that neither a walk nor what was taken has settled

    @cached_property
    def _meanings(self) -> dict[str, list[str]]:
        return made_for(followers.read(self.connection, QUESTIONS.name, self.taken.register.id)[1]).fields

    def datatype(self, name: str) -> str:
        """The datatype that a field was indexed with."""
        return self._meanings.get(name, ["string"])[0]

    def batches(self, after: Cursor | None = None, size: int = FIRST_BATCH) -> Iterator[Batch]:
        """The records in the question's order, after a cursor; the caller holds what is `left` against them."""
        return self._ranked(after, size) if self.question.words else self._ordered(after, size)

    def _ordered(self, after: Cursor | None, size: int) -> Iterator[Batch]:
        """The records in the order of the key or the entry."""
        by_key, down = self.question.sort.endswith("key"), self.question.sort.startswith("-")
        if after is not None and (len(after) != 1 or type(after[0]) is not (str if by_key else int)):
            raise Invalid(f"after: {shortened(after)} is not a cursor of this question")
        only = self._rare(one_is_walked=not by_key)
        if only is None:
            return self._walk(by_key, down, after[0] if after else None, size)
        rows = questions.rows(self.connection, self.scope, sorted(only))
        batch: Batch = sorted(((row.key if by_key else row.since,), row.since) for row in rows)
        if down:
            batch.reverse()
        return _batches(batch, lambda cursor: not after or (cursor < after if down else cursor > after))

    def _ranked(self, after: Cursor | None, size: int) -> Iterator[Batch]:
        """The records in the order of the ranking."""
        wanted = sought(self.question.words)
        rank, place = parsed(after)
        only = self._rare()
        if only is None:
            self.left = list(self.question.conditions)
            for rows in ranking(self.taken.tx, wanted, self.scope, (rank, place), size):
                yield [((wanted.rank(row.key, row.name), row.length, row.key), row.since) for row in rows]
            return
        kept = (row for row in questions.rows(self.connection, self.scope, sorted(only)) if wanted.matches(row.words))
        batch: Batch = sorted(((wanted.rank(row.key, row.name), row.length, row.key), row.since) for row in kept)
        yield from _batches(batch, lambda cursor: not after or cursor > after)

    def kept(self, batch: Batch) -> Batch:
        """Those that keep the conditions that are left."""
        if not self.left:
            return batch
        held = bodies(self.taken, [number for _, number in batch])
        return [each for each in batch if self._holds(held[each[1]])]

    def _holds(self, body: str) -> bool:
        item = json.loads(body)
        return all(holds(each, item, self.datatype(each.field)) for each in self.left)

    def _walk(self, by_key: bool, down: bool, after: str | int | None, size: int) -> Iterator[Batch]:
        probes = [self._posted([each]) for each in self.question.conditions if each.op in ("eq", "in")]
        self.left = [each for each in self.question.conditions if each.op not in ("eq", "in")]
        while True:
            batch: Batch
            if by_key:
                place = None if after is None else str(after)
                keys = questions.by_key(self.connection, self.scope, probes, down, place, size)
                batch = [((key,), number) for key, number in keys]
            else:
                number = int(after) if after is not None else (self.taken.size + 1 if down else 0)
                numbers = questions.by_entry(self.connection, self.scope, probes, down, number, size)
                batch = [((each,), each) for each in numbers]
            yield batch
            if len(batch) < size:
                return
            (after,) = batch[-1][0]
            size = min(size * 4, MOST_BATCH)

    def _rare(self, one_is_walked: bool = False) -> set[int] | None:
        """The records that keep the rare conditions; None when none is rare. The other conditions are left."""
        conditions = self.question.conditions
        if one_is_walked and len(conditions) == 1 and conditions[0].op == "eq":
            return None
        only = self._within(RARE)
        return self._within(self.rare) if only is None and self.rare > RARE else only

    def _within(self, most: int) -> set[int] | None:
        """The records that keep those conditions that at most so many keep; the other conditions are left."""
        only: set[int] | None = None
        self.left = []
        for group in self._groups():
            taken = None if is_absence(group[0]) else self._postings(group, most)
            if taken is None:
                self.left += group
            else:
                only = taken if only is None else only & taken
        return only

    def _postings(self, group: list[Condition], most: int) -> set[int] | None:
        found = questions.postings(self.connection, self.scope, self._posted(group), most + 1)
        return set(found) if len(found) <= most else None

    def _groups(self) -> list[list[Condition]]:
        """The conditions; `gte` and `lte` of one value go together, as they are rarer than each alone."""
        groups: list[list[Condition]] = []
        ranges: dict[str, list[Condition]] = {}
        for each in self.question.conditions:
            single = self._meanings.get(each.field, ["", "n"])[1] == "1"
            if single and each.op in ("gte", "lte"):
                group = ranges.setdefault(each.field, [])
                if not group:
                    groups.append(group)
                group.append(each)
            else:
                groups.append([each])
        return groups

    def _posted(self, group: list[Condition]) -> Posted:
        """Conditions on one field as the index knows them."""
        datatype = self.datatype(group[0].field)
        equal = forms(group[0], datatype)
        if equal is not None:
            return Posted(group[0].field, tuple(equal))
        spans = [span(each, datatype) for each in group]
        if len(spans) == 1:
            return Posted(group[0].field, span=spans[0])
        lows = [each.low for each in spans if each.low is not None]
        highs = [each.high for each in spans if each.high is not None]
        merged = Span(max(lows, default=None), min(highs, default=None))
        return Posted(group[0].field, span=merged)


def _batches(records: Batch, wanted: Callable[[Cursor], bool]) -> Iterator[Batch]:
    """Records that are in order already, those that are wanted, a batch at a time."""
    left = [each for each in records if wanted(each[0])]
    for start in range(0, len(left), FIRST_BATCH):
        yield left[start : start + FIRST_BATCH]


# A ranking


def ranking(
    tx: Transaction, wanted: Sought, scope: Scope, after: tuple[int, Place], batch: int
) -> Iterator[list[Ranked]]:
    """Batches of the records that have the words, best first, after a class and a place in it; each record once."""
    first, place = after
    for rank in range(first, CLASSES):
        size = batch
        while True:
            rows = tx.full_text.ranked(tx.connection, wanted, rank, scope, place, size)
            yield [row for row in rows if wanted.rank(row.key, row.name) == rank]
            if len(rows) < size:
                break
            place = rows[-1].place
            size = min(size * 4, MOST_BATCH)
        place = FIRST


def parsed(cursor: Cursor | None, everywhere: bool = False) -> tuple[int, Place]:
    """The class and place that a cursor of a ranking names. Raises Invalid for one that names none."""
    if cursor is None:
        return 0, FIRST
    kinds = [int, int, str, int] if everywhere else [int, int, str]
    if [type(part) for part in cursor] != kinds or cursor[0] not in range(CLASSES):
        raise Invalid(f"after: {shortened(cursor)} is not a cursor of this question")
    rank, length, key, register_id = (*cursor, 0)[:4]
    if length not in range(LENGTH_LIMIT + 1):
        raise Invalid(f"after: {shortened(cursor)} is not a cursor of this question")
    # In one register a key comes once, so whatever is after it, with the greatest id there is, is another key.
    return int(rank), (int(length), str(key), int(register_id) if everywhere else 2**31 - 1)


def bodies(taken: Snapshot, numbers: list[int]) -> dict[int, str]:
    """The items of entries, as canonical JSON, by number."""
    return questions.bodies(taken.tx.connection, taken.register.id, numbers)
