"""The archive of all registers: each file in it is the one of its register's own release, and none but what is told."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from bulk import archives, wanted
from bulk.archives import make_archive, open_all
from bulk.following import Files
from bulk.releases import release_of
from registers import lifecycle
from registers.errors import Unavailable
from registers.store.engine import Store
from tests.makers import append, country, make


@pytest.fixture
def store(things: Store) -> Store:
    """Two published registers and a draft."""
    make(things)
    append(things, country("A", "Alpha"), country("B", "Beta"), country("A", "Alpha again"))
    lifecycle.publish(things, "country")
    make(things, "draft")
    return things


def test_the_archive_holds_the_files_of_each_register(store: Store, tmp_path: Path) -> None:
    sources = open_all(store)
    path, file = make_archive(tmp_path, sources)
    assert (file.bytes, file.sha256) == (path.stat().st_size, sha256(path.read_bytes()).hexdigest())
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "manifest.json",
            "country/entries.rsf",
            "country/records.csv",
            "thing/entries.rsf",
            "thing/records.csv",
        ]
        told = json.loads(archive.read("manifest.json"))
        for source, register in zip(sources, told["registers"], strict=True):
            release = release_of(tmp_path, source.register.id, source.state)
            assert register["state"] == json.loads((release.folder / "manifest.json").read_text())["state"]
            for line in register["files"]:
                content = archive.read(line["name"])
                assert content == (release.folder / line["name"].partition("/")[2]).read_bytes()
                assert (line["bytes"], line["sha-256"]) == (len(content), sha256(content).hexdigest())


def test_the_same_states_give_the_same_bytes(store: Store, tmp_path: Path) -> None:
    one, _ = make_archive(tmp_path / "one", open_all(store))
    two, _ = make_archive(tmp_path / "two", open_all(store))
    assert one.read_bytes() == two.read_bytes()
    assert one.relative_to(tmp_path / "one") == two.relative_to(tmp_path / "two")


def test_it_is_made_once_and_progress_is_told(store: Store, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path, _ = make_archive(tmp_path, open_all(store), lambda done, total: told.append((done, total)))
    assert told == [(n, 8) for n in range(1, 9)]
    before = path.stat().st_mtime_ns
    assert make_archive(tmp_path, open_all(store))[0] == path and path.stat().st_mtime_ns == before


@pytest.mark.parametrize("change", [lambda store: append(store, country("C", "Gamma")), lambda store: _publish(store)])
def test_another_state_of_one_register_is_another_archive(
    store: Store, tmp_path: Path, change: Callable[[Store], object]
) -> None:
    before, _ = make_archive(tmp_path, open_all(store))
    change(store)
    after, _ = make_archive(tmp_path, open_all(store))
    assert before.parent != after.parent and before.read_bytes() != after.read_bytes()


def _publish(store: Store) -> None:
    lifecycle.publish(store, "draft")


def test_there_is_an_archive_of_no_registers(sqlite_store: Store, tmp_path: Path) -> None:
    path, _ = make_archive(tmp_path, open_all(sqlite_store))
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("manifest.json")) == {"registers": []}


def test_a_file_over_four_gigabytes_would_fit(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit above which lengths take 64 bits is brought down, as the standard library's own tests do."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    path, _ = make_archive(tmp_path, open_all(store))
    monkeypatch.undo()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.getinfo("thing/records.csv").extract_version == zipfile.ZIP64_VERSION


def test_a_full_disk_leaves_what_there_was(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = make_archive(tmp_path, open_all(store))
    append(store, country("C", "Gamma"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives.shutil, "copyfileobj", full)
    with pytest.raises(Unavailable, match=r"all\.zip cannot be written: No space left on device"):
        make_archive(tmp_path, open_all(store))
    left = {path.name for folder in (tmp_path / "all").iterdir() for path in folder.iterdir()}
    assert left == {"all.zip", "manifest.json"} and before.is_file()


def test_who_wished_for_it_gets_it_and_old_ones_are_forgotten(store: Store, tmp_path: Path) -> None:
    files = Files(tmp_path, [], kept=1)
    for key in "CDE":
        append(store, country(key, "More"))
        wanted.ask(tmp_path, archives.WISH)
        assert [made.error for made in files.make_wanted(store)] == [None]
    assert len(list((tmp_path / "all").glob("*/all.zip"))) == 2
    assert not any((tmp_path / "wanted").iterdir())
