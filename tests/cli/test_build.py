"""`registers build`: files of registers, at a state, and what is said of them; and the worker that makes them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from threading import Event

import pytest

from api.app import create_app
from bulk.describing.beside import NAMES
from bulk.releases import MANIFEST
from cli.workers import Maker
from registers import lifecycle
from registers.errors import Invalid
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.cli.conftest import Run
from tests.makers import append, country, make


@pytest.fixture
def build(run: Run, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The verb, on a database with a published register of three entries and a draft."""
    monkeypatch.setenv("REGISTERS_BULK_FOLDER", str(tmp_path / "files"))
    store = open_store(database_url)
    migrate(store)
    plant(store)
    store.close()
    return lambda *arguments: run("build", *arguments)


def plant(store: Store) -> None:
    make(store)
    lifecycle.publish(store, "country")
    append(store, country("A", "Alpha"), country("B", "Beta"), country("A", "Alpha again"))
    make(store, "draft")


def test_files_of_all_published_registers_are_made(build: Run, tmp_path: Path) -> None:
    done = build("--format", "csv", "--format", "ndjson.gz")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("country: 4 files of 3 entries, 0.0 MB, are in ")
    (folder,) = tmp_path.glob("files/*/*")
    assert str(folder) in done.stdout
    rows = list(csv.DictReader((folder / "records.csv").read_text().splitlines()))
    assert {row["_id"]: row["name"] for row in rows} == {"A": "Alpha again", "B": "Beta"}
    assert {path.name for path in folder.glob("*.json")} == {MANIFEST, *NAMES}


def test_a_past_state_and_json(build: Run) -> None:
    done = build("country", "--at", "1", "--format", "csv", "--json")
    told = json.loads(done.stdout)
    assert (told["register"], told["size"]) == ("country", 1)
    assert [(file["name"], file["rows"]) for file in told["files"]] == [("records.csv", 1), ("entries.csv", 1)]
    assert (Path(told["folder"]) / "records.csv").stat().st_size == told["files"][0]["bytes"]


def test_an_archive_of_all_registers_is_made_with_all_their_files(build: Run, tmp_path: Path) -> None:
    done = build("--json")
    of_country, of_all = map(json.loads, done.stdout.splitlines())
    assert of_country["register"] == "country"
    assert of_all["registers"] == ["country"]
    (path,) = tmp_path.glob("files/all/*/all.zip")
    assert of_all["folder"] == str(path.parent) and of_all["files"][0]["bytes"] == path.stat().st_size
    assert "1 registers in one archive" in build().stdout


@pytest.mark.parametrize("chosen", [["country"], ["--format", "csv"], ["--at", "1"]])
def test_who_chooses_gets_no_archive(build: Run, tmp_path: Path, chosen: list[str]) -> None:
    assert build(*chosen).exit_code == 0
    assert not (tmp_path / "files" / "all").exists()


def test_what_cannot_be_is_said(build: Run) -> None:
    for arguments, said in (
        (["--format", "xls"], "--format: 'xls' is not a format"),
        (["country", "--at", "9"], "the register has 3 entries, and never had 9"),
        (["draft"], "there is no register 'draft'"),
    ):
        done = build(*arguments)
        assert done.exit_code == 1 and said in done.stderr


def test_a_folder_that_cannot_be_written_is_said(build: Run, tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    done = build("--format", "csv")
    assert (done.exit_code, done.stderr) == (1, "registers: the file records.csv cannot be written: Not a directory\n")


def test_the_worker_makes_the_files_that_are_set(sqlite_store: Store, tmp_path: Path) -> None:
    plant(sqlite_store)
    worker = Maker(sqlite_store, Settings(bulk_folder=str(tmp_path), bulk_formats="csv, rsf.gz"), Event())
    worker.work_once()
    worker.close()
    names = {path.name for path in tmp_path.glob("*/*/*")}
    assert names == {*NAMES, MANIFEST, "records.csv", "entries.csv", "entries.rsf", "entries.rsf.gz"}


def test_the_worker_makes_none_where_none_are_wanted(sqlite_store: Store, tmp_path: Path) -> None:
    plant(sqlite_store)
    worker = Maker(sqlite_store, Settings(bulk_folder=str(tmp_path / "files"), bulk_formats="none"), Event())
    worker.work_once()
    worker.close()
    assert not (tmp_path / "files").exists()


def test_what_cannot_be_made_is_seen_until_it_can(sqlite_store: Store, tmp_path: Path) -> None:
    plant(sqlite_store)
    settings = Settings(bulk_folder=str(tmp_path / "files"), bulk_formats="csv")
    client = create_app(settings, sqlite_store).test_client()
    (tmp_path / "files").write_text("in the way")
    maker = Maker(sqlite_store, settings, Event())
    maker.work_once()
    (failing,) = client.get("/readyz").json["failing"]  # type: ignore[index]
    assert (failing["follower"], failing["register"]) == ("files", "country") and "Not a directory" in failing["error"]
    (tmp_path / "files").unlink()
    maker.files.clock = lambda: 10**9  # a minute is over
    maker.work_once()
    assert client.get("/readyz").json == {"status": "ok", "failing": []}
    assert len(list((tmp_path / "files").glob("*/*/*.csv"))) == 2
    maker.close()


def test_a_format_that_there_is_not_is_refused_before_any_work(sqlite_store: Store) -> None:
    with pytest.raises(Invalid, match="REGISTERS_BULK_FORMATS: 'xls' is not a format"):
        Maker(sqlite_store, Settings(bulk_formats="csv,xls"), Event())
