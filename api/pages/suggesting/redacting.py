"""Asking that what a record says be taken away for good: which fields, why, what would become of it, then a proposal.

For what should never have been published, such as what is about a person. A record that is merely wrong is corrected,
and keeps its history. What is asked holds digests and no value; each step sends the form again, and nothing is kept
before the last.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from marshmallow import Schema

from api import current, forgery, paging, signed_in
from api.blueprint import Sent
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import PAGE, blueprint
from api.pages.faults import Fault, beside, sentence
from api.pages.languages.saying import gettext
from api.pages.proposals import proposal_access
from api.pages.rendering import page, refused
from api.pages.suggesting import proposing
from api.parameters import WholeNumber, whole_number
from api.permissions import Permission
from api.problems import STATUSES
from registers import plan, redaction, snapshot
from registers.definition import Definition
from registers.entry import Entry, Item, shortened
from registers.errors import Conflict, Forbidden, Invalid, NotFound, RegistersError, TooOften
from registers.question import title_of
from registers.redacted import without_redacted
from registers.redaction import Wanted
from registers.register import Register
from review.drafts import Written
from review.purposes import REDACT

LIMIT = 64 * 1024  # bytes of a form
SENT = Sent("POST", "The form", "", {"application/x-www-form-urlencoded": ""}, LIMIT)
MOST = 20  # other entries of the record that are offered
HERE = "/registers/<segment:register>/records/<segment:key>/redact"
routes = blueprint("redacting", "Asking that values be taken away")


class EntryQuery(Schema):
    """Which entry's values."""

    entry = WholeNumber(None, "The entry whose values these are; without it, the record's last.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was ticked, and why. `entry` is the entry whose values were shown."""

    entry: int | None = None
    fields: Sequence[str] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A record, with the entry whose values may be taken away, and the latest of all its entries, that one aside."""

    register: Register
    definition: Definition
    entry: Entry
    others: Sequence[Entry]

    @property
    def item(self) -> Item:
        """What the entry says, without what was taken out of it before."""
        return without_redacted(json.loads(self.entry.body))

    @property
    def name(self) -> str:
        """What people call the record."""
        return title_of(self.item, self.entry.key)

    @property
    def takeable(self) -> Item:
        """The fields of which something can be taken away, with their values: all but the key."""
        return {name: value for name, value in self.item.items() if name != self.definition.key_field}


@routes.resource(HERE, permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, query=EntryQuery)
def show_form(query: dict[str, int | None], register: str, key: str) -> Response:
    """Show the form that asks for values of a record to be taken away"""
    asked = Asked(query["entry"])
    return _form(_find(register, key, asked), asked, [])


@routes.resource(HERE, permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=SENT)
def send_form(register: str, key: str) -> Response:
    """Show what would be taken away, or propose it"""
    fields = list(dict.fromkeys(request.form.getlist("fields")))
    asked = Asked(whole_number(request.form.get("entry", "")), fields, request.form.get("reason", "").strip())
    subject = _find(register, key, asked)
    action = request.form.get("action")
    if action == "edit":
        return _form(subject, asked, [])
    try:
        content = _plan(subject, asked)
        if action == "send":
            return proposing.propose(Written(subject.register.name, content, purpose=REDACT))
        return _preview(subject, asked, content)
    except (Invalid, Conflict, Forbidden, TooOften) as error:
        return refused(_form(subject, asked, [_fault(error)], STATUSES[error.kind]), error)


def _find(name: str, key: str, asked: Asked) -> Subject:
    """What the path names. Raises NotFound, for drafts and entries of other records too, Renamed, Retired."""
    with current.store().reading() as tx:
        taken, definition = proposal_access.find_to_suggest(tx, name)
        trail = taken.trail(key)
    for entry in trail:
        if entry.number == (asked.entry or trail[-1].number):
            others = [each for each in reversed(trail) if each.number != entry.number]
            return Subject(taken.register, definition, entry, others[:MOST])
    raise NotFound(f"entry {asked.entry} of {name} is not one of the record {shortened(key)}")


def _plan(subject: Subject, asked: Asked) -> bytes:
    """The plan that is asked for. Raises Invalid, Conflict."""
    wanted = Wanted(subject.entry.key, tuple(asked.fields), subject.entry.number)
    return redaction.plan(current.store(), subject.register.name, wanted, asked.reason)


def _fault(error: RegistersError) -> Fault:
    """What is wrong, beside the part of the form that it is wrong with."""
    said = str(error)
    if said.startswith("reason: is needed"):
        return Fault("reason", gettext("Say why: it is published, so name nobody"))
    if said.startswith("reason:"):
        return Fault("reason", sentence(error))
    if said.startswith("say which"):
        return Fault("fields", gettext("Tick what is to be taken away"))
    return Fault("fields", sentence(error))


def _form(subject: Subject, asked: Asked, faults: Sequence[Fault], status: int = 400) -> Response:
    return page(
        "suggesting/redact.html",
        status=status if faults else 200,
        faults=faults,
        wrong=beside(faults),
        **_shown(subject, asked),
    )


def _preview(subject: Subject, asked: Asked, content: bytes) -> Response:
    (item,) = plan.read(content.splitlines(keepends=True))[0].redactions
    with current.store().reading() as tx:
        held = set(item["items"])
        trail = snapshot.take(tx, subject.register).trail(subject.entry.key)
        numbers = [each.number for each in trail if f"{plan.HASH}{each.digests['v1'].hex()}" in held]
    return page("suggesting/redaction.html", entries=numbers, **_shown(subject, asked))


def _shown(subject: Subject, asked: Asked) -> dict[str, Any]:
    """What both steps show: whose record it is, what was ticked, and where it is sent."""
    name, key = subject.register.name, subject.entry.key
    return {
        "here": paging.full_path("pages-redacting.show_form", register=name, key=key),
        "title": catalogue.title_of(subject.definition),
        "subject": subject,
        "asked": asked,
        "token": forgery.token(signed_in.shown()),
    }
