"""A table is read alike whatever file it comes in, and what is wrong with a file is said, with row and column."""

from __future__ import annotations

import codecs
import csv
import encodings.aliases
import gzip
import io
import json
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.source import Wrong
from loaders.tables import delimited, unpacking
from loaders.tabular import Table, open_table
from registers.errors import Invalid, RegistersError, TooLarge
from tests.loaders.conftest import Write

ABC = "a,b\n1,x\n2,y\n"
READ = [(2, ("1", "x")), (3, ("2", "y"))]


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that temporary files are made in, of the test's own."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def rows(table: Table) -> list[tuple[int, tuple[str | None, ...]]]:
    return list(table.rows())


def problems(table: Table) -> list[str]:
    """What is found wrong when all rows have been gone through."""
    assert sum(batch.num_rows for batch in table.batches()) >= 0
    return [str(each) for each in table.problems.shown]


def workbook(path: Path, *lines: Sequence[object], sheets: Sequence[str] = ("Sheet",)) -> Path:
    """An XLSX file with the lines in its first sheet."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = sheets[0]
    for line in lines:
        book.active.append(line)
    for sheet in sheets[1:]:
        book.create_sheet(sheet)
    book.save(path)
    return path


def zipped(**files: str | bytes) -> bytes:
    """An archive, the same bytes each time: they are in the names of tests, which all processes have to agree on."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name.replace("_csv", ".csv").replace("_slash_", "/"))
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


# CSV


def test_csv_is_read_as_text_with_blanks_null_and_white_space_gone(write: Write) -> None:
    table = open_table(write("x.csv", 'a, b ,c\n 01 ,"",x\n2,"  ", y\u00a0\n'))
    assert (table.names, table.encoding, table.first_row) == (["a", "b", "c"], "utf-8", 2)
    assert rows(table) == [(2, ("01", None, "x")), (3, ("2", None, "y"))]
    batch = next(table.batches())
    assert [field.type for field in batch.schema] == [pa.string()] * 3
    table.problems.check()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bom.csv", "\ufeff" + ABC),
        ("crlf.csv", ABC.replace("\n", "\r\n")),
        ("cr.csv", ABC.replace("\n", "\r")),
        ("unended.csv", ABC.rstrip()),
        ("semicolons.csv", ABC.replace(",", ";")),
        ("tabs.csv", ABC.replace(",", "\t")),
        ("table.tsv", ABC.replace(",", "\t")),
        ("none", ABC),
        ("quoted.csv", '"a","b"\n"1","x"\n"2","y"\n'),
        ("utf16.csv", ABC.encode("utf-16")),
        ("utf16be.txt", b"\xfe\xff" + ABC.encode("utf-16-be")),
        ("x.csv.gz", gzip.compress(ABC.encode(), mtime=0)),
        ("x.zip", zipped(x_csv=ABC)),
        ("littered.zip", zipped(x_csv=ABC, __MACOSX_slash_x_csv="x")),
    ],
)
def test_every_dialect_and_wrapping_reads_alike(write: Write, name: str, content: str | bytes) -> None:
    table = open_table(write(name, content))
    assert (table.names, rows(table)) == (["a", "b"], READ)
    table.problems.check()


def test_a_quoted_delimiter_does_not_choose_the_delimiter(write: Write) -> None:
    table = open_table(write("x.csv", '"a;b;c",d\n1,2\n'))
    assert table.names == ["a;b;c", "d"]


def test_a_row_is_a_record_even_where_it_takes_several_lines(write: Write) -> None:
    table = open_table(write("x.csv", 'a,b\n1,"x\ny ""z"""\n2,v\n'))
    assert rows(table) == [(2, ("1", 'x\ny "z"')), (3, ("2", "v"))]


def test_rows_with_nothing_in_them_are_counted_and_passed_over(write: Write) -> None:
    table = open_table(write("x.csv", "\na,b\n1,\n\n,\n ,\t\n,2\n\n"))
    assert rows(table) == [(3, ("1", None)), (7, (None, "2"))]
    assert list(table.rows("b")) == [(3, (None,)), (7, ("2",))]
    assert table.first_row == 3
    table.problems.check()


def test_a_header_without_rows_is_a_table(write: Write) -> None:
    table = open_table(write("x.csv", "a,b"))
    assert (table.names, rows(table)) == (["a", "b"], [])


def test_columns_come_in_the_order_asked_for(write: Write) -> None:
    table = open_table(write("x.csv", ABC))
    assert list(table.rows("b", "a")) == [(2, ("x", "1")), (3, ("y", "2"))]
    with pytest.raises(Invalid, match="there is no column c; the columns are a, b"):
        table.rows("c")


def test_a_long_file_comes_in_parts_with_numbers_that_go_on(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK", 64_000)
    lines = [f"{n},x\n" if n % 10_000 else "ragged\n" for n in range(2, 60_002)]
    table = open_table(write("x.csv", "a,b\n" + "".join(lines)))
    assert rows(table) == [(n, (str(n), "x")) for n in range(2, 60_002) if n % 10_000]
    assert table.problems.count == 6
    assert max(batch.num_rows for batch in table.batches()) <= 20_000


@pytest.mark.parametrize("ending", ["\r\n", "\r\r\n", "\r", "\n"])
def test_line_ends_in_a_value_stay_wherever_pyarrow_cuts_the_file(
    write: Write, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """PyArrow drops an LF at the beginning of a block when the block before ended with a CR, even in quotes."""
    monkeypatch.setattr(delimited, "BLOCK", 64)
    value = f"x{ending}y"
    for shift in range(64):
        table = open_table(write("x.csv", f'a,b\r\n{"s" * shift},1\r\n"{value}",2\r\n"{value}",3\r\n'))
        assert list(table.rows("a", "b"))[-2:] == [(3, (value, "2")), (4, (value, "3"))]
        table.problems.check()


def test_all_ragged_rows_are_reported_and_the_rest_is_read(write: Write) -> None:
    table = open_table(write("x.csv", "a,b\n1,2\n3\n4,5,6\n\n7,8\n"))
    assert rows(table) == [(2, ("1", "2")), (6, ("7", "8"))]
    with pytest.raises(Wrong) as error:
        table.problems.check()
    assert [str(each) for each in error.value.problems.shown] == [
        "row 3: has 1 value where the header has 2",
        "row 4: has 3 values where the header has 2",
    ]


def test_problems_are_told_once_however_often_the_table_is_read(write: Write) -> None:
    table = open_table(write("x.csv", "a,b\n1\n2\n3,4\n"))
    next(table.batches())
    assert len(problems(table)) == 2
    assert len(problems(table)) == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('a,b\n1,2\n3,"x\n4,5\n6,7\n', "row 3, b: a quote is opened here and never closed"),
        ('a,b\n1,2\n"3,x\n4,5\n6,7\n', "row 3: a quote is opened here and never closed"),
        ('a,b\n1,2\n3,"', "row 3, b: a quote is opened here and never closed"),
        ('a\n1\n"3\n', "row 3, a: a quote is opened here and never closed"),
    ],
)
def test_a_quote_that_is_never_closed_is_found(write: Write, content: str, problem: str) -> None:
    table = open_table(write("x.csv", content))
    assert [number for number, _ in rows(table)] == [2]
    assert problems(table) == [problem]


def test_a_quote_that_is_never_closed_is_found_in_a_long_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK", 1000)
    table = open_table(write("x.csv", "a,b\n" + "1,2\n" * 400 + '3,"x\n' + "1,2\n" * 4000))
    assert problems(table) == ["row 402: a quote is opened here and never closed, or the row is longer than 4 MB"]


def test_a_quote_inside_a_value_is_a_character(write: Write) -> None:
    table = open_table(write("x.csv", 'a,b\n6" pipe,x\n'))
    assert rows(table) == [(2, ('6" pipe', "x"))]
    table.problems.check()


# Encodings


def test_what_is_not_utf_8_is_windows_1252_and_that_is_noted(write: Write) -> None:
    table = open_table(write("x.csv", "name\nYsgol Glan-y-Môr €\n".encode("cp1252")))
    assert (table.encoding, rows(table)) == ("cp1252", [(2, ("Ysgol Glan-y-Môr €",))])
    assert table.notes == ["x.csv is not in UTF-8, and was read as Windows-1252"]


def test_an_encoding_that_is_told_is_used(write: Write) -> None:
    path = write("x.csv", "name\nMôr\n".encode("latin-1"))
    assert rows(open_table(path, encoding="ISO-8859-1")) == [(2, ("Môr",))]
    assert rows(open_table(write("y.csv", "\ufeffname\nMôr\n"), encoding="utf-8")) == [(2, ("Môr",))]


def test_characters_across_the_pieces_that_a_file_is_read_in_stay_whole(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loaders.tables.decoding.CHUNK", 7)
    monkeypatch.setattr(delimited, "BLOCK", 101)
    lines = [f"ŷ€🌊{n}" for n in range(500)]
    for encoding in ("utf-8", "utf-16"):
        table = open_table(write("x.csv", "\n".join(["name", *lines]).encode(encoding)))
        assert [values for _, values in table.rows()] == [(line,) for line in lines]


@pytest.mark.parametrize(
    ("content", "encoding", "sentence"),
    [
        (b"a\nM\xf4r\n", "utf-8", "x.csv is not in the encoding utf-8: see byte 3, in line 2"),
        (b"a\n1\nM\x81r\n", "cp1252", "x.csv is not in the encoding cp1252: see byte 5, in line 3"),
        (b"\xef\xbb\xbfa\nM\xf4r\n", "utf-8", "x.csv is not in the encoding utf-8: see byte 6, in line 2"),
        (b"a\nM\xf4r\x81\n", None, "x.csv is neither UTF-8 .see byte 3, in line 2. nor Windows-1252"),
        (b"a\n1\n", "martian", "there is no encoding of text called martian"),
        (b"a\n1\n", "base64", "there is no encoding of text called base64"),
        (b"a\n1\0\n", None, "x.csv has a NUL byte .byte 3."),
    ],
)
def test_bytes_that_are_no_text_are_refused_by_place(
    write: Write, content: bytes, encoding: str | None, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        open_table(write("x.csv", content), encoding=encoding)


@pytest.mark.parametrize("told", [*sorted(set(encodings.aliases.aliases.values())), "idna", "punycode", "utf-7", "\0"])
def test_any_encoding_that_is_told_reads_the_file_or_is_refused(write: Write, told: str) -> None:
    for content in (
        b"a,b\n1,x\n2,y\n",
        b"name\nxn--a-\xe9\\ud800\n",
        b"a\n+2AA-\n",
        "ŷ€🌊\nx\n".encode("utf-16"),
        b"\xff",
    ):
        try:
            rows(open_table(write("x.csv", content), encoding=told))
        except RegistersError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("told", ["punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"])
def test_a_spelling_is_no_encoding_of_a_file(write: Write, told: str) -> None:
    with pytest.raises(Invalid, match=f"there is no encoding of text called {told}"):
        open_table(write("x.csv", ABC), encoding=told)
    assert codecs.lookup(told)


# Damage


def damaged(content: bytes, seed: int) -> bytes:
    """The bytes with a few of them changed at random."""
    chance, changed = random.Random(seed), bytearray(content)
    for _ in range(chance.randint(1, 6)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def packed(kind: str, folder: Path) -> bytes:
    """A small table of 50 rows in a kind of file."""
    lines = [["a", "b"], *([str(n), f"Môr {n}"] for n in range(50))]
    text = "".join(f"{a},{b}\n" for a, b in lines)
    if kind == "xlsx":
        return workbook(folder / "made.xlsx", *lines).read_bytes()
    if kind == "parquet":
        columns = {"a": pa.array(range(50), pa.date32()), "b": [b for _, b in lines[1:]], "c": [["x", "y"]] * 50}
        pq.write_table(pa.table(columns), folder / "made.parquet")
        return (folder / "made.parquet").read_bytes()
    if kind == "gz":
        return gzip.compress(text.encode(), mtime=0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", getattr(zipfile, f"ZIP_{kind.upper()}")) as archive:
        archive.writestr(zipfile.ZipInfo("x.csv"), text, archive.compression)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "gz", "stored", "deflated", "bzip2", "lzma"])
def test_damage_is_refused_in_a_sentence_or_told_by_row(
    write: Write, tmp_path: Path, temporary: Path, kind: str
) -> None:
    content = packed(kind, tmp_path)
    for seed in range(200):
        path = write(f"x.{kind}", damaged(content, seed))
        try:
            problems(open_table(path))
        except RegistersError as error:
            assert str(error).startswith("x.") or isinstance(error, Wrong)
            assert "\n" not in str(error) or isinstance(error, Wrong)
        assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("bzip2", r"x\.bzip2 is damaged, and cannot be unpacked: Invalid data stream"),
        ("lzma", r"x\.lzma is damaged, and cannot be unpacked: Corrupt input data"),
        ("deflated", r"x\.deflated is damaged, and cannot be unpacked: Error -3"),
    ],
)
def test_a_damaged_member_of_an_archive_is_refused(write: Write, tmp_path: Path, kind: str, sentence: str) -> None:
    content = packed(kind, tmp_path)
    begin = content.index(b"x.csv") + len("x.csv") + (9 if kind == "lzma" else 0)
    with pytest.raises(Invalid, match=sentence):
        open_table(write(f"x.{kind}", content[:begin] + b"\xff" * 20 + content[begin + 20 :]))


def test_a_damaged_sheet_of_a_workbook_is_refused(write: Write, tmp_path: Path) -> None:
    content = bytearray(packed("xlsx", tmp_path))
    begin = content.index(b"xl/worksheets/sheet1.xml") + len("xl/worksheets/sheet1.xml")
    content[begin : begin + 20] = b"\xff" * 20
    with pytest.raises(Invalid, match=r"x\.xlsx is damaged, or no workbook: Error -3"):
        rows(open_table(write("x.xlsx", bytes(content))))


def test_a_disk_that_is_full_is_no_damage(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    with pytest.raises(Invalid, match=r"x\.gz cannot be unpacked: No space left on device"):
        open_table(write("x.gz", gzip.compress(ABC.encode(), mtime=0)))


# What is no table


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.csv", "", "x.csv is empty"),
        ("x.csv", " \n\n , \n", "x.csv is empty"),
        ("x.csv", "\n <!DOCTYPE html>\n<html>", "x.csv is an HTML page, where a table was expected"),
        ("x.csv", "<html lang=en>", "x.csv is an HTML page"),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "x.xls is an old Excel workbook"),
        ("x.csv", b"%PDF-1.7\n", "x.csv is a PDF document"),
        ("x.json", '[{"a": 1}]', "x.json is JSON, but not a JSON object a line"),
        ("x.csv", '"' + "x" * 200_000, "x.csv has no header that can be read"),
        ("x.zip", zipped(a_csv=ABC, b_csv=ABC), "x.zip is to hold exactly one file, and holds 2: a.csv, b.csv"),
        ("x.zip", zipped(), "x.zip is to hold exactly one file, and holds 0: none"),
        ("x.zip", zipped(x_csv=zipped(x_csv=ABC)), "x.zip holds an archive, x.csv, in an archive"),
        ("x.zip", zipped(x_csv=ABC)[:40], "x.zip is damaged"),
        ("x.gz", gzip.compress(ABC.encode(), mtime=0)[:-9], "x.gz is damaged"),
        ("x.gz", gzip.compress(ABC.encode(), mtime=0)[:-8] + b"\0" * 8, "x.gz is damaged"),
        ("x.xlsx", zipped(**{"xl/workbook.xml": "x"}), "x.xlsx is damaged, or no workbook"),
        ("x.parquet", b"PAR1" + b"\0" * 20, "x.parquet is damaged, or no Parquet file"),
        ("x.ndjson", "\n", "x.ndjson holds no JSON object with members"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(
    write: Write, temporary: Path, name: str, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        open_table(write(name, content))
    assert list(temporary.iterdir()) == []


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"there is no file .*x\.csv"):
        open_table(tmp_path / "x.csv")
    with pytest.raises(Invalid, match="is not a file"):
        open_table(tmp_path)


def test_every_column_without_a_name_of_its_own_is_listed(write: Write) -> None:
    with pytest.raises(Wrong) as error:
        open_table(write("x.csv", "a,b,,a , b,c\n1,2,3,4,5,6\n"))
    assert [str(each) for each in error.value.problems.shown] == [
        "x.csv, row 1, column 3: has no name",
        "x.csv, row 1, column 4: has the name of column 1, a",
        "x.csv, row 1, column 5: has the name of column 2, b",
    ]


def test_an_archive_that_expands_without_measure_is_refused(
    write: Write, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED", 1_000_000)
    bomb = "a\n" + "1\n" * 2_000_000
    for name, content in (("x.zip", zipped(x_csv=bomb)), ("x.gz", gzip.compress(bomb.encode()))):
        with pytest.raises(TooLarge, match=f"{name} expands to more than 1 MB"):
            open_table(write(name, content))
    with pytest.raises(TooLarge, match="expands to more than 1 MB"):
        open_table(write("x.xlsx", zipped(**{"xl/workbook.xml": bomb})))
    assert list(temporary.iterdir()) == []


def test_an_encrypted_archive_is_refused(write: Write) -> None:
    content = bytearray(zipped(x_csv=ABC))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Invalid, match=r"x\.zip is encrypted; unpack it with its password first"):
        open_table(write("x.zip", bytes(content)))


def test_what_was_unpacked_is_removed_with_the_table(write: Write, temporary: Path) -> None:
    table = open_table(write("x.csv.gz", gzip.compress(ABC.encode(), mtime=0)))
    assert len(list(temporary.iterdir())) == 1
    assert rows(table) == rows(table) == READ
    del table
    assert list(temporary.iterdir()) == []


# XLSX


def test_a_workbook_reads_as_what_its_cells_show(tmp_path: Path) -> None:
    moments = [date(2017, 8, 9), datetime(2017, 8, 9), datetime(2017, 8, 9, 10, 30), time(9, 15)]  # noqa: DTZ001
    header = ["text", "whole", "float", "yes", "date", "midnight", "moment", "time", "none"]
    path = workbook(tmp_path / "x.xlsx", header, [" x ", 3, 2.5, True, *moments, None], [3.0, "007", 1e20, False])
    table = open_table(path)
    first = ("x", "3", "2.5", "true", "2017-08-09", "2017-08-09", "2017-08-09T10:30:00", "09:15:00", None)
    assert rows(table) == [(2, first), (3, ("3", "007", "100000000000000000000", "false", *[None] * 5))]
    table.problems.check()


def test_blank_rows_and_columns_of_a_workbook_are_no_records(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", [], [" "], ["a", "b", None, " "], [1, 2], [], ["", " "], [None, 4])
    table = open_table(path)
    assert (table.names, table.first_row) == (["a", "b"], 4)
    assert rows(table) == [(4, ("1", "2")), (7, (None, "4"))]


def test_formulas_errors_and_stray_cells_are_named_by_row_and_column(tmp_path: Path) -> None:
    lines: list[list[object]] = [["a", "b", "c"], [1, 2, "=A2+B2"], ["#N/A", "=A1", 3], [1, 2, 3, None, "x"]]
    table = open_table(workbook(tmp_path / "x.xlsx", *lines))
    assert problems(table) == [
        "row 2, C: holds a formula",
        "row 3, A: holds the error #N/A",
        "row 3, B: holds a formula",
        "row 4, E: holds a value, and the header has no name for it",
    ]


def test_a_header_holds_names_and_no_formulas(tmp_path: Path) -> None:
    assert open_table(workbook(tmp_path / "x.xlsx", [2020, 2021.0, True])).names == ["2020", "2021", "true"]
    with pytest.raises(Wrong, match="row 1, B: holds a formula"):
        open_table(workbook(tmp_path / "x.xlsx", ["a", "=A1"]))
    with pytest.raises(Wrong, match="row 1, column 2: has no name"):
        open_table(workbook(tmp_path / "x.xlsx", ["a", None, "c"]))


def test_one_of_several_sheets_has_to_be_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", ["a"], [1], sheets=["Schools", "Notes"])
    with pytest.raises(Invalid, match=r"x\.xlsx has several sheets; name one of: Schools, Notes"):
        open_table(path)
    with pytest.raises(Invalid, match=r"x\.xlsx has no sheet Staff; name one of: Schools, Notes"):
        open_table(path, sheet="Staff")
    with pytest.raises(Invalid, match=r"the sheet Notes of x\.xlsx is empty"):
        open_table(path, sheet="Notes")
    assert rows(open_table(path, sheet="Schools")) == [(2, ("1",))]


def test_a_sheet_is_for_workbooks_only(write: Write) -> None:
    with pytest.raises(Invalid, match=r"x\.csv is no Excel workbook, and has no sheet Schools"):
        open_table(write("x.csv", ABC), sheet="Schools")


def test_a_workbook_is_known_by_its_content_and_may_be_packed(tmp_path: Path, write: Write) -> None:
    content = workbook(tmp_path / "x.xlsx", ["a", "b"], [1, "x"], [2, "y"]).read_bytes()
    packed = [write("x.csv", content), write("x.xlsx.gz", gzip.compress(content)), write("x.zip", zipped(x=content))]
    assert [rows(open_table(path)) for path in packed] == [READ] * 3


# NDJSON


def test_ndjson_has_the_columns_of_all_its_objects(write: Write) -> None:
    lines = [{"a": " x ", "n": 3.0, "yes": True}, {"b": ["x", "y"], "a": None, "n": 2.5}, {"b": [], "n": 12}]
    table = open_table(write("x.ndjson", "\n\n".join(map(json.dumps, lines)) + "\n"))
    assert (table.names, table.first_row) == (["a", "n", "yes", "b"], 1)
    assert rows(table) == [
        (1, ("x", "3", "true", None)),
        (3, (None, "2.5", None, "x;y")),
        (5, (None, "12", None, None)),
    ]
    table.problems.check()


def test_a_text_of_json_may_hold_what_other_files_end_lines_with(write: Write) -> None:
    table = open_table(write("x.jsonl", '{"a": "x\u2028y\x85z"}\r\n{"a": "Môr"}'))
    assert rows(table) == [(1, ("x\u2028y\x85z",)), (2, ("Môr",))]


def test_all_that_is_wrong_with_ndjson_is_said(write: Write) -> None:
    lines = [
        '{"a": 1}',
        '{"a": {"b": 1}}',
        "[1]",
        '{"a": 1',
        '{"a": 1, "a": 2}',
        '{"a": [1]}',
        '{"a": ["x;y"]}',
        '{"a": NaN}',
        '{"a": "\\ud800"}',
        '{"a": "\\u0000"}',
        '{"a": 1e999}',
        "[" * 100_000,
        '{"a": ' + "1" * 5_000 + "}",
    ]
    table = open_table(write("x.ndjson", "\n".join(lines)))
    assert problems(table) == [
        "row 2, a: holds an object, where a table has text",
        "row 3: holds no JSON object",
        "row 4: is not JSON: Expecting ',' delimiter at character 8",
        "row 5: holds an object that has a name twice",
        "row 6, a: holds a list with a member that is not text",
        'row 7, a: holds a list with ";" in a member, which would become two',
        "row 8: holds NaN, which is not JSON",
        "row 9, a: holds a character that is not text: a NUL, or half of one",
        "row 10, a: holds a character that is not text: a NUL, or half of one",
        "row 11, a: holds inf, which is no number",
        "row 12: holds what cannot be read",
        "row 13: holds what cannot be read",
    ]


def test_a_line_of_ndjson_without_end_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.tables.json_lines.LONGEST_LINE", 1000)
    with pytest.raises(Invalid, match=r"x\.ndjson has a line \(2\) of more than 1,000 characters"):
        open_table(write("x.ndjson", '{"a": 1}\n{"a": "' + "x" * 300_000 + '"}'))


# Parquet


def test_parquet_reads_as_the_text_a_csv_file_would_have(tmp_path: Path) -> None:
    columns = {
        "text": pa.array([" x ", ""]),
        "whole": pa.array([3, None], pa.int64()),
        "float": pa.array([3.0, 2.5]),
        "yes": pa.array([True, None]),
        "date": pa.array([date(2017, 8, 9), None]),
        "moment": pa.array([datetime(2017, 8, 9, tzinfo=UTC), datetime(2017, 8, 9, 10, 30, tzinfo=UTC)]).cast(
            pa.timestamp("ns")
        ),
        "kind": pa.array(["p", "q"]).dictionary_encode(),
        "list": pa.array([["x", "y"], None]),
    }
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    table = open_table(tmp_path / "x.parquet")
    assert table.names == list(columns)
    assert rows(table) == [
        (1, ("x", "3", "3", "true", "2017-08-09", "2017-08-09", "p", "x;y")),
        (2, (None, None, "2.5", None, None, "2017-08-09T10:30:00", "q", None)),
    ]


def test_binary_values_of_parquet_are_no_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["x"], "shape": [b"\1"]}), tmp_path / "x.parquet")
    assert problems(open_table(tmp_path / "x.parquet")) == ["row 1, shape: holds bytes, which is no text"]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([1, 10**7, None], pa.int32()).cast(pa.date32()), r"date32\[day\]"),
        (pa.array([0, 10**17, None], pa.int64()).cast(pa.date64(), safe=False), r"date32\[day\]"),
        (pa.array([0, 10**18, None], pa.int64()).cast(pa.timestamp("us")), r"timestamp\[us\]"),
        (pa.array([0, 10**18, None], pa.int64()).cast(pa.timestamp("us", "UTC")), r"timestamp\[us, tz=UTC\]"),
        (pa.array([0, 2**62, None], pa.int64()).cast(pa.timestamp("ms")), r"timestamp\[ms\]"),
        (pa.array([0, 2**62, None], pa.int64()).cast(pa.duration("s")), r"duration\[s\]"),
        (pa.array([b"x", b"\xff\xfe", None]).view(pa.string()), "string"),
        (pa.array([b"x", b"\xff\xfe", None]).view(pa.string()).dictionary_encode(), "string"),
        (pa.ListArray.from_arrays([0, 1, 2, 2], pa.array([b"x", b"\xff\xfe"]).view(pa.string())), "list<.*string>"),
    ],
)
def test_a_value_of_parquet_that_no_text_can_be_made_of_is_told_by_row_and_column(
    tmp_path: Path, column: pa.Array, kind: str
) -> None:
    pq.write_table(pa.table({"n": ["p", "q", "r"], "a": column}), tmp_path / "x.parquet")
    table = open_table(tmp_path / "x.parquet")
    (said,) = problems(table)
    assert re.fullmatch(f"row 2, a: holds a {kind} that is damaged, or out of all range", said)
    assert [values[0] for _, values in rows(table)] == ["p", "q", "r"]
    assert [values[1] is None for _, values in rows(table)] == [False, True, True]


# Against Python's csv module

values = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8) | st.sampled_from(
    ["", " ", '"', '""', "a,b", "a;b", "x\ny", "x\r\ny", "\r", "\n", "\ufeff", "\t", "Môr"]
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header of names that tell columns apart, and rows of any text."""
    width = draw(st.integers(1, 4))
    header = draw(st.lists(st.from_regex(r"[a-z]{1,3}", fullmatch=True), min_size=width, max_size=width, unique=True))
    return [header, *draw(st.lists(st.lists(values, min_size=width, max_size=width), max_size=12))]


@given(tables(), st.sampled_from([",", "\t", ";"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_pythons_csv_module_writes_reads_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], delimiter: str, quoting: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter, quoting=quoting).writerows(table)  # type: ignore[arg-type]
    found = open_table(path.rename(path.with_suffix(".tsv")) if delimiter == "\t" else path)
    tidy = [(number, tuple(value.strip() or None for value in row)) for number, row in enumerate(table[1:], 2)]
    assert found.names == table[0]
    assert rows(found) == [row for row in tidy if any(row[1])]
    found.problems.check()


@pytest.mark.parametrize("name", ["schools/gias_all_2021-04-26.csv", "local-authorities/drkane_la_all_codes.csv"])
def test_published_files_read_as_pythons_csv_module_reads_them(shared_data: Path, name: str) -> None:
    with (shared_data / name).open(newline="", encoding="utf-8") as file:
        header, *expected = csv.reader(file)
    table = open_table(shared_data / name)
    assert table.names == header
    assert rows(table) == [
        (number, tuple(value.strip() or None for value in row)) for number, row in enumerate(expected, 2)
    ]
    table.problems.check()


def test_every_published_table_opens(shared_data: Path) -> None:
    """The full extract of schools is in Windows-1252, and some files are TSV."""
    for path in sorted([*shared_data.glob("*/*.csv"), *shared_data.glob("*/*.tsv")]):
        table = open_table(path)
        assert sum(batch.num_rows for batch in table.batches()) > 0, path
        table.problems.check()


def test_a_table_is_read_without_pandas(write: Write) -> None:
    """PyArrow loads it when asked for a scalar or an array of Python values, which would cost a worker its memory."""
    program = (
        "import sys; from pathlib import Path; from loaders.tabular import open_table;"
        "assert 'pandas' not in sys.modules;"
        "assert len(list(open_table(Path(sys.argv[1])).rows())) == 2;"
        "sys.exit('pandas' in sys.modules)"
    )
    path = write("x.csv", "a,b\n1, \n2,y\n,\n")
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=Path(__file__).parents[2], check=True)
