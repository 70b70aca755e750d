"""Parameters, taken strictly: an unknown or a repeated one is an error that names it, a number is a plain number."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from functools import cached_property
from typing import Any, NoReturn

from flask import Request
from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Range
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict

from registers.entry import shortened
from registers.errors import Invalid, NotFound

MOST = 5000  # records or entries in one answer
HUGE = 10**18  # stands for any number of so many digits or more; no log is so long, and databases can hold it
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_PLAIN = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_SHARE = re.compile(r"[01](?:\.[0-9]{1,9})?", re.ASCII)
_WHOLE = re.compile("0|-?[1-9][0-9]*", re.ASCII)


def whole_number(text: str) -> int | None:
    """A whole number as it is plainly written, at most ±HUGE; None for any other text."""
    if not _WHOLE.fullmatch(text):
        return None
    if len(text.lstrip("-")) > 18:
        return -HUGE if text.startswith("-") else HUGE
    return int(text)


def path_number(text: str) -> int:
    """The number that a segment of a path is. Raises NotFound for a segment that is not a number."""
    number = whole_number(text)
    if number is None:
        raise NotFound(f"there is nothing at {shortened(text)}, which is not a whole number")
    return number


class WholeNumber(fields.Integer):
    """A parameter that is a whole number from 1 or another minimum, up to a maximum if there is one."""

    def __init__(
        self, default: int | None, about: str, maximum: int | None = None, minimum: int = 1, **named: Any
    ) -> None:
        bounds = f"from {minimum} to {maximum}" if maximum else f"of {minimum} or more"
        sentence = f"is a whole number {bounds}"
        super().__init__(
            load_default=default,
            validate=Range(min=minimum, max=maximum, error=sentence),
            error_messages={"invalid": sentence},
            metadata={"description": about},
            **named,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        number = whole_number(value)
        if number is None:
            raise self.make_error("invalid")
        return number


class Day(fields.Date):
    """A parameter that is a day."""

    def __init__(self, about: str, example: str, **named: Any) -> None:
        super().__init__(load_default=None, metadata={"description": about, "example": example}, **named)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> date:
        try:
            if _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise ValidationError(f"is a day of the calendar such as 2020-04-01, not {shortened(value)}")


class Share(fields.Float):
    """A parameter that is a part of a whole: a number from 0 to 1."""

    def __init__(self, default: str, about: str, **named: Any) -> None:
        bounds = {"minimum": 0, "maximum": 1}
        super().__init__(load_default=float(default), metadata={"description": about, **bounds}, **named)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> float:
        if _SHARE.fullmatch(value) and float(value) <= 1:
            return float(value)
        raise ValidationError("is a number from 0 to 1, such as 0.01")


class Metres(fields.Float):
    """A parameter that is a distance: a number of metres above 0, up to half round the Earth."""

    MOST = 20_003_932

    def __init__(self, about: str, **named: Any) -> None:
        bounds = {"exclusiveMinimum": 0, "maximum": self.MOST, "example": 500}
        super().__init__(load_default=None, metadata={"description": about, **bounds}, **named)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> float:
        if _PLAIN.fullmatch(value) and 0 < float(value) <= self.MOST:
            return float(value)
        raise ValidationError(f"is a number of metres above 0, up to {self.MOST:,}, such as 500")


def at_parameter(
    about: str = "A past state: a size of the log, a day (its end, in UTC) or a timestamp", example: str = "2018-06-13"
) -> fields.String:
    """The parameter `at`, as every resource with past states has it."""
    return fields.String(load_default=None, metadata={"description": about, "example": example})


class Given:
    """Mixed into a schema of parameters: only those that are given are looked at, the others have their defaults.

    A schema as it comes asks each of its fields for each request, which takes longer than most answers.
    """

    load_fields: Mapping[str, fields.Field[Any]]

    def load(self, data: Mapping[str, str], **_: Any) -> dict[str, Any]:
        """The parameters by the names of their fields. Raises ValidationError, naming those at fault."""
        found = dict(self.defaults)
        wrong: dict[str, Any] = {name: [message] for name, message in self.required.items() if name not in data}
        for name, text in data.items():
            attribute, field = self.by_name.get(name, ("", None))
            if field is None:
                continue  # it is for the view to know it
            try:
                found[attribute] = text if name in self.plain else field.deserialize(text, name, data)
            except ValidationError as error:
                wrong[name] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return found

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """What parameters are that are not given."""
        return {name: field.load_default for name, field in self.load_fields.items() if not field.required}

    @cached_property
    def plain(self) -> frozenset[str]:
        """The parameters that are text of any kind, taken as it comes."""
        read = self.by_name.items()
        return frozenset(name for name, (_, field) in read if type(field) is fields.String and not field.validators)

    @cached_property
    def required(self) -> dict[str, str]:
        """What is said where a parameter is lacking that has to be given, by its name."""
        fields = self.by_name.items()
        return {name: str(field.error_messages["required"]) for name, (_, field) in fields if field.required}

    @cached_property
    def by_name(self) -> dict[str, tuple[str, fields.Field[Any]]]:
        """Each field, with its name, by the name of its parameter."""
        return {field.data_key or name: (name, field) for name, field in self.load_fields.items()}


def schema_of(query: type[Schema]) -> Schema:
    """A schema of parameters that looks at those that are given."""
    made: Schema = type(query.__name__, (Given, query), {})()
    return made


class Parser(FlaskParser):
    """Reads parameters into their schema, and says which is wrong as this project says it."""

    DEFAULT_VALIDATION_STATUS = 400

    def load_querystring(self, req: Request, schema: Schema) -> dict[str, str]:
        """Each parameter as it was sent; that one is sent twice was refused before."""
        return req.args.to_dict()

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Raise Invalid, naming the first parameter at fault."""
        places: dict[str, dict[str, list[str]]] = error.normalized_messages()  # type: ignore[no-untyped-call]
        for place in places.values():
            for name, messages in place.items():
                raise Invalid(f"the parameter {name} {messages[0]}")
        raise Invalid("the parameters cannot be read")


def check_known(given: MultiDict[str, str], known: Collection[str], open_ended: tuple[str, ...] = ()) -> None:
    """Raise Invalid for a parameter that the resource does not have, that is given more than once or holds U+0000.

    What begins with one of `open_ended` is known; the view itself says which of those there are.
    """
    for name in given:
        if name not in known and not name.startswith(open_ended):
            there = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise Invalid(f"this resource has no parameter {shortened(name)}: {there}")
        if len(given.getlist(name)) > 1:
            raise Invalid(f"the parameter {name} is given {len(given.getlist(name))} times, and may be given once")
        if "\0" in given[name]:
            raise Invalid(f"the parameter {shortened(name)} holds U+0000, which no key and no value holds")
