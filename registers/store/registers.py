"""SQL for registers, their heads and their revisions."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from registers.errors import Moved
from registers.register import Head, Register, Revision
from registers.store.engine import HotPath
from registers.store.tables import entry, head, item, item_lookup, record, register, revision, tile


def add(connection: Connection, **values: Any) -> int:
    """Insert a register and return its id."""
    return int(connection.execute(insert(register).values(**values).returning(register.c.id)).scalar_one())


def change(connection: Connection, register_id: int, **values: Any) -> None:
    """Change what may change about a register: key field, status, whether it is loading."""
    connection.execute(update(register).where(register.c.id == register_id).values(**values))


def find(connection: Connection, name: str) -> Register | None:
    """The visible register of that name."""
    row = connection.execute(select(register).where(register.c.name == name, ~register.c.loading)).first()
    return Register(*row) if row else None


def get(connection: Connection, register_id: int) -> Register | None:
    """The register with that id, visible or not."""
    row = connection.execute(select(register).where(register.c.id == register_id)).first()
    return Register(*row) if row else None


def find_all(connection: Connection, loading: bool = False) -> list[Register]:
    """All registers, by name: the visible ones, or those that a load has not finished."""
    query = select(register).where(register.c.loading == loading).order_by(register.c.name, register.c.id)
    return [Register(*row) for row in connection.execute(query)]


def remove(connection: Connection, hot: HotPath, register_id: int) -> None:
    """Delete a draft and all it holds, once nobody appends to it; the database refuses any other register."""
    hot.lock_head(connection, register_id)
    for table in (tile, item_lookup, record, item, entry, revision, head):
        connection.execute(delete(table).where(table.c.register_id == register_id))
    connection.execute(delete(register).where(register.c.id == register_id))


def add_head(connection: Connection, new: Head) -> None:
    """Insert the head of a new register."""
    connection.execute(insert(head).values(astuple(new)))


def read_head(connection: Connection, register_id: int) -> Head | None:
    """Where a register's log stands."""
    row = connection.execute(select(head).where(head.c.register_id == register_id)).first()
    return Head(*row) if row else None


def swap_head(connection: Connection, old: Head, new: Head) -> None:
    """Replace the head by compare-and-swap. Raises Moved when it is no longer `old`."""
    values = {field.name: getattr(new, field.name) for field in fields(new)}
    unchanged = (head.c.register_id == old.register_id) & (head.c.revision == old.revision)
    same_edges = (head.c.v1_edge == old.v1_edge) & (head.c.metadata_edge == old.metadata_edge)
    if connection.execute(update(head).where(unchanged & same_edges).values(values)).rowcount != 1:
        raise Moved("the register has moved on while this was being written; try again")


def add_revision(connection: Connection, hot: HotPath, made: Revision) -> None:
    """Insert a revision."""
    hot.insert_rows(connection, revision, [astuple(made)])


def revisions(connection: Connection, register_id: int, after: int = 0, limit: int = 1000) -> list[Revision]:
    """Revisions after a number, in order."""
    query = (
        select(revision)
        .where(revision.c.register_id == register_id, revision.c.number > after)
        .order_by(revision.c.number)
        .limit(limit)
    )
    return [Revision(*row) for row in connection.execute(query)]


def count_metadata_keys(connection: Connection, register_id: int, size: int) -> int:
    """The running number of metadata keys at a size: what the last of those entries says."""
    if not size:
        return 0
    last = select(entry.c.records).where(
        entry.c.register_id == register_id, entry.c.region == 1, entry.c.number == size
    )
    return int(connection.execute(last).scalar_one())


def size_with_root(connection: Connection, register_id: int, v1_root: bytes) -> int | None:
    """The number of entries at the revision that had this v1 root; None when none had."""
    query = select(func.max(revision.c.entries)).where(
        revision.c.register_id == register_id, revision.c.v1_root == v1_root
    )
    size: int | None = connection.execute(query).scalar_one()
    return size
