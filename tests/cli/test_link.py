"""`registers link`: a file of rows with places, whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio  # type: ignore[import-untyped]
import pytest
import shapely  # type: ignore[import-untyped]

from loaders.passing import Text
from registers.opening import open_store
from registers.store.migrations import migrate
from tests.cli.conftest import Run
from tests.geo.test_areas import plant


@pytest.fixture
def link(run: Run, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The verb, on a database with two districts."""
    monkeypatch.setenv("REGISTERS_PLACES_FOLDER", str(tmp_path / "places"))
    store = open_store(database_url)
    migrate(store)
    plant(store)
    store.close()
    return lambda *arguments, **given: run("link", *arguments, "--to", "district", **given)


def test_a_table_gets_a_column_named_after_the_register(link: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,lon,lat\n1,0.25,0.5\n2,0.5,0.5\n3,9,9\n"4,5",0.25,0.5\n')
    done = link(str(tmp_path / "a.csv"))
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"4 rows are in {tmp_path / 'a-linked.csv'}, with the column district.\n"
    written = (tmp_path / "a-linked.csv").read_bytes().decode()
    assert written == 'id,lon,lat,district\r\n1,0.25,0.5,A\r\n2,0.5,0.5,A;B\r\n3,9,9,\r\n"4,5",0.25,0.5,A\r\n'


def test_rows_that_say_nowhere_are_told_and_kept(link: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,lon,lat\n1,x,0.5\n2,0.25,0.5\n3,1\n")
    done = link(str(tmp_path / "a.csv"), "--output", str(tmp_path / "b.csv"), "--on", "2020-01-01")
    assert done.exit_code == 1
    assert "row 1: 'x', '0.5' are not two numbers" in done.stderr and "row 3: has 2 values" in done.stderr
    assert (tmp_path / "b.csv").read_text().splitlines()[1:] == ["1,x,0.5,", "2,0.25,0.5,A", ",,,"]


def test_it_says_what_it_rests_on(link: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lon,lat\n0.75,0.5\n")
    done = link(str(tmp_path / "a.csv"), "--json", "--on", "2020-03-31", "--prefix", "in-")
    told = json.loads(done.stdout)
    assert (told["rows"], told["faults"], told["on"]) == (1, 0, "2020-03-31")
    (state,) = told["registers"]
    assert (state["register"], state["entries"]) == ("district", 3) and state["root-hash"].startswith("1220")
    assert (tmp_path / "a-linked.csv").read_text() == "lon,lat,in-district\n0.75,0.5,A\n"


def test_parquet_and_geopackages_stay_what_they_are(link: Run, tmp_path: Path) -> None:
    table = pa.table({"n": pa.array([1, 2], pa.int16()), "lon": [0.25, None], "lat": [0.5, 0.5]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert link(str(tmp_path / "a.parquet")).exit_code == 1  # of the second row
    linked = pq.read_table(tmp_path / "a-linked.parquet")
    assert linked.drop_columns("district").equals(table)
    assert linked.column("district").to_pylist() == ["A", None]
    points = pa.table({"n": [1, 2], "geom": [shapely.Point(1.25, 0.5).wkb, shapely.Point(0.25, 0.5).wkb]})
    kind = {"geometry_name": "geom", "geometry_type": "Point", "crs": "OGC:CRS84"}
    pyogrio.write_arrow(points, tmp_path / "a.gpkg", layer="sites", driver="GPKG", **kind)
    assert link(str(tmp_path / "a.gpkg")).exit_code == 0
    _, again = pyogrio.raw.read_arrow(tmp_path / "a-linked.gpkg", layer="sites")
    assert again.column("district").to_pylist() == ["B", "A"]
    assert again.column("geom").to_pylist() == points.column("geom").to_pylist()


@pytest.mark.parametrize(
    ("content", "arguments", "fault"),
    [
        ("", [], "is empty"),
        ("lon,lat\n", [], "the file has no rows"),
        ("x,y\n1,2\n", [], "no columns that say where"),
        ("lon,lat,district\n1,2,3\n", [], "has a column 'district' already"),
        ("postcode\nAB1 2CD\n", [], "there is no register postcode"),
        ("lon,lat\n1,2\n", ["--to", "nowhere"], "nowhere"),
        ("lon,lat\n1,2\n", ["--at", "3"], "a day or a timestamp"),
        ("lon,lat\n1,2\n", ["--crs", "EPSG:0"], "not a coordinate reference system"),
        ("lon,lat\n1,2\n", ["--columns", "lon,lad"], "no column 'lad'"),
        ("lon,lat\n1,2\n", ["--encoding", "none"], "no encoding of text called none"),
    ],
)
def test_what_cannot_be_linked_leaves_nothing(
    link: Run, tmp_path: Path, content: str, arguments: list[str], fault: str
) -> None:
    (tmp_path / "a.csv").write_text(content)
    done = link(str(tmp_path / "a.csv"), *arguments)
    assert done.exit_code == 1 and fault in done.stderr
    assert [each.name for each in tmp_path.glob("*.csv")] == ["a.csv"] and not list(tmp_path.glob(".a*"))


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--output", "b.parquet"], "b.parquet is to end in .csv"),
        (["--output", "b"], "b is to end in .csv"),
        (["--output", "none/b.csv"], "there is no folder none to write b.csv in"),
        (["--layer", "sites"], "a.csv has no layers"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_work(
    link: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], fault: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("lon,lat\n0.25,0.5\n")
    done = link("a.csv", *arguments)
    assert done.exit_code == 1 and fault in done.stderr
    assert [each.name for each in tmp_path.glob("*.csv")] == ["a.csv"]


def test_a_parquet_file_has_no_encoding(link: Run, tmp_path: Path) -> None:
    pq.write_table(pa.table({"lon": [0.25], "lat": [0.5]}), tmp_path / "a.parquet")
    done = link(str(tmp_path / "a.parquet"), "--encoding", "cp1252")
    assert done.exit_code == 1 and "a.parquet has no encoding" in done.stderr


def test_shapes_are_in_the_system_that_is_given(link: Run, tmp_path: Path) -> None:
    points = pa.table({"geom": [shapely.Point(27830, 55660).wkb]})
    kind = {"geometry_name": "geom", "geometry_type": "Point", "crs": None}
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_arrow(points, tmp_path / "a.gpkg", driver="GPKG", **kind)
    assert "does not say what its coordinates are in" in link(str(tmp_path / "a.gpkg")).stderr
    assert link(str(tmp_path / "a.gpkg"), "--crs", "EPSG:3857").exit_code == 0
    told, again = pyogrio.raw.read_arrow(tmp_path / "a-linked.gpkg")
    assert told["crs"] == "EPSG:3857" and again.column("district").to_pylist() == ["A"]


def test_of_many_rows_that_are_wrong_the_first_are_told_and_all_counted(link: Run, tmp_path: Path) -> None:
    rows = ["x,1"] * 15 + ["0.25,0.5"] * 50_000 + ["y,1"] * 30_000
    (tmp_path / "a.csv").write_text("\n".join(["lon,lat", *rows]))
    done = link(str(tmp_path / "a.csv"), "--json")
    assert done.exit_code == 1 and json.loads(done.stdout)["faults"] == 30_015
    told = [line.split(":")[1] for line in done.stderr.splitlines()]
    assert told[:15] == [f" row {row}" for row in range(1, 16)] and told[15:20] == [
        f" row {row:,}" for row in range(50_016, 50_021)
    ]
    assert done.stderr.endswith("and 29,995 more rows that say nowhere of use\n")


def test_what_a_killed_run_has_left_is_in_nobodys_way(link: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lon,lat\n0.25,0.5\n")
    (tmp_path / f".a-linked-{os.getpid()}.csv").write_text("half")
    assert link(str(tmp_path / "a.csv")).exit_code == 0


def test_a_file_that_is_made_meanwhile_is_not_written_over(
    link: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Text.write

    def slowly(*given: Any) -> None:
        write(*given)
        (tmp_path / "a-linked.csv").write_text("mine")

    monkeypatch.setattr(Text, "write", slowly)
    (tmp_path / "a.csv").write_text("lon,lat\n0.25,0.5\n")
    done = link(str(tmp_path / "a.csv"))
    assert done.exit_code == 1 and "is there already" in done.stderr
    assert (tmp_path / "a-linked.csv").read_text() == "mine" and not list(tmp_path.glob(".a*"))


def test_a_file_that_is_there_is_not_written_over(link: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lon,lat\n1,2\n")
    (tmp_path / "a-linked.csv").write_text("mine")
    done = link(str(tmp_path / "a.csv"))
    assert done.exit_code == 1 and "is there already" in done.stderr
    assert (tmp_path / "a-linked.csv").read_text() == "mine"


def test_killed_on_its_way_it_leaves_no_file_that_looks_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'r.db'}"
    store = open_store(url)
    migrate(store)
    plant(store)
    store.close()
    (tmp_path / "a.csv").write_text("lon,lat\n" + "0.25,0.5\n" * 100_000)
    program = """
import os, sys
from loaders import passing
text_of, written = passing.text_of, []
def dying(*given):
    written.append(1)
    return text_of(*given) if len(written) < 4 else os._exit(9)
passing.text_of = dying
from cli.main import main
main()
"""
    command = [sys.executable, "-c", program, "--database", url, "link", str(tmp_path / "a.csv"), "--to", "district"]
    root = Path(__file__).resolve().parent.parent.parent
    assert subprocess.run(command, capture_output=True, cwd=root, env=os.environ).returncode == 9
    assert not (tmp_path / "a-linked.csv").exists()
