"""What stands for a value that was taken away: as the specification of v2 has it, and told from what only looks so."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.canonical import canonical_json
from registers.redacted import holds_redacted, is_redacted, redact, without_redacted
from registers.v2.hashing import blob_digest, text_digest

# The example of the published specification: the same blob before and after.
PLAIN = {"foo": "abc", "bar": "xyz"}
PUBLISHED = {"foo": "**REDACTED**2a42a9c91b74c0032f6b8000a2c9c5bcca5bb298f004e8eff533811004dea511", "bar": "xyz"}
HASH = "2b90b5d4a714f5fd5f7c670067f090f972dd7be8a472965c90572699249672aa"

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=6)
ITEMS = st.dictionaries(st.sampled_from(["a", "b", "c"]), TEXTS | st.lists(TEXTS, min_size=1, unique=True))


def mark(value: str) -> str:
    return "**REDACTED**" + sha256(b"u" + value.encode()).hexdigest()


def test_it_is_as_the_specification_has_it() -> None:
    assert redact(PLAIN, ["foo"], {text_digest("abc")}, text_digest) == PUBLISHED
    assert blob_digest(PLAIN).hex() == blob_digest(PUBLISHED).hex() == HASH


@given(ITEMS, st.data())
def test_the_v2_hash_stays_and_what_is_left_can_be_told(item: dict[str, Any], data: st.DataObject) -> None:
    values = [each for value in item.values() for each in ([value] if isinstance(value, str) else value)]
    gone = data.draw(st.lists(st.sampled_from(values), unique=True)) if values else []
    fields = data.draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True))
    after = redact(item, fields, {text_digest(value) for value in gone}, text_digest)
    assert blob_digest(after) == blob_digest(item)
    assert holds_redacted(canonical_json(after)) == (after != item)
    left = without_redacted(after)
    assert not holds_redacted(canonical_json(left))
    for name in fields:
        assert not set(gone) & set([left.get(name)] if isinstance(left.get(name), str) else left.get(name, ()))


@pytest.mark.parametrize(
    "item",
    [
        {"a": "**REDACTED**"},
        {"a": mark("x") + "0"},
        {"a": mark("x").upper()},
        {"a": f'see ,"{mark("x")}" there'},
        {"a": f'"{mark("x")}"'},
        {mark("x"): "a"},
    ],
)
def test_what_only_looks_so_is_not(item: dict[str, str]) -> None:
    assert not holds_redacted(canonical_json(item))
    assert not any(map(is_redacted, item.values()))
    assert without_redacted(item) == item
