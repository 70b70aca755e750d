"""Blobs: items, by their v2 hash."""

from __future__ import annotations

import re
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from api import paging
from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.parameters import MOST, WholeNumber, at_parameter
from api.permissions import Permission
from api.reading import definition_of, reading
from api.v2 import documents, pages, standing
from api.v2.blueprints import blueprint
from registers.definition import Definition
from registers.entry import shortened
from registers.errors import Invalid, NotFound
from registers.indexing import QUESTIONS
from registers.snapshot import Snapshot
from registers.store import entries
from registers.v2 import csv, shapes
from registers.v2.hashing import MULTIHASH, hash_text, parse_hash
from registers.v2.shapes import Blob

routes = blueprint("blobs", "Blobs: items, by their hash")
_BARE = re.compile("[0-9a-f]{64}")


class BlobsQuery(Schema):
    """Which blobs."""

    start = fields.String(
        load_default=None,
        metadata={"description": "The hash of the first blob, with 1220 or without", "example": documents.BLOB_HASH},
    )
    limit = WholeNumber(100, "How many blobs", MOST)
    at = at_parameter()


@routes.resource(
    "/<segment:register>/blobs",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.BLOBS,
    query=BlobsQuery,
)
def list_blobs(query: dict[str, Any], register: str) -> Response:
    """List blobs in the order in which they came"""
    first = None if query["start"] is None else _digest(query["start"])
    limit = query["limit"]
    with standing.reading(register, query["at"]) as taken:
        number = 1 if first is None else _number_of(taken, first)
        rows = entries.items(taken.tx.connection, taken.register.id, number, taken.size, limit + 1)
        definition = definition_of(taken)
    links = [(f"?start={row.v2.hex()}&limit={limit}", "next") for row in rows[limit:]]
    links = [pages.kept(link, taken, "start", "limit") for link in links]
    return paging.link(_answer([(row.v2, row.body) for row in rows[:limit]], definition), links)


@routes.resource(
    "/<segment:register>/blobs/<segment:hash>",
    permission=Permission.PUBLIC,
    caching=Caching.ITEM,
    answer=documents.BLOB,
)
def show_blob(register: str, hash: str) -> Response:
    """Show the blob with a hash"""
    try:
        digest = parse_hash(hash)
    except Invalid as error:
        raise NotFound(f"there is no blob {shortened(hash)}: {error}") from None
    with reading(register) as taken:
        blob = digest, _find(taken, digest).body
        return _answer([blob], definition_of(taken)) if asked() is CSV else respond([shapes.blob(blob)])


def _digest(start: str) -> bytes:
    text = MULTIHASH + start if _BARE.fullmatch(start) else start
    try:
        return parse_hash(text)
    except Invalid as error:
        raise Invalid(f"the parameter start: {error}") from None


def _number_of(taken: Snapshot, digest: bytes) -> int:
    number: int = _find(taken, digest).number
    if number > taken.size:
        raise NotFound(f"the register {taken.register.name} had no blob {hash_text(digest)} at {taken.size} entries")
    return number


def _find(taken: Snapshot, digest: bytes) -> Any:
    reached = QUESTIONS.position(taken.tx, taken.register.id)
    found = entries.find_blob(taken.tx.connection, taken.register.id, digest, reached)
    if found is None:
        raise NotFound(f"the register {taken.register.name} has no blob {hash_text(digest)}")
    return found


def _answer(found: list[Blob], definition: Definition) -> Response:
    shown = shapes.shown_fields(definition)
    if asked() is CSV:
        return respond(csv.blobs(found, shown))
    return respond(shapes.blobs(found, None if len(shown) == len(definition.fields) else shown))
