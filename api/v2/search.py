"""Search across all registers."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from api import current, cursors, paging
from api.caching import Caching
from api.negotiation import respond
from api.parameters import WholeNumber
from api.permissions import Permission
from api.v2 import pages, question_documents
from api.v2.blueprints import blueprint
from registers import search
from registers.entry import Region
from registers.store import entries, registers
from registers.store.engine import Transaction
from registers.v2 import shapes

routes = blueprint("search", "Search across all registers", "/v2")
MOST_FOUND = 100


class SearchQuery(Schema):
    """What is looked for, and which page of it."""

    q = fields.String(
        required=True, metadata={"description": "Words that the record's words begin with", "example": "london"}
    )
    limit = WholeNumber(20, "How many records in a page", MOST_FOUND)
    after = pages.after_parameter()


@routes.resource(
    "/search",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=question_documents.FOUND,
    query=SearchQuery,
)
def search_everywhere(query: dict[str, Any]) -> Response:
    """Search all registers

    Current records with words that begin with each of these, the best match first: the key itself, the name itself,
    names that begin so, then shorter names before longer. Accents and case do not matter.
    """
    after = None if query["after"] is None else cursors.read_any(query["after"])
    with current.store().reading() as tx:
        found = search.find_everywhere(tx, query["q"], query["limit"], after)
        results = _results(tx, found.records)
    links = [pages.next_link(cursors.write(*found.cursor))] if found.cursor else []
    return paging.link(respond(['{"results":', *shapes.array(results), "}"]), links)


def _results(tx: Transaction, found: list[tuple[int, int]]) -> list[str]:
    """The records, in their order: two queries for each register that has some."""
    by_register: dict[int, list[int]] = {}
    for register_id, number in found:
        by_register.setdefault(register_id, []).append(number)
    shown: dict[tuple[int, int], str] = {}
    for register_id, numbers in by_register.items():
        register = registers.get(tx.connection, register_id)
        name = register.name if register else ""
        for each in entries.read_numbers(tx.connection, register_id, int(Region.USER), numbers).values():
            url = paging.full_path("v2-records.show_record", register=name, key=each.key)
            shown[register_id, each.number] = shapes.result(name, url, each)
    return [shown[place] for place in found]
