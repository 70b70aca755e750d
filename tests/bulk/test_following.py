"""The follower of files: it waits until a register rests, but not for ever; what fails is tried again later."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bulk import following
from bulk.describing.beside import NAMES
from bulk.following import Files
from bulk.source import open_source
from registers import snapshot
from registers.errors import Unavailable
from registers.plan import Change
from registers.register import Register
from registers.store.engine import Store
from tests.makers import append, make


@dataclass
class Watch:
    """A clock that a test moves."""

    now: float = 0

    def __call__(self) -> float:
        return self.now


def register_of(store: Store, name: str = "thing") -> Register:
    with store.reading() as tx:
        return snapshot.find_register(tx, name)


def test_files_are_due_when_a_register_rests() -> None:
    watch = Watch()
    files = Files(Path("files"), ["csv"], quiet=10, clock=watch)
    assert not files.is_due(1, 5)
    watch.now = 9
    assert not files.is_due(1, 6), "it has moved"
    watch.now = 18
    assert not files.is_due(1, 6)
    watch.now = 19
    assert files.is_due(1, 6)


def test_a_register_that_never_rests_is_not_waited_for_without_end() -> None:
    watch = Watch()
    files = Files(Path("files"), ["csv"], quiet=10, clock=watch)
    due = []
    for watch.now in range(0, 120, 5):
        due.append(files.is_due(1, int(watch.now)))
    assert due.index(True) == 20


def test_the_follower_makes_what_it_was_told_to_and_says_how_far_it_is(things: Store, tmp_path: Path) -> None:
    files = Files(tmp_path, ["csv", "ndjson.gz"], kept=1)
    files.catch_up(things, register_of(things))
    made = {path.name for path in tmp_path.glob("*/*/*")}
    assert made == {
        *NAMES,
        "manifest.json",
        "records.csv",
        "entries.csv",
        *(f"{what}.ndjson{end}" for what in ("records", "entries") for end in ("", ".gz")),
    }
    with things.reading() as tx:
        assert files.position(tx, register_of(things).id) == 5


def test_old_releases_go_and_the_present_one_stays(things: Store, tmp_path: Path) -> None:
    files = Files(tmp_path, ["csv"], kept=1)
    for key in ("x", "y", "z"):
        append(things, Change(key, {"thing": key}), to="thing")
        files.catch_up(things, register_of(things))
    assert sorted(path.name.partition("-")[0] for path in tmp_path.glob("1/*")) == ["7", "8"]
    assert (tmp_path / "1" / open_source(things, "thing").state.name / "records.csv").is_file()


def test_drafts_have_no_files_and_nor_have_those_who_want_none(things: Store, tmp_path: Path) -> None:
    make(things)
    Files(tmp_path, ["csv"]).catch_up(things, register_of(things, "country"))
    Files(tmp_path, []).catch_up(things, register_of(things))
    assert list(tmp_path.glob("*/*")) == []


def test_what_failed_is_tried_again_after_a_while(
    things: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch()
    files = Files(tmp_path, ["csv"], clock=watch)

    def full(*_: object) -> object:
        raise Unavailable("no space")

    monkeypatch.setattr(following, "build", full)
    assert files.is_due(1, 1)
    with pytest.raises(Unavailable):
        files.catch_up(things, register_of(things))
    assert not files.is_due(1, 1)
    watch.now = 60
    assert files.is_due(1, 1)
