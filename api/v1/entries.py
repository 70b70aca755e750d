"""Entries: the log itself, in order, and the history of a key."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, request
from marshmallow import Schema

from api import paging, paths
from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.parameters import MOST, WholeNumber, path_number
from api.permissions import Permission
from api.reading import reading
from api.v1 import documents
from api.v1.blueprints import blueprint
from registers.entry import Entry
from registers.v1 import csv, shapes

routes = blueprint("entries", "Entries: the log itself, and the history of a key")


class EntriesQuery(Schema):
    """Which entries."""

    start = WholeNumber(1, "The number of the first entry")
    limit = WholeNumber(100, "How many entries", MOST)


@routes.resource(
    "/<segment:register>/entries",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.ENTRIES,
    query=EntriesQuery,
)
def list_entries(query: dict[str, int], register: str) -> Response:
    """List entries in the order of the log

    A start beyond the last entry answers with none: ask so for what was added since.
    """
    with reading(register) as taken:
        run = paging.Run(query["start"], query["limit"], taken.size)
        found = taken.entries(run.start, run.last)
    answer = paging.link(_answer(found), run.links())
    if suffix := request.environ.get(paths.SUFFIX):
        answer.headers["Content-Disposition"] = f'inline; filename="{taken.register.name}-entries.{suffix}"'
    return answer


@routes.resource(
    "/<segment:register>/entries/<segment:number>",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=documents.ENTRY,
)
def show_entry(register: str, number: str) -> Response:
    """Show one entry, in an array of one"""
    with reading(register) as taken:
        return _answer([taken.entry(path_number(number))])


@routes.resource(
    "/<segment:register>/records/<segment:key>/entries",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.ENTRIES_OF_KEY,
)
def list_entries_of_key(register: str, key: str) -> Response:
    """List all entries of a key, the oldest first"""
    with reading(register) as taken:
        return _answer(taken.trail(key))


def _answer(found: Iterable[Entry]) -> Response:
    return respond(csv.entries(found) if asked() is CSV else shapes.entries(found))
