"""GDAL's own driver reads the collections: what most GIS programs use, as it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from geo import crs
from tests.api.ogc.conftest import plant_all
from tests.makers import CheckedStore, FixedClock
from tests.source import ROOT

pyogrio = pytest.importorskip("pyogrio")


class Served:
    """The collections on a port, and what was asked of them."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log

    def read(self, layer: str, **given: Any) -> Any:
        """What GDAL reads of a layer; `asked` then has the queries for its features."""
        self.log.write_text("")
        return pyogrio.read_dataframe(f"OAPIF:{self.url}/ogc", layer=layer, **given)

    @property
    def asked(self) -> list[str]:
        """The queries that GDAL asked last."""
        return [unquote_plus(line) for line in self.log.read_text().splitlines()]


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The application on a port of its own."""
    folder = tmp_path_factory.mktemp("gdal")
    database, log = f"sqlite:///{folder / 'registers.db'}", folder / "asked"
    shutil.copyfile(sqlite_template, folder / "registers.db")
    with closing(CheckedStore(database, FixedClock())) as store:
        plant_all(store, folder / "places")
    command = [sys.executable, "-m", "tests.api.ogc.served", database, str(folder / "places"), str(log)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout
    try:
        yield Served(f"http://127.0.0.1:{int(server.stdout.readline())}", log)
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


def test_it_lists_the_collections(served: Served) -> None:
    assert sorted(pyogrio.list_layers(f"OAPIF:{served.url}/ogc")[:, 0].tolist()) == ["district", "school"]


def test_it_reads_features_with_their_types(served: Served) -> None:
    schools = served.read("school").set_index("id")
    assert schools.index.tolist() == ["1", "2", "4", "5/a"]
    assert schools.loc["2", "pupils"] == 90
    assert schools.loc["2", "name"] == "O'Neill"
    assert schools.geometry.loc["1"].coords[0] == (-0.1, 51.5)
    districts = served.read("district")
    assert [shape.bounds for shape in districts.geometry] == [(0, 0, 1, 1), (0.5, 0, 1.5, 1)]
    assert any("limit=1000" in query for query in served.asked)


def test_it_knows_how_many_there_are_and_where_without_reading_them(served: Served) -> None:
    found = pyogrio.read_info(f"OAPIF:{served.url}/ogc", layer="school")
    assert (found["features"], found["total_bounds"]) == (4, (-1.55, 51.5, -0.1, 53.81))


def test_it_pages_by_the_links(served: Served) -> None:
    assert len(served.read("school", PAGE_SIZE=1)) == 4
    assert sum("after=" in query for query in served.asked) == 3


def test_it_sends_its_box(served: Served) -> None:
    assert served.read("school", bbox=(-0.3, 51.4, 0.1, 51.55))["id"].tolist() == ["1"]
    assert any("bbox=-0.29999" in query for query in served.asked)
    assert served.read("district", bbox=(0.1, 0.1, 0.2, 0.2))["id"].tolist() == ["A"]


def test_it_sends_its_conditions(served: Served) -> None:
    assert served.read("school", where="town = 'London'")["id"].tolist() == ["1", "2"]
    assert any("town=London" in query for query in served.asked)
    assert served.read("school", where="town = 'London' AND pupils < 100")["id"].tolist() == ["2"]
    assert served.read("school", where="\"start-date\" > '2000-01-01'")["id"].tolist() == ["5/a"]
    assert served.read("school", where="name = 'O''Neill'")["id"].tolist() == ["2"]
    assert served.read("school", where='"start-date" IS NULL')["id"].tolist() == ["1", "2"]


def test_it_reads_metres_of_the_national_grid(served: Served) -> None:
    schools = served.read("school", CRS="EPSG:27700").set_index("id")
    assert schools.crs.to_epsg() == 27700
    assert schools.geometry.loc["1"].coords[0] == pytest.approx(crs.grid_of_point(-0.1, 51.5), abs=0.001)
    near = served.read("school", CRS="EPSG:27700", bbox=(400_000, 400_000, 450_000, 450_000))
    assert near["id"].tolist() == ["4", "5/a"]
    turned = served.read("school", CRS="EPSG:4326").set_index("id")
    assert turned.geometry.loc["1"].coords[0] == (-0.1, 51.5)
