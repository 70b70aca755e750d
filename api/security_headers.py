"""Headers that every answer carries: readable from any site, and never anything but what it says it is.

They are the same for all answers, so they are added at the edge, a list to a list: the framework would look each of
them up among those that are there. An answer may bring a security policy of its own, as pages do; that one stands. One
that says itself who may embed it, as what one person got does, is for no other site.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from registers.settings import Settings

Headers = list[tuple[str, str]]
POLICY = "Content-Security-Policy"
EMBEDDING = "Cross-Origin-Resource-Policy"
NOTHING = [(POLICY, "default-src 'none'; frame-ancestors 'none'")]
EVERYWHERE = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]
# Open data is for pages of any origin; what they may read beside the plain headers is named.
CROSS_ORIGIN = [
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        "Accept-Ranges, Content-Crs, Content-Disposition, Content-Range, Deprecation, ETag, Link, RateLimit-Limit, "
        "RateLimit-Remaining, RateLimit-Reset, Register-Metadata-Root-Hash, Register-Metadata-Size, "
        "Register-Root-Hash, Register-Size, Register-Time, Retry-After, Sunset, X-Request-Id",
    ),
    (EMBEDDING, "cross-origin"),
]
# HTTPS is promised for the future only where the operator says it is served.
HSTS = [("Strict-Transport-Security", "max-age=31536000; includeSubDomains")]


class SecurityHeaders:
    """The middleware."""

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self.app = app
        self.always = EVERYWHERE + (HSTS if settings.base_url.startswith("https://") else [])
        self.reading = self.always + CROSS_ORIGIN

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on; its answer gets the headers."""
        added = self.reading if environ["REQUEST_METHOD"] in ("GET", "HEAD") else self.always

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            names = {name for name, _ in headers}
            more = self.always if EMBEDDING in names else added
            return start_response(status, headers + more if POLICY in names else headers + more + NOTHING, *rest)

        return self.app(environ, start)
