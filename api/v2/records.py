"""Records: the latest item of each key, now or at a past state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from api import paging
from api.asking import OrderedQuery
from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.parameters import MOST, WholeNumber, at_parameter
from api.permissions import Permission
from api.reading import definition_of
from api.v2 import documents, pages, questions, standing
from api.v2.blueprints import blueprint
from api.v2.pages import Place
from registers import lookup
from registers.definition import Definition
from registers.entry import Entry, shortened
from registers.errors import Invalid, NotFound
from registers.snapshot import CHUNK, Snapshot
from registers.v2 import csv, shapes
from registers.v2.shapes import Fields

routes = blueprint("records", "Records: the latest item of each key, now or at a past state")
PAGE_SIZE = 100


class RecordQuery(Schema):
    """Which state."""

    at = at_parameter()


class RecordsQuery(OrderedQuery):
    """Which records, and which page of them."""

    page_index = WholeNumber(None, "Which page, from 1; the links go by after instead", data_key="page-index")
    page_size = WholeNumber(PAGE_SIZE, "How many records in a page", MOST, data_key="page-size")
    after = pages.after_parameter()
    name = fields.String(load_default=None, metadata={"description": "A field that has the value", "example": "name"})
    value = fields.String(load_default=None, metadata={"description": "The value, letter for letter"})


@routes.resource(
    "/<segment:register>/records",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.RECORDS,
    query=RecordsQuery,
)
def list_records(query: dict[str, Any], register: str) -> Response:
    """List the records, the latest changed first

    All pages that the links lead to are of one state. With `name` and `value`, only the records that have the value
    in the field; of a list, one member has to be the value.

    Questions are asked with `where.<field>[.<op>]=value`, where the op is eq (and may be left out), in, gte, lte,
    prefix or exists; with `on` and with `q`. All of them have to hold.
    """
    _check_together(query)
    if questions.is_asked(query):
        return questions.list_found(query, register)
    place = pages.place(query["after"])
    with standing.reading(register, pages.state_of(place, query["at"])) as taken:
        pages.check_state(taken, query["at"])
        definition = definition_of(taken)
        if query["page_index"] is not None:
            found, links = _numbered_page(taken, definition, query)
        else:
            found, links = _page(taken, definition, query, place)
    return paging.link(_answer(found, definition), links)


@routes.resource(
    "/<segment:register>/records/<segment:key>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.RECORD,
    query=RecordQuery,
)
def show_record(query: dict[str, Any], register: str, key: str) -> Response:
    """Show the record of a key"""
    with standing.reading(register, query["at"]) as taken:
        found = taken.record(key)
        answer = _answer([found], definition_of(taken)) if asked() is CSV else respond([shapes.record(found)])
    history = paging.full_path("v2-entries.list_entries_of_key", register=register, key=key)
    pinned = "" if query["at"] is None else f"?at={taken.size}"
    return paging.link(answer, [(history + pinned, "version-history")])


def _check_together(query: dict[str, Any]) -> None:
    """Raise Invalid for parameters that do not go together."""
    if (query["name"] is None) != (query["value"] is None):
        raise Invalid("the parameters name and value go together: a field, and the value it has")
    if query["after"] is not None and query["page_index"] is not None:
        raise Invalid("the parameters after and page-index do not go together: each says where the page begins")
    if questions.is_asked(query) and (query["name"] is not None or query["page_index"] is not None):
        raise Invalid("the parameters name, value and page-index do not go with a question: use where. and the links")


Links = list[tuple[str, str]]


def _page(
    taken: Snapshot, definition: Definition, query: dict[str, Any], place: Place | None
) -> tuple[list[Entry], Links]:
    """The page behind a place, and the link to the one after it."""
    size, below = query["page_size"], place.number if place else taken.size + 1
    found = list(islice(_asked_for(taken, definition, query, below), size + 1))
    more = len(found) > size
    return found[:size], [pages.next_link(Place(taken.size, found[size - 1].number).cursor)] if more else []


def _numbered_page(taken: Snapshot, definition: Definition, query: dict[str, Any]) -> tuple[list[Entry], Links]:
    """The page with a number, as published: with links to the numbers beside it."""
    index, size = query["page_index"], query["page_size"]
    if query["name"] is None:
        page = paging.Page(index, size, taken.total_records)
        found = taken.records_page(page.offset, page.size) if page.exists else []
    else:
        matching = list(_asked_for(taken, definition, query, taken.size + 1))
        page = paging.Page(index, size, len(matching))
        found = matching[page.offset : page.offset + page.size]
    if not page.exists:
        raise NotFound(f"there is no page {page.index}: there are {page.total} records")
    return found, [pages.kept(link, taken, "page-index", "page-size") for link in page.links()]


def _asked_for(taken: Snapshot, definition: Definition, query: dict[str, Any], below: int) -> Iterator[Entry]:
    """The records asked for, of those whose entries are below a number, the latest first."""
    field, value = query["name"], query["value"]
    if field is None:
        return _below(taken, below, min(CHUNK, query["page_size"] + 1))
    if field not in definition.field_names:
        raise NotFound(f"the register {taken.register.name} has no field {shortened(field)}")
    return lookup.with_value(taken, definition, field, value, below)


def _below(taken: Snapshot, below: int, chunk: int) -> Iterator[Entry]:
    while True:
        found = taken.records_before(below, chunk)
        yield from found
        if len(found) < chunk:
            return
        below = found[-1].number


def _answer(found: Iterable[Entry], definition: Definition, fields: Fields = None) -> Response:
    """Records as a list or as CSV: with the fields asked for, or all but shapes."""
    shown = shapes.shown_fields(definition) if fields is None else fields
    if asked() is CSV:
        return respond(csv.records(found, shown))
    whole = fields is None and len(shown) == len(definition.fields)
    return respond(shapes.records(found, None if whole else shown))
