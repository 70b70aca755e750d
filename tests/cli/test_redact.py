"""`registers redact`: afterwards no file of the database, of the files and of the indexes of places holds the value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import psycopg
import pytest

from cli.work import Worker
from loaders import store as reports
from registers import lifecycle, plan, snapshot
from registers.batch import NEW, Change
from registers.definition import Field
from registers.fsck import check_all
from registers.item import normalise
from registers.opening import open_store
from registers.plan import Header
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from review import decisions, proposals
from tests.cli.conftest import Run
from tests.geo.test_areas import square
from tests.makers import AUTHORITY, OPERATOR, append, make

NAME = "Zaphodia Quuxworth"
WORDS = (b"zaphodia", b"quuxworth")
WHY = "a person asked for it"
WARDS = (Field("ward"), Field("name"), Field("also", cardinality="n"), Field("shape", "geometry"))
SETTINGS = Settings(bulk_formats="csv,ndjson,ndjson.gz,sqlite,rsf-v1,rsf", bulk_quiet=0)


def ward(number: int, name: str, **values: object) -> Change:
    return Change(f"W{number}", {"ward": f"W{number}", "name": name, "shape": square(number % 90, 0), **values})


def proposal(store: Store, number: int, change: Change, replaces: bytes) -> int:
    with store.reading() as tx:
        size = snapshot.read_head(tx, snapshot.find_register(tx, "ward")).entries
    told = [change._replace(item=normalise(change.item), replaces=replaces)]
    content = "".join(plan.lines(Header("ward", f"{OPERATOR}/ward", size, source="a survey"), told)).encode()
    return proposals.submit(store, content, f"author-{number}").proposal.number


def plant(store: Store) -> None:
    """A register of areas, in which one person's name stands in every way in which it can be kept."""
    migrate(store)
    make(store, "ward", WARDS)
    lifecycle.publish(store, "ward")
    append(store, *(ward(number, f"Ward {number}") for number in range(2, 300)), to="ward")
    append(store, ward(1, NAME, also=["One", NAME]), to="ward")
    append(store, ward(1, "Somebody"), to="ward")
    closed = proposal(store, 1, ward(1, NAME, also=["Two"]), _digest(store, "W1"))
    decisions.approve(store, closed, "custodian", OPERATOR)
    proposal(store, 2, ward(1, NAME, also=["Three"]), _digest(store, "W1"))
    proposal(store, 3, ward(301, "Another"), NEW)
    with store.writing() as tx:
        register = snapshot.find_register(tx, "ward")
        reports.keep_quality(tx.connection, register.id, 0, json.dumps({"examples": [{"value": NAME}]}))


def _digest(store: Store, key: str) -> bytes:
    with store.reading() as tx:
        return snapshot.take(tx, snapshot.find_register(tx, "ward")).record(key).digests["v1"]


def work(store: Store) -> None:
    worker = Worker(store, SETTINGS, Event())
    worker.work_once()
    worker.close()


@pytest.fixture
def planted(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A database in which the name stands, and all that follows it, on each engine."""
    monkeypatch.setenv("REGISTERS_BULK_FOLDER", str(tmp_path / "files"))
    monkeypatch.setenv("REGISTERS_PLACES_FOLDER", str(tmp_path / "places"))
    monkeypatch.setattr("tests.cli.test_redact.SETTINGS", _settings(tmp_path))
    store = open_store(database_url)
    plant(store)
    work(store)
    append(store, ward(300, "Ward 300"), to="ward")
    work(store)
    yield store
    store.close()


def _settings(folder: Path) -> Settings:
    given = {"bulk_folder": str(folder / "files"), "places_folder": str(folder / "places")}
    return Settings(bulk_formats=SETTINGS.bulk_formats, bulk_quiet=0, **given)


# Looking for it


def holding(paths: Iterator[Path]) -> list[str]:
    """The files that hold one of the words, however it is written."""
    found = []
    for path in paths:
        if path.is_file():
            content = path.read_bytes().lower()
            found += [str(path)] if any(word in content for word in WORDS) else []
    return sorted(found)


def pages(store: Store) -> Iterator[Path]:
    """The files of the database: all that begin with its name, or all of its folder in the server's."""
    if store.is_sqlite:
        path = Path(store.url.database or "")
        return path.parent.glob(f"{path.name}*")
    with psycopg.connect(store.url.set(drivername="postgresql").render_as_string(False), autocommit=True) as server:
        server.execute("CHECKPOINT")
        row = server.execute(
            "SELECT setting, oid FROM pg_settings, pg_database WHERE pg_settings.name = 'data_directory' "
            "AND datname = current_database()"
        ).fetchone()
    assert row
    folder = Path(row[0])
    if not folder.is_dir():
        pytest.skip("the server's files are not on this machine")
    return (folder / "base" / str(row[1])).iterdir()


def kept(folder: Path) -> list[str]:
    return holding(path for name in ("files", "places") for path in (folder / name).rglob("*"))


def log_of(store: Store) -> str:
    return "" if store.is_sqlite else "analyzed"


def analyze(store: Store) -> None:
    """As PostgreSQL does by itself from time to time: values are then in its statistics."""
    if not store.is_sqlite:
        with psycopg.connect(store.url.set(drivername="postgresql").render_as_string(False), autocommit=True) as server:
            server.execute("ANALYZE")


def test_no_file_holds_what_was_taken_away(planted: Store, run: Run, tmp_path: Path) -> None:
    analyze(planted)
    assert holding(pages(planted))
    assert {Path(path).relative_to(tmp_path).parts[0] for path in kept(tmp_path)} == {"files", "places"}
    before = {path.parent for path in (tmp_path / "files").rglob("manifest.json")}
    done = run("redact", "ward", "W1", "name", "also", "--reason", WHY, "--entry", "299")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "ward: name, also of W1 is taken out of the items of 2 entries.\n"
    assert holding(pages(planted)) == []
    assert kept(tmp_path) == []
    work(planted)
    assert not before & {path.parent for path in (tmp_path / "files").rglob("manifest.json")}
    assert [path.name for path in (tmp_path / "files").rglob("entries.*")] != []
    assert (holding(pages(planted)), kept(tmp_path)) == ([], [])
    check_all(planted)


def test_a_worker_does_the_same_after_an_act_of_its_own(planted: Store, run: Run, tmp_path: Path) -> None:
    from registers import redaction
    from registers.redaction import Wanted

    for fields in (("name",), ("also",)):
        redaction.take_away(planted, "ward", Wanted("W1", fields, 299), WHY, AUTHORITY)
    assert holding(pages(planted))
    work(planted)
    assert (holding(pages(planted)), kept(tmp_path)) == ([], [])
    again = run("redact", "ward", "W1", "name", "--reason", WHY)
    assert (again.exit_code, again.stderr) == (
        1,
        "registers: name: what entry 301 had in it was taken away before\n",
    )
