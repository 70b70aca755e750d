"""All registers, or one, as DCAT 3, for those who harvest catalogues. `/v2/registers` is the API's own list."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from api import current, describing, state
from api.caching import Caching
from api.describing import addresses, dataset
from api.negotiation import asked, respond
from api.parameters import at_parameter
from api.permissions import Permission
from api.v2 import described_documents as documents
from api.v2 import standing
from api.v2.blueprints import blueprint
from bulk.describing import dcat
from bulk.describing.graph import Thing, json_ld, turtle
from bulk.source import take_published
from registers import snapshot
from registers.store import registers

routes = blueprint("described", "Registers described for catalogues", "/v2")


class CatalogueQuery(Schema):
    """In which format."""

    f = fields.String(
        load_default=None,
        metadata={"description": "The format, jsonld or ttl; without it, the Accept header says", "example": "ttl"},
    )


class RegisterQuery(CatalogueQuery):
    """In which format, and which state."""

    at = at_parameter()


@routes.resource(
    "/catalogue",
    permission=Permission.PUBLIC,
    caching=Caching.FILE,
    answer=documents.CATALOGUE,
    query=CatalogueQuery,
)
def show_catalogue(query: dict[str, Any]) -> Response:
    """Describe all registers as a DCAT catalogue

    A dataset for each register that is published, a distribution for each file of its present state, and this API as a
    data service.
    """
    with current.store().reading() as tx:
        taken = [snapshot.take(tx, register) for register in registers.find_published(tx.connection)]
        found = [dataset(each) for each in taken]
        state.rest_on(taken, f"catalogue-{describing.made(found)}")
    return _answer(dcat.catalogue(found, addresses(), current.settings().operator))


@routes.resource(
    "/registers/<segment:register>/catalogue",
    permission=Permission.PUBLIC,
    caching=Caching.FILE,
    answer=documents.DATASET,
    query=RegisterQuery,
)
def show_dataset(query: dict[str, Any], register: str) -> Response:
    """Describe a register as a DCAT dataset

    With the files of the state asked for as its distributions.
    """
    with current.store().reading() as tx:
        taken = take_published(tx, register, query["at"])
        found = dataset(taken)
        state.rest_on([taken], f"dataset-{describing.made([found])}")
        standing.name_state(standing.headers_of(taken), str(taken.size))
    return _answer(dcat.dataset(found))


def _answer(thing: Thing) -> Response:
    spell = turtle if asked() is documents.TURTLE else json_ld
    return respond([spell(thing)])
