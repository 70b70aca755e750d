"""CSVW (Metadata Vocabulary for Tabular Data): what the columns of one CSV file are, in a file beside it.

Columns are found by their titles, which are the headers. Their names, which CSVW has for use in templates and so allows
neither a hyphen nor a `_` in front, are the headers with `_` for each hyphen; that of the key is `Key`, which is no
field's.
"""

from __future__ import annotations

from typing import Any

from bulk.describing.columns import CSVW, KEY, PATTERNS, SEPARATOR, Column, Table
from bulk.source import Source
from registers.v2.shapes import readable

SUFFIX = "-metadata.json"  # after the name of the CSV file, as CSVW itself would look for it (§5.3)
MEDIA_TYPE = "application/csvm+json"


def describe(source: Source, table: Table) -> dict[str, Any]:
    """The description of a table, which it stands beside."""
    definition = source.definition
    licence = {"dc:license": definition.licence} if definition.licence else {}
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": table.name,
        "dc:title": f"{definition.title or readable(definition.name)}: {table.title[:1].lower()}{table.title[1:]}",
        **({"dc:description": definition.text} if definition.text else {}),
        **licence,
        **({"dc:publisher": definition.custodian} if definition.custodian else {}),
        "dc:identifier": source.state.origin,
        "dc:hasVersion": str(source.state.size),
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n", "\n"], "header": True},
        "tableSchema": {"columns": [_column(each) for each in table.columns], "primaryKey": name_of(table.key)},
    }


def name_of(header: str) -> str:
    """The name of the column with a header."""
    return "Key" if header == KEY else header.replace("-", "_")


def _column(column: Column) -> dict[str, Any]:
    pattern = PATTERNS.get(column.datatype)
    return {
        "name": name_of(column.header),
        "titles": column.header,
        **({"dc:description": column.text} if column.text else {}),
        "datatype": {"base": "string", "format": pattern} if pattern else CSVW.get(column.datatype, "string"),
        **({"required": True} if column.required else {}),
        **({"separator": SEPARATOR} if column.many else {}),
    }
