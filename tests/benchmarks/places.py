"""What a place costs: points looked up by the million against geopandas and PostGIS, with no disagreement with a full
scan of whole polygons; one point over HTTP against the empty view; tables over the API and at the terminal.

It needs the local authority districts of 2025 at 20 m, in the folder that REGISTERS_SHARED_DATA names.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas  # type: ignore[import-untyped]
import numpy as np
import psycopg
import shapely  # type: ignore[import-untyped]

from api.app import create_app
from geo.areas.following import Areas
from geo.areas.index import Hits, Index
from registers import snapshot
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from tests.benchmarks.http import Asked, against, serving
from tests.engines import NoServer, shared_server, stop_shared_server

DISTRICTS = "boundaries/LAD_2025_UK_from_wards_BGC.geojson"
REGISTER = "local-authority-district"
MILLION = 1_000_000
SJOINED = 50_000  # points, as geopandas takes a second for twenty thousand
ROUNDS = 3
ROWS = 2_000_000  # of the table at the terminal
WITHIN = 1e-9  # degrees: how far from shared boundaries the hard points are, at most
ANYWHERE = Asked("/v2/places?lon=-1.%d&lat=52.%d", 99_999)

Points = tuple[Any, Any]


def places(folder: Path) -> dict[str, float]:
    """The figures; nothing, with a line that says so, without the districts."""
    path = Path(os.environ.get("REGISTERS_SHARED_DATA", "")) / DISTRICTS
    if not path.is_file():
        print(f"{DISTRICTS} is not in the folder that REGISTERS_SHARED_DATA names, so no places are measured")
        return {}
    store = _filled(folder, path)
    features = json.loads(path.read_text("utf-8"))["features"]
    shapes = {each["properties"]["LAD25CD"]: shapely.from_geojson(json.dumps(each["geometry"])) for each in features}
    with store.reading() as tx:
        found = Areas(Path(f"{store.url.database}.places")).index_of(tx, snapshot.find_register(tx, REGISTER).id)
    assert found
    figures = (
        _in_process(found[0], shapes) | _over_http(store, folder) | _in_the_server(store) | _linking(store, folder)
    )
    store.close()
    return figures


def _filled(folder: Path, path: Path) -> Store:
    """A store with the districts, indexed, as the commands make it."""
    url = f"sqlite:///{folder / 'places.db'}"
    for arguments in (["init"], ["load", "boundaries", str(path), "--preset", "districts"], ["work", "--once"]):
        _run(url, *arguments)
    return open_store(url)


def _run(url: str, *arguments: str) -> None:
    command = [sys.executable, "-m", "cli.main", "--database", url, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


# In process


def _in_process(index: Index, shapes: dict[str, Any]) -> dict[str, float]:
    x, y = _points_in(shapes)
    rates, slower, database = [], [], []
    post = _PostGIS(shapes)
    for _ in range(ROUNDS):
        rates.append(MILLION / _seconds(lambda: index.hits_at(x, y, len(index), None)))
        slower.append(SJOINED / _seconds(lambda: _sjoin(shapes, x[:SJOINED], y[:SJOINED])))
        database.append(post.rate(x, y))
    post.close()
    rate, joined = statistics.median(rates), statistics.median(slower)
    figures = {
        "points a second on one core, millions (want >= 1.2)": rate / 1e6,
        "points / geopandas.sjoin(points, areas, 'intersects') (want >= 60)": rate / joined,
        "one point after another, microseconds each": 1e6 * _one_by_one(index, x[:20_000], y[:20_000]) / 20_000,
        "disagreements with a full scan on a million points (want 0)": _disagreements(index, shapes, _hard(shapes)),
    }
    if all(database):
        figures["points / PostGIS on shapes cut to 256 vertices (want >= 2)"] = rate / statistics.median(database)
    return figures


def _points_in(shapes: dict[str, Any]) -> Points:
    """A million random points of the United Kingdom, in no order."""
    draw = np.random.default_rng(5)
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    x, y = draw.uniform(west, east, 6 * MILLION), draw.uniform(south, north, 6 * MILLION)
    inside = np.zeros(len(x), np.bool_)
    for shape in shapes.values():
        near = _in_box(shape, x, y)
        shapely.prepare(shape)
        inside[near] |= shapely.intersects_xy(shape, x[near], y[near])
    assert inside.sum() >= MILLION
    return x[inside][:MILLION], y[inside][:MILLION]


def _in_box(shape: Any, x: Any, y: Any) -> Any:
    west, south, east, north = shape.bounds
    return ((x >= west) & (x <= east) & (y >= south) & (y <= north)).nonzero()[0]


def _sjoin(shapes: dict[str, Any], x: Any, y: Any) -> None:
    areas = geopandas.GeoDataFrame({"key": list(shapes)}, geometry=list(shapes.values()), crs="EPSG:4326")
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(x, y, crs="EPSG:4326"))
    joined = geopandas.sjoin(points, areas, predicate="intersects", how="left")
    assert joined["key"].notna().all()


def _one_by_one(index: Index, x: Any, y: Any) -> float:
    pairs = list(zip(x.tolist(), y.tolist(), strict=True))
    return _seconds(lambda: [index.versions_at(*pair, len(index), None) for pair in pairs])


# Right


def _hard(shapes: dict[str, Any]) -> Points:
    """A million points: a third anywhere, the others on vertices, on the middles of sides, and a hair beside them."""
    draw = np.random.default_rng(7)
    vertices = np.concatenate([shapely.get_coordinates(shape) for shape in shapes.values()])
    some = vertices[draw.choice(len(vertices), 2 * MILLION // 9, replace=False)]
    steps = np.diff(vertices, axis=0)
    short = (np.abs(steps) < 0.01).all(axis=1).nonzero()[0]  # from one ring to the next it is mostly farther
    middles = (vertices[short] + steps[short] / 2)[draw.choice(len(short), len(some), replace=False)]
    beside = np.concatenate([some, middles])[draw.choice(2 * len(some), len(some), replace=False)]
    hard = np.concatenate([some, middles, beside + draw.uniform(-WITHIN, WITHIN, beside.shape)])
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    others = draw.uniform((west, south), (east, north), (MILLION - len(hard), 2))
    return tuple(np.concatenate([hard, others]).T)  # type: ignore[return-value]


def _disagreements(index: Index, shapes: dict[str, Any], points: Points) -> float:
    """On how many pairs of a point and an area the index and whole polygons, one after another, differ."""
    said = _pairs(index, index.hits_at(*points, len(index), None))
    scanned = []
    for number, (_, shape) in enumerate(sorted(shapes.items())):
        near = _in_box(shape, *points)
        covered = shapely.covers(shape, (asked := shapely.points(*(each[near] for each in points))))
        kind = np.where(shapely.touches(shape, asked), 2, covered.astype(int))
        scanned.append(np.stack([near, np.full(len(near), number), kind])[:, kind > 0])
    expected = {tuple(pair) for pair in np.concatenate(scanned, axis=1).T.tolist()}
    return float(len(said ^ expected))


def _pairs(index: Index, hits: Hits) -> set[tuple[int, ...]]:
    numbers = {key: number for number, key in enumerate(sorted(index.keys))}
    areas = np.array([numbers[key] for key in index.keys])[hits.versions]
    return set(zip(hits.points.tolist(), areas.tolist(), (hits.on_boundary + 1).tolist(), strict=True))


class _PostGIS:
    """The districts cut to 256 vertices in PostGIS; a rate of 0 where it is not installed."""

    def __init__(self, shapes: dict[str, Any]) -> None:
        self.folder = Path(os.environ.get("TMPDIR", "/var/tmp")) / f"registers-postgis-{os.getpid()}"
        self.connection: psycopg.Connection | None = None
        try:
            self.folder.mkdir()
            server = shared_server(self.folder)
            self.connection = psycopg.connect(server.create().replace("+psycopg", ""), autocommit=True)
            self.connection.execute("CREATE EXTENSION postgis")
        except (NoServer, psycopg.Error) as error:
            print(f"PostGIS is not here, so nothing is measured against it: {error}")
            self.connection = None
            return
        self.connection.execute("SET jit = off; SET max_parallel_workers_per_gather = 0")
        self.connection.execute("CREATE TABLE area (key text, shape geometry); CREATE TABLE point (place geometry)")
        with self.connection.cursor() as cursor:
            sql = "INSERT INTO area SELECT %s, ST_Subdivide(ST_GeomFromWKB(%s), 256)"
            cursor.executemany(sql, [(key, shape.wkb) for key, shape in shapes.items()])
        self.connection.execute("CREATE INDEX ON area USING gist (shape); ANALYZE area")

    def rate(self, x: Any, y: Any) -> float:
        """Points a second, of points that are in the database."""
        if self.connection is None:
            return 0
        with self.connection.cursor() as cursor:
            cursor.execute("TRUNCATE point")
            with cursor.copy("COPY point FROM STDIN") as copy:
                for wkb in shapely.to_wkb(shapely.points(x, y), hex=True).tolist():
                    copy.write_row([wkb])
            cursor.execute("ANALYZE point")
            asked = "SELECT count(*) FROM point JOIN area ON ST_Intersects(area.shape, point.place)"
            return len(x) / _seconds(lambda: cursor.execute(asked).fetchone())

    def close(self) -> None:
        """Stop the server."""
        if self.connection is not None:
            self.connection.close()
        stop_shared_server(self.folder)


# Over HTTP, in the server, at the terminal


def _over_http(store: Store, folder: Path) -> dict[str, float]:
    with serving(store.url.render_as_string()) as url:
        ratio, _, rate, slowest = against(url, ANYWHERE, folder, 899_999)
    return {
        "one point over HTTP / the empty view (want >= 0.75)": ratio,
        "one point over HTTP, p99 in milliseconds (want <= 5)": slowest / 1000,
        "one point over HTTP, a second": rate,
    }


def _in_the_server(store: Store) -> dict[str, float]:
    client = create_app(Settings(database_url=store.url.render_as_string()), store).test_client()
    figures = {}
    for count in (10_000, 100_000):
        draw = np.random.default_rng(count)
        rows = list(zip(draw.uniform(-5, 1, count).tolist(), draw.uniform(50.5, 58, count).tolist(), strict=True))
        table = "lon,lat\n" + "".join(f"{lon},{lat}\n" for lon, lat in rows)
        document = json.dumps({"points": [{"lon": lon, "lat": lat} for lon, lat in rows]})
        for name, body, kind, want in (("CSV", table, "text/csv", 0.5), ("JSON", document, "application/json", 0.15)):

            def ask(body: str = body, kind: str = kind) -> None:
                assert client.post("/v2/places", data=body, content_type=kind, buffered=True).status_code == 200

            ask()
            rate = count / statistics.median(_seconds(ask) for _ in range(5)) / 1e6
            figures[f"{name} of {count} points in the server, millions a second (want >= {want})"] = rate
    return figures


def _linking(store: Store, folder: Path) -> dict[str, float]:
    path = folder / "two-million.csv"
    draw = np.random.default_rng(2)
    east, north = draw.integers(100_000, 650_000, ROWS).tolist(), draw.integers(10_000, 900_000, ROWS).tolist()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name", "easting", "northing"])
        writer.writerows((n, f"School number {n}, Town", east[n], north[n]) for n in range(ROWS))
    url = store.url.render_as_string()
    taken = _seconds(lambda: _run(url, "link", str(path), "--to", REGISTER))
    return {"registers link of 2 million rows, seconds (want <= 10)": taken}
