"""A record: its values now or at a past state, what it links to, where it is, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from flask import Response
from marshmallow import Schema

from api.caching import Caching
from api.pages import catalogue, values
from api.pages.blueprints import PAGE_OR_DATA, blueprint
from api.pages.reading import moves, where
from api.pages.reading.moves import Move
from api.pages.rendering import data_instead, page
from api.pages.values import Changed, Values
from api.parameters import at_parameter
from api.permissions import Permission
from api.reading import definition_of, reading
from registers.entry import Entry
from registers.snapshot import Snapshot

MOST = 100  # entries of a history that are shown, the latest
routes = blueprint("records", "A record, with its history")


class RecordQuery(Schema):
    """Which state of the register."""

    at = at_parameter()


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the history, what it changed, and where it moved the record, if it did."""

    entry: Entry
    first: bool
    changed: Sequence[Changed]
    move: Move | None = None


@routes.resource(
    "/registers/<segment:register>/records/<segment:key>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=PAGE_OR_DATA,
    query=RecordQuery,
)
def show_record(query: dict[str, str | None], register: str, key: str) -> Response:
    """Show a record, its links and its history"""
    if elsewhere := data_instead("registers", register, "records", key):
        return elsewhere
    with reading(register, query["at"]) as taken:
        definition = definition_of(taken)
        trail = taken.trail(key)
        shown = values.values(taken, definition, [values.item_of(entry) for entry in trail[-MOST - 1 :]])
        placed = where.look(taken, definition, values.item_of(trail[-1]), query["at"])
        placed.rest([taken, *shown.expansion.states], shown.beside)
        return page(
            "reading/record.html",
            definition=definition,
            title=catalogue.title_of(definition),
            record=trail[-1],
            name=values.name_of(trail[-1]),
            values=shown.of(values.item_of(trail[-1])),
            steps=_history(taken, trail, shown),
            earlier=max(0, len(trail) - MOST),
            taken=taken,
            at=query["at"],
            where=placed,
            latest=_is_latest(taken, query["at"]),
        )


def _is_latest(taken: Snapshot, at: str | None) -> bool:
    return at is None or taken.size == taken.head.entries


def _history(taken: Snapshot, trail: list[Entry], shown: Values) -> list[Step]:
    """The latest entries, the last one first, with what each changed."""
    look = moves.plainly(shown.definition, taken.tx) if moves.is_placed(shown.definition) else None
    steps = [Step(trail[0], True, ())] if len(trail) <= MOST else []
    for before, after in pairwise(trail[-MOST - 1 :]):
        changed = _differences(before, after, shown)
        move = moves.find(look, values.item_of(before), values.item_of(after)) if look else None
        steps.append(Step(after, False, changed, move))
    return steps[::-1]


def _differences(before: Entry, after: Entry, shown: Values) -> list[Changed]:
    old, new = values.item_of(before), values.item_of(after)
    was, became = shown.of(old), shown.of(new)
    fields = shown.definition.field_names
    return [Changed(field, was[field], became[field]) for field in fields if old.get(field) != new.get(field)]
