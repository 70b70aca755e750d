"""Proofs: the root hash of the log, that an entry is in it, that it has only grown. RFC 6962 §2.1."""

from __future__ import annotations

from flask import Response

from api.caching import Caching
from api.negotiation import respond
from api.parameters import path_number
from api.permissions import Permission
from api.reading import check_size, reading
from api.v1 import documents
from api.v1.blueprints import blueprint
from registers import trees
from registers.v1 import shapes

routes = blueprint("proofs", "Proofs that the log holds an entry, and that it has only grown")


@routes.resource(
    "/<segment:register>/proof/register/merkle:sha-256",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.REGISTER_PROOF,
)
def show_root(register: str) -> Response:
    """Show the root hash of the log, and its size"""
    with reading(register) as taken:
        return respond([shapes.compact(shapes.register_proof(taken.root(), taken.size))])


@routes.resource(
    "/<segment:register>/proof/entries/<segment:number>/<segment:size>/merkle:sha-256",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=documents.ENTRY_PROOF,
)
def show_entry_proof(register: str, number: str, size: str) -> Response:
    """Prove that the log of a size holds an entry

    The audit path, the leaf's sibling first (RFC 6962 §2.1.1). The leaf is the entry's JSON as /entries/{number}
    has it, without the array around it.
    """
    n, total = path_number(number), path_number(size)
    with reading(register) as taken:
        check_size(taken, total)
        path = trees.inclusion_path(taken.tx, taken.register.id, trees.V1, n, total)
    return respond([shapes.compact(shapes.entry_proof(n, path))])


@routes.resource(
    "/<segment:register>/proof/consistency/<segment:old>/<segment:new>/merkle:sha-256",
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
        path = trees.consistency_path(taken.tx, taken.register.id, trees.V1, before, after)
    return respond([shapes.compact(shapes.consistency_proof(path))])
