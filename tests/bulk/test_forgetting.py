"""Files of before a redaction are removed, of every state; those of after hold what is left, in every format."""

from __future__ import annotations

import threading
from pathlib import Path
from zipfile import ZipFile

import pytest

from bulk import archives
from bulk.building import build
from bulk.following import Files
from bulk.forgetting import OldFiles
from bulk.kinds import kinds_of
from bulk.releases import held, release_of
from bulk.source import open_source
from registers import lifecycle, naming, redaction
from registers.entry import REDACTED
from registers.errors import Gone
from registers.plan import Change
from registers.redaction import Wanted
from registers.store.engine import Store
from tests.bulk.test_following import register_of
from tests.makers import AUTHORITY, append
from tests.makers import make as make_register

EVERY = ("csv", "csv-excel", "json", "ndjson", "rsf", "geojson", "parquet", "sqlite", "geoparquet", "gpkg")
SECRET = "one"  # a member of a list of the record b


def take_away(store: Store, *fields: str, key: str = "b") -> None:
    redaction.take_away(store, "thing", Wanted(key, fields), "why", AUTHORITY)


def forget(store: Store, root: Path) -> None:
    OldFiles(root).catch_up(store, register_of(store))


def releases(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("1/*"))


def test_releases_of_every_size_that_were_made_before_go(things: Store, tmp_path: Path) -> None:
    files = Files(tmp_path, ["csv"], kept=5)
    for key in "xyz":
        files.catch_up(things, register_of(things))
        append(things, Change(key, {"thing": key}), to="thing")
    forget(things, tmp_path)
    assert len(releases(tmp_path)) == 3
    take_away(things, "also")
    forget(things, tmp_path)
    assert releases(tmp_path) == []
    files.catch_up(things, register_of(things))
    forget(things, tmp_path)
    assert releases(tmp_path) == [open_source(things, "thing").state.name]


def test_they_go_where_the_register_is_retired_too(things: Store, tmp_path: Path) -> None:
    Files(tmp_path, ["csv"]).catch_up(things, register_of(things))
    register = register_of(things)
    naming.retire(things, "thing")
    take_away(things, "also")
    OldFiles(tmp_path).catch_up(things, register)
    assert releases(tmp_path) == []


def test_what_a_killed_builder_left_goes_too(things: Store, tmp_path: Path) -> None:
    folder = tmp_path / "1" / "5-0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / ".partial-records.csv").write_text(SECRET)
    take_away(things, "also")
    forget(things, tmp_path)
    assert not folder.exists()


def test_who_is_building_is_waited_for(things: Store, tmp_path: Path) -> None:
    Files(tmp_path, ["csv"]).catch_up(things, register_of(things))
    (folder,) = tmp_path.glob("1/*")
    take_away(things, "also")
    forgetting = threading.Thread(target=forget, args=(things, tmp_path))
    with held(folder):
        forgetting.start()
        forgetting.join(0.2)
        assert forgetting.is_alive() and folder.exists()
    forgetting.join(30)
    assert not folder.exists()


def test_every_format_holds_what_is_left(things: Store, tmp_path: Path) -> None:
    take_away(things, "name", "count", "is-open", "since", "seen", "also", "sizes", "area", "place")
    source = open_source(things, "thing")
    made = {file.name for _, file in build(tmp_path, source, kinds_of(source.definition, EVERY))}
    assert {name.partition(".")[2] for name in made} == set(EVERY)
    folder = release_of(tmp_path, source.register.id, source.state).folder
    assert [path.name for path in folder.iterdir() if b"quoted" in path.read_bytes()] == []
    assert REDACTED in (folder / "entries.ndjson").read_text()


def test_rsf_of_v1_is_gone_and_the_follower_makes_the_others(things: Store, tmp_path: Path) -> None:
    take_away(things, "also")
    Files(tmp_path, ["rsf-v1", "rsf"]).catch_up(things, register_of(things))
    assert sorted(path.name for path in tmp_path.glob("1/*/*")) == ["entries.rsf", "manifest.json"]
    source = open_source(things, "thing")
    with pytest.raises(Gone, match="use the file entries.rsf"):
        list(build(tmp_path, source, kinds_of(source.definition, ["rsf-v1"])))
    early = open_source(things, "thing", "1")
    assert [file.rows for _, file in build(tmp_path, early, kinds_of(early.definition, ["rsf-v1"]))] == [1]


def test_an_archive_of_all_registers_goes_and_is_made_anew(things: Store, tmp_path: Path) -> None:
    make_register(things, "other")
    lifecycle.publish(things, "other")
    path, _ = archives.make_archive(tmp_path, archives.open_all(things))
    forget(things, tmp_path)
    assert path.exists()
    take_away(things, "also")
    forget(things, tmp_path)
    assert not path.exists()
    anew, _ = archives.make_archive(tmp_path, archives.open_all(things))
    forget(things, tmp_path)
    with ZipFile(anew) as archive:
        assert "two, three" not in archive.read("thing/entries.rsf").decode()
