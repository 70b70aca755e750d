"""What the files of whole registers answer, for `openapi.yaml`."""

from __future__ import annotations

from typing import Any

from api.blueprint import Answer
from api.negotiation import CSV, JSON, ZIP, Format
from api.v2 import documents
from bulk.describing.csvw import MEDIA_TYPE
from bulk.kinds import COMPRESSIONS, FORMATS

_HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT = {"type": "string"}
_KNOWN = {CSV.media_type, JSON.media_type}
_COUNT = {"type": "integer", "minimum": 0}
# How files of text begin.
_BEGUN: dict[str, object] = {
    "text/csv": "country,name,official-name,citizen-names,start-date,end-date\r\n",
    "application/json": [{"country": "GB", "name": "United Kingdom"}],
    "application/x-ndjson": '{"country":"GB","name":"United Kingdom"}\n',
    "application/vnd.rsf": "assert-root-hash\t1220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
    "application/uk-gov-rsf": (
        "assert-root-hash\tsha-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
    ),
    MEDIA_TYPE: {"@context": "http://www.w3.org/ns/csvw", "url": "records.csv"},
    "application/geo+json": '{"type":"FeatureCollection","features":[]}',
}
PATH_PARAMETERS = documents.PATH_PARAMETERS | {
    "file": {
        "description": "A file, such as records.parquet, manifest.json or datapackage.json",
        "example": "records.parquet",
    },
    "state": {
        "description": "The states of all registers: how many they are, and a digest",
        "example": "3-5f2b8c019d4e7a36",
    },
}
STATUS_EXAMPLE: dict[str, Any] = {
    "file": "records.parquet",
    "size": 210,
    "status": "made",
    "url": "/v2/registers/country/download/210/records.parquet",
}
ARCHIVE_STATUS_EXAMPLE: dict[str, Any] = {
    "file": "all.zip",
    "state": "3-5f2b8c019d4e7a36",
    "status": "made",
    "url": "/v2/download/3-5f2b8c019d4e7a36/all.zip",
}
_STATUS = {"enum": ["made", "waiting", "absent"]}
_LEAF = '{"bytes":8214,"name":"records.parquet","rows":199,"sha-256":"' + "5f" * 32 + '"}'
PROOF_EXAMPLE = {
    "leaf": _LEAF,
    "leaf-index": 4,
    "tree-size": 5,
    "state": '{"register":"country","size":210}',
    "audit-path": ["3c" * 32],
    "files-root-hash": "9a" * 32,
}
COMPONENTS: dict[str, Any] = {
    "V2File": {"description": "A file"},
    "V2FileStatus": {
        "type": "object",
        "description": "Whether a file is made",
        "required": ["file", "size", "status", "url"],
        "properties": {
            "file": _TEXT,
            "size": _COUNT,
            "status": _STATUS,
            "url": _TEXT,
        },
    },
    "V2ArchiveStatus": {
        "type": "object",
        "description": "Whether the archive of all registers is made",
        "required": [*ARCHIVE_STATUS_EXAMPLE],
        "properties": {"file": _TEXT, "state": _TEXT, "status": _STATUS, "url": _TEXT},
    },
    "V2FileProof": {
        "type": "object",
        "description": "That a file belongs to a release",
        "required": [*PROOF_EXAMPLE],
        "properties": {
            "leaf": _TEXT,
            "leaf-index": _COUNT,
            "tree-size": _COUNT,
            "state": _TEXT,
            "audit-path": {"type": "array", "items": _HEX},
            "files-root-hash": _HEX,
        },
    },
}


def _types() -> dict[Format, object]:
    """Every media type that a file comes in; the first is for those who say nothing."""
    names = [*(each.content_type for each in FORMATS.values()), *COMPRESSIONS.values(), MEDIA_TYPE]
    others = [Format(name, name, name) for name in dict.fromkeys(names) if name.partition(";")[0] not in _KNOWN]
    return {each: _BEGUN.get(each.media_type.partition(";")[0]) for each in (ZIP, CSV, JSON, *others)}


def _header(about: str, example: str) -> dict[str, Any]:
    return {"description": about, "schema": {"type": "string"}, "example": example}


_NAMED = {"Content-Disposition": _header("What to call it", "attachment; filename=country-records-2026-11-24.csv")}


def _place(status: dict[str, Any]) -> dict[str, Any]:
    return {"Location": _header("Where it is", status["url"])}


def _wait(schema: str, status: dict[str, Any]) -> dict[str, Any]:
    """The answer to who has to wait for a file."""
    shown = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": status | {"status": "waiting"}}
    return {
        "description": "The file is being made: ask again, or for its status",
        "headers": _place(status) | {"Retry-After": _header("Seconds", "2")},
        "content": {JSON.content_type: shown},
    }


_DESCRIBED = {
    "Link": _header("Where a CSV file is described, as CSVW", '<records.csv-metadata.json>; rel="describedby"')
}
_PART = {"description": "The part of the file that was asked for", "content": {ZIP.content_type: {"schema": {}}}}
PLACE = Answer("Where the file is", "V2File", _types(), _place(STATUS_EXAMPLE), status=302)
FILE = Answer(
    "The file",
    "V2File",
    _types(),
    documents.OF_STATE | _NAMED | _DESCRIBED,
    ("REQUESTED_RANGE_NOT_SATISFIABLE",),
    others={202: _wait("V2FileStatus", STATUS_EXAMPLE), 206: _PART},
)
STATUS = Answer("Whether it is made", "V2FileStatus", {JSON: STATUS_EXAMPLE})
PROOF = Answer("The proof", "V2FileProof", {JSON: PROOF_EXAMPLE})
_ARCHIVED: dict[Format, object] = {Format("zip", "application/zip", "application/zip"): None}
ARCHIVE_PLACE = Answer("Where the archive is", "V2File", _ARCHIVED, _place(ARCHIVE_STATUS_EXAMPLE), status=302)
ARCHIVE = Answer(
    "The archive",
    "V2File",
    _ARCHIVED,
    _NAMED,
    ("REQUESTED_RANGE_NOT_SATISFIABLE",),
    others={202: _wait("V2ArchiveStatus", ARCHIVE_STATUS_EXAMPLE), 206: _PART},
)
ARCHIVE_STATUS = Answer("Whether it is made", "V2ArchiveStatus", {JSON: ARCHIVE_STATUS_EXAMPLE})
