"""Bodies, taken strictly: of a media type that the resource takes, in UTF-8, and JSON that says each thing once."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import NoReturn

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from registers.entry import shortened
from registers.errors import Invalid

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def check(method: str, media_types: Collection[str]) -> None:
    """Raise UnsupportedMediaType unless the body is of one of these types and plain, Invalid where none is taken."""
    if method in ("GET", "HEAD"):
        return
    if not media_types:
        if request.content_length:
            raise Invalid("this takes no body")
        return
    if (coding := request.headers.get("Content-Encoding", "identity")).lower() != "identity":
        raise UnsupportedMediaType(f"this takes a body as it is, not one compressed with {shortened(coding)}")
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in media_types or charset not in ("utf-8", "utf8", "us-ascii"):
        given = request.headers.get("Content-Type", "")
        sent = f"not {shortened(given)}" if given else "and no Content-Type was sent"
        raise UnsupportedMediaType(f"this takes a body of the type {' or '.join(media_types)} in UTF-8, {sent}")


def read_text() -> str:
    """The body as text. Raises Invalid unless it is UTF-8, RequestEntityTooLarge when it is over its limit."""
    try:
        return request.get_data(cache=False).decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"the body is not UTF-8 at byte {error.start + 1}") from None


def read_object(known: Collection[str], required: Collection[str] = ()) -> dict[str, object]:
    """The body as a JSON object with none but known members. Raises Invalid, naming the member at fault."""
    return check_object(parse(read_text()), known, required)


def parse(text: str) -> object:
    """JSON. Raises Invalid for what is not, for a member given twice, for NaN, and for what is nested too deeply."""
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise Invalid("the body is nested too deeply") from None
    except UnicodeEncodeError:
        raise Invalid("the body has half of a surrogate pair, which is not a character") from None
    except ValueError as error:
        raise Invalid(f"the body is not JSON: {error}") from None
    return value


def check_object(value: object, known: Collection[str], required: Collection[str] = ()) -> dict[str, object]:
    """The value, if it is a JSON object with none but known members, and those required. Raises Invalid."""
    if not isinstance(value, dict):
        raise Invalid(f"the body is a JSON object, and {shortened(value)} is not")
    for member in value:
        if member not in known:
            there = f"which has {', '.join(sorted(known))}" if known else "which has none"
            raise Invalid(f"{shortened(member)} is not a member of this body, {there}")
    for member in required:
        if member not in value:
            raise Invalid(f"{member}: the body lacks it")
    return value


def text_of(members: Mapping[str, object], member: str, default: str = "") -> str:
    """A member that is text; the default if it is not there. Raises Invalid for anything else."""
    value = members.get(member, default)
    if not isinstance(value, str):
        raise Invalid(f"{member}: is text, not {shortened(value)}")
    return value


def texts_of(members: Mapping[str, object], member: str) -> list[str]:
    """A member that is a list of text; empty if it is not there. Raises Invalid for anything else."""
    value = members.get(member, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Invalid(f"{member}: is a list of text, not {shortened(value)}")
    return value


def number_of(members: Mapping[str, object], member: str, default: int) -> int:
    """A member that is a whole number; the default if it is not there. Raises Invalid for anything else."""
    value = members.get(member, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"{member}: is a whole number, not {shortened(value)}")
    return value


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise Invalid(f"{shortened(next(name for name in names if names.count(name) > 1))}: the member is given twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise Invalid(f"the body is not JSON: {name} is not a number in it")
