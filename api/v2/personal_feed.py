"""A person's own feed: what happened to proposals that concern them. Its address is its key, so no cache keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree  # noqa: S405 - writes XML, reads none

from flask import Response
from marshmallow import Schema, fields

from api import current, hosts, paging, state
from api.caching import Caching
from api.parameters import HUGE, WholeNumber
from api.permissions import Permission
from api.v2 import atom
from api.v2 import notices_documents as documents
from api.v2.blueprints import blueprint
from notices import feed
from notices.feed import Item
from registers.entry import timestamp_text

PAGE = 50  # events
routes = blueprint("personal-feed", "Your feed: what concerns you", prefix="/v2", path_parameters={})


class PersonalFeedQuery(Schema):
    """Whose feed, and which page of it."""

    link = fields.String(required=True, metadata={"description": "Whose feed it is, sealed: as your account shows it"})
    before = WholeNumber(HUGE, "Entries of the feed for events below this number")


@routes.resource(
    "/feed/mine",
    permission=Permission.PUBLIC,
    caching=Caching.DOWNLOAD,
    answer=documents.PERSONAL_FEED,
    query=PersonalFeedQuery,
)
def show_personal_feed(query: Mapping[str, Any]) -> Response:
    """Show what happened to suggestions that concern you, as an Atom feed

    What happened to suggestions that you made or support, and new ones for registers that you decide on. Your account
    has the address, with a `link` that is yours alone, and gives you another when somebody else has it.
    """
    with current.store().reading() as tx:
        account = feed.whose(tx, current.secret(), query["link"])
        items, following = feed.concerning(tx, account, query["before"], PAGE)
    state.rest_on_parts([str(each.event.number) for each in items], f"the feed of {account}")
    path = paging.full_path("v2-personal-feed.show_personal_feed")
    operator = current.settings().operator
    made = atom.begin(f"tag:{atom.authority(operator)},2026:people/{account}", "Your suggestions", path, operator)
    atom.link_pages(made, path, str(following) if following else None, link=query["link"])
    atom.add(made, "updated", timestamp_text(max((each.event.time for each in items), default=0)))
    for item in items:
        _add_entry(made, item, atom.authority(operator))
    return atom.answer(made)


def _add_entry(made: ElementTree.Element, item: Item, authority: str) -> None:
    entry = atom.add(made, "entry")
    number, event = item.proposal.number, item.event
    atom.add(entry, "id", f"tag:{authority},2026:proposals/{number}/events/{event.number}")
    atom.add(entry, "title", item.told.title)
    atom.add(entry, "updated", timestamp_text(event.time))
    page = paging.full_path("pages-proposals.show_proposal", number=str(number))
    atom.add(entry, "link", rel="alternate", type="text/html", href=hosts.absolute(page))
    atom.add(entry, "content", item.told.more or item.told.title, type="text")
