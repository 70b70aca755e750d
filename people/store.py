"""SQL for API keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Row, Select, Table, Text, insert, select, update

from registers.store.tables import metadata

# An API key. The key itself is shown once and never kept: `digest` is its SHA-256. `actor` is the opaque id that
# revisions carry, `maker` that of whoever made the key. `scopes` and `registers` are words parted by spaces; no
# registers means all of them.
api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("registers", Text, nullable=False),
    Column("maker", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)
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
