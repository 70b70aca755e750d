"""SQL for API keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from people.store.tables import api_key

# What is read of a key: all but its digest.
_SHOWN = [column for column in api_key.c if column.name != "digest"]


def add(connection: Connection, digest: bytes, **values: Any) -> None:
    """Insert a key."""
    connection.execute(insert(api_key).values(digest=digest, **values))


def find(connection: Connection, digest: bytes) -> Row[Any] | None:
    """The key with that digest."""
    return connection.execute(_select().where(api_key.c.digest == digest)).first()


def get(connection: Connection, key_id: str) -> Row[Any] | None:
    """The key with that id."""
    return connection.execute(_select().where(api_key.c.id == key_id)).first()


def find_all(connection: Connection) -> list[Row[Any]]:
    """All keys, revoked and expired ones too, the latest made first."""
    return list(connection.execute(_select().order_by(api_key.c.created.desc(), api_key.c.id)))


def revoke(connection: Connection, key_id: str, moment: int) -> None:
    """Say that a key is good no more; the moment that was said first stays."""
    mine = (api_key.c.id == key_id) & api_key.c.revoked.is_(None)
    connection.execute(update(api_key).where(mine).values(revoked=moment))


def _select() -> Select[Any]:
    return select(*_SHOWN)
