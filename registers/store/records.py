"""SQL for records: which entry each key has, and had. Pages go by entry number, latest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select, update

from registers.store.entries import SOME
from registers.store.tables import entry, item, record


def close(connection: Connection, register_id: int, region: int, closed: list[tuple[str, int, int]]) -> None:
    """End records: for each `(key, since, until)`, the entry `since` stopped being current at entry `until`."""
    if closed:
        ended = update(record).where(
            record.c.register_id == register_id,
            record.c.region == region,
            record.c.key == bindparam("of_key"),
            record.c.since == bindparam("from_entry"),
        )
        rows = [{"of_key": key, "from_entry": since, "until": until} for key, since, until in closed]
        connection.execute(ended.values(until=bindparam("until")), rows)


def _in_force(register_id: int, region: int, size: int, is_head: bool) -> Select[Any]:
    """The entry numbers of the records at a size, from the narrow table alone."""
    query = select(record.c.since).where(record.c.register_id == register_id, record.c.region == region)
    if is_head:
        return query.where(record.c.until.is_(None))
    return query.where(record.c.since <= size, or_(record.c.until.is_(None), record.c.until > size))


def page(
    connection: Connection, place: tuple[int, int], size: int, is_head: bool, window: tuple[int, int]
) -> list[int]:
    """Entry numbers of the records at `size`, latest first: `limit` of them after `offset`."""
    offset, limit = window
    query = _in_force(*place, size, is_head).order_by(record.c.since.desc())
    return list(connection.execute(query.offset(offset).limit(limit)).scalars())


def before(
    connection: Connection, place: tuple[int, int], size: int, is_head: bool, below: int, limit: int
) -> list[int]:
    """Entry numbers of the records at `size` that are below an entry number, latest first."""
    query = _in_force(*place, size, is_head).where(record.c.since < below).order_by(record.c.since.desc())
    return list(connection.execute(query.limit(limit)).scalars())


def number_of(connection: Connection, place: tuple[int, int], key: str, size: int) -> int | None:
    """The entry number of a key's record at a size; None when it has none."""
    register_id, region = place
    query = select(func.max(record.c.since)).where(
        record.c.register_id == register_id,
        record.c.region == region,
        record.c.key == key,
        record.c.since <= size,
    )
    number: int | None = connection.execute(query).scalar_one()
    return number


def trail(connection: Connection, place: tuple[int, int], key: str, size: int) -> list[int]:
    """The numbers of all entries of a key up to a size, oldest first."""
    register_id, region = place
    query = select(record.c.since).where(
        record.c.register_id == register_id,
        record.c.region == region,
        record.c.key == key,
        record.c.since <= size,
    )
    return list(connection.execute(query.order_by(record.c.since)).scalars())


def bodies(connection: Connection, register_id: int, keys: list[str]) -> dict[str, str]:
    """The current items, as canonical JSON, of those of the keys that have a record."""
    joined = record.join(
        entry,
        and_(
            entry.c.register_id == record.c.register_id,
            entry.c.region == record.c.region,
            entry.c.number == record.c.since,
        ),
    ).join(
        item,
        and_(
            item.c.register_id == entry.c.register_id,
            item.c.region == entry.c.region,
            item.c.number == entry.c.item,
        ),
    )
    found: dict[str, str] = {}
    for start in range(0, len(keys), SOME):
        query = select(record.c.key, item.c.body).select_from(joined)
        query = query.where(record.c.register_id == register_id, record.c.region == 0, record.c.until.is_(None))
        rows = connection.execute(query.where(record.c.key.in_(keys[start : start + SOME])))
        found.update((key, body) for key, body in rows)
    return found
