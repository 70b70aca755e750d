"""The columns of a register's CSV files, and the type that each has where a table's description can name one.

    datatype     CSVW                      Table Schema
    integer      integer                   integer
    boolean      boolean                   boolean
    timestamp    dateTime                  datetime
    url          anyURI                    string
    point        string                    geopoint
    json         json                      object
    all else     string, and the rule of the datatype as a pattern where it is one

A date may be partial (2017-08), for which neither has a type, so it is a string with a pattern. `json` is no datatype
of a register: the item of an entry is such. A list is one cell, its members joined by `;`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bulk.formats.separated import ENTRY_COLUMNS
from registers.definition import Definition, Field
from registers.v2.shapes import readable, shown_fields

KEY = "_id"  # the column of a record's key
SEPARATOR = ";"
CSVW: Mapping[str, str] = {
    "integer": "integer",
    "boolean": "boolean",
    "timestamp": "dateTime",
    "url": "anyURI",
    "json": "json",
}
TABLE_SCHEMA: Mapping[str, Mapping[str, object]] = {
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean", "trueValues": ["true"], "falseValues": ["false"]},
    "timestamp": {"type": "datetime"},
    "point": {"type": "geopoint", "format": "array"},
    "json": {"type": "object"},
}
_DAY_OR_TIME = "[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}(:[0-9]{2}(:[0-9]{2})?)?Z?)?)?)?"
# They let pass what the published archive holds beside the rules: a time without its Z, a space before a CURIE.
PATTERNS: Mapping[str, str] = {
    "datetime": f"^{_DAY_OR_TIME}$",
    "name": "^[a-z][a-z0-9-]*$",
    "curie": "^ ?[a-z][a-z0-9_-]*:[^:]+$",
    "hash": "^(sha-256:|1220)[0-9a-f]{64}$",
}
_OF_ENTRIES = {
    "entry-number": ("integer", "The number of the entry, from 1"),
    "entry-timestamp": ("timestamp", "When it was appended, in UTC"),
    "key": ("string", "The key of the record that it is of"),
    "item-hash": ("hash", "The hash of its item in version 1"),
    "blob-hash": ("hash", "The hash of its item in version 2"),
    "chain-hash": ("string", "The hash that chains it to all entries before it, in hex"),
    "item": ("json", "Its item, as canonical JSON"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, the datatype of its values, whether a cell holds a list, and whether none is blank."""

    header: str
    title: str
    datatype: str = "string"
    text: str = ""
    many: bool = False
    required: bool = False
    register: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: its name, its columns in order, the one that tells rows apart, and what it is in words."""

    name: str
    columns: tuple[Column, ...]
    key: str
    title: str


def records_table(definition: Definition) -> Table:
    """What `records.csv` of a register is."""
    fields = {field.name: field for field in definition.fields}
    shown = [_column(fields[name], name == definition.key_field) for name in shown_fields(definition)]
    key = Column(KEY, "Key", text="The key of the record", required=True)
    return Table("records.csv", (key, *shown), KEY, "The records")


def entries_table(_definition: Definition) -> Table:
    """What `entries.csv` of any register is."""
    columns = (Column(name, readable(name), *_OF_ENTRIES[name], required=True) for name in ENTRY_COLUMNS)
    return Table("entries.csv", tuple(columns), "entry-number", "The whole history, entry by entry")


TABLES = {"records.csv": records_table, "entries.csv": entries_table}


def _column(field: Field, is_key: bool) -> Column:
    register = None if is_key else field.register
    return Column(field.name, readable(field.name), field.datatype, field.text, field.many, is_key, register)
