"""Drafts on pages: what was typed into a form, with faults and all, is kept for who is signed in, and opened again.

A form that a draft is open in carries the draft's number and the number of its last event, so that two windows of the
same draft do not overwrite each other: the second is told, and what was typed into it is still there.
"""

from __future__ import annotations

from typing import NamedTuple

from flask import Response

from api import current, paging, signed_in
from api.pages.faults import sentence
from api.pages.languages.saying import gettext, gettext_noop
from api.pages.proposals import proposal_access
from api.pages.rendering import see, with_query
from api.parameters import whole_number
from people import suggestions
from registers.errors import NotFound, Overtaken, RegistersError
from registers.store import registers
from registers.store.engine import Transaction
from review import drafts
from review.drafts import Draft, Written

RECORD, FILE = "record", "file"  # forms that drafts are typed into
KEPT = gettext_noop("Your draft is kept. Nobody else sees it, and nobody is told of it, until you send it.")
GONE = gettext_noop("Your draft was thrown away.")
DONE = {"kept": KEPT, "gone": GONE}
STALE = gettext_noop("The record has changed since you saved this: look at it again, and at what you typed")
SAVED = gettext_noop(
    "You saved this draft in another window since you opened it here: what you typed here is below. Save or send it "
    "again, and it takes the place of what you saved there"
)


class Opened(NamedTuple):
    """A draft that is open in a form: its number, and that of its last event. Both are 0 where there is none."""

    number: int = 0
    last: int = 0

    def __str__(self) -> str:
        """As the form carries it."""
        return f"{self.number}.{self.last}" if self.number else ""


def opened(text: str) -> Opened:
    """What a form carries; none for what is none."""
    number, _, last = text.partition(".")
    return Opened(max(whole_number(number) or 0, 0), whole_number(last) or 0) if text else Opened()


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


def path_of(tx: Transaction, draft: Draft) -> str:
    """The address of the form with a draft in it; none while its register is not there for suggestions."""
    register = registers.find_by_any_name(tx.connection, draft.written.register)
    if register is None or register.status != "published":
        return ""
    if draft.written.form == FILE:
        path = paging.full_path("pages-suggesting-files.show_file", register=register.name)
    elif draft.written.key:
        path = paging.full_path("pages-suggesting.show_change", register=register.name, key=draft.written.key)
    else:
        path = paging.full_path("pages-suggesting.show_new", register=register.name)
    return with_query(path, kept=str(draft.number))


def other(register: str, key: str, form: str, open_here: Opened) -> str:
    """The address of a draft that who is signed in has of the same, and that is not the one open here; or none."""
    if open_here.number or not can():
        return ""
    with current.store().reading() as tx:
        found = drafts.of_record(tx, proposal_access.me(), register, key, form)
        return path_of(tx, found) if found else ""
