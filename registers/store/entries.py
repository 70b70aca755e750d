"""SQL for entries and the items they brought."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from registers.entry import Entry
from registers.store.tables import entry, item, item_lookup

SOME = 1000  # values in one statement, well below what either engine allows

_JOINED = entry.join(
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


def _stored(row: Row[Any]) -> Entry:
    number, key, timestamp, brought, count, chain, v1, v2, body = tuple(row)
    return Entry(number, key, timestamp, brought, count, chain, {"v1": v1, "v2": v2}, body)


def _select(register_id: int, region: int) -> Select[Any]:
    return select(*_COLUMNS).select_from(_JOINED).where(entry.c.register_id == register_id, entry.c.region == region)


def read(connection: Connection, register_id: int, region: int, first: int, last: int) -> list[Entry]:
    """Entries `first … last`, both included, in order; those that exist."""
    query = _select(register_id, region).where(entry.c.number.between(first, last)).order_by(entry.c.number)
    return [_stored(row) for row in connection.execute(query)]


def read_numbers(connection: Connection, register_id: int, region: int, numbers: list[int]) -> dict[int, Entry]:
    """The entries with these numbers, by number."""
    found: dict[int, Entry] = {}
    for start in range(0, len(numbers), SOME):
        query = _select(register_id, region).where(entry.c.number.in_(numbers[start : start + SOME]))
        found.update((each.number, each) for each in map(_stored, connection.execute(query)))
    return found


def latest(connection: Connection, register_id: int, region: int, number: int) -> int:
    """The running maximum of timestamps at an entry that exists."""
    return int(
        connection.execute(
            select(entry.c.latest).where(
                entry.c.register_id == register_id, entry.c.region == region, entry.c.number == number
            )
        ).scalar_one()
    )


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
