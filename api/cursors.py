"""Cursors: where a page ended, as `after=` carries it to the next one.

A cursor holds the size that the first page was of, so that all pages are of one state, and what the last row was.
It is opaque to callers but no secret: whoever makes one up gets the page that it names.
"""

from __future__ import annotations

import base64
import binascii
import json

from registers.errors import Invalid

Part = str | int
LIMIT = 6000  # characters; a key is at most 1,000 characters, of up to four bytes each
REFUSAL = "the parameter after is not a cursor that this resource gave: follow the links from page to page"
_HUGE = 2**62


def write(*parts: Part) -> str:
    """The parts as one word that needs no escaping in a URL."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(cursor: str, *kinds: type[Part]) -> tuple[Part, ...]:
    """The parts of a cursor, of these kinds. Raises Invalid for what `write` did not make."""
    parts = read_any(cursor)
    if len(parts) != len(kinds) or any(type(part) is not kind for part, kind in zip(parts, kinds, strict=True)):
        raise Invalid(REFUSAL)
    return parts


def read_any(cursor: str) -> tuple[Part, ...]:
    """The parts of a cursor, for who knows their kinds. Raises Invalid for what `write` did not make."""
    parts = _parts(cursor) if len(cursor) <= LIMIT else None
    if not parts:
        raise Invalid(REFUSAL)
    return tuple(parts)


def _parts(cursor: str) -> list[Part] | None:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (UnicodeError, binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(parts, list) or not all(_fits(part) for part in parts):
        return None
    return parts


def _fits(part: object) -> bool:
    """Whether a part is text or a number that every database can hold."""
    if type(part) is str:
        return "\0" not in part and part.isprintable()
    return type(part) is int and abs(part) < _HUGE
