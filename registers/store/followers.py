"""SQL for followers: how far each has come with each register."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, text, update

from registers.store.tables import follower, register


def read(connection: Connection, name: str, register_id: int) -> tuple[int, str]:
    """How far a follower of a register has come, and its note; 0 and nothing when it has not begun."""
    query = select(follower.c.position, follower.c.note)
    row = connection.execute(query.where(follower.c.name == name, follower.c.register_id == register_id)).first()
    return (row.position, row.note) if row else (0, "")


def claim(connection: Connection, name: str, register_id: int) -> tuple[int, str]:
    """As `read`, after those before us who move this follower; it is then ours until the transaction ends."""
    begin = text(
        "INSERT INTO follower (name, register_id, position, note) VALUES (:name, :register_id, 0, '') "
        "ON CONFLICT (name, register_id) DO NOTHING"
    )
    connection.execute(begin, {"name": name, "register_id": register_id})
    query = select(follower.c.position, follower.c.note).with_for_update()
    row = connection.execute(query.where(follower.c.name == name, follower.c.register_id == register_id)).one()
    return row.position, row.note


def move(connection: Connection, name: str, register_id: int, position: int, note: str) -> None:
    """Say how far a follower that was claimed has come."""
    here = (follower.c.name == name) & (follower.c.register_id == register_id)
    connection.execute(update(follower).where(here).values(position=position, note=note))


def positions(connection: Connection) -> list[tuple[str, str, int]]:
    """The follower, the register and the position of each that has begun, sorted."""
    query = select(follower.c.name, register.c.name, follower.c.position)
    found = connection.execute(query.join(register, register.c.id == follower.c.register_id))
    return sorted((name, of, position) for name, of, position in found)


def forget(connection: Connection, register_id: int) -> None:
    """Delete all followers' rows of a register."""
    connection.execute(delete(follower).where(follower.c.register_id == register_id))
