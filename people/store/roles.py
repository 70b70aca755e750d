"""SQL for the roles that accounts have on registers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select

from people.store.tables import role
from registers.store.tables import register


def of_account(connection: Connection, account_id: str) -> list[Row[Any]]:
    """What an account may do: the name of each role and its register's name, or None for all registers."""
    query = _select().where(role.c.account == account_id)
    return list(connection.execute(query.order_by(register.c.name, role.c.name)))


def on_register(connection: Connection, register_id: int | None) -> list[Row[Any]]:
    """Who may do what on a register, those with a role on all registers among them; on all alone, for None."""
    mine: ColumnElement[bool] = role.c.register_id.is_(None)
    if register_id is not None:
        mine = or_(mine, role.c.register_id == register_id)
    return list(connection.execute(_select().where(mine).order_by(role.c.name, role.c.account)))


def find_all(connection: Connection) -> list[Row[Any]]:
    """All roles that are given."""
    return list(connection.execute(_select().order_by(role.c.account, register.c.name, role.c.name)))


def held(connection: Connection, account_id: str, register_id: int | None) -> set[str]:
    """The names of the roles that an account has on a register: those on it, and those on all."""
    mine: ColumnElement[bool] = role.c.register_id.is_(None)
    if register_id is not None:
        mine = or_(mine, role.c.register_id == register_id)
    return set(connection.execute(select(role.c.name).where(role.c.account == account_id, mine)).scalars())


def add(connection: Connection, **values: Any) -> None:
    """Give a role (`account`, `name`, `register_id`, `granted`, `granted_by`)."""
    connection.execute(insert(role).values(**values))


def has(connection: Connection, account_id: str, name: str, register_id: int | None) -> bool:
    """Whether an account has just this role just there."""
    return connection.execute(select(role.c.id).where(_this(account_id, name, register_id))).first() is not None


def remove(connection: Connection, account_id: str, name: str, register_id: int | None) -> bool:
    """Take a role away; False when it was not there."""
    return bool(connection.execute(delete(role).where(_this(account_id, name, register_id))).rowcount)


def _this(account_id: str, name: str, register_id: int | None) -> ColumnElement[bool]:
    here = role.c.register_id.is_(None) if register_id is None else role.c.register_id == register_id
    return (role.c.account == account_id) & (role.c.name == name) & here


def _select() -> Any:
    columns = (role.c.account, role.c.name, register.c.name.label("register"), role.c.granted, role.c.granted_by)
    return select(*columns).select_from(role.outerjoin(register, register.c.id == role.c.register_id))
