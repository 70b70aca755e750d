"""The context of a register: what it is, its size and its root hash, its fields."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema

from api.caching import Caching
from api.negotiation import respond
from api.parameters import at_parameter
from api.permissions import Permission
from api.reading import definition_of
from api.v2 import documents, standing
from api.v2.blueprints import blueprint
from registers.v2 import shapes

routes = blueprint("context", "What a register is")


class ContextQuery(Schema):
    """Which state."""

    at = at_parameter()


@routes.resource(
    "/<segment:register>/context",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.CONTEXT,
    query=ContextQuery,
)
def show_context(query: dict[str, Any], register: str) -> Response:
    """Show what a register is

    Who keeps it, its fields, how many records, entries and blobs it has, and its root hash. The counts and the root
    are those of the state asked for; the definition is the current one, see /metadata for past ones.
    """
    with standing.reading(register, query["at"]) as taken:
        return respond([shapes.compact(shapes.context(taken, definition_of(taken)))])
