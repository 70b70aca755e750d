"""Suggesting what a file says: many records at once, new ones and changed ones, as one proposal.

A table whose columns are called like the register's fields is held against the register, and what would be added,
changed and ended is shown first. Each step reads the file anew; if what comes of it is not what was shown, because the
register has moved on meanwhile, it is shown again and nothing is sent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields

from api import current, forgery, paging, signed_in
from api.blueprint import Sent
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import PAGE, blueprint
from api.pages.faults import Fault, beside, capital, sentence
from api.pages.languages.saying import english, gettext, gettext_noop, ngettext, number
from api.pages.proposals import differences, kept, proposal_access
from api.pages.rendering import page, refused
from api.pages.suggesting import file_form, keeping, proposing
from api.pages.suggesting.file_form import KINDS, LIMIT, MOST_ROWS, FileForm
from api.pages.suggesting.suggestion_form import END_DATE
from api.permissions import Permission
from api.problems import STATUSES
from loaders import loading, planning, repeating
from loaders.planning import Planned
from loaders.repeating import File
from loaders.source import Wrong
from loaders.sources import find
from registers.definition import Definition
from registers.errors import Conflict, Forbidden, Gone, Invalid, Moved, NotFound, RegistersError, TooLarge, TooOften
from registers.register import Register
from review import checks, proposals
from review.drafts import Written

SHOWN = 20  # changes that are shown of all
FAULTS = 20  # rows that are told at once
# Bytes of a form: the file, or the file packed and in base64, and what is typed.
FORM = Sent("POST", "The form", "", {"multipart/form-data": ""}, 2 * LIMIT)
HERE = "/registers/<segment:register>/suggest/file"
MOVED = gettext_noop("The register has changed since this was shown: look at what comes of the file now, and send that")
routes = blueprint("suggesting-files", "Suggesting what a file says")


@dataclass(frozen=True, slots=True)
class Subject:
    """The register that a file is for."""

    register: Register
    definition: Definition


class DraftQuery(Schema):
    """Whether a draft is to be opened."""

    kept = fields.String(load_default="", metadata={"description": "The number of a draft of whoever is signed in"})


@routes.resource(HERE, permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, query=DraftQuery)
def show_file(query: dict[str, str], register: str) -> Response:
    """Show the form that suggests what a file says, perhaps with a draft in it"""
    subject = _find(register)
    if not query["kept"]:
        return _form(subject, FileForm(), [])
    found = keeping.find(query["kept"], subject.register.name, "", kept.FILE)
    draft = str(kept.Opened(found.number, found.last))
    return _form(subject, file_form.unpack(found.written.content, draft), [])


@routes.resource(HERE, permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_file(register: str) -> Response:
    """Show what would come of a file, or suggest it"""
    subject = _find(register)
    try:
        form = file_form.read(request.form, request.files.get("file"))
    except (Invalid, TooLarge) as error:
        return _form(subject, FileForm(), [Fault("file", sentence(error))], STATUSES[error.kind])
    action = request.form.get("action")
    if action == "draft":
        return _keep(subject, form)
    faults = [] if action == "edit" else file_form.check(form)
    if faults or action == "edit":
        return _form(subject, form, faults)
    try:
        with _planned(subject, form) as made:
            return _go_on(subject, form, made, action == "send")
    except Wrong as error:
        return _form(subject, form, _told(error))
    except (Invalid, TooLarge, Conflict, Forbidden, Gone, Moved, TooOften, NotFound) as error:
        return _refused(subject, form, error)


def _keep(subject: Subject, form: FileForm) -> Response:
    """Keep the file and what was typed as a draft, whatever is wrong with it."""
    written = Written(subject.register.name, file_form.pack(form), form=kept.FILE)
    try:
        return keeping.keep(kept.opened(form.draft), written)
    except (NotFound, Conflict, Gone, TooLarge, TooOften) as error:
        return _refused(subject, form, error)


def _refused(subject: Subject, form: FileForm, error: RegistersError) -> Response:
    """The form with all that was sent, and why nothing came of it."""
    draft = keeping.after(kept.opened(form.draft), error)
    fault = Fault("file", keeping.told(error))
    return refused(_form(subject, replace(form, draft=str(draft)), [fault], STATUSES[error.kind]), error)


def _find(name: str) -> Subject:
    """What the path names. Raises NotFound, for drafts too, Renamed, Retired."""
    with current.store().reading() as tx:
        taken, definition = proposal_access.find_to_suggest(tx, name)
    return Subject(taken.register, definition)


@contextmanager
def _planned(subject: Subject, form: FileForm) -> Iterator[Planned]:
    """The plan that a file makes. Raises Wrong by row; Invalid for what is no such table, or changes nothing."""
    plain = find("table").plain
    assert plain is not None
    source = plain(subject.definition, form.is_complete)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / form.name
        path.write_bytes(form.content)
        file = File(path, repeating.digest_of(path))
        with loading.plan(current.store(), source, file, _check_length) as made:
            if made.is_empty:
                raise Invalid(_unchanged(made.rows))
            if made.size > proposals.LIMIT:
                most = proposals.LIMIT // 2**20
                raise TooLarge(gettext("What the file asks for is over %(most)s MB: send it in parts", most=most))
            yield made


def _unchanged(rows: int) -> str:
    return ngettext(
        "The file changes nothing: the register is as its %(count)s row says already",
        "The file changes nothing: the register is as its %(count)s rows say already",
        rows,
    )


def _check_length(rows: int, _of: int | None) -> None:
    if rows > MOST_ROWS:
        most = number(MOST_ROWS)
        raise TooLarge(gettext("The file has more than %(most)s rows: send it in parts", most=most))


def _told(error: Wrong) -> list[Fault]:
    """What is wrong with the rows, each with where it is."""
    found = error.problems
    first = sorted(found.shown, key=lambda each: _row(each.place))[:FAULTS]
    faults = [Fault("file", sentence(Invalid(str(each)))) for each in first]
    more = found.count - len(faults)
    rest = gettext("And %(count)s more, which are like these or come after them", count=number(more))
    return faults + ([Fault("file", rest)] if more else [])


def _row(place: str) -> int:
    number = place.rpartition(" ")[2]
    return int(number) if number.isdecimal() else 0


def _go_on(subject: Subject, form: FileForm, made: Planned, is_sent: bool) -> Response:
    """Propose the plan, if it is what was shown; or show what it would do."""
    now = _digest(made)
    if is_sent and form.shown == now:
        written = Written(subject.register.name, b"".join(made.lines()), note=form.note, purpose=form.purpose)
        return proposing.propose(written, kept.opened(form.draft))
    return _preview(subject, form, made, now, gettext(MOVED) if is_sent else "")


def _digest(made: Planned) -> str:
    """What names the changes, whatever state they were held against: the plan but for its first line."""
    hashing = sha256()
    for line in islice(made.lines(), 1, None):
        hashing.update(line)
    return hashing.hexdigest()


def _form(subject: Subject, form: FileForm, faults: Sequence[Fault], status: int = 400) -> Response:
    return page(
        "suggesting/suggest_file.html",
        status=status if faults else 200,
        faults=faults,
        wrong=beside(faults),
        kinds=[_choice(kind) for kind in KINDS],
        is_endable=END_DATE in subject.definition.field_names,
        fields=subject.definition.fields,
        key_field=subject.definition.key_field,
        limit=LIMIT // 2**20,
        most_rows=MOST_ROWS,
        other=keeping.other(subject.register.name, "", kept.FILE, kept.opened(form.draft)),
        **_shown(subject, form),
    )


def _choice(kind: str) -> dict[str, object]:
    text, hint = KINDS[kind]
    return {"value": kind, "text": gettext(text), "hint": {"text": gettext(hint)}}


def _preview(subject: Subject, form: FileForm, made: Planned, now: str, notice: str) -> Response:
    store, name = current.store(), subject.register.name
    told = differences.told(name, list(islice(planning.differences(store, made), SHOWN)))
    return page(
        "suggesting/suggestion_file.html",
        status=STATUSES["moved"] if notice else 200,
        counts=made.counts,
        remarks=[english(capital(each)) for each in (*made.warnings, *made.notes)],
        told=told,
        checks=checks.look(store, b"".join(made.lines()), current.known()).members(),
        now=now,
        notice=notice,
        kind=gettext(KINDS[form.kind][0]),
        **_shown(subject, form),
    )


def _shown(subject: Subject, form: FileForm) -> dict[str, Any]:
    """What both steps show: which register it is, what was typed, and where it is sent."""
    name = subject.register.name
    return {
        "here": paging.full_path("pages-suggesting-files.show_file", register=name),
        "title": catalogue.title_of(subject.definition),
        "register": name,
        "form": form,
        "token": forgery.token(signed_in.shown()),
    }
