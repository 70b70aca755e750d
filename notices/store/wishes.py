"""SQL for what people want to be told of, how far they have been told, and the feeds that they were given."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    SmallInteger,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from people.store.tables import person
from registers.store.tables import Plain, metadata

# A kind of mail that its person has turned off.
notice_off = Table(
    "notice_off",
    metadata,
    Column("account", Plain, ForeignKey(person.c.account, ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
)

# How far people were told: one row, with the number of the last event of proposals, and the moment, UTC seconds, up to
# which they were told of what expired (null before the first look).
notice_head = Table(
    "notice_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("events", BigInteger, nullable=False),
    Column("expired", BigInteger),
)

# Which of the feeds that a person was given is good: a number, counted up when they ask for another.
personal_feed = Table(
    "personal_feed",
    metadata,
    Column("account", Plain, ForeignKey(person.c.account, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, nullable=False),
)


def off(connection: Connection, account: str) -> set[str]:
    """The kinds that an account has turned off."""
    return set(connection.execute(select(notice_off.c.kind).where(notice_off.c.account == account)).scalars())


def turn_on(connection: Connection, account: str) -> None:
    """Turn all kinds on."""
    connection.execute(delete(notice_off).where(notice_off.c.account == account))


def turn_off(connection: Connection, account: str, kinds: Collection[str]) -> None:
    """Turn kinds off that are on."""
    if kinds:
        connection.execute(insert(notice_off), [{"account": account, "kind": kind} for kind in kinds])


def told(connection: Connection) -> int:
    """The number of the last event that was told of."""
    return int(connection.execute(select(notice_head.c.events)).scalar_one())


def claim_told(connection: Connection) -> tuple[int, int | None]:
    """How far people were told, of events and of what expired; nobody else tells until the transaction ends."""
    row = connection.execute(select(notice_head).with_for_update()).one()
    return row.events, row.expired


def move_told(connection: Connection, **values: int) -> None:
    """Say how far people were told."""
    connection.execute(update(notice_head).values(**values))


def feed_number(connection: Connection, account: str) -> int:
    """The number of the feed of an account that is good; 0 for the first."""
    found = connection.execute(select(personal_feed.c.number).where(personal_feed.c.account == account)).scalar()
    return int(found or 0)


def renew_feed(connection: Connection, account: str) -> None:
    """Count the number of an account's feed up."""
    number = feed_number(connection, account) + 1
    connection.execute(delete(personal_feed).where(personal_feed.c.account == account))
    connection.execute(insert(personal_feed).values(account=account, number=number))
