"""The quality of a register: what the last look at all of its records found."""

from __future__ import annotations

from flask import Response

from api import state
from api.caching import Caching
from api.negotiation import respond
from api.permissions import Permission
from api.reading import reading
from api.v2 import loading_documents as documents
from api.v2.blueprints import blueprint
from loaders import quality
from registers.canonical import canonical_json
from registers.errors import NotFound

routes = blueprint("quality", "The quality of a register")


@routes.resource(
    "/<segment:register>/quality",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.QUALITY,
)
def show_quality(register: str) -> Response:
    """Show the quality of a register

    Values that break their datatype, how many records have nothing in a field, links to nothing, records that no
    source has ever confirmed, and when the list was last held against its source; and records whose point lies in
    another area than the one that they name. It is of the state, and of the time, that it names: `registers check`
    looks again.
    """
    with reading(register) as taken:
        found = quality.read(taken.tx, taken.register)
        if found is None:
            raise NotFound(f"nobody has looked at the quality of {register} yet: registers check does")
        state.rest_on([taken], str(found["checked"]))
    return respond([canonical_json(found)])
