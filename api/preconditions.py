"""If-Match: do it only if things are still as the caller saw them (RFC 9110 §13.1.1).

Here for what is numbered as it changes, whose ETag is the number of the last thing that happened to it. Without the
header, and with `*`, it is done however things are.
"""

from __future__ import annotations

import re

from flask import Response, request

from registers.entry import shortened
from registers.errors import Invalid

_TAG = r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_find_tags = re.compile(_TAG).findall
_is_list = re.compile(rf"[ \t]*{_TAG}(?:[ \t]*,[ \t]*{_TAG})*[ \t]*").fullmatch
_NUMBER = re.compile(r"([1-9][0-9]{0,17})(?:(?:[:;]|--?)(?:gzip|br|zstd|deflate))?", re.ASCII)  # as servers compress
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag of the state that the caller saw: in any other, nothing is done, and the answer is 412",
    "schema": {"type": "string"},
    "example": '"17"',
}
ETAG = {"ETag": {"description": "The state that this is, for If-Match", "schema": {"type": "string"}}}


def seen() -> frozenset[int] | None:
    """The numbers that the request's If-Match names, any of which will do; None when there is no such condition.

    A weak ETag, or another service's, is no number and so never will do. Raises Invalid for what is no If-Match.
    """
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    if not _is_list(given):
        raise Invalid(f"If-Match: {shortened(given)} is not * or ETags in double quotes, parted by commas")
    found = (_NUMBER.fullmatch(tag) for weak, tag in _find_tags(given) if not weak)
    return frozenset(int(number[1]) for number in found if number)


def tag(response: Response, number: int) -> Response:
    """Give an answer the ETag of a number."""
    response.headers["ETag"] = f'"{number}"'
    return response
