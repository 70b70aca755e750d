"""The log of a register as a page: what was written when, the latest first, and how much in each period of its life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flask import Response
from marshmallow import Schema

from api.caching import Caching
from api.pages import catalogue, values
from api.pages.blueprints import PAGE_OR_DATA, blueprint
from api.pages.reading import charts
from api.pages.rendering import data_instead, page
from api.parameters import WholeNumber, at_parameter
from api.permissions import Permission
from api.reading import definition_of, reading
from registers import activity
from registers.entry import Entry, Region
from registers.snapshot import Snapshot
from registers.store import entries

PAGE = 50  # entries in a page
routes = blueprint("entries", "The entries of each register")


class EntriesQuery(Schema):
    """Which state, and where the page before ended."""

    at = at_parameter()
    before = WholeNumber(None, "Entries before this number", 10**15)


@dataclass(frozen=True, slots=True)
class Written:
    """An entry, what people call its record, and whether it is the record's first."""

    entry: Entry
    name: str
    first: bool


@routes.resource(
    "/registers/<segment:register>/entries",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=PAGE_OR_DATA,
    query=EntriesQuery,
)
def list_entries(query: dict[str, Any], register: str) -> Response:
    """List what was written to a register"""
    if elsewhere := data_instead("registers", register, "entries"):
        return elsewhere
    with reading(register, query["at"]) as taken:
        definition = definition_of(taken)
        last = min(taken.size, (query["before"] or taken.size + 1) - 1)
        written = _written(taken, last)
        counted = [] if query["before"] else activity.periods(taken)
        return page(
            "reading/entries.html",
            definition=definition,
            title=catalogue.title_of(definition),
            taken=taken,
            at=query["at"],
            written=written,
            before=written[-1].entry.number if written and written[-1].entry.number > 1 else None,
            periods=counted,
            chart=charts.bars([(each.name, each.entries) for each in counted]) if len(counted) > 1 else None,
        )


def _written(taken: Snapshot, last: int) -> Sequence[Written]:
    """The entries up to a number, the latest first. One is its record's first if there are more records than before."""
    begin = max(0, last - PAGE)
    found = entries.read(taken.tx.connection, taken.register.id, int(Region.USER), begin, last)
    told = [Written(after, values.name_of(after), after.records > before.records) for before, after in pairwise(found)]
    if found and not begin:
        told = [Written(found[0], values.name_of(found[0]), first=True), *told]
    return told[::-1]
