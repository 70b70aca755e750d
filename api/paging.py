"""Links from page to page: one Link header, relative to the query, next before previous, as it was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request, url_for

from api import current, hosts, languages


@dataclass(frozen=True, slots=True)
class Page:
    """A page by number, from 1, of what there are `total` of."""

    index: int
    size: int
    total: int

    @property
    def offset(self) -> int:
        """How many come before the page."""
        return (self.index - 1) * self.size

    @property
    def exists(self) -> bool:
        """Whether there is such a page; the first always is, even when empty."""
        return self.index == 1 or self.offset < self.total

    def links(self) -> list[tuple[str, str]]:
        """The targets of the links that the page has, with their relation."""
        found = []
        if self.offset + self.size < self.total:
            found.append((f"?page-index={self.index + 1}&page-size={self.size}", "next"))
        if self.index > 1:
            found.append((f"?page-index={self.index - 1}&page-size={self.size}", "previous"))
        return found


@dataclass(frozen=True, slots=True)
class Run:
    """`limit` entries from the number `start`, of a log of `total`."""

    start: int
    limit: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last entry of the run, if the log is long enough."""
        return self.start + self.limit - 1

    def links(self) -> list[tuple[str, str]]:
        """The targets of the links that the run has, with their relation; none starts before 1."""
        found = []
        if self.last < self.total:
            found.append((f"?start={self.last + 1}&limit={self.limit}", "next"))
        if self.start > 1 and self.total:
            before = max(1, min(self.start, self.total + 1) - self.limit)
            found.append((f"?start={before}&limit={self.limit}", "previous"))
        return found


def link(response: Response, links: list[tuple[str, str]]) -> Response:
    """The response with a Link header (RFC 8288), if there is anything to link."""
    if links:
        response.headers["Link"] = ",".join(f'<{target}>; rel="{relation}"' for target, relation in links)
    return response


def full_path(endpoint: str, **values: str) -> str:
    """The path of a view as the caller reaches it: below that of the base URL, or on a register's own host.

    A page is in the language of the present request.
    """
    return path_in(None, endpoint, **values)


def plain_path(endpoint: str, **values: str) -> str:
    """The same, in the first language of the settings: where others know a view by one address."""
    return path_in("", endpoint, **values)


def path_in(language: str | None, endpoint: str, **values: str) -> str:
    """The same, in a language; an empty one is the first of the settings, None that of the present request."""
    environ = request.environ
    if hosts.REGISTER in environ:
        return hosts.outside(_routed(endpoint, values))
    named = environ.get(languages.NAMED, "") if language is None else language
    return _mounted_path((current.settings().base_url, environ["SCRIPT_NAME"], named), endpoint, **values)


def _routed(endpoint: str, values: Mapping[str, Any]) -> str:
    return url_for(endpoint, **values)


@lru_cache(maxsize=4096)  # to make one takes as long as to look up a point
def _mounted_path(below: tuple[str, str, str], endpoint: str, **values: str) -> str:
    base_url, script_root, language = below
    mounted = script_root.rstrip("/")
    path = _routed(endpoint, values).removeprefix(mounted)
    spoken = f"/{language}" if language and languages.has_languages(endpoint) else ""
    return (mounted or urlsplit(base_url).path.rstrip("/")) + spoken + path
