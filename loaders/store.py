"""SQL for comparisons, when a register was held against a source and what that showed, and for reports of its quality.

They are not part of the log: they say when somebody last looked, which no entry does.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    delete,
    insert,
    select,
)

from registers.store.tables import metadata

# One row for each time that a source was loaded. `file` is the SHA-256 of its file and `reading` that of all that a
# reading of it depends on; `dated` is the day it is of, empty if it does not say; `entries` is the size of the register
# afterwards; the others count records. `confirmed` has a bit for each entry up to that size, set if its record was as
# the file has it, or was made so, compressed by zlib.
comparison = Table(
    "comparison",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("register_id", Integer, ForeignKey("register.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("time", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("reading", Text, nullable=False),
    Column("dated", Text, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
    Column("unchanged", BigInteger, nullable=False),
    Column("confirmed", LargeBinary, nullable=False),
)


class Comparison(NamedTuple):
    """What one load showed; `time` is in UTC seconds."""

    time: int
    source: str
    file: str
    reading: str
    dated: str
    entries: int
    added: int
    changed: int
    ended: int
    unchanged: int
    confirmed: bytes


def add(connection: Connection, register_id: int, made: Comparison) -> None:
    """Insert a comparison."""
    connection.execute(insert(comparison).values(register_id=register_id, **made._asdict()))


def latest(connection: Connection, register_id: int, source: str | None = None) -> Comparison | None:
    """The last comparison of a register: with any source, or with one."""
    query = select(*(comparison.c[name] for name in Comparison._fields)).where(comparison.c.register_id == register_id)
    if source is not None:
        query = query.where(comparison.c.source == source)
    row = connection.execute(query.order_by(comparison.c.id.desc()).limit(1)).first()
    return Comparison(*row) if row else None


def confirmations(connection: Connection, register_id: int) -> list[bytes]:
    """The entries that each comparison of a register confirmed, in the form they are kept in."""
    query = select(comparison.c.confirmed).where(comparison.c.register_id == register_id).distinct()
    return list(connection.execute(query).scalars())


# What a look at a whole register found: one row a register, the last that was made.
quality = Table(
    "quality",
    metadata,
    Column("register_id", Integer, ForeignKey("register.id", ondelete="CASCADE"), primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("report", Text, nullable=False),
)


def keep_quality(connection: Connection, register_id: int, time: int, report: str) -> None:
    """Keep a report, in the place of the one before it."""
    forget_quality(connection, register_id)
    connection.execute(insert(quality).values(register_id=register_id, time=time, report=report))


def forget_quality(connection: Connection, register_id: int) -> None:
    """Delete the report that is kept."""
    connection.execute(delete(quality).where(quality.c.register_id == register_id))


def read_quality(connection: Connection, register_id: int) -> str | None:
    """The report that is kept."""
    return connection.execute(select(quality.c.report).where(quality.c.register_id == register_id)).scalar()
