"""SQL for how often something was done of late."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from people.store.tables import tally


def sweep(connection: Connection, now: int) -> None:
    """Delete what is over."""
    connection.execute(delete(tally).where(tally.c.ends <= now))


def find(connection: Connection, subjects: Collection[bytes]) -> list[Row[Any]]:
    """The tallies that there are of some subjects."""
    return list(
        connection.execute(
            select(tally.c.subject, tally.c.count.label("taken"), tally.c.ends).where(tally.c.subject.in_(subjects))
        )
    )


def count(connection: Connection, subject: bytes, ends: int) -> None:
    """Count once more; the first time begins a tally that ends at a moment. The head is locked."""
    more = update(tally).where(tally.c.subject == subject).values(count=tally.c.count + 1)
    if not connection.execute(more).rowcount:
        connection.execute(insert(tally).values(subject=subject, count=1, ends=ends))
