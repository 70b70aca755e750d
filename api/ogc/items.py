"""The features of a collection, page by page, and one of them: GeoJSON, made ready when the register changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely  # type: ignore[import-untyped]
from flask import Response, request

from api import cursors, hosts, paging
from api.caching import Caching
from api.negotiation import GEOJSON, HTML, JSON, asked
from api.ogc import documents
from api.ogc.asking import MOST, ItemQuery, ItemsQuery, asked_of
from api.ogc.blueprints import Collection, Link, answer, blueprint, collection, here, link, own_links, url
from api.ogc.systems import CRS84, System, geometries, system
from api.permissions import Permission
from geo.features.positions import Numbers, Positions
from geo.features.selecting import page, select
from geo.features.zooming import zoomed
from registers.canonical import canonical_json
from registers.entry import shortened, timestamp_text
from registers.errors import Invalid, NotFound

routes = blueprint("items", "Features of a collection", "/ogc/collections")
SHOWN = 100  # features of a page for people, unless it asks for more
COLUMNS = 8  # of a table for people


@routes.resource(
    "/<segment:register>/items",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.ITEMS,
    query=ItemsQuery,
)
def list_items(query: Mapping[str, Any], register: str) -> Response:
    """List the features of a collection

    Those that are records now, with a position; of a past state with `at`. All pages are of the state of the first.
    """
    to = system(query["crs"], "crs")
    with collection(register, query["at"]) as found:
        wanted = asked_of(found.definition, query, request.args)
        size, after = _place(found, query["after"])
        numbers = select(found.made, size, wanted)
        shown = page(found.made, numbers, after, _limit(query))
        links = _links(found, _beyond(found.made, numbers, shown, size))
        if asked() is HTML:
            return answer({"links": links}, **_table(found, shown, len(numbers)))
        counts = {"numberMatched": len(numbers), "numberReturned": len(shown)}
        head = {"type": "FeatureCollection", **counts, "timeStamp": timestamp_text(found.taken.tx.clock())}
        features = _features(found.made, shown, to, query["zoom"])
    opening = json.dumps(head | {"links": links}, ensure_ascii=False, separators=(",", ":")).encode()[:-1]
    return _geojson(opening + b',"features":[' + b",".join(features) + b"]}", to)


@routes.resource(
    "/<segment:register>/items/<segment:key>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.ITEM,
    query=ItemQuery,
)
def show_item(query: Mapping[str, Any], register: str, key: str) -> Response:
    """Show a feature"""
    to = system(query["crs"], "crs")
    with collection(register, query["at"]) as found:
        number = found.made.find(key, found.taken.size)
        if number is None:
            raise NotFound(f"{register} has no feature {shortened(key)}: no such record, or one without a position")
        name = found.made.name(number)
        links = [*own_links(documents.ITEM.formats, name), _collection_link(found), *_record_links(register, key)]
        if asked() is HTML:
            return answer({"links": links}, **_facts(found, number, name))
        (feature,) = _features(found.made, np.array([number]), to, query["zoom"])
    return _geojson(feature[:-1] + b',"links":' + canonical_json(links).encode() + b"}", to)


def _geojson(body: bytes, to: System) -> Response:
    response = Response(body, content_type=GEOJSON.content_type)
    response.headers["Content-Crs"] = f"<{to.uri}>"
    return response


def _features(positions: Positions, numbers: Numbers, to: System, zoom: int | None) -> list[bytes]:
    """The features with their geometries in a system, as fine as a map of a zoom level shows them."""
    if to.uri == CRS84 and zoom is None:
        return [positions.feature(number) for number in numbers.tolist()]
    if zoom is None:
        texts = geometries(positions.shapes(numbers), to)
    else:
        texts = zoomed(positions, zoom).geometries(positions, numbers)
        texts = texts if to.uri == CRS84 else geometries(shapely.from_geojson(texts), to)
    parts = map(positions.parts, numbers.tolist())
    return [part.before + text + part.after for part, text in zip(parts, texts, strict=True)]


# Pages


def _limit(query: Mapping[str, Any]) -> int:
    if asked() is HTML and "limit" not in request.args:
        return SHOWN
    return min(int(query["limit"]), MOST)


def _place(found: Collection, after: str | None) -> tuple[int, int]:
    """The size that a page is of, and the entry after which it begins."""
    if after is None:
        return found.taken.size, 0
    size, entry = cursors.read(after, int, int)
    if not (isinstance(size, int) and isinstance(entry, int) and 0 <= size <= found.taken.size and entry >= 0):
        raise Invalid(cursors.REFUSAL)
    return size, entry


def _beyond(positions: Positions, numbers: Numbers, shown: Numbers, size: int) -> str | None:
    """The cursor of the next page; None when there is none."""
    if not len(shown) or shown[-1] == numbers[-1]:
        return None
    return cursors.write(size, int(positions.spans[shown[-1], 0]))


def _links(found: Collection, beyond: str | None) -> list[Link]:
    links = [*own_links(documents.ITEMS.formats, found.title), _collection_link(found)]
    if beyond:
        links.append(link("next", here(after=beyond), "Next page", asked().content_type))
    return links


def _collection_link(found: Collection) -> Link:
    return link("collection", url("collections.show_collection", register=found.name), found.title)


def _record_links(register: str, key: str) -> list[Link]:
    record = hosts.absolute(paging.full_path("v2-records.show_record", register=register, key=key))
    return [link("canonical", record, "The record", JSON.media_type)]


# Pages for people


def _table(found: Collection, shown: Numbers, matched: int) -> dict[str, Any]:
    positions = found.made
    listed = [(positions.key(n), positions.name(n), positions.properties(n)) for n in shown.tolist()]
    columns = list(dict.fromkeys(name for *_, values in listed for name in values))[:COLUMNS]
    rows = [
        {
            "href": url("items.show_item", register=found.name, key=key),
            "text": name,
            "values": [values.get(column, "") for column in columns],
        }
        for key, name, values in listed
    ]
    text = f"{matched:,} features match; {len(rows):,} of them are shown."
    return {"title": f"Features of {found.title}", "text": text, "columns": columns, "rows": rows}


def _facts(found: Collection, number: int, name: str) -> dict[str, Any]:
    west, south, east, north = found.made.boxes[number].tolist()
    where = f"{west}, {south}" if found.made.is_point[number] else f"{west}, {south} to {east}, {north}"
    facts = list(found.made.properties(number).items())
    return {"title": name, "facts": [*facts, ("longitude, latitude", where)]}
