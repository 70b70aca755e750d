"""Items, by their hash: what entries name."""

from __future__ import annotations

import json

from flask import Response

from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.permissions import Permission
from api.reading import definition_of, reading
from api.v1 import documents
from api.v1.blueprints import blueprint
from registers.entry import Region, shortened
from registers.errors import Invalid, NotFound
from registers.snapshot import Snapshot
from registers.store import entries
from registers.v1 import csv
from registers.v1.hashing import parse_hash

routes = blueprint("items", "Items, by their hash")


@routes.resource(
    "/<segment:register>/items/<segment:hash>",
    permission=Permission.PUBLIC,
    caching=Caching.ITEM,
    answer=documents.ITEM,
)
def show_item(register: str, hash: str) -> Response:
    """Show the item with a hash

    Items of the register's own definition are found too. As JSON they are in the form that the hash is of.
    """
    try:
        digest = parse_hash(hash)
    except Invalid as error:
        raise NotFound(f"there is no item {shortened(hash)}: {error}") from None
    with reading(register) as taken:
        found = entries.find_item(taken.tx.connection, taken.register.id, digest)
        if found is None:
            raise NotFound(f"the register {register} has no item {hash}")
        return respond(_table(taken, found.region, found.body) if asked() is CSV else [found.body])


def _table(taken: Snapshot, region: int, body: str) -> list[str]:
    """An item as CSV: in the register's fields, or an item of its definition in the members it has."""
    item = json.loads(body)
    fields = sorted(item) if region == Region.METADATA else definition_of(taken).field_names
    return list(csv.items([item], fields))
