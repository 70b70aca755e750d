"""All that changed between two states in one file, so that nobody who keeps a copy has to fetch everything twice."""

from __future__ import annotations

from typing import Any

from flask import Response

from api import current
from api.caching import Caching
from api.negotiation import CSV, NDJSON
from api.permissions import Permission
from api.reading import definition_of
from api.v2 import documents, sending, standing
from api.v2.blueprints import blueprint
from api.v2.changes import BetweenQuery, earlier, without_shapes
from registers.changes import changes, stream_changes
from registers.errors import Invalid
from registers.snapshot import Snapshot
from registers.v2 import csv, shapes

routes = blueprint("change-files", "What changed between two states of a register, in one file")


@routes.resource(
    "/<segment:register>/download/changes",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.CHANGES_CSV,
    query=BetweenQuery,
)
def download_changes(query: dict[str, Any], register: str) -> Response:
    """Download all that changed between two states, as CSV

    A row a field that differs, without those that hold shapes. `Register-Size` is the size to ask from the next time.
    """
    with standing.reading(register, query["new"], linked=False) as new:
        old, definition = _old(new, query["old"]), definition_of(new)
        found = stream_changes(current.store(), old, new)
        rows = csv.changes(without_shapes(change, definition) for change in found)
        return sending.stream(rows, CSV.content_type, _name(old, new, "csv"))


@routes.resource(
    "/<segment:register>/download/changes.ndjson",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.CHANGES_NDJSON,
    query=BetweenQuery,
)
def download_changes_ndjson(query: dict[str, Any], register: str) -> Response:
    """Download all that changed between two states, as NDJSON

    A line a record, with every field that differs. `Register-Size` is the size to ask from the next time.
    """
    with standing.reading(register, query["new"], linked=False) as new:
        old = _old(new, query["old"])
        lines = (f"{shapes.compact(shapes.change(change))}\n" for change in stream_changes(current.store(), old, new))
        return sending.stream(lines, NDJSON.content_type, _name(old, new, "ndjson"))


def _old(new: Snapshot, asked: str | None) -> Snapshot:
    """The state to compare from. Raises Invalid when there is none, or it is the later one."""
    if asked is None:
        raise Invalid("the parameter from is needed: the state that you have, such as a size or a day")
    old = earlier(new, asked)
    next(changes(old, new), None)  # which says what is wrong before anything is sent
    return old


def _name(old: Snapshot, new: Snapshot, ending: str) -> str:
    return f"{new.register.name}-changes-{old.size}-{new.size}.{ending}"
