"""Writing Atom: what all feeds have (RFC 4287), and their pages (RFC 5005)."""

from __future__ import annotations

import re
from urllib.parse import urlencode
from xml.etree import ElementTree  # noqa: S405 - writes XML, reads none

from flask import Response, request

from api import hosts
from api.negotiation import respond

ATOM = "http://www.w3.org/2005/Atom"
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold (§2.2)

ElementTree.register_namespace("", ATOM)


def begin(feed_id: str, title: str, path: str, author: str) -> ElementTree.Element:
    """A feed without entries, which is the answer to the present request."""
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    add(feed, "id", feed_id)
    add(feed, "title", title)
    add_author(feed, author)
    query = request.query_string.decode("ascii", "replace")
    here = hosts.absolute(path) + (f"?{query}" if query else "")
    add(feed, "link", rel="self", href=here, type="application/atom+xml")
    return feed


def add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    """Add an element, without characters that XML cannot hold."""
    child = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = _UNFIT.sub("\ufffd", text) or None
    return child


def add_author(parent: ElementTree.Element, name: str) -> None:
    """Say who wrote it."""
    add(add(parent, "author"), "name", name)


def link_pages(feed: ElementTree.Element, path: str, before: str | None, **query: str) -> None:
    """Link to the first page of a feed, and to the next one, which begins `before`, if there is one."""
    add(feed, "link", rel="first", href=_url(path, query))
    if before is not None:
        add(feed, "link", rel="next", href=_url(path, query | {"before": before}))


def answer(feed: ElementTree.Element) -> Response:
    """The answer that a feed is."""
    return respond(['<?xml version="1.0" encoding="UTF-8"?>\n', ElementTree.tostring(feed, "unicode"), "\n"])


def authority(operator: str) -> str:
    """Who a tag URI (RFC 4151) is of: a domain without a port."""
    return operator.partition(":")[0]


def _url(path: str, query: dict[str, str]) -> str:
    return hosts.absolute(path) + (f"?{urlencode(query)}" if query else "")
