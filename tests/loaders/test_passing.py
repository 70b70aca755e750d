"""Rows that are passed on: none is lost, none changes its place, and no value is changed."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio  # type: ignore[import-untyped]
import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from loaders.passing import text_of
from loaders.row_files import open_rows
from registers.errors import Invalid, NotFound


def read(path: Path, **named: Any) -> tuple[list[dict[str, Any]], dict[int, str]]:
    """All rows, and what is wrong with some of them, by their place."""
    rows: list[dict[str, Any]] = []
    lost: dict[int, str] = {}
    for passed in open_rows(path, **named).batches():
        lost |= {len(rows) + place: fault for place, fault in passed.lost.items()}
        rows += passed.batch.to_pylist()
    return rows, lost


def passed_on(path: Path, output: Path) -> None:
    """Read a file and write it again."""
    rows = open_rows(path)
    batches = [passed.batch for passed in rows.batches()]
    rows.write(output, batches[0].schema, iter(batches))


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=8))
def test_lines_are_what_a_reader_of_csv_reads(rows: list[list[str]]) -> None:
    whole = [[*row, "", ""][:3] for row in rows]
    columns = [pa.array([row[place] for row in whole]) for place in range(3)]
    text = text_of(columns).decode()
    assert text.endswith("\r\n")
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == whole
    assert text_of(columns, "\t").decode() == "".join(
        "\t".join('"' + cell.replace('"', '""') + '"' if set(cell) & set('\t"\r\n') else cell for cell in row) + "\r\n"
        for row in whole
    )


def test_values_of_text_stay_as_they_stand(tmp_path: Path) -> None:
    given = 'id,value,other\r\n007, padded ,\r\n1e5,"a, ""b""\n2",x\r\n'
    (tmp_path / "a.csv").write_bytes(given.encode())
    passed_on(tmp_path / "a.csv", tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes().decode() == given


@pytest.mark.parametrize("separator", [";", "\t"])
def test_what_parts_values_stays(tmp_path: Path, separator: str) -> None:
    given = separator.join(["a", "b"]) + "\r\n" + separator.join(["1,5", f'"x{separator}y"']) + "\r\n"
    (tmp_path / "a.csv").write_bytes(given.encode())
    passed_on(tmp_path / "a.csv", tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes().decode() == given


def test_a_row_that_cannot_be_read_keeps_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,x\n2\n\n3,x\n4,x,y,z\n5,6,7\n")
    rows, lost = read(tmp_path / "a.csv")
    nothing = {"a": None, "b": None}
    assert rows == [{"a": "1", "b": "x"}, nothing, {"a": "3", "b": "x"}, nothing, nothing]
    assert lost == {
        1: "has 1 value where the header has 2",
        3: "has 4 values where the header has 2",
        4: "has 3 values where the header has 2",
    }


def test_many_rows_keep_their_places_across_batches(tmp_path: Path) -> None:
    lines = [f"{n},x" if n % 7_000 else f"{n}" for n in range(1, 50_001)]
    (tmp_path / "a.csv").write_text("\n".join(["n,b", *lines]))
    rows, lost = read(tmp_path / "a.csv")
    assert sorted(lost) == [n - 1 for n in range(7_000, 50_001, 7_000)]
    assert all(row["n"] == (None if place in lost else str(place + 1)) for place, row in enumerate(rows))
    assert len(rows) == 50_000


def test_a_quote_that_is_never_closed_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('a,b\n1,x\n2,"y\n3,z\n')
    rows, lost = read(tmp_path / "a.csv")
    assert rows[0] == {"a": "1", "b": "x"} and "never closed" in lost[1]


def test_tabs_and_windows_1252_become_tabs_and_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes("a\tb\nYnys Môn\t1,5\n".encode("cp1252"))
    assert "was read as Windows-1252" in open_rows(tmp_path / "a.tsv").note
    passed_on(tmp_path / "a.tsv", tmp_path / "b.tsv")
    assert (tmp_path / "b.tsv").read_bytes().decode() == "a\tb\r\nYnys Môn\t1,5\r\n"
    with pytest.raises(Invalid, match="is not in the encoding utf-8"):
        open_rows(tmp_path / "a.tsv", encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"a,a\n1,2\n", "has the name of column 1"),
        ("a.csv", b"a,b\n\x81\x8d,\xc3\n", "neither UTF-8"),
        ("a.csv", b"a,b\n1,\0\n", "NUL"),
        ("a.parquet", b"PAR1", "damaged, or no Parquet file"),
        ("a.gpkg", b"", "is empty"),
        ("a.gpkg", b"<html>", "is a web page"),
        ("a.xlsx", b"", "none of what can be linked"),
        ("a", b"", "none of what can be linked"),
    ],
)
def test_what_cannot_be_passed_on_is_refused(tmp_path: Path, name: str, content: bytes, fault: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Invalid, match=fault):
        open_rows(tmp_path / name)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "n": pa.array([1, None, 3], pa.int16()),
            "when": pa.array([0, 1, None], pa.timestamp("ms", "UTC")),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "list": pa.array([["x"], None, []]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert open_rows(tmp_path / "a.parquet").count() == 3
    passed_on(tmp_path / "a.parquet", tmp_path / "b.parquet")
    assert pq.read_table(tmp_path / "b.parquet").equals(table)


def test_a_geopackage_keeps_its_shapes_and_system(tmp_path: Path) -> None:
    points = pa.array([shapely.Point(400_000, 300_000 + n).wkb for n in range(3)])
    table = pa.table({"name": ["a", "b", None], "n": [1, None, 3], "geom": points})
    pyogrio.write_arrow(
        table,
        tmp_path / "a.gpkg",
        layer="sites",
        driver="GPKG",
        geometry_name="geom",
        geometry_type="Point",
        crs="EPSG:27700",
    )
    rows = open_rows(tmp_path / "a.gpkg")
    assert rows.shapes == ("geom", "EPSG:27700") and rows.count() == 3
    passed_on(tmp_path / "a.gpkg", tmp_path / "b.gpkg")
    told, again = pyogrio.raw.read_arrow(tmp_path / "b.gpkg")
    assert told["crs"] == "EPSG:27700" and pyogrio.list_layers(tmp_path / "b.gpkg")[0][0] == "sites"
    assert again.column("geom").to_pylist() == points.to_pylist() and again.column("n").to_pylist() == [1, None, 3]


def test_a_geopackage_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    table = pa.table({"a": [1], "geom": [shapely.Point(1, 2).wkb]})
    kind = {"geometry_name": "geom", "geometry_type": "Point", "crs": "EPSG:27700"}
    pyogrio.write_arrow(table, tmp_path / "a.gpkg", driver="GPKG", **kind)
    rows = open_rows(tmp_path / "a.gpkg")
    (batch,) = (passed.batch for passed in rows.batches())
    doubled = pa.RecordBatch.from_arrays([*batch.columns, batch.column("a")], [*batch.schema.names, "A"])
    with pytest.raises(Invalid, match="the GeoPackage cannot be written: .*same name already exists"):
        rows.write(tmp_path / "b.gpkg", doubled.schema, iter([doubled]))


def test_what_stops_the_rows_of_a_geopackage_is_told(tmp_path: Path) -> None:
    kind = {"geometry_name": "geom", "geometry_type": "Point", "crs": "EPSG:27700"}
    pyogrio.write_arrow(pa.table({"geom": [shapely.Point(1, 2).wkb]}), tmp_path / "a.gpkg", driver="GPKG", **kind)
    rows = open_rows(tmp_path / "a.gpkg")

    def stopping() -> Iterator[pa.RecordBatch]:
        yield from (passed.batch for passed in rows.batches())
        raise NotFound("the places are gone")

    batches = stopping()
    first = next(batches)
    with pytest.raises(NotFound, match="the places are gone"):
        rows.write(tmp_path / "b.gpkg", first.schema, itertools.chain([first], batches))
