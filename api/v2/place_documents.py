"""What `/v2/places` answers, for `openapi.yaml`: shapes, and an example in Manchester."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api.blueprint import Answer
from api.negotiation import JSON
from api.v2.shapes import shape, text

MATCHES = ("contains", "on-boundary", "none")


_PLACE = shape(
    "Place",
    register=text("The register of areas"),
    match=text("How the point lies to the area", validate=OneOf(MATCHES)),
    key=text("The key of the area; not there when there is none", required=False),
    name=text("What it is called", required=False),
    start_date=text("The first day it was so, where that is known", required=False),
    end_date=text("The last day it was so, where that is known", required=False),
    entry_number=fields.Integer(required=False, metadata={"description": "The entry that says so", "minimum": 1}),
    record=text("Where the record is", required=False),
    entries=fields.Integer(required=True, metadata={"description": "The size the register is asked at", "minimum": 0}),
    root_hash=text("The root hash of the register at that size"),
)
_PLACES: dict[str, fields.Field[Any]] = {
    "point": fields.List(fields.Float(), required=True, metadata={"description": "Longitude and latitude"}),
    "on": text("The day that is asked about"),
    "places": fields.List(fields.Nested(_PLACE), required=True, metadata={"description": "By register, then by key"}),
}
COMPONENTS = {"Places": Schema.from_dict(_PLACES, name="Places")}
PLACES = Answer(
    "The areas that the point lies in",
    "Places",
    {
        JSON: {
            "point": [-2.244644, 53.483959],
            "on": "2026-01-05",
            "places": [
                {
                    "register": "local-authority-district",
                    "match": "contains",
                    "key": "E08000003",
                    "name": "Manchester",
                    "start-date": "2023-05-01",
                    "entry-number": 75,
                    "record": "/v2/registers/local-authority-district/records/E08000003",
                    "entries": 361,
                    "root-hash": "12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f",
                }
            ],
        }
    },
    problems=("NOT_FOUND", "GONE"),
)
