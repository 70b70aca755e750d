"""What areas say of one another, for `openapi.yaml`: shapes, and examples from districts of the United Kingdom."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api.blueprint import Answer
from api.negotiation import JSON
from api.v2.place_documents import AREAS_STATE
from api.v2.shapes import count, shape, text
from geo.areas.related import CONTEMPORARIES, PREDECESSORS, SUCCESSORS
from geo.areas.relations import RELATIONS

ROOT = "1220559a504f49aca822472ae20dd87b6c2dfbee3b08b41616b22be10b81a7c3ce74"
DISTRICT = "local-authority-district"


def _share(about: str) -> fields.Float:
    return fields.Float(required=True, metadata={"description": about, "minimum": 0})


_VERSION: dict[str, fields.Field[Any]] = {
    "register": text("Its register"),
    "key": text("Its key"),
    "name": text("What it is called"),
    "start_date": text("The first day it was so, where that is known", required=False),
    "end_date": text("The last day it was so, where that is known", required=False),
    "entry_number": count("The entry that says so", 1),
    "record": text("Where the record is"),
    "entry": text("Where the entry is"),
}
_THIS = shape(
    "ThisArea",
    **_VERSION,
    entries=count("The size its register is asked at"),
    root_hash=text("The root hash at that size"),
)
_THAT = shape(
    "RelatedArea",
    **_VERSION,
    relation=text("What this area does to that one", validate=OneOf(RELATIONS)),
    share_of_this=_share("The part of this area's ground that is that one's too"),
    share_of_that=_share("The part of that area's ground that is this one's too"),
)
_BOTH: dict[str, fields.Field[Any]] = {
    "record": fields.Nested(_THIS, required=True, metadata={"description": "This area, and its register's state"}),
    "on": text("The day of the areas"),
    "to": fields.Nested(AREAS_STATE, required=True),
    "areas": fields.List(
        fields.Nested(_THAT),
        required=True,
        metadata={"description": "The largest share of this one first, then by key"},
    ),
    "total": count("How many there are, on all pages"),
}
_AREAS = shape("RelatedAreas", **{"from": text("The day this area is looked at")}, **_BOTH)
_SUCCESSION = shape(
    "Succession",
    alive=fields.Boolean(required=True, metadata={"description": "Whether this area is there on the day"}),
    role=text("What they are to this one", validate=OneOf((SUCCESSORS, PREDECESSORS, CONTEMPORARIES))),
    share=_share("The part of this area's ground that all areas listed have"),
    **_BOTH,
)
COMPONENTS: dict[str, type[Schema]] = {"RelatedAreas": _AREAS, "Succession": _SUCCESSION}


def _example(key: str, name: str, **others: object) -> dict[str, object]:
    links = {
        "record": f"/v2/registers/{DISTRICT}/records/{key}",
        "entry": f"/v2/registers/{DISTRICT}/entries/{others['entry_number']}",
    }
    return {"register": DISTRICT, "key": key, "name": name, **links, **_hyphened(others)}


def _hyphened(members: dict[str, object]) -> dict[str, object]:
    return {name.replace("_", "-"): value for name, value in members.items()}


_TO = {"register": DISTRICT, "entries": 541, "root-hash": ROOT}
_AREAS_SHOWN = {
    "record": _example("E08000003", "Manchester", entry_number=243, entries=541, root_hash=ROOT),
    "from": "2026-01-05",
    "on": "2026-01-05",
    "to": _TO,
    "areas": [
        _example("E06000049", "Cheshire East", entry_number=46, relation="touches", share_of_this=0, share_of_that=0),
    ],
    "total": 8,
}
_SUCCESSION_SHOWN = {
    "record": _example("E07000163", "Craven", entry_number=535, end_date="2023-03-31", entries=541, root_hash=ROOT),
    "on": "2026-01-05",
    "alive": False,
    "role": "successors",
    "share": 1.0,
    "to": _TO,
    "areas": [
        _example(
            "E06000065",
            "North Yorkshire",
            entry_number=399,
            relation="covered-by",
            share_of_this=1.0,
            share_of_that=0.146970931,
        ),
    ],
    "total": 1,
}
_NEXT = {
    "description": "The next page",
    "schema": {"type": "string"},
    "example": '<?limit=1000&after=Wzhd>; rel="next"',
}
AREAS = Answer("The areas", "RelatedAreas", {JSON: _AREAS_SHOWN}, {"Link": _NEXT})
SUCCESSION = Answer("The areas that have its ground", "Succession", {JSON: _SUCCESSION_SHOWN}, {"Link": _NEXT})
