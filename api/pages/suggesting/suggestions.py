"""Suggesting a change to a record, or a new one: a form, what would come of it, and then a proposal.

Nothing is written before the last step, but for who is not signed in: what they typed is kept while they confirm their
e-mail, and is there again when they have followed the link. Each step sends all of the form again, and is held against
the record as it is then: one that has changed since the form was shown is shown anew, with what was typed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields

from api import current, forgery, paging, signed_in
from api.blueprint import Sent
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import PAGE, blueprint
from api.pages.faults import Fault, beside, sentence
from api.pages.languages.saying import gettext, gettext_noop, plural
from api.pages.people import sign_in_links
from api.pages.proposals import differences, kept, move_maps, proposal_access
from api.pages.rendering import page, refused
from api.pages.suggesting import keeping, linked, proposing, suggestion_form
from api.pages.suggesting.linked import Linked
from api.pages.suggesting.suggestion_form import END_DATE, ENDING, KINDS, PREFIX, Suggestion
from api.permissions import Permission
from api.problems import STATUSES
from people import drafts as typed_before
from people.links import MAILED
from registers import plan, snapshot
from registers.definition import Definition
from registers.entry import Entry, Item, shortened
from registers.errors import Conflict, Forbidden, Gone, Invalid, NotFound, RegistersError, TooLarge, TooOften
from registers.question import title_of
from registers.redacted import without_redacted
from registers.register import Register
from review import checks, proposals, suggesting
from review.drafts import Written
from review.purposes import ADD

LIMIT = 400 * 1024  # bytes of a form
FORM = Sent("POST", "The form", "", {"application/x-www-form-urlencoded": ""}, LIMIT)
RECORD = "/registers/<segment:register>/records/<segment:key>/suggest"
ANEW = "/registers/<segment:register>/suggest"
CHANGED = gettext_noop("The record has changed since this form was shown: look at it again, and at what you typed")
OVER = gettext_noop("What you typed before is not kept any more, or was typed by somebody else: begin again")
routes = blueprint("suggesting", "Suggesting a change")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be changed: a record of a register, or, without an entry, one that is not there yet."""

    register: Register
    definition: Definition
    entry: Entry | None

    @property
    def key(self) -> str:
        """The record's key; empty for one that is not there yet."""
        return self.entry.key if self.entry else ""

    @property
    def item(self) -> Item:
        """The record as it is, without what was taken out of it."""
        return without_redacted(json.loads(self.entry.body)) if self.entry else {}

    @property
    def base(self) -> str:
        """What names the record as it is."""
        return self.entry.digests["v1"].hex() if self.entry else ""

    @property
    def name(self) -> str:
        """What people call the record; nothing for one that is not there yet."""
        return title_of(self.item, self.entry.key) if self.entry else ""


class DraftQuery(Schema):
    """Whether something was typed before."""

    draft = fields.String(load_default="", metadata={"description": "What finds what was typed, from a link"})
    kept = fields.String(load_default="", metadata={"description": "The number of a draft of whoever is signed in"})


@routes.resource(RECORD, permission=Permission.SUGGEST, caching=Caching.NO_STORE, answer=PAGE, query=DraftQuery)
def show_change(query: dict[str, str], register: str, key: str) -> Response:
    """Show the form that suggests a change to a record"""
    return _begun(_find(register, key), "", query)


@routes.resource(RECORD, permission=Permission.SUGGEST, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_change(register: str, key: str) -> Response:
    """Show what a change would do, or suggest it"""
    return _sent(_find(register, key))


@routes.resource(ANEW, permission=Permission.SUGGEST, caching=Caching.NO_STORE, answer=PAGE, query=DraftQuery)
def show_new(query: dict[str, str], register: str) -> Response:
    """Show the form that suggests a new record"""
    return _begun(_find(register), ADD, query)


@routes.resource(ANEW, permission=Permission.SUGGEST, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_new(register: str) -> Response:
    """Show what a new record would be, or suggest it"""
    return _sent(_find(register))


def _find(name: str, key: str | None = None) -> Subject:
    """What the path names. Raises NotFound, for drafts too, Renamed, Retired."""
    with current.store().reading() as tx:
        taken, definition = proposal_access.find_to_suggest(tx, name)
        return Subject(taken.register, definition, taken.record(key) if key else None)


def _opened(subject: Subject, number: str) -> Response:
    """The form with a draft in it, and a word if the record has changed since. Raises NotFound, Conflict, Gone."""
    if not keeping.can():
        return signed_in.way_in()
    found = keeping.find(number, subject.register.name, subject.key, kept.RECORD)
    suggestion = suggestion_form.unpack(found.written.content.decode())
    suggestion = replace(suggestion, draft=str(kept.Opened(found.number, found.last)))
    faults = [] if suggestion.base == subject.base else [Fault("changes", gettext(keeping.STALE))]
    return _form(subject, suggestion, faults, 200)


def _begun(subject: Subject, kind: str, query: Mapping[str, str]) -> Response:
    """The form as it is first shown; or what becomes of what was typed before, which only whose it is gets."""
    if query["kept"]:
        return _opened(subject, query["kept"])
    suggestion = suggestion_form.begin(kind, subject.item, subject.base)
    if not query["draft"]:
        return _form(subject, suggestion, [])
    found = signed_in.session()
    here = str(_shown(subject, suggestion)["here"])
    content = typed_before.read(current.store(), query["draft"], found.account.id, here) if found else None
    if content is None:
        return _form(subject, suggestion, [Fault("changes", gettext(OVER))], STATUSES["gone"])
    return _held(subject, suggestion_form.unpack(content), "preview")


def _sent(subject: Subject) -> Response:
    suggestion = suggestion_form.read(request.form, subject.definition, subject.entry is None)
    return _held(subject, suggestion, request.form.get("action", ""))


def _held(subject: Subject, suggestion: Suggestion, action: str) -> Response:
    """What a suggestion leads to, once it was held against the record as it is."""
    if action == "edit":
        return _form(subject, suggestion, [])
    if action == "draft" and keeping.can():
        return _keep(subject, suggestion)
    item, faults = suggestion_form.check(subject.definition, suggestion, subject.item)
    if suggestion.base != subject.base:
        return _form(subject, suggestion, [Fault("changes", gettext(CHANGED))], STATUSES["moved"])
    faults = faults or _check_free(subject, item) or _check_note(suggestion)
    if faults:
        return _form(subject, suggestion, faults)
    if signed_in.session() is None:
        return _ask(subject, suggestion) if action == "link" else _unknown(subject, suggestion, [])
    return _submit(subject, suggestion, item) if action == "send" else _preview(subject, suggestion, item)


def _keep(subject: Subject, suggestion: Suggestion) -> Response:
    """Keep what was typed as a draft, whatever is wrong with it."""
    content = suggestion_form.pack(replace(suggestion, draft="")).encode()
    written = Written(subject.register.name, content, subject.key, kept.RECORD)
    try:
        return keeping.keep(kept.opened(suggestion.draft), written)
    except (NotFound, Conflict, Gone, TooLarge, TooOften) as error:
        return _refused(subject, suggestion, error)


def _refused(subject: Subject, suggestion: Suggestion, error: RegistersError) -> Response:
    """The form with all that was typed, and why nothing came of it."""
    draft = keeping.after(kept.opened(suggestion.draft), error)
    form = replace(suggestion, draft=str(draft))
    fault = Fault("changes", keeping.told(error))
    return refused(_form(subject, form, [fault], STATUSES[error.kind]), error)


def _ask(subject: Subject, suggestion: Suggestion) -> Response:
    """Keep what was typed by who is not signed in, and send them the link that leads to it."""
    here = str(_shown(subject, suggestion)["here"])
    try:
        return sign_in_links.ask(request.form.get("email", ""), here, suggestion_form.pack(suggestion))
    except (Invalid, TooOften, TooLarge) as error:
        fault = sign_in_links.fault_of(error)
        return refused(_unknown(subject, suggestion, [fault], STATUSES[error.kind]), error)


def _unknown(subject: Subject, suggestion: Suggestion, faults: Sequence[Fault], status: int = 200) -> Response:
    """The page that asks who is not signed in for their e-mail."""
    shown = _shown(subject, suggestion) | {"prefix": PREFIX, "good_for": plural(MAILED // 3600, "hour")}
    return page("suggesting/suggest_email.html", status, faults=faults, email=request.form.get("email", ""), **shown)


def _check_free(subject: Subject, item: Item) -> list[Fault]:
    """A fault for a new record whose key is taken."""
    if subject.entry:
        return []
    key_field = subject.definition.key_field
    try:
        with current.store().reading() as tx:
            snapshot.take(tx, subject.register).record(str(item[key_field]))
    except NotFound:
        return []
    taken = gettext(
        "There is a record %(key)s already: suggest a change to it from its page", key=shortened(item[key_field])
    )
    return [Fault(PREFIX + key_field, taken)]


def _check_note(suggestion: Suggestion) -> list[Fault]:
    try:
        proposals.check_text("reason", suggestion.note)
    except Invalid as error:
        return [Fault("reason", sentence(error))]
    return []


def _submit(subject: Subject, suggestion: Suggestion, item: Item) -> Response:
    """Propose it, or say why not: everything that was typed is there again."""
    key = str(item[subject.definition.key_field])
    with current.store().reading() as tx:
        content = suggesting.plan_of(tx, subject.register, subject.entry, key, item)
    try:
        written = Written(subject.register.name, content, note=suggestion.note, purpose=suggestion.kind)
        return proposing.propose(written, kept.opened(suggestion.draft))
    except (Invalid, Conflict, Forbidden, TooOften, Gone, NotFound) as error:
        return _refused(subject, suggestion, error)


def _form(subject: Subject, suggestion: Suggestion, faults: Sequence[Fault], status: int = 400) -> Response:
    is_endable = END_DATE in subject.definition.field_names
    kinds = [
        {"value": kind, "text": gettext(text), "hint": {"text": gettext(hint)}}
        for kind, (text, hint) in KINDS.items()
        if kind not in ENDING or is_endable
    ]
    return page(
        "suggesting/suggest.html",
        status=status if faults else 200,
        faults=faults,
        wrong=beside(faults),
        parts=suggestion_form.parts(subject.definition, suggestion, subject.item, _linked(subject, suggestion)),
        kinds=kinds,
        other=keeping.other(subject.register.name, subject.key, kept.RECORD, kept.opened(suggestion.draft)),
        **_shown(subject, suggestion),
    )


def _linked(subject: Subject, suggestion: Suggestion) -> Linked:
    """The records whose keys were typed, and where others are found."""
    typed = {
        each.name: suggestion_form.members_of(each, suggestion.typed.get(each.name, ""))
        for each in subject.definition.links
    }
    with current.store().reading() as tx:
        return linked.look(tx, subject.definition, typed)


def _preview(subject: Subject, suggestion: Suggestion, item: Item) -> Response:
    key = str(item[subject.definition.key_field])
    difference = plan.difference(key, subject.item or None, item, title_of(item, key))
    (told,) = differences.told(subject.register.name, [difference])
    with current.store().reading() as tx:
        content = suggesting.plan_of(tx, subject.register, subject.entry, key, item)
        move = differences.move_of(tx, subject.register.name, difference)
        drawn = move_maps.document(move) if move and move.is_drawn else ""
    found = checks.look(current.store(), content, current.known()).members()
    shown = _shown(subject, suggestion) | {"told": told, "checks": found, "map": drawn}
    return page("suggesting/suggestion.html", prefix=PREFIX, kinds=KINDS, **shown)


def _shown(subject: Subject, suggestion: Suggestion) -> dict[str, Any]:
    """What both steps show: whose record it is, what was typed, and where it is sent."""
    name = subject.register.name
    if subject.entry:
        here = paging.full_path("pages-suggesting.show_change", register=name, key=subject.entry.key)
    else:
        here = paging.full_path("pages-suggesting.show_new", register=name)
    return {
        "here": here,
        "title": catalogue.title_of(subject.definition),
        "register": name,
        "key": subject.key,
        "name": subject.name,
        "suggestion": suggestion,
        "base": subject.base,
        "may_keep": keeping.can(),
        "token": forgery.token(signed_in.shown()),
    }
