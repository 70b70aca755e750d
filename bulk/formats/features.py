"""GeoJSON (RFC 7946), streamed: a feature a record, its key as `id`, its other fields as properties.

A register has shapes when it has a field of the datatype `geometry`, or else one of the datatype `point`. The shape is
spliced in as the store spells it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bulk.source import Source
from geo.areas.following import geometry_field
from registers.canonical import canonical_json, quoted
from registers.definition import Definition


def shape_field(definition: Definition) -> str | None:
    """The field that says where a record is; None for a register without shapes."""
    points = (field.name for field in definition.fields if field.datatype == "point" and not field.many)
    return geometry_field(definition) or next(points, None)


def shape_of(value: object) -> str | None:
    """A shape or a point as GeoJSON; None where there is none, or it was redacted."""
    if not isinstance(value, str):
        return None
    if value.startswith("["):
        return f'{{"type":"Point","coordinates":{value}}}'
    return value if value.startswith("{") else None


def lines(source: Source, _what: str) -> Iterator[str]:
    """One FeatureCollection, in parts, each a line of its own."""
    field = shape_field(source.definition) or ""
    separator = '{"type":"FeatureCollection","features":[\n'
    for key, body in source.identified():
        yield separator + _feature(key, body, field)
        separator = ",\n"
    yield "\n]}\n" if separator == ",\n" else '{"type":"FeatureCollection","features":[]}\n'


def _feature(key: str, body: str, field: str) -> str:
    item = json.loads(body)
    shape = shape_of(item.pop(field, None)) or "null"
    properties = canonical_json({"_id": key, **item})
    return f'{{"type":"Feature","id":{quoted(key)},"geometry":{shape},"properties":{properties}}}'
