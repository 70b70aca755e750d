"""Drafts as the lists of proposals and the forms know them: what is said of them, and where each is opened."""

from __future__ import annotations

from typing import NamedTuple

from api import paging
from api.pages.languages.saying import gettext_noop
from api.pages.rendering import with_query
from api.parameters import whole_number
from registers.store import registers
from registers.store.engine import Transaction
from review.drafts import Draft

RECORD, FILE = "record", "file"  # forms that drafts are typed into
KEPT = gettext_noop("Your draft is kept. Nobody else sees it, and nobody is told of it, until you send it.")
GONE = gettext_noop("Your draft was thrown away.")
DONE = {"kept": KEPT, "gone": GONE}


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
