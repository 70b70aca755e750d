"""SQL for sessions, for links that were used, and for attempts to sign in that failed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from people.store.tables import failure, session, used_link


def add(connection: Connection, digest: bytes, **values: Any) -> None:
    """Insert a session that begins (`account`, `way`, `created`, `used`, `expires`)."""
    connection.execute(insert(session).values(digest=digest, **values))


def get(connection: Connection, digest: bytes) -> Row[Any] | None:
    """The session with that digest."""
    return connection.execute(select(session).where(session.c.digest == digest)).first()


def touch(connection: Connection, digest: bytes, moment: int) -> None:
    """Say that a session was seen."""
    connection.execute(update(session).where(session.c.digest == digest).values(used=moment))


def remove(connection: Connection, digest: bytes) -> None:
    """End a session."""
    connection.execute(delete(session).where(session.c.digest == digest))


def remove_of(connection: Connection, account_id: str, but: bytes | None = None) -> None:
    """End the sessions of an account, all or all but one."""
    mine = session.c.account == account_id
    connection.execute(delete(session).where(mine if but is None else mine & (session.c.digest != but)))


def use_link(connection: Connection, digest: bytes, expires: int) -> bool:
    """Say that a link is used; False when it was before. The head is locked."""
    if connection.execute(select(used_link.c.digest).where(used_link.c.digest == digest)).first():
        return False
    connection.execute(insert(used_link).values(digest=digest, expires=expires))
    return True


def get_failure(connection: Connection, subject: bytes) -> Row[Any] | None:
    """The attempts that failed of an e-mail or an address."""
    return connection.execute(select(failure).where(failure.c.subject == subject)).first()


def write_failure(connection: Connection, subject: bytes, failures: int, last: int, until: int) -> None:
    """Keep how many attempts failed; no row where none did. The head is locked."""
    connection.execute(delete(failure).where(failure.c.subject == subject))
    if failures:
        connection.execute(insert(failure).values(subject=subject, failures=failures, last=last, until=until))


def sweep(connection: Connection, now: int, failures_before: int) -> None:
    """Delete what is over: sessions, used links, and failures whose last was before a moment."""
    connection.execute(delete(session).where(session.c.expires <= now))
    connection.execute(delete(used_link).where(used_link.c.expires <= now))
    connection.execute(delete(failure).where(failure.c.last < failures_before))
