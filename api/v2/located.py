"""Records by where they are: nearest to a point, within so many metres, within an area, within a box."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from flask import Response
from marshmallow import fields

from api import current, cursors, paging, state
from api.caching import Caching
from api.negotiation import respond
from api.parameters import MOST, WholeNumber
from api.permissions import Permission
from api.v2 import located_documents as documents
from api.v2 import pages, telling, whereabouts
from api.v2.blueprints import blueprint
from api.v2.whereabouts import WhenQuery, WhereQuery
from geo.areas.following import Standing
from geo.areas.related import area_of
from geo.areas.relations import sound_shape
from geo.features import located
from geo.features.located import Located, Sought
from geo.features.windows import Window, corners_of, window_in_degrees
from registers.canonical import canonical_json
from registers.entry import shortened
from registers.errors import Invalid
from registers.store.engine import Transaction

PAGE = 10
DECIMALS = 1  # of metres
routes = blueprint("located", "Records by where they are")


class LocatedQuery(WhereQuery, WhenQuery):
    """Where and when: a point, an area, a box, or several of these."""

    area = fields.String(
        load_default=None,
        data_key="in",
        metadata={
            "description": "Only within this area: its register, a colon, its key",
            "example": "local-authority-district:E08000003",
        },
    )
    bbox = fields.String(
        load_default=None,
        metadata={"description": "Only within this box: west, south, east, north", "example": "-0.3,51.4,0.1,51.6"},
    )
    limit = WholeNumber(PAGE, "How many records in a page", MOST)
    after = pages.after_parameter()


class Page(NamedTuple):
    """Where a page begins: the states of the register and of that of the area, the day, how many come before."""

    size: int
    area_size: int
    day: date
    before: int


@routes.resource(
    "/<segment:register>/located",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.LOCATED,
    query=LocatedQuery,
)
def list_located(query: Mapping[str, Any], register: str) -> Response:
    """List records by where they are

    The nearest to a point, with their distance in metres on the ellipsoid; or those within so many metres, within an
    area, within a box, on a day. What is asked for goes together. All pages are of one state.
    """
    has_point = _check(query)
    page = _read(query["after"])
    with current.store().reading() as tx:
        taken, positions = current.features().at(tx, register, _at(query, page and page.size))
        point = whereabouts.point(tx, query) if has_point else None
        day = page.day if page else whereabouts.day(tx, query)
        area, shape = _area(tx, query, page) if query["area"] else (None, None)
        states = [taken, *([area.taken] if area else [])]
        state.rest_on(states, f"{day} {point}")
        told = {**telling.state(taken), "on": day.isoformat()} | ({"point": list(point)} if point else {})
        told |= {"in": telling.state(area.taken)} if area else {}
    sought = Sought(taken.size, day.toordinal(), point, query["within"], _window(query["bbox"]), shape)
    page = page or Page(taken.size, area.taken.size if area else 0, day, 0)
    found, is_more = located.find(positions, sought, page.before, query["limit"]) if positions else ([], False)
    answer = respond([canonical_json(told | {"records": [_told(each, register) for each in found]})])
    after = cursors.write(page.size, page.area_size, page.day.toordinal(), page.before + query["limit"])
    return paging.link(answer, [pages.next_link(after)] if is_more else [])


def _check(query: Mapping[str, Any]) -> bool:
    """Whether a point is asked about. Raises Invalid when nothing is."""
    whereabouts.moment(query["at"])
    has_point = whereabouts.check_way(query, required=False)
    if not has_point and query["within"] is not None:
        raise Invalid("within: is how far from a point, and there is none")
    if not (has_point or query["area"] or query["bbox"]):
        raise Invalid("say where: a point (lon and lat, easting and northing, postcode, record), in, or bbox")
    return has_point


def _at(query: Mapping[str, Any], size: int | None) -> str | None:
    return query["at"] if size is None else str(size)


def _read(after: str | None) -> Page | None:
    """The page that a cursor begins. Raises Invalid for what is no cursor."""
    if after is None:
        return None
    size, area, day, before = (int(part) for part in cursors.read(after, int, int, int, int))
    if min(size, area, before) < 0 or day not in range(1, date.max.toordinal() + 1):
        raise Invalid(cursors.REFUSAL)
    return Page(size, area, date.fromordinal(day), before)


def _window(bbox: str | None) -> Window | None:
    if bbox is None:
        return None
    try:
        return window_in_degrees(*corners_of(bbox))
    except Invalid as error:
        raise Invalid(f"bbox: {str(error).removeprefix('bbox: ')}") from None


def _area(tx: Transaction, query: Mapping[str, Any], page: Page | None) -> tuple[Standing, Any]:
    """The register of the area that is asked about, at its state, and the area's shape."""
    name, colon, key = query["area"].partition(":")
    if not colon:
        raise Invalid(f"in: is a register, a colon and a key, such as ward:E05000026, not {shortened(name)}")
    area = area_of(tx, current.areas(), name, key, _at(query, page and page.area_size))
    assert area.standing.index
    return area.standing, sound_shape(area.standing.index, area.shape)


def _told(each: Located, register: str) -> dict[str, Any]:
    told = {**telling.version(each.version, register)}
    told |= {"point": list(each.point)} if each.point else {}
    return told | ({"distance": round(each.metres, DECIMALS)} if each.metres is not None else {})
