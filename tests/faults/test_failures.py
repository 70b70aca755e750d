"""A write that fails, or only seems to, leaves everything consistent, and whoever asked is told in plain words."""

from __future__ import annotations

import random
import sqlite3
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import event

from registers import fsck, lifecycle
from registers.store import postgresql
from registers.store.engine import Store
from tests.faults import acts, moments, writers
from tests.faults.processes import KILLED, Process
from tests.faults.stage import Scene, Stage
from tests.faults.test_writers import drained, log_of, prepare

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

# COMMIT has succeeded, and the connection is lost before the word of it arrives


@pytest.mark.parametrize("name", [name for name in acts.DIFFERENT if name != "backup"])
def test_an_act_whose_commit_was_not_confirmed_is_told_so_and_a_second_run_doubles_nothing(
    stage: Stage, name: str
) -> None:
    stage.prepare(name)
    with stage.scene() as scene:
        names = Process(acts.run_and_list_moments, name, scene.url, scene.folder).end().value
        after = scene.seen()
    last = names.count(moments.COMMIT)
    with stage.scene() as scene:
        lost = Process(acts.run_and_lose_commit, name, scene.url, scene.folder, last).end()
        assert scene.seen() == after
        again = scene.play(name)
        assert (again.told, again.crash) == (acts.ACTS[name].again, "")
        assert scene.seen() == after
        assert (lost.told, lost.crash) == ("unavailable", "")


def test_a_load_that_lost_the_word_of_an_early_commit_leaves_nothing_and_can_be_run_again(stage: Stage) -> None:
    name = "replay a new register"
    stage.prepare(name)
    with stage.scene() as scene:
        before = scene.seen()
        names = Process(acts.run_and_list_moments, name, scene.url, scene.folder).end().value
        after = scene.seen()
    for number in range(1, names.count(moments.COMMIT)):
        with stage.scene() as scene:
            lost = Process(acts.run_and_lose_commit, name, scene.url, scene.folder, number).end()
            assert scene.seen() == before
            assert scene.play(name).is_done
            assert scene.seen() == after
            assert acts.unfinished(scene.url) == []
            assert (lost.told, lost.crash) == ("unavailable", "")


# The database cannot do it


def append_to_full_disk(_wire: Connection, url: str) -> None:
    """Append more than fits into what is left of the database's size."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        used = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {used + 5}")

    store = acts.opened(url)
    event.listen(store.engine, "connect", limit)
    lifecycle.append(store, "river", acts.rivers(1000, 3000), acts.AUTHORITY)


def append_with_little_patience(_wire: Connection, url: str) -> None:
    """Append to a register, waiting for others a fifth of a second at most."""
    postgresql.PATIENCE = 0.2
    store = acts.opened(url)
    lifecycle.append(store, "river", acts.rivers(1000, 1000), acts.AUTHORITY)


def append_and_lose_the_server(_wire: Connection, url: str) -> None:
    """Append, and have the server end our session halfway."""
    store = acts.opened(url)

    def end_session(connection: sqlalchemy.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE head"):
            with acts.opened(url).writing() as other:
                mine = connection.connection.driver_connection.info.backend_pid
                other.connection.exec_driver_sql(f"SELECT pg_terminate_backend({mine})")

    event.listen(store.engine, "before_cursor_execute", end_session)
    lifecycle.append(store, "river", acts.rivers(1000, 1000), acts.AUTHORITY)


def check_refused_and_repeatable(scene: Scene, before: dict[str, object], refused: Process) -> None:
    """Whoever wrote was told, nothing of it is there, and the next write succeeds."""
    ended = refused.end()
    assert scene.seen() == before
    assert scene.play("append another").is_done
    assert len(scene.seen()["registers"]["river"]["revision"]) == 3
    assert (ended.told, ended.crash) == ("unavailable", "")


@ON_SQLITE
def test_a_full_disk_leaves_nothing_and_is_told(stage: Stage) -> None:
    stage.prepare("append one")
    with stage.scene() as scene:
        before = scene.seen()
        check_refused_and_repeatable(scene, before, Process(append_to_full_disk, scene.url))


@ON_POSTGRESQL
def test_a_lock_that_is_not_had_in_time_is_told(stage: Stage) -> None:
    stage.prepare("append one")
    with stage.scene() as scene:
        before = scene.seen()
        with acts.opened(scene.url).writing() as tx:
            tx.connection.exec_driver_sql("SELECT 1 FROM head FOR UPDATE")
            refused = Process(append_with_little_patience, scene.url)
            assert refused.wire.poll(20)
        tx.connection.engine.dispose()
        check_refused_and_repeatable(scene, before, refused)


@ON_POSTGRESQL
def test_a_server_that_goes_away_is_told(stage: Stage) -> None:
    stage.prepare("append one")
    with stage.scene() as scene:
        before = scene.seen()
        check_refused_and_repeatable(scene, before, Process(append_and_lose_the_server, scene.url))


# SQLite's files


def at_rest(folder: Path) -> tuple[str, Store]:
    """A database file with a register of three entries; its URL and its store."""
    url = f"sqlite:///{folder / 'registers.db'}"
    store = acts.opened(url)
    acts.ACTS["append one"].prepare(store, folder)
    return url, store


def test_the_lock_of_a_killed_writer_is_free_at_once_and_nothing_of_its_write_is_there(tmp_path: Path) -> None:
    url, store = at_rest(tmp_path)
    before = acts.seen(url, tmp_path)
    killed = Process(writers.hold_the_lock, url)
    assert killed.wire.recv() == "writing"
    killed.kill()
    assert killed.exit_code() == KILLED
    assert acts.seen(url, tmp_path) == before
    begun = time.monotonic()
    lifecycle.append(store, "river", acts.rivers(4, 4), acts.AUTHORITY)
    assert time.monotonic() - begun < 5
    assert fsck.check_all(store) > 0
    store.close()


def test_a_lock_file_left_behind_holds_nobody_up(tmp_path: Path) -> None:
    url, store = at_rest(tmp_path)
    (tmp_path / "registers.db.lock").write_text("left by a process that is no more")
    assert lifecycle.append(store, "river", acts.rivers(4, 4), acts.AUTHORITY).first == 4
    store.close()
    assert fsck.check_all(acts.opened(url)) > 0


def test_what_was_committed_before_a_kill_is_read_back_from_the_wal(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registers.db'}"
    prepare(url, "river")
    killed = Process(writers.append_until_killed, url, "river", "w", (1,) * 1000)
    for _ in range(10):
        killed.wire.recv()
    killed.kill()
    acknowledged = 10 + len(drained(killed))
    assert killed.exit_code() == KILLED
    wal = tmp_path / "registers.db-wal"
    assert wal.stat().st_size > 0, "nothing was left in the WAL; this test has not tested"
    entries, _ = log_of(url, "river")
    assert acknowledged <= len(entries) <= acknowledged + 1


# Killed whenever


@pytest.mark.parametrize("times", [5, pytest.param(60, marks=pytest.mark.soak)])
def test_what_a_writer_was_told_is_durable_whenever_it_is_killed(database_url: str, times: int) -> None:
    prepare(database_url, "river")
    chance = random.Random(times)
    for n in range(times):
        sizes = [chance.choice((1, 1, 1, 1, 2, 60)) for _ in range(500)]
        killed = Process(writers.append_until_killed, database_url, "river", f"w{n}", sizes)
        last, root = killed.wire.recv()
        time.sleep(chance.uniform(0, 0.1))
        killed.kill()
        last, root = [(last, root), *drained(killed)][-1]
        assert killed.exit_code() == KILLED
        check_durable(database_url, last, root)
    log_of(database_url, "river")


def check_durable(url: str, last: int, root: bytes) -> None:
    """The register has the entry that was acknowledged last, under the root that was told."""
    Scene(url, Path()).wait_until_alone()
    store = acts.opened(url)
    writers.look_at_end(store, "river", last, root)
    store.close()
