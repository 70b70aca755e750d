"""The list of registers; and a register: what it is, and its records as a table to filter, sort and page through.

The address of a table is that of the same question to the API, so what is seen can be had as data. What a form sends
is tidied into such an address first: blanks go, and a field, a comparison and a value become one filter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from markupsafe import Markup
from marshmallow import fields
from marshmallow.validate import OneOf

from api import asking, current, describing, paging
from api.caching import Caching
from api.pages import catalogue, values
from api.pages.blueprints import PAGE_OR_DATA, blueprint
from api.pages.languages.saying import gettext, gettext_noop
from api.pages.reading import counts, downloads, tables
from api.pages.reading.tables import Table
from api.pages.rendering import data_instead, page, see
from api.permissions import Permission
from api.reading import definition_of, reading
from registers.definition import Definition
from registers.question import Question

FORM = ("field", "op", "value")
COMPARISONS = {
    "eq": gettext_noop("is exactly"),
    "prefix": gettext_noop("starts with"),
    "gte": gettext_noop("is at least"),
    "lte": gettext_noop("is at most"),
    "exists": gettext_noop("has a value"),
}
SORTS = {
    "-entry": gettext_noop("Latest change first"),
    "entry": gettext_noop("Oldest change first"),
    "key": gettext_noop("Key, A to Z"),
    "-key": gettext_noop("Key, Z to A"),
}
UNFILTERED = ("text", "geometry")  # datatypes that are not indexed
routes = blueprint("registers", "The registers, and the table of each")


class TableQuery(asking.QuestionQuery):
    """What is asked of a table: by its address, or by the form that adds a filter to it."""

    sort = fields.String(load_default=None, metadata={"description": "The order"})
    after = fields.String(load_default=None, metadata={"description": "Where the page before ended"})
    count = fields.String(load_default=None, metadata={"description": "The field whose values are counted"})
    field = fields.String(load_default=None, metadata={"description": "The field of a filter to add"})
    op = fields.String(
        load_default="eq",
        validate=OneOf(COMPARISONS, error=f"is one of {', '.join(COMPARISONS)}"),
        metadata={"description": "How the field is compared"},
    )
    value = fields.String(load_default=None, metadata={"description": "What the field is compared with"})


@routes.resource("/registers", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE_OR_DATA)
def list_registers() -> Response:
    """List the registers"""
    if elsewhere := data_instead("registers"):
        return elsewhere
    with current.store().reading() as tx:
        return page("reading/registers.html", registers=catalogue.published(tx))


@routes.resource(
    "/registers/<segment:register>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=PAGE_OR_DATA,
    query=TableQuery,
)
def show_register(query: dict[str, Any], register: str) -> Response:
    """Show a register and its records"""
    if elsewhere := data_instead("registers", register, "records"):
        return elsewhere
    if tidy := _tidied(request.args):
        return see(paging.full_path("pages-registers.show_register", register=register) + tidy)
    with reading(register, query["at"]) as now:
        definition = definition_of(now)
        table = tables.table(now, definition, query)
        shown = values.values(table.taken, definition, [values.item_of(entry) for entry in table.entries])
        shown.rest(table.taken)
        return page(
            "reading/register.html",
            definition=definition,
            title=catalogue.title_of(definition),
            taken=table.taken,
            at=query["at"],
            columns=values.columns(definition),
            offered=downloads.offered(table.taken, definition),
            rows=[(entry, shown.of(values.item_of(entry))) for entry in table.entries],
            table=table,
            form=_form(definition, table.question),
            counted=counts.counted(table, definition, query),
            described=Markup(describing.for_search_engines(now)) if not request.args else None,  # noqa: S704
            **_addresses(table),
        )


def _tidied(given: Mapping[str, str]) -> str | None:
    """The query that a form meant, from its question mark; None for one that is tidy already."""
    if not any(name in FORM or not value for name, value in given.items()):
        return None
    tidy = {name: value for name, value in given.items() if value and name not in (*FORM, "after")}
    field, op, value = (given.get(name, "") for name in FORM)
    if field and op == "exists":
        tidy[f"{asking.WHERE}{field}.exists"] = "true"
    elif field and value.strip():
        tidy[f"{asking.WHERE}{field}" + (f".{op}" if op not in ("", "eq") else "")] = value.strip()
    return f"?{urlencode(tidy)}" if tidy else "?"


def _form(definition: Definition, question: Question) -> dict[str, object]:
    """What the forms of the page offer, and the filters that hold."""
    filters = [
        {
            "field": condition.field,
            "comparison": _compared(condition.op),
            "value": "" if condition.op == "exists" else ", ".join(condition.values),
            "without": _query(without=(condition.parameter, f"{condition.parameter}.eq")),
        }
        for condition in question.conditions
    ]
    offered = [field for field in definition.fields if field.datatype not in UNFILTERED]
    choices = {"comparisons": _said(COMPARISONS), "sorts": _said(SORTS)}
    return {"filters": filters, "fields": offered, "asked": question, **choices}


def _compared(op: str) -> str:
    return gettext(COMPARISONS[op]) if op in COMPARISONS else gettext("is %(op)s", op=op)


def _said(choices: Mapping[str, str]) -> dict[str, str]:
    """Choices in the language of the page."""
    return {name: gettext(label) for name, label in choices.items()}


def _addresses(table: Table) -> dict[str, Any]:
    """The questions that links of the page ask: the same one, its first and its next page, and as data."""
    return {
        "query": _kept(),
        "asked_for": [name for name, _ in _kept() if name not in ("at", "sort", "count")],
        "first": _query() if request.args.get("after") else None,
        "next": _query(after=table.after) if table.after else None,
        "narrowed": _narrowed,
        "as_data": _query(without=["count"]),
    }


def _query(without: Sequence[str] = (), **added: str) -> str:
    """The present question as the end of an address, less or more a part."""
    kept = [(name, value) for name, value in _kept() if name not in without]
    return f"?{urlencode([*kept, *added.items()])}"


def _narrowed(field: str, value: str) -> str:
    """The present question, of the records alone whose field has a value."""
    parameter = f"{asking.WHERE}{field}"
    return _query(without=("count", parameter, f"{parameter}.eq"), **{parameter: value})


def _kept() -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.args.items() if name != "after"]
