"""What files of whole registers cost: a million records as CSV and as Parquet against the same stages done bare; the
memory that each format takes; a finished file served against nginx alone; the first byte of what is not made, and how
fast the whole of it is sent, against Datasette.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bulk.building import build
from bulk.kinds import find_kind
from bulk.releases import folder_beside
from bulk.source import open_source
from registers import lifecycle
from registers.definition import Field
from registers.opening import open_store
from registers.register import Authority
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.benchmarks import datasette
from tests.benchmarks.growth import LARGE, grown
from tests.benchmarks.http import Asked, measure, serving
from tests.benchmarks.rows import DEFINITION, changes
from tests.nginx import nginx

ROUNDS = 3
CHUNK = 20_000  # rows of a stage done bare
FORMATS = ("csv", "csv-excel", "json", "ndjson", "rsf", "rsf-v1", "parquet", "sqlite")
SHAPED = ("geojson", "geoparquet", "gpkg")
NAMES = {"sqlite": "register.sqlite"} | {format: f"records.{format}" for format in ("parquet", *SHAPED)}
RECORDS = """SELECT record.key, item.body FROM record
    JOIN entry ON entry.register_id = 1 AND entry.region = 0 AND entry.number = record.since
    JOIN item ON item.register_id = 1 AND item.region = 0 AND item.number = entry.item
    WHERE record.register_id = 1 AND record.region = 0 AND record.until IS NULL ORDER BY record.since DESC"""
FIELDS = [field.name for field in DEFINITION.fields]


def files(folder: Path) -> dict[str, float]:
    """The figures; those of what is not here are left out, with a line that says so."""
    store = grown(folder, LARGE)
    lifecycle.publish(store, "school")
    figures = {}
    for name, bare in (("records.csv", _bare_csv), ("records.parquet", _bare_parquet)):
        figures[f"the stages done bare / {name} of 10^6 records (want >= 0.7)"] = _against_bare(store, name, bare)
    figures |= _memory(store, FORMATS) | _served(store, folder) | _unmade(store) | _beside_datasette(folder)
    store.close()
    return figures | of_shapes(folder)


def of_shapes(folder: Path) -> dict[str, float]:
    """The memory that formats with shapes take: as many records, each with a point."""
    store = open_store(f"sqlite:///{folder / 'placed.db'}")
    migrate(store)
    placed = replace(DEFINITION, fields=(*DEFINITION.fields, Field("point", "point")))
    lifecycle.create(store, placed, Authority("benchmark"), "localhost")
    for first in range(0, LARGE, CHUNK):
        made = [
            each._replace(item={**each.item, "point": f"[{-5 + number % 700 / 100}, {50 + number % 900 / 100}]"})
            for number, each in enumerate(changes(first, CHUNK), first)
        ]
        lifecycle.append(store, "school", made, Authority("benchmark"))
    lifecycle.publish(store, "school")
    figures = _memory(store, SHAPED)
    store.close()
    return figures


# Building


def _make(store: Store, name: str) -> Path:
    """A file made anew, as `registers build` does."""
    root = folder_beside(store)
    shutil.rmtree(root, ignore_errors=True)
    source = open_source(store, "school")
    list(build(root, source, [find_kind(source.definition, name)]))
    (made,) = root.glob(f"*/*/{name}")
    return made


def _against_bare(store: Store, name: str, bare: Callable[[Store], float]) -> float:
    ratios = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        _make(store, name)
        ours = time.perf_counter() - began
        ratios.append(bare(store) / ours)
    return statistics.median(ratios)


def _bare(store: Store, write: Callable[[Any, list[str], list[dict[str, Any]]], None], target: Any) -> float:
    """Seconds for fetching all records, decoding their items, and writing them."""
    began = time.perf_counter()
    connection = sqlite3.connect(store.url.database or "")
    found = connection.execute(RECORDS)
    while chunk := found.fetchmany(CHUNK):
        keys, bodies = zip(*chunk, strict=True)
        write(target, list(keys), list(map(json.loads, bodies)))
    connection.close()
    return time.perf_counter() - began


def _values(item: dict[str, Any]) -> list[str]:
    return [value if isinstance(value := item.get(name, ""), str) else ";".join(value) for name in FIELDS]


def _bare_csv(store: Store) -> float:
    path = Path(f"{store.url.database}.bare.csv")

    def write(target: Any, keys: list[str], items: list[dict[str, Any]]) -> None:
        target.writerows([key, *_values(item)] for key, item in zip(keys, items, strict=True))

    with path.open("w", encoding="utf-8", newline="") as file:
        taken = _bare(store, write, csv.writer(file))
    return taken + _hashed(path)


def _bare_parquet(store: Store) -> float:
    path = Path(f"{store.url.database}.bare.parquet")
    types = {field.name: pa.list_(pa.string()) if field.many else pa.string() for field in DEFINITION.fields}
    schema = pa.schema([("_id", pa.string()), *types.items()])

    def write(target: Any, keys: list[str], items: list[dict[str, Any]]) -> None:
        columns = [pa.array([item.get(name) for item in items], kind) for name, kind in types.items()]
        target.write_batch(pa.record_batch([pa.array(keys), *columns], schema=schema))

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        taken = _bare(store, write, writer)
    return taken + _hashed(path)


def _hashed(path: Path) -> float:
    """Seconds for putting a file on the disk and hashing it, which any release of a file takes."""
    began = time.perf_counter()
    with path.open("rb") as file:
        os.fsync(file.fileno())
        file_digest(file, "sha256")
    return time.perf_counter() - began


# Memory

BUILT = r"""
import re, sys
from pathlib import Path
from bulk.building import build
from bulk.kinds import FORMATS, find_kind
from bulk.releases import folder_beside
from bulk.source import open_source
from registers.opening import open_store
for format in FORMATS.values():
    format.made_by()
peak = lambda: int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
store = open_store(sys.argv[1])
before = peak()
source = open_source(store, "school")
list(build(folder_beside(store), source, [find_kind(source.definition, sys.argv[2])]))
print((peak() - before) / 1024)
"""


def _memory(store: Store, formats: Sequence[str]) -> dict[str, float]:
    """MB that building takes at its peak above the imports, each format in a process of its own."""
    shutil.rmtree(folder_beside(store), ignore_errors=True)
    figures = {}
    for format in formats:
        name = NAMES.get(format, f"entries.{format}")
        command = [sys.executable, "-c", BUILT, store.url.render_as_string(), name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        figures[f"{name} of 10^6, MB above imports (want <= 120)"] = float(done.stdout)
    return figures


# Serving


def _served(store: Store, folder: Path) -> dict[str, float]:
    """A finished file, from nginx alone, through nginx by us, and from us alone: requests over nginx's."""
    if not shutil.which("nginx") or not shutil.which("wrk"):
        print("files served are not measured: that takes nginx and wrk")
        return {}
    made = _make(store, "entries.ndjson.gz")
    url, root = store.url.render_as_string(), folder_beside(store)
    path = f"/v2/registers/school/download/{LARGE}/{made.name}"
    told = {"through nginx / nginx alone (want >= 0.8)": [], "from gunicorn / nginx alone (want >= 0.5)": []}
    with (
        serving(url) as here,
        serving(url, REGISTERS_BULK_SENDER="x-accel-redirect") as behind,
        nginx(folder, behind, root) as (before, alone),
    ):
        for _ in range(ROUNDS):
            still = _rate(alone, f"/{made.relative_to(root)}", folder)
            for ratios, (server, asked) in zip(told.values(), ((before, path), (here, path)), strict=True):
                ratios.append(_rate(server, asked, folder) / still)
    size = made.stat().st_size / 1e6
    return {f"a file of {size:.0f} MB {name}": statistics.median(ratios) for name, ratios in told.items()}


def _rate(url: str, path: str, folder: Path) -> float:
    return measure(url, Asked(path), folder, 1)["rate"]


# What is not made


def _unmade(store: Store) -> dict[str, float]:
    """Milliseconds to the first byte of each text of a million entries that is sent as it is made."""
    shutil.rmtree(folder_beside(store), ignore_errors=True)
    slowest = 0.0
    with serving(store.url.render_as_string()) as url:
        for name in ("records.csv", "records.json", "entries.ndjson", "entries.rsf", "entries.rsf-v1"):
            for _ in range(ROUNDS):
                began = time.perf_counter()
                with urllib.request.urlopen(f"{url}/v2/registers/school/download/{LARGE}/{name}") as answer:
                    assert answer.read(1)
                    slowest = max(slowest, time.perf_counter() - began)
    return {"first byte of 10^6 records or entries that are no file yet, ms at most (want <= 300)": slowest * 1000}


def _beside_datasette(folder: Path) -> dict[str, float]:
    """The whole table of schools as CSV, made as it is sent: our rows a second over Datasette's."""
    command, table = os.environ.get(datasette.COMMAND), datasette.find_table()
    if not command or table is None:
        print(f"not measured beside Datasette: it takes {datasette.COMMAND} and the table of schools")
        return {}
    names, rows = datasette.read_table(table)
    ours = datasette.serve_ours(folder, names, rows)
    with (
        serving(ours, workers=1) as url,
        datasette.serving_datasette(command, folder, names, rows) as theirs,
    ):
        mine, other = f"{url}/v2/registers/school/download/{len(rows)}/records.csv", f"{theirs}/theirs/school.csv"
        ratios = [_read(f"{other}?_stream=on", len(rows)) / _read(mine, len(rows)) for _ in range(ROUNDS)]
    return {f"{len(rows)} schools as CSV that is no file yet / Datasette (want >= 10)": statistics.median(ratios)}


def _read(url: str, rows: int) -> float:
    """Seconds until all of a CSV has come, which has so many rows and a header."""
    began = time.perf_counter()
    with urllib.request.urlopen(url) as answer:
        content = answer.read()
    taken = time.perf_counter() - began
    found = sum(1 for _ in csv.reader(content.decode().splitlines()))
    assert found == rows + 1, f"{url} has {found} rows"
    return taken
