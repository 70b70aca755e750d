"""Items as they are sent to be appended: JSON, NDJSON or CSV, made into changes that say where they stood."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from flask import request

from api import bodies
from api.negotiation import NDJSON
from registers.batch import Change
from registers.definition import Definition
from registers.entry import shortened
from registers.errors import Invalid
from registers.item import Value, parse_item

Placed = tuple[str, dict[str, object]]


def changes_sent(definition: Definition) -> list[Change]:
    """The items of the request's body, each for the key that it holds. Raises Invalid, naming the item at fault."""
    text = bodies.read_text()
    if request.mimetype == "text/csv":
        placed = _of_csv(text, definition)
    elif request.mimetype == NDJSON.media_type:
        placed = _of_ndjson(text)
    else:
        placed = _of_json(bodies.parse(text))
    return [_change(place, item, definition.key_field) for place, item in placed]


def _change(place: str, item: dict[str, object], key_field: str) -> Change:
    key = item.get(key_field)
    if not isinstance(key, str):
        raise Invalid(f"{place}: {key_field}: the item lacks it, or holds no text there, and it must be the key")
    return Change(key, item, place=place)


def _of_json(body: object) -> Iterator[Placed]:
    members = bodies.check_object(body, ("item", "items"))
    if len(members) != 1:
        raise Invalid('the body is {"item": {…}} for one item, or {"items": [{…}, …]} for many')
    given = members.get("items", [members.get("item")])
    if not isinstance(given, list):
        raise Invalid(f"items: is a list of items, not {shortened(given)}")
    for number, item in enumerate(given, 1):
        place = f"item {number}" if "items" in members else "the item"
        if not isinstance(item, dict):
            raise Invalid(f"{place}: an item is a JSON object, and {shortened(item)} is not")
        yield place, item


def _of_ndjson(text: str) -> Iterator[Placed]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield f"line {number}", dict(parse_item(line))
            except Invalid as error:
                raise Invalid(f"line {number}: {error}") from None


def _of_csv(text: str, definition: Definition) -> Iterator[Placed]:
    """Rows below a row of field names; the members of a list are joined by `;`, as in the CSV that is served."""
    many = {field.name: field.many for field in definition.fields}
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    header: list[str] | None = None
    for number, row in _rows(reader):
        if header is None:
            header = _header(row, many)
            continue
        if len(row) != len(header):
            raise Invalid(f"line {number}: has {len(row)} cells, and the header {len(header)}")
        yield f"line {number}", {name: _cell(cell, many[name]) for name, cell in zip(header, row, strict=True)}


def _rows(reader: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line on which it ends."""
    rows = iter(reader)
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise Invalid(f"line {reader.line_num}: is not CSV: {error}") from None  # type: ignore[attr-defined]
        if row is None:
            return
        if row:
            yield reader.line_num, row  # type: ignore[attr-defined]


def _header(row: list[str], known: Iterable[str]) -> list[str]:
    for name in row:
        if name not in known:
            raise Invalid(f"the header names {shortened(name)}, and the fields are {', '.join(known)}")
        if row.count(name) > 1:
            raise Invalid(f"the header names {name} twice")
    return row


def _cell(cell: str, many: bool) -> Value:
    return cell.split(";") if many and cell else cell
