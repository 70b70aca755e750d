"""What `openapi.yaml` says beside the operations: the title, the licence, the schemas, the problems."""

from __future__ import annotations

from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from flask import Flask
from flask_smorest import Api
from marshmallow import Schema, fields
from marshmallow.validate import OneOf
from werkzeug.exceptions import HTTPException

from api import problems
from api.paths import SegmentConverter

ABOUT = """\
Registers: append-only lists of facts, with their whole history, and proofs that the history has not been rewritten.

Everything here is read with GET or HEAD, and needs no key. JSON is the default; ask for CSV by the suffix `.csv` or
by `Accept: text/csv`. A suffix is always a format: ask for the record `foo.csv` as `foo.csv.json`. A `/` inside a
key is sent as `%2F`. Parameters that a resource does not have, or that are repeated, are errors. Errors are
problem documents (RFC 9457).
"""
PROBLEMS = {
    HTTPStatus.BAD_REQUEST: "A parameter is unknown, repeated or out of its limits, or the path is not text",
    HTTPStatus.NOT_FOUND: "There is no such register, record, entry, item, field or page",
    HTTPStatus.NOT_ACCEPTABLE: "The resource is not served in a format that was asked for",
    HTTPStatus.GONE: "The register is retired, or the format is",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong in the service",
    HTTPStatus.NOT_IMPLEMENTED: "The register is too large for this; the detail says what to use instead",
    HTTPStatus.SERVICE_UNAVAILABLE: "The service cannot answer now; Retry-After says when to try again",
}

Problem = Schema.from_dict(
    {
        "type": fields.String(required=True),
        "title": fields.String(required=True, metadata={"description": "What the status means"}),
        "status": fields.Integer(required=True),
        "detail": fields.String(required=True, metadata={"description": "What happened, in a sentence"}),
        "instance": fields.String(required=True, metadata={"description": "The path that was asked for"}),
        "request-id": fields.String(required=True, metadata={"description": "What the service logged it under"}),
    },
    name="Problem",
)
Health = Schema.from_dict({"status": fields.String(required=True, validate=OneOf(["ok"]))}, name="Health")


class Documentation(Api):
    """flask-smorest, with this project's errors in place of its own."""

    ERROR_SCHEMA = Problem

    def handle_http_exception(self, error: HTTPException) -> Any:
        """The problem document, with the headers that flask-smorest's own handler would drop."""
        return problems.of_http(error)

    def _register_responses(self) -> None:
        for status, description in PROBLEMS.items():
            self.spec.components.response(status.name, _problem(description, status), lazy=True)
        self.spec.components.response("DEFAULT_ERROR", _problem("Any other error", None), lazy=True)

    def _register_pagination_header(self) -> None:
        """Nothing: pages are linked as v1 published it, see `paging`."""

    def _register_etag_headers(self) -> None:
        """Nothing: flask-smorest's ETags are not used."""


def _problem(description: str, status: HTTPStatus | None) -> dict[str, Any]:
    described: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status:
        described["example"] = {
            "type": "about:blank",
            "title": status.phrase,
            "status": int(status),
            "detail": problems.INSIDE.get(status, description),
            "instance": "/v1/registers/country/records/GB",
            "request-id": "0c5bb0ae4a554f2b8a6c4d2a52d4ea65",
        }
    headers = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
    found = {"description": description, "content": {problems.CONTENT_TYPE: described}}
    return found | ({"headers": headers} if status == HTTPStatus.SERVICE_UNAVAILABLE else {})


def document(app: Flask) -> Documentation:
    """Start the application's documentation; blueprints are registered with what this returns."""
    app.config.update(API_TITLE="Registers", API_VERSION=version("registers"), OPENAPI_VERSION="3.1.0")
    options = {
        "info": {"description": ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": "/"}],
    }
    documentation = Documentation(app, spec_kwargs=options)
    documentation.register_converter(SegmentConverter, lambda _: {"type": "string", "minLength": 1})
    documentation.spec.components.schema("Problem", schema=Problem)
    documentation.spec.components.schema("Health", schema=Health)
    return documentation
