"""SQL for letters: mails that wait to be sent, and what is left of those that were given up."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from people.store.tables import person
from registers.store.tables import Plain, metadata

# A mail to send: to the person of an account, or to an address that no account has confirmed, which `folded` finds
# again. It goes when it is sent, and with whom it is to. `due` is when to try next, `failed` since when that fails, and
# `kind` what its person may turn off. What was given up has no `due`, and no words or address any more.
letter = Table(
    "letter",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Plain, ForeignKey(person.c.account, ondelete="CASCADE")),
    Column("email", Text),
    Column("folded", Plain),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("due", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("failed", BigInteger),
    Column("error", Text, nullable=False),
    Index("letter_due", "due", "created", "id"),
    Index("letter_account", "account"),
    Index("letter_folded", "folded"),
)
_WAITS = letter.c.due.is_not(None)
_EMPTIED = {"email": None, "folded": None, "subject": "", "text": "", "due": None}


class Standing(NamedTuple):
    """How mail stands: how many letters wait and were given up; since when one could not be sent, and why."""

    waiting: int
    given_up: int
    failing_since: int | None
    error: str


def add(connection: Connection, **values: Any) -> None:
    """Insert a letter that waits."""
    connection.execute(insert(letter).values(attempts=0, error="", **values))


def is_due(connection: Connection, now: int) -> bool:
    """Whether there is a letter to be sent now."""
    query = select(letter.c.id).where(letter.c.due <= now, letter.c.expires > now).limit(1)
    return connection.execute(query).first() is not None


def claim(connection: Connection, now: int, until: int) -> Row[Any] | None:
    """Take the letter that is due first, so that nobody else takes it before `until`; its columns, or None."""
    due = (
        select(letter.c.id)
        .where(letter.c.due <= now, letter.c.expires > now)
        .order_by(letter.c.due, letter.c.created, letter.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = update(letter).where(letter.c.id == due.scalar_subquery()).values(due=until)
    return connection.execute(taken.returning(*letter.c)).first()


def lock(connection: Connection, letter_id: str) -> Row[Any] | None:
    """A letter that waits, held until the transaction ends; None when there is none any more."""
    query = select(letter).where(letter.c.id == letter_id, _WAITS).with_for_update()
    return connection.execute(query).first()


def put_off(connection: Connection, letter_id: str, **values: Any) -> None:
    """Say when a letter is tried again, and why it was not sent."""
    connection.execute(update(letter).where(letter.c.id == letter_id).values(**values))


def hold_back(connection: Connection, until: int) -> None:
    """Let all that is due before `until` wait until then."""
    connection.execute(update(letter).where(letter.c.due < until).values(due=until))


def remove(connection: Connection, letter_id: str) -> None:
    """Delete a letter."""
    connection.execute(delete(letter).where(letter.c.id == letter_id))


def remove_to(connection: Connection, folded: str) -> int:
    """Delete all letters to an address that no account has confirmed; how many there were."""
    return connection.execute(delete(letter).where(letter.c.folded == folded)).rowcount


def give_up(connection: Connection, letter_id: str, **values: Any) -> None:
    """Keep of a letter only that there was one, and why it was not sent."""
    connection.execute(update(letter).where(letter.c.id == letter_id).values(**_EMPTIED, **values))


def give_up_expired(connection: Connection, now: int) -> int:
    """Give up all letters whose time is over; how many."""
    return connection.execute(update(letter).where(_WAITS, letter.c.expires <= now).values(**_EMPTIED)).rowcount


def forget(connection: Connection, before: int) -> int:
    """Delete what is left of letters that were put here before a moment and were given up; how many."""
    return connection.execute(delete(letter).where(letter.c.due.is_(None), letter.c.created < before)).rowcount


def standing(connection: Connection) -> Standing:
    """How mail stands now; the error is that of the letter that has failed for the longest."""
    waiting, count = connection.execute(select(func.count(letter.c.due), func.count())).one()
    first = select(letter.c.failed, letter.c.error).where(_WAITS, letter.c.failed.is_not(None))
    failing = connection.execute(first.order_by(letter.c.failed, letter.c.id).limit(1)).first()
    return Standing(waiting, count - waiting, *(failing or (None, "")))
