"""What `/located` answers, for `openapi.yaml`: shapes, and an example of schools."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from api.blueprint import Answer
from api.negotiation import JSON
from api.v2.place_documents import AREAS_STATE
from api.v2.shapes import count, shape, text

_POINT: dict[str, Any] = {"description": "Longitude and latitude"}
_FOUND = shape(
    "LocatedRecord",
    key=text("The key of the record"),
    name=text("What it is called"),
    point=fields.List(fields.Float(), required=False, metadata=_POINT),
    distance=fields.Float(
        required=False, metadata={"description": "How far from the point, in metres on the ellipsoid", "minimum": 0}
    ),
    start_date=text("The first day it was so, where that is known", required=False),
    end_date=text("The last day it was so, where that is known", required=False),
    entry_number=count("The entry that says so", 1),
    record=text("Where the record is"),
    entry=text("Where the entry is"),
)
_MEMBERS: dict[str, fields.Field[Any]] = {
    "register": text("The register"),
    "entries": count("The size it is asked at"),
    "root_hash": text("Its root hash at that size"),
    "on": text("The day that is asked about"),
    "point": fields.List(fields.Float(), required=False, metadata=_POINT),
    "in": fields.Nested(AREAS_STATE, required=False, metadata={"description": "The state of the area's register"}),
    "records": fields.List(
        fields.Nested(_FOUND),
        required=True,
        metadata={"description": "The nearest to the point first; without a point in the order of their entries"},
    ),
}
COMPONENTS = {"Located": shape("Located", **_MEMBERS)}
LOCATED = Answer(
    "The records, page by page",
    "Located",
    {
        JSON: {
            "register": "school",
            "entries": 49514,
            "root-hash": "1220307c2de9984056895b868caeeee0c675f43e1ce37ffaca32b6b5475e245cd7f7",
            "on": "2026-01-05",
            "point": [-2.244644, 53.483959],
            "records": [
                {
                    "key": "105362",
                    "name": "Chetham's School of Music",
                    "point": [-2.24338, 53.486612],
                    "distance": 307.0,
                    "entry-number": 5340,
                    "record": "/v2/registers/school/records/105362",
                    "entry": "/v2/registers/school/entries/5340",
                }
            ],
        }
    },
    {"Link": {"description": "The next page", "schema": {"type": "string"}}},
)
