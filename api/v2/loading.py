"""Loading RSF: a register's history, replayed entry by entry with its assertions, whole or not at all."""

from __future__ import annotations

from flask import Response

from api import current, following, permissions, uploads
from api.caching import Caching
from api.negotiation import respond
from api.permissions import Permission
from api.v2 import writing_documents as documents
from api.v2.blueprints import blueprint
from loaders import replay
from loaders.rsf_steps import Load
from registers import snapshot
from registers.canonical import canonical_json
from registers.v2.hashing import hash_text

routes = blueprint(
    "loading", "Loading RSF, with an API key of the scope `direct`", path_parameters=documents.PATH_PARAMETERS
)


@routes.resource(
    "/<segment:register>/load-rsf",
    permission=Permission.LOAD,
    caching=Caching.NO_STORE,
    answer=documents.LOADED,
    sent=documents.RSF_SENT,
)
def load_rsf(register: str) -> Response:
    """Load an RSF file into a register

    Strictly, and whole or not at all. A register that is not here is created, and is public at once; one that is
    takes only what it lacks, and refuses a file whose history is another.
    """
    with uploads.uploaded() as stream:
        load = Load(permissions.authority(), current.settings().operator)
        replayed = replay.replay(current.store(), register, stream, load)
    following.follow(register)
    with current.store().reading() as tx:
        head = snapshot.read_head(tx, replayed.register)
    members = {"register": replayed.register.name, "added": replayed.added, "size": head.entries}
    return respond([canonical_json(members | {"root-hash": hash_text(head.v2_root)})])
