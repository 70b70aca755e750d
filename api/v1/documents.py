"""What v1 answers, for `openapi.yaml`: the shapes, and an example of each from the register `country`."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from api.blueprint import Answer
from api.negotiation import CSV, JSON, RSF, ZIP
from registers.entry import KEY_LIMIT

HASH = "sha-256:6b18693874513ba13da54d61aafa7cad0c8f5573f3431d6f1c04b07ddb27d6bb"
ROOT = "sha-256:60413ca01511300395516dcbc4009a26022caa2b690c46ecae12d3cc099f71af"
EMPTY = "sha-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "register": {"description": "The name of a register", "example": "country"},
    "key": {
        "description": "The key of a record; a / in it is sent as %2F",
        "example": "GB",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LIMIT},
    },
    "field": {"description": "The name of a field of the register", "example": "name"},
    "value": {"description": "A value, letter for letter; a / in it is sent as %2F", "example": "France"},
    "hash": {
        "description": "The SHA-256 of the item's canonical JSON",
        "example": HASH,
        "schema": {"type": "string", "pattern": "^sha-256:[0-9a-f]{64}$"},
    },
    "number": {
        "description": "The number of an entry",
        "example": 6,
        "schema": {"type": "integer", "minimum": 1},
    },
    "size": {
        "description": "How many entries the log had",
        "example": 208,
        "schema": {"type": "integer", "minimum": 1},
    },
    "old": {
        "description": "The smaller size of the log",
        "example": 197,
        "schema": {"type": "integer", "minimum": 1},
    },
    "new": {
        "description": "The larger size of the log",
        "example": 200,
        "schema": {"type": "integer", "minimum": 1},
    },
    "start": {
        "description": "The size of the log that you have; entries after it are sent",
        "example": 209,
        "schema": {"type": "integer", "minimum": 0},
    },
    "end": {
        "description": "The size of the log that you want",
        "example": 210,
        "schema": {"type": "integer", "minimum": 0},
    },
}

# The shapes


def _text(about: str, required: bool = True) -> fields.String:
    return fields.String(required=required, metadata={"description": about})


def _count(about: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": about, "minimum": 0})


def _shape(name: str, **members: fields.Field[Any]) -> type[Schema]:
    return Schema.from_dict({member.replace("_", "-"): field for member, field in members.items()}, name=name)


_NUMBERS = {
    "index-entry-number": _text("The same as entry-number"),
    "entry-number": _text("The entry's place in the log, from 1, as a string"),
    "entry-timestamp": _text("When the entry was appended, in UTC"),
    "key": _text("The key of the record"),
}
_HASHES = fields.List(fields.String(), required=True, metadata={"description": "Hashes, sha-256: and hex"})
_ITEM = {
    "type": "object",
    "description": "Values by field: text, or a list of text",
    "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
}
_LISTED = _shape(
    "ListedRegister",
    register=_text("The register's name"),
    title=_text("Its name for people"),
    text=_text("What is in it"),
    custodian=_text("Who answers for it"),
    phase=_text("How mature it is"),
    total_records=_count("How many records it has"),
    total_entries=_count("How many entries it has"),
    last_updated=_text("When the last entry was appended, in UTC; absent while there is none", required=False),
    links=fields.Dict(keys=fields.String(), values=fields.String(), required=True),
)
COMPONENTS: dict[str, Any] = {
    "Item": _ITEM,
    "Record": {
        "type": "object",
        "description": "An entry, with its item",
        "required": [*_NUMBERS, "item"],
        "properties": {
            **{name: {"type": "string"} for name in _NUMBERS},
            "item": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/components/schemas/Item"}},
        },
    },
    "Records": {
        "type": "object",
        "description": "Records by key",
        "additionalProperties": {"$ref": "#/components/schemas/Record"},
    },
    "Entry": Schema.from_dict({**_NUMBERS, "item-hash": _HASHES}, name="Entry"),
    "Entries": {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}},
    "Registers": _shape("Registers", registers=fields.List(fields.Nested(_LISTED), required=True)),
    "Register": _shape(
        "Register",
        domain=_text("Whose registers these are"),
        total_records=_count("How many records it has"),
        total_entries=_count("How many entries it has"),
        register_record=fields.Dict(required=True, metadata={"description": "The register's own record"}),
        custodian=_text("Who answers for it"),
        last_updated=_text("When the last entry was appended, in UTC; absent while there is none", required=False),
    ),
    "RegisterProof": _shape(
        "RegisterProof",
        proof_identifier=_text("merkle:sha-256"),
        root_hash=_text("The root hash of the log"),
        total_entries=_count("The size of the log"),
    ),
    "EntryProof": _shape(
        "EntryProof",
        proof_identifier=_text("merkle:sha-256"),
        entry_number=_text("The number of the entry, as a string"),
        merkle_audit_path=_HASHES,
    ),
    "ConsistencyProof": _shape(
        "ConsistencyProof", proof_identifier=_text("merkle:sha-256"), merkle_consistency_nodes=_HASHES
    ),
}

# The examples

_ITEM_OF_GB = {
    "citizen-names": "Briton;British citizen",
    "country": "GB",
    "name": "United Kingdom",
    "official-name": "The United Kingdom of Great Britain and Northern Ireland",
}
_ENTRY_6 = {
    "index-entry-number": "6",
    "entry-number": "6",
    "entry-timestamp": "2016-04-05T13:23:05Z",
    "key": "GB",
    "item-hash": [HASH],
}
_RECORD_OF_GB = {name: value for name, value in _ENTRY_6.items() if name != "item-hash"} | {"item": [_ITEM_OF_GB]}
_RECORD_ROWS = (
    "index-entry-number,entry-number,entry-timestamp,key,country,name,official-name,citizen-names,start-date,end-date\r\n"
    '6,6,2016-04-05T13:23:05Z,GB,GB,"United Kingdom",'
    '"The United Kingdom of Great Britain and Northern Ireland","Briton;British citizen",,\r\n'
)
_ENTRY_ROWS = (
    f'index-entry-number,entry-number,entry-timestamp,key,item-hash\r\n6,6,2016-04-05T13:23:05Z,GB,"{HASH}"\r\n'
)
_ITEM_ROWS = (
    "country,name,official-name,citizen-names,start-date,end-date\r\n"
    'GB,"United Kingdom","The United Kingdom of Great Britain and Northern Ireland","Briton;British citizen",,\r\n'
)
_RSF_209_TO_210 = (
    "assert-root-hash\tsha-256:3bacea769627d20ed9a2cfde54173da3c9d630b3fc9ed80431a1cee2196c8a4a\n"
    'add-item\t{"citizen-names":"Citizen of Myanmar","country":"MM"'
    ',"name":"Myanmar (Burma)","official-name":"The Republic of the Union of Myanmar"}\n'
    "append-entry\tuser\tMM\t2019-06-14T14:27:30Z"
    "\tsha-256:3ec085376ed62e73e1bf777cee193a32cd1115f7f20e20675e04da5214ecfe78\n"
    f"assert-root-hash\t{ROOT}\n"
)
# Some of the file's lines: the first, the first item, its entry, and the last.
_RSF_WHOLE = (
    f"assert-root-hash\t{EMPTY}\n"
    'add-item\t{"name":"country"}\n'
    "append-entry\tsystem\tname\t2017-07-17T10:59:47Z"
    "\tsha-256:d3d8e15fbd410e08bd896902fba40d4dd75a4a4ae34d98b87785f4b6965823ba\n"
    f"assert-root-hash\t{ROOT}\n"
)
_PATH_OF_6_AT_208 = [
    "sha-256:808a1c5e6bebbc5d33c87051a67c98d41967bf9439c65b62d0d54ce9b43d2afa",
    "sha-256:fbe49303ad95a8b112cb56905e0d4a30166ca830216c9baa72e7e9c4b0a01f8d",
    "sha-256:aa19645b80e38cc4a91b97161ce2932cb3e80fdf10d3e3bcfac6bf7efdf25cff",
    "sha-256:f0a418ecaa3bed15c114f37b72e174c015f2b434e103960a5f40ece725ddc98e",
    "sha-256:43834a10ac7dcecc7bb274d67f79dc5da4c03efb6dadc20657595ca4b261df4d",
    "sha-256:10d897e8df0096412f45e9c16c61eed7b335267d803872f85ce0d25218fc82eb",
    "sha-256:e483ea76d5ca3fdcef64ae8a2c910d1e47b90507a364da8dc4878cacd48cd414",
    "sha-256:531d2e5acb39926750628895031d02ce95f1f504ae905efd3bfeb8ff71e5876d",
]
_FROM_197_TO_200 = [
    "sha-256:73f13521226acdfa2a610c7bfdc955fa52aea1d554dd247011312ee48686a538",
    "sha-256:8a16bb948f55ef959a5a7ddad5e2d1d398b50f3d7095aba1e97ad50c1fa374a9",
    "sha-256:be8a541a0a763f88c8e4ff5f013e701e5f89c3f9cb744aadfaf19668189de514",
    "sha-256:733c1adf88daff4ba4275b4ff86d373266c17eeb547ef54093ed14649d168865",
    "sha-256:6242c4d6fde2c79c26144deab292fc6702d321a7e79c535e146d25f356191f7c",
    "sha-256:20b0c02232b50a587671ed9f465fb1a99923a08ff53951b8b9f4bb29648aa112",
]
_REGISTER = {
    "domain": "register.gov.uk",
    "total-records": 199,
    "total-entries": 210,
    "register-record": {
        "fields": ["country", "name", "official-name", "citizen-names", "start-date", "end-date"],
        "phase": "beta",
        "register": "country",
        "registry": "foreign-commonwealth-office",
        "text": "British English names of all countries currently recognised by the UK government",
    },
    "custodian": "David de Silva",
    "last-updated": "2019-06-14T14:27:30Z",
}
_LISTED_COUNTRY = {
    "register": "country",
    "title": "Country",
    "text": "British English names of all countries currently recognised by the UK government",
    "custodian": "David de Silva",
    "phase": "beta",
    "total-records": 199,
    "total-entries": 210,
    "last-updated": "2019-06-14T14:27:30Z",
    "links": {
        "register": "/v1/registers/country/register",
        "records": "/v1/registers/country/records",
        "entries": "/v1/registers/country/entries",
        "proof": "/v1/registers/country/proof/register/merkle:sha-256",
        "download-rsf": "/v1/registers/country/download-rsf",
        "download-register": "/v1/registers/country/download-register",
    },
}
_LINK = {"schema": {"type": "string"}}
_PAGES = {"Link": {"description": "The next and the previous page, relative to this one", **_LINK}}
_HISTORY = {"Link": {"description": "The entries of the key, as version-history", **_LINK}}

# The answers

REGISTERS = Answer("The registers", "Registers", {JSON: {"registers": [_LISTED_COUNTRY]}})
REGISTER = Answer("What the register is", "Register", {JSON: _REGISTER})
RECORDS = Answer("A page of records", "Records", {JSON: {"GB": _RECORD_OF_GB}, CSV: _RECORD_ROWS}, _PAGES)
RECORD = Answer("The record", "Records", {JSON: {"GB": _RECORD_OF_GB}, CSV: _RECORD_ROWS}, _HISTORY)
RECORDS_WITH_VALUE = Answer("The records", "Records", {JSON: {"GB": _RECORD_OF_GB}, CSV: _RECORD_ROWS})
ENTRIES = Answer("A run of entries", "Entries", {JSON: [_ENTRY_6], CSV: _ENTRY_ROWS}, _PAGES)
ENTRIES_OF_KEY = Answer("The entries of the key", "Entries", {JSON: [_ENTRY_6], CSV: _ENTRY_ROWS})
ENTRY = Answer("The entry", "Entries", {JSON: [_ENTRY_6], CSV: _ENTRY_ROWS})
ITEM = Answer("The item", "Item", {JSON: _ITEM_OF_GB, CSV: _ITEM_ROWS})
REGISTER_PROOF = Answer(
    "The root and the size",
    "RegisterProof",
    {JSON: {"proof-identifier": "merkle:sha-256", "root-hash": ROOT, "total-entries": 210}},
)
ENTRY_PROOF = Answer(
    "The audit path",
    "EntryProof",
    {JSON: {"proof-identifier": "merkle:sha-256", "entry-number": "6", "merkle-audit-path": _PATH_OF_6_AT_208}},
)
CONSISTENCY_PROOF = Answer(
    "The nodes",
    "ConsistencyProof",
    {JSON: {"proof-identifier": "merkle:sha-256", "merkle-consistency-nodes": _FROM_197_TO_200}},
)
RSF_WHOLE = Answer("The history", "", {RSF: _RSF_WHOLE})
RSF_AFTER = Answer("What was added", "", {RSF: _RSF_209_TO_210})
RSF_BETWEEN = Answer("What was added", "", {RSF: _RSF_209_TO_210})
ARCHIVE = Answer("The ZIP file", "", {ZIP: ""}, problems=("NOT_IMPLEMENTED",))
