"""SQL for records: which entry each key has, and had. Pages go by entry number, latest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)

from registers.store.entries import SOME
from registers.store.tables import entry, item, record

_BETWEEN_BODIES = ",\n"  # canonical JSON has no line end in it, so what is joined can be taken apart again


class Joined(NamedTuple):
    """Records as tables want them: their entries' numbers, their keys, and their items' canonical JSON, joined.

    One long text is fetched in half the time of a thousand short ones, and is decoded as it is.
    """

    numbers: list[int]
    keys: list[str]
    bodies: str

    @property
    def array(self) -> str:
        """The items as a JSON array."""
        return f"[{self.bodies}]"

    def each(self) -> Iterator[tuple[int, str, str]]:
        """The number, key and body of each record."""
        return zip(self.numbers, self.keys, self.bodies.split(_BETWEEN_BODIES), strict=True)

    def latest_first(self) -> Joined:
        """The same in order. As a rule they come in it, but no engine promises that."""
        if self.numbers == sorted(self.numbers, reverse=True):
            return self
        numbers, keys, bodies = zip(*sorted(self.each(), reverse=True), strict=True)
        return Joined([*numbers], [*keys], _BETWEEN_BODIES.join(bodies))


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


def _in_force(*columns: ColumnElement[Any]) -> dict[bool, Select[Any]]:
    """Of the records at the head (true) or at a size, latest first, what the narrow table alone has."""
    here = (record.c.register_id == bindparam("register_id")) & (record.c.region == bindparam("region"))
    query = select(*columns).where(here).order_by(record.c.since.desc()).limit(bindparam("limit"))
    held = or_(record.c.until.is_(None), record.c.until > bindparam("size"))
    return {True: query.where(record.c.until.is_(None)), False: query.where(record.c.since <= bindparam("size"), held)}


# Statements made once: making them anew costs more than running them.
_PAGES = {is_head: query.offset(bindparam("offset")) for is_head, query in _in_force(record.c.since).items()}
_BELOW = record.c.since < bindparam("below")
_BEFORE = {is_head: query.where(_BELOW) for is_head, query in _in_force(record.c.since).items()}


_WITH_ITEMS = record.join(
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
_KEYED = (
    select(record.c.key, item.c.body)
    .select_from(_WITH_ITEMS)
    .where(record.c.register_id == bindparam("register_id"), record.c.region == bindparam("region"))
    .where(record.c.key >= bindparam("low"), record.c.key < bindparam("high"))
    .order_by(record.c.key)
)


def _here(table: FromClause) -> ColumnElement[bool]:
    return (table.c.register_id == bindparam("register_id")) & (table.c.region == bindparam("region"))


def _joined(column: ColumnElement[Any], separator: str = ",") -> ColumnElement[str]:
    """All of a column as one text. No key has a comma in it."""
    return func.aggregate_strings(column, separator)


def _keyed(page: Select[Any]) -> Select[str, str]:
    """The numbers and keys of a page, joined."""
    found = page.subquery()
    return select(_joined(cast(found.c.since, Text)), _joined(found.c.key))


def _bodied(page: Select[Any], dialect: str) -> Select[str, str, str]:
    """The records of a page, joined, in any order.

    Most items were brought by the very entry, and have its number, so the entry is looked up for the others alone.
    """
    found, own = page.subquery(), item.alias()
    earlier = select(item.c.body).where(_here(entry), _here(item))
    earlier = earlier.where(entry.c.number == found.c.since, item.c.number == entry.c.item)
    its_own = _here(own) & (own.c.number == found.c.since)
    if dialect == "postgresql":  # it would hash what is joined: read all items to find these few
        own_body: ColumnElement[str] = select(own.c.body).where(its_own).scalar_subquery()
        query = select(found.c.since, found.c.key)
    else:
        own_body = own.c.body
        query = select(found.c.since, found.c.key).select_from(found.outerjoin(own, its_own))
    each = query.add_columns(func.coalesce(own_body, earlier.scalar_subquery()).label("body")).subquery()
    joined = _joined(cast(each.c.since, Text)), _joined(each.c.key), _joined(each.c.body, _BETWEEN_BODIES)
    return select(*joined).where(each.c.body.is_not(None))


def _brought() -> Select[str, str]:
    """The items that a run of entries brought, with the numbers of those that did, joined, the latest first."""
    of_run = _here(item) & item.c.number.between(bindparam("low"), bindparam("high"))
    found = select(item.c.number, item.c.body).where(of_run).order_by(item.c.number.desc()).subquery()
    return select(_joined(cast(found.c.number, Text)), _joined(found.c.body, _BETWEEN_BODIES))


_WITH_KEYS_BEFORE = {is_head: query.where(_BELOW) for is_head, query in _in_force(record.c.since, record.c.key).items()}
_KEYS_BEFORE = {is_head: _keyed(query) for is_head, query in _WITH_KEYS_BEFORE.items()}
_BODIES_OF_RUN = _brought()
_BODIES_BEFORE = {
    (dialect, is_head): _bodied(query, dialect)
    for dialect in ("sqlite", "postgresql")
    for is_head, query in _WITH_KEYS_BEFORE.items()
}
_HELD = or_(record.c.until.is_(None), record.c.until > bindparam("size"))
_BETWEEN_KEYS = {
    True: _KEYED.where(record.c.until.is_(None)),
    False: _KEYED.where(record.c.since <= bindparam("size"), _HELD),
}


def _numbers(connection: Connection, query: Select[Any], place: tuple[int, int], **wanted: int) -> list[int]:
    values = {"register_id": place[0], "region": place[1], **wanted}
    return list(connection.execute(query, values).scalars().all())


def page(
    connection: Connection, place: tuple[int, int], size: int, is_head: bool, window: tuple[int, int]
) -> list[int]:
    """Entry numbers of the records at `size`, latest first: `limit` of them after `offset`."""
    offset, limit = window
    return _numbers(connection, _PAGES[is_head], place, size=size, offset=offset, limit=limit)


def before(
    connection: Connection, place: tuple[int, int], size: int, is_head: bool, below: int, limit: int
) -> list[int]:
    """Entry numbers of the records at `size` that are below an entry number, latest first."""
    return _numbers(connection, _BEFORE[is_head], place, size=size, below=below, limit=limit)


def bodies_before(
    connection: Connection, place: tuple[int, int], size: int, is_head: bool, below: int, limit: int
) -> Joined:
    """The records at `size` whose entries are below an entry number, latest first.

    Where these are a run of entries that all brought their items, as they are in what was loaded and hardly changed
    since, the items stand side by side, and are read in half the time that it takes to look each up.
    """
    of_register = {"register_id": place[0], "region": place[1]}
    values = {**of_register, "size": size, "below": below, "limit": limit}
    numbers, keys = connection.execute(_KEYS_BEFORE[is_head], values).one()
    if numbers is None:  # there are none
        return Joined([], [], "")
    listed = json.loads(f"[{numbers}]")
    high, low = listed[0], listed[-1]
    if high - low + 1 == len(listed):
        brought, bodies = connection.execute(_BODIES_OF_RUN, {**of_register, "low": low, "high": high}).one()
        if brought == numbers:
            return Joined(listed, keys.split(","), bodies).latest_first()
    numbers, keys, bodies = connection.execute(_BODIES_BEFORE[connection.dialect.name, is_head], values).one()
    return Joined(json.loads(f"[{numbers}]"), keys.split(","), bodies).latest_first()


def bodies_between(
    connection: Connection, place: tuple[int, int], size: int, is_head: bool, keys: tuple[str, str]
) -> list[tuple[str, str]]:
    """The records at `size` with keys from one on and before another, by key: each as its key and canonical JSON."""
    register_id, region = place
    low, high = keys
    values = {"register_id": register_id, "region": region, "size": size, "low": low, "high": high}
    return [(key, body) for key, body in connection.execute(_BETWEEN_KEYS[is_head], values)]


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


def latest(connection: Connection, place: tuple[int, int], key: str) -> int:
    """The number of the entry that is the current record of a key; 0 when it has none."""
    here = (record.c.register_id == place[0]) & (record.c.region == place[1]) & (record.c.key == key)
    found: int | None = connection.execute(select(func.max(record.c.since)).where(here)).scalar()
    return found or 0


def between(
    connection: Connection, register_id: int, old: int, window: tuple[int, int], limit: int
) -> list[tuple[int, int | None]]:
    """The records of user entries in a window that are records at its end, in order: their entries' numbers, and
    the number of the entry that each key had at the size `old`, None if it had none.

    `window` is the entry after which to begin and the size at its end. The entries between are read, and for each
    of them two places of its key's trail.
    """
    after, size = window
    later, earlier = record.alias(), record.alias()
    same_key = [
        (t.c.register_id == register_id) & (t.c.region == 0) & (t.c.key == entry.c.key) for t in (later, earlier)
    ]
    overtaken = exists().where(same_key[0], later.c.since > entry.c.number, later.c.since <= size)
    before = select(func.max(earlier.c.since)).where(same_key[1], earlier.c.since <= old).scalar_subquery()
    query = (
        select(entry.c.number, before)
        .where(entry.c.register_id == register_id, entry.c.region == 0)
        .where(entry.c.number > after, entry.c.number <= size, ~overtaken)
        .order_by(entry.c.number)
        .limit(limit)
    )
    return [(number, earliest) for number, earliest in connection.execute(query)]


def bodies(connection: Connection, register_id: int, keys: list[str]) -> dict[str, str]:
    """The current items, as canonical JSON, of those of the keys that have a record."""
    return {key: held.body for key, held in current(connection, register_id, keys).items()}


class Held(NamedTuple):
    """What a key has now: the number of its entry, and its item as v1 digest and canonical JSON."""

    entry: int
    digest: bytes
    body: str


def current(connection: Connection, register_id: int, keys: list[str]) -> dict[str, Held]:
    """What those of the keys have that have a record."""
    found: dict[str, Held] = {}
    for start in range(0, len(keys), SOME):
        query = select(record.c.key, record.c.since, item.c.v1, item.c.body).select_from(_WITH_ITEMS)
        query = query.where(record.c.register_id == register_id, record.c.region == 0, record.c.until.is_(None))
        rows = connection.execute(query.where(record.c.key.in_(keys[start : start + SOME])))
        found.update((row[0], Held(*row[1:])) for row in rows)
    return found
