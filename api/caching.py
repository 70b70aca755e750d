"""How long an answer may be kept: every view names one of these policies where it declares its route.

What holds no values (an entry, a proof between fixed sizes) never changes. An item may be redacted one day, so it
is kept for a day. All else moves with the log. `no-transform` is the published contract's.
"""

from __future__ import annotations

from enum import StrEnum

from flask import Response

DAY = 24 * 60 * 60  # seconds
YEAR = 365 * DAY


class Caching(StrEnum):
    """The value of Cache-Control."""

    REVALIDATE = "public, no-cache, no-transform"
    DOWNLOAD = "private, no-cache, no-transform"
    FILE = "public, max-age=0, must-revalidate, no-transform"  # as REVALIDATE, for what is not only a state's
    ITEM = f"public, max-age={DAY}, no-transform"
    FOREVER = f"public, max-age={YEAR}, immutable, no-transform"
    NO_STORE = "no-store"


def apply(response: Response, policy: Caching | None) -> None:
    """Say how long the response may be kept; errors, and what no view answered, never are.

    A redirect is asked for again each time: a register that was renamed may take its old name back.
    """
    kept = policy if policy and response.status_code < 400 else Caching.NO_STORE
    if 300 < response.status_code < 304 and kept is not Caching.NO_STORE:
        kept = Caching.REVALIDATE
    response.headers["Cache-Control"] = kept.value
