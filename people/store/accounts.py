"""SQL for accounts, and for who stands behind them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from people.store.tables import account, draft, identity, password, person, role, session


def add(connection: Connection, account_id: str, created: int, **values: Any) -> None:
    """Insert an account, and who it is (`name`, `email`, `folded`, `confirmed`)."""
    connection.execute(insert(account).values(id=account_id, created=created))
    connection.execute(insert(person).values(account=account_id, **values))


def get(connection: Connection, account_id: str) -> Row[Any] | None:
    """The account with that id, forgotten or not."""
    return connection.execute(_select().where(account.c.id == account_id)).first()


def find_email(connection: Connection, folded: str) -> Row[Any] | None:
    """The account with that e-mail."""
    return connection.execute(_select().where(person.c.folded == folded)).first()


def find_identity(connection: Connection, issuer: str, subject: str) -> Row[Any] | None:
    """The account that is this subject to this provider."""
    mine = (identity.c.issuer == issuer) & (identity.c.subject == subject)
    return connection.execute(_select().join(identity, identity.c.account == account.c.id).where(mine)).first()


def page(connection: Connection, after: str, limit: int) -> list[Row[Any]]:
    """Accounts beyond an id, in the order of their ids, those left out that are forgotten."""
    query = _select().where(account.c.forgotten.is_(None), account.c.id > after)
    return list(connection.execute(query.order_by(account.c.id).limit(limit)))


def confirm(connection: Connection, account_id: str, moment: int) -> None:
    """Say that an account's e-mail reaches its person; the moment that was said first stays."""
    mine = (person.c.account == account_id) & person.c.confirmed.is_(None)
    connection.execute(update(person).where(mine).values(confirmed=moment))


def add_identity(connection: Connection, issuer: str, subject: str, account_id: str) -> None:
    """Say who an account is to a provider."""
    connection.execute(insert(identity).values(issuer=issuer, subject=subject, account=account_id))


def forget(connection: Connection, account_id: str, moment: int) -> None:
    """Delete all that says who an account is, or lets somebody act as it; its id stays."""
    for table in (session, identity, password, role, draft, person):
        connection.execute(delete(table).where(table.c.account == account_id))
    connection.execute(update(account).where(account.c.id == account_id).values(forgotten=moment))


def read_password(connection: Connection, account_id: str) -> str | None:
    """The hash of an account's password."""
    found: str | None = connection.execute(select(password.c.hash).where(password.c.account == account_id)).scalar()
    return found


def write_password(connection: Connection, account_id: str, hashed: str, moment: int) -> None:
    """Keep the hash of a new password."""
    connection.execute(delete(password).where(password.c.account == account_id))
    connection.execute(insert(password).values(account=account_id, hash=hashed, changed=moment))


def _select() -> Select[Any]:
    who = (person.c.name, person.c.email, person.c.confirmed)
    has_password = password.c.account.is_not(None).label("has_password")
    joined = account.outerjoin(person, person.c.account == account.c.id)
    joined = joined.outerjoin(password, password.c.account == account.c.id)
    return select(account.c.id, account.c.created, account.c.forgotten, *who, has_password).select_from(joined)
