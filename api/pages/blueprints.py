"""What all pages share: what stands in their paths, and that a page of another edition is another page."""

from __future__ import annotations

from typing import Any

from api.blueprint import Answer, Blueprint, Sent
from api.negotiation import CSV, HTML, JSON

PREFIX = "pages-"  # of the names of blueprints whose routes are for people, and not in openapi.yaml
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "register": {"description": "The name of a register"},
    "key": {"description": "The key of a record; a / in it is sent as %2F"},
    "size": {"description": "A number of entries"},
    "file": {"description": "A file, such as records.parquet"},
    "digest": {"description": "The hash of the file"},
    "operation": {"description": "The id of an operation of the API"},
    "name": {"description": "The name of a page of the documentation"},
    "number": {"description": "The number of a proposal"},
    "change": {"description": "Which of the changes of a proposal, from 1"},
    "entry": {"description": "The number of an entry"},
}
PAGE = Answer("The page", "", {HTML: ""})
# A page of something that the API has too: who would rather have JSON or CSV is sent there.
# A form that relies on cookies; what it may hold is short.
FORM = Sent("POST", "The form", "", {"application/x-www-form-urlencoded": ""}, 16 * 1024)
PAGE_OR_DATA = Answer("The page", "", {HTML: "", JSON: "", CSV: ""})


def blueprint(name: str, about: str) -> Blueprint:
    """A blueprint for pages."""
    return Blueprint(PREFIX + name, "", about, PATH_PARAMETERS, for_people=True)
