"""Items, by their hash: what entries name."""

from __future__ import annotations

import json

from flask import Response

from api import paging
from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.permissions import Permission
from api.reading import definition_of, reading
from api.v1 import documents
from api.v1.blueprints import blueprint
from registers.entry import Region, shortened
from registers.errors import Gone, Invalid, NotFound
from registers.redacted import holds_redacted
from registers.snapshot import Snapshot
from registers.store import entries
from registers.v1 import csv
from registers.v1.hashing import parse_hash
from registers.v2.hashing import hash_text as v2_text

routes = blueprint("items", "Items, by their hash")


@routes.resource(
    "/<segment:register>/items/<segment:hash>",
    permission=Permission.PUBLIC,
    caching=Caching.ITEM,
    answer=documents.ITEM,
)
def show_item(register: str, hash: str) -> Response:
    """Show the item with a hash

    Items of the register's own definition are found too. As JSON they are in the form that the hash is of; so an item
    out of which a value was taken is gone, and is left as a blob of v2.
    """
    try:
        digest = parse_hash(hash)
    except Invalid as error:
        raise NotFound(f"there is no item {shortened(hash)}: {error}") from None
    with reading(register) as taken:
        found = entries.find_item(taken.tx.connection, taken.register.id, digest)
        if found is None:
            raise NotFound(f"the register {register} has no item {hash}")
        if found.region == Region.USER and holds_redacted(found.body):
            blob = paging.full_path("v2-blobs.show_blob", register=register, hash=v2_text(found.v2))
            raise Gone(f"a value was taken out of the item {hash}, which has this hash no more; what is left is {blob}")
        return respond(_table(taken, found.region, found.body) if asked() is CSV else [found.body])


def _table(taken: Snapshot, region: int, body: str) -> list[str]:
    """An item as CSV: in the register's fields, or an item of its definition in the members it has."""
    item = json.loads(body)
    fields = sorted(item) if region == Region.METADATA else definition_of(taken).field_names
    return list(csv.items([item], fields))
