"""A cursor comes back as it was written; anything else is refused by name."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import cursors
from registers.errors import Invalid

KEYS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=200)
PARTS = st.lists(KEYS | st.integers(-(2**61), 2**61), min_size=1, max_size=5)


@given(PARTS)
def test_what_was_written_is_read(parts: list[str | int]) -> None:
    cursor = cursors.write(*parts)
    assert cursors.read(cursor, *map(type, parts)) == tuple(parts)
    assert cursor.replace("-", "").replace("_", "").isalnum() or not cursor


def test_the_parts_are_of_the_kinds_that_were_written() -> None:
    cursor = cursors.write(7, "GB")
    for kinds in [(int,), (str, int), (int, int), (int, str, str), ()]:
        with pytest.raises(Invalid, match="the parameter after is not a cursor"):
            cursors.read(cursor, *kinds)


def made_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "GB",
        "é",
        "\0",
        "====",
        "A" * 10_000,
        made_of("7"),
        made_of('{"a":7}'),
        made_of("[7.5]"),
        made_of("[true]"),
        made_of("[null]"),
        made_of(f"[{10**30}]"),
        made_of('["\\u0000"]'),
        made_of('["\\ud800"]'),
        made_of("[[7]]"),
        made_of("[" * 3000),
        made_of("[1e999]"),
    ],
)
def test_what_was_not_written_here_is_refused(cursor: str) -> None:
    for kinds in [(int,), (str,)]:
        with pytest.raises(Invalid, match="the parameter after is not a cursor"):
            cursors.read(cursor, *kinds)
