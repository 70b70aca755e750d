"""What is sent to take values away, and what is answered, for `openapi.yaml`."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from api.blueprint import Answer, Sent
from api.negotiation import JSON
from api.v2.shapes import count, shape, text, texts
from registers.definition import REASON_LIMIT

_SENT: dict[str, Any] = {
    "key": {"type": "string", "description": "The record's key"},
    "fields": {"type": "array", "minItems": 1, "items": {"type": "string"}, "description": "The fields"},
    "entry": {
        "type": "integer",
        "minimum": 1,
        "description": "The number of the entry whose values are taken away; by default the record's latest",
    },
    "only": {
        "type": "boolean",
        "default": False,
        "description": "Whether they are taken out of that entry's item alone, and not of all that the record ever had",
    },
    "reason": {
        "type": "string",
        "minLength": 1,
        "maxLength": REASON_LIMIT,
        "description": "Why. It is published, so it names nobody",
    },
}
_TAKEN: dict[str, Any] = {
    "register": text("The register"),
    "record": text("The record's key"),
    "fields": texts("The fields"),
    "items": texts("The items that they are in, by their v1 hashes"),
    "blobs": texts("The same by their v2 hashes, which stay as they are"),
    "values": texts("The digests of what is taken away"),
    "reason": text("Why"),
}
_NUMBERS = fields.List(
    fields.Integer(),
    required=True,
    metadata={"description": "The numbers of the entries whose items have changed"},
)
COMPONENTS: dict[str, Any] = {
    "RedactionSent": {
        "type": "object",
        "additionalProperties": False,
        "properties": _SENT,
        "required": ["key", "fields", "reason"],
    },
    "Redacted": shape(
        "Redacted",
        **_TAKEN,
        entries=_NUMBERS,
        revision=count("The number of the revision that this made", 1),
        metadata_entry=count("The number of the metadata entry that says so", 1),
    ),
    "RedactionPlanned": shape(
        "RedactionPlanned",
        **_TAKEN,
        **{"sha-256": text("The plan's name"), "plan": text("The plan, to be proposed as it is; it holds no value")},
    ),
}

_ASKED = {"key": "GB", "fields": ["citizen-names"], "reason": "One of them named a person"}
_SAID = {
    "register": "country",
    "record": "GB",
    "fields": ["citizen-names"],
    "items": ["sha-256:6b18693874513ba13da54d61aafa7cad0c8f5573f3431d6f1c04b07ddb27d6bb"],
    "blobs": ["122016a21568e4f3f8c3c4f8088fe2829cc2863e1bae1be19607878b62dc2df93eba"],
    "values": ["9c1185a5c5e9fc54612808977ee8f548b2258d31b1a1c3b0d2a4a8c3f7c7e6a1"],
    "reason": "One of them named a person",
}
_LINES = '{"as-at":"","dated":"","definition":[["redaction",{…}]],…,"source":"redaction"}\n{"changes":0}\n'
_PROBLEMS = ("CONFLICT", "REQUEST_ENTITY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")

REDACTION_SENT = Sent("POST", "What is to be taken away", "RedactionSent", {JSON.media_type: _ASKED})
REDACTED = Answer(
    "What was taken away",
    "Redacted",
    {JSON: _SAID | {"entries": [6], "revision": 13, "metadata-entry": 15}},
    {"Location": {"description": "The history of the register's definition", "schema": {"type": "string"}}},
    _PROBLEMS,
    201,
)
PLANNED = Answer(
    "What would be taken away, and the plan",
    "RedactionPlanned",
    {JSON: _SAID | {"sha-256": "6a1e3c2f5a9b1d07c4e8f2b3a6d5948700f1e2d3c4b5a69788796a5b4c3d2e1f", "plan": _LINES}},
    problems=_PROBLEMS,
)
