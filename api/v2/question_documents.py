"""What questions are answered, for `openapi.yaml`: the shapes, and examples from the register `country`."""

from __future__ import annotations

from typing import Any

from api.blueprint import Answer
from api.negotiation import JSON
from api.v2 import documents, examples

_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}


def _object(about: str, **members: Any) -> dict[str, Any]:
    properties = {name.replace("_", "-"): schema for name, schema in members.items()}
    return {"type": "object", "description": about, "required": [*properties], "properties": properties}


COMPONENTS: dict[str, Any] = {
    "V2Facets": _object(
        "How many records there are, and the values of some of their fields",
        records=_object("How many records; at least so many, unless exact", count=_COUNT, exact={"type": "boolean"}),
        facets={"type": "object", "additionalProperties": {"$ref": "#/components/schemas/V2Facet"}},
    ),
    "V2Facet": _object(
        "The values of a field, the most common first; `more` says that there are others",
        values={"type": "array", "items": _object("A value", value=_TEXT, count=_COUNT)},
        exact={"type": "boolean"},
        more={"type": "boolean"},
    ),
    "V2Suggestions": _object(
        "Records to choose from",
        suggestions={
            "type": "array",
            "items": _object("A record", key=_TEXT, name=_TEXT, entry_number={"type": "integer", "minimum": 1}),
        },
    ),
    "V2Found": _object(
        "Records of any register",
        results={
            "type": "array",
            "items": _object(
                "A record",
                register=_TEXT,
                url=_TEXT,
                entry_number={"type": "integer", "minimum": 1},
                record={"$ref": "#/components/schemas/V2Record"},
            ),
        },
    ),
}

_GB = {"key": "GB", "name": "United Kingdom", "entry-number": 6}
_ENDED = {"values": [{"value": "1991-12-25", "count": 1}], "exact": True, "more": True}
_RESULT = {
    "register": "country",
    "url": "/v2/registers/country/records/GB",
    "entry-number": 6,
    "record": examples.RECORD,
}

FACETS = Answer(
    "The counts",
    "V2Facets",
    {JSON: {"records": {"count": 199, "exact": True}, "facets": {"end-date": _ENDED}}},
    documents.OF_STATE | documents.LINKED,
)
SUGGESTIONS = Answer(
    "The suggestions", "V2Suggestions", {JSON: {"suggestions": [_GB]}}, documents.OF_STATE | documents.LINKED
)
FOUND = Answer(
    "What was found",
    "V2Found",
    {JSON: {"results": [_RESULT]}},
    {"Link": {"description": "The next page", "schema": {"type": "string"}, "example": '<?q=a&after=W1>; rel="next"'}},
)
