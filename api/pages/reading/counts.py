"""The values of one field among the records that a table shows, each with how many have it and where these are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api import asking, state
from api.pages.reading.tables import Table
from registers import search
from registers.definition import Definition
from registers.question import Question

MOST = 20  # values that are listed


@dataclass(frozen=True, slots=True)
class Counted:
    """The most common values of a field; unless `exact`, there are at least so many. `more`: there are other values."""

    field: str
    values: list[tuple[str, int]]
    exact: bool
    more: bool


def counted(table: Table, definition: Definition, query: Mapping[str, str | None]) -> Counted | None:
    """The values of the field that the parameter `count` names; None without it. Raises Invalid for one not indexed."""
    if not query["count"]:
        return None
    (name,) = asking.counted_fields(query["count"], definition, 1)
    taken = table.taken
    if table.question == Question():  # which was answered without the index
        taken = search.indexed(taken.tx, taken.register, None if query["at"] is None else str(taken.size))
        state.rest_on([taken])
    found = search.facets(taken, table.question, [name], values=MOST)[name]
    return Counted(name, found.values, found.exact, found.more)
