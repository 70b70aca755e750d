"""Releases: what is not whole is never seen, whoever dies or fills the disk; and a file can be proven."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import time
import warnings
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pytest

from bulk import building, releases
from bulk.building import build, make
from bulk.describing.beside import NAMES
from bulk.formats import database
from bulk.kinds import Kind, check_suffixes, find_kind, kinds_of
from bulk.manifest import parse
from bulk.releases import MANIFEST, Release, forget_old, held, release_of
from bulk.source import Source, open_source
from registers import lifecycle, merkle
from registers.definition import Field
from registers.errors import Corrupt, Invalid, Moved, NotFound, Unavailable
from registers.plan import Change
from registers.snapshot import Snapshot
from registers.store.engine import Store
from tests.bulk.conftest import fill
from tests.makers import AUTHORITY, append
from tests.makers import make as make_register


@pytest.fixture
def release(source: Source, tmp_path: Path) -> Release:
    return release_of(tmp_path / "files", source.register.id, source.state)


def kind(source: Source, name: str) -> Kind:
    return find_kind(source.definition, name)


def names_in(release: Release) -> set[str]:
    return {path.name for path in release.folder.iterdir()}


def test_a_manifest_names_every_file_as_it_is(release: Release, source: Source, tmp_path: Path) -> None:
    list(build(tmp_path / "files", source, kinds_of(source.definition, ["csv", "rsf", "parquet", "csv.gz"])))
    told = json.loads((release.folder / MANIFEST).read_text())
    assert told["state"]["size"] == 5 and told["state"]["records"] == 4
    assert names_in(release) - {*NAMES} == {MANIFEST, *(each["name"] for each in told["files"])}
    for each in told["files"]:
        content = (release.folder / each["name"]).read_bytes()
        assert (len(content), sha256(content).hexdigest()) == (each["bytes"], each["sha-256"])
        assert each["rows"] == (4 if each["name"].startswith("records") else 5)


def test_a_file_is_proven_to_belong_to_its_release(release: Release, source: Source, tmp_path: Path) -> None:
    """The tree is that of merkletools with the hashes of RFC 6962, and its paths prove under another's rule."""
    list(build(tmp_path / "files", source, kinds_of(source.definition, ["csv", "json", "rsf", "ndjson"])))
    manifest = release.manifest()
    with warnings.catch_warnings(action="ignore"):
        other = import_module("merkletools").MerkleTools()
    other.hash_function = lambda joined: sha256(b"\1" + joined)
    for leaf in manifest.leaves():
        other.add_leaf(sha256(b"\0" + leaf.encode()).hexdigest())
    other.make_tree()
    assert manifest.root().hex() == other.get_merkle_root()
    assert json.loads((release.folder / MANIFEST).read_text())["files-root-hash"] == other.get_merkle_root()
    for name in manifest.files:
        place, path = manifest.prove(name)
        leaf_hash = sha256(b"\0" + manifest.leaves()[place].encode()).digest()
        assert merkle.verify_inclusion(place, len(manifest.leaves()), leaf_hash, path, manifest.root())
        assert [hash.hex() for hash in path] == [next(iter(step.values())) for step in other.get_proof(place)]
    with pytest.raises(NotFound, match="no file 'other.csv'"):
        manifest.prove("other.csv")


def test_a_file_that_is_there_is_not_made_again(release: Release, source: Source) -> None:
    path, _ = make(release, source, kind(source, "records.csv"))
    before = path.stat().st_mtime_ns
    make(release, source, kind(source, "records.csv"))
    assert path.stat().st_mtime_ns == before


def test_a_full_disk_leaves_what_there_was(release: Release, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    make(release, source, kind(source, "records.csv"))

    def full(lines: object) -> object:
        yield b"some"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(building, "blocks", full)
    with pytest.raises(Unavailable, match=r"records\.json cannot be written: No space left on device"):
        make(release, source, kind(source, "records.json"))
    assert names_in(release) == {MANIFEST, "records.csv"}
    assert release.find("records.json") is None
    monkeypatch.undo()
    assert make(release, source, kind(source, "records.json"))[0].is_file()


def test_a_disk_that_is_full_when_the_database_is_written_is_said(
    source: Source, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_TABLES", f"PRAGMA max_page_count = 8; {database._TABLES}")
    with pytest.raises(Unavailable, match="database or disk is full"):
        make(release, source, kind(source, "register.sqlite"))
    assert names_in(release) <= {MANIFEST}


def _build_slowly(source_url: str, root: str, entered: object) -> None:
    from registers.opening import open_store

    slow = building.blocks

    def crawl(lines: object) -> object:
        entered.set()  # type: ignore[attr-defined]
        for block in slow(lines, 1):  # type: ignore[arg-type]
            yield block
            time.sleep(0.1)

    building.blocks = crawl  # type: ignore[assignment]
    store = open_store(source_url)
    source = open_source(store, "thing")
    make(release_of(Path(root), source.register.id, source.state), source, find_kind(source.definition, "records.csv"))


def test_what_a_killed_builder_left_is_never_seen(release: Release, source: Source, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    entered = context.Event()
    url = source.store.url.render_as_string(hide_password=False)
    builder = context.Process(target=_build_slowly, args=(url, str(tmp_path / "files"), entered))
    builder.start()
    assert entered.wait(30) and builder.pid
    time.sleep(0.15)
    os.kill(builder.pid, signal.SIGKILL)
    builder.join()
    assert release.find("records.csv") is None
    assert names_in(release) == {".partial-records.csv"}
    path, file = make(release, source, kind(source, "records.csv"))
    assert sha256(path.read_bytes()).hexdigest() == file.sha256
    assert names_in(release) == {MANIFEST, "records.csv"}


def test_of_two_builders_one_makes_the_file_and_the_other_finds_it(
    release: Release, source: Source, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    entered = context.Event()
    url = source.store.url.render_as_string(hide_password=False)
    builder = context.Process(target=_build_slowly, args=(url, str(tmp_path / "files"), entered))
    builder.start()
    assert entered.wait(30)
    path, file = make(release, source, kind(source, "records.csv"))  # waits for it
    builder.join()
    assert builder.exitcode == 0
    assert release.manifest().files == {"records.csv": file}
    assert sha256(path.read_bytes()).hexdigest() == file.sha256


def test_a_manifest_that_cannot_be_read_is_none(release: Release, source: Source) -> None:
    make(release, source, kind(source, "records.csv"))
    (release.folder / MANIFEST).write_text('{"state": {}')
    assert release.find("records.csv") is None
    make(release, source, kind(source, "records.csv"))
    assert parse((release.folder / MANIFEST).read_text()).files.keys() == {"records.csv"}


def test_old_releases_are_taken_away_but_not_the_present_one(things: Store, tmp_path: Path) -> None:
    root = tmp_path / "files"
    for size in ("1", "2", "3", "4", "5"):
        source = open_source(things, "thing", size)
        release = release_of(root, source.register.id, source.state)
        make(release, source, kind(source, "records.csv"))
        os.utime(release.folder, (int(size), int(size)))
    first = open_source(things, "thing", "1")
    with held(release_of(root, 1, open_source(things, "thing", "2").state).folder):
        forget_old(root, 1, 1, apart_from=first.state)
    assert sorted(path.name[0] for path in (root / "1").iterdir()) == ["1", "2", "5"], "2 was being built in"


def test_rows_that_are_missing_are_no_file(release: Release, source: Source) -> None:
    short = Snapshot(source.taken.tx, source.register, source.taken.head, 3)
    with pytest.raises(Corrupt, match="gave 3 rows where there are 4"):
        make(release, Source(source.store, short, source.state, source.definition), kind(source, "records.csv"))


def test_what_changed_while_it_was_written_is_no_file(release: Release, source: Source, things: Store) -> None:
    lifecycle.add_field(things, "thing", Field("more"), AUTHORITY)
    with pytest.raises(Moved, match="changed while it was written"):
        make(release, source, kind(source, "records.csv"))
    assert names_in(release) == set()
    now = open_source(things, "thing")
    assert now.state.name != source.state.name, "its files are made anew"


def test_an_append_makes_another_release(things: Store, source: Source) -> None:
    append(things, Change("z", {"thing": "z"}), to="thing")
    assert open_source(things, "thing").state.name != source.state.name
    assert open_source(things, "thing", "5").state.name == source.state.name


def test_files_that_there_are_not_are_said_with_those_there_are(things: Store, source: Source) -> None:
    with pytest.raises(NotFound, match=r"no file 'records\.xls'.*records\.csv, "):
        find_kind(source.definition, "records.xls")
    with pytest.raises(NotFound):
        find_kind(source.definition, "records.parquet.gz")
    with pytest.raises(Invalid, match=r"--format: 'xls' is not a format: csv, "):
        check_suffixes(["csv", "xls"], "--format")


def test_only_registers_with_shapes_have_files_of_shapes(things: Store) -> None:
    make_register(things)
    lifecycle.publish(things, "country")
    assert not {k.suffix for k in kinds_of(open_source(things, "country").definition)} & {"geojson", "gpkg"}


def test_a_draft_has_no_files(things: Store) -> None:
    make_register(things)
    with pytest.raises(NotFound):
        open_source(things, "country")


def test_two_registers_have_folders_of_their_own(things: Store, source: Source, tmp_path: Path) -> None:
    fill(things, [{"thing": "x"}], "other")
    other = open_source(things, "other")
    assert release_of(tmp_path, other.register.id, other.state).folder.parent != tmp_path / str(source.register.id)
    assert releases.folder_beside(things, "given") == Path("given")
