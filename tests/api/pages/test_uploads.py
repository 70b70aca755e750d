"""A CSV file as a person uploads it: read, its fields guessed, and everything that is wrong with it said by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.pages.creating import uploads
from api.pages.creating.uploads import Faults
from registers.datatypes import datatype
from registers.definition import Definition, Field
from registers.errors import TooLarge
from registers.opening import open_store
from registers.settings import Settings


@pytest.fixture(autouse=True, scope="module")
def _english(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is wrong is said in the language of a request."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'registers.db'}")
    with create_app(Settings(), store).test_request_context():
        yield


def faults(content: str | bytes, *fields: Field) -> list[str]:
    """What is wrong with a file, whose fields are guessed unless they are given."""
    sent = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(Faults) as raised:
        read = uploads.read(sent)
        made = fields or tuple(uploads.guess(read))
        uploads.changes(read, Definition("tree", made[0].name, made))
    return raised.value.sentences


def guessed(*values: str) -> str:
    """The datatype of a second column that has these values."""
    out = io.StringIO()
    csv.writer(out).writerows([("tree", "x"), *((f"K{n}", value) for n, value in enumerate(values))])
    return uploads.guess(uploads.read(out.getvalue().encode()))[1].datatype


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("1", "42", "-7"), "integer"),
        (("1", "", "2"), "integer"),
        (("01", "02"), "string"),
        (("1", "x"), "string"),
        (("", ""), "string"),
        ((), "string"),
        (("2017", "2018"), "string"),
        (("2017", "2018-03"), "datetime"),
        (("2017-03-01", "2018-04-05"), "datetime"),
        (("2017-03-01T10:00:00Z",), "timestamp"),
        (("2017-03-01T10:00:00Z", "2017-03-01"), "datetime"),
        (("2017-02-30",), "string"),
        (("https://example.org/a",), "url"),
        (("https://example.org/a", "none"), "string"),
        (("true", "false"), "boolean"),
        (("yes", "no"), "string"),
        (("[-0.1276, 51.5072]",), "point"),
        (("country:GB",), "string"),
    ],
)
def test_a_datatype_is_guessed_only_when_every_value_fits_it(values: tuple[str, ...], kind: str) -> None:
    assert guessed(*values) == kind


@given(st.lists(st.sampled_from(["1", "2017", "x", "true", "2017-01-01", "https://a.example", "", "007"]), max_size=6))
def test_what_is_guessed_fits_every_value(values: list[str]) -> None:
    check = datatype(guessed(*values)).check
    assert [value for value in values if value and check(value)] == []


def test_the_first_column_is_the_key_and_text_even_when_it_is_digits() -> None:
    fields = uploads.guess(uploads.read(b"School URN,Opened\n100000,1954-01-01\n"))
    assert fields == [Field("school-urn"), Field("opened", "datetime")]


def test_a_header_becomes_names_and_keeps_what_it_said() -> None:
    fields = uploads.guess(uploads.read("Größe (m²),Name\na,b\n".encode()))
    assert fields == [Field("grosse-m2", text="Größe (m²)"), Field("name")]


def test_a_byte_order_mark_and_any_line_ends_are_taken() -> None:
    for end in ("\n", "\r\n"):
        read = uploads.read(f'\ufefftree,name{end}QUR,"two{end}lines"{end}{end}BET,x'.encode())
        assert [row.line for row in read.rows] == [2, 5]
        assert read.rows[0].cells == ["QUR", f"two{end}lines"]


def test_lists_are_split_where_the_field_holds_a_list() -> None:
    read = uploads.read(b"tree,name\nQUR,a; b;\n")
    fields = (Field("tree"), Field("name", cardinality="n"))
    (change,) = uploads.changes(read, Definition("tree", "tree", fields))
    assert (change.key, change.item["name"]) == ("QUR", ["a", "b", ""])


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        ("", ["the file is empty: its first line is a header with the names of the fields"]),
        ("\n\n", ["the file is empty: its first line is a header with the names of the fields"]),
        ("tree,,name\n", ["line 1: column 2 has no name in the header"]),
        ("tree,Name,name\n", ["line 1: columns 2 and 3 are both called name"]),
        ("tree,1st\n", ["line 1: column 2, '1st': a name has to start with a letter from a to z"]),
        ("tree,名前\n", ["line 1: column 2, '名前': a name has to start with a letter from a to z"]),
        ("tree;name\nA;b\n", ["line 1: the columns have to have commas between them"]),
        (
            "tree,name\nA\nB,x,y\n",
            ["line 2 has 1 cell, and the header has 2", "line 3 has 3 cells, and the header has 2"],
        ),
        ("tree,name\nA,x\n\nB,y\nA,z\n", ["line 5 has the key 'A', which line 2 has already"]),
        ("tree,name\n,x\n", ["line 2 has no key: its cell for tree is empty"]),
        ("tree,name\nA.csv,x\n", ["line 2: the key 'A.csv' ends in .json or .csv, which asks for a format"]),
        (b"tree,name\nA,\xe9\n", ["line 2 is not UTF-8: save the file as CSV UTF-8, and upload that"]),
        ("tree,name\nA,\0\n", ["line 2 has the character U+0000"]),
        ("tree\nA\n".encode("utf-16"), ["the file is in UTF-16: save it as CSV UTF-8, and upload that"]),
        (b"PK\x03\x04rest", ["the file is a spreadsheet, not a CSV file: save it as CSV UTF-8, and upload that"]),
    ],
)
def test_a_fault_is_named_with_its_line(content: str | bytes, sentences: list[str]) -> None:
    assert faults(content) == sentences


def test_an_open_quote_and_a_broken_key_are_faults() -> None:
    assert faults('tree,name\nA,"x\n')[0].startswith("line 2 cannot be read as CSV")
    assert faults("tree\n a b \n")[0].startswith("line 2: key 'a b' breaks the rule")


def test_a_value_that_is_not_of_its_datatype_is_a_fault() -> None:
    fields = (Field("tree"), Field("height", "integer"))
    (fault,) = faults("tree,height\nA,1\nB,tall\n", *fields)
    assert fault.startswith("line 3: height: 'tall' is not an integer")


def test_many_faults_are_counted_and_not_all_listed() -> None:
    listed = faults("tree,name\n" + ",x\n" * 5000)
    assert len(listed) == uploads.MOST_FAULTS + 1
    assert listed[-1] == "and 4,980 more faults like these"


def test_a_file_over_a_limit_is_refused() -> None:
    with pytest.raises(TooLarge, match="larger than 10 MB"):
        uploads.read(b"x" * (uploads.LIMIT + 1))
    with pytest.raises(TooLarge, match="more than 50,000 rows"):
        uploads.read(b"tree\n" + b"A\n" * (uploads.MOST_ROWS + 1))
    assert faults(",".join(f"c{n}" for n in range(101)))[0].startswith("the header has 101 columns")


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=2, max_size=2)))
def test_whatever_a_program_writes_is_read_or_faulted(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["tree", "name"], *rows])
    try:
        assert [row.cells for row in uploads.read(out.getvalue().encode()).rows] == rows
    except Faults:
        assert "\0" in out.getvalue() or "\r" in out.getvalue().replace("\r\n", "")
