"""Whether the service is well: `/healthz` says that the process answers, `/readyz` that its database does too."""

from __future__ import annotations

from flask import Response

from api import current
from api.blueprint import Answer, Blueprint
from api.caching import Caching
from api.negotiation import JSON, respond
from api.permissions import Permission
from registers.canonical import canonical_json
from registers.store.schema import check_schema

WELL = {"status": "ok"}
routes = Blueprint("health", "", "Whether the service is well", {})


@routes.resource(
    "/healthz",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=Answer("The process answers", "Health", {JSON: WELL}),
)
def is_alive() -> Response:
    """Say that the process answers

    The database is not asked: a service that is only waiting for it should not be killed.
    """
    return respond([canonical_json(WELL)])


@routes.resource(
    "/readyz",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=Answer("The service can answer", "Health", {JSON: WELL}),
)
def is_ready() -> Response:
    """Say that the service can answer

    The database is reachable and has the schema of this release; if not, the answer is 503.
    """
    check_schema(current.store())
    return respond([canonical_json(WELL)])
