"""What `/ogc` answers, for `openapi.yaml`: shapes, and an example each."""

from __future__ import annotations

from typing import Any

from apispec import APISpec

from api.blueprint import Answer
from api.negotiation import GEOJSON, HTML, JSON, OPENAPI, SCHEMA

HERE = "https://registers.example.org/ogc"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_TEXT = {"type": "string"}
_PAGE = "<!DOCTYPE html>…"
_COUNT = {"type": "integer", "minimum": 0}


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*members], "properties": members}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_LINK = _object(href=_TEXT, rel=_TEXT, type=_TEXT, title=_TEXT)
_LINKS = _list({"$ref": "#/components/schemas/OgcLink"})
_FEATURE = _object(
    type={"type": "string", "enum": ["Feature"]},
    id=_TEXT,
    geometry={"anyOf": [{"type": "object"}, {"type": "null"}]},
    properties={"type": "object"},
)
_COLLECTION = _object(
    id=_TEXT,
    title=_TEXT,
    description=_TEXT,
    itemType=_TEXT,
    crs=_list(_TEXT),
    storageCrs=_TEXT,
    links=_LINKS,
)
COMPONENTS: dict[str, dict[str, Any]] = {
    "OgcLink": _LINK,
    "OgcLanding": _object(title=_TEXT, description=_TEXT, links=_LINKS),
    "OgcConformance": _object(conformsTo=_list(_TEXT)),
    "OgcDefinition": {"type": "object", "description": "An OpenAPI 3.0 document"},
    "OgcCollection": _COLLECTION,
    "OgcCollections": _object(links=_LINKS, collections=_list({"$ref": "#/components/schemas/OgcCollection"})),
    "OgcQueryables": {"type": "object", "description": "A JSON Schema"},
    "OgcFeature": _FEATURE,
    "OgcFeatures": _object(
        type={"type": "string", "enum": ["FeatureCollection"]},
        numberMatched=_COUNT,
        numberReturned=_COUNT,
        timeStamp=_TEXT,
        links=_LINKS,
        features=_list({"$ref": "#/components/schemas/OgcFeature"}),
    ),
}


def describe(spec: APISpec) -> None:
    """Add the shapes of `/ogc` to the documentation."""
    for name, shape in COMPONENTS.items():
        spec.components.schema(name, shape)


def _link(rel: str, path: str, title: str, media_type: str = "application/json") -> dict[str, str]:
    return {"href": HERE + path, "rel": rel, "type": media_type, "title": title}


_SCHOOLS = "/collections/school"
_SCHOOL = {
    "type": "Feature",
    "id": "100001",
    "geometry": {"type": "Point", "coordinates": [-0.096117, 51.519641]},
    "properties": {"school": "100001", "name": "City of London School for Girls", "start-date": "1920-01-01"},
}
_SHOWN = {
    "id": "school",
    "title": "School",
    "description": "Schools in England",
    "itemType": "feature",
    "crs": [CRS84],
    "storageCrs": CRS84,
    "extent": {"spatial": {"bbox": [[-6.309107, 49.913986, 1.751671, 55.785809]], "crs": CRS84}},
    "links": [_link("self", _SCHOOLS, "School"), _link("items", f"{_SCHOOLS}/items", "Features", GEOJSON.media_type)],
}
_CRS = {"Content-Crs": {"description": "The system of the coordinates, its URI in <>", "schema": _TEXT}}

LANDING = Answer(
    "The way in",
    "OgcLanding",
    {
        JSON: {
            "title": "Registers on the map",
            "description": "The registers of points and shapes, as OGC API - Features.",
            "links": [_link("self", "", "Registers on the map"), _link("data", "/collections", "Collections")],
        },
        HTML: _PAGE,
    },
)
CONFORMANCE = Answer(
    "What this conforms to",
    "OgcConformance",
    {JSON: {"conformsTo": ["http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"]}, HTML: _PAGE},
)
API = Answer("What can be asked", "OgcDefinition", {OPENAPI: {"openapi": "3.0.3"}, HTML: _PAGE})
COLLECTIONS = Answer(
    "The collections",
    "OgcCollections",
    {JSON: {"links": [_link("self", "/collections", "Collections")], "collections": [_SHOWN]}, HTML: _PAGE},
    problems=("NOT_FOUND",),
)
COLLECTION = Answer("The collection", "OgcCollection", {JSON: _SHOWN, HTML: _PAGE})
QUERYABLES = Answer(
    "What can be asked of the features",
    "OgcQueryables",
    {SCHEMA: {"type": "object", "properties": {"name": {"type": "string"}}}, HTML: _PAGE},
)
ITEMS = Answer(
    "A page of features",
    "OgcFeatures",
    {
        GEOJSON: {
            "type": "FeatureCollection",
            "numberMatched": 30188,
            "numberReturned": 1,
            "timeStamp": "2026-11-24T10:00:00Z",
            "links": [_link("next", f"{_SCHOOLS}/items?limit=1&after=WzQ5NTE0LDJd", "Next page", GEOJSON.media_type)],
            "features": [_SCHOOL],
        },
        HTML: _PAGE,
    },
    headers=_CRS,
)
ITEM = Answer("The feature", "OgcFeature", {GEOJSON: _SCHOOL, HTML: _PAGE}, headers=_CRS)
