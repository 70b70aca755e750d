"""CQL2 text: what it says is what Python says of the same condition; nothing but a refusal comes of what it is not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.features.conditions import COMPARISONS, holds, is_like
from geo.features.cql2 import DATE, DEEPEST, GEOMETRY, NUMBER, TEXT, TRUTH, parse
from registers.errors import Invalid

KINDS = {
    "name": TEXT,
    "start-date": DATE,
    "pupils": NUMBER,
    "open": TRUTH,
    "tags": TEXT,
    "and": TEXT,
    "geometry": GEOMETRY,
}
FEATURE = {"name": "St Mary's", "start-date": "2015-09-01", "pupils": 90, "open": True, "tags": ["a", "b"]}


def says(text: str, feature: dict[str, Any] = FEATURE) -> bool | None:
    return holds(parse(text, KINDS), feature)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name = 'St Mary''s'", True),
        (r"name = 'St Mary\'s'", True),
        ("'St Mary''s' = name", True),
        ("NAME = 'x' ", Invalid),
        ("pupils > 89.5 and pupils <= 90", True),
        ("pupils BETWEEN 90 AND 91 AND open", Invalid),
        ("pupils between 90 and 91 and open = TRUE", True),
        ("pupils NOT BETWEEN 1 AND 2", True),
        ("pupils IN (1, 2, 90)", True),
        ("pupils not in (1, 2, 90)", False),
        ("pupils = -9.0e1", False),
        ("name LIKE 'St%'", True),
        ("name like 'st%'", False),
        ("name NOT LIKE '%x%'", True),
        ("\"start-date\" = DATE('2015-09-01')", True),
        ("start-date >= DATE('2015-09-02')", False),
        ("start-date > TIMESTAMP('2015-08-31T23:59:59Z')", True),
        ("start-date = '2015-09-01'", True),
        ("name IS NULL", False),
        ("name IS NOT NULL", True),
        ("tags = 'b'", True),
        ("tags LIKE '_'", True),
        ("NOT (name = 'x' OR pupils = 1)", True),
        ("TRUE AND NOT FALSE", True),
        ("TRUE = open", True),
        ('"and" IS NULL', True),
        ("name = pupils", Invalid),
        ("open = 1", Invalid),
        ("start-date = DATE('2015-9-1')", Invalid),
        ("start-date = TIMESTAMP('2015-09-01')", Invalid),
        ("geometry = 'x'", Invalid),
        ("pupils LIKE '9%'", Invalid),
        ("1 IS NULL", Invalid),
        ("name = 'a' name = 'b'", Invalid),
        ("(name = 'a'", Invalid),
        ("name == 'a'", Invalid),
        ("name", Invalid),
        ("", Invalid),
        ('name = "x"', Invalid),
        ("S_INTERSECTS(geometry)", Invalid),
        ("S_INTERSECTS(geometry, geometry)", Invalid),
        ("S_INTERSECTS(POINT(1 1), POINT(1 1))", Invalid),
        ("S_INTERSECTS(geometry, POINT(1))", Invalid),
        ("S_INTERSECTS(geometry, BBOX(1,2,3))", Invalid),
        ("S_INTERSECTS(geometry, BBOX(1,2,3,'a'))", Invalid),
        ("S_INTERSECTS(geometry, BBOX(1,2,3,1))", Invalid),
        ("S_INTERSECTS(geometry, CIRCLE(1 1))", Invalid),
        ("S_INTERSECTS(geometry, POINT(1e999 1))", Invalid),
        ("S_WITHIN(geometry, POINT(1 1))", Invalid),
        ("pupils + 1 = 91", Invalid),
        ("name = 'x\x00'", False),
    ],
)
def test_what_a_condition_says(text: str, expected: bool | type[Invalid]) -> None:
    if expected is Invalid:
        with pytest.raises(Invalid, match="^filter: "):
            parse(text, KINDS)
    else:
        assert says(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pupils = 1", None),
        ("NOT pupils = 1", None),
        ("pupils = 1 OR name = 'x'", True),
        ("pupils = 1 AND name = 'y'", False),
        ("pupils = 1 AND name = 'x'", None),
        ("pupils IN (1, 2)", None),
        ("name LIKE '%' AND pupils BETWEEN 1 AND 2", None),
        ("pupils IS NULL", True),
    ],
)
def test_a_value_that_is_not_there_is_neither(text: str, expected: bool | None) -> None:
    assert says(text, {"name": "x"}) is expected


@pytest.mark.parametrize(
    ("text", "kind", "box"),
    [
        ("POINT(1 2)", "Point", (1, 2, 1, 2)),
        ("point z (1 2 3)", "Point", (1, 2, 1, 2)),
        ("BBOX(1,2,3,4)", "Polygon", (1, 2, 3, 4)),
        ("BBOX(1,2,-5,3,4,5)", "Polygon", (1, 2, 3, 4)),
        ("BBOX(1,2,1,2)", "Point", (1, 2, 1, 2)),
        ("BBOX(170,-1,-170,1)", "MultiPolygon", (-180, -1, 180, 1)),
        ("MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((2 2,3 2,3 3,2 2)))", "MultiPolygon", (0, 0, 3, 3)),
        ("LINESTRING(-1 -2,3.5 4e0)", "LineString", (-1, -2, 3.5, 4)),
        ("MULTIPOINT(1 2,3 4)", "MultiPoint", (1, 2, 3, 4)),
        ("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))", "GeometryCollection", (0, 0, 1, 2)),
    ],
)
def test_shapes_are_read(text: str, kind: str, box: tuple[float, ...]) -> None:
    shape = parse(f"s_intersects(geometry,{text})", KINDS).shape  # type: ignore[union-attr]
    assert (shape.geom_type, shape.bounds) == (kind, box)


def test_brackets_go_only_so_deep() -> None:
    deep = DEEPEST - 1
    assert says("(" * deep + "TRUE" + ")" * deep) is True
    for begin in ("(", "NOT "):
        with pytest.raises(Invalid, match="deep within each other"):
            parse(begin * (DEEPEST + 1) + "TRUE", KINDS)
        with pytest.raises(Invalid, match="at most 4000 characters"):
            parse(begin * 4000 + "TRUE", KINDS)


VALUES = st.integers(-3, 3)


@given(st.sampled_from(sorted(COMPARISONS)), VALUES, VALUES)
def test_comparisons_are_pythons(op: str, left: int, right: int) -> None:
    python = {"=": "==", "<>": "!="}.get(op, op)
    assert says(f"pupils {op} {right}", {"pupils": left}) is eval(f"{left} {python} {right}")


CONDITIONS = st.recursive(
    st.sampled_from(["pupils = 1", "open = TRUE", "TRUE", "FALSE"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda part: f"NOT {part}"),
    ),
    max_leaves=8,
)


@given(CONDITIONS, st.sampled_from([0, 1]), st.booleans())
def test_and_or_and_not_are_pythons(text: str, pupils: int, is_open: bool) -> None:
    python = text.replace("pupils = 1", str(pupils == 1)).replace("open = TRUE", str(is_open))
    python = python.replace("TRUE", "True").replace("FALSE", "False")
    python = python.replace("AND", "and").replace("OR", "or").replace("NOT", "not")
    assert says(text, {"pupils": pupils, "open": is_open}) is eval(python)


@given(st.text("ab%_", max_size=6), st.text("ab%_\n", max_size=8))
def test_patterns_are_those_of_a_regular_expression(pattern: str, text: str) -> None:
    regular = "".join({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in pattern)
    assert is_like(text, pattern) is (re.fullmatch(regular, text, re.DOTALL) is not None)


def test_a_backslash_takes_a_wildcard_for_itself() -> None:
    assert is_like("100%", r"100\%")
    assert not is_like("1000", r"100\%")
    assert is_like("a_b", r"a\_b") and not is_like("axb", r"a\_b")


def test_no_pattern_takes_long() -> None:
    assert not is_like("a" * 100_000, "%a" * 100 + "b")


TOKENS = [
    *"()=<>',. %-1e\"",
    "name",
    "pupils",
    "geometry",
    " AND ",
    " NOT ",
    " IN ",
    "POINT",
    "BBOX",
    "S_INTERSECTS",
    " LIKE ",
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(TOKENS), max_size=14).map("".join))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        holds(parse(text, KINDS), FEATURE, 0, {})
    except Invalid as refusal:
        assert str(refusal).startswith("filter: ")
    except KeyError:
        assert "S_INTERSECTS" in text  # a shape that nothing was asked of
