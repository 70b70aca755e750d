"""SQL for registers, their heads and their revisions."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, tuple_, update

from registers.errors import Moved
from registers.register import Head, Register, Revision
from registers.store import followers, questions
from registers.store.engine import FullText, HotPath
from registers.store.tables import entry, former_name, head, item, item_lookup, record, register, revision, tile

# Statements made once: making them anew costs more than running them.
_STANDING = (
    select(register, head, revision.c.time)
    .select_from(
        register.join(head, head.c.register_id == register.c.id).outerjoin(
            revision, and_(revision.c.register_id == head.c.register_id, revision.c.number == head.c.revision)
        )
    )
    .where(register.c.name == bindparam("name"), ~register.c.loading)
)
_WIDTH = len(register.c)
_THIS = register.c.id == bindparam("register_id")
_HOLD = select(register.c.id).where(_THIS).with_for_update(read=True, key_share=True)
_HEAD = select(head).where(head.c.register_id == bindparam("register_id"))


def add(connection: Connection, **values: Any) -> int:
    """Insert a register and return its id."""
    return int(connection.execute(insert(register).values(**values).returning(register.c.id)).scalar_one())


def change(connection: Connection, register_id: int, **values: Any) -> None:
    """Change what may change about a register: key field, name, status, successor, whether it is loading."""
    connection.execute(update(register).where(register.c.id == register_id).values(**values))


def find(connection: Connection, name: str) -> Register | None:
    """The visible register of that name."""
    row = connection.execute(select(register).where(register.c.name == name, ~register.c.loading)).first()
    return Register(*row) if row else None


def find_renamed(connection: Connection, name: str) -> Register | None:
    """The register that had this name before, and has another now."""
    query = select(register).join(former_name, former_name.c.register_id == register.c.id)
    row = connection.execute(query.where(former_name.c.name == name)).first()
    return Register(*row) if row else None


def find_by_any_name(connection: Connection, name: str) -> Register | None:
    """The visible register of that name, or else the one that had it before."""
    return find(connection, name) or find_renamed(connection, name)


def former_names(connection: Connection, register_id: int) -> list[str]:
    """The names that a register had before, sorted."""
    query = select(former_name.c.name).where(former_name.c.register_id == register_id).order_by(former_name.c.name)
    return list(connection.execute(query).scalars())


def move_name(connection: Connection, register_id: int, old: str | None, new: str) -> None:
    """Give a register a new name, which may be a former one of its own, and keep the old one, if any, as former."""
    connection.execute(delete(former_name).where(former_name.c.name == new, former_name.c.register_id == register_id))
    if old is not None:
        connection.execute(insert(former_name).values(name=old, register_id=register_id))
    change(connection, register_id, name=new)


def is_retired(connection: Connection, register_id: int) -> bool:
    """Whether the register takes no entries any more."""
    return connection.execute(select(register.c.status).where(register.c.id == register_id)).scalar() == "retired"


def standing(connection: Connection, name: str) -> tuple[Register, Head, int] | None:
    """The visible register of that name, its head, and when its last revision was made (UTC seconds)."""
    row = connection.execute(_STANDING, {"name": name}).first()
    if row is None:
        return None
    found, (*where, made) = Register(*row[:_WIDTH]), row[_WIDTH:]
    return found, Head(*where), found.created if made is None else made


def get(connection: Connection, register_id: int) -> Register | None:
    """The register with that id, visible or not."""
    row = connection.execute(select(register).where(register.c.id == register_id)).first()
    return Register(*row) if row else None


def hold(connection: Connection, register_id: int) -> bool:
    """Keep a register from being removed until the transaction ends; false when it is gone already."""
    return connection.execute(_HOLD, {"register_id": register_id}).first() is not None


def find_all(connection: Connection, loading: bool = False) -> list[Register]:
    """All registers, by name: the visible ones, or those that a load has not finished."""
    query = select(register).where(register.c.loading == loading).order_by(register.c.name, register.c.id)
    return [Register(*row) for row in connection.execute(query)]


def find_published(connection: Connection) -> list[Register]:
    """The registers that everybody may read, by name."""
    return [found for found in find_all(connection) if found.status == "published"]


def sizes(connection: Connection) -> list[tuple[str, int]]:
    """How many entries each published register has, by name."""
    joined = register.join(head, head.c.register_id == register.c.id)
    query = select(register.c.name, head.c.entries).select_from(joined)
    found = connection.execute(query.where(register.c.status == "published", ~register.c.loading))
    return sorted((name, size) for name, size in found)


def remove(connection: Connection, hot: HotPath, full_text: FullText, register_id: int) -> None:
    """Delete a draft and all it holds, once nobody appends to it or holds it; the database refuses any other."""
    hot.lock_head(connection, register_id)
    connection.execute(select(register.c.id).where(register.c.id == register_id).with_for_update())
    followers.forget(connection, register_id)
    questions.forget(connection, full_text, register_id)
    connection.execute(delete(former_name).where(former_name.c.register_id == register_id))
    for table in (tile, item_lookup, record, item, entry, revision, head):
        connection.execute(delete(table).where(table.c.register_id == register_id))
    connection.execute(delete(register).where(register.c.id == register_id))


def add_head(connection: Connection, new: Head) -> None:
    """Insert the head of a new register."""
    connection.execute(insert(head).values(astuple(new)))


def read_head(connection: Connection, register_id: int) -> Head | None:
    """Where a register's log stands."""
    row = connection.execute(_HEAD, {"register_id": register_id}).first()
    return Head(*row) if row else None


def standings(connection: Connection) -> list[tuple[Register, int]]:
    """All visible registers with the number of their last revision, by name."""
    query = select(register, head.c.revision).join(head, head.c.register_id == register.c.id).where(~register.c.loading)
    rows = connection.execute(query.order_by(register.c.name, register.c.id))
    return [(Register(*row[:-1]), row[-1]) for row in rows]


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


def revisions_before(connection: Connection, register_id: int, number: int, limit: int) -> list[Revision]:
    """Revisions below a number, the latest first."""
    query = select(revision).where(revision.c.register_id == register_id, revision.c.number < number)
    return [Revision(*row) for row in connection.execute(query.order_by(revision.c.number.desc()).limit(limit))]


def published_revisions(
    connection: Connection, before: tuple[int, int, int] | None, limit: int
) -> list[tuple[Register, Revision, Revision | None]]:
    """Revisions of published registers, each with the one before it, the latest first.

    Those before (time, register's id, number), if given.
    """
    place = (revision.c.time, revision.c.register_id, revision.c.number)
    previous = revision.alias()
    precedes = (previous.c.register_id == revision.c.register_id) & (previous.c.number == revision.c.number - 1)
    joined = revision.join(register, register.c.id == revision.c.register_id).outerjoin(previous, precedes)
    query = select(register, revision, previous).select_from(joined)
    query = query.where(register.c.status == "published", ~register.c.loading)
    if before is not None:
        query = query.where(tuple_(*place) < before)
    rows = connection.execute(query.order_by(*(column.desc() for column in place)).limit(limit))
    return [_with_previous(tuple(row)) for row in rows]


def _with_previous(row: tuple[Any, ...]) -> tuple[Register, Revision, Revision | None]:
    of, made = len(register.c), len(register.c) + len(revision.c)
    return Register(*row[:of]), Revision(*row[of:made]), Revision(*row[made:]) if row[made] is not None else None


def count_metadata_keys(connection: Connection, register_id: int, size: int) -> int:
    """The running number of metadata keys at a size: what the last of those entries says."""
    if not size:
        return 0
    last = select(entry.c.records).where(
        entry.c.register_id == register_id, entry.c.region == 1, entry.c.number == size
    )
    return int(connection.execute(last).scalar_one())


def size_with_root(connection: Connection, register_id: int, root: bytes, version: str = "v1") -> int | None:
    """The number of entries at the revision that had this root of a version; None when none had."""
    had = revision.c[f"{version}_root"] == root
    query = select(func.max(revision.c.entries)).where(revision.c.register_id == register_id, had)
    size: int | None = connection.execute(query).scalar_one()
    return size
