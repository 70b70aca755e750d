"""What `/v2/places` answers, for `openapi.yaml`: shapes, and an example in Manchester."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api.blueprint import MEGABYTE, Answer, Sent
from api.negotiation import CSV, JSON, NDJSON
from api.v2.postcode_documents import ASKED
from api.v2.shapes import shape, text

MATCHES = ("contains", "on-boundary", "nearest", "none")


_PLACE = shape(
    "Place",
    register=text("The register of areas"),
    match=text("How the point lies to the area", validate=OneOf(MATCHES)),
    key=text("The key of the area; not there when there is none", required=False),
    name=text("What it is called", required=False),
    distance=fields.Float(required=False, metadata={"description": "How far the nearest is, in metres", "minimum": 0}),
    start_date=text("The first day it was so, where that is known", required=False),
    end_date=text("The last day it was so, where that is known", required=False),
    entry_number=fields.Integer(required=False, metadata={"description": "The entry that says so", "minimum": 1}),
    record=text("Where the record is", required=False),
    entry=text("Where the entry is", required=False),
    entries=fields.Integer(required=True, metadata={"description": "The size the register is asked at", "minimum": 0}),
    root_hash=text("The root hash of the register at that size"),
)
_PLACES: dict[str, fields.Field[Any]] = {
    "point": fields.List(fields.Float(), required=True, metadata={"description": "Longitude and latitude"}),
    "postcode": fields.Nested(
        ASKED, required=False, metadata={"description": "The postcode that was asked for, live or terminated"}
    ),
    "on": text("The day that is asked about"),
    "hint": text("What to look at, when the point lies in no area", required=False),
    "places": fields.List(fields.Nested(_PLACE), required=True, metadata={"description": "By register, then by key"}),
}
AREAS_STATE = shape(
    "AreasState",
    register=text("A register of areas"),
    entries=fields.Integer(required=True, metadata={"description": "The size it is asked at", "minimum": 0}),
    root_hash=text("Its root hash at that size"),
)
_PLACE_OF_MANY = shape(
    "PlaceOfMany",
    register=text("The register of areas"),
    match=text("How the point lies to the area", validate=OneOf(MATCHES)),
    key=text("The key of the area; not there when there is none", required=False),
    name=text("What it is called", required=False),
)
_POINT_OF_MANY = shape(
    "PointOfMany",
    id=fields.Raw(required=False, metadata={"description": "What the point was sent with as its id"}),
    point=fields.List(fields.Float(), required=False, metadata={"description": "Longitude and latitude"}),
    places=fields.List(fields.Nested(_PLACE_OF_MANY), required=False, metadata={"description": "Where it lies"}),
    error=text("What is wrong with it, in place of the other two", required=False),
)
_BATCH = shape(
    "PlacesOfMany",
    on=text("The day that is asked about"),
    registers=fields.List(
        fields.Nested(AREAS_STATE), required=True, metadata={"description": "What the answer rests on"}
    ),
    points=fields.List(fields.Nested(_POINT_OF_MANY), required=True, metadata={"description": "In the order sent"}),
)
_POINT_SENT = shape(
    "PointSent",
    id=fields.Raw(required=False, metadata={"description": "Comes back with the answer"}),
    lon=fields.Float(required=False, metadata={"description": "Longitude, with lat"}),
    lat=fields.Float(required=False, metadata={"description": "Latitude"}),
    easting=fields.Float(required=False, metadata={"description": "Easting on the National Grid, with northing"}),
    northing=fields.Float(required=False, metadata={"description": "Northing"}),
    postcode=text("A postcode of the register postcode", required=False),
    record=text("A record with a position: its register, a colon, its key", required=False),
)
_POINTS_SENT = shape(
    "PointsSent",
    points=fields.List(fields.Nested(_POINT_SENT), required=True, metadata={"description": "100,000 at most"}),
)
COMPONENTS = {
    "Places": Schema.from_dict(_PLACES, name="Places"),
    "PlacesOfMany": _BATCH,
    "PointsSent": _POINTS_SENT,
}
BATCH_SENT = Sent(
    "POST",
    "Points, 100,000 at most: JSON objects, one to a line or in one document, or the rows of a CSV",
    "PointsSent",
    {
        JSON.media_type: {"points": [{"id": 1, "lon": -2.244644, "lat": 53.483959}, {"postcode": "M1 1AE"}]},
        NDJSON.media_type: '{"id":1,"lon":-2.244644,"lat":53.483959}\n{"easting":383819,"northing":398052}\n',
        CSV.media_type: "name,lon,lat\r\nTown hall,-2.244644,53.483959\r\n",
    },
    64 * MEGABYTE,
    asks=True,
)
_MANCHESTER = {"register": "local-authority-district", "match": "contains", "key": "E08000003", "name": "Manchester"}
BATCH = Answer(
    "The areas that each point lies in, in the order sent",
    "PlacesOfMany",
    {
        JSON: {
            "on": "2026-01-05",
            "registers": [
                {
                    "register": "local-authority-district",
                    "entries": 361,
                    "root-hash": "12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f",
                }
            ],
            "points": [
                {"id": 1, "point": [-2.244644, 53.483959], "places": [_MANCHESTER]},
                {"error": "postcode has no record M11AE"},
            ],
        },
        NDJSON: '{"id":1,"point":[-2.244644,53.483959],"places":[{"register":"ward","match":"none"}]}\n',
        CSV: "name,lon,lat,local-authority-district,error\r\nTown hall,-2.244644,53.483959,E08000003,\r\n",
    },
    {"Register-States": {"description": "Size and root hash of each register asked", "schema": {"type": "string"}}},
    problems=("NOT_FOUND", "GONE", "REQUEST_ENTITY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"),
)
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
                    "entry": "/v2/registers/local-authority-district/entries/75",
                    "entries": 361,
                    "root-hash": "12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f",
                }
            ],
        }
    },
    problems=("NOT_FOUND", "GONE"),
)
