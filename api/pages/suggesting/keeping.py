"""Drafts on pages: what was typed into a form, with faults and all, is kept for who is signed in, and opened again.

A form that a draft is open in carries the draft's number and the number of its last event, so that two windows of the
same draft do not overwrite each other: the second is told, and what was typed into it is still there.
"""

from __future__ import annotations

from flask import Response

from api import current, paging, signed_in
from api.pages.faults import sentence
from api.pages.languages.saying import gettext, gettext_noop
from api.pages.proposals import kept, proposal_access
from api.pages.proposals.kept import Opened
from api.pages.rendering import see, with_query
from api.parameters import whole_number
from people import suggestions
from registers.errors import NotFound, Overtaken, RegistersError
from registers.store import registers
from review import drafts
from review.drafts import Draft, Written

STALE = gettext_noop("The record has changed since you saved this: look at it again, and at what you typed")
SAVED = gettext_noop(
    "You saved this draft in another window since you opened it here: what you typed here is below. Save or send it "
    "again, and it takes the place of what you saved there"
)


def can() -> bool:
    """Whether who asks may keep a draft: whoever is signed in."""
    return signed_in.session() is not None


def find(number: str, register: str, key: str, form: str) -> Draft:
    """The draft of that number, of who is signed in, if it is of that record. Raises NotFound, Conflict, Gone."""
    with current.store().reading() as tx:
        found = drafts.find(tx, whole_number(number) or 0, proposal_access.me())
        named = registers.find_by_any_name(tx.connection, found.written.register)
    if (named and named.name, found.written.key, found.written.form) != (register, key, form):
        raise NotFound(f"there is no draft {found.number} of this")
    return found


def keep(draft: Opened, written: Written) -> Response:
    """Keep what was typed, in the draft that is open or a new one, and see the list of them.

    Raises TooOften, TooLarge, Conflict, Overtaken, Gone, NotFound.
    """
    store, me = current.store(), proposal_access.me()
    suggestions.admit_draft(store, current.secret(), me)
    if draft.number:
        drafts.save(store, draft.number, me, written, {draft.last})
    else:
        drafts.begin(store, me, written)
    return see(with_query(paging.full_path("pages-queue.show_mine"), done="kept"))


def after(draft: Opened, error: RegistersError) -> Opened:
    """What the form carries once something was refused: the draft as it is by now, or none if it is no more."""
    if not draft.number:
        return draft
    try:
        with current.store().reading() as tx:
            found = drafts.find(tx, draft.number, proposal_access.me())
    except RegistersError:
        return Opened()
    return Opened(found.number, found.last) if isinstance(error, Overtaken) else draft


def told(error: RegistersError) -> str:
    """Why it was refused, as a sentence for who typed it."""
    return gettext(SAVED) if isinstance(error, Overtaken) else sentence(error)


def other(register: str, key: str, form: str, open_here: Opened) -> str:
    """The address of a draft that who is signed in has of the same, and that is not the one open here; or none."""
    if open_here.number or not can():
        return ""
    with current.store().reading() as tx:
        found = drafts.of_record(tx, proposal_access.me(), register, key, form)
        return kept.path_of(tx, found) if found else ""
