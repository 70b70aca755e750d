"""SQL for leases."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, text

from registers.store.tables import lease

_TAKE = text(
    "INSERT INTO lease (name, holder, expires) VALUES (:name, :holder, :expires) "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires "
    "WHERE lease.holder = excluded.holder OR lease.expires <= :now"
)


def take(connection: Connection, name: str, holder: str, now: int, expires: int) -> bool:
    """Write that `holder` has the lease until it expires, unless another has it now; whether that was done."""
    values = {"name": name, "holder": holder, "now": now, "expires": expires}
    return connection.execute(_TAKE, values).rowcount == 1


def release(connection: Connection, name: str, holder: str) -> None:
    """Delete the lease if it is this holder's."""
    connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))


def holder(connection: Connection, name: str, now: int) -> str | None:
    """Who has the lease."""
    query = select(lease.c.holder).where(lease.c.name == name, lease.c.expires > now)
    found: str | None = connection.execute(query).scalar()
    return found
