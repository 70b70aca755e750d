"""SQL for who may not suggest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select

from people.store.tables import bar
from registers.store.tables import register


def add(connection: Connection, **values: Any) -> None:
    """Insert a bar (`account`, `register_id`, `since`, `barred_by`)."""
    connection.execute(insert(bar).values(**values))


def remove(connection: Connection, account_id: str, register_id: int | None) -> bool:
    """Take a bar away; False when it was not there."""
    return bool(connection.execute(delete(bar).where(bar.c.account == account_id, _just(register_id))).rowcount)


def has(connection: Connection, account_id: str, register_id: int | None) -> bool:
    """Whether an account is barred from just this register, or, for None, from all."""
    mine = bar.c.account == account_id
    return connection.execute(select(bar.c.id).where(mine, _just(register_id))).first() is not None


def holds(connection: Connection, account_id: str, register_id: int | None) -> bool:
    """Whether an account is barred from a register, by a bar on it or on all; on all alone, for None."""
    mine = bar.c.account == account_id
    return connection.execute(select(bar.c.id).where(mine, _on(register_id))).first() is not None


def of_account(connection: Connection, account_id: str) -> list[Row[Any]]:
    """What an account is barred from."""
    query = _select().where(bar.c.account == account_id)
    return list(connection.execute(query.order_by(register.c.name, bar.c.id)))


def on_register(connection: Connection, register_id: int) -> list[Row[Any]]:
    """Who is barred from a register, by a bar on it or on all, the latest first."""
    query = _select().where(_on(register_id))
    return list(connection.execute(query.order_by(bar.c.since.desc(), bar.c.id.desc())))


def _just(register_id: int | None) -> ColumnElement[bool]:
    return bar.c.register_id.is_(None) if register_id is None else bar.c.register_id == register_id


def _on(register_id: int | None) -> ColumnElement[bool]:
    everywhere: ColumnElement[bool] = bar.c.register_id.is_(None)
    return everywhere if register_id is None else or_(everywhere, bar.c.register_id == register_id)


def _select() -> Any:
    columns = (bar.c.account, register.c.name.label("register"), bar.c.since, bar.c.barred_by)
    return select(*columns).select_from(bar.outerjoin(register, register.c.id == bar.c.register_id))
