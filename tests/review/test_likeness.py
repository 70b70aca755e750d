"""Names that are almost the same, held against the plain definition of a distance."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.likeness import CROWD, NEAR, SAME, SHORTEST, Likeness, is_near

NAMES = st.text(alphabet="ab 1", min_size=0, max_size=9)


def distance(one: str, other: str) -> int:
    """Levenshtein's, by its recurrence."""
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row = row, [at]
        for n, another in enumerate(other):
            row.append(min(before[n] + (letter != another), before[n + 1] + 1, row[n] + 1))
    return row[-1]


@given(NAMES, NAMES)
def test_near_is_one_letter_and_no_other_number(one: str, other: str) -> None:
    expected = distance(one, other) == 1 and re.findall(r"\d+", one) == re.findall(r"\d+", other)
    assert is_near(one, other) == is_near(other, one) == expected


@given(st.lists(NAMES, max_size=CROWD, unique=True), NAMES)
def test_whatever_is_near_is_found(names: list[str], sought: str) -> None:
    found = set(Likeness({f"key of {name}": name for name in names}).like(sought))
    expected = {(f"key of {name}", SAME) for name in names if name == sought}
    expected |= {(f"key of {name}", NEAR) for name in names if len(name) >= SHORTEST and is_near(name, sought)}
    assert found == expected


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("saint marys", "saint mary s", True),
        ("united kingdom", "united kingdon", True),
        ("ward 1 north", "ward 2 north", False),
        ("ward 11", "ward 1", False),
        ("leeds", "bradford", False),
    ],
)
def test_a_slip_is_near_and_a_number_is_not(one: str, other: str, near: bool) -> None:
    assert is_near(one, other) is near
