"""What `/v2/postcodes` answers, for `openapi.yaml`: of a postcode, and of how some begin; an example in Aberdeen."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api.blueprint import Answer
from api.negotiation import JSON
from api.v2.documents import OF_STATE
from api.v2.shapes import count, shape, text
from geo.postcodes import LIVE, OUTWARD, SECTOR, TERMINATED, TO_COME
from geo.postcodes import POSTCODE as WHOLE

_POINT: dict[str, Any] = {
    "required": False,
    "metadata": {"description": "Longitude and latitude; not there when there is none"},
}
_ONE: dict[str, fields.Field[Any]] = {
    "postcode": text("The postcode as it is written"),
    "key": text("Its key, without the space"),
    "status": text("Whether it is live on the day", validate=OneOf((LIVE, TERMINATED, TO_COME))),
    "start_date": text("When it was introduced, last", required=False),
    "end_date": text("When it was terminated", required=False),
    "point": fields.List(fields.Float(), **_POINT),
    "record": text("Where its record is"),
    "places": text("Where the areas that it lies in are"),
}
_ASKED: dict[str, fields.Field[Any]] = {"on": text("The day that is asked about")}
ASKED = shape("PostcodeAsked", **_ONE)
_LISTED = shape("PostcodeListed", **_ONE)
_WHOLE = shape(
    "OnePostcode",
    kind=text("What was asked for", validate=OneOf((WHOLE,))),
    values=fields.Dict(required=True, metadata={"description": "All values of its record, by field"}),
    **_ASKED,
    **_ONE,
)
_BEGINNING = shape(
    "PostcodesBeginning",
    postcode=text("How they begin"),
    kind=text("What was asked for", validate=OneOf((OUTWARD, SECTOR))),
    live=count("How many are live on the day"),
    terminated=count("How many were terminated before"),
    to_come=count("How many are introduced later"),
    point=fields.List(fields.Float(), **_POINT),
    postcodes=fields.List(
        fields.Nested(shape("PostcodeListed", **_ONE)),
        required=True,
        metadata={"description": "By key, a page of them"},
    ),
    **_ASKED,
)
COMPONENTS: dict[str, type[Schema] | dict[str, Any]] = {
    "OnePostcode": _WHOLE,
    "PostcodesBeginning": _BEGINNING,
    "Postcode": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("OnePostcode", "PostcodesBeginning")]},
}
_NEXT = {
    "description": "The next page of those that begin so; the same at this very state, as memento",
    "schema": {"type": "string"},
    "example": '<?limit=100&after=WzMsIkFCMTAxQUIiXQ>; rel="next"',
}
POSTCODE = Answer(
    "The postcode, or those that begin so",
    "Postcode",
    {
        JSON: {
            "postcode": "AB1 0AA",
            "kind": "postcode",
            "on": "2026-01-05",
            "key": "AB10AA",
            "status": "terminated",
            "start-date": "1980-01",
            "end-date": "1996-06",
            "point": [-2.242851, 57.101474],
            "record": "/v2/registers/postcode/records/AB10AA",
            "places": "/v2/places?postcode=AB10AA",
            "values": {
                "postcode": "AB10AA",
                "name": "AB1 0AA",
                "start-date": "1980-01",
                "end-date": "1996-06",
                "point": "[-2.242851,57.101474]",
                "district": "S12000033",
            },
        }
    },
    OF_STATE | {"Link": _NEXT},
)
