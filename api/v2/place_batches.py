"""Places of many points in one request: JSON, NDJSON or CSV, answered in kind, row by row in the same order.

All of the body is read, and all that can be wrong with it as a whole is said, before the answer begins; the answer is
made a block of rows at a time. A row that says nothing of use has an error, and the others have their places.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, g, request
from marshmallow import fields

from api import bodies, current
from api.caching import Caching
from api.negotiation import CSV, JSON, NDJSON
from api.permissions import Permission
from api.v2 import place_documents as documents
from api.v2 import place_rows, place_tables, places, whereabouts
from api.v2.place_rows import Batch
from api.v2.places import AreasQuery, open_asked
from registers.errors import Invalid

routes = places.routes  # a batch is sent to the address where one point is asked for
OF_TABLES = ("columns", "crs", "prefix")


class BatchQuery(AreasQuery):
    """When, which registers of areas are asked, and how a table says where."""

    columns = fields.String(
        load_default="",
        metadata={"description": "The columns of a CSV that say where, by default those with the usual names"},
    )
    crs = fields.String(
        load_default="", metadata={"description": "What the coordinates of a CSV are in", "example": "EPSG:27700"}
    )
    prefix = fields.String(load_default="", metadata={"description": "What the names of the added columns begin with"})


@routes.resource(
    "",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=documents.BATCH,
    query=BatchQuery,
    sent=documents.BATCH_SENT,
)
def find_places_of_many(query: Mapping[str, Any]) -> Response:
    """Find the places that many points belong to

    Up to 100,000 rows of JSON, NDJSON or CSV, answered in kind and in the same order. A row that says nothing of use
    has an error, and the others have their places.
    """
    is_table = request.mimetype == CSV.media_type
    if given := [name for name in OF_TABLES if query[name] and not is_table]:
        raise Invalid(f"the parameter {given[0]} is for a body of {CSV.media_type}")
    store = current.store()
    with store.reading() as tx:
        batch = Batch(store, open_asked(tx, query), whereabouts.day(tx, query))
    if is_table:
        format, parts = CSV, place_tables.answer(batch, query["columns"], query["crs"], query["prefix"])
    elif request.mimetype == NDJSON.media_type:
        format, parts = NDJSON, place_rows.answer_lines(batch, bodies.read_text())
    else:
        format, parts = JSON, place_rows.answer_document(batch, bodies.parse(bodies.read_text()))
    g.format = format
    answer = Response(parts, content_type=format.content_type)
    answer.headers["Register-States"] = batch.header
    return answer
