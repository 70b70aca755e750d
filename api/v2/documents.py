"""What v2 answers, for `openapi.yaml`: the shapes, and for each answer an example from the register `country`."""

from __future__ import annotations

import json
from typing import Any

from api.blueprint import Answer
from api.negotiation import CSV, JSON, NDJSON, RSF_V2
from api.v2 import examples
from registers.definition import STATED
from registers.entry import KEY_LIMIT
from registers.register import TIERS

BLOB_HASH = examples.BLOB_HASH
_HASH = {"type": "string", "pattern": "^1220[0-9a-f]{64}$"}
_TIME = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_NUMBER = {"type": "integer", "minimum": 1}
_VALUE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


def _path(about: str, example: object, **schema: object) -> dict[str, Any]:
    return {"description": about, "example": example} | ({"schema": schema} if schema else {})


PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "register": _path("The name of a register", "country"),
    "key": _path(
        "The key of a record; a / in it is sent as %2F", "GB", type="string", minLength=1, maxLength=KEY_LIMIT
    ),
    "hash": _path("The hash of a blob", BLOB_HASH, **_HASH),
    "number": _path("The number of an entry", 6, **_NUMBER),
    "size": _path("How many entries the log had", 208, **_COUNT),
    "old": _path("The smaller size of the log", 197, **_NUMBER),
    "new": _path("The larger size of the log", 200, **_NUMBER),
    "start": _path("The size of the log that you have; entries after it are sent", 209, **_COUNT),
    "end": _path("The size of the log that you want", 210, **_COUNT),
}

# The shapes


def _object(about: str, required: dict[str, Any], **others: Any) -> dict[str, Any]:
    """An object whose members are known; those in `others` may be absent."""
    properties = required | {name.replace("_", "-"): schema for name, schema in others.items()}
    return {"type": "object", "description": about, "required": [*required], "properties": properties}


def _array(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _identified(about: str, identifier: dict[str, Any]) -> dict[str, Any]:
    return _object(about, {"_id": identifier}) | {"additionalProperties": _VALUE}


_LISTED = _object(
    "A register, and where its resources are",
    {
        "register": _TEXT,
        "title": _TEXT,
        "text": _TEXT,
        "custodian": _TEXT,
        "phase": _TEXT,
        "total-records": _COUNT,
        "total-entries": _COUNT,
        "links": {"type": "object", "additionalProperties": _TEXT},
    },
    last_updated=_TIME,
)
_FIELD = _object(
    "A field", {"id": _TEXT, "datatype": _TEXT, "cardinality": {"enum": ["1", "n"]}, "title": _TEXT}, description=_TEXT
)
_ALGORITHM = _object("How it is hashed", {"codec": _TEXT, "function-type": _COUNT, "digest-length": _COUNT})
_STATISTICS = _object("Counts", {"total-records": _COUNT, "total-entries": _COUNT, "total-blobs": _COUNT})
_ENTRY = {"entry-number": _NUMBER, "entry-timestamp": _TIME, "key": _TEXT}
_STATE = _object("A state of the log", {"size": _COUNT, "root-hash": _HASH}, time=_TIME)
_SIDES = _object("The value on either side; of a side that has none, and of shapes, nothing", {}, **{"from": _VALUE})
COMPONENTS: dict[str, Any] = {
    "V2Register": _LISTED,
    "V2Registers": _object("Registers", {"registers": _array("V2Register")}),
    "V2Context": _object(
        "What a register is, at a state of its log",
        {
            "id": _TEXT,
            "title": _TEXT,
            "hashing-algorithm": _ALGORITHM,
            "root-hash": _HASH,
            "statistics": _STATISTICS,
            "status": _object("Since when there are entries", {}, start_date=_TIME),
            "schema": {"type": "array", "items": _FIELD},
            "tier": {"enum": [*TIERS]},
        },
        description=_TEXT,
        custodian=_TEXT,
        **dict.fromkeys(sorted(STATED), _TEXT),
    ),
    "V2Record": _identified("The values of a record by field, with its key", _TEXT),
    "V2Records": _array("V2Record"),
    "V2Blob": _identified("The values of an item by field, with its hash", _HASH),
    "V2Blobs": _array("V2Blob"),
    "V2Entry": _object("An entry", {**_ENTRY, "blob-hash": _HASH}),
    "V2Entries": _array("V2Entry"),
    "V2RegisterProof": _object("The root hash of the log, and its size", {"root-hash": _HASH, "total-entries": _COUNT}),
    "V2Proof": _object("Hashes that lead from one to another", {"audit-path": {"type": "array", "items": _HASH}}),
    "V2Change": _object(
        "What became of a record",
        {
            "key": _TEXT,
            "change": {"enum": ["added", "changed"]},
            "to-entry": _NUMBER,
            "fields": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/V2Sides"}},
        },
        from_entry=_NUMBER,
    ),
    "V2Sides": _SIDES | {"properties": {"from": _VALUE, "to": _VALUE}},
    "V2Changes": _object("What changed", {"from": _STATE, "to": _STATE, "changes": _array("V2Change")}),
    "V2Metadata": _object(
        "The metadata log",
        {
            "root-hash": _TEXT,
            "total-entries": _COUNT,
            "definition": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": _VALUE},
            },
            "entries": _array("V2MetadataEntry"),
        },
    ),
    "V2MetadataEntry": _object(
        "A metadata entry",
        {**_ENTRY, "item-hash": _TEXT, "item": {"type": "object", "additionalProperties": _VALUE}},
    ),
}

# The answers


def _header(about: str, example: str) -> dict[str, Any]:
    return {"description": about, "schema": {"type": "string"}, "example": example}


OF_STATE = {
    "Register-Size": _header("How many entries the log has at the state of the answer", "210"),
    "Register-Root-Hash": _header("The root hash at that state", examples.ROOT),
    "Register-Time": _header("When its last entry was appended, in UTC; absent while there is none", examples.TIME),
}
LINKED = {"Link": _header("The same at this very state, as memento", '<?at=210>; rel="memento"')}
_PAGED = {
    "Link": _header("The next page; the same at this very state, as memento", '<?start=101&limit=100>; rel="next"')
}
_HISTORY = {"Link": _header("The entries of the key, as version-history; the same at this very state, as memento", "")}
_METADATA = {
    "Register-Metadata-Size": _header("How many metadata entries there are at the state of the answer", "13"),
    "Register-Metadata-Root-Hash": _header("The root hash of the metadata log at that state", examples.METADATA_ROOT),
}
_SENT = {"Register-Metadata-Size": _header("How many metadata entries you have, with what this file holds", "13")}

REGISTERS = Answer("The registers", "V2Registers", {JSON: {"registers": [examples.LISTED]}})
REGISTER = Answer("The register", "V2Register", {JSON: examples.LISTED}, OF_STATE)
CONTEXT = Answer("What the register is", "V2Context", {JSON: examples.CONTEXT}, OF_STATE | LINKED)
RECORDS = Answer(
    "A page of records", "V2Records", {JSON: [examples.RECORD], CSV: examples.RECORD_ROWS}, OF_STATE | _PAGED
)
RECORD = Answer("The record", "V2Record", {JSON: examples.RECORD, CSV: examples.RECORD_ROWS}, OF_STATE | _HISTORY)
ENTRIES = Answer("A run of entries", "V2Entries", {JSON: [examples.ENTRY], CSV: examples.ENTRY_ROWS}, OF_STATE | _PAGED)
ENTRIES_OF_KEY = Answer(
    "The entries of the key", "V2Entries", {JSON: [examples.ENTRY], CSV: examples.ENTRY_ROWS}, OF_STATE | LINKED
)
ENTRY = Answer("The entry", "V2Entry", {JSON: examples.ENTRY, CSV: examples.ENTRY_ROWS})
BLOBS = Answer("A page of blobs", "V2Blobs", {JSON: [examples.BLOB], CSV: examples.BLOB_ROWS}, OF_STATE | _PAGED)
BLOB = Answer("The blob", "V2Blob", {JSON: examples.BLOB, CSV: examples.BLOB_ROWS})
SNAPSHOT = Answer(
    "A page of entries", "V2Entries", {JSON: [examples.ENTRY], CSV: examples.ENTRY_ROWS}, OF_STATE | _PAGED
)
SNAPSHOT_ENTRY = Answer("The entry", "V2Entry", {JSON: examples.ENTRY, CSV: examples.ENTRY_ROWS}, OF_STATE)
REGISTER_PROOF = Answer(
    "The root and the size",
    "V2RegisterProof",
    {JSON: {"root-hash": examples.ROOT, "total-entries": 210}},
    OF_STATE | LINKED,
)
ENTRY_PROOF = Answer("The audit path", "V2Proof", {JSON: {"audit-path": examples.PATH_OF_6_AT_208}})
CONSISTENCY_PROOF = Answer("The nodes", "V2Proof", {JSON: {"audit-path": examples.FROM_197_TO_200}})
CHANGES = Answer("What changed", "V2Changes", {JSON: examples.CHANGES, CSV: examples.CHANGE_ROWS}, OF_STATE | _PAGED)
CHANGES_CSV = Answer("What changed", "", {CSV: examples.CHANGE_ROWS}, OF_STATE)
CHANGES_NDJSON = Answer("What changed", "", {NDJSON: f"{json.dumps(examples.CHANGES['changes'][0])}\n"}, OF_STATE)
METADATA = Answer("The metadata log", "V2Metadata", {JSON: examples.METADATA}, _METADATA | _PAGED)
RSF_WHOLE = Answer("The history", "", {RSF_V2: examples.RSF_WHOLE}, OF_STATE | _SENT | LINKED)
RSF_AFTER = Answer("What was added", "", {RSF_V2: examples.RSF_209_TO_210}, OF_STATE | _SENT | LINKED)
RSF_BETWEEN = Answer("What was added", "", {RSF_V2: examples.RSF_209_TO_210}, OF_STATE | _SENT)
