"""What a register is: who answers for it, what it covers, its fields, who must agree to a change; how it came to be so.

All of it is read from the register's metadata entries.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response
from marshmallow import Schema

from api import paging, state
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import PAGE, blueprint
from api.pages.reading import restated
from api.pages.rendering import page
from api.parameters import WholeNumber
from api.permissions import Permission
from api.reading import definition_of, reading
from registers import snapshot
from registers.definition import Definition
from registers.entry import Region
from registers.snapshot import Snapshot
from registers.store import entries, registers
from review import policies

SHOWN = 100  # metadata entries in a page, the latest first
routes = blueprint("definitions", "What each register is")


class HistoryQuery(Schema):
    """Which part of the history."""

    before = WholeNumber(None, "The metadata entry before which the page begins")


@routes.resource(
    "/registers/<segment:register>/about",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=PAGE,
    query=HistoryQuery,
)
def show_definition(query: dict[str, int | None], register: str) -> Response:
    """Show what a register is, and how it came to be so"""
    with reading(register) as taken:
        definition = definition_of(taken)
        linked = _linked(taken, definition)
        state.rest_on([taken, *linked.values()], "links" if definition.links else "")
        first, last = _run(taken, query["before"])
        place = taken.register.id, int(Region.METADATA)
        return page(
            "reading/definition.html",
            definition=definition,
            title=catalogue.title_of(definition),
            taken=taken,
            hrefs={name: paging.full_path("pages-registers.show_register", register=name) for name in linked},
            policies={kind: policies.choose(taken.register.tier, kind) for kind in policies.KINDS},
            steps=restated.steps(entries.read(taken.tx.connection, *place, 1, last), first),
            earlier=first if first > 1 else None,
        )


def _run(taken: Snapshot, before: int | None) -> tuple[int, int]:
    """The first and the last metadata entry that are shown."""
    size = taken.head.metadata_entries
    last = size if before is None else min(size, before - 1)
    return max(1, last - SHOWN + 1), last


def _linked(taken: Snapshot, definition: Definition) -> dict[str, Snapshot]:
    """The registers that fields name and that are published here, by the name that the field has."""
    names = {field.register for field in definition.links if field.register}
    return dict(_published(taken, sorted(names)))


def _published(taken: Snapshot, names: Iterable[str]) -> Iterable[tuple[str, Snapshot]]:
    for name in names:
        found = registers.find(taken.tx.connection, name)
        if found and found.status == "published":
            yield name, snapshot.take(taken.tx, found)
