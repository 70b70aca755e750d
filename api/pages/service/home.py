"""The way in: what registers are, a search box, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import Length

from api import current, cursors, paging
from api.caching import Caching
from api.pages import catalogue, rendering, values
from api.pages.blueprints import PAGE, blueprint
from api.pages.faults import Fault
from api.pages.languages.saying import gettext
from api.pages.rendering import page
from api.pages.service import docs
from api.permissions import Permission
from registers import search
from registers.errors import Invalid
from registers.question import VALUE_LIMIT, sought
from registers.store import entries
from registers.store import registers as stored
from registers.store.engine import Transaction

LATEST = 5  # registers that the way in shows
RECORDS = 20  # records in a page of what was found
routes = blueprint("home", "The way in")


class SearchQuery(Schema):
    """What is searched for, and which page of it."""

    q = fields.String(
        load_default="",
        validate=Length(max=VALUE_LIMIT, error=f"is at most {VALUE_LIMIT} characters"),
        metadata={"description": "Words of a register's name or description, or of a record"},
    )
    after = fields.String(load_default=None, metadata={"description": "Where the page before ended"})


@dataclass(frozen=True, slots=True)
class Record:
    """A record that was found: where its page is, its name, its key, and the title of its register."""

    href: str
    name: str
    key: str
    title: str


@routes.resource("/", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE)
def show_home() -> Response:
    """Show the way in"""
    with current.store().reading() as tx:
        listed = catalogue.published(tx)
    latest = sorted(listed, key=lambda each: each.updated or 0, reverse=True)
    return page("service/home.html", latest=latest[:LATEST], total=len(listed), guide=docs.GUIDE in docs.documents())


@routes.resource("/search", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE, query=SearchQuery)
def show_search(query: dict[str, Any]) -> Response:
    """Show the registers and records that have the words"""
    words = query["q"].strip()
    if not words:
        return page("service/search.html", words="")
    try:
        sought(words)
    except Invalid as error:
        return page("service/search.html", status=400, words=words, fault=Fault("q", _why(error)))
    with current.store().reading() as tx:
        listed = catalogue.published(tx)
        records, after = _records(tx, words, query["after"], {each.name: each.title for each in listed})
    found = [] if query["after"] else catalogue.matching(listed, words)
    here = paging.full_path("pages-home.show_search")
    following = rendering.with_query(here, q=words, after=after) if after else None
    shown: dict[str, Any] = {"registers": found, "records": records, "next": following}
    return page("service/search.html", words=words, first=not query["after"], **shown)


def _records(tx: Transaction, words: str, after: str | None, titles: dict[str, str]) -> tuple[list[Record], str | None]:
    """A page of the records that have all the words, of every register; and the cursor to go on with."""
    found = search.find_everywhere(tx, words, RECORDS, cursors.read_any(after) if after else None)
    names = {each.id: each.name for each in stored.find_all(tx.connection)}
    shown = []
    for register_id, number in found.records:
        entry = entries.read_numbers(tx.connection, register_id, 0, [number])[number]
        name = values.name_of(entry)
        register = names[register_id]
        shown.append(Record(values.record_path(register, entry.key), name, entry.key, titles.get(register, register)))
    return shown, cursors.write(*found.cursor) if found.cursor else None


def _why(error: Invalid) -> str:
    """Why nothing was searched for, as a sentence."""
    return gettext("Nothing was searched for: %(why)s", why=str(error).removeprefix("q: "))
