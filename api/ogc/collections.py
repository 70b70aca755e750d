"""Collections: each register of points or shapes, what it spans, its systems, and what can be asked of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response

from api import hosts, paging
from api.caching import Caching
from api.negotiation import GEOJSON, HTML, SCHEMA
from api.ogc import documents
from api.ogc.asking import PRIMARY
from api.ogc.blueprints import (
    Collection,
    FormatQuery,
    Link,
    answer,
    blueprint,
    collection,
    collections,
    here,
    link,
    own_links,
    url,
)
from api.ogc.systems import CRS84, SYSTEMS
from api.permissions import Permission
from geo.features.following import POINT, position_field, property_fields
from registers.definition import Field

routes = blueprint("collections", "Registers of points and shapes")
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
TYPES = {"integer": {"type": "integer"}, "boolean": {"type": "boolean"}}
FORMATS = {"url": "uri", "timestamp": "date-time"}


@routes.resource(
    "/collections",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.COLLECTIONS,
    query=FormatQuery,
)
def list_collections(query: dict[str, Any]) -> Response:
    """List the collections

    Every published register whose records have a point or a shape.
    """
    with collections() as found:
        described = [_described(each) for each in found]
    listed = [(each["title"], url("collections.show_collection", register=each["id"])) for each in described]
    links = own_links(documents.COLLECTIONS.formats, "Collections")
    document = {"links": links, "collections": described, "crs": list(SYSTEMS)}
    return answer(document, title="Collections", text="Every register of points or shapes.", listed=listed)


@routes.resource(
    "/collections/<segment:register>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.COLLECTION,
    query=FormatQuery,
)
def show_collection(query: dict[str, Any], register: str) -> Response:
    """Show a collection"""
    with collection(register) as found:
        own = own_links(documents.COLLECTION.formats, found.title)
        document = _described(found) | {"links": [*own, *_links(found)]}
        facts = [(name, str(value)) for name, value in _facts(found)]
    return answer(document, title=found.title, text=found.definition.text, facts=facts)


def _facts(found: Collection) -> list[tuple[str, object]]:
    positions = found.positions
    extent = positions.extent(found.taken.size) if positions else None
    shown: list[tuple[str, object]] = [("register", found.name), ("custodian", found.definition.custodian)]
    shown.append(("features", f"{len(positions.numbers(found.taken.size)):,}" if positions else "not indexed yet"))
    return [*shown, *([("box, in degrees", ", ".join(f"{side:.10g}" for side in extent.box))] if extent else [])]


@routes.resource(
    "/collections/<segment:register>/queryables",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.QUERYABLES,
    query=FormatQuery,
)
def show_queryables(query: dict[str, Any], register: str) -> Response:
    """Show what can be asked of the features of a collection

    A JSON Schema: the properties that filters may name.
    """
    with collection(register) as found:
        fields, position = property_fields(found.definition), position_field(found.definition)
    point = "geometry-point" if position and position.datatype == POINT else "geometry-any"
    shape = {"title": "Position", "format": point, "x-ogc-role": "primary-geometry"}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": here(f=None),
        "type": "object",
        "title": found.title,
        "properties": {field.name: schema_of(field) for field in fields} | {PRIMARY: shape},
        "additionalProperties": False,
    }
    return answer(document, title=f"What can be asked of {found.title}", facts=[(f.name, f.text) for f in fields])


def schema_of(field: Field) -> dict[str, Any]:
    """The JSON Schema of a property."""
    schema: dict[str, Any] = TYPES.get(field.datatype) or {"type": "string"}
    if field.datatype in FORMATS:
        schema = schema | {"format": FORMATS[field.datatype]}
    if field.many:
        schema = {"type": "array", "items": schema}
    return schema | {"title": field.name} | ({"description": field.text} if field.text else {})


def _described(found: Collection) -> dict[str, Any]:
    own = url("collections.show_collection", register=found.name)
    links = [link("self", own, found.title), link("alternate", f"{own}?f=html", found.title, HTML.media_type)]
    described: dict[str, Any] = {
        "id": found.name,
        "title": found.title,
        "description": found.definition.text or f"The records of the register {found.name}",
        "itemType": "feature",
        "crs": list(SYSTEMS),
        "storageCrs": CRS84,
        "links": links + _links(found),
    }
    return described | _extent(found)


def _extent(found: Collection) -> dict[str, Any]:
    """What the features span; nothing while that is not known."""
    span = found.positions.extent(found.taken.size) if found.positions else None
    if span is None:
        return {}
    first, last = (None if day is None else f"{date.fromordinal(day)}T00:00:00Z" for day in (span.first, span.last))
    return {
        "extent": {
            "spatial": {"bbox": [list(span.box)], "crs": CRS84},
            "temporal": {"interval": [[first, last]], "trs": GREGORIAN},
        }
    }


def _links(found: Collection) -> list[Link]:
    items = url("items.list_items", register=found.name)
    page = hosts.absolute(paging.full_path("pages-registers.show_register", register=found.name))
    queryables = url("collections.show_queryables", register=found.name)
    links = [
        link("items", items, f"Features of {found.title}", GEOJSON.media_type),
        link("items", f"{items}?f=html", f"Features of {found.title}", HTML.media_type),
        link("http://www.opengis.net/def/rel/ogc/1.0/queryables", queryables, "What can be asked", SCHEMA.media_type),
        link("describedby", page, "The register", HTML.media_type),
    ]
    if found.definition.licence.startswith("http"):
        links.append(link("license", found.definition.licence, "Licence", HTML.media_type))
    return links
