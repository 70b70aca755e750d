"""From a query string to what is asked of a collection: where, when, and which values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, fields

from api.ogc.blueprints import format_parameter
from api.ogc.systems import CRS84, in_degrees, system
from api.parameters import WholeNumber, at_parameter
from geo.features.conditions import Compare, Condition, Property, Value
from geo.features.cql2 import DATE, GEOMETRY, NUMBER, TEXT, TRUTH, parse
from geo.features.following import position_field, property_fields, typed
from geo.features.selecting import Asked
from geo.features.windows import Window, corners_of
from geo.features.zooming import MOST as CLOSEST
from registers.datatypes import datatype
from registers.definition import Definition, Field
from registers.entry import shortened
from registers.errors import Invalid

MOST = 10_000  # features in one page
DEFAULT = 1000
CQL2_TEXT = "cql2-text"
KINDS = {"integer": NUMBER, "boolean": TRUTH, "datetime": DATE, "timestamp": DATE}
PRIMARY = "geometry"  # what the position of a feature is called in a filter


def _text(about: str, example: str, default: str | None = None, **named: Any) -> fields.String:
    return fields.String(load_default=default, metadata={"description": about, "example": example}, **named)


class ItemQuery(Schema):
    """How a feature is written."""

    f = format_parameter()
    crs = _text("The system of the coordinates, by its URI", CRS84, CRS84)
    zoom = WholeNumber(None, "Shapes only as fine as a map of this zoom level shows", maximum=CLOSEST, minimum=0)
    at = at_parameter()


class ItemsQuery(ItemQuery):
    """Which features, and how they are written. Properties are asked for by their own names."""

    OPEN_ENDED = ("",)

    limit = WholeNumber(DEFAULT, f"Features in a page; more than {MOST} are taken for {MOST}")
    bbox = _text("Four numbers, two corners; or six with heights, which count for nothing", "-0.3,51.4,0.1,51.6")
    bbox_crs = _text("The system of the bbox, by its URI", CRS84, CRS84, data_key="bbox-crs")
    datetime = _text("A day, a time or two with a / between: features that were true then", "2020-01-01/..")
    filter = _text("A condition in CQL2 text", "town = 'London' AND name LIKE 'St%'")
    filter_lang = _text("The language of the filter", CQL2_TEXT, CQL2_TEXT, data_key="filter-lang")
    filter_crs = _text("The system of shapes in the filter, by its URI", CRS84, CRS84, data_key="filter-crs")
    after = _text("Where the page before ended, as its link says", "WzEsMl0")


RESERVED = frozenset(field.data_key or name for name, field in ItemsQuery().fields.items())


def asked_of(definition: Definition, query: Mapping[str, Any], given: Mapping[str, str]) -> Asked:
    """What is asked of a collection; `given` is the whole query string. Raises Invalid, naming what is wrong."""
    conditions = (*_equalities(definition, given), *_filter(definition, query))
    return Asked(_window(query), _days(query["datetime"]), conditions)


# Where


def _window(query: Mapping[str, Any]) -> Window | None:
    given = system(query["bbox_crs"], "bbox-crs")
    if query["bbox"] is None:
        return None
    numbers = corners_of(query["bbox"])
    try:
        return given.window(*numbers)
    except Invalid as error:
        raise Invalid(f"bbox: {error}") from None


# When


def _days(text: str | None) -> tuple[int | None, int | None] | None:
    """The first and the last day that a datetime spans; None where it has no bound."""
    if text is None:
        return None
    start, slash, end = text.partition("/")
    if not slash:
        return _day(start), _day(start)
    first, last = (None if bound in ("", "..") else _day(bound) for bound in (start, end))
    if first is not None and last is not None and first > last:
        raise Invalid(f"datetime: {shortened(text)} ends before it begins")
    return first, last


def _day(text: str) -> int:
    text = text.removesuffix("T")  # GDAL writes one after a day
    try:
        if len(text) == len("2020-01-01"):
            return date.fromisoformat(text).toordinal()
        if len(text) >= len("2020-01-01T10:30:00Z") and text[10] in "Tt":
            moment = datetime.fromisoformat(text.upper())
            if moment.tzinfo is not None:
                return moment.astimezone(UTC).toordinal()
    except (ValueError, OverflowError):
        pass
    raise Invalid(
        f"datetime: {shortened(text)} is neither a day such as 2020-01-01 nor a time such as 2020-01-01T10:30:00Z"
    )


# Values


def kinds_of(definition: Definition) -> dict[str, str]:
    """What can be asked of in a filter: each property with the kind of its values, and the position."""
    position = position_field(definition)
    found = {field.name: KINDS.get(field.datatype, TEXT) for field in property_fields(definition)}
    return found | {name: GEOMETRY for name in (position.name if position else PRIMARY, PRIMARY) if name not in found}


def filterable(definition: Definition) -> list[Field]:
    """The properties that can be asked for by a parameter of their own name."""
    return [field for field in property_fields(definition) if field.name not in RESERVED]


def _filter(definition: Definition, query: Mapping[str, Any]) -> Iterator[Condition]:
    given = system(query["filter_crs"], "filter-crs")
    if query["filter_lang"] != CQL2_TEXT:
        raise Invalid(
            f"filter-lang: {shortened(query['filter_lang'])} is not a language known here, which is {CQL2_TEXT}"
        )
    if query["filter"] is not None:
        yield parse(query["filter"], kinds_of(definition), lambda shape: in_degrees(shape, given))


def _equalities(definition: Definition, given: Mapping[str, str]) -> Iterator[Condition]:
    known = {field.name: field for field in filterable(definition)}
    for name, text in given.items():
        if name in RESERVED:
            continue
        if name not in known:
            there = ", ".join(sorted({*RESERVED, *known}))
            raise Invalid(f"this resource has no parameter {shortened(name)}: it has {there}")
        yield Compare("=", Property(name), _value(known[name], text))


def _value(field: Field, text: str) -> Value:
    if KINDS.get(field.datatype) in (NUMBER, TRUTH) and (reason := datatype(field.datatype).check(text)):
        raise Invalid(f"{field.name}: {shortened(text)} {reason}")
    return typed(field, text)
