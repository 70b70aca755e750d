"""Snapshots: which entries were in force when the log had a size, the latest first."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema

from api import paging
from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.parameters import HUGE, MOST, WholeNumber, path_number
from api.permissions import Permission
from api.v2 import documents, pages, standing
from api.v2.blueprints import blueprint
from api.v2.entries import answer_one
from api.v2.pages import Place
from registers.errors import NotFound
from registers.v2 import csv, shapes

routes = blueprint("snapshots", "Which entries were in force at a size of the log")


class SnapshotQuery(Schema):
    """Which page."""

    limit = WholeNumber(100, "How many entries in a page", MOST)
    after = pages.after_parameter()


@routes.resource(
    "/<segment:register>/snapshots/<segment:size>",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=documents.SNAPSHOT,
    query=SnapshotQuery,
)
def show_snapshot(query: dict[str, Any], register: str, size: str) -> Response:
    """List the entries in force when the log had a size

    The latest entry of each key, the latest first; none at size 0.
    """
    place, total, limit = pages.place(query["after"]), _size(size), query["limit"]
    with standing.reading(register, total, linked=False) as taken:
        if place:
            pages.check_state(taken, str(place.size), "size")
        found = taken.records_before(place.number if place else taken.size + 1, limit + 1)
    shown = found[:limit]
    links = [pages.next_link(Place(taken.size, shown[-1].number).cursor)] if len(found) > limit else []
    return paging.link(respond(csv.entries(shown) if asked() is CSV else shapes.entries(shown)), links)


@routes.resource(
    "/<segment:register>/snapshots/<segment:size>/<segment:key>",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=documents.SNAPSHOT_ENTRY,
)
def show_snapshot_entry(register: str, size: str, key: str) -> Response:
    """Show the entry of a key that was in force when the log had a size"""
    with standing.reading(register, _size(size), linked=False) as taken:
        return answer_one(taken.record(key))


def _size(text: str) -> str:
    """The size that a segment of a path is, as `at` has it. Raises NotFound."""
    number = path_number(text)
    if not 0 <= number < HUGE:
        raise NotFound(f"no log ever has {number} entries")
    return str(number)
