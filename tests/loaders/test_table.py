"""A table of one's own: whatever the file, it is taken exactly as it says, or refused with all that is wrong in it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loaders import loading, sources
from loaders.loading import File, Loaded
from loaders.source import Ending, Nothing, Reading, Wrong
from loaders.sources import table
from loaders.tables import unpacking
from registers.batch import Change
from registers.definition import Field
from registers.errors import Invalid, TooLarge
from registers.store.engine import Store
from tests.loaders.conftest import Write
from tests.loaders.given import counts, entries, items, quietly
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, append, country, definition, make, names_in, rows_in

MAPPING = """
register: tree
title: Trees
fields:
  - tree
  - {field: name}
  - {field: native, datatype: boolean}
  - {field: start-date, datatype: datetime}
  - {field: end-date, datatype: datetime}
  - {field: uses, cardinality: n}
table:
  columns:
    tree: Code
    name: {column: Name, blank: [N/A]}
    native: {column: Native, values: {Yes: true, No: false}}
    start-date: {column: Planted, date: DD/MM/YYYY}
    uses: {column: Uses, separator: ","}
"""
HEADER = "Code,Name,Native,Planted,Uses\n"


def mapping_file(path: Path, mapping: str = MAPPING, **table_members: str) -> str:
    """The name of a file with a mapping, and more members of its `table`."""
    more = "".join(f"  {name}: {value}\n" for name, value in table_members.items())
    path.with_suffix(".yaml").write_text(mapping + more, "utf-8")
    return str(path.with_suffix(".yaml"))


def read(path: Path, mapping: str = MAPPING, **table_members: str) -> Reading:
    """A file, opened under a mapping."""
    return table.read(path, {"mapping": mapping_file(path, mapping, **table_members)})


def bring(store: Store, path: Path, mapping: str = MAPPING, as_at: date | None = None, **members: str) -> Loaded:
    """Load a file under a mapping."""
    file = File(path, "", {"mapping": mapping_file(path, mapping, **members)}, as_at)
    return loading.load(store, sources.find("table"), file, AUTHORITY, OPERATOR, quietly)


def said(error: pytest.ExceptionInfo[Wrong]) -> list[str]:
    """All that is wrong, in the order of the rows."""
    assert error.value.problems.count == len(error.value.problems.shown)
    return sorted(map(str, error.value.problems.shown))


def refused(store: Store, path: Path, mapping: str = MAPPING) -> list[str]:
    """What is wrong with a file, which leaves the store as it was."""
    before = rows_in(store)
    with pytest.raises(Wrong) as error:
        bring(store, path, mapping)
    assert rows_in(store) == before
    return said(error)


# What is taken


def test_a_table_is_a_register(store: Store, write: Write) -> None:
    path = write("t.csv", HEADER + 'QUR,"Oak, English",yes,9/8/2017,"timber, bark"\nASH,N/A,No,,\n')
    loaded = bring(store, path)
    assert (loaded.register.name, loaded.register.status, counts(loaded)) == ("tree", "published", (2, 0, 0, 0))
    assert items(store, "tree") == {
        "QUR": {
            "tree": "QUR",
            "name": "Oak, English",
            "native": "true",
            "start-date": "2017-08-09",
            "uses": ["timber", "bark"],
        },
        "ASH": {"tree": "ASH", "native": "false"},
    }
    assert counts(bring(store, path)) == (0, 0, 0, 2)


def test_columns_that_are_called_like_fields_need_no_mapping(write: Write) -> None:
    plain = "register: tree\nfields: [tree, {field: start-date, datatype: datetime}, {field: gone}]\n"
    reading = read(write("t.csv", "TREE,Start Date\nQUR,2017\n"), plain)
    assert reading.carries == {"tree", "start-date"}
    assert [row.item for row in reading.rows] == [{"tree": "QUR", "start-date": "2017"}]


def test_every_value_may_be_told_or_be_a_point(write: Write) -> None:
    mapping = """
register: place
fields: [place, country, {field: point, datatype: point}, {field: where, datatype: point}]
table:
  columns:
    place: 2020
    country: {value: NO}
    point: {easting: E, northing: N}
    where: {longitude: Lon, latitude: Lat, blank: "999"}
"""
    reading = read(write("t.csv", "2020,E,N,Lon,Lat\n007,651409.804,313177.450,-1.25,52\n1,,,999,999\n"), mapping)
    assert [row.item for row in reading.rows] == [
        {"place": "007", "country": "NO", "point": "[1.716074, 52.6580078]", "where": "[-1.25, 52]"},
        {"place": "1", "country": "NO"},
    ]
    reading.problems.check()


def test_what_is_written_in_a_mapping_is_text_whatever_yaml_makes_of_it_elsewhere(
    sqlite_store: CheckedStore, write: Write
) -> None:
    mapping = """
register: tree
fields: [tree, {field: native, datatype: boolean}, {field: grade}]
table:
  columns:
    tree: No
    native: {column: On, values: {yes: true, no: false, off: false}}
    grade: {column: Grade, values: {01: 1.0, 1: one}}
"""
    bring(sqlite_store, write("t.csv", "No,On,Grade\nA,yes,01\nB,no,1\nC,off,\n"), mapping)
    assert items(sqlite_store, "tree") == {
        "A": {"tree": "A", "native": "true", "grade": "1.0"},
        "B": {"tree": "B", "native": "false", "grade": "one"},
        "C": {"tree": "C", "native": "false"},
    }


@pytest.mark.parametrize("separator", [",", "|", "]", "^", "\\", ".", "; "])
def test_a_list_is_parted_at_exactly_the_separator(write: Write, separator: str) -> None:
    mapping = "register: tree\nfields: [tree, {field: uses, cardinality: n}]\ntable: {columns: {uses: " + (
        f"{{column: uses, separator: '{separator}'}}}}}}\n"
    )
    cell = separator.join(["fire wood", "bark", "a;b" if separator == "; " else "c"])
    reading = read(write("t.csv", f'tree,uses\nA,"{cell}"\n'), mapping)
    assert next(iter(reading.rows)).item["uses"] == cell.split(separator)


def test_a_table_may_go_on_with_any_register_and_leaves_other_fields_alone(store: Store, write: Write) -> None:
    make(store, "tree", ["tree", "name", Field("native", "boolean"), "height"])
    append(store, Change("QUR", {"tree": "QUR", "name": "Oak", "height": "20"}), to="tree")
    assert counts(bring(store, write("t.csv", HEADER + "QUR,Oak,yes,,\nASH,Ash,,,\n"))) == (1, 1, 0, 0)
    assert items(store, "tree")["QUR"] == {"tree": "QUR", "name": "Oak", "height": "20", "native": "true"}


def test_what_a_complete_file_lacks_ends_the_day_before_it(store: Store, write: Write) -> None:
    many = "".join(f"K{n},x,{'yes' if n % 2 else 'no'},,\n" for n in range(6))
    bring(store, write("t.csv", HEADER + many))
    file = write("t.csv", HEADER + "K0,x,no,,\nK1,x,yes,,\n")
    told = {"complete": "{native: true}", "ending": "end-date", "dated": "2025-07-11"}
    assert counts(bring(store, file, **told)) == (0, 0, 2, 2)
    assert {key for key, item in items(store, "tree").items() if item.get("end-date") == "2025-07-10"} == {"K3", "K5"}


def test_the_day_that_a_load_is_dated_to_comes_before_that_of_the_mapping(store: Store, write: Write) -> None:
    bring(store, write("t.csv", HEADER + "A,x,,,\nB,x,,,\n"), as_at=date(2021, 4, 26))
    told = {"complete": "true", "ending": "end-date", "dated": "2025-07-11"}
    assert counts(bring(store, write("t.csv", HEADER + "A,x,,,\n"), as_at=date(2022, 7, 6), **told)) == (0, 0, 1, 1)
    assert items(store, "tree")["B"]["end-date"] == "2022-07-05"
    assert "end-date" not in items(store, "tree", at="2022-07-05")["B"]


def test_a_reading_says_what_the_mapping_says(write: Write) -> None:
    reading = read(write("t.csv", HEADER + "A,,,,\n"), complete="{native: yes}", ending="end-date", dated="2025-07-11")
    assert (reading.ending, reading.dated) == (Ending("end-date"), date(2025, 7, 11))
    assert reading.complete is not None and reading.complete({"native": "yes"}) and not reading.complete({})
    assert reading.carries == {"tree", "name", "native", "start-date", "uses"}
    silent = read(write("t.csv", HEADER + "A,,,,\n"), complete="false")
    assert (silent.complete, silent.ending, silent.dated) == (None, None, None)


def test_workbooks_and_lines_of_json_are_tables_too(sqlite_store: CheckedStore, tmp_path: Path, write: Write) -> None:
    book = openpyxl.Workbook()
    for row in (["Code", "Name", "Native", "Planted", "Uses"], ["QUR", "Oak", "Yes", "09/08/2017", "timber"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    bring(sqlite_store, tmp_path / "t.xlsx")
    line = '{"Code":"QUR","Name":"Oak","Native":"Yes","Planted":"09/08/2017","Uses":"timber"}\n'
    assert counts(bring(sqlite_store, write("t.ndjson", line))) == (0, 0, 0, 1)
    assert items(sqlite_store, "tree")["QUR"]["start-date"] == "2017-08-09"


# What is refused, each with its row and column, all at once


def test_all_that_is_wrong_with_a_file_is_told_at_once_and_nothing_is_made(store: Store, write: Write) -> None:
    path = write(
        "t.csv",
        HEADER
        + "QUR,Oak,yes,2017-08-09,\n"
        + "ASH,Ash,maybe,9 August 2017,\n"
        + "ELM,Elm\n"
        + ",Beech,,,\n"
        + "FIR,Fir,,20170809,\n"
        + "YEW,Yew,,31/02/2017,\n"
        + "PIN,Pine,,09.08.2017,\n"
        + "LIM,Lime,,soon,,\n"
        + "A.csv,Alder,,,\n"
        + "HOL,Holly,,,\n"
        + "HOL,Holm oak,,,\n",
    )
    expected = [
        "row 10, Code: 'A.csv' ends like a format, and .json or .csv in a URL asks for one",
        "row 12: the key 'HOL' is that of row 11 too, with other values",
        "row 2, Planted: '2017-08-09' is not a date as DD/MM/YYYY (it looks like YYYY-MM-DD)",
        "row 3, Native: 'maybe' is not one of Yes, No",
        "row 3, Planted: '9 August 2017' is not a date as DD/MM/YYYY (it looks like D Month YYYY)",
        "row 4: has 2 values where the header has 5",
        "row 5, Code: there is no key",
        "row 6, Planted: '20170809' is not a date as DD/MM/YYYY (it looks like YYYYMMDD)",
        "row 7, Planted: '31/02/2017' is not a day of the calendar as DD/MM/YYYY",
        "row 8, Planted: '09.08.2017' is not a date as DD/MM/YYYY (it looks like DD.MM.YYYY)",
        "row 9: has 6 values where the header has 5",
    ]
    assert refused(store, path) == expected
    assert names_in(store) == []
    bring(store, write("good.csv", HEADER + "QUR,Oak,yes,,\n"))
    assert refused(store, path) == expected  # and so when it is held against what is there
    assert len(entries(store, "tree")) == 1


def test_two_faults_of_one_row_are_both_told_by_the_columns_of_the_file(
    sqlite_store: CheckedStore, write: Write
) -> None:
    mapping = """
register: tree
fields: [tree, {field: native, datatype: boolean}, {field: height, datatype: integer}, {field: uses, cardinality: n}]
table: {columns: {tree: Code, native: Is native, height: Height (m), uses: {column: Uses, separator: ","}}}
"""
    path = write("t.csv", "Code,Is native,Height (m),Uses\nQUR,maybe,020,a;b\nASH,true,tall,\n")
    expected = [
        "row 2, Height (m): '020' is not an integer such as 0, 42 or -7 (without leading zeros)",
        "row 2, Is native: 'maybe' is neither true nor false",
        "row 2, Uses: 'a;b' contains a ; which joins the members of a list in CSV",
        "row 3, Height (m): 'tall' is not an integer such as 0, 42 or -7",
    ]
    assert refused(sqlite_store, path, mapping) == expected
    bring(sqlite_store, write("good.csv", "Code,Is native,Height (m),Uses\nQUR,true,20,\n"), mapping)
    assert refused(sqlite_store, path, mapping) == expected


def test_a_link_to_nothing_is_told_by_row_and_column(store: Store, write: Write) -> None:
    make(store)
    append(store, country("GB", "Britain"))
    mapping = "register: town\nfields: [town, {field: country, register: country}]\ntable: {columns: {country: Land}}\n"
    path = write("t.csv", "Town,Land\nLondon,GB\nParis,FR\n")
    assert refused(store, path, mapping) == ["row 3, Land: 'FR' is not the key of a record of country"]


def test_a_curie_may_point_at_a_row_further_down(store: Store, write: Write) -> None:
    mapping = "register: place\nfields: [place, {field: within, datatype: curie}]\n"
    bring(store, write("t.csv", "place,within\nA,\n"), mapping)
    assert counts(bring(store, write("t.csv", "place,within\nA,\nB,place:C\nC,place:A\n"), mapping)) == (2, 0, 0, 1)
    assert refused(store, write("t.csv", "place,within\nD,place:E\n"), mapping) == [
        "row 2, within: 'E' is not the key of a record of place"
    ]


@pytest.mark.parametrize(
    ("point", "rows", "problem"),
    [
        (
            "{easting: A, northing: B}",
            "X,-0.1275,51.5078\n",
            "row 2, A: -0.1275, 51.5078 look like degrees, where an easting and a northing were expected",
        ),
        (
            "{longitude: A, latitude: B}",
            "X,530047,180422\n",
            "row 2, A: 530047, 180422 look like an easting and a northing, where a longitude and a latitude were expected",  # noqa: E501
        ),
        (
            "{longitude: A, latitude: B}",
            "X,52,-120\n",
            "row 2, A: 52, -120 look like a latitude and a longitude, where a longitude and a latitude were expected",
        ),
        ("{easting: A, northing: B}", "X,SU,180422\n", "row 2, A: 'SU', '180422' are not two numbers"),
    ],
)
def test_coordinates_of_the_other_kind_are_told(
    sqlite_store: CheckedStore, write: Write, point: str, rows: str, problem: str
) -> None:
    mapping = (
        "register: place\nfields: [place, {field: point, datatype: point}]\n"
        f"table: {{columns: {{place: Code, point: {point}}}}}\n"
    )
    assert refused(sqlite_store, write("t.csv", f"Code,A,B\n{rows}"), mapping) == [problem]


def test_a_workbook_with_formulas_is_told_cell_by_cell(sqlite_store: CheckedStore, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    header = ["Code", "Name", "Native", "Planted", "Uses"]
    for row in (header, ["QUR", '=A2&"x"', "Yes"], ["ASH", "Ash", "No", "#REF!"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    assert refused(sqlite_store, tmp_path / "t.xlsx") == [
        "row 2, B: holds a formula",
        "row 3, D: holds the error #REF!",
    ]


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind", "sentence"),
    [
        ("t.csv", "", Invalid, "t.csv is empty"),
        ("t.csv", HEADER, Nothing, "there is no record in t.csv: it has a header, and no row below it"),
        ("t.csv", HEADER + "\n,,,,\n", Nothing, "there is no record in t.csv"),
        (
            "t.csv",
            "<!DOCTYPE html>\n<title>Sign in</title>",
            Invalid,
            "t.csv is an HTML page, where a table was expected",
        ),
        ("t.csv", (HEADER + "A,\u0153\n").encode("utf-8") + b"\x81\n", Invalid, "see byte 35, in line 3"),
        ("t.zip", zipped(HEADER.encode() + b"A,,,,\n" * 400_000), TooLarge, "t.zip expands to more than 1 MB"),
        ("t.csv", "Code,Name,Code\nA,B,C\n", Wrong, "t.csv, row 1, column 3: has the name of column 1, Code"),
    ],
)
def test_a_file_that_is_no_table_is_refused_whether_or_not_the_register_is_there(
    sqlite_store: CheckedStore,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: str | bytes,
    kind: type[Invalid],
    sentence: str,
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED", 1_000_000)
    for _ in range(2):
        before = rows_in(sqlite_store)
        with pytest.raises(kind, match=sentence):
            bring(sqlite_store, write(name, content), complete="true", ending="end-date")
        assert rows_in(sqlite_store) == before
        bring(sqlite_store, write("good.csv", HEADER + "QUR,Oak,yes,,\n"))


def test_a_file_in_another_encoding_is_read_as_windows_1252_and_that_is_noted(
    sqlite_store: CheckedStore, write: Write
) -> None:
    path = write("t.csv", (HEADER + "MON,Ynys Môn,,,\n").encode("cp1252"))
    loaded = bring(sqlite_store, path)
    assert loaded.notes == ["t.csv is not in UTF-8, and was read as Windows-1252"]
    assert items(sqlite_store, "tree")["MON"]["name"] == "Ynys Môn"
    options = {"mapping": mapping_file(path), "encoding": "utf-8"}
    with pytest.raises(Invalid, match=r"t.csv is not in the encoding utf-8: see byte 40, in line 2"):
        table.read(path, options)


# Mappings


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ("table: [", "is not YAML: while parsing"),
        ("[" * 5_000, "is not YAML: "),
        ("- tree\n", "the mapping .* is to say names and what they mean"),
        ("", "the mapping .* is to say names and what they mean"),
        ("fields: [tree]\n", "None is not a name"),
        ("register: tree\nfields: [tree]\ncolour: red\n", "'colour' is not a member of a definition"),
        ("register: tree\nfields: [tree]\ntable: []\n", "table: is to say names"),
        ("register: tree\nfields: [tree]\ntable: {rows: 1}\n", "table: 'rows' is not one of columns, complete, dated"),
        ("register: tree\nfields: [tree]\ntable: {columns: [a]}\n", "columns: is to say names"),
        ("register: tree\nfields: [tree]\n", "columns: which one is tree, the key. There are Code, Name, Planted"),
        ("{columns: {wood: Code}}", "columns: 'wood' is not one of the fields, tree, name, start-date, uses"),
        ("{columns: {tree: Kode}}", "columns: tree: there is no column 'Kode'; there are Code, Name, Planted"),
        ("{columns: {tree: {column: Code, colour: red}}}", "columns: tree: 'colour' is not one of column, value, date"),
        ("{columns: {tree: Code, name: {}}}", "columns: name: it is not said how it is made: say a column, or"),
        ("{columns: {tree: Code, name: {easting: Name}}}", "columns: name: easting do not go together: say a column"),
        ("{columns: {tree: Code, name: {column: Name, value: x}}}", "columns: name: column, value do not go together"),
        ("{columns: {tree: Code, name: {column: [Name]}}}", r"columns: name: column: is one text, not \['Name'\]"),
        ("{columns: {tree: Code, name: [Name]}}", "columns: name: is to say names"),
        ("{columns: {tree: Code, name: }}", "columns: name: column: is one text, not ''"),
        ("{columns: {tree: Code, name: {column: Name, blank: {a: b}}}}", "columns: name: blank: is one text, not {"),
        ("{columns: {tree: Code, name: {column: Name, values: x}}}", "columns: name: values: is to say names"),
        ("{columns: {tree: Code, name: {column: Name, separator: x}}}", "columns: name: separator: goes with a field"),
        ("{columns: {tree: Code, uses: {column: Name, values: {a: b}}}}", "columns: uses: holds a list, which is made"),
        (
            "{columns: {tree: Code, uses: {column: Name, separator: ''}}}",
            "columns: uses: separator: is one text, not ''",
        ),
        (
            "{columns: {tree: Code, start-date: {column: Planted, date: DD/MM/YY}}}",
            "columns: start-date: date: 'DD/MM/YY' is not one of YYYY-MM-DD, DD-MM-YYYY",
        ),
        (
            "{columns: {tree: Code, start-date: {value: soon}}}",
            "columns: start-date: value: 'soon' is not a date such as 2017",
        ),
        ("{columns: {tree: Code}, ending: start-date}", "ending: goes with complete, for what a file lacks has not"),
        ("{columns: {tree: Code}, complete: false, ending: start-date}", "ending: goes with complete"),
        (
            "{columns: {tree: Code}, complete: true, ending: name}",
            "ending: 'name' is not a field of dates; there are start",
        ),
        ("{columns: {tree: Code}, complete: 7}", "complete: is to say names"),
        (
            "{columns: {tree: Code}, complete: {uses: x}}",
            "complete: 'uses' is not one of the fields that the file speaks",
        ),
        ("{columns: {tree: Code}, complete: {name: [a, b]}}", r"complete: name: is one text, not \['a', 'b'\]"),
        ("{columns: {tree: Code}, dated: soon}", "dated: is a day such as 2025-07-11, not 'soon'"),
        ("{columns: {tree: Code}, dated: [2025]}", "dated: is a day such as 2025-07-11"),
    ],
)
def test_a_mapping_that_will_not_do_is_refused_in_a_sentence(write: Write, mapping: str, sentence: str) -> None:
    if mapping.startswith("{"):
        fields = "[tree, name, {field: start-date, datatype: datetime}, {field: uses, cardinality: n}]"
        mapping = f"register: tree\nfields: {fields}\ntable: {mapping}\n"
    with pytest.raises(Invalid, match=sentence):
        read(write("t.csv", "Code,Name,Planted\nQUR,Oak,2017\n"), mapping)


def test_a_mapping_has_to_be_there(write: Write, tmp_path: Path) -> None:
    path = write("t.csv", "tree\nA\n")
    with pytest.raises(Invalid, match="a table takes --mapping FILE, .* registers scaffold makes one"):
        table.read(path, {})
    with pytest.raises(Invalid, match=r"nowhere\.yaml cannot be read: No such file or directory"):
        table.read(path, {"mapping": str(tmp_path / "nowhere.yaml")})
    with pytest.raises(Invalid, match="is not YAML: 'utf-8' codec can't decode"):
        table.read(path, {"mapping": str(write("m.yaml", b"register: \xff\n"))})
    with pytest.raises(Invalid, match="is not YAML: unacceptable character"):
        table.read(path, {"mapping": str(write("m.yaml", b"register: \x00\n"))})


def test_a_mapping_runs_nothing(write: Write, tmp_path: Path) -> None:
    mapping = f"register: !!python/object/apply:os.mkdir ['{tmp_path / 'made'}']\nfields: [tree]\n"
    with pytest.raises(Invalid):
        read(write("t.csv", "tree\nA\n"), mapping)
    assert not (tmp_path / "made").exists()


# Without a mapping


def test_a_plain_table_has_columns_called_like_fields_and_no_others(store: Store, write: Write) -> None:
    made = definition("tree", ["tree", "name", Field("end-date", "datetime")])
    make(store, "tree", made.fields)

    def plainly(content: str, complete: bool = False) -> Loaded:
        source = table.plain(made, complete)
        return loading.load(store, source, File(write("t.csv", content)), AUTHORITY, OPERATOR, quietly)

    assert counts(plainly("Tree,NAME\nQUR,Oak\nASH,Ash\n")) == (2, 0, 0, 0)
    assert counts(plainly("tree\nQUR\n", complete=True)) == (0, 0, 1, 1)
    with pytest.raises(Invalid, match="'Colour' is not a field of tree, whose fields are tree, name, end-date"):
        plainly("tree,Colour\nQUR,brown\n")
    with pytest.raises(Nothing, match="there is no record in t.csv"):
        plainly("tree,name\n", complete=True)


# Any table, against a reading by the csv module alone

KEYS = st.sampled_from(["A", "B", "C", "a-1", "", " ", "-x", "A ", "é", "A.csv"])
NAMES = st.text(st.sampled_from('ab ";\n,\u00e9\u00a0'), max_size=6)
NATIVES = st.sampled_from(["Yes", "no", "", " YES", "maybe", "true"])
DAYS = st.sampled_from(["", "9/8/2017", "09/08/2017 ", "31/02/2017", "2017-08-09", "29/02/2016", "soon"])
USES = st.sampled_from(["", "a", "a,b", " b , a,b", ",", "a;b", "x\ny"])
RAGGED = st.sampled_from([0, 0, 0, 0, 0, -1, 1])
TABLES = st.lists(st.tuples(KEYS, NAMES, NATIVES, DAYS, USES, RAGGED), max_size=7)
CLEAN = st.tuples(KEYS.filter(lambda key: key in "ABC"), NAMES, st.just("no"), st.just("9/8/2017"), USES, st.just(0))


def plainly(path: Path) -> tuple[dict[str, dict[str, Any]], set[int]]:
    """The records that a file has, and the rows that will not do, by the csv module and what the mapping says."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    records: dict[str, dict[str, Any]] = {}
    bad: set[int] = set()
    first: dict[str, dict[str, Any]] = {}
    for number, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells):
            if len(cells) > 1 and len(cells) != 5:
                bad.add(number)
            continue
        item = one(cells) if len(cells) == 5 else None
        if item is None or first.setdefault(item["tree"], item) != item:
            bad.add(number)
        elif item["tree"].endswith(".csv") or any(";" in use for use in item.get("uses", ())):
            bad.add(number) if first[item["tree"]] is item else None
        else:
            records[item["tree"]] = item
    return records, bad


def one(cells: list[str]) -> dict[str, Any] | None:
    """The record of a row, None if one of its cells will not do."""
    key, name, native, day, uses = (cell.strip() for cell in cells)
    natives = {"yes": "true", "no": "false", "": ""}
    if key not in ("A", "B", "C", "a-1", "A.csv") or native.lower() not in natives:
        return None
    days = {"": "", "9/8/2017": "2017-08-09", "09/08/2017": "2017-08-09", "29/02/2016": "2016-02-29"}
    if day not in days:
        return None
    members = list(dict.fromkeys(each.strip() for each in uses.split(",") if each.strip()))
    item = {"tree": key, "name": name, "native": natives[native.lower()], "start-date": days[day], "uses": members}
    return {name: value for name, value in item.items() if value}


def write_table(path: Path, rows: list[tuple[Any, ...]], ending: str, quoting: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        writer = csv.writer(file, lineterminator=ending, quoting=quoting)
        for *cells, ragged in rows:
            writer.writerow(cells[:ragged] if ragged < 0 else [*cells, *["x"] * ragged])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    rows=st.one_of(TABLES, st.lists(CLEAN, max_size=5, unique_by=lambda row: row[0])),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    is_there=st.booleans(),
)
@example(rows=[("A", '"', "no", "", "a;b", 0)] * 2, ending="\n", quoting=csv.QUOTE_MINIMAL, is_there=True)
def test_a_dirty_table_is_loaded_exactly_or_refused_with_every_bad_row(
    sqlite_store: CheckedStore,
    tmp_path: Path,
    rows: list[tuple[Any, ...]],
    ending: str,
    quoting: int,
    is_there: bool,
) -> None:
    sqlite_store.checking = False
    path = tmp_path / "t.csv"
    write_table(path, rows, ending, quoting)
    wanted, bad = plainly(path)
    name = f"tree-{len(names_in(sqlite_store))}"
    mapping = MAPPING.replace("register: tree", f"register: {name}")
    if is_there:
        bring(sqlite_store, made_first(tmp_path), mapping)
    before = rows_in(sqlite_store)
    try:
        bring(sqlite_store, path, mapping)
    except Wrong as error:
        told = {int(str(each.place).removeprefix("row ")) for each in error.problems.shown}
        assert (told, rows_in(sqlite_store)) == (bad, before)
        assert bad
    except Nothing:
        assert (wanted, bad, rows_in(sqlite_store)) == ({}, set(), before)
    else:
        assert not bad
        held: Mapping[str, Any] = {"A": {"tree": "A", "name": "as it was"}} if is_there else {}
        assert items(sqlite_store, name) == {**held, **wanted}


def made_first(folder: Path) -> Path:
    path = folder / "first.csv"
    path.write_text(HEADER + "A,as it was,,,\n")
    return path
