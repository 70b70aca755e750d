"""A Data Package (Frictionless, version 2): the CSV files of a state, each with its Table Schema, bytes and hash.

What a field links to is a foreign key only within one package, so it is one where a register links to itself. A link to
another register is told in the field's member `register`, which readers pass over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bulk.describing.columns import KEY, PATTERNS, SEPARATOR, TABLE_SCHEMA, Column, Table
from bulk.describing.licences import licence_of
from bulk.manifest import Manifest
from bulk.source import Source
from registers.v2.shapes import readable

PACKAGE = "datapackage.json"
_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


def describe(source: Source, tables: Iterable[Table], manifest: Manifest) -> dict[str, Any]:
    """The package of some tables of a register, which it stands beside. What is not made yet has no bytes and hash."""
    definition, state = source.definition, source.state
    licence = licence_of(definition.licence)
    custodian = {"title": definition.custodian, "roles": ["publisher"]}
    return {
        "$schema": _PROFILE,
        "name": definition.name,
        "id": state.origin,
        "title": definition.title or readable(definition.name),
        **({"description": definition.text} if definition.text else {}),
        "version": str(state.size),
        **({"created": state.time} if state.time else {}),
        **({"contributors": [custodian]} if definition.custodian else {}),
        **(
            {"licenses": [{"title": licence.title} | ({"path": licence.uri} if licence.uri else {})]} if licence else {}
        ),
        **({"sources": [{"title": definition.copyright}]} if definition.copyright else {}),
        "resources": [_resource(each, definition.name, manifest) for each in tables],
    }


def _resource(table: Table, register: str, manifest: Manifest) -> dict[str, Any]:
    file = manifest.files.get(table.name)
    made = {"bytes": file.bytes, "hash": f"sha256:{file.sha256}"} if file else {}
    return {
        "name": table.name.removesuffix(".csv"),
        "title": table.title,
        "type": "table",
        "path": table.name,
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **made,
        "schema": {
            "fields": [_field(each) for each in table.columns],
            "primaryKey": table.key,
            **_foreign_keys(table, register),
        },
    }


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, object] = {"required": True} if column.required else {}
    kind = dict(TABLE_SCHEMA.get(column.datatype, {"type": "string"}))
    if column.many:
        item = kind["type"] if kind["type"] in ("integer", "boolean", "datetime") else "string"
        kind = {"type": "list", "delimiter": SEPARATOR, "itemType": item}
    elif column.datatype in PATTERNS:
        constraints["pattern"] = PATTERNS[column.datatype]
    return {
        "name": column.header,
        "title": column.title,
        **({"description": column.text} if column.text else {}),
        **kind,
        **({"constraints": constraints} if constraints else {}),
        **({"register": column.register} if column.register else {}),
    }


def _foreign_keys(table: Table, register: str) -> dict[str, Any]:
    own = [each.header for each in table.columns if each.register == register and not each.many]
    keys = [{"fields": name, "reference": {"resource": "", "fields": KEY}} for name in own]
    return {"foreignKeys": keys} if keys else {}
