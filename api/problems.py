"""Errors as answers: the only place that knows which kind of error has which status.

Every error leaves as `application/problem+json` (RFC 9457): those this project raises, those of the web framework,
and those nobody foresaw, which are logged with their traceback and say nothing of the inside.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from flask import Flask, Response, request
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from api import paths, request_log, state
from registers.canonical import canonical_json
from registers.errors import RegistersError

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "10"  # seconds
STATUSES: Mapping[str, int] = {
    "invalid": 400,
    "not-found": 404,
    "conflict": 409,
    "moved": 409,
    "gone": 410,
    "too-large": 413,
    "error": 500,
    "corrupt": 500,
    "not-supported": 501,
    "unavailable": 503,
}
# What is said where the reason is the operator's business: it may name files, hosts and hashes.
INSIDE: Mapping[int, str] = {
    500: "something went wrong here; whoever runs this service can find out what by the request id",
    503: "the service cannot answer now; try again in a little while",
}
# In place of the framework's sentences, which speak of browsers.
PLAINER: Mapping[int, str] = {
    404: "there is nothing at this address",
    405: "this can be read, with GET or HEAD, and nothing else",
}
_log = logging.getLogger("registers.api")


def problem(status: int, detail: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """A problem document about the present request."""
    members = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request_log.shown_path(request.environ.get(paths.RAW_PATH, request.path)),
        "request-id": request.environ.get(request_log.REQUEST_ID, ""),
    }
    response = Response(canonical_json(members), status, content_type=CONTENT_TYPE)
    response.headers.extend((name, value) for name, value in headers if name.lower() != "content-type")
    return response


def of_registers(error: RegistersError) -> Response:
    """The answer to an error of this project."""
    status = STATUSES[error.kind]
    if status not in INSIDE:
        return problem(status, str(error))
    return _of_inside(error, status)


def of_http(error: HTTPException) -> Response:
    """The answer to an error of the framework, with the headers it asks for, such as Allow."""
    status = error.code or 500
    detail = INSIDE.get(status) or PLAINER.get(status) or error.description or ""
    return problem(status, detail, error.get_headers())


def of_database(error: OperationalError | InterfaceError) -> Response:
    """The answer when the database cannot be reached, or is not as it should be."""
    return _of_inside(error, 503)


def of_anything(error: Exception) -> Response:
    """The answer to what nobody foresaw."""
    return _of_inside(error, 500)


def _of_inside(error: Exception, status: int) -> Response:
    members = {"request-id": request.environ.get(request_log.REQUEST_ID, "")}
    _log.error("%s", error, exc_info=error, extra={"members": members})
    return problem(status, INSIDE[status], [("Retry-After", RETRY_AFTER)] if status == 503 else [])


def register(app: Flask) -> None:
    """Answer every error of the application here."""
    app.register_error_handler(state.NotModified, state.not_modified)
    app.register_error_handler(RegistersError, of_registers)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(OperationalError, of_database)
    app.register_error_handler(InterfaceError, of_database)
    app.register_error_handler(Exception, of_anything)
