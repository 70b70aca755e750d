"""The way into OGC API - Features: the landing page, what it conforms to, and its own OpenAPI 3.0 document."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.caching import Caching
from api.negotiation import HTML, OPENAPI, asked
from api.ogc import definition, documents
from api.ogc.blueprints import FormatQuery, answer, blueprint, collections, link, own_links, rest_on_release, url
from api.permissions import Permission

routes = blueprint("landing", "OGC API - Features")
TITLE = "Registers on the map"
ABOUT = "The registers of points and shapes, as OGC API - Features."
FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
FEATURES_2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf"
FEATURES_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMS_TO = (
    *(f"{FEATURES_1}/{name}" for name in ("core", "geojson", "html", "oas30")),
    f"{FEATURES_2}/crs",
    *(f"{FEATURES_3}/{name}" for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(f"{CQL2}/{name}" for name in ("cql2-text", "basic-cql2", "advanced-comparison-operators")),
    *(f"{CQL2}/{name}" for name in ("basic-spatial-functions", "basic-spatial-functions-plus")),
)


@routes.resource(
    "",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.LANDING,
    query=FormatQuery,
)
def show_landing(query: dict[str, Any]) -> Response:
    """Show the way in"""
    rest_on_release()
    api = url("landing.show_api")
    links = [
        *own_links(documents.LANDING.formats, TITLE),
        link("service-desc", api, "What can be asked, as OpenAPI 3.0", OPENAPI.content_type),
        link("service-doc", f"{api}?f=html", "What can be asked, for people", HTML.media_type),
        link("conformance", url("landing.show_conformance"), "What this conforms to"),
        link("data", url("collections.list_collections"), "Collections"),
    ]
    return answer({"title": TITLE, "description": ABOUT, "links": links}, title=TITLE, text=ABOUT)


@routes.resource(
    "/",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.LANDING,
    query=FormatQuery,
)
def show_landing_below(query: dict[str, Any]) -> Response:
    """Show the way in

    The same as without the slash, which programs add and leave out as they like.
    """
    return show_landing(query)


@routes.resource(
    "/conformance",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.CONFORMANCE,
    query=FormatQuery,
)
def show_conformance(query: dict[str, Any]) -> Response:
    """Show what this conforms to"""
    rest_on_release()
    listed = [(uri, uri) for uri in CONFORMS_TO]
    return answer({"conformsTo": list(CONFORMS_TO)}, title="What this conforms to", listed=listed)


@routes.resource(
    "/api",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.API,
    query=FormatQuery,
)
def show_api(query: dict[str, Any]) -> Response:
    """Show what can be asked, as OpenAPI 3.0

    Each collection by its name, with the properties of its features as parameters.
    """
    with collections() as found:
        document = definition.document([each.definition for each in found], url("landing.show_landing"))
    if asked() is not HTML:
        return answer(document)
    listed = [
        (f"{path}: {item['get']['summary']}", document["servers"][0]["url"] + path)
        for path, item in document["paths"].items()
    ]
    return answer({"links": own_links(documents.API.formats, TITLE)}, title="What can be asked", listed=listed)
