"""For crawlers: which addresses to leave alone, and which pages there are.

Every register, with its page, and every document is in the map of the site; records are not, for there may be millions,
and a register's downloads have them all. A question asked of a table is a page too, of which there is no end.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from flask import Response

from api import current, hosts, paging, state
from api.blueprint import Answer
from api.caching import Caching
from api.negotiation import Format, respond
from api.pages.blueprints import blueprint
from api.pages.service import docs
from api.permissions import Permission
from registers import snapshot
from registers.entry import timestamp_text
from registers.snapshot import Snapshot
from registers.store import registers

MOST = 50_000  # addresses in one map, by the protocol of sitemaps.org
TEXT = Format("txt", "text/plain", "text/plain; charset=utf-8")
_XML = Format("xml", "application/xml", "application/xml; charset=utf-8")
_ALWAYS = ("home.show_home", "registers.list_registers", "docs.show_index", "docs.show_api")
routes = blueprint("crawling", "For crawlers")


@routes.resource(
    "/robots.txt",
    permission=Permission.PUBLIC,
    caching=Caching.FILE,
    answer=Answer("What crawlers may ask for", "", {TEXT: ""}),
)
def show_robots() -> Response:
    """Show what crawlers may ask for (RFC 9309)"""
    search = paging.full_path("pages-home.show_search")
    files = paging.full_path("pages-registers.list_registers") + "/*/files/"  # to ask for one has it made
    archive = paging.full_path("pages-downloads.show_archive")
    site = hosts.absolute(paging.full_path("pages-crawling.show_sitemap"))
    return respond(
        [f"User-agent: *\nDisallow: {search}\nDisallow: /*?\nDisallow: {files}\nDisallow: {archive}\nSitemap: {site}\n"]
    )


@routes.resource(
    "/sitemap.xml",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=Answer("Which pages there are", "", {_XML: ""}),
)
def show_sitemap() -> Response:
    """Show which pages there are (sitemaps.org), the first 50,000 of them"""
    with current.store().reading() as tx:
        taken = [snapshot.take(tx, register) for register in registers.find_published(tx.connection)]
        state.rest_on(taken, "sitemap")
        return respond(_map(taken))


def _map(taken: list[Snapshot]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    pages = [*(_page(name) for name in _ALWAYS), *(_page("docs.show_page", name=name) for name in docs.documents())]
    listed = [*pages, *(_page("registers.show_register", each, register=each.register.name) for each in taken)]
    yield from listed[:MOST]
    yield "</urlset>\n"


def _page(endpoint: str, taken: Snapshot | None = None, **values: str) -> str:
    """A page of the map, and when it last changed if it is a register's."""
    url = escape(hosts.absolute(paging.full_path(f"pages-{endpoint}", **values)))
    latest = taken.last_updated if taken else None
    changed = "" if latest is None else f"<lastmod>{timestamp_text(latest)}</lastmod>"
    return f"<url><loc>{url}</loc>{changed}</url>\n"
