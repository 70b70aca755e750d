"""JSON bodies: each thing said once, in characters, not too deep."""

from __future__ import annotations

import pytest

from api.bodies import parse
from registers.errors import Invalid


def test_a_body_is_json() -> None:
    assert parse('{"a": ["\\ud83d\\ude00", 1, null]}') == {"a": ["😀", 1, None]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ('{"a": 1, "a": 2}', "given twice"),
        ('{"a": NaN}', "NaN is not a number"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": "\\ud800"}', "half of a surrogate pair"),
        ('{"\\uDFFF": 1}', "half of a surrogate pair"),
        ('["\\ude00\\ud83d"]', "half of a surrogate pair"),
    ],
)
def test_anything_else_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        parse(text)
