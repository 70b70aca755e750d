"""What changed between two states of a register: record by record, and field by field."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from api import cursors, paging
from api.caching import Caching
from api.negotiation import CSV, asked, respond
from api.parameters import MOST, WholeNumber
from api.permissions import Permission
from api.reading import definition_of
from api.v2 import documents, pages, standing
from api.v2.blueprints import blueprint
from registers.changes import Change, changes
from registers.definition import Definition
from registers.errors import Invalid, NotFound
from registers.snapshot import Snapshot, size_at
from registers.v2 import csv, shapes

routes = blueprint("changes", "What changed between two states of a register")


class BetweenQuery(Schema):
    """Between which states."""

    old = fields.String(
        data_key="from",
        load_default=None,
        metadata={"description": "The earlier state: a size of the log, a day or a timestamp", "example": "208"},
    )
    new = fields.String(
        data_key="to",
        load_default=None,
        metadata={"description": "The later state; now if not given", "example": "2019-06-14"},
    )


class ChangesQuery(BetweenQuery):
    """Between which states, and which page."""

    limit = WholeNumber(100, "How many records in a page", MOST)
    after = pages.after_parameter()


@routes.resource(
    "/<segment:register>/changes",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.CHANGES,
    query=ChangesQuery,
)
def list_changes(query: dict[str, Any], register: str) -> Response:
    """List what changed between two states

    Each record that was added or is another one, in the order of their entries, with the fields that differ and
    their values on either side. A record that was changed and changed back is left out. The values of fields that
    hold shapes are left out.
    """
    sizes = _sizes(query["after"])
    if sizes is None and query["old"] is None:
        raise Invalid("the parameter from is needed: the state to compare from, such as a size or a day")
    with standing.reading(register, str(sizes[1]) if sizes else query["new"], linked=False) as new:
        old = _earlier(new, query, sizes)
        found = list(islice(changes(old, new, sizes[2] if sizes else 0), query["limit"] + 1))
        shown = [without_shapes(change, definition_of(new)) for change in found[: query["limit"]]]
        states = {"from": shapes.state(old), "to": shapes.state(new)}
    links = [(f"?from={old.size}&to={new.size}", "memento")]
    if len(found) > len(shown):
        links.insert(0, pages.next_link(cursors.write(old.size, new.size, shown[-1].after)))
    answer = csv.changes(shown) if asked() is CSV else [shapes.compact(shapes.changes(states, shown))]
    return paging.link(respond(answer), links)


def _sizes(after: str | None) -> tuple[int, int, int] | None:
    """The two sizes and the entry that a cursor holds. Raises Invalid for what is no cursor."""
    if after is None:
        return None
    old, new, number = (part for part in cursors.read(after, int, int, int) if isinstance(part, int))
    if not 0 <= old <= number <= new:
        raise Invalid(cursors.REFUSAL)
    return old, new, number


def _earlier(new: Snapshot, query: dict[str, Any], sizes: tuple[int, int, int] | None) -> Snapshot:
    """The state to compare from. Raises Invalid when it is none, or not the one that a cursor goes on with."""
    if sizes:
        old = replace(new, size=sizes[0])
        pages.check_state(old, query["old"], "from")
        pages.check_state(new, query["new"], "to")
        return old
    return earlier(new, query["old"])


def earlier(new: Snapshot, old: str) -> Snapshot:
    """The state to compare from, as `from` asks for it. Raises Invalid, NotFound, naming the parameter."""
    try:
        return replace(new, size=size_at(new.tx, new.head, old))
    except Invalid as error:
        raise Invalid(f"the parameter from: {error}") from None
    except NotFound as error:
        raise NotFound(f"the parameter from: {error}") from None


def without_shapes(change: Change, definition: Definition) -> Change:
    """A change without the values of fields that hold shapes."""
    shown = shapes.shown_fields(definition)
    return replace(change, fields={name: sides if name in shown else {} for name, sides in change.fields.items()})
