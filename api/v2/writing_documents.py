"""What is sent to v2 and what it answers to that, for `openapi.yaml`: shapes, and examples about `country`."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf

from api.blueprint import MEGABYTE, Answer, Sent
from api.negotiation import JSON, NDJSON, RSF, RSF_V2
from api.v2.shapes import count, shape, text, texts
from people.api_keys import LABEL_LIMIT, MOST_DAYS, SCOPES
from registers.coverage import FREQUENCIES
from registers.register import TIERS

CSV_TYPE = "text/csv"
APPEND_LIMIT = 8 * MEGABYTE
ANY_LENGTH = 2**50  # where the view holds the body to a limit of the settings
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "register": {"description": "The name of a register", "example": "country"},
    "id": {"description": "The id of an API key, which is not the key", "example": "5f0c9a3b7e21"},
}

# The shapes


_REGISTER = text("The name of the register")
_REVISION = count("The number of the revision that this made", 1)
_MANY = {"oneOf": [{"required": ["item"]}, {"required": ["items"]}]}
_ITEM = {
    "type": "object",
    "description": "Values by field: text, or a list of text",
    "additionalProperties": {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}]
    },
}
_FIELD_MEMBERS = {
    "field": {"type": "string", "description": "The field's name"},
    "datatype": {"type": "string", "description": "What its values are", "default": "string"},
    "cardinality": {"type": "string", "enum": ["1", "n"], "default": "1", "description": "One value, or a list"},
    "register": {"type": "string", "description": "The register whose keys its values are"},
    "text": {"type": "string", "description": "What it holds"},
    "phase": {"type": "string", "description": "How mature it is", "default": "beta"},
}
_DESCRIBED = {
    "title": {"type": "string", "description": "Its name for people"},
    "text": {"type": "string", "description": "What is in it"},
    "custodian": {"type": "string", "description": "Who answers for it"},
    "registry": {"type": "string", "description": "The id of the organisation that does"},
    "licence": {"type": "string", "description": "Under which licence it is"},
    "copyright": {"type": "string", "description": "Whose copyright it is, as it is to be attributed"},
    "spatial-coverage": {"type": "string", "description": "Where it is about: a place, or its URI"},
    "temporal-coverage": {"type": "string", "description": "When it is about, such as 1974-04-01/.."},
    "update-frequency": {"type": "string", "enum": [*FREQUENCIES], "description": "How often it changes"},
    "last-confirmed": {"type": "string", "description": "The last day on which the custodian found it right"},
    "phase": {"type": "string", "enum": ["discovery", "alpha", "beta", "live"], "description": "How mature it is"},
    "tier": {"type": "string", "enum": [*TIERS], "description": "How much care it asks for; ordinary, unless said"},
}


def _members(properties: dict[str, Any], *required: str, **rest: Any) -> dict[str, Any]:
    must = {"required": list(required)} if required else {}
    return {"type": "object", "additionalProperties": False, "properties": properties} | must | rest


_API_KEY: dict[str, fields.Field[Any]] = {
    "id": text("The key's id, which is not the key"),
    "actor": text("In whose name revisions made with it are: an opaque id"),
    "label": text("What it is for"),
    "scopes": fields.List(fields.String(validate=OneOf(list(SCOPES))), required=True),
    "registers": texts("The registers it is limited to; none: it is for all"),
    "maker": text("The actor who made it"),
    "created": text("When it was made, in UTC"),
    "expires": text("When it ends, in UTC"),
    "revoked": fields.String(
        required=True, allow_none=True, metadata={"description": "When it was revoked, in UTC; null if it is not"}
    ),
    "state": text("Whether it can be used", validate=OneOf(["good", "expired", "revoked"])),
}

COMPONENTS: dict[str, Any] = {
    "ItemsSent": _members({"item": _ITEM, "items": {"type": "array", "minItems": 1, "items": _ITEM}}, **_MANY),
    "FieldSent": _members(_FIELD_MEMBERS, "field"),
    "RegisterSent": _members(
        _DESCRIBED
        | {
            "register": {"type": "string", "description": "The new register's name"},
            "key-field": {"type": "string", "description": "The field that holds the key; by default the first"},
            "fields": {
                "type": "array",
                "minItems": 1,
                "items": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/FieldSent"}]},
            },
        },
        "register",
        "fields",
    ),
    "DescriptionSent": _members(_DESCRIBED, minProperties=1),
    "NameSent": _members({"register": {"type": "string", "description": "The register's new name"}}, "register"),
    "SuccessorSent": _members(
        {"successor": {"type": ["string", "null"], "description": "A register here, or a URL: what to use instead"}}
    ),
    "ApiKeySent": _members(
        {
            "label": {"type": "string", "description": "What it is for", "minLength": 1, "maxLength": LABEL_LIMIT},
            "scopes": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(SCOPES)}},
            "registers": {"type": "array", "items": {"type": "string"}, "description": "None: it is for all"},
            "days": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "description": "How long it is good"},
        },
        "label",
        "scopes",
    ),
    "Appended": shape(
        "Appended",
        register=_REGISTER,
        revision=_REVISION,
        first_entry=count("The number of the first new entry", 1),
        last_entry=count("The number of the last new entry", 1),
        size=count("How many entries the register has now", 1),
        root_hash=text("The root hash of version 2 at that size"),
    ),
    "Loaded": shape(
        "Loaded",
        register=_REGISTER,
        added=count("How many entries the register lacked, and has now"),
        size=count("How many entries the register has now"),
        root_hash=text("The root hash of version 2 at that size"),
    ),
    "Created": shape(
        "Created",
        register=_REGISTER,
        status=text("draft, until it is published"),
        key_field=text("The field that holds the key"),
        origin=text("What its chain of hashes begins with"),
    ),
    "FieldAdded": shape(
        "FieldAdded", register=_REGISTER, fields=texts("The register's fields, in order"), revision=_REVISION
    ),
    "Described": shape(
        "Described",
        register=_REGISTER,
        changed=texts("The members that were not so before"),
        revision=fields.Integer(
            required=True, allow_none=True, metadata={"description": "The revision that this made; null if none"}
        ),
    ),
    "Published": shape("Published", register=_REGISTER, status=text("published")),
    "Dropped": shape("Dropped", register=_REGISTER, dropped=fields.Boolean(required=True)),
    "RenamedRegister": shape(
        "RenamedRegister", register=_REGISTER, former_names=texts("The names that lead to it, sorted")
    ),
    "RetiredRegister": shape(
        "RetiredRegister",
        register=_REGISTER,
        status=text("retired"),
        successor=fields.String(
            required=True, allow_none=True, metadata={"description": "What to use instead; null: nothing is named"}
        ),
    ),
    "ApiKey": shape("ApiKey", **_API_KEY),
    "ApiKeyIssued": shape("ApiKeyIssued", **_API_KEY, key=text("The key, which is never shown again")),
    "ApiKeys": shape("ApiKeys", **{"api-keys": fields.List(fields.Nested(shape("ApiKeyListed", **_API_KEY)))}),
}

# The examples

_MYANMAR = {
    "country": "MM",
    "name": "Myanmar (Burma)",
    "official-name": "The Republic of the Union of Myanmar",
    "citizen-names": "Citizen of Myanmar",
}
_CSV = (
    "country,name,official-name,citizen-names\r\n"
    'MM,"Myanmar (Burma)","The Republic of the Union of Myanmar","Citizen of Myanmar"\r\n'
)
_NDJSON = (
    '{"citizen-names":"Citizen of Myanmar","country":"MM","name":"Myanmar (Burma)",'
    '"official-name":"The Republic of the Union of Myanmar"}\n'
)
RSF_209_TO_210 = (
    "assert-root-hash\tsha-256:3bacea769627d20ed9a2cfde54173da3c9d630b3fc9ed80431a1cee2196c8a4a\n"
    'add-item\t{"citizen-names":"Citizen of Myanmar","country":"MM"'
    ',"name":"Myanmar (Burma)","official-name":"The Republic of the Union of Myanmar"}\n'
    "append-entry\tuser\tMM\t2019-06-14T14:27:30Z"
    "\tsha-256:3ec085376ed62e73e1bf777cee193a32cd1115f7f20e20675e04da5214ecfe78\n"
    "assert-root-hash\tsha-256:60413ca01511300395516dcbc4009a26022caa2b690c46ecae12d3cc099f71af\n"
)
_FIELD = {"field": "start-date", "datatype": "datetime", "text": "When the country came to be"}
_ABOUT = {
    "register": "country",
    "title": "Country",
    "text": "British English names of all countries currently recognised by the UK government",
    "custodian": "David de Silva",
    "licence": "Open Government Licence v3.0",
    "fields": [
        {"field": "country", "text": "The country's two letters"},
        {"field": "name", "text": "Its name in British English"},
        {"field": "citizen-names", "cardinality": "n"},
    ],
}
_KEY = {
    "id": "5f0c9a3b7e21",
    "actor": "key-5f0c9a3b7e21",
    "label": "The nightly import",
    "scopes": ["direct"],
    "registers": ["country"],
    "maker": "operator-84b2c1d09f3e",
    "created": "2026-01-05T09:00:00Z",
    "expires": "2027-01-05T09:00:00Z",
    "revoked": None,
    "state": "good",
}

# What is sent

ITEMS_SENT = Sent(
    "POST",
    "Items: one or many as JSON, one to a line as NDJSON, or rows below a header of field names as CSV, where ; joins "
    "the members of a list. Each holds its own key, in the register's key field",
    "ItemsSent",
    {JSON.media_type: {"item": _MYANMAR}, NDJSON.media_type: _NDJSON, CSV_TYPE: _CSV},
    APPEND_LIMIT,
)
RSF_SENT = Sent(
    "POST",
    "An RSF file, with the hashes of v1 or of v2",
    "",
    {RSF.media_type: RSF_209_TO_210, RSF_V2.media_type: ""},
    ANY_LENGTH,
)
REGISTER_SENT = Sent("POST", "What the register is to be", "RegisterSent", {JSON.media_type: _ABOUT})
FIELD_SENT = Sent("POST", "The field", "FieldSent", {JSON.media_type: _FIELD})
DESCRIPTION_SENT = Sent(
    "PATCH", "What is to change", "DescriptionSent", {JSON.media_type: {"custodian": "David de Silva"}}
)
NAME_SENT = Sent("POST", "The new name", "NameSent", {JSON.media_type: {"register": "nation"}})
SUCCESSOR_SENT = Sent("POST", "What to use instead", "SuccessorSent", {JSON.media_type: {"successor": "territory"}})
API_KEY_SENT = Sent(
    "POST",
    "What the key is to be",
    "ApiKeySent",
    {JSON.media_type: {"label": "The nightly import", "scopes": ["direct"], "registers": ["country"], "days": 365}},
)
NOTHING_SENT = Sent("POST")
DELETE = Sent("DELETE")

# The answers

_WRITTEN = ("CONFLICT", "REQUEST_ENTITY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")
_LOCATION = {"Location": {"description": "Where what was made is", "schema": {"type": "string"}}}


def _answer(about: str, schema: str, example: object, status: int = 200, problems: tuple[str, ...] = ()) -> Answer:
    return Answer(about, schema, {JSON: example}, _LOCATION if status == 201 else {}, problems, status)


APPENDED = _answer(
    "The new entries",
    "Appended",
    {
        "register": "country",
        "revision": 12,
        "first-entry": 210,
        "last-entry": 210,
        "size": 210,
        "root-hash": "12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f",
    },
    201,
    _WRITTEN,
)
LOADED = _answer(
    "What was added",
    "Loaded",
    {
        "register": "country",
        "added": 1,
        "size": 210,
        "root-hash": "12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f",
    },
    200,
    _WRITTEN,
)
CREATED = _answer(
    "The draft",
    "Created",
    {"register": "country", "status": "draft", "key-field": "country", "origin": "registers.example.org/country"},
    201,
    _WRITTEN,
)
FIELD_ADDED = _answer(
    "The register's fields",
    "FieldAdded",
    {"register": "country", "fields": ["country", "name", "citizen-names", "start-date"], "revision": 13},
    201,
    _WRITTEN,
)
DESCRIBED = _answer(
    "What was changed",
    "Described",
    {"register": "country", "changed": ["custodian"], "revision": 14},
    200,
    _WRITTEN,
)
PUBLISHED = _answer("The register", "Published", {"register": "country", "status": "published"}, 200, ("CONFLICT",))
DROPPED = _answer("What is no more", "Dropped", {"register": "country", "dropped": True}, 200, ("CONFLICT",))
RENAMED = _answer("The register", "RenamedRegister", {"register": "nation", "former-names": ["country"]}, 200, _WRITTEN)
RETIRED = _answer(
    "The register",
    "RetiredRegister",
    {"register": "country", "status": "retired", "successor": "territory"},
    200,
    _WRITTEN,
)
API_KEY_ISSUED = _answer(
    "The key, which is shown this once",
    "ApiKeyIssued",
    _KEY | {"key": "registers_8Fh0c1x2QmJ7v3s4KpYtZrW5n6L9aBdEgUiOqXyT0kA"},
    201,
    _WRITTEN[1:],
)
API_KEY = _answer(
    "The key, which is good no more", "ApiKey", _KEY | {"revoked": "2026-02-01T10:00:00Z", "state": "revoked"}
)
API_KEYS = _answer("The keys, the latest made first", "ApiKeys", {"api-keys": [_KEY]})
