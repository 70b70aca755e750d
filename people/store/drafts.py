"""SQL for what somebody had typed when they asked for a link."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from people.store.tables import draft


def add(connection: Connection, digest: bytes, path: str, content: str, expires: int) -> None:
    """Insert a draft of nobody."""
    connection.execute(insert(draft).values(digest=digest, path=path, content=content, expires=expires))


def give(connection: Connection, digest: bytes, account_id: str) -> None:
    """Say whose a draft is."""
    connection.execute(update(draft).where(draft.c.digest == digest).values(account=account_id))


def read(connection: Connection, digest: bytes, account_id: str, path: str, now: int) -> str | None:
    """What an account's draft for a page holds, unless it is over."""
    mine = (draft.c.digest == digest) & (draft.c.account == account_id) & (draft.c.path == path)
    found: str | None = connection.execute(select(draft.c.content).where(mine, draft.c.expires > now)).scalar()
    return found


def sweep(connection: Connection, now: int) -> None:
    """Delete what is over."""
    connection.execute(delete(draft).where(draft.c.expires <= now))
