"""Proofs: the root hash of the log, that an entry is in it, that it has only grown. RFC 6962 §2.1."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema

from api.caching import Caching
from api.negotiation import respond
from api.parameters import at_parameter, path_number
from api.permissions import Permission
from api.reading import check_size, reading
from api.v2 import documents, standing
from api.v2.blueprints import blueprint
from registers import trees
from registers.v2 import shapes

routes = blueprint("proofs", "Proofs that the log holds an entry, and that it has only grown")


class RootQuery(Schema):
    """Which state."""

    at = at_parameter()


@routes.resource(
    "/<segment:register>/proofs/register",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.REGISTER_PROOF,
    query=RootQuery,
)
def show_root(query: dict[str, Any], register: str) -> Response:
    """Show the root hash of the log, and its size"""
    with standing.reading(register, query["at"]) as taken:
        return respond([shapes.compact(shapes.register_proof(taken.root(trees.V2), taken.size))])


@routes.resource(
    "/<segment:register>/proofs/entries/<segment:number>/<segment:size>",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=documents.ENTRY_PROOF,
)
def show_entry_proof(register: str, number: str, size: str) -> Response:
    """Prove that the log of a size holds an entry

    The audit path, the leaf's sibling first (RFC 6962 §2.1.1). The leaf is the v2 hash of the entry, 32 bytes.
    """
    return _entry_proof(register, path_number(number), path_number(size))


@routes.resource(
    "/<segment:register>/proofs/entry/<segment:number>/<segment:size>",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=documents.ENTRY_PROOF,
)
def show_entry_proof_as_served(register: str, number: str, size: str) -> Response:
    """Prove that the log of a size holds an entry, at the address that the published service had"""
    return _entry_proof(register, path_number(number), path_number(size))


def _entry_proof(register: str, number: int, size: int) -> Response:
    with reading(register) as taken:
        check_size(taken, size)
        path = trees.inclusion_path(taken.tx, taken.register.id, trees.V2, number, size)
    return respond([shapes.compact(shapes.proof(path))])


@routes.resource(
    "/<segment:register>/proofs/consistency/<segment:old>/<segment:new>",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=documents.CONSISTENCY_PROOF,
)
def show_consistency_proof(register: str, old: str, new: str) -> Response:
    """Prove that the log of one size begins with the log of a smaller one

    The nodes of RFC 6962 §2.1.2; none when the sizes are equal.
    """
    before, after = path_number(old), path_number(new)
    with reading(register) as taken:
        check_size(taken, after)
        path = trees.consistency_path(taken.tx, taken.register.id, trees.V2, before, after)
    return respond([shapes.compact(shapes.proof(path))])
