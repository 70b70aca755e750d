"""OPTIONS: what may be done at an address, and whether a page of another site may read it.

Pages of any origin may read, with the headers that make reading cheap. They may not write: a key is for programs
that keep it, and no answer to a preflight allows `Authorization`.
"""

from __future__ import annotations

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

READING = ("GET", "HEAD")
ALLOWED_HEADERS = "Accept, If-Modified-Since, If-None-Match, Range"
MAX_AGE = "86400"  # seconds that a browser may keep the answer to a preflight


def answer() -> Response | None:
    """The answer to OPTIONS where there is a resource; None for all else, which goes on its way."""
    refused = request.routing_exception
    if request.method != "OPTIONS" or not isinstance(refused, MethodNotAllowed):
        return None
    methods = allowed(refused)
    answered = Response(status=204, headers={"Allow": ", ".join(methods)})
    answered.headers.pop("Content-Type", None)
    asked = request.headers.get("Access-Control-Request-Method", "")
    if "Origin" in request.headers and asked in READING and asked in methods:
        answered.headers["Access-Control-Allow-Origin"] = "*"
        answered.headers["Access-Control-Allow-Methods"] = ", ".join(READING)
        answered.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        answered.headers["Access-Control-Max-Age"] = MAX_AGE
    return answered


def allowed(refused: MethodNotAllowed) -> list[str]:
    """The methods there are at the address that refused one, sorted."""
    return sorted({*(refused.valid_methods or ()), "OPTIONS"})
