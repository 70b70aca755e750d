"""The metadata log: how a register's definition came to be what it is, entry by entry."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema

from api import paging
from api.caching import Caching
from api.negotiation import respond
from api.parameters import MOST, WholeNumber, at_parameter
from api.permissions import Permission
from api.reading import reading
from api.v2 import documents, standing
from api.v2.blueprints import blueprint
from registers import snapshot, trees
from registers.entry import Region
from registers.snapshot import Snapshot
from registers.store import entries
from registers.v2 import shapes

routes = blueprint("metadata", "The history of a register's definition")


class MetadataQuery(Schema):
    """Which state, and which entries."""

    at = at_parameter(
        "A past state of the metadata log: its size, a day (its end, in UTC) or a timestamp", "2017-08-01"
    )
    start = WholeNumber(1, "The number of the first entry")
    limit = WholeNumber(100, "How many entries", MOST)


@routes.resource(
    "/<segment:register>/metadata",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.METADATA,
    query=MetadataQuery,
)
def show_metadata(query: dict[str, Any], register: str) -> Response:
    """Show the metadata log of a register

    The definition in force, the root hash of the log, and a page of its entries. Leaves are v1's: each is the
    entry's JSON in v1's form, numbered in this log.
    """
    with reading(register) as taken:
        size = taken.head.metadata_entries
        if query["at"] is not None:
            size = snapshot.size_at(taken.tx, taken.head, query["at"], Region.METADATA)
        run = paging.Run(query["start"], query["limit"], size)
        parts = _parts(taken, run)
    pinned = "" if query["at"] is None else f"&at={size}"
    return paging.link(respond(parts), [(target + pinned, relation) for target, relation in run.links()])


def _parts(taken: Snapshot, run: paging.Run) -> list[str]:
    """The document, and the answer's headers."""
    register_id, size = taken.register.id, run.total
    place = register_id, int(Region.METADATA)
    found = entries.read(taken.tx.connection, *place, run.start, min(run.last, size))
    definition = snapshot.metadata_items(taken.tx, register_id, size)
    root = shapes.metadata_root(trees.root_at(taken.tx, register_id, trees.METADATA, size))
    standing.name_state({"Register-Metadata-Size": str(size), "Register-Metadata-Root-Hash": root}, str(size))
    return [shapes.metadata(root, size, definition, found)]
