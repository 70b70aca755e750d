"""Answers made smaller on the way: zstd, br or gzip, whichever the caller likes best, for every format that is text.

It spends little: the levels are those from which more time saves few bytes. A stream is compressed as it is made, so
one that fails still breaks off. ETags are weak and stay what they were, and a 304 is the same for all encodings.
`no-transform` speaks to caches on the way, and does not keep the service itself from choosing a form.
"""

from __future__ import annotations

import re

from flask import Flask, Response, request
from flask_compress import Compress

ALGORITHMS = ["zstd", "br", "gzip"]
MIN_SIZE = 500  # bytes; below that the headers are most of an answer
TEXTS = [
    "application/atom+xml",
    "application/csvm+json",
    "application/geo+json",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/problem+json",
    "application/rdf+xml",
    "application/schema+json",
    "application/uk-gov-rsf",
    "application/vnd.oai.openapi+json",
    "application/vnd.rsf",
    "application/x-ndjson",
    "application/yaml",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/plain",
    "text/turtle",
]
SETTINGS = {
    "COMPRESS_REGISTER": False,
    "COMPRESS_MIMETYPES": TEXTS,
    "COMPRESS_MIN_SIZE": MIN_SIZE,
    "COMPRESS_ALGORITHM": ALGORITHMS,
    "COMPRESS_ALGORITHM_STREAMING": ALGORITHMS,
    "COMPRESS_ZSTD_LEVEL": 3,
    "COMPRESS_BR_LEVEL": 4,
    "COMPRESS_LEVEL": 5,
    "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": False,  # that is done, without making the answer
}
_REFUSED = re.compile(r"[^,;]*;\s*q=0(?:\.0*)?\s*(?=,|$)")


def register(app: Flask) -> None:
    """Compress the answers of an application. What is registered after this sees them as they were."""
    app.config.update(SETTINGS)
    compress = Compress(app)

    def shrink(response: Response) -> Response:
        if accepted := request.environ.get("HTTP_ACCEPT_ENCODING", ""):
            # A coding of no weight is refused (RFC 9110 §12.5.3); the library would take it if there is no other.
            request.environ["HTTP_ACCEPT_ENCODING"] = _REFUSED.sub("", accepted)
        if "Accept-Ranges" in response.headers:
            return response  # a file, whose parts can be asked for: its bytes are what they are
        found: Response = compress.after_request(response)
        return found

    app.after_request(shrink)
