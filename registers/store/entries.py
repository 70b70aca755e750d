"""SQL for entries and the items they brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, update

from registers.entry import REDACTED, Entry
from registers.redacted import holds_redacted
from registers.store.engine import HotPath
from registers.store.tables import blob_lookup, entry, item, item_lookup, record

SOME = 1000  # values in one statement, well below what either engine allows

WITH_ITEMS = entry.join(
    item,
    and_(
        item.c.register_id == entry.c.register_id,
        item.c.region == entry.c.region,
        item.c.number == entry.c.item,
    ),
)
_COLUMNS = (
    entry.c.number,
    entry.c.key,
    entry.c.timestamp,
    entry.c.item,
    entry.c.records,
    entry.c.chain,
    item.c.v1,
    item.c.v2,
    item.c.body,
)


def _stored(row: Sequence[Any]) -> Entry:
    number, key, timestamp, brought, count, chain, v1, v2, body = row
    return Entry(number, key, timestamp, brought, count, chain, {"v1": v1, "v2": v2}, body)


# Statements made once: making them anew costs more than running them.
_SELECT = (
    select(*_COLUMNS)
    .select_from(WITH_ITEMS)
    .where(entry.c.register_id == bindparam("register_id"), entry.c.region == bindparam("region"))
)
_BETWEEN = _SELECT.where(entry.c.number.between(bindparam("first"), bindparam("last"))).order_by(entry.c.number)
_NUMBERED = _SELECT.where(entry.c.number.in_(bindparam("numbers", expanding=True)))


def read(connection: Connection, register_id: int, region: int, first: int, last: int) -> list[Entry]:
    """Entries `first … last`, both included, in order; those that exist."""
    wanted = {"register_id": register_id, "region": region, "first": first, "last": last}
    return [_stored(row) for row in connection.execute(_BETWEEN, wanted).fetchall()]


def of_key(connection: Connection, hot: HotPath, place: tuple[int, int], key: str, size: int) -> Entry | None:
    """The entry that is the record of a key at a size; None when it has none."""
    row = hot.record(connection, place, key, size)
    return _stored(row) if row else None


def read_numbers(connection: Connection, register_id: int, region: int, numbers: list[int]) -> dict[int, Entry]:
    """The entries with these numbers, by number."""
    found: dict[int, Entry] = {}
    for start in range(0, len(numbers), SOME):
        wanted = {"register_id": register_id, "region": region, "numbers": numbers[start : start + SOME]}
        found.update((each.number, each) for each in map(_stored, connection.execute(_NUMBERED, wanted).fetchall()))
    return found


def redact(connection: Connection, register_id: int, number: int, body: str) -> None:
    """Put another body in the place of that of a user item, by the number of the entry that brought it."""
    its = (item.c.register_id == register_id) & (item.c.region == 0) & (item.c.number == number)
    connection.execute(update(item).where(its).values(body=body))


def redacted(connection: Connection, register_id: int, keys: Sequence[str], first: int, last: int) -> list[int]:
    """Those of the user entries `first … last` of these keys out of whose items values were taken, in order."""
    found: list[int] = []
    marked = item.c.body.contains(f'"{REDACTED}', autoescape=True)
    for start in range(0, len(keys), SOME):
        here = (record.c.register_id == register_id) & (record.c.region == 0)
        its = (entry.c.register_id == register_id) & (entry.c.region == 0) & (entry.c.number == record.c.since)
        query = select(entry.c.number, item.c.body).select_from(WITH_ITEMS.join(record, its))
        query = query.where(here, record.c.key.in_(keys[start : start + SOME]), record.c.since.between(first, last))
        found += [number for number, body in connection.execute(query.where(marked)) if holds_redacted(body)]
    return sorted(found)


def latest(connection: Connection, register_id: int, region: int, number: int) -> int:
    """The running maximum of timestamps at an entry that exists."""
    return int(
        connection.execute(
            select(entry.c.latest).where(
                entry.c.register_id == register_id, entry.c.region == region, entry.c.number == number
            )
        ).scalar_one()
    )


def items(connection: Connection, register_id: int, first: int, last: int, limit: int) -> list[Any]:
    """Items that user entries `first … last` brought, in order: rows with number, v1, v2, body."""
    query = (
        select(item.c.number, item.c.v1, item.c.v2, item.c.body)
        .where(item.c.register_id == register_id, item.c.region == 0, item.c.number.between(first, last))
        .order_by(item.c.number)
        .limit(limit)
    )
    return list(connection.execute(query))


def count_items(connection: Connection, register_id: int, first: int, last: int) -> int:
    """How many items user entries `first … last` brought."""
    query = select(func.count()).where(
        item.c.register_id == register_id, item.c.region == 0, item.c.number.between(first, last)
    )
    return int(connection.execute(query).scalar_one())


def find_item(connection: Connection, register_id: int, digest: bytes) -> Any | None:
    """The item with this v1 digest, a row with number, region, v1, v2, body; of the user region if it is in both."""
    prefix = int.from_bytes(digest[:8], "big", signed=True)
    query = (
        select(item.c.number, item.c.region, item.c.v1, item.c.v2, item.c.body)
        .select_from(
            item_lookup.join(
                item,
                and_(
                    item.c.register_id == item_lookup.c.register_id,
                    item.c.region == item_lookup.c.region,
                    item.c.number == item_lookup.c.number,
                ),
            )
        )
        .where(item_lookup.c.prefix == prefix, item_lookup.c.register_id == register_id, item.c.v1 == digest)
        .order_by(item.c.region, item.c.number)
        .limit(1)
    )
    return connection.execute(query).first()


def find_blob(connection: Connection, register_id: int, digest: bytes, reached: int) -> Any | None:
    """The user item with this v2 digest, a row with number, v1, v2, body; the look-up holds those up to `reached`."""
    columns = (item.c.number, item.c.v1, item.c.v2, item.c.body)
    ours = and_(item.c.register_id == register_id, item.c.region == 0, item.c.v2 == digest)
    looked_up = and_(blob_lookup.c.register_id == item.c.register_id, blob_lookup.c.number == item.c.number)
    prefix = int.from_bytes(digest[:8], "big", signed=True)
    known = select(*columns).select_from(blob_lookup.join(item, looked_up)).where(blob_lookup.c.prefix == prefix, ours)
    found = connection.execute(known.order_by(item.c.number).limit(1)).first()
    if found is None:
        newer = select(*columns).where(ours, item.c.number > reached).order_by(item.c.number).limit(1)
        found = connection.execute(newer).first()
    return found
