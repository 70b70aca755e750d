"""Side by side with Datasette over the same schools as SQLite: how often each can answer, one process each.

Datasette lives in an environment of its own, so REGISTERS_DATASETTE names its command. Both serve on one core's worth
of processes as they come: ours with one sync worker, which remembers what it answered last, so each question is also
asked of ours without that memory. Datasette's own limits (100 rows, facets that are suggested) are left as they are;
the questions are the same ones. The records are drawn by chance from the longest run of keys without a gap.
"""

from __future__ import annotations

import csv
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from registers import lifecycle
from registers.batch import Change
from registers.definition import Definition, Field
from registers.followers import catch_up_all
from registers.opening import open_store
from registers.register import Authority
from registers.settings import Settings
from registers.store.migrations import migrate
from tests.benchmarks import http
from tests.benchmarks.http import Asked, measure

AUTHORITY = Authority("benchmark")
BATCH = 20_000
ROUNDS = 3
RECORD, PAGE, FILTER, SEARCH = "a record", "100 rows", "a filter", "a search"
COMMAND = "REGISTERS_DATASETTE"


def find_table() -> Path | None:
    """The CSV file of the schools: the largest in the folder of shared data."""
    root = Path(os.environ.get("REGISTERS_SHARED_DATA") or http.ROOT / ".." / "shared" / "data")
    files = sorted((root / "schools").rglob("*.csv"), key=lambda file: file.stat().st_size)
    return files[-1] if files else None


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns, as names of fields, and the rows."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    names = [name.strip().lower().replace(" ", "-").replace("_", "-") for name in header]
    return names, [dict(zip(names, row, strict=True)) for row in rows]


def serve_ours(folder: Path, names: list[str], rows: list[dict[str, str]]) -> str:
    """The URL of a database with the register `school` of those rows, published and indexed."""
    store = open_store(f"sqlite:///{folder / 'ours.db'}")
    migrate(store)
    fields = tuple(Field(name) for name in names)
    lifecycle.create(store, Definition("school", names[0], fields, title="School"), AUTHORITY, "localhost")
    for start in range(0, len(rows), BATCH):
        found = rows[start : start + BATCH]
        changes = [Change(row[names[0]], {name: value for name, value in row.items() if value}) for row in found]
        lifecycle.append(store, "school", changes, AUTHORITY)
    lifecycle.publish(store, "school")
    catch_up_all(store)
    store.close()
    return store.url.render_as_string()


@contextmanager
def serving_datasette(command: str, folder: Path, names: list[str], rows: list[dict[str, str]]) -> Iterator[str]:
    """The URL of a Datasette over the same rows, with an index on each column and full text on the names."""
    path = folder / "theirs.db"
    connection = sqlite3.connect(path)
    columns = ", ".join(f'"{name}" TEXT' + (" PRIMARY KEY" if name == names[0] else "") for name in names)
    connection.execute(f"CREATE TABLE school ({columns})")
    connection.executemany(
        f"INSERT INTO school VALUES ({', '.join('?' * len(names))})", [[row[name] for name in names] for row in rows]
    )
    for name in names:
        connection.execute(f'CREATE INDEX "by-{name}" ON school ("{name}")')
    connection.execute('CREATE VIRTUAL TABLE school_fts USING fts5("name", content="school")')
    connection.execute("INSERT INTO school_fts (rowid, name) SELECT rowid, name FROM school")
    connection.commit()
    connection.close()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    server = subprocess.Popen(
        [command, "serve", str(path), "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        http.wait_for(f"http://127.0.0.1:{port}/-/versions.json")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def longest_run(keys: Iterable[str]) -> tuple[int, int]:
    """The first of the longest run of keys that are numbers without a gap, and how many they are."""
    numbers = sorted(int(key) for key in keys)
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((number, 1))
    return max(runs, key=lambda run: run[1])


def questions(names: list[str], rows: list[dict[str, str]], first: int) -> dict[str, tuple[Asked, Asked]]:
    """What both are asked: ours, theirs. `first` is the first of the keys that records are drawn from."""
    row = rows[len(rows) // 2]
    filtered = next(n for n in reversed(names) if n not in (names[0], "name") and row[n])
    value = row[filtered].replace(" ", "%20")
    ours, theirs = "/v2/registers/school/records", "/theirs/school"
    return {
        RECORD: (Asked(f"{ours}/%d", first - 1), Asked(f"{theirs}/%d.json", first - 1)),
        PAGE: (Asked(f"{ours}?page-size=100"), Asked(f"{theirs}.json?_size=100")),
        FILTER: (
            Asked(f"{ours}?where.{filtered}={value}&page-size=100"),
            Asked(f"{theirs}.json?{filtered}__exact={value}&_size=100"),
        ),
        SEARCH: (
            Asked(f"{ours}?q=church+pri&page-size=100"),
            Asked(f"{theirs}.json?_search=church+pri*&_searchmode=raw"),
        ),
    }


def beside_datasette(folder: Path) -> dict[str, float]:
    """Our rate over theirs; nothing, with a line that says why, without what it takes."""
    command, table = os.environ.get(COMMAND), find_table()
    if not command or not shutil.which("wrk") or table is None:
        print(f"not measured beside Datasette: it takes {COMMAND}, wrk, and the table of schools")
        return {}
    names, rows = read_table(table)
    figures: dict[str, float] = {}
    database = serve_ours(folder, names, rows)
    first, length = longest_run(row[names[0]] for row in rows)
    with (
        http.serving(database, workers=1, memory=Settings().answer_memory) as ours,
        http.serving(database, workers=1) as forgetful,
        serving_datasette(command, folder, names, rows) as theirs,
    ):
        for name, (asked_ours, asked_theirs) in questions(names, rows, first).items():
            ratios, without = [], []
            for _ in range(ROUNDS):
                rates = [
                    measure(url, asked, folder, length)["rate"]
                    for url, asked in ((ours, asked_ours), (forgetful, asked_ours), (theirs, asked_theirs))
                ]
                ratios.append(rates[0] / rates[2])
                without.append(rates[1] / rates[2])
            figures[f"{name}, ours / Datasette's (want >= 3)"] = statistics.median(ratios)
            figures[f"{name}, ours without its memory / Datasette's"] = statistics.median(without)
    return figures
