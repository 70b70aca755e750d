"""Records as they are read for tables: joined, and in order whatever order they come in."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from registers.canonical import canonical_json
from registers.store.records import Joined

ITEMS = st.dictionaries(st.text(max_size=3), st.text() | st.sampled_from([",\n", "},\n{", "\n"]), max_size=2)


@given(st.dictionaries(st.integers(1, 99), st.tuples(st.from_regex("[A-Z/.-]+", fullmatch=True), ITEMS), min_size=1))
def test_joined_records_are_put_in_order_and_taken_apart(found: dict[int, tuple[str, dict[str, str]]]) -> None:
    keys, bodies = [key for key, _ in found.values()], [canonical_json(item) for _, item in found.values()]
    joined = Joined([*found], keys, ",\n".join(bodies)).latest_first()
    expected = sorted(zip(found, keys, bodies, strict=True), reverse=True)
    assert [*joined.each()] == expected
    assert json.loads(joined.array) == [json.loads(body) for _, _, body in expected]


def test_joined_records_that_are_in_order_are_left_as_they_are() -> None:
    joined = Joined([9, 4], ["A", "B"], "{},\n{}")
    assert joined.latest_first() is joined
