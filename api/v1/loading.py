"""Loading RSF as old clients do: `curl -u any:KEY -H 'Content-Type: application/uk-gov-rsf' --data-binary @file`."""

from __future__ import annotations

from flask import Response

from api import current, following, permissions, problems, uploads
from api.blueprint import Answer, Sent
from api.caching import Caching
from api.negotiation import JSON, RSF, respond
from api.permissions import Permission
from api.v1.blueprints import blueprint
from api.v1.documents import RSF_AFTER
from loaders import replay
from loaders.rsf_steps import Load
from registers.errors import Conflict, Invalid
from registers.v1 import shapes

routes = blueprint("loading", "Loading RSF, with an API key of the scope `direct`")
ANY_LENGTH = 2**50  # the view holds the body to the limit of the settings
DONE = {"success": True, "message": "success"}
FAILED = {"success": False, "message": "Failed to load RSF"}
SENT = Sent("POST", "An RSF file", "", {RSF.media_type: RSF_AFTER.examples[RSF]}, ANY_LENGTH)
REFUSED = {
    "description": "The file cannot be loaded, and nothing of it was",
    "content": {
        JSON.content_type: {
            "schema": {"$ref": "#/components/schemas/LoadedV1"},
            "example": FAILED | {"details": "line 3: non canonical JSON: '{ }' should be '{}'"},
        },
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
    },
}
ANSWER = Answer(
    "The file is loaded",
    "LoadedV1",
    {JSON: DONE},
    problems=("CONFLICT", "REQUEST_ENTITY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"),
    others={400: REFUSED},
)
COMPONENTS = {
    "LoadedV1": {
        "type": "object",
        "description": "What became of the file",
        "required": ["success", "message"],
        "properties": {
            "success": {"type": "boolean"},
            "message": {"type": "string"},
            "details": {"type": "string", "description": "Why it was refused"},
        },
    }
}


@routes.resource(
    "/<segment:register>/load-rsf",
    permission=Permission.LOAD,
    caching=Caching.NO_STORE,
    answer=ANSWER,
    sent=SENT,
)
def load_rsf(register: str) -> Response:
    """Load an RSF file into a register

    Strictly, and whole or not at all. A register that is not here is created, and is public at once; one that is
    takes only what it lacks, and refuses a file whose history is another. The key may come as the password of HTTP
    Basic, with any user name.
    """
    with uploads.uploaded() as stream:
        try:
            replay.replay(current.store(), register, stream, Load(permissions.authority(), current.settings().operator))
        except (Invalid, Conflict) as error:
            return _answer(FAILED | {"details": problems.printable(str(error))}, 400)
    following.follow(register)
    return _answer(DONE)


def _answer(members: dict[str, object], status: int = 200) -> Response:
    answer = respond([shapes.compact(members)])
    answer.status_code = status
    return answer
