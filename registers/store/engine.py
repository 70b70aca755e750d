"""The store: one database, opened for reading or for writing, on SQLite or PostgreSQL.

`with store.writing() as tx` is the only way to begin a write: leaving the block commits, an exception rolls back.
`with store.reading() as tx` sees one consistent state for as long as the block lasts, which should be short.

SQLite: WAL, synchronous=FULL, and a writers' lock. Every writer, and the checkpointer, first takes an operating
system lock on a file beside the database and holds it through COMMIT and checkpoint, because SQLite before 3.51.3
can corrupt a WAL that is reset while another connection commits. Checkpoints run only inside a writer's COMMIT.
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)

from registers.entry import Hashing
from registers.errors import Conflict, Invalid, Unavailable
from registers.store import postgresql, sqlite

LOCK_PATIENCE = 60.0  # seconds a writer waits for the writers before it

ADVICE = "; look whether it is done before trying again"  # a COMMIT may have been done though it was not confirmed

Clock = Callable[[], int]


class HotPath(Protocol):
    """The few statements that each engine does its own way, for speed."""

    def insert_rows(self, connection: Connection, table: Any, rows: list[tuple[Any, ...]]) -> None: ...

    def trails(self, connection: Connection, register_id: int, region: int, keys: list[str]) -> list[Any]: ...

    def lock_registers(self, connection: Connection) -> None: ...

    def lock_head(self, connection: Connection, register_id: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Transaction:
    """A connection inside a transaction, with what a part of an act needs: the engine's hot path, hashings, time."""

    connection: Connection
    hot: HotPath
    hashings: dict[str, Hashing]
    clock: Clock


class Store:
    """One database of registers. Safe to share between threads; after a fork, call `reopen` in the child."""

    def __init__(self, url: str, hashings: dict[str, Hashing], clock: Clock, still: bool = False) -> None:
        """Open the database at a URL. `still` is for a SQLite file that nobody writes, and that is left untouched."""
        self.url = parse_url(url)
        self.hashings = hashings
        self.clock = clock
        self.engine = _sqlite_engine(self.url, still) if self.is_sqlite else _postgresql_engine(self.url)
        self._hot: HotPath = sqlite if self.is_sqlite else postgresql

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded engine."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def place(self) -> str:
        """Where the database is, for people: its file, or its URL without the password."""
        return str(Path(self.url.database or "").resolve()) if self.is_sqlite else self.url.render_as_string()

    def reopen(self) -> None:
        """Forget connections inherited from a parent process, without closing them under the parent."""
        self.engine.dispose(close=False)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One consistent state of the database. Raises Unavailable when it cannot be reached or read."""
        with self._driver_errors(), self.engine.connect() as connection:
            connection = connection.execution_options(registers_begin="read")
            with connection.begin():
                yield self._transaction(connection)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """An act: committed when the block is left, rolled back when it raises.

        Raises Unavailable when the database cannot do it: a full disk, a lock not had in time, a lost connection;
        Conflict when it refuses what is written.
        """
        with self._driver_errors(ADVICE), self._writers_lock(), self.engine.connect() as connection:
            connection = connection.execution_options(registers_begin="write")
            with connection.begin():
                yield self._transaction(connection)
                # If we crash here, nothing of the act is durable. COMMIT, next, makes all of it so, and on SQLite
                # may checkpoint the WAL, still under the writers' lock; a crash in there loses nothing.

    def _transaction(self, connection: Connection) -> Transaction:
        return Transaction(connection, self._hot, self.hashings, self.clock)

    @contextmanager
    def _driver_errors(self, advice: str = "") -> Iterator[None]:
        """Turn what the driver raises into a sentence; our own mistakes (bad SQL, say) come through as they are."""
        try:
            yield
        except IntegrityError as error:
            raise Conflict(f"the database refuses it: {_reason(error)}") from error
        except DatabaseError as error:
            if isinstance(error, ProgrammingError | DataError | NotSupportedError):
                raise
            raise Unavailable(f"the database {self.place} cannot be used: {_reason(error)}{advice}") from error

    @contextmanager
    def _writers_lock(self) -> Iterator[None]:
        database = self.url.database
        if not self.is_sqlite or not database:
            yield
            return
        path = Path(f"{database}.lock")
        try:
            file = path.open("ab")
        except OSError as error:
            raise Unavailable(f"the database {self.place} cannot be written: {error.strerror}") from error
        with file:
            _take_lock(file, path, LOCK_PATIENCE)
            yield  # closing the file lets go of the lock, also when the process is killed


def _reason(error: DatabaseError) -> str:
    """The first line of what the database itself said."""
    return next(iter(str(error.orig).strip().splitlines()), type(error).__name__)


def parse_url(url: str) -> URL:
    """The SQLAlchemy URL of a database setting. Raises Invalid unless it names SQLite or PostgreSQL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise Invalid("the database URL is not one: sqlite:///path/to/file or postgresql://user@host/name") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername="sqlite+pysqlite")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise Invalid(
        "the database URL names neither a SQLite file nor PostgreSQL: sqlite:///path/to/file or postgresql://user@host/name"
    )


def _take_lock(file: IO[bytes], path: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    pause = 0.0005
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"another writer has held {path.name} for {patience:.0f} seconds; try again when it is done"
                ) from None
            time.sleep(pause)
            pause = min(pause * 2, 0.02)
        else:
            return


def _sqlite_engine(url: URL, still: bool) -> Engine:
    if still:
        return _still_sqlite_engine(Path(url.database or ""))
    engine = create_engine(url, connect_args={"timeout": sqlite.BUSY_TIMEOUT, "check_same_thread": False})
    event.listen(engine, "connect", sqlite.on_connect)
    event.listen(engine, "begin", sqlite.on_begin)
    return engine


def _still_sqlite_engine(path: Path) -> Engine:
    """An engine on a file that nobody writes: no lock, no WAL, not a byte of it changed."""
    uri = f"{path.resolve().as_uri()}?immutable=1"
    engine = create_engine("sqlite+pysqlite://", creator=lambda: sqlite3.connect(uri, uri=True, isolation_level=None))
    event.listen(engine, "begin", sqlite.on_begin)
    return engine


def _postgresql_engine(url: URL) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")
    event.listen(engine, "begin", postgresql.on_begin)
    return engine
