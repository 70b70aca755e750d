"""Suggesting what a register should say of itself: a form, what would come of it, and then a proposal.

As with records: nothing is written before the last step, each of which sends all of the form again; and one who
suggests what somebody has suggested before confirms that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from api import current, forgery, paging, signed_in
from api.blueprint import Sent
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import PAGE, blueprint
from api.pages.faults import Fault, beside, sentence
from api.pages.languages.saying import gettext, gettext_noop
from api.pages.proposals import proposal_access
from api.pages.reading import restated
from api.pages.rendering import page, refused
from api.pages.suggesting import proposing, redefinition_form
from api.pages.suggesting.redefinition_form import Redefinition, Wanted
from api.pages.suggesting.suggestion_form import KINDS
from api.permissions import Permission
from api.problems import STATUSES
from registers import snapshot
from registers.datatypes import DATATYPES
from registers.definition import Definition
from registers.errors import Conflict, Forbidden, Invalid, RegistersError, TooOften
from registers.item import normalise
from registers.register import Register
from review import proposals, redefining
from review.drafts import Written
from review.purposes import CHANGE, CORRECT

PATH = "/registers/<segment:register>/about/suggest"
FORM = Sent("POST", "The form", "", {"application/x-www-form-urlencoded": ""}, 400 * 1024)
CHANGED = gettext_noop("What the register says of itself has changed since this form was shown: look at it again")
routes = blueprint("redefining", "Suggesting what a register should say of itself")


@dataclass(frozen=True, slots=True)
class Subject:
    """The register, what it says of itself, and how many metadata entries say so."""

    register: Register
    definition: Definition
    base: str


@routes.resource(PATH, permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE)
def show_form(register: str) -> Response:
    """Show the form that suggests what a register should say of itself"""
    subject = _find(register)
    return _form(subject, redefinition_form.begin(subject.definition, subject.base), [])


@routes.resource(PATH, permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_form(register: str) -> Response:
    """Show what a register would say of itself, or suggest it"""
    subject = _find(register)
    form = redefinition_form.read(request.form, subject.definition)
    action = request.form.get("action")
    if action == "edit":
        return _form(subject, form, [])
    wanted, faults = redefinition_form.check(subject.definition, form)
    if form.base != subject.base:
        return _form(subject, form, [Fault("changes", gettext(CHANGED))], STATUSES["moved"])
    if faults:
        return _form(subject, form, faults)
    return _submit(subject, form, wanted) if action == "send" else _preview(subject, form, wanted)


def _find(name: str) -> Subject:
    """What the path names. Raises NotFound, for drafts too, Renamed, Retired."""
    with current.store().reading() as tx:
        taken, definition = proposal_access.find_to_suggest(tx, name)
        return Subject(taken.register, definition, str(taken.head.metadata_entries))


def _submit(subject: Subject, form: Redefinition, wanted: Wanted) -> Response:
    """Propose it, or say why not: everything that was typed is there again."""
    with current.store().reading() as tx:
        content, _ = redefining.plan_of(tx, subject.register, wanted.members, wanted.fields)
    try:
        kind = form.kind if form.kind in (CHANGE, CORRECT) else ""
        return proposing.propose(Written(subject.register.name, content, note=form.reason, purpose=kind))
    except (Invalid, Conflict, Forbidden, TooOften) as error:
        return _refused(subject, form, error)


def _refused(subject: Subject, form: Redefinition, error: RegistersError) -> Response:
    return refused(_form(subject, form, [Fault("changes", sentence(error))], STATUSES[error.kind]), error)


def _form(subject: Subject, form: Redefinition, faults: Sequence[Fault], status: int = 400) -> Response:
    return page(
        "suggesting/redefine.html",
        status=status if faults else 200,
        faults=faults,
        wrong=beside(faults),
        kinds=_kinds(),
        parts=redefinition_form,
        datatypes=list(DATATYPES),
        **_shown(subject, form),
    )


def _kinds() -> list[dict[str, Any]]:
    """The kinds of change there are to choose from."""
    return [
        {"value": kind, "text": gettext(KINDS[kind][0]), "hint": {"text": gettext(KINDS[kind][1])}}
        for kind in (CHANGE, CORRECT)
    ]


def _preview(subject: Subject, form: Redefinition, wanted: Wanted) -> Response:
    """What would be said anew. Raises nothing that the form can do something about: that is told on it."""
    try:
        proposals.check_text("reason", form.reason)
        with current.store().reading() as tx:
            content, changes = redefining.plan_of(tx, subject.register, wanted.members, wanted.fields)
            items = snapshot.metadata_items(tx, subject.register.id)
        proposals.look(current.store(), content)
    except (Invalid, Conflict) as error:
        return _refused(subject, form, error)
    said = [row for each in changes for row in restated.said(each.key, items.get(each.key, {}), normalise(each.item))]
    return page(
        "suggesting/redefinition.html",
        said=said,
        kind=gettext(KINDS[form.kind][0]) if form.kind in KINDS else "",
        **_shown(subject, form),
    )


def _shown(subject: Subject, form: Redefinition) -> dict[str, Any]:
    name = subject.register.name
    return {
        "here": paging.full_path("pages-redefining.show_form", register=name),
        "register": name,
        "title": catalogue.title_of(subject.definition),
        "definition": subject.definition,
        "form": form,
        "base": subject.base,
        "token": forgery.token(signed_in.shown()),
    }
