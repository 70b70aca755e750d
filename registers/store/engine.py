"""The store: one database, opened for reading or for writing, on SQLite or PostgreSQL.

`with store.writing() as tx` is the way to begin a write: leaving the block commits, an exception rolls back. What
can be made again from the log may be written `with store.following()`, whose commit does not wait for the disk.
`with store.reading() as tx` sees one consistent state for as long as the block lasts, which should be short.

SQLite: WAL, synchronous=FULL, and a writers' lock. Every writer, and the checkpointer, first takes an operating
system lock on a file beside the database and holds it through COMMIT and checkpoint, because SQLite before 3.51.3
can corrupt a WAL that is reset while another connection commits. Checkpoints run only inside a writer's COMMIT.
"""

from __future__ import annotations

import fcntl
import itertools
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from registers.question import Sought
from registers.store import postgresql, postgresql_words, sqlite, sqlite_words
from registers.store.scope import Place, Ranked, Scope

LOCK_PATIENCE = 60.0  # seconds a writer waits for the writers before it

ADVICE = "; look whether it is done before trying again"  # a COMMIT may have been done though it was not confirmed

Clock = Callable[[], int]


class HotPath(Protocol):
    """The few statements that each engine does its own way, for speed."""

    def insert_rows(self, connection: Connection, table: Any, rows: list[tuple[Any, ...]]) -> None: ...

    def trails(self, connection: Connection, register_id: int, region: int, keys: list[str]) -> list[Any]: ...

    def record(self, connection: Connection, place: tuple[int, int], key: str, size: int) -> Any | None: ...

    def tiles(
        self, connection: Connection, of: tuple[int, str], places: Sequence[tuple[int, int]]
    ) -> Iterable[Any]: ...

    def mark(self, connection: Connection) -> object: ...

    def wipe(self, connection: Connection, tables: Sequence[str]) -> None: ...

    def lock_registers(self, connection: Connection) -> None: ...

    def lock_head(self, connection: Connection, register_id: int) -> None: ...


class FullText(Protocol):
    """The words of records, which each engine indexes its own way."""

    def add(self, connection: Connection, rows: list[tuple[Any, ...]]) -> None: ...

    def settle(self, connection: Connection) -> bool: ...

    def forget(self, connection: Connection, register_id: int) -> None: ...

    def forget_entries(self, connection: Connection, register_id: int, numbers: Sequence[int]) -> None: ...

    def ranked(
        self, connection: Connection, sought: Sought, rank: int, scope: Scope, after: Place, limit: int
    ) -> list[Ranked]: ...


@dataclass(frozen=True, slots=True)
class Transaction:
    """A connection inside a transaction, with what a part of an act needs: the engine's own ways, hashings, time."""

    connection: Connection
    hot: HotPath
    full_text: FullText
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
        self._full_text: FullText = sqlite_words if self.is_sqlite else postgresql_words
        self._count = itertools.count(1)  # each number is given once, whichever thread takes it
        self._acts = 0
        self._watch: sqlite3.Connection | None = None

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
        self._watch = None

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._watch:
            self._watch.close()
            self._watch = None

    def mark_in(self, tx: Transaction) -> object:
        """What is equal to the mark of an earlier transaction only if this one sees the same; most are equal to none.

        On SQLite it tells when one connection sees the same again. Its `data_version` goes up with what others
        commit, and not with what it commits itself, so the acts of this process count too.
        """
        return tx.hot.mark(tx.connection), self._acts

    def mark(self) -> object:
        """What is equal to an earlier mark only if what was read after that one may still be relied on.

        On SQLite that is when nothing has been committed since, by anybody (`PRAGMA data_version`, on a connection
        that does nothing else). On PostgreSQL it is when this process has written nothing and not a second is over.
        """
        if not self.is_sqlite:
            return self._acts, int(time.monotonic())
        try:
            self._watch = self._watch or sqlite.watch(self.url.database or "")
            # Another connection counts anew, and may come to a number that this one had before.
            return self._watch, self._watch.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            self._watch = None
            return object()  # equal to none: whoever reads next hears what is wrong

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One consistent state of the database. Raises Unavailable when it cannot be reached or read."""
        with self._driver_errors(), self.engine.connect() as connection, connection.begin():
            yield self._transaction(connection)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """An act: committed when the block is left, rolled back when it raises.

        Raises Unavailable when the database cannot do it: a full disk, a lock not had in time, a lost connection;
        Conflict when it refuses what is written.
        """
        with self._begun("write") as tx:
            yield tx
            # If we crash here, nothing of the act is durable. COMMIT, next, makes all of it so, and on SQLite
            # may checkpoint the WAL, still under the writers' lock; a crash in there loses nothing.

    @contextmanager
    def following(self) -> Iterator[Transaction]:
        """An act of a follower, for what can be made again from the log: its commit does not wait for the disk.

        Raises as `writing` does.
        """
        with self._begun("follow") as tx:
            yield tx
            # If the machine fails after COMMIT, the act may be lost, whole, and its cursor with it; the log loses
            # nothing by that, and the follower does its work again. The next commit of `writing` makes it durable.

    def wipe(self, tables: Sequence[str]) -> None:
        """Write pages anew, so that none holds what is not in these tables any more; on SQLite, all of the database.

        It takes as long as the tables are large, and others wait. Raises Unavailable while somebody still reads.
        """
        with self._driver_errors(), self._writers_lock(), self.engine.connect() as connection:
            try:
                self._hot.wipe(connection.execution_options(registers_begin="wipe"), tables)
            finally:
                self._acts = next(self._count)

    @contextmanager
    def _begun(self, kind: str) -> Iterator[Transaction]:
        with self._driver_errors(ADVICE), self._writers_lock(), self.engine.connect() as connection:
            connection = connection.execution_options(registers_begin=kind)
            try:
                with connection.begin():
                    yield self._transaction(connection)
            finally:
                self._acts = next(self._count)  # also where nobody can say whether it was done

    def _transaction(self, connection: Connection) -> Transaction:
        return Transaction(connection, self._hot, self._full_text, self.hashings, self.clock)

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
        except sqlite3.DatabaseError as error:  # of what the hot path does past SQLAlchemy
            if isinstance(error, sqlite3.ProgrammingError):
                raise
            raise Unavailable(f"the database {self.place} cannot be used: {error}{advice}") from error

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
