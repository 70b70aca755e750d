"""Counting the queries that something costs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from registers.store.engine import Store


@contextmanager
def queries(store: Store) -> Iterator[list[str]]:
    """The SELECTs that the store makes meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append(statement)

    def trace(driver: sqlite3.Connection, *_: object) -> None:
        driver.set_trace_callback(lambda statement: note(None, None, statement))

    # SQLite's own trace also sees what goes past SQLAlchemy.
    heard = ("checkout", trace) if store.is_sqlite else ("before_cursor_execute", note)
    event.listen(store.engine, *heard)
    yield seen
    event.remove(store.engine, *heard)
    store.engine.dispose()  # with the connections that are still traced
