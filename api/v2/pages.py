"""From page to page in v2: by a cursor that holds the state, so that all pages are of one state."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request
from marshmallow import fields

from api import cursors
from api.v2.standing import AT
from registers.errors import Invalid
from registers.snapshot import Snapshot, size_at

AFTER = "after"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the size of the log that it was of, and the number of its last entry."""

    size: int
    number: int

    @property
    def cursor(self) -> str:
        """The place as `after` carries it."""
        return cursors.write(self.size, self.number)


def after_parameter() -> fields.String:
    """The parameter `after`, as resources that go on by a cursor have it."""
    about = "Where the page before ended: follow the links from page to page"
    return fields.String(load_default=None, metadata={"description": about})


def place(after: str | None) -> Place | None:
    """The place that the parameter `after` holds. Raises Invalid for what is no cursor."""
    if after is None:
        return None
    size, number = (part for part in cursors.read(after, int, int) if isinstance(part, int))
    if not 0 <= number <= size + 1:
        raise Invalid(cursors.REFUSAL)
    return Place(size, number)


def state_of(place: Place | None, at: str | None) -> str | None:
    """The `at` that a page is of: the place's state, wherever there is one."""
    return at if place is None else str(place.size)


def check_state(taken: Snapshot, at: str | None, parameter: str = "at") -> None:
    """Raise Invalid when `at` asks for another state than the one that the page before was of."""
    if at is not None and size_at(taken.tx, taken.head, at) != taken.size:
        raise Invalid(f"the parameters {parameter} and after ask for two states: follow the links from page to page")


def kept(link: tuple[str, str], taken: Snapshot, *moved: str) -> tuple[str, str]:
    """A link by the parameters `moved`, as published, which keeps all else that was asked, at the same state."""
    target, relation = link
    others = [(name, value) for name, value in request.args.items() if name not in moved]
    pinned = [(name, str(taken.size) if name == AT else value) for name, value in others]
    return target + (f"&{urlencode(pinned)}" if pinned else ""), relation


def next_link(cursor: str) -> tuple[str, str]:
    """The link to the page after: the same question, after the cursor."""
    others = [(name, value) for name, value in request.args.items() if name != AFTER]
    return f"?{urlencode([*others, (AFTER, cursor)])}", "next"
