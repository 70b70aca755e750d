"""The page of a register's quality: what is blank, what breaks its rules, what leads nowhere, when it was confirmed."""

from __future__ import annotations

from typing import Any

from flask import Response

from api import state
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import PAGE_OR_DATA, blueprint
from api.pages.rendering import data_instead, page
from api.permissions import Permission
from api.reading import definition_of, reading
from loaders import quality
from registers.entry import parse_timestamp

routes = blueprint("quality", "The quality of each register")


@routes.resource(
    "/registers/<segment:register>/quality",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=PAGE_OR_DATA,
)
def show_quality(register: str) -> Response:
    """Show the quality of a register"""
    if elsewhere := data_instead("registers", register, "quality"):
        return elsewhere
    with reading(register) as taken:
        found = quality.read(taken.tx, taken.register)
        state.rest_on([taken], str(found["checked"]) if found else "never looked at")
        definition = definition_of(taken)
        title = catalogue.title_of(definition)
        shown: dict[str, Any] = {"definition": definition, "title": title, "taken": taken, "found": found}
        return page("reading/quality.html", **shown, **_moments(found))


def _moments(found: dict[str, Any] | None) -> dict[str, int]:
    """When it was looked at, and when it was confirmed, in UTC seconds; 0 for never."""
    checked = found["checked"] if found else ""
    confirmed = (found.get("last-confirmed") or {}).get("time", "") if found else ""
    texts = {"checked": checked, "confirmed": confirmed}
    return {name: parse_timestamp(text) if text else 0 for name, text in texts.items()}
