"""Records: the latest item of each key."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from flask import Response
from marshmallow import Schema

from api import paging
from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.parameters import MOST, WholeNumber
from api.permissions import Permission
from api.reading import definition_of, reading
from api.v1 import documents
from api.v1.blueprints import blueprint
from registers import lookup
from registers.entry import Entry, shortened
from registers.errors import NotFound
from registers.snapshot import Snapshot
from registers.v1 import csv, shapes

routes = blueprint("records", "Records: the latest item of each key")
MOST_WITH_VALUE = 100


class RecordsQuery(Schema):
    """Which page of records."""

    page_index = WholeNumber(1, "Which page, from 1", data_key="page-index")
    page_size = WholeNumber(100, "How many records in a page", MOST, data_key="page-size")


@routes.resource(
    "/<segment:register>/records",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.RECORDS,
    query=RecordsQuery,
)
def list_records(query: dict[str, int], register: str) -> Response:
    """List the records, the latest changed first"""
    with reading(register) as taken:
        page = paging.Page(query["page_index"], query["page_size"], taken.total_records)
        if not page.exists:
            raise NotFound(f"there is no page {page.index}: the register has {page.total} records")
        return paging.link(_answer(taken, taken.records_page(page.offset, page.size)), page.links())


@routes.resource(
    "/<segment:register>/records/<segment:key>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.RECORD,
)
def show_record(register: str, key: str) -> Response:
    """Show the record of a key"""
    with reading(register) as taken:
        answer = _answer(taken, [taken.record(key)])
    history = paging.full_path("entries.list_entries_of_key", register=register, key=key)
    return paging.link(answer, [(history, "version-history")])


@routes.resource(
    "/<segment:register>/records/<segment:field>/<segment:value>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.RECORDS_WITH_VALUE,
)
def list_records_with_value(register: str, field: str, value: str) -> Response:
    """List the records that have a value in a field

    The value has to be the same, letter for letter; of a list, one member has to be. The latest changed come
    first, and there are at most 100, without pages. No match is an empty object.
    """
    with reading(register) as taken:
        definition = definition_of(taken)
        if field not in definition.field_names:
            raise NotFound(f"the register {register} has no field {shortened(field)}")
        found = list(islice(lookup.with_value(taken, definition, field, value), MOST_WITH_VALUE))
    return respond(_parts(found, definition.field_names))


def _answer(taken: Snapshot, found: list[Entry]) -> Response:
    fields = definition_of(taken).field_names if asked() is CSV else []
    return respond(_parts(found, fields))


def _parts(found: list[Entry], fields: list[str]) -> Iterable[str]:
    return csv.records(found, fields) if asked() is CSV else shapes.records(found)
