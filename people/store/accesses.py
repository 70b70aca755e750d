"""SQL for the access log, and for the head under whose lock people are written about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from people.store.tables import access, people_head


def lock(connection: Connection) -> None:
    """Wait for those before us who write about people; this comes before the lock of any register."""
    connection.execute(select(people_head).with_for_update())


def add(connection: Connection, **values: Any) -> int:
    """Insert a decision with the next number, and return that; takes the lock where it is not held."""
    counted = update(people_head).values(accesses=people_head.c.accesses + 1).returning(people_head.c.accesses)
    number = int(connection.execute(counted).scalar_one())
    connection.execute(insert(access).values(number=number, **values))
    return number


def page(connection: Connection, before: int | None, limit: int, of: str | None) -> list[Row[Any]]:
    """Decisions below a number, the latest first: all, or those by an account or about it."""
    query = select(access)
    if before is not None:
        query = query.where(access.c.number < before)
    if of is not None:
        query = query.where(or_(access.c.actor == of, access.c.subject == of))
    return list(connection.execute(query.order_by(access.c.number.desc()).limit(limit)))
