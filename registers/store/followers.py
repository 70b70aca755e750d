"""SQL for followers: how far each has come with each register, and which of them fail."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, text, update

from registers.store.tables import follower, follower_failure, register

# Made once: a small append is followed at once, and making them each time would take as long as running them.
_HERE = (follower.c.name == bindparam("of_name")) & (follower.c.register_id == bindparam("of_register"))
_READ = select(follower.c.position, follower.c.note).where(_HERE)
_CLAIM = _READ.with_for_update()
_MOVE = update(follower).where(_HERE).values(position=bindparam("to"), note=bindparam("saying"))
_FAIL = text(
    "INSERT INTO follower_failure (name, register_id, since, said) VALUES (:of_name, :of_register, :now, :said) "
    "ON CONFLICT (name, register_id) DO UPDATE SET said = excluded.said"
)
_BEGIN = text(
    "INSERT INTO follower (name, register_id, position, note) VALUES (:of_name, :of_register, 0, '') "
    "ON CONFLICT (name, register_id) DO NOTHING"
)


def read(connection: Connection, name: str, register_id: int) -> tuple[int, str]:
    """How far a follower of a register has come, and its note; 0 and nothing when it has not begun."""
    row = connection.execute(_READ, {"of_name": name, "of_register": register_id}).first()
    return (row.position, row.note) if row else (0, "")


def claim(connection: Connection, name: str, register_id: int) -> tuple[int, str]:
    """As `read`, after those before us who move this follower; it is then ours until the transaction ends."""
    here = {"of_name": name, "of_register": register_id}
    connection.execute(_BEGIN, here)
    row = connection.execute(_CLAIM, here).one()
    return row.position, row.note


def move(connection: Connection, name: str, register_id: int, position: int, note: str) -> None:
    """Say how far a follower that was claimed has come."""
    here = {"of_name": name, "of_register": register_id}
    connection.execute(_MOVE, here | {"to": position, "saying": note})


def positions(connection: Connection) -> list[tuple[str, str, int]]:
    """The follower, the register and the position of each that has begun, sorted."""
    query = select(follower.c.name, register.c.name, follower.c.position)
    found = connection.execute(query.join(register, register.c.id == follower.c.register_id))
    return sorted((name, of, position) for name, of, position in found)


class Failure(NamedTuple):
    """A follower that cannot follow a register: since when, UTC seconds, and why, as it was said the last time."""

    follower: str
    register: str
    since: int
    said: str


def fail(connection: Connection, failure: Failure, register_id: int) -> None:
    """Write down that a follower fails; it does so since the first time that was not followed by a success."""
    named = {"of_name": failure.follower, "of_register": register_id}
    connection.execute(_FAIL, named | {"now": failure.since, "said": failure.said})


def recover(connection: Connection, name: str, register_id: int) -> None:
    """Write down that a follower of a register fails no more."""
    of = (follower_failure.c.name == name) & (follower_failure.c.register_id == register_id)
    connection.execute(delete(follower_failure).where(of))


def failures(connection: Connection) -> list[Failure]:
    """The followers that fail now, sorted."""
    query = select(follower_failure.c.name, register.c.name, follower_failure.c.since, follower_failure.c.said)
    found = connection.execute(query.join(register, register.c.id == follower_failure.c.register_id))
    return sorted(Failure(*row) for row in found)


def forget(connection: Connection, register_id: int) -> None:
    """Delete all followers' rows of a register."""
    for table in (follower, follower_failure):
        connection.execute(delete(table).where(table.c.register_id == register_id))
