"""Syncs that are killed, out of room, or two at once: what is read is one state, whole, and the next sync goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bulk.building import build
from bulk.kinds import kinds_of
from bulk.source import open_source
from registers import lifecycle
from registers.errors import Conflict
from registers.store.engine import Store
from tests.bulk.syncers import no_bar, sync, sync_in_little_room, sync_slowly, sync_until
from tests.faults.processes import KILLED, Process
from tests.makers import append, country, make
from tests.servers import Gunicorn

EVERY = 1 if os.environ.get("REGISTERS_SOAK") == "1" else 5  # which moments are tried
FILES = {"records.csv", "entries.csv", "entries.rsf", "manifest.json"}


@dataclass
class Moved:
    """A service whose register has moved on since a folder was synced; what that folder held, and what it should."""

    url: str
    base: Path
    before: dict[str, bytes]
    after: dict[str, bytes]

    def copy(self, name: str) -> Path:
        """The folder as it was synced before the register moved on."""
        return Path(shutil.copytree(self.base, self.base.with_name(name), symlinks=True))


def read(root: Path) -> dict[str, bytes]:
    """What who reads the folder finds."""
    return {path.name: path.read_bytes() for path in (root / "country").iterdir()}


def append_and_build(store: Store, files: Path, letter: str) -> None:
    append(store, *(country(f"{letter}{n}", f"{n} of {letter} " * 300) for n in range(50)))
    source = open_source(store, "country")
    list(build(files, source, kinds_of(source.definition, ["csv", "rsf"])))


@pytest.fixture
def moved(sqlite_store: Store, tmp_path: Path) -> Iterator[Moved]:
    make(sqlite_store)
    lifecycle.publish(sqlite_store, "country")
    files, base = tmp_path / "there", tmp_path / "base"
    with Gunicorn(sqlite_store.url.render_as_string(hide_password=False), files).running() as url:
        append_and_build(sqlite_store, files, "A")
        assert sync(url, base, no_bar) == 50
        append_and_build(sqlite_store, files, "B")
        assert sync(url, tmp_path / "right", no_bar) == 100
        yield Moved(url, base, read(base), read(tmp_path / "right"))


def test_who_is_killed_at_any_moment_leaves_one_state_whole_and_the_next_goes_on(moved: Moved) -> None:
    moments = Process(sync_until, moved.url, str(moved.copy("whole")), 0).end().value
    assert moments > 40
    found = []
    for moment in range(1, moments + 1, EVERY):
        root = moved.copy(f"killed-{moment}")
        assert Process(sync_until, moved.url, str(root), moment).exit_code() == KILLED
        left = read(root)
        assert left in (moved.before, moved.after), f"at moment {moment} of {moments}"
        found.append(left == moved.after)
        assert sync(moved.url, root, no_bar) == 100
        assert read(root) == moved.after
        kept = {path.name for path in (root / ".sync/country").iterdir()}
        assert kept == {"state.json", (root / "country").readlink().name}
    assert found == sorted(found) and {True, False} == {*found}


def test_who_is_killed_the_first_time_leaves_nothing_or_all(moved: Moved, tmp_path: Path) -> None:
    moments = Process(sync_until, moved.url, str(tmp_path / "first"), 0).end().value
    for moment in range(2, moments + 1, EVERY * 2):
        root = tmp_path / f"killed-{moment}"
        assert Process(sync_until, moved.url, str(root), moment).exit_code() == KILLED
        assert not (root / "country").exists() or read(root) == moved.after
        assert sync(moved.url, root, no_bar) == 100
        assert read(root) == moved.after


def test_who_is_killed_while_a_format_is_added_leaves_every_file_whole(moved: Moved) -> None:
    """The state is the same, so its files join those that are read."""
    base = moved.copy("csv-alone")
    (base / "country" / "entries.rsf").unlink()
    sync(moved.url, base, no_bar)
    right = read(base)
    (base / "country" / "entries.rsf").unlink()
    without = read(base)
    moments = Process(sync_until, moved.url, str(shutil.copytree(base, base.with_name("x"), symlinks=True)), 0).end()
    for moment in range(1, moments.value + 1, EVERY):
        root = Path(shutil.copytree(base, base.with_name(f"added-{moment}"), symlinks=True))
        assert Process(sync_until, moved.url, str(root), moment).exit_code() == KILLED
        assert read(root) in (without, right), f"at moment {moment}"
        assert sync(moved.url, root, no_bar) == 100
        assert read(root) == right


@pytest.mark.parametrize("room", [100, 5_000, 100_000])
def test_a_disk_without_room_leaves_what_there_was(moved: Moved, room: int) -> None:
    root = moved.copy("full")
    ended = Process(sync_in_little_room, moved.url, str(root), room).end()
    assert (ended.told, ended.crash) == ("unavailable", "")
    assert read(root) == moved.before
    assert sync(moved.url, root, no_bar) == 100
    assert read(root) == moved.after


def test_two_at_once_do_not_meet(moved: Moved) -> None:
    root = moved.copy("both")
    first = Process(sync_slowly, moved.url, str(root))
    assert first.wire.recv() == "stopped"
    with pytest.raises(Conflict, match="another process syncs into"):
        sync(moved.url, root, no_bar)
    for file in range(3):
        first.wire.send("go on")
        if file < 2:
            assert first.wire.recv() == "stopped"
    assert first.end().value == 100
    assert read(root) == moved.after
