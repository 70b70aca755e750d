"""What the HTTP benchmarks serve: the application as it is in production, and beside its views an empty one.

The empty view has all that every view has (the middleware, a declaration, a query of one parameter) and does nothing:
what it takes is what a request costs before anything is looked up.
"""

from __future__ import annotations

from flask import Response
from marshmallow import Schema, fields

from api.app import DOCUMENTATION
from api.blueprint import Answer, Blueprint
from api.caching import Caching
from api.negotiation import JSON, respond
from api.permissions import Permission
from api.wsgi import application

routes = Blueprint("empty", "", "Nothing", {})


class EmptyQuery(Schema):
    """One parameter."""

    at = fields.String(load_default=None, metadata={"description": "Of no effect"})


@routes.resource(
    "/empty",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=Answer("Nothing", "Health", {JSON: {}}),
    query=EmptyQuery,
)
def show_nothing(query: dict[str, str | None]) -> Response:
    """Show nothing"""
    return respond(["{}"])


application.extensions[DOCUMENTATION].register_blueprint(routes)
