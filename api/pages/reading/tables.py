"""A page of a register's records, as a question asks for them; all pages of one table are of one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api import asking, cursors, state
from registers import search
from registers.definition import Definition
from registers.entry import Entry, Region
from registers.errors import Invalid
from registers.matching import Cursor
from registers.question import Question
from registers.snapshot import Snapshot
from registers.store import entries

PAGE = 50  # records in a page


@dataclass(frozen=True, slots=True)
class Table:
    """A page of records: of which state, what was asked, how many match in all, and the cursor to go on with."""

    taken: Snapshot
    question: Question
    entries: list[Entry]
    total: int
    exact: bool
    after: str | None


def table(taken: Snapshot, definition: Definition, query: Mapping[str, str | None]) -> Table:
    """The page that a request asks for. Raises Invalid, naming the parameter at fault."""
    question = asking.question(dict(query), definition)
    size, place = _place(taken, query["after"])
    taken = Snapshot(taken.tx, taken.register, taken.head, size)
    if question == Question():  # this needs no index, and so is there at once
        return _latest(taken, place)
    pinned = None if query["at"] is None and query["after"] is None else str(size)
    indexed = search.indexed(taken.tx, taken.register, pinned)
    state.rest_on([indexed])
    return _found(indexed, question, place)


def _latest(taken: Snapshot, place: Cursor | None) -> Table:
    below = place[0] if place else taken.size + 1
    if not isinstance(below, int) or not 0 <= below <= taken.size + 1:
        raise _no_cursor()
    found = taken.records_before(below, PAGE + 1)
    after = _cursor(taken, (found[PAGE - 1].number,)) if len(found) > PAGE else None
    return Table(taken, Question(), found[:PAGE], taken.total_records, True, after)


def _found(taken: Snapshot, question: Question, place: Cursor | None) -> Table:
    found = search.find(taken, question, PAGE, place)
    total, exact = search.count(taken, question)
    read = entries.read_numbers(taken.tx.connection, taken.register.id, int(Region.USER), found.numbers)
    after = _cursor(taken, found.cursor) if found.cursor else None
    return Table(taken, question, [read[number] for number in found.numbers], total, exact, after)


def _cursor(taken: Snapshot, place: Cursor) -> str:
    return cursors.write(taken.size, *place)


def _place(taken: Snapshot, after: str | None) -> tuple[int, Cursor | None]:
    """The size that a page is of, and where the page before ended."""
    if after is None:
        return taken.size, None
    size, *place = cursors.read_any(after) or ("",)
    if not isinstance(size, int) or not 0 <= size <= taken.head.entries or not place:
        raise _no_cursor()
    return size, tuple(place)


def _no_cursor() -> Invalid:
    return Invalid("the parameter after is not a cursor that this page gave: follow the links from page to page")
