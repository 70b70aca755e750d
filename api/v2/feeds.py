"""Feeds: an Atom entry for each revision of a register, or of all of them (RFC 4287, and RFC 5005 for its pages)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree  # noqa: S405 - writes XML, reads none

from flask import Response
from marshmallow import Schema, fields

from api import current, hosts, paging, state
from api.caching import Caching
from api.parameters import HUGE, MOST, WholeNumber
from api.permissions import Permission
from api.reading import definition_of, reading
from api.v2 import atom
from api.v2 import notices_documents as documents
from api.v2.blueprints import blueprint
from registers import redaction, snapshot
from registers.definition import Definition
from registers.entry import timestamp_text
from registers.errors import Invalid
from registers.register import Register, Revision
from registers.store import registers
from registers.v2.hashing import hash_text

PAGE = 50  # entries
ALL = "registers"
_PLACE = re.compile(r"([0-9]{1,15})\.([0-9]{1,10})\.([0-9]{1,15})", re.ASCII)

routes = blueprint("feeds", "Feeds: what changed, as Atom", prefix="/v2", path_parameters=documents.PATH_PARAMETERS)


class FeedQuery(Schema):
    """Which page of a register's feed."""

    before = WholeNumber(HUGE, "Entries of the feed for revisions below this number")


class WholeFeedQuery(Schema):
    """Which page of the feed of all registers."""

    before = fields.String(load_default=None, metadata={"description": "Where the page before ended: follow its link"})


@dataclass(frozen=True, slots=True)
class _Shown:
    """A revision with the one before it (None for the first), what its register is called, and whether the revision
    took something away.
    """

    register: Register
    definition: Definition
    made: Revision
    before: Revision | None
    redacts: bool = False

    @property
    def title(self) -> str:
        return self.definition.title or self.register.name


@routes.resource(
    "/registers/<segment:register>/feed",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.FEED,
    query=FeedQuery,
)
def show_feed(query: Mapping[str, int], register: str) -> Response:
    """Show what changed in a register, as an Atom feed

    An entry for each revision, the latest first, 50 to a page; each links to the log entries that it added.
    """
    with reading(register) as taken:
        definition = definition_of(taken)
        found = registers.revisions_before(taken.tx.connection, taken.register.id, query["before"], PAGE + 1)
        redacted = redaction.numbers(taken.tx, taken.register.id)
        pairs = zip(found[:PAGE], [*found[1:], None][: len(found)], strict=False)
        shown = [
            _Shown(taken.register, definition, made, before, made.metadata_entries in redacted)
            for made, before in pairs
        ]
    path = paging.full_path("v2-feeds.show_feed", register=taken.register.name)
    title = f"Changes to {definition.title or taken.register.name}"
    feed = atom.begin(_tag(taken.register), title, path, definition.custodian or current.settings().operator)
    atom.link_pages(feed, path, str(found[PAGE - 1].number) if len(found) > PAGE else None)
    return _answer(feed, shown, taken.register.created)


@routes.resource(
    "/feed",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.WHOLE_FEED,
    query=WholeFeedQuery,
)
def show_whole_feed(query: Mapping[str, str | None]) -> Response:
    """Show what changed in all registers, as an Atom feed

    As the feed of one register is; those that are published, together in the order of time.
    """
    with current.store().reading() as tx:
        found = registers.published_revisions(tx.connection, _place(query["before"]), PAGE + 1)
        public = {register.id: register for register, _, _ in found}
        taken = [snapshot.take(tx, public[register_id]) for register_id in sorted(public)]
        state.rest_on(taken, "registers")  # which there are, no state of theirs tells
        definitions = {each.register.id: definition_of(each) for each in taken}
        redacted = {register_id: redaction.numbers(tx, register_id) for register_id in public}
        shown = [
            _Shown(of, definitions[of.id], made, before, made.metadata_entries in redacted[of.id])
            for of, made, before in found[:PAGE]
        ]
    operator = current.settings().operator
    path = paging.full_path("v2-feeds.show_whole_feed")
    feed = atom.begin(
        f"tag:{atom.authority(operator)},2026:{ALL}", f"Changes to the registers of {operator}", path, operator
    )
    last = found[PAGE - 1][1] if len(found) > PAGE else None
    atom.link_pages(feed, path, f"{last.time}.{last.register_id}.{last.number}" if last else None)
    return _answer(feed, shown, 0, authors=True)


def _place(before: str | None) -> tuple[int, int, int] | None:
    if before is None:
        return None
    found = _PLACE.fullmatch(before)
    if not found or int(found[2]) > 2**31 - 1:
        raise Invalid("the parameter before is not one that this feed gave: follow the links from page to page")
    return int(found[1]), int(found[2]), int(found[3])


# Writing it


def _answer(feed: ElementTree.Element, shown: Iterable[_Shown], created: int, authors: bool = False) -> Response:
    shown = list(shown)
    atom.add(feed, "updated", timestamp_text(max((each.made.time for each in shown), default=created)))
    for each in shown:
        _add_entry(feed, each, authors)
    return atom.answer(feed)


def _add_entry(feed: ElementTree.Element, shown: _Shown, author: bool) -> None:
    made, first = shown.made, (shown.before.entries if shown.before else 0) + 1
    entry = atom.add(feed, "entry")
    atom.add(entry, "id", f"{_tag(shown.register)}/revisions/{made.number}")
    atom.add(entry, "title", _title(shown))
    atom.add(entry, "updated", timestamp_text(made.time))
    if author:
        atom.add_author(entry, shown.definition.custodian or current.settings().operator)
    register = paging.full_path("v2-registers.show_register", register=shown.register.name)
    if first <= made.entries:
        run = f"start={first}&limit={min(made.entries - first + 1, MOST)}"
        atom.add(
            entry, "link", rel="alternate", type="application/json", href=hosts.absolute(f"{register}/entries?{run}")
        )
    else:
        atom.add(entry, "link", rel="alternate", type="application/json", href=hosts.absolute(f"{register}/metadata"))
    added = f"Entries {first} to {made.entries}. " if first <= made.entries else ""
    content = f"{added}Revision {made.number}; size {made.entries}; root hash {hash_text(made.v2_root)}."
    atom.add(entry, "content", content, type="text")


def _title(shown: _Shown) -> str:
    """What a revision did, in a few words."""
    made, before = shown.made, shown.before
    entries = made.entries - (before.entries if before else 0)
    if before is None:
        return f"{shown.title} was defined" + (f", with {_counted(entries)}" if entries else "")
    defined = made.metadata_entries > before.metadata_entries
    if not entries and shown.redacts:
        return f"A value was taken out of {shown.title}"
    if not entries:
        return f"The definition of {shown.title} changed"
    return f"{_counted(entries)} added to {shown.title}" + (", and its definition changed" if defined else "")


def _counted(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries} entries"


def _tag(register: Register) -> str:
    """A tag URI (RFC 4151) for a register: its origin, which never changes, on the day that it was created."""
    operator, _, name = register.origin.rpartition("/")
    return f"tag:{atom.authority(operator)},{datetime.fromtimestamp(register.created, UTC):%Y-%m-%d}:{name}"
