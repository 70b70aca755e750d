"""How the shapes of what is sent and answered are spelled, for `openapi.yaml`: members with a description each."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields


def text(about: str, required: bool = True, **named: Any) -> fields.String:
    """A member that is text."""
    return fields.String(required=required, metadata={"description": about}, **named)


def texts(about: str, required: bool = True) -> fields.List[str]:
    """A member that is a list of texts."""
    return fields.List(fields.String(), required=required, metadata={"description": about})


def count(about: str, least: int = 0, **named: Any) -> fields.Integer:
    """A member that is a whole number, at least `least`."""
    return fields.Integer(required=True, metadata={"description": about, "minimum": least}, **named)


def shape(name: str, /, **members: fields.Field[Any]) -> type[Schema]:
    """An object of this name; the members' names take a hyphen for an underscore."""
    return Schema.from_dict({member.replace("_", "-"): field for member, field in members.items()}, name=name)
