"""What planning and quality answer, for `openapi.yaml`: shapes, and examples about the register `country`."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api.blueprint import Answer, Sent
from api.negotiation import JSON, NDJSON
from api.v2.shapes import count, shape, text, texts
from api.v2.writing_documents import ANY_LENGTH, APPENDED
from review.proposals import LIMIT

ANY_FILE = "application/octet-stream"
KINDS = ("added", "changed", "ended")
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "register": {"description": "The name of a register", "example": "country"}
}
_COUNTS = ("added", "changed", "ended", "unchanged")


_CHANGE = shape(
    "PlannedChange",
    key=text("The key of the record"),
    change=text("What becomes of it", validate=OneOf(KINDS)),
    name=text("What it is called"),
    fields=fields.Dict(required=True, metadata={"description": "Values by field, `from` and `to`"}),
)
_PLAN: dict[str, fields.Field[Any]] = {
    "register": text("The register"),
    "sha-256": text("The plan's name: the SHA-256 of its bytes"),
    **{name: count(f"How many records are {name}") for name in _COUNTS},
    "missing": count("How many records the file should have, has not, and are left as they are"),
    "warnings": texts("What looks wrong"),
    "notes": texts("What was done to what is in the file"),
    "changes": fields.List(
        fields.Nested(_CHANGE), required=True, metadata={"description": "The first 1000 changes, field by field"}
    ),
    "fields-added": texts("Fields that the register would get"),
    "plan": text("The plan itself, to be applied or proposed as it is"),
}
_FIELD = shape(
    "FieldQuality",
    field=text("The field"),
    blank=count("How many records have nothing in it"),
    blank_rate=fields.Float(required=True, metadata={"description": "The same, of all records", "minimum": 0}),
    invalid=count("How many values its datatype does not allow"),
    examples=fields.List(fields.Dict(), required=True, metadata={"description": "The first of these"}),
)
_DECLARED = shape(
    "DeclaredAreas",
    field=text("The field that names areas, by a link, a statistical code, or a record that has one"),
    areas=text("The register of areas"),
    entries=count("How many entries its index was of"),
    agrees=count("How many records stand in an area that they name"),
    on_boundary=count("How many stand on its boundary"),
    differs=count("How many stand in another area; both may be right"),
    nowhere=count("How many stand in no area of that register"),
    silent=count("How many have a value that names no area of that register, and were not compared"),
    examples=fields.List(
        fields.Dict(),
        required=True,
        metadata={"description": "The first that differ: `key`, `declared`, which `names` areas, and `derived` ones"},
    ),
)
_QUALITY: dict[str, fields.Field[Any]] = {
    "register": text("The register"),
    "checked": text("When somebody looked, in UTC"),
    "entries": count("How many entries the register had then"),
    "records": count("How many records it had then"),
    "fields": fields.List(fields.Nested(_FIELD), required=True),
    "dangling-links": count("How many links lead to nothing"),
    "dangling-examples": fields.List(fields.Dict(), required=True, metadata={"description": "The first of these"}),
    "never-confirmed": count("How many records no source has ever confirmed"),
    "last-confirmed": fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "When the list was last held against a source, and what that showed; null: never"},
    ),
    "declared-areas": fields.List(
        fields.Nested(_DECLARED),
        required=False,
        metadata={"description": "Current records with a point: whether it lies in the areas that their fields name"},
    ),
    "areas-not-indexed": texts("Registers of areas that points could not be looked up in", required=False),
}
COMPONENTS = {"Plan": Schema.from_dict(_PLAN, name="Plan"), "Quality": Schema.from_dict(_QUALITY, name="Quality")}

# The examples

_LINES = (
    '{"as-at":"","dated":"","definition":[],"file":"","made-against":{"entries":209,"root-hash":'
    '"sha-256:b46f4a14551ebc77bd18ba2a4d5a4f5a4e7a4a1a9a2a2e2bc7f7dbd4eb6e1b1c"},"origin":"register.gov.uk/country",'
    '"plan":1,"register":"country","source":"table"}\n'
    '{"item":{"country":"IT","name":"Italy"},"key":"IT"}\n'
    '{"changes":1}\n'
)
FILE_SENT = Sent(
    "POST",
    "The file. For the source `table` a CSV whose columns are called like the register's fields, where ; joins the "
    "members of a list; or an XLSX, NDJSON or Parquet file of the same",
    "",
    {"text/csv": "country,name\r\nIT,Italy\r\n", ANY_FILE: ""},
    ANY_LENGTH,
)
PLAN_SENT = Sent("POST", "A plan, as it was made", "", {NDJSON.media_type: _LINES}, LIMIT)
PLANNED = Answer(
    "What the file would change, and the plan",
    "Plan",
    {
        JSON: {
            "register": "country",
            "sha-256": "6a1e3c2f5a9b1d07c4e8f2b3a6d5948700f1e2d3c4b5a69788796a5b4c3d2e1f",
            "added": 1,
            "changed": 0,
            "ended": 0,
            "unchanged": 0,
            "missing": 0,
            "warnings": [],
            "notes": [],
            "changes": [{"key": "IT", "change": "added", "name": "Italy", "fields": {"name": {"to": "Italy"}}}],
            "fields-added": [],
            "plan": _LINES,
        }
    },
    problems=("CONFLICT", "REQUEST_ENTITY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"),
)
APPLIED = APPENDED
QUALITY = Answer(
    "What the last look found",
    "Quality",
    {
        JSON: {
            "register": "country",
            "checked": "2026-01-05T09:00:00Z",
            "entries": 210,
            "records": 199,
            "fields": [{"field": "end-date", "blank": 195, "blank-rate": 0.9799, "invalid": 0, "examples": []}],
            "dangling-links": 0,
            "dangling-examples": [],
            "never-confirmed": 0,
            "last-confirmed": {"time": "2026-01-05T08:00:00Z", "source": "countries", "unchanged": 199},
            "declared-areas": [],
            "areas-not-indexed": [],
        }
    },
)
