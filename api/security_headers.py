"""Headers that every answer carries: readable from any site, and never anything but what it says it is."""

from __future__ import annotations

from flask import Response, g, request

from api import current

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Open data is for pages of any origin; what they may read beside the plain headers is named.
CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Content-Disposition, Deprecation, ETag, Link, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
        "Register-Metadata-Root-Hash, Register-Metadata-Size, Register-Root-Hash, Register-Size, Register-Time, "
        "Retry-After, Sunset, X-Request-Id"
    ),
    "Cross-Origin-Resource-Policy": "cross-origin",
}
HSTS = "max-age=31536000; includeSubDomains"


def apply(response: Response) -> None:
    """Add the headers. HTTPS is promised for the future only where the operator says it is served."""
    response.headers.update(EVERYWHERE)
    if "policy" in g:  # a page has styles and forms; its 304 says so too, for a cache takes headers from there
        response.headers["Content-Security-Policy"] = g.policy
    if request.method in ("GET", "HEAD"):
        response.headers.update(CROSS_ORIGIN)
    if current.settings().base_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = HSTS
