"""How to trust a register: its root hash, how to check a copy, an entry and its growth by it, and what no hash says."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema

from api import hosts
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import PAGE, blueprint
from api.pages.rendering import api_path, page
from api.parameters import at_parameter
from api.permissions import Permission
from api.reading import definition_of, reading
from registers import trees
from registers.entry import Region
from registers.store import entries
from registers.v1.hashing import hash_text as v1_text
from registers.v2.hashing import hash_text as v2_text

routes = blueprint("trust", "How to trust each register")


class TrustQuery(Schema):
    """Which state."""

    at = at_parameter()


@routes.resource(
    "/registers/<segment:register>/trust",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=PAGE,
    query=TrustQuery,
)
def show_trust(query: dict[str, Any], register: str) -> Response:
    """Show how to trust a register"""
    with reading(register, query["at"]) as taken:
        definition = definition_of(taken)
        place = (taken.register.id, int(Region.USER))
        (last,) = entries.read(taken.tx.connection, *place, taken.size, taken.size) or (None,)
        return page(
            "reading/trust.html",
            definition=definition,
            title=catalogue.title_of(definition),
            taken=taken,
            at=query["at"],
            root=v2_text(taken.root(trees.V2)),
            root_v1=v1_text(taken.root()),
            chain=last.chain.hex() if last else None,
            site=hosts.absolute(api_path("v1", "registers", definition.name)),
            data=hosts.absolute(api_path("v2", "registers", definition.name)),
        )
