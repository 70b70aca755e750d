"""Entries: the log itself, in order, and the history of a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response, request
from marshmallow import Schema

from api import paging, paths, reading
from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.parameters import MOST, WholeNumber, at_parameter, path_number
from api.permissions import Permission
from api.v2 import documents, pages, standing
from api.v2.blueprints import blueprint
from registers.entry import Entry
from registers.errors import Invalid
from registers.snapshot import Snapshot
from registers.v2 import csv, shapes

routes = blueprint("entries", "Entries: the log itself, and the history of a key")


class TrailQuery(Schema):
    """Which state."""

    at = at_parameter()


class EntriesQuery(TrailQuery):
    """Which entries."""

    start = WholeNumber(None, "The number of the first entry; 1 if not given")
    after = WholeNumber(None, "The number of an entry: those after it, to keep a copy current", minimum=0)
    limit = WholeNumber(100, "How many entries", MOST)


@routes.resource(
    "/<segment:register>/entries",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.ENTRIES,
    query=EntriesQuery,
)
def list_entries(query: dict[str, Any], register: str) -> Response:
    """List entries in the order of the log

    To keep a copy current, ask with `after` for what was added since the last entry you have, and follow the links;
    there is none to a next page when you have all. A start beyond the last entry answers with none.
    """
    if query["start"] is not None and query["after"] is not None:
        raise Invalid("the parameters start and after do not go together: each says where the entries begin")
    with standing.reading(register, query["at"]) as taken:
        run = _run(query, taken)
        found = taken.entries(run.start, run.last)
    answer = paging.link(_answer(found), _links(query, run, taken))
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
    """Show one entry"""
    with reading.reading(register) as taken:
        return answer_one(taken.entry(path_number(number)))


@routes.resource(
    "/<segment:register>/records/<segment:key>/entries",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.ENTRIES_OF_KEY,
    query=TrailQuery,
)
def list_entries_of_key(query: dict[str, Any], register: str, key: str) -> Response:
    """List all entries of a key, the oldest first"""
    with standing.reading(register, query["at"]) as taken:
        return _answer(taken.trail(key))


def answer_one(found: Entry) -> Response:
    """One entry, alone."""
    return respond(csv.entries([found]) if asked() is CSV else [shapes.entry(found)])


def _run(query: dict[str, Any], taken: Snapshot) -> paging.Run:
    start = query["start"] or 1
    return paging.Run(start if query["after"] is None else query["after"] + 1, query["limit"], taken.size)


def _links(query: dict[str, Any], run: paging.Run, taken: Snapshot) -> list[tuple[str, str]]:
    """As published, by `start`; by `after` for who asked so. Pages of a past state stay of that state."""
    links = run.links()
    if query["after"] is not None:
        links = [(f"?after={run.last}&limit={run.limit}", "next") for _, relation in links if relation == "next"]
    return [pages.kept(link, taken, "start", "after", "limit") for link in links]


def _answer(found: Iterable[Entry]) -> Response:
    return respond(csv.entries(found) if asked() is CSV else shapes.entries(found))
