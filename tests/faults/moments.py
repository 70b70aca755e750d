"""The moments of a write at which something may go wrong, announced in the process that writes.

Before each statement of a transaction that writes, before and after its COMMIT, before and inside each COPY, and
before each file is opened as a database, linked or removed. The moment after a statement is the one before the next.
Statements of transactions that only read are not moments, and a statement that follows itself is one: nothing is at
stake between them.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

COMMIT, COMMITTED, LINK = "before COMMIT", "after COMMIT", "before os.link"

At = Callable[[str], None]


def watch(at: At) -> None:
    """From now on, and for as long as this process lives, call `at` with the name of each moment."""
    _watch_statements(at)
    _watch_commits(at)
    _watch_copies(at)
    _watch_files(at)


def die_at(number: int) -> At:
    """Kill this process at the moment of that number, from 1."""
    count = itertools.count(1)

    def at(_moment: str) -> None:
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return at


def stop_at(number: int, wire: Connection) -> At:
    """Stop at the moment of that number, tell the test its name, and go on when the test says so."""
    count = itertools.count(1)

    def at(moment: str) -> None:
        if next(count) == number:
            wire.send(moment)
            wire.recv()

    return at


def _writes(connection: sqlalchemy.Connection) -> bool:
    return bool(connection.get_execution_options().get("registers_begin") == "write")


def _watch_statements(at: At) -> None:
    last = [""]

    def before(connection: sqlalchemy.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if _writes(connection) and statement != last[0]:
            at(f"before {' '.join(statement.split()[:3])}")
        last[0] = statement

    event.listen(Engine, "before_cursor_execute", before)


def _watch_commits(at: At) -> None:
    writing = [False]  # whether the commit that comes next is that of a write
    commit = DefaultDialect.do_commit

    def announced(connection: sqlalchemy.Connection) -> None:
        writing[0] = _writes(connection)

    def do_commit(dialect: DefaultDialect, connection: Any) -> None:
        is_write, writing[0] = writing[0], False
        if is_write:
            at(COMMIT)
        commit(dialect, connection)
        if is_write:
            at(COMMITTED)

    event.listen(Engine, "commit", announced)
    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]


def _watch_copies(at: At) -> None:
    enter, finish = psycopg.Copy.__enter__, psycopg.Copy.finish

    def entering(copy: Any) -> Any:
        at("before COPY")
        return enter(copy)

    def finishing(copy: Any, error: BaseException | None) -> None:
        at("inside COPY, all rows handed over")
        finish(copy, error)

    psycopg.Copy.__enter__ = entering  # type: ignore[method-assign]
    psycopg.Copy.finish = finishing  # type: ignore[method-assign]


def _watch_files(at: At) -> None:
    def heard(name: str, arguments: tuple[Any, ...]) -> None:
        if name in ("os.link", "os.remove") or (name == "sqlite3.connect" and arguments[0]):
            at(f"before {name}")

    sys.addaudithook(heard)


def fail_after_commit(number: int) -> None:
    """From now on, let COMMIT number `number` of a write succeed, and then report that the connection was lost."""
    count = itertools.count(1)
    commit = DefaultDialect.do_commit
    writing = [False]

    def announced(connection: sqlalchemy.Connection) -> None:
        writing[0] = _writes(connection)

    def do_commit(dialect: DefaultDialect, connection: Any) -> None:
        is_write, writing[0] = writing[0], False
        commit(dialect, connection)
        if is_write and next(count) == number:
            raise dialect.loaded_dbapi.OperationalError("the connection was lost")

    event.listen(Engine, "commit", announced)
    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
