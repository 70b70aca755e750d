"""The OpenAPI 3.0 document of `/ogc`: each collection by its name, its properties as parameters.

`openapi.yaml` says the same of all collections at once, in OpenAPI 3.1, which the clients of this standard do not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from marshmallow import fields

from api.negotiation import HTML
from api.ogc import documents
from api.ogc.asking import DEFAULT, MOST, ItemQuery, ItemsQuery, filterable
from api.ogc.collections import schema_of
from api.ogc.systems import SYSTEMS
from api.problems import CONTENT_TYPE
from geo.features.zooming import MOST as CLOSEST
from registers.definition import Definition

Operation = dict[str, Any]
NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
# What the parameters take, where it is more than text.
SCHEMAS: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
    "zoom": {"type": "integer", "minimum": 0, "maximum": CLOSEST},
    "bbox": NUMBERS,
    **{name: {"type": "string", "format": "uri", "enum": list(SYSTEMS)} for name in ("crs", "bbox-crs", "filter-crs")},
    "filter-lang": {"type": "string", "enum": ["cql2-text"], "default": "cql2-text"},
    "f": {"type": "string", "enum": ["json", "geojson", "html"]},
}
FOR_ALL = {"f": SCHEMAS["f"] | {"enum": ["json", "html"]}}


def document(definitions: Iterable[Definition], server: str) -> dict[str, Any]:
    """The document for these registers, below the URL of the landing page."""
    paths = {
        "/": _path("The way in", "landing", documents.LANDING),
        "/api": _path("This document", "api", documents.API),
        "/conformance": _path("What this conforms to", "conformance", documents.CONFORMANCE),
        "/collections": _path("The collections", "collections", documents.COLLECTIONS),
    }
    for each in definitions:
        paths |= _of_collection(each)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Registers on the map",
            "version": version("registers"),
            "license": {"name": "Each register says under which licence its data is"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "parameters": {name: _parameter(name, field) for name, field in _declared(ItemsQuery)},
            "responses": {
                "Problem": {
                    "description": "What is wrong (RFC 9457)",
                    "content": {CONTENT_TYPE: {"schema": {"type": "object"}}},
                }
            },
        },
    }


def _of_collection(of: Definition) -> dict[str, Any]:
    own = f"/collections/{of.name}"
    title = of.title or of.name
    properties = [
        {
            "name": field.name,
            "in": "query",
            "required": False,
            "description": field.text or f"Equal to this {field.name}",
        }
        | {"schema": _scalar(schema_of(field))}
        for field in filterable(of)
    ]
    key = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    key["description"] = "The key of a record"
    one = [key, *(_referred(name) for name, _ in _declared(ItemQuery))]
    many = [*(_referred(name) for name, _ in _declared(ItemsQuery)), *properties]
    return {
        own: _path(title, f"{of.name}.collection", documents.COLLECTION),
        f"{own}/queryables": _path(f"What can be asked of {title}", f"{of.name}.queryables", documents.QUERYABLES),
        f"{own}/items": _path(f"Features of {title}", f"{of.name}.items", documents.ITEMS, many),
        f"{own}/items/{{featureId}}": _path(f"A feature of {title}", f"{of.name}.item", documents.ITEM, one),
    }


def _path(summary: str, operation: str, answered: Any, parameters: list[Operation] | None = None) -> dict[str, Any]:
    schemas = {format.content_type: {"type": "string" if format is HTML else "object"} for format in answered.formats}
    good = {"description": summary, "content": {name: {"schema": schema} for name, schema in schemas.items()}}
    refused = {"$ref": "#/components/responses/Problem"}
    if parameters is None:
        parameters = [{"name": "f", "in": "query", "required": False, "schema": FOR_ALL["f"]}]
    return {
        "get": {
            "summary": summary,
            "operationId": operation,
            "parameters": parameters,
            "responses": {"200": good} | dict.fromkeys(("400", "404", "406", "500", "503"), refused),
        }
    }


def _declared(query: Any) -> list[tuple[str, fields.Field[Any]]]:
    return [(field.data_key or name, field) for name, field in query().fields.items()]


def _referred(name: str) -> Operation:
    return {"$ref": f"#/components/parameters/{name}"}


def _parameter(name: str, field: fields.Field[Any]) -> Operation:
    """A parameter as OpenAPI 3.0 has it."""
    shape = {"style": "form", "explode": False} if name == "bbox" else {}
    about = field.metadata.get("description", "")
    schema = SCHEMAS.get(name, {"type": "string"})
    return {"name": name, "in": "query", "required": False, "description": about, "schema": schema} | shape


def _scalar(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of one member of a list, or of a value."""
    found = schema.get("items", schema)
    return {name: member for name, member in found.items() if name in ("type", "format")}
