"""Columns become fields: dates in any layout, points in either kind of coordinates, codes, lists; faults by row."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import crs
from loaders import columns
from loaders.columns import LAYOUTS, Columns, Spec, parse_date
from loaders.source import MOST_PROBLEMS, Problems, Row, Wrong, once
from loaders.tabular import open_table
from registers.datatypes import DATATYPES
from registers.errors import Invalid

DAYS = ("D Month YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "YYYY-MM-DD", "YYYYMMDD")

# Points that Ordnance Survey publishes: the worked example of its guide, and two of its test points for OSTN15.
PUBLISHED = [
    ("Caister", 651409.804, 313177.450, 1.716073973, 52.658007833),
    ("Isles of Scilly", 91492.146, 11318.804, -6.29977752014, 49.92226393730),
    ("Plymouth", 250359.811, 62016.569, -4.108645636, 50.438858250),
]


def made(spec: Spec, *cells: tuple[str | None, ...]) -> tuple[list[object], list[tuple[int, str]]]:
    """What a spec makes of rows of cells, and what it says is wrong."""
    said: list[tuple[int, str]] = []
    values = spec.make([list(column) for column in zip(*cells, strict=True)], lambda at, told: said.append((at, told)))
    return list(values), said


def fault(spec: Spec, *cells: str | None) -> str:
    """What is wrong with one row, which is the only thing."""
    values, said = made(spec, cells)
    assert values == [None]
    ((place, sentence),) = said
    assert place == 0
    return sentence


# Dates


@pytest.mark.parametrize(
    ("layout", "cell", "value"),
    [
        ("YYYY-MM-DD", "2017-08-09", "2017-08-09"),
        ("YYYY-MM-DD", "2017-08-09T00:00:00Z", "2017-08-09"),
        ("YYYY-MM-DD", "2017-08-09 00:00:00", "2017-08-09"),
        ("DD-MM-YYYY", "09-08-2017", "2017-08-09"),
        ("DD/MM/YYYY", "9/8/2017", "2017-08-09"),
        ("MM/DD/YYYY", "08/09/2017", "2017-08-09"),
        ("DD.MM.YYYY", "9.08.2017", "2017-08-09"),
        ("YYYYMMDD", "20170809", "2017-08-09"),
        ("YYYYMM", "201708", "2017-08"),
        ("YYYY-MM", "2017-08", "2017-08"),
        ("YYYY", "0987", "0987"),
        ("D Month YYYY", "9th August 2017", "2017-08-09"),
        ("D Month YYYY", "9 aug, 2017", "2017-08-09"),
        ("D Month YYYY", "29 Sept 2016", "2016-09-29"),
        ("DD/MM/YYYY", "29/02/2016", "2016-02-29"),
    ],
)
def test_a_date_in_a_layout_is_as_registers_spell_it(layout: str, cell: str, value: str) -> None:
    assert parse_date(cell, layout) == value
    assert DATATYPES["datetime"].check(value) is None


@pytest.mark.parametrize(
    ("layout", "cell", "sentence"),
    [
        ("YYYY-MM-DD", "09/08/2017", "'09/08/2017' is not a date as YYYY-MM-DD (it looks like DD/MM/YYYY)"),
        ("DD/MM/YYYY", "2017-08-09", "'2017-08-09' is not a date as DD/MM/YYYY (it looks like YYYY-MM-DD)"),
        ("DD-MM-YYYY", "9 August 2017", "'9 August 2017' is not a date as DD-MM-YYYY (it looks like D Month YYYY)"),
        ("DD/MM/YYYY", "9.8.2017", "'9.8.2017' is not a date as DD/MM/YYYY (it looks like DD.MM.YYYY)"),
        ("DD/MM/YYYY", "20170809", "'20170809' is not a date as DD/MM/YYYY (it looks like YYYYMMDD)"),
        ("DD/MM/YYYY", "soon", "'soon' is not a date as DD/MM/YYYY"),
        ("DD/MM/YYYY", "30/02/2017", "'30/02/2017' is not a day of the calendar as DD/MM/YYYY"),
        ("DD/MM/YYYY", "08/25/2017", "'08/25/2017' is not a day of the calendar as DD/MM/YYYY"),
        ("YYYY-MM", "2017-13", "'2017-13' is not a day of the calendar as YYYY-MM"),
        ("YYYY", "0000", "'0000' is not a day of the calendar as YYYY"),
        ("YYYY-MM-DD", "2017-08-09T10:00:00Z", "'2017-08-09T10:00:00Z' is not a date as YYYY-MM-DD"),
        ("YYYY-MM-DD", "２０１７-08-09", "'２０１７-08-09' is not a date as YYYY-MM-DD"),
        ("D Month YYYY", "12 Marzipan 2017", "'12 Marzipan 2017' has no month of the calendar"),
        ("D Month YYYY", "12 Brumaire 2017", "'12 Brumaire 2017' has no month of the calendar"),
    ],
)
def test_what_is_no_date_in_the_layout_is_said_and_which_it_looks_like(layout: str, cell: str, sentence: str) -> None:
    with pytest.raises(Invalid) as error:
        parse_date(cell, layout)
    assert str(error.value) == sentence


@given(day=st.dates(), layout=st.sampled_from(DAYS))
def test_every_day_survives_every_layout_that_has_a_day(day: date, layout: str) -> None:
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    spelled = (
        layout.replace("Month", month)
        .replace("YYYY", f"{day.year:04}")
        .replace("MM", f"{day.month:02}")
        .replace("DD", f"{day.day:02}")
    )
    spelled = spelled.replace("D ", f"{day.day} ") if layout.startswith("D ") else spelled
    assert parse_date(spelled, layout) == day.isoformat()


@given(cell=st.text(max_size=12), layout=st.sampled_from(sorted(LAYOUTS)))
def test_any_text_is_a_date_of_the_calendar_or_refused(cell: str, layout: str) -> None:
    try:
        value = parse_date(cell, layout)
    except Invalid:
        return
    assert DATATYPES["datetime"].check(value) is None


def test_texts_that_mean_nothing_are_no_dates_and_no_faults() -> None:
    spec = columns.dated("Opened", "DD/MM/YYYY", ["not known", "01/01/1800"])
    cells = [("09/08/2017",), ("not known",), (None,), ("01/01/1800",)]
    assert made(spec, *cells) == (["2017-08-09", None, None, None], [])


# Points


@pytest.mark.parametrize(("name", "easting", "northing", "longitude", "latitude"), PUBLISHED)
def test_a_point_of_the_grid_is_where_the_survey_has_it(
    name: str, easting: float, northing: float, longitude: float, latitude: float
) -> None:
    (text,), said = made(columns.grid_point("E", "N"), (str(easting), str(northing)))
    assert said == []
    found = [float(part) for part in str(text).strip("[]").split(", ")]
    assert found == pytest.approx([longitude, latitude], abs=1e-6), name
    assert DATATYPES["point"].check(str(text)) is None


@given(easting=st.integers(80_000, 655_000), northing=st.integers(5_000, 1_220_000))
def test_a_point_of_the_grid_is_one_that_the_register_takes_and_goes_back(easting: int, northing: int) -> None:
    (text,), said = made(columns.grid_point("E", "N"), (str(easting), str(northing)))
    assert said == []
    assert DATATYPES["point"].check(str(text)) is None
    longitude, latitude = (float(part) for part in str(text).strip("[]").split(", "))
    assert crs.grid_of_point(longitude, latitude) == pytest.approx((easting, northing), abs=0.02)


@given(longitude=st.floats(-9, 3), latitude=st.floats(49, 61), is_swapped=st.booleans())
def test_degrees_for_metres_are_told_wherever_in_the_country(
    longitude: float, latitude: float, is_swapped: bool
) -> None:
    pair = (latitude, longitude) if is_swapped else (longitude, latitude)
    sentence = fault(columns.grid_point("E", "N"), *(f"{each:.6f}" for each in pair))
    assert sentence.endswith(" look like degrees, where an easting and a northing were expected")


@pytest.mark.parametrize(
    ("spec", "cells", "sentence"),
    [
        (
            columns.degree_point("lon", "lat"),
            ("530047", "180422"),
            "530047, 180422 look like an easting and a northing, where a longitude and a latitude were expected",
        ),
        (
            columns.degree_point("lon", "lat"),
            ("51.5", "-120.25"),
            "51.5, -120.25 look like a latitude and a longitude, where a longitude and a latitude were expected",
        ),
        (columns.grid_point("E", "N"), ("530,047", "180422"), "'530,047', '180422' are not two numbers"),
        (columns.grid_point("E", "N"), ("nan", "180422"), "'nan', '180422' are not two numbers"),
        (columns.degree_point("E", "N"), ("inf", "1"), "'inf', '1' are not two numbers"),
        (columns.degree_point("E", "N"), ("1_0", "1"), "'1_0', '1' are not two numbers"),
        (columns.degree_point("E", "N"), ("１", "1"), "'１', '1' are not two numbers"),
    ],
)
def test_coordinates_of_another_kind_are_told_with_what_they_look_like(
    spec: Spec, cells: tuple[str, str], sentence: str
) -> None:
    assert fault(spec, *cells) == sentence


def test_a_point_outside_the_grid_says_how_far_the_grid_goes() -> None:
    sentence = fault(columns.grid_point("E", "N"), "-5000", "300000")
    assert sentence.startswith("easting -5000, northing 300000 is outside OSTN15's area (eastings 0 to 700,000")


def test_without_both_coordinates_there_is_no_point_and_no_fault() -> None:
    blanks = [("", "180422"), ("530047", None), (None, None), ("0", "0"), ("0.0", "000000")]
    for spec in (columns.grid_point("E", "N"), columns.degree_point("E", "N")):
        assert made(spec, *blanks) == ([None] * 5, [])
    assert made(columns.degree_point("E", "N", ["99.999999"]), ("0", "99.999999")) == ([None], [])


@given(longitude=st.floats(-180, 180), latitude=st.floats(-90, 90))
def test_degrees_are_spelled_as_a_point_to_a_centimetre(longitude: float, latitude: float) -> None:
    text = columns.point_text(longitude, latitude)
    assert DATATYPES["point"].check(text) is None
    assert [float(part) for part in text.strip("[]").split(",")] == pytest.approx([longitude, latitude], abs=5.1e-8)


# Texts, codes, lists


def test_a_code_that_the_table_has_not_is_told_with_those_it_has() -> None:
    spec = columns.coded("Native", {"Y": "true", "N": "false", "?": ""})
    assert made(spec, ("y",), ("N",), ("?",), (None,)) == (["true", "false", None, None], [])
    assert fault(spec, "maybe") == "'maybe' is not one of Y, N, ?"


def test_a_list_has_each_member_once_and_in_order() -> None:
    spec = columns.listed("Uses", ";", ["none"])
    cells = [("timber; bark;;timber ",), (";",), (None,), ("none",)]
    assert made(spec, *cells) == ([["timber", "bark"], None, None, None], [])


def test_texts_that_mean_nothing_are_blank() -> None:
    assert made(columns.text("Name", ["N/A"]), ("Oak",), ("N/A",), (None,)) == (["Oak", None, None], [])
    assert made(columns.fixed("GB", "Name"), ("Oak",), (None,)) == (["GB", "GB"], [])


def test_a_fault_that_is_found_once_is_told_for_every_row_that_has_it() -> None:
    values, said = made(columns.dated("Opened"), ("soon",), ("2017-08-09",), ("soon",))
    assert values == [None, "2017-08-09", None]
    assert [place for place, _ in said] == [0, 2]


# Rows


def rows(path: Path, mapping: Columns) -> tuple[list[Row], list[str]]:
    """The rows of a table, and what is wrong with it."""
    problems = Problems()
    found = list(columns.rows_of(open_table(path), mapping, problems))
    return found, list(map(str, problems.shown))


TREES = Columns("tree", columns.text("Code"), {"start-date": columns.dated("Planted"), "name": columns.text("Name")})


def test_each_cell_that_will_not_do_is_told_by_its_row_and_its_column(tmp_path: Path) -> None:
    path = tmp_path / "trees.csv"
    path.write_text('Code,Name,Planted\nA,Ash,soon\n,Beech,2017-08-09\n-C,Cedar,never\nD,"El\nder",2017\nE,,\nF\n')
    found, said = rows(path, TREES)
    assert found == [Row("E", {"tree": "E"}, "row 6")]
    assert sorted(said) == [
        "row 2, Planted: 'soon' is not a date as YYYY-MM-DD",
        "row 3, Code: there is no key",
        "row 4, Code: '-C' is no key: a key starts with a letter or digit, goes on with letters, digits and single "
        "- _ . or / characters, and is at most 1000 characters long",
        "row 4, Planted: 'never' is not a date as YYYY-MM-DD",
        "row 5, Planted: '2017' is not a date as YYYY-MM-DD (it looks like YYYY)",
        "row 7: has 1 value where the header has 3",
    ]


def test_rows_are_numbered_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BATCH", 3)
    path = tmp_path / "trees.csv"
    path.write_text("Code,Name,Planted\n" + "".join(f"K{n},x,{'' if n % 4 else 'soon'}\n" for n in range(2, 12)))
    found, said = rows(path, TREES)
    assert [row.place for row in found] == [f"row {n}" for n in range(2, 12) if n % 4]
    assert [each.partition(",")[0] for each in said] == ["row 4", "row 8"]


def test_a_mapping_says_what_the_file_calls_its_fields() -> None:
    assert TREES.columns == ("Code", "Planted", "Name")
    assert TREES.carries == {"tree", "start-date", "name"}
    assert TREES.called == {"tree": "Code", "start-date": "Planted", "name": "Name"}


# Keys that come again, and problems


def test_a_row_that_repeats_another_is_passed_over_and_one_that_contradicts_it_is_a_problem() -> None:
    problems = Problems()
    given_rows = [
        Row("A", {"tree": "A", "name": "Ash"}, "row 2"),
        Row("A", {"name": "Ash", "tree": "A", "also": None}, "row 3"),
        Row("A", {"tree": "A", "name": "Aspen"}, "row 4"),
        Row("A", {"tree": "A"}, "row 5"),
    ]
    assert list(once(given_rows, problems)) == given_rows[:1]
    assert [str(each) for each in problems.shown] == [
        "row 4: the key 'A' is that of row 2 too, with other values",
        "row 5: the key 'A' is that of row 2 too, with other values",
    ]


def test_what_is_written_the_same_is_no_contradiction() -> None:
    problems = Problems()
    first = Row("A", {"tree": "A", "name": "Derwen M\u00f4n", "also": ["\u00f4", "b"]}, "a.csv, row 7")
    same = Row(
        "A", {"tree": "A ", "name": " Derwen Mo\u0302n", "also": ["o\u0302 ", "b", ""], "none": " "}, "b.csv, row 2"
    )
    others = [
        Row("A", {"tree": "A", "name": "Derwen Mon", "also": ["\u00f4", "b"]}, "b.csv, row 3"),
        Row("A", {"tree": "A", "name": "Derwen M\u00f4n", "also": ["\u00f4b"]}, "b.csv, row 4"),
        Row("A", {"tree": "A", "also": "Derwen M\u00f4n", "name": ["\u00f4", "b"]}, "elsewhere"),
    ]
    assert list(once([first, same, *others], problems)) == [first]
    assert [str(each) for each in problems.shown] == [
        f"{row.place}: the key 'A' is that of a.csv, row 7 too, with other values" for row in others
    ]


@pytest.mark.parametrize("place", ["row 2", "a.csv, row 4294967295", "row 007", "GB", "type 02", "", "row 99999999999"])
def test_the_place_of_the_first_row_is_said_as_it_was(place: str) -> None:
    problems = Problems()
    list(once([Row("B", {}, "row 1"), Row("A", {"a": "1"}, place), Row("A", {"a": "2"}, "row 9")], problems))
    assert problems.shown[0].sentence == f"the key 'A' is that of {place} too, with other values"


def test_a_row_that_was_seen_takes_little_memory() -> None:
    def given_rows(count: int) -> Iterator[Row]:
        return (Row(f"K{n:07}", {"tree": f"K{n:07}", "name": f"Tree {n}"}, f"row {n}") for n in range(2, count + 2))

    tracemalloc.start()
    try:
        left = once(given_rows(50_001), Problems())
        for _ in range(50_000):
            next(left)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 200 * 50_000


def test_all_problems_are_counted_and_the_first_hundred_are_in_words() -> None:
    problems = Problems()
    problems.check()
    for number in range(MOST_PROBLEMS + 20):
        problems.add(f"row {number}", "Code", "there is no key")
    with pytest.raises(Wrong) as error:
        problems.check()
    lines = str(error.value).splitlines()
    assert lines[0] == "nothing is taken from a file with 120 problems:"
    assert (lines[1], lines[-1], len(lines)) == ("row 0, Code: there is no key", "and 20 more", MOST_PROBLEMS + 2)
    alone = Problems()
    alone.add("row 2", "", "is bad")
    assert str(Wrong(alone)) == "nothing is taken from a file with 1 problem:\nrow 2: is bad"
