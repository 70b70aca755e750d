"""Resources that will go: what their answers say of it, from the day it is decided.

    @routes.resource("/old", …)
    @deprecated(since=date(2027, 1, 1), sunset=date(2028, 1, 1), link="/docs/http")
    def show_old() -> Response: …

`Deprecation` (RFC 9745) says since when a resource should not be used in anything new, `Sunset` (RFC 8594) when it
may be gone, and the link where to read what to use instead. Nothing is deprecated yet; docs/http.md has the policy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from flask import Response
from werkzeug.http import http_date

View = TypeVar("View", bound=Callable[..., Response])


@dataclass(frozen=True, slots=True)
class Deprecated:
    """Since when a resource is deprecated, when it may go (None: not decided), and where that is explained."""

    since: date
    sunset: date | None
    link: str


def deprecated(since: date, sunset: date | None, link: str) -> Callable[[View], View]:
    """Declare a view's resource deprecated; stands below `resource`, which reads the declaration."""

    def decorate(view: View) -> View:
        view.deprecated = Deprecated(since, sunset, link)  # type: ignore[attr-defined]
        return view

    return decorate


def declared(view: Callable[..., Response]) -> Deprecated | None:
    """What a view declares."""
    found: Deprecated | None = getattr(view, "deprecated", None)
    return found


def apply(response: Response, of: Deprecated | None) -> None:
    """Say so in an answer, if the resource is deprecated."""
    if of is None:
        return
    response.headers["Deprecation"] = f"@{_midnight(of.since).timestamp():.0f}"
    link = f'<{of.link}>; rel="deprecation"; type="text/html"'
    if of.sunset:
        response.headers["Sunset"] = http_date(_midnight(of.sunset))
        link = f'{link},<{of.link}>; rel="sunset"; type="text/html"'
    present = response.headers.get("Link")
    response.headers["Link"] = f"{present},{link}" if present else link


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
