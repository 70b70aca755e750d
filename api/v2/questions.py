"""Questions over records: which records, in which order, shown how; counts by value; what completes a word.

All are answered at a state that the index has reached, and the answer names it. `records` (in `api.v2.records`) comes
here with every request that asks more than for a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from api import asking, current, cursors, paging, state
from api.asking import QuestionQuery
from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.parameters import WholeNumber, at_parameter
from api.permissions import Permission
from api.reading import definition_of
from api.v2 import pages, question_documents, standing
from api.v2.blueprints import blueprint
from registers import expansion, search, snapshot
from registers.definition import Definition, Field
from registers.entry import Entry
from registers.errors import Invalid
from registers.item import parse_item
from registers.matching import Cursor
from registers.snapshot import Snapshot
from registers.v2 import csv, shapes

routes = blueprint("questions", "Questions: counts by value, and what completes a word")
EXACT = 100_000  # matches up to which counts are exact
MOST_FACETS = 10
MOST_SUGGESTIONS = 50


@contextmanager
def indexed(register: str, at: str | None) -> Iterator[Snapshot]:
    """The register at a state that its index has reached, which the answer names and rests on.

    Raises what `api.reading.reading` does, and Unavailable for a state that the index has not reached.
    """
    with current.store().reading() as tx:
        taken = search.indexed(tx, snapshot.find_register(tx, register, drafts=False), at)
        state.rest_on([taken])
        standing.name_state(standing.headers_of(taken), str(taken.size))
        yield taken


# Records


def is_asked(query: dict[str, Any]) -> bool:
    """Whether a request for records asks more than for a page of them."""
    asks = ("on", "q", "sort", "chosen", "expand")
    return bool(asking.conditions()) or any(query[name] is not None for name in asks)


def list_found(query: dict[str, Any], register: str) -> Response:
    """The records that a question asks for, in its order."""
    size, after = _place(query["after"])
    with indexed(register, query["at"] if size is None else str(size)) as taken:
        if size is not None:
            pages.check_state(taken, query["at"])
        definition = definition_of(taken)
        found = search.find(taken, asking.question(query, definition), query["page_size"], after)
        answer = _answer(taken, definition, taken.numbered(found.numbers), query)
    links = [pages.next_link(cursors.write(taken.size, *found.cursor))] if found.cursor else []
    return paging.link(answer, links)


def _place(after: str | None) -> tuple[int | None, Cursor | None]:
    """The size that the pages are of, and the cursor to go on after."""
    if after is None:
        return None, None
    size, *cursor = cursors.read_any(after)
    if type(size) is not int or size < 0 or not cursor:
        raise Invalid(cursors.REFUSAL)
    return size, tuple(cursor)


def _answer(taken: Snapshot, definition: Definition, found: list[Entry], query: dict[str, Any]) -> Response:
    chosen = asking.chosen_fields(query["chosen"], definition)
    linking = asking.expanded_fields(query["expand"], definition)
    shown = shapes.shown_fields(definition) if chosen is None else chosen
    if asked() is CSV:
        if linking:
            raise Invalid("the parameter expand: a table has no place for other records; ask for JSON")
        return respond(csv.records(found, shown))
    records = [shapes.record(each, shown) for each in found]
    return respond(shapes.array(_expanded(taken, linking, found, records) if linking else records))


def _expanded(taken: Snapshot, linking: Sequence[Field], found: list[Entry], records: list[str]) -> Iterator[str]:
    items = [parse_item(each.body) for each in found]
    linked = expansion.expand(taken.tx, linking, items)
    # A register that is linked to may come to be here, which the state of this one alone cannot tell.
    state.rest_on([taken, *linked.states], "links")
    for record, item in zip(records, items, strict=True):
        yield shapes.expanded(record, expansion.expanded(linking, item, linked))


# Counts


class FacetsQuery(QuestionQuery):
    """Which counts, of which records."""

    field = fields.String(
        load_default=None,
        metadata={"description": f"The fields to count, up to {MOST_FACETS}, with commas between", "example": "name"},
    )
    limit = WholeNumber(100, "How many values of each field, the most common first", 1000)


@routes.resource(
    "/<segment:register>/facets",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=question_documents.FACETS,
    query=FacetsQuery,
)
def count_values(query: dict[str, Any], register: str) -> Response:
    """Count the records that a question asks for, and their values

    Counts are exact up to 100,000 records; above, `exact` is false and there are at least so many. Each member of a
    list counts. Without `field`, only the records are counted.
    """
    with indexed(register, query["at"]) as taken:
        definition = definition_of(taken)
        question = asking.question(query, definition)
        names = asking.counted_fields(query["field"], definition, MOST_FACETS)
        total, exact = search.count(taken, question, EXACT)
        facets = search.facets(taken, question, names, EXACT, query["limit"]) if names else {}
    counted = {name: shapes.facet(facet) for name, facet in facets.items()}
    return respond([shapes.compact({"records": {"count": total, "exact": exact}, "facets": counted})])


# Suggestions


class SuggestQuery(Schema):
    """What has been typed."""

    q = fields.String(required=True, metadata={"description": "The beginning of a name or a key", "example": "unit"})
    at = at_parameter()
    limit = WholeNumber(10, "How many suggestions", MOST_SUGGESTIONS)


@routes.resource(
    "/<segment:register>/suggest",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=question_documents.SUGGESTIONS,
    query=SuggestQuery,
)
def suggest(query: dict[str, Any], register: str) -> Response:
    """Suggest records whose name or key begins so

    The best first: the key itself, the name itself, names that begin so, names with words that begin so. Text without
    a letter or digit suggests nothing.
    """
    with indexed(register, query["at"]) as taken:
        found = search.suggest(taken, query["q"], query["limit"]) if asking.has_words(query["q"]) else []
    return respond([shapes.compact({"suggestions": [shapes.suggestion(each) for each in found]})])
