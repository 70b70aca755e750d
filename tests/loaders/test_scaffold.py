"""A mapping proposed for a table: its key, its datatypes, its links; and it loads the file that it was made from."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loaders import loading, sources
from loaders.loading import File, Loaded
from loaders.scaffold import scaffold
from registers import lifecycle
from registers.definition import Field, check_definition, from_yaml
from registers.errors import Invalid
from registers.store.engine import Store
from tests.loaders.given import counts, items, quietly
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, append, country, make, names_in

CODES = ("GB", "FR", "DE", "IT", "ES")


def write(folder: Path, header: str, *rows: str) -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join([header, *rows, ""]), "utf-8")
    return path


def proposed(path: Path, store: Store | None = None, register: str = "tree", **options: str) -> dict[str, Any]:
    """What is proposed for a file, as YAML reads it; it is a definition."""
    document: dict[str, Any] = yaml.safe_load(scaffold(path, register, store, options))
    check_definition(from_yaml({name: value for name, value in document.items() if name != "table"}))
    return document


def fields(document: dict[str, Any]) -> dict[str, str]:
    """The fields, each with its datatype, or the register it links to."""
    return {
        each["field"]: each.get("datatype", f"→ {each['register']}" if "register" in each else "string")
        for each in document["fields"]
    }


def bring(store: Store, path: Path, register: str = "tree") -> Loaded:
    """Load a file with what is proposed for it."""
    mapping = path.with_suffix(".yaml")
    mapping.write_text(scaffold(path, register, store, {}), "utf-8")
    file = File(path, "", {"mapping": str(mapping)})
    return loading.load(store, sources.find("table"), file, AUTHORITY, OPERATOR, quietly)


def publish(store: Store, name: str = "country", codes: tuple[str, ...] = CODES) -> None:
    """A published register whose keys are codes."""
    fields = None if name == "country" else [name, "name"]
    make(store, name, *([fields] if fields else []))
    append(store, *(country(code, "x")._replace(item={name: code, "name": "x"}) for code in codes), to=name)
    lifecycle.publish(store, name)


# Each guess


def test_datatypes_are_told_by_the_values(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "Code,Name,Native,Height,Seen at,Where,Of,Mixed",
        'A,Ash,true,20,https://example.org/a,"[-1.5,52]",country:GB,1',
        'B,Beech,false,-7,http://example.org/b,"[0, 51.25]",country:FR,x',
        "C,,,,,,,",
    )
    assert fields(proposed(path)) == {
        "tree": "string",
        "name": "string",
        "native": "boolean",
        "height": "integer",
        "seen-at": "url",
        "where": "point",
        "of": "curie",
        "mixed": "string",
    }


def test_codes_with_zeros_before_them_are_no_integers(tmp_path: Path) -> None:
    assert fields(proposed(write(tmp_path, "Code,Number", "A,007", "B,12")))["number"] == "string"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["2017-08-09", "2018-01-31"], "Planted"),
        (["2017", "2017-08", "2017-08-09"], "Planted"),
        (["2017-08-09T10:30:00Z", "2017-08-09"], "Planted"),
        (["2017-08-09 00:00:00", "2018-01-31 00:00:00"], {"column": "Planted", "date": "YYYY-MM-DD"}),
        (["09/08/2017", "31/01/2018"], {"column": "Planted", "date": "DD/MM/YYYY"}),
        (["08/09/2017", "01/31/2018"], {"column": "Planted", "date": "MM/DD/YYYY"}),
        (["09-08-2017"], {"column": "Planted", "date": "DD-MM-YYYY"}),
        (["9.8.2017"], {"column": "Planted", "date": "DD.MM.YYYY"}),
        (["20170809", "20180131"], {"column": "Planted", "date": "YYYYMMDD"}),
        (["9 August 2017", "31st Jan 2018"], {"column": "Planted", "date": "D Month YYYY"}),
        (["2017-08", "2018-01"], "Planted"),
    ],
)
def test_dates_are_told_by_the_layout_that_fits_all_of_them(
    sqlite_store: CheckedStore, tmp_path: Path, values: list[str], told: object
) -> None:
    path = write(tmp_path, "Code,Planted", *(f"K{n},{value}" for n, value in enumerate(values)))
    document = proposed(path)
    assert fields(document)["planted"] == "datetime"
    assert document["table"]["columns"]["planted"] == told
    assert counts(bring(sqlite_store, path)) == (len(values), 0, 0, 0)


@pytest.mark.parametrize("values", [["2017", "2018"], ["201708", "201801"], ["2017-08-09", "soon"], ["31/02/2017"]])
def test_what_may_be_a_number_or_is_no_day_is_no_date(tmp_path: Path, values: list[str]) -> None:
    path = write(tmp_path, "Code,Planted", *(f"K{n},{value}" for n, value in enumerate(values)))
    assert fields(proposed(path))["planted"] in ("string", "integer")


def test_the_days_of_a_record_are_called_what_they_are_if_they_are_days(tmp_path: Path) -> None:
    path = write(tmp_path, "Code,Open Date,closed", "A,09/08/2017,10/08/2017")
    assert fields(proposed(path)) == {"tree": "string", "start-date": "datetime", "end-date": "datetime"}
    path = write(tmp_path, "Code,Opened,closed", "A,yes,true")
    assert fields(proposed(path)) == {"tree": "string", "opened": "string", "closed": "boolean"}


@pytest.mark.parametrize(
    ("header", "row", "point"),
    [
        ("Easting,Northing", "530047,180422", {"easting": "Easting", "northing": "Northing"}),
        ("Longitude,Lat", "-0.1275,51.5", {"longitude": "Longitude", "latitude": "Lat"}),
        ("X,Y", "530047,180422", {"easting": "X", "northing": "Y"}),
        ("x,y", "-0.1275,51.5", {"longitude": "x", "latitude": "y"}),
        ("lng,latitude", "530047,180422", {"easting": "lng", "northing": "latitude"}),
    ],
)
def test_two_columns_make_a_point_of_the_kind_that_their_values_are(
    sqlite_store: CheckedStore, tmp_path: Path, header: str, row: str, point: dict[str, str]
) -> None:
    path = write(tmp_path, f"Code,{header}", f"A,{row}", "B,,")
    document = proposed(path)
    assert fields(document) == {"tree": "string", "point": "point"}
    assert document["table"]["columns"] == {"tree": "Code", "point": point}
    bring(sqlite_store, path)
    assert set(items(sqlite_store, "tree")["A"]) == {"tree", "point"}


@pytest.mark.parametrize("row", ["left,right", "-5000,2000000", "1,"])
def test_two_columns_that_hold_no_coordinates_make_no_point(tmp_path: Path, row: str) -> None:
    assert list(fields(proposed(write(tmp_path, "Code,X,Y", f"A,{row}")))) == ["tree", "x", "y"]


def test_the_key_is_a_column_with_a_value_of_its_own_in_each_row(tmp_path: Path) -> None:
    document = proposed(write(tmp_path, "Name,Kind,Ref", "Ash,a,1", "Beech,a,2", "Elm,b,3"))
    assert (document["key-field"], document["table"]["columns"]["tree"]) == ("tree", "Ref")
    assert proposed(write(tmp_path, "Kind,Name", "a,Ash", "a,Elm"))["table"]["columns"]["tree"] == "Name"
    assert proposed(write(tmp_path, "Code,Name", "a,Ash", "a,Elm"))["table"]["columns"]["tree"] == "Name"


@pytest.mark.parametrize("rows", [["Oak tree", "Ash tree"], ["A", "A"], ["A", '""']])
def test_without_a_column_that_can_be_the_key_nothing_is_proposed(tmp_path: Path, rows: list[str]) -> None:
    path = write(tmp_path, "Name,Kind", *(f"{row},same" for row in rows))
    with pytest.raises(Invalid, match="no column has a key of its own in every row"):
        scaffold(path, "tree", None, {})


def test_without_rows_nothing_is_proposed(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"list\.csv has no rows to tell anything by"):
        scaffold(write(tmp_path, "Code,Name"), "tree", None, {})
    with pytest.raises(Invalid, match="'Trees' is not a name"):
        scaffold(write(tmp_path, "Code,Name", "A,Ash"), "Trees", None, {})


def test_fields_of_one_name_are_told_apart(sqlite_store: CheckedStore, tmp_path: Path) -> None:
    header = "Code,Tree,Start date,start_date,opened,Опора,Имя,1st,Point,lon,lat," + "Long " * 40
    path = write(tmp_path, header, "A,x,2017-01-01,2017-02-01,2017-03-01,y,z,w,v,-1,52,u")
    document = proposed(path)
    names = list(fields(document))
    assert names[:5] == ["tree", "tree-2", "start-date", "start-date-2", "start-date-3"]
    assert names[5:8] == ["field", "field-2", "field-1st"]
    assert (names[8], names[-1]) == ("point", "point-2")
    assert counts(bring(sqlite_store, path)) == (1, 0, 0, 0)
    assert len(items(sqlite_store, "tree")["A"]) == 11


# Links


def test_a_column_of_keys_of_a_register_is_a_link_to_it(store: Store, tmp_path: Path) -> None:
    publish(store)
    path = write(tmp_path, "Code,Name,Origin", *(f"K{n},x,{code}" for n, code in enumerate(CODES)))
    assert fields(proposed(path, store)) == {"tree": "string", "name": "string", "origin": "→ country"}
    assert "origin" in fields(proposed(path)) and fields(proposed(path))["origin"] == "string"
    assert counts(bring(store, path)) == (5, 0, 0, 0)


def test_of_two_registers_with_these_keys_it_is_the_one_that_the_column_is_called_after(
    store: Store, tmp_path: Path
) -> None:
    for name in ("country", "area", "zone"):
        publish(store, name)
    rows = [f"K{n},{code},{code},{code}" for n, code in enumerate(CODES)]
    found = fields(proposed(write(tmp_path, "Code,Country of origin,Area,zones", *rows), store))
    assert found == {"tree": "string", "country-of-origin": "→ country", "area": "→ area", "zones": "→ zone"}


def test_few_values_or_few_keys_among_them_make_no_link(store: Store, tmp_path: Path) -> None:
    publish(store)
    rows = [f"K{n},{'GB' if n % 2 else 'FR'},{code}" for n, code in enumerate(["GB", "FR", "DE", "XX", "YY"])]
    found = fields(proposed(write(tmp_path, "Code,Few,Some", *rows), store))
    assert (found["few"], found["some"]) == ("string", "string")


def test_nobody_is_shown_a_draft(store: Store, tmp_path: Path) -> None:
    make(store)
    append(store, *(country(code, "x") for code in CODES))
    path = write(tmp_path, "Code,Country", *(f"K{n},{code}" for n, code in enumerate(CODES)))
    assert fields(proposed(path, store))["country"] == "string"


# Any table


CELLS = st.sampled_from(
    ["", "x", "No", "~", "007", "7", "2017", "2017-08-09", "2017-08-09 00:00:00", "9/8/2017", "true", "-0.1", "51.5"]
    + ['say "a, b"', "two\nlines", "a;b", "- x", "{a: b}", "country:GB", "é", "*", "&a", "https://example.org/"]
)
NAMES = st.sampled_from(
    ["Code", "Name", "No", "Yes", "2020", "~", "X", "Y", "Lat", "Long", "Start date", "opened", "a: b", "Ä", "point"]
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header, and rows of which each has a key of its own."""
    header = ["Key", *draw(st.lists(NAMES, max_size=5, unique=True))]
    columns = [draw(st.lists(CELLS, min_size=1, max_size=2)) for _ in header[1:]]
    rows = draw(st.integers(1, 4))
    return [header, *([f"K{n}", *(column[n % len(column)] for column in columns)] for n in range(rows))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(table=tables())
@example(table=[["Key", "No"], ["K0", "No"]])
def test_what_is_proposed_loads_the_file_it_was_made_from(
    sqlite_store: CheckedStore, tmp_path: Path, table: list[list[str]]
) -> None:
    sqlite_store.checking = False
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(table)
    name = f"list-{chr(97 + len(names_in(sqlite_store)) // 26)}{chr(97 + len(names_in(sqlite_store)) % 26)}"
    assert counts(bring(sqlite_store, path, name)) == (len(table) - 1, 0, 0, 0)
    found = items(sqlite_store, name)
    assert set(found) == {row[0] for row in table[1:]}
    points = {each.name for each in made_fields(path, name) if each.datatype == "point"}
    for row in table[1:]:
        filled = sum(1 for cell in row if cell)
        assert len(found[row[0]]) <= filled and (points or len(found[row[0]]) == filled)


def made_fields(path: Path, name: str) -> tuple[Field, ...]:
    document = yaml.safe_load(path.with_suffix(".yaml").read_text("utf-8"))
    document.pop("table")
    return from_yaml(document, name).fields
