"""A stage: scenes are prepared on it once a test, and copied for each attempt."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.engines import PostgreSQL
from tests.faults import acts
from tests.faults.processes import Ended, Process, attempt

HELD_UP = 0.1  # seconds after which a process is taken to wait for SQLite's writers' lock, which nobody can see


@dataclass(frozen=True, slots=True)
class Scene:
    """A database of its own, and the folder with its files."""

    url: str
    folder: Path

    def seen(self) -> dict[str, Any]:
        """All that is visible here, once nobody else is at work; the database is checked on the way."""
        self.wait_until_alone()
        return acts.seen(self.url, self.folder)

    def play(self, name: str) -> Ended:
        """Do an act here, in the test's own process, and say how it ended."""
        return attempt(acts.run, None, name, self.url, self.folder)

    def wait_until_alone(self) -> None:
        """PostgreSQL's side of a killed process lives until it notices: wait for its end."""
        if self.url.startswith("sqlite"):
            return
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        deadline = time.monotonic() + 30
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            while connection.execute(others).fetchone() != (0,):
                assert time.monotonic() < deadline, "PostgreSQL still works for a process that was killed"
                time.sleep(0.002)

    def wait_until_held_up(self, process: Process) -> None:
        """Wait until a process has ended or waits for another's lock."""
        if self.url.startswith("sqlite"):
            process.wire.poll(HELD_UP)
            return
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        deadline = time.monotonic() + 30
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            while not process.wire.poll(0.005) and connection.execute(waiting).fetchone() == (0,):
                assert time.monotonic() < deadline, "the process neither ended nor waits for a lock"


class Stage:
    """Where scenes are set up, on one engine."""

    def __init__(self, folder: Path, template: str, server: PostgreSQL | None) -> None:
        self._template, self._server, self._folder = template, server, folder
        self._copies = 0

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded engine."""
        return self._server is None

    def prepare(self, name: str) -> None:
        """Set up the scene that an act starts from."""
        store = acts.opened(self._template)
        acts.ACTS[name].prepare(store, self._folder)
        store.close()

    @contextmanager
    def scene(self) -> Iterator[Scene]:
        """A copy of what was set up, which goes away afterwards."""
        self._copies += 1
        folder = self._folder.with_name(f"scene-{self._copies}")
        shutil.copytree(self._folder, folder)
        url = self._server.create(self._template) if self._server else f"sqlite:///{folder / 'registers.db'}"
        yield Scene(url, folder)
        if self._server:
            self._server.drop(url)
        shutil.rmtree(folder)
