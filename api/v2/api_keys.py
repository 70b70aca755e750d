"""API keys, made and revoked by whoever has a key with the scope `api-keys`; it gives no more than it has itself."""

from __future__ import annotations

from flask import Response

from api import bodies, current, paging, permissions
from api.caching import Caching
from api.negotiation import respond
from api.permissions import Permission
from api.v2 import writing_documents as documents
from api.v2.blueprints import blueprint
from people import api_keys
from people.api_keys import Wanted
from registers.canonical import canonical_json

routes = blueprint(
    "api-keys",
    "API keys, with an API key of the scope `api-keys`",
    prefix="/v2/api-keys",
    path_parameters=documents.PATH_PARAMETERS,
)


@routes.resource(
    "",
    permission=Permission.API_KEYS,
    caching=Caching.NO_STORE,
    answer=documents.API_KEYS,
)
def list_api_keys() -> Response:
    """List the API keys

    Those that your own could have made; never the keys themselves.
    """
    now = current.store().clock()
    found = api_keys.find_all(current.store(), permissions.api_key())
    return respond([canonical_json({"api-keys": [each.members(now) for each in found]})])


@routes.resource(
    "",
    permission=Permission.API_KEYS,
    caching=Caching.NO_STORE,
    answer=documents.API_KEY_ISSUED,
    sent=documents.API_KEY_SENT,
)
def create_api_key() -> Response:
    """Make an API key

    It has no scopes and no registers that yours has not, and ends no later. This answer is the only one that ever
    shows it.
    """
    given = bodies.read_object(("label", "scopes", "registers", "days"), ("label", "scopes"))
    wanted = Wanted(
        label=bodies.text_of(given, "label"),
        scopes=bodies.texts_of(given, "scopes"),
        registers=bodies.texts_of(given, "registers"),
        days=bodies.number_of(given, "days", api_keys.DAYS),
    )
    issued = api_keys.create(current.store(), wanted, permissions.actor(), permissions.api_key())
    answer = respond([canonical_json(issued.api_key.members(current.store().clock()) | {"key": issued.text})])
    answer.status_code = 201
    answer.headers["Location"] = paging.full_path("v2-api-keys.revoke_api_key", id=issued.api_key.id)
    return answer


@routes.resource(
    "/<segment:id>",
    permission=Permission.API_KEYS,
    caching=Caching.NO_STORE,
    answer=documents.API_KEY,
    sent=documents.DELETE,
)
def revoke_api_key(id: str) -> Response:
    """Revoke an API key

    At once, and for good. It may be your own.
    """
    revoked = api_keys.revoke(current.store(), id, permissions.api_key())
    return respond([canonical_json(revoked.members(current.store().clock()))])
