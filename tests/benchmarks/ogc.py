"""OGC API - Features over 30,188 real schools: GDAL reads them all, against a file; boxes beside pygeoapi's.

pygeoapi lives in an environment of its own, so REGISTERS_PYGEOAPI names that Python; it has to be one whose SQLite
loads SpatiaLite, which pygeoapi's provider of GeoPackages needs. Each serves with one sync worker, over the same
features; the boxes are drawn by chance, their sides tenths of a degree, a hundred features to a page. Ours makes
every answer anew.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio

from geo.areas.following import folder_beside
from geo.features.following import Features
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Definition, Field
from registers.opening import open_store
from registers.register import Authority
from registers.store.migrations import migrate
from tests.benchmarks import http
from tests.benchmarks.datasette import find_table, read_table
from tests.benchmarks.http import Asked, measure

AUTHORITY = Authority("benchmark")
ROUNDS = 5
COMMAND = "REGISTERS_PYGEOAPI"
TABLE = "school"
LAYER = "schools"  # of the GeoPackage: SpatiaLite takes no layer and no column for each other
BOX = "bbox=-1.%d,51.%d,-0.%d,53.%d&limit=100"
ITEMS = "/ogc/collections/school/items"


def serve_from(folder: Path, table: Path) -> str:
    """The URL of a database with those schools that have a position, published and followed."""
    names, rows = read_table(table)
    placed = [row for row in rows if row["longitude"] and row["latitude"]]
    kept = [name for name in names if name not in ("longitude", "latitude", "easting", "northing")]
    fields = (*map(Field, kept), Field("point", "point"))
    store = open_store(f"sqlite:///{folder / 'ours.db'}")
    migrate(store)
    lifecycle.create(store, Definition(TABLE, names[0], fields, title="School"), AUTHORITY, "localhost")
    changes = []
    for row in placed:
        point = f"[{float(row['longitude']):.6f},{float(row['latitude']):.6f}]"
        changes.append(Change(row[names[0]], {name: row[name] for name in kept if row[name]} | {"point": point}))
    lifecycle.append(store, TABLE, changes, AUTHORITY)
    lifecycle.publish(store, TABLE)
    with store.reading() as tx:
        register = snapshot.find_register(tx, TABLE)
    Features(folder_beside(store)).catch_up(store, register)
    store.close()
    return store.url.render_as_string()


def seconds(source: str, **given: object) -> float:
    """How long pyogrio takes to read a source."""
    begun = time.perf_counter()
    found = pyogrio.read_dataframe(source, **given)
    assert len(found) > 30_000
    return time.perf_counter() - begun


def through_gdal(url: str, folder: Path) -> dict[str, float]:
    """GDAL's time for all features in its usual pages, and in the largest; in seconds and over that for a file."""
    source, file = f"OAPIF:{url}/ogc", folder / "schools.geojson"
    pyogrio.read_dataframe(source, layer=TABLE).drop(columns="id").to_file(file)
    usual, largest, of_file = [], [], []
    for _ in range(ROUNDS):
        usual.append(seconds(source, layer=TABLE))
        largest.append(seconds(source, layer=TABLE, PAGE_SIZE=10_000))
        of_file.append(seconds(str(file)))
    base = statistics.median(of_file)
    return {
        "all features through GDAL, seconds (want < 1)": statistics.median(usual),
        "the same in pages of 10,000": statistics.median(largest),
        "all features through GDAL / from a file": statistics.median(usual) / base,
    }


def configuration(port: int, package: Path) -> dict[str, object]:
    """What pygeoapi is to be told to serve one layer of a GeoPackage."""
    provider = {"type": "feature", "name": "SQLiteGPKG", "data": str(package), "id_field": "fid", "table": LAYER}
    extents = {"spatial": {"bbox": [-9, 49, 2, 61], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}}
    collection = {"type": "collection", "title": "S", "description": "S", "keywords": ["s"], "links": []}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "language": "en-US",
            "limits": {"default_items": 100, "max_items": 10_000},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "S", "description": "S", "keywords": ["s"], "keywords_type": "theme",
                "terms_of_service": "S", "url": "http://127.0.0.1",
            },
            "license": {"name": "S", "url": "http://127.0.0.1"},
            "provider": {"name": "S", "url": "http://127.0.0.1"},
            "contact": {"name": "S", "email": "s@example.org"},
        },
        "resources": {TABLE: collection | {"extents": extents, "providers": [provider]}},
    }  # fmt: skip


@contextmanager
def serving_pygeoapi(python: str, folder: Path) -> Iterator[str]:
    """The URL of a pygeoapi over the file of the schools, as a GeoPackage with its index of boxes."""
    package, told, described = folder / "schools.gpkg", folder / "pygeoapi.json", folder / "described.json"
    _write_package(folder / "schools.geojson", package)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    told.write_text(json.dumps(configuration(port, package)))
    environment = os.environ | {"PYGEOAPI_CONFIG": str(told), "PYGEOAPI_OPENAPI": str(described)}
    making = "import sys; from pygeoapi import cli; sys.argv = ['pygeoapi', *sys.argv[1:]]; cli()"
    generate = [python, "-c", making, "openapi", "generate", str(told), "--output-file", str(described)]
    subprocess.run(generate, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    command = [python, "-m", "gunicorn", "--workers", "1", "--bind", f"127.0.0.1:{port}", "pygeoapi.flask_app:APP"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        http.wait_for(f"http://127.0.0.1:{port}/conformance?f=json")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def _write_package(features: Path, package: Path) -> None:
    """A GeoPackage as SpatiaLite reads it: plain columns of text, and an index of the boxes."""
    found = pyogrio.read_dataframe(features)
    columns = {name: name.replace("-", "_") for name in found.columns if name != "geometry"}
    found = found.astype(dict.fromkeys(columns, str)).rename(columns=columns)
    pyogrio.write_dataframe(found, package, layer=LAYER, driver="GPKG", dataset_options={"VERSION": "1.2"})


def beside_pygeoapi(database: str, python: str, folder: Path) -> dict[str, float]:
    """Our rate of boxes over pygeoapi's."""
    ours, theirs = Asked(f"{ITEMS}?{BOX}"), Asked(f"/collections/{TABLE}/items?{BOX}&f=json")
    with http.serving(database, workers=1) as here, serving_pygeoapi(python, folder) as there:
        rates = [(measure(here, ours, folder, 8)["rate"], measure(there, theirs, folder, 8)["rate"]) for _ in range(3)]
    return {
        "boxes, ours / pygeoapi's (want >= 10)": statistics.median(our / their for our, their in rates),
        "boxes of ours, a second": statistics.median(our for our, _ in rates),
    }


def over_ogc(folder: Path) -> dict[str, float]:
    """The figures; those that cannot be had are left out, with a line that says why."""
    table = find_table()
    if table is None:
        print("not measured: it takes the table of schools")
        return {}
    database = serve_from(folder, table)
    with http.serving(database) as url:
        figures = through_gdal(url, folder)
    python = os.environ.get(COMMAND)
    if not python or not shutil.which("wrk"):
        print(f"not measured beside pygeoapi: it takes {COMMAND} and wrk")
        return figures
    return figures | beside_pygeoapi(database, python, folder)
