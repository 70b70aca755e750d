"""`registers sync`: what it says, in words and in JSON, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.app import create_app
from bulk.building import build
from bulk.kinds import kinds_of
from bulk.source import open_source
from bulk.syncing.folder import held
from cli.main import registers
from registers import lifecycle, naming
from registers.settings import Settings
from registers.store.engine import Store
from tests.makers import append, country, make
from tests.servers import serving_here


@pytest.fixture
def url(sqlite_store: Store, tmp_path: Path) -> Iterator[str]:
    """A service of two registers, whose CSV and RSF are made."""
    for name in ("country", "land"):
        make(sqlite_store, name, ("country", "name"))
        append(sqlite_store, country("A", "Alpha"), country("B", "Beta"), to=name)
        lifecycle.publish(sqlite_store, name)
        build_all(sqlite_store, tmp_path, name)
    with serving_here(create_app(Settings(bulk_folder=str(tmp_path / "there")), sqlite_store)) as served:
        yield served


def build_all(store: Store, folder: Path, name: str) -> None:
    source = open_source(store, name)
    list(build(folder / "there", source, kinds_of(source.definition, ["csv", "rsf"])))


def sync(url: str, folder: Path, *more: str) -> Result:
    return CliRunner().invoke(registers, ["sync", url, str(folder), *more])


def test_all_registers_are_synced_and_said(url: str, tmp_path: Path) -> None:
    done = sync(f"{url}/", tmp_path / "here")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{name}: 3 files of 2 entries, 0.0 MB, are in {tmp_path}/here/{name}; 3 of them are new."
        for name in ("country", "land")
    ]
    again = sync(f"{url}/v2/registers", tmp_path / "here")
    assert "country: 3 files of 2 entries, 0.0 MB" in again.stdout and "; none of them are new." in again.stdout


def test_one_register_and_one_format_in_json(url: str, tmp_path: Path) -> None:
    done = sync(url, tmp_path / "here", "--register", "land", "--format", "rsf", "--json")
    told = json.loads(done.stdout)
    assert (told["register"], told["size"], told["new"]) == ("land", 2, ["entries.rsf"])
    assert told["root-hash"].startswith("1220")
    (file,) = told["files"]
    assert file["bytes"] == (Path(told["folder"]) / "entries.rsf").stat().st_size
    assert not (tmp_path / "here" / "country").exists()


def test_what_cannot_be_synced_is_said_and_the_rest_is_synced(url: str, tmp_path: Path, sqlite_store: Store) -> None:
    done = sync(url, tmp_path / "here", "--register", "x", "--register", "land")
    assert done.exit_code == 1
    assert "registers: x: " in done.stderr and "there is no register 'x'" in done.stderr
    assert done.stdout.startswith("land: 3 files")
    naming.retire(sqlite_store, "land")
    done = sync(url, tmp_path / "here")
    assert done.exit_code == 0
    assert done.stderr == f"registers: land is not published there any more; {tmp_path}/here/land stays as it is\n"
    assert (tmp_path / "here/land/records.csv").is_file()


def test_a_file_that_is_not_made_is_not_waited_for_without_end(url: str, tmp_path: Path, sqlite_store: Store) -> None:
    append(sqlite_store, country("C", "Gamma"))
    done = sync(url, tmp_path / "here", "--register", "country", "--wait", "0")
    assert done.exit_code == 1
    assert "country: records.csv is not made there after 0 seconds" in done.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--format", "xls"], "--format: 'xls' is not a format"),
        (["--register", "../x"], "'../x' is not a name"),
    ],
)
def test_what_cannot_be_asked_is_said(url: str, tmp_path: Path, more: list[str], said: str) -> None:
    done = sync(url, tmp_path / "here", *more)
    assert done.exit_code == 1 and said in done.stderr
    assert not (tmp_path / "here").exists()


def test_a_url_that_is_not_one_of_a_service_is_said(url: str, tmp_path: Path) -> None:
    done = sync(f"{url}/x", tmp_path / "here")
    assert done.exit_code == 1 and "/x is not the address of a service of registers: http" in done.stderr
    assert sync("no-url", tmp_path / "here").exit_code == 1


def test_two_at_once_do_not_meet(url: str, tmp_path: Path) -> None:
    with held(tmp_path / "here"):
        done = sync(url, tmp_path / "here")
    assert done.exit_code == 1 and "another process syncs into" in done.stderr


def test_a_folder_that_cannot_be_written_is_said(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = sync(url, tmp_path / "file" / "here")
    assert done.exit_code == 1 and "Not a directory" in done.stderr
