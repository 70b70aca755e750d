"""Postcodes, live and terminated: one as it is, or those that begin so, counted and page by page."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Response
from marshmallow import Schema

from api import current, cursors, paging, state
from api.caching import Caching
from api.negotiation import respond
from api.parameters import MOST, Day, WholeNumber, at_parameter
from api.permissions import Permission
from api.v2 import pages, standing
from api.v2 import postcode_documents as documents
from api.v2.blueprints import blueprint
from geo import postcodes
from geo.postcodes import Postcode, Sought
from registers import snapshot
from registers.canonical import canonical_json
from registers.errors import Invalid
from registers.snapshot import Snapshot
from registers.store.engine import Transaction

PAGE = 100  # postcodes
routes = blueprint(
    "postcodes",
    "Postcodes, live and terminated",
    prefix="/v2/postcodes",
    path_parameters={"postcode": {"description": "A postcode, or how it begins", "example": "AB10 1AA"}},
)


class PostcodeQuery(Schema):
    """When, and which page."""

    on = Day("The day on which they are live or terminated; by default today, in UTC", "2020-04-01")
    at = at_parameter()
    limit = WholeNumber(PAGE, "Of a beginning: how many postcodes in a page", MOST)
    after = pages.after_parameter()


@routes.resource(
    "/<segment:postcode>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.POSTCODE,
    query=PostcodeQuery,
)
def show_postcode(query: Mapping[str, Any], postcode: str) -> Response:
    """Show a postcode, or those that begin so

    However it is spaced and cased. A terminated postcode is answered like any other, with its `status` and its
    `end-date`. Of an outward code (M1) or a sector (M1 1): how many are live and terminated, the middle of the live
    ones, and the postcodes by key, page by page.
    """
    sought = postcodes.sought(postcode)
    with current.store().reading() as tx:
        day = query["on"] or snapshot.day_of(tx)
        size, key = _place(query["after"])
        taken = postcodes.register_at(tx, query["at"] if size is None else str(size), postcode)
        state.rest_on([taken], f"{day}")
        standing.name_state(standing.headers_of(taken), str(taken.size))
        told = {"postcode": sought.written, "kind": sought.kind, "on": day.isoformat()}
        if sought.kind != postcodes.POSTCODE:
            return _beginning(taken, sought, told, (key, query["limit"]), day)
        found = postcodes.postcode(taken, sought.key)
    return respond([canonical_json(told | told_of(found, day) | {"values": found.item})])


def _place(after: str | None) -> tuple[int | None, str]:
    """The size that the pages are of, and the key of the last postcode of the page before."""
    if after is None:
        return None, ""
    size, key = cursors.read(after, int, str)
    if not isinstance(size, int) or size < 0:
        raise Invalid(cursors.REFUSAL)
    return size, str(key)


def _beginning(taken: Snapshot, sought: Sought, told: dict[str, Any], page: tuple[str, int], day: date) -> Response:
    """The postcodes that begin so: what they are together, and a page of them after a key."""
    after, limit = page
    found = postcodes.postcodes(taken, sought)
    statuses = [each.status(day) for each in found]
    counted = Counter(statuses)
    told |= {status: counted[status] for status in (postcodes.LIVE, postcodes.TERMINATED, postcodes.TO_COME)}
    live = (each for each, status in zip(found, statuses, strict=True) if status == postcodes.LIVE)
    if point := postcodes.middle(each.point for each in live):
        told["point"] = list(point)
    begin = bisect_right([each.key for each in found], after)
    shown = found[begin : begin + limit]
    told["postcodes"] = [told_of(each, day) for each in shown]
    more = begin + limit < len(found)
    links = [pages.next_link(cursors.write(taken.size, shown[-1].key))] if more else []
    return paging.link(respond([canonical_json(told)]), links)


def told_of(found: Postcode, day: date) -> dict[str, Any]:
    """A postcode: where it is, whether it is live on a day, and where more is to be had."""
    dates = {name: found.item[name] for name in ("start-date", "end-date") if name in found.item}
    links = {
        "record": paging.full_path("v2-records.show_record", register=postcodes.REGISTER, key=found.key),
        "places": paging.full_path("v2-places.find_places", postcode=found.key),
    }
    point = {"point": list(found.point)} if found.point else {}
    return {"postcode": found.written, "key": found.key, "status": found.status(day)} | dates | point | links


def asked_by(tx: Transaction, text: str, day: date) -> dict[str, Any]:
    """A postcode of which something else is asked, such as its places, however it is spaced. Raises NotFound."""
    taken = postcodes.register_at(tx, None, text)
    return told_of(postcodes.postcode(taken, text.replace(" ", "").upper()), day)
