"""From the query string to a question: filters, words, a day, an order, a choice of fields, what to expand.

where.<field>[.<op>]=value     op is eq (the default), in, gte, lte, prefix or exists
on=2019-04-01                  what was true in the world on that day
q=three words                  records with words that begin so, the best first
sort=key                       or -key, entry, -entry (the default: the latest entry first)
fields=name,start-date         only these fields
expand=local-authority         with the records that the field links to
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import request
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api.parameters import at_parameter
from registers.definition import Definition, Field
from registers.entry import shortened
from registers.errors import Invalid
from registers.folding import words_of
from registers.question import SORTS, Condition, Question, check, indexed_field

WHERE = "where."
MOST_FIELDS = 100
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _text(about: str, example: str) -> fields.String:
    return fields.String(load_default=None, metadata={"description": about, "example": example})


class QuestionQuery(Schema):
    """What is asked of records. The parameters `where.<field>` are open-ended: the view knows its register's fields."""

    OPEN_ENDED = (WHERE,)

    at = at_parameter()
    on = _text("Only what was true in the world on this day, by start-date and end-date", "2019-04-01")
    q = _text("Only records with words that begin with each of these words, the best match first", "united king")


class OrderedQuery(QuestionQuery):
    """A question whose answer is records, in an order, shown in part or in whole."""

    sort = fields.String(
        load_default=None,
        validate=OneOf(SORTS, error=f"is one of {', '.join(SORTS)}"),
        metadata={"description": "The order: by key or by entry, - for downwards; with q it is the ranking"},
    )
    chosen = fields.String(
        data_key="fields",
        load_default=None,
        metadata={"description": "Only these fields, with commas between", "example": "name,start-date"},
    )
    expand = _text("Give the records that these fields link to as well, with commas between", "local-authority")


def question(query: dict[str, Any], definition: Definition) -> Question:
    """The question that a request asks of a register. Raises Invalid, naming the parameter at fault."""
    if query.get("q") is not None and query.get("sort") is not None:
        raise Invalid("the parameters q and sort do not go together: what q finds comes in the order of its ranking")
    asked = Question(
        conditions=conditions(),
        on=_day(query.get("on")),
        words=query.get("q") or "",
        sort=query.get("sort") or SORTS[0],
    )
    if query.get("q") == "":
        raise Invalid("the parameter q is empty: give one word or more")
    check(asked, definition)
    return asked


def conditions() -> tuple[Condition, ...]:
    """The filters of the present request."""
    return tuple(_condition(name, value) for name, value in request.args.items() if name.startswith(WHERE))


def has_words(text: str) -> bool:
    """Whether there is anything in a text to look for."""
    return bool(words_of(text))


def _condition(name: str, value: str) -> Condition:
    field, _, op = name.removeprefix(WHERE).partition(".")
    values = tuple(value.split(",")) if op == "in" else (value,)
    return Condition(field, op or "eq", values)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Invalid(f"the parameter on is a day of the calendar such as 2019-04-01, not {shortened(text)}")


def chosen_fields(text: str | None, definition: Definition) -> list[str] | None:
    """The fields to show, in the order of the definition; None when none were chosen. Raises Invalid."""
    if text is None:
        return None
    names = _names("fields", text, definition)
    return [name for name in definition.field_names if name in names]


def expanded_fields(text: str | None, definition: Definition) -> list[Field]:
    """The fields whose links are to be followed. Raises Invalid for one that links to nothing."""
    if text is None:
        return []
    names = _names("expand", text, definition)
    linking = {field.name: field for field in definition.links}
    for name in names:
        if name not in linking:
            raise Invalid(f"the parameter expand: the field {name} does not link to a register")
    return [linking[name] for name in names]


def counted_fields(text: str | None, definition: Definition, most: int) -> list[str]:
    """The fields whose values are to be counted. Raises Invalid for one of which nothing can be asked."""
    names = [] if text is None else _names("field", text, definition)
    if len(names) > most:
        raise Invalid(f"the parameter field: takes at most {most} fields")
    return [indexed_field(definition, name, "field").name for name in names]


def _names(parameter: str, text: str, definition: Definition) -> Sequence[str]:
    names = list(dict.fromkeys(text.split(",")))
    known = definition.field_names
    for name in names[:MOST_FIELDS]:
        if name not in known:
            raise Invalid(f"the parameter {parameter}: {shortened(name)} is not one of the fields {', '.join(known)}")
    return names
