"""What `openapi.yaml` says beside the operations: the title, the licence, the schemas, the problems."""

from __future__ import annotations

import json
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import yaml
from flask import Flask
from flask_smorest import Api
from marshmallow import Schema, fields
from marshmallow.validate import OneOf
from werkzeug.exceptions import HTTPException

from api import problem_types, problems, statuses
from api.paths import SegmentConverter

ABOUT = """\
Registers: append-only lists of facts, with their whole history, and proofs that the history has not been rewritten.

Reading, with GET or HEAD, needs no key; all else takes an API key, as `Authorization: Bearer KEY`. JSON is the default;
ask for CSV by the suffix `.csv` or by `Accept: text/csv`. A suffix is always a format: ask for the record `foo.csv` as
`foo.csv.json`. A `/` inside a key is sent as `%2F`. Parameters that a resource does not have, or that are repeated, are
errors. Errors are problem documents (RFC 9457).
"""
DOCUMENTATION = "registers-documentation"  # the extension that holds an application's documentation
PROBLEMS = {
    HTTPStatus.BAD_REQUEST: "A parameter is unknown, repeated or out of its limits, or the path is not text",
    HTTPStatus.MOVED_PERMANENTLY: "The register has another name now; Location is where this is",
    HTTPStatus.PERMANENT_REDIRECT: "The register has another name now; send this to Location",
    HTTPStatus.UNAUTHORIZED: "This takes an API key, and there is none, or none that is good now",
    HTTPStatus.FORBIDDEN: "The API key lacks the scope, or is not for this register",
    HTTPStatus.NOT_FOUND: "There is no such register, record, entry, item, field or page",
    HTTPStatus.NOT_ACCEPTABLE: "The resource is not served in a format that was asked for",
    HTTPStatus.CONFLICT: "It does not fit what is there: a name that is taken, a register that has moved on",
    HTTPStatus.PRECONDITION_FAILED: "It has changed since it was seen, and If-Match asks that nothing be done then",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is over the limit of its length",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is over the limit of its length",
    HTTPStatus.TOO_MANY_REQUESTS: "Too much was asked in too short a time; Retry-After says when to go on",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is of a type that is not taken here",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "The file has no such part; Content-Range says how many bytes it has",
    HTTPStatus.GONE: "The register is retired, a value was taken away, or the format is gone",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong in the service",
    HTTPStatus.NOT_IMPLEMENTED: "The register is too large for this; the detail says what to use instead",
    HTTPStatus.SERVICE_UNAVAILABLE: "The service cannot answer now; Retry-After says when to try again",
}
_WAIT = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
_LENGTH = {"description": "How many bytes the file has, as bytes */8214", "schema": {"type": "string"}}
HEADERS = {
    HTTPStatus.SERVICE_UNAVAILABLE: _WAIT,
    HTTPStatus.TOO_MANY_REQUESTS: _WAIT,
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: {"Content-Range": _LENGTH},
}
SECURITY = {
    "apiKey": {"scheme": "bearer", "description": "An API key of this service, with the scope that this takes"},
    "basic": {"scheme": "basic", "description": "An API key as the password, with any user name, for old clients"},
}

Problem = Schema.from_dict(
    {
        "type": fields.String(required=True),
        "title": fields.String(required=True, metadata={"description": "What the status means"}),
        "status": fields.Integer(required=True),
        "detail": fields.String(required=True, metadata={"description": "What happened, in a sentence"}),
        "instance": fields.String(required=True, metadata={"description": "The path that was asked for"}),
        "request-id": fields.String(required=True, metadata={"description": "What the service logged it under"}),
        "successor": fields.String(metadata={"description": "What to use instead of a retired register"}),
    },
    name="Problem",
)
Health = Schema.from_dict({"status": fields.String(required=True, validate=OneOf(["ok"]))}, name="Health")
Failing = Schema.from_dict(
    {
        "follower": fields.String(required=True, metadata={"description": "What follows: questions, areas, files …"}),
        "register": fields.String(required=True),
        "since": fields.String(required=True),
        "error": fields.String(required=True, metadata={"description": "What was said the last time"}),
    },
    name="Failing",
)
Readiness = Schema.from_dict(
    {
        "status": fields.String(required=True, validate=OneOf(["ok"])),
        "failing": fields.List(fields.Nested(Failing), required=True, metadata={"description": "What cannot follow"}),
    },
    name="Readiness",
)


class Documentation(Api):  # type: ignore[misc]
    """flask-smorest, with this project's errors in place of its own."""

    ERROR_SCHEMA = Problem

    def handle_http_exception(self, error: HTTPException) -> Any:
        """The problem document, with the headers that flask-smorest's own handler would drop."""
        return problems.of_http(error)

    def _register_responses(self) -> None:
        for status, description in PROBLEMS.items():
            self.spec.components.response(statuses.component(status), _problem(description, status), lazy=True)
        self.spec.components.response("DEFAULT_ERROR", _problem("Any other error", None), lazy=True)

    def _register_pagination_header(self) -> None:
        """Nothing: pages are linked as v1 published it, see `paging`."""

    def _register_etag_headers(self) -> None:
        """Nothing: flask-smorest's ETags are not used."""


def _problem(description: str, status: HTTPStatus | None) -> dict[str, Any]:
    described: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status:
        described["example"] = {
            "type": problem_types.path_of("", status) or "about:blank",
            "title": statuses.title(status),
            "status": int(status),
            "detail": problems.INSIDE.get(status, description),
            "instance": "/v1/registers/country/records/GB",
            "request-id": "0c5bb0ae4a554f2b8a6c4d2a52d4ea65",
        }
    found = {"description": description, "content": {problems.CONTENT_TYPE: described}}
    return found | ({"headers": HEADERS[status]} if status in HEADERS else {})


def document(app: Flask) -> Documentation:
    """Start the application's documentation; blueprints are registered with what this returns."""
    app.config.update(API_TITLE="Registers", API_VERSION=version("registers"), OPENAPI_VERSION="3.1.0")
    options = {
        "info": {"description": ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": "/"}],
    }
    documentation = Documentation(app, spec_kwargs=options)
    documentation.register_converter(SegmentConverter, lambda _: {"type": "string", "minLength": 1})
    for name, scheme in SECURITY.items():
        documentation.spec.components.security_scheme(name, {"type": "http"} | scheme)
    documentation.spec.components.schema("Problem", schema=Problem)
    documentation.spec.components.schema("Health", schema=Health)
    documentation.spec.components.schema("Readiness", schema=Readiness)
    return documentation


# The document


def description(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of an application, as plain dicts and lists."""
    plain: dict[str, Any] = json.loads(json.dumps(app.extensions[DOCUMENTATION].spec.to_dict()))
    for path in plain["paths"].values():
        for operation in (each for method, each in path.items() if method != "parameters"):
            operation["responses"] = dict(sorted(operation["responses"].items()))
    ordered = {"openapi": plain.pop("openapi"), "info": plain.pop("info")}
    return ordered | plain | {"paths": dict(sorted(plain["paths"].items()))}


def as_yaml(document: dict[str, Any]) -> str:
    """The document as YAML: the same text each time."""
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """YAML as a person would write it: text of several lines as a block."""


def _text_node(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and "\r" not in value and "\t" not in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text_node)
