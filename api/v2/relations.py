"""Area to area: which areas of a register one area covers, overlaps or touches; and which have its ground another day.

Both registers are read at a state that their indexes have reached, which the answer names and rests on. A cursor has
these states and days, so that all pages are of the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask import Response
from marshmallow import Schema, fields

from api import current, cursors, paging, state
from api.caching import Caching
from api.negotiation import respond
from api.parameters import MOST, Day, Share, WholeNumber, at_parameter
from api.permissions import Permission
from api.v2 import pages, telling
from api.v2 import relation_documents as documents
from api.v2.blueprints import blueprint
from geo.areas import related
from geo.areas.following import Standing, find_areas
from geo.areas.related import Area
from geo.areas.relations import RELATIONS, Related
from registers import snapshot
from registers.canonical import canonical_json
from registers.entry import shortened
from registers.errors import Invalid
from registers.store.engine import Transaction

PAGE = 1000  # areas
DECIMALS = 9  # of a share
routes = blueprint("relations", "Areas: how they lie to one another, and what became of them")


class SuccessionQuery(Schema):
    """When, and how large a part."""

    on = Day("The day of the other areas; by default today, in UTC", "2026-01-05")
    at = at_parameter("A past state of the registers: a day (its end, in UTC), a timestamp; a size, if it is of one")
    from_at = fields.String(
        load_default=None,
        data_key="from-at",
        metadata={
            "description": "The state from which this area is taken; by default that of at",
            "example": "2022-12-31",
        },
    )
    least = Share("0.01", "Leave out what is a smaller share of both areas: slivers", data_key="least-share")
    limit = WholeNumber(PAGE, "How many areas in a page", MOST)
    after = pages.after_parameter()


class AreasQuery(SuccessionQuery):
    """Which areas, when, and how large a part."""

    to = fields.String(
        load_default=None,
        metadata={"description": "The register whose areas are asked for; by default this one", "example": "ward"},
    )
    relation = fields.String(
        load_default=None,
        metadata={"description": f"Only these, with commas between: {', '.join(RELATIONS)}", "example": "covers"},
    )
    since = Day(
        "The day this area is looked at; by default today, or the day of its life nearest to it",
        "2019-03-31",
        data_key="from",
    )
    least = Share("0", "Leave out what is a smaller share of both areas: slivers", data_key="least-share")


class Place(NamedTuple):
    """Where a page begins: the states of both registers, the days, how many areas come before."""

    size: int
    other_size: int
    since: date
    on: date
    before: int


@routes.resource(
    "/<segment:register>/records/<segment:key>/areas",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.AREAS,
    query=AreasQuery,
)
def list_areas(query: Mapping[str, Any], register: str, key: str) -> Response:
    """List the areas that an area covers, overlaps or touches

    Each has one relation, of whole shapes, which is exact: an area whose border was drawn a hair otherwise is not
    covered but overlapped. The shares of either area say how much is in common.
    """
    wanted = _relations(query["relation"])
    with current.store().reading() as tx:
        this, place = _begun(tx, query, register, key)
        to = _other(tx, this, query, place)
        place = place or _first(this, to, _day(tx, query), query["since"])
        state.rest_on([this.taken, to.taken], f"{place.since} {place.on}")
        found = related.areas_related(this, to, place.on)
        days = {"from": place.since.isoformat(), "on": place.on.isoformat()}
        told: dict[str, Any] = {"record": _told(this), **days, "to": telling.state(to.taken)}
    kept = [each for each in found if each.relation in wanted and not each.is_sliver(query["least"])]
    return _page(told, kept, place, query["limit"])


@routes.resource(
    "/<segment:register>/records/<segment:key>/succession",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.SUCCESSION,
    query=SuccessionQuery,
)
def list_succession(query: Mapping[str, Any], register: str, key: str) -> Response:
    """List the areas of the same register that have the ground of an area on another day

    On a day after its life they are its successors, before it its predecessors. Of an area that is there on the day it
    says so, and lists it among those that have its ground. `share` is the part of its ground that all in the list have.
    """
    with current.store().reading() as tx:
        this, place = _begun(tx, query, register, key)
        to = _other(tx, this, query, place)
        place = place or _first(this, to, _day(tx, query))
        state.rest_on([this.taken, to.taken], f"{place.on}")
        found = related.heirs(this, to, place.on)
        told: dict[str, Any] = {"record": _told(this), "on": place.on.isoformat(), "to": telling.state(to.taken)}
    kept = [each for each in found if not each.is_sliver(query["least"])]
    share = round(sum(each.share_of_this for each in kept), DECIMALS)
    told |= {"alive": this.lives(place.on), "role": this.role(place.on), "share": share}
    return _page(told, kept, place, query["limit"])


# What is asked


def _relations(text: str | None) -> Sequence[str]:
    chosen = RELATIONS if text is None else [name.strip() for name in text.split(",")]
    for name in chosen:
        if name not in RELATIONS:
            raise Invalid(f"relation: {shortened(name)} is not a relation: {', '.join(RELATIONS)}")
    return chosen


def _begun(tx: Transaction, query: Mapping[str, Any], register: str, key: str) -> tuple[Area, Place | None]:
    """The area, and where the page begins; None for the first one."""
    of_two = query.get("to") not in (None, register)
    if of_two and query["at"] is not None and query["at"].isdigit():
        raise Invalid("at: each register has sizes of its own, so here it is a day or a timestamp")
    place = _read(query["after"])
    at = (query["from_at"] or query["at"]) if place is None else str(place.size)
    return related.area_of(tx, current.areas(), register, key, at), place


def _other(tx: Transaction, this: Area, query: Mapping[str, Any], place: Place | None) -> Standing:
    name = query.get("to")
    register = this.taken.register if name is None else find_areas(tx, name)
    return current.areas().at(tx, register, query["at"] if place is None else str(place.other_size))


def _day(tx: Transaction, query: Mapping[str, Any]) -> date:
    asked: date | None = query["on"]
    return asked or snapshot.day_of(tx)


def _first(this: Area, to: Standing, on: date, since: date | None = None) -> Place:
    looked_at = this.day_of_life(snapshot.day_of(this.taken.tx), since)
    return Place(this.taken.size, to.taken.size, looked_at, on, 0)


def _read(after: str | None) -> Place | None:
    """The place that a cursor names. Raises Invalid for what is no cursor."""
    if after is None:
        return None
    size, other, since, on, before = (int(part) for part in cursors.read(after, int, int, int, int, int))
    days = range(1, date.max.toordinal() + 1)
    if min(size, other, before) < 0 or since not in days or on not in days:
        raise Invalid(cursors.REFUSAL)
    return Place(size, other, date.fromordinal(since), date.fromordinal(on), before)


# What is answered


def _page(told: dict[str, Any], found: list[Related], place: Place, limit: int) -> Response:
    """The page that begins at a place, of all that was found, and the link to the one after it."""
    end = place.before + limit
    register = told["to"]["register"]
    shown = [_area(each, register) for each in found[place.before : end]]
    answer = respond([canonical_json(told | {"areas": shown, "total": len(found)})])
    after = cursors.write(place.size, place.other_size, place.since.toordinal(), place.on.toordinal(), end)
    return paging.link(answer, [pages.next_link(after)] if end < len(found) else [])


def _told(this: Area) -> dict[str, Any]:
    return {**telling.version(this.version, this.taken.register.name), **telling.state(this.taken)}


def _area(each: Related, register: str) -> dict[str, Any]:
    shares = {
        "share-of-this": round(each.share_of_this, DECIMALS),
        "share-of-that": round(each.share_of_that, DECIMALS),
    }
    return {"register": register, **telling.version(each.version, register), "relation": each.relation, **shares}
