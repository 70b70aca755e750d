"""Errors as answers: the only place that knows which kind of error has which status.

Every error leaves as `application/problem+json` (RFC 9457): those this project raises, those of the web framework,
and those nobody foresaw, which are logged with their traceback and say nothing of the inside.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from flask import Flask, Response, current_app, request
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from api import methods, paths, permissions, problem_types, renamed, request_log, state, statuses
from registers.canonical import canonical_json
from registers.errors import RegistersError, Renamed, Retired, TooOften, Unauthorized

CONTENT_TYPE = "application/problem+json"
PAGE = "registers-problem-page"  # the extension that makes a page of a problem, or None for who is no person
RETRY_AFTER = "10"  # seconds
STATUSES: Mapping[str, int] = {
    "invalid": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not-found": 404,
    "renamed": 404,  # where the path names it, it is answered with the way to its new name
    "conflict": 409,
    "moved": 409,
    "gone": 410,
    "precondition-failed": 412,
    "too-large": 413,
    "too-many-requests": 429,
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
    405: "this is not done with that method; the header Allow names those that there are",
    413: "the body is over the limit of its length",
    416: "the file has no such part; Content-Range says how many bytes it has",
}
_log = logging.getLogger("registers.api")


def problem(
    status: int,
    detail: str,
    headers: Iterable[tuple[str, str]] = (),
    more: Mapping[str, object] | None = None,
    kind: str = "",
) -> Response:
    """A problem document about the present request; `more` are members that this kind of problem has beside.

    The kind is one of `problem_types`; by default the usual one of the status.
    """
    members = {
        "type": problem_types.url(kind, status),
        "title": statuses.title(status),
        "status": status,
        "detail": printable(detail),
        "instance": request_log.shown_path(request.environ.get(paths.RAW_PATH, request.path)),
        "request-id": request.environ.get(request_log.REQUEST_ID, ""),
        **(more or {}),
    }
    page: Response | None = current_app.extensions.get(PAGE, lambda _: None)(members)
    response = page or Response(canonical_json(members), status, content_type=CONTENT_TYPE)
    response.headers.extend((name, value) for name, value in headers if name.lower() != "content-type")
    return response


def of_registers(error: RegistersError) -> Response:
    """The answer to an error of this project."""
    status = STATUSES[error.kind]
    if status in INSIDE:
        return _of_inside(error, status)
    if isinstance(error, Unauthorized):
        return problem(status, str(error), permissions.challenges(), kind=error.kind)
    if isinstance(error, Renamed) and (address := renamed.address(error.old, error.new)):
        return problem(renamed.status(), str(error), [("Location", address)], kind=error.kind)
    if isinstance(error, TooOften):
        return problem(status, str(error), [("Retry-After", str(error.seconds))], kind=error.kind)
    if isinstance(error, Retired) and error.successor:
        return problem(status, str(error), _successor_link(error), {"successor": error.successor}, error.kind)
    return problem(status, str(error), kind=error.kind)


def _successor_link(error: Retired) -> list[tuple[str, str]]:
    """The link to what a retired register says to use instead: a URL, or the same address in another register."""
    successor = error.successor or ""
    target = successor if ":" in successor else renamed.address(error.name, successor)
    return [("Link", f'<{target}>; rel="successor-version"')] if target else []


def printable(text: str) -> str:
    """The text as UTF-8 can hold it: half a surrogate pair, which JSON can send, is written as its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def of_http(error: HTTPException) -> Response:
    """The answer to an error of the framework, with the headers it asks for, such as Allow."""
    status = error.code or 500
    if isinstance(error, MethodNotAllowed):
        error.valid_methods = methods.allowed(error)
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
    headers = [("Retry-After", RETRY_AFTER)] if status == 503 else []
    return problem(status, INSIDE[status], headers, kind=getattr(error, "kind", ""))


def register(app: Flask) -> None:
    """Answer every error of the application here."""
    app.register_error_handler(state.NotModified, state.not_modified)
    app.register_error_handler(RegistersError, of_registers)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(OperationalError, of_database)
    app.register_error_handler(InterfaceError, of_database)
    app.register_error_handler(Exception, of_anything)
