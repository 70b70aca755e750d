"""Limits: how long a request may be, and how often one caller may ask.

Lengths are looked at before anything is parsed. Rates are counted by the caller's address, behind as many proxies as
are trusted (an IPv6 caller by its /64, which one customer has to itself), in a window that begins with the first
request. The count is each worker's own, or shared in Redis; a store that cannot be reached lets everybody through,
and says so in the log, for a service that answers too much is better than none.
"""

from __future__ import annotations

import logging
import time
from ipaddress import IPv6Address, ip_address
from math import ceil

from flask import Flask, Response, g, request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import RequestURITooLarge, TooManyRequests

from api import paths
from registers.errors import Invalid
from registers.settings import Settings

MOST_OF_TARGET = 8000  # bytes of path and query; gunicorn itself reads a request line of 8190
MOST_PARAMETERS = 100
EXEMPT = ("/healthz", "/readyz", "/metrics")
# Seconds to wait for the store; it is asked before every answer.
PATIENCE = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
_log = logging.getLogger("registers.api")


def check_length() -> None:
    """Raise RequestURITooLarge for an address that is too long, Invalid for one with too many parameters."""
    query = request.query_string
    if len(request.environ.get(paths.RAW_PATH, "")) + len(query) > MOST_OF_TARGET:
        raise RequestURITooLarge(f"the path and the query are longer than {MOST_OF_TARGET} bytes together")
    if query.count(b"&") >= MOST_PARAMETERS:
        raise Invalid(f"there are more than {MOST_PARAMETERS} parameters")


def register(app: Flask, settings: Settings) -> None:
    """Hold each caller of an application to the rate of its settings, if they have one."""
    if not settings.rate_limit:
        return
    rate = Rate(settings.rate_limit, settings.rate_limit_store)
    app.before_request(rate.count)
    app.after_request(rate.describe)


class Rate:
    """The rate that every caller may ask at."""

    def __init__(self, rate: str, store: str) -> None:
        """`rate` is such as `600/minute`, `store` such as `memory://` or `redis://host:6379`."""
        self.limit: RateLimitItem = parse(rate)
        options = PATIENCE if store.startswith("redis") else {}
        self.windows = FixedWindowRateLimiter(storage_from_string(store, wrap_exceptions=True, **options))

    def count(self) -> None:
        """Count the present request. Raises TooManyRequests when its caller has had its share."""
        if request.path in EXEMPT:
            return
        caller = caller_of(request.remote_addr or "")
        try:
            hit = self.windows.hit(self.limit, caller)
            end, left = self.windows.get_window_stats(self.limit, caller)
        except StorageError as error:
            _log.error("rates are not limited now: %s", error)
            return
        g.rate = (left, max(1, ceil(end - time.time())))
        if not hit:
            most = f"{self.limit.amount} requests in {self.limit.get_expiry()} seconds"
            raise TooManyRequests(f"the most that one address may ask is {most}; Retry-After says when to go on")

    def describe(self, response: Response) -> Response:
        """Say in an answer how many requests its caller has left, and for how many seconds."""
        if found := g.get("rate"):
            left, seconds = found
            for prefix in ("RateLimit", "X-RateLimit"):
                response.headers[f"{prefix}-Limit"] = str(self.limit.amount)
                response.headers[f"{prefix}-Remaining"] = str(left)
                response.headers[f"{prefix}-Reset"] = str(seconds)
            if response.status_code == 429:
                response.headers["Retry-After"] = str(seconds)
        return response


def caller_of(address: str) -> str:
    """Who an address stands for: itself, or its /64."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and not found.ipv4_mapped:
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found)
