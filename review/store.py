"""SQL for proposals: plans at rest, what happened to each proposal, which ones are open, and drafts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    SmallInteger,
    Table,
    Text,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)

from registers.store.tables import Plain, metadata, question_record

# How many proposals and events there are: one row, which whoever writes about proposals locks first.
review_head = Table(
    "review_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("proposals", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False),
)

# The bytes of a plan, as they were submitted, by their SHA-256; without what was since taken out of its register.
proposal_plan = Table(
    "proposal_plan",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# A proposal, to be found: `register` is the name in its plan. `is_open` says again what its events say, so that those
# that wait are found without those that are done; of one plan only one proposal is open. What `is_draft` was never
# submitted, perhaps never will be, and is in no list; it has no register here, and the plan that is empty.
proposal = Table(
    "proposal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("register", Plain, nullable=False),
    Column("plan", LargeBinary, ForeignKey("proposal_plan.digest"), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("is_draft", Boolean, nullable=False, server_default=false()),
    Index("proposal_open", "number", sqlite_where=text("is_open = 1"), postgresql_where=text("is_open")),
    Index(
        "proposal_open_plan", "plan", unique=True, sqlite_where=text("is_open = 1"), postgresql_where=text("is_open")
    ),
)

# What happened to a proposal, never changed: triggers refuse UPDATE and DELETE. `detail` is JSON.
proposal_event = Table(
    "proposal_event",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("proposal", BigInteger, ForeignKey("proposal.number"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Index("proposal_event_of", "proposal", "number"),
)

# What a draft holds, until it is submitted, thrown away or too old: the row goes then, so that nothing is left of it.
# `form` is what its content was typed into; empty when that is a plan.
proposal_draft = Table(
    "proposal_draft",
    metadata,
    Column("number", BigInteger, ForeignKey("proposal.number"), primary_key=True, autoincrement=False),
    Column("author", Plain, nullable=False),
    Column("register", Plain, nullable=False),
    Column("key", Plain, nullable=False),
    Column("form", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("begun", BigInteger, nullable=False),
    Column("saved", BigInteger, nullable=False),
    Index("proposal_draft_author", "author", "number"),
    Index("proposal_draft_saved", "saved"),
)
NO_PLAN = hashlib.sha256(b"").digest()


def lock(connection: Connection) -> None:
    """Wait for those before us who write about proposals; this comes before the lock of any register."""
    connection.execute(select(review_head).with_for_update())


def add_proposal(connection: Connection, register: str, digest: bytes, content: bytes) -> int:
    """Insert an open proposal of a plan, and the plan if it is not there; its number. The head is locked."""
    _keep_plan(connection, digest, content)
    number = _next(connection, review_head.c.proposals)
    connection.execute(insert(proposal).values(number=number, register=register, plan=digest, is_open=True))
    return number


def put_plan(connection: Connection, number: int, register: str, digest: bytes, content: bytes) -> None:
    """Give a proposal another plan. The one before goes, unless another proposal has it; the head is locked."""
    here = proposal.c.number == number
    before = connection.execute(select(proposal.c.plan).where(here)).scalar_one()
    _keep_plan(connection, digest, content)
    connection.execute(update(proposal).where(here).values(register=register, plan=digest))
    held = select(proposal.c.plan).where(proposal.c.plan == before).exists()
    connection.execute(delete(proposal_plan).where(proposal_plan.c.digest == before, ~held))


def _keep_plan(connection: Connection, digest: bytes, content: bytes) -> None:
    known = select(proposal_plan.c.digest).where(proposal_plan.c.digest == digest)
    if connection.execute(known).first() is None:
        connection.execute(insert(proposal_plan).values(digest=digest, content=content))


def add_event(connection: Connection, detail: Mapping[str, Any], **values: Any) -> None:
    """Insert an event (`proposal`, `kind`, `actor`, `time`), with the next number. The head is locked."""
    number = _next(connection, review_head.c.events)
    said = json.dumps(detail, ensure_ascii=False)
    connection.execute(insert(proposal_event).values(number=number, detail=said, **values))


def close(connection: Connection, number: int) -> None:
    """Say that a proposal is open no more."""
    connection.execute(update(proposal).where(proposal.c.number == number).values(is_open=False))


def find_open(connection: Connection, digest: bytes) -> int | None:
    """The number of the open proposal of a plan."""
    found: int | None = connection.execute(
        select(proposal.c.number).where(proposal.c.plan == digest, proposal.c.is_open)
    ).scalar()
    return found


def page(connection: Connection, after: int, limit: int, is_open: bool, registers: Collection[str] | None) -> list[int]:
    """The numbers of proposals beyond one, in order: the open ones or all, for these registers or for any."""
    query = select(proposal.c.number).where(proposal.c.number > after, ~proposal.c.is_draft)
    if is_open:
        query = query.where(proposal.c.is_open)
    if registers is not None:
        query = query.where(proposal.c.register.in_(registers))
    return list(connection.execute(query.order_by(proposal.c.number).limit(limit)).scalars())


def page_closed(connection: Connection, before: int, limit: int, registers: Collection[str]) -> list[int]:
    """The numbers of proposals below one that are open no more, the latest first, for registers of these names."""
    query = select(proposal.c.number).where(proposal.c.number < before, ~proposal.c.is_open, ~proposal.c.is_draft)
    query = query.where(proposal.c.register.in_(registers))
    return list(connection.execute(query.order_by(proposal.c.number.desc()).limit(limit)).scalars())


def page_of(connection: Connection, actor: str, kinds: Collection[str], before: int, limit: int) -> list[int]:
    """The numbers of proposals below one to which an actor has done something of these kinds, the latest first."""
    query = select(proposal_event.c.proposal).distinct()
    query = query.where(proposal_event.c.actor == actor, proposal_event.c.kind.in_(kinds))
    query = query.where(proposal_event.c.proposal < before)
    return list(connection.execute(query.order_by(proposal_event.c.proposal.desc()).limit(limit)).scalars())


def count_open_of(connection: Connection, actor: str, most: int) -> int:
    """How many open proposals an actor has submitted, counted no further than `most`."""
    submitted = (proposal_event.c.kind == "submitted") & (proposal_event.c.actor == actor)
    query = select(proposal.c.number).join(proposal_event, proposal_event.c.proposal == proposal.c.number)
    return len(connection.execute(query.where(proposal.c.is_open, submitted).limit(most)).all())


def page_open_of(connection: Connection, actor: str, registers: Collection[str], limit: int) -> list[int]:
    """The numbers of the open proposals that an actor has submitted, for registers of these names, the latest first."""
    submitted = (proposal_event.c.kind == "submitted") & (proposal_event.c.actor == actor)
    query = select(proposal.c.number).join(proposal_event, proposal_event.c.proposal == proposal.c.number)
    query = query.where(proposal.c.is_open, submitted, proposal.c.register.in_(registers))
    return list(connection.execute(query.order_by(proposal.c.number.desc()).limit(limit)).scalars())


def events(connection: Connection, numbers: Sequence[int], without: Collection[str] = ()) -> list[Row[Any]]:
    """The events of these proposals, in order, those of some kinds left out."""
    query = select(proposal_event).where(proposal_event.c.proposal.in_(numbers), proposal_event.c.kind.not_in(without))
    return list(connection.execute(query.order_by(proposal_event.c.proposal, proposal_event.c.number)))


def last_event(connection: Connection, number: int) -> int:
    """The number of the last event of a proposal; 0 for one that is not there."""
    query = select(func.max(proposal_event.c.number)).where(proposal_event.c.proposal == number)
    return connection.execute(query).scalar() or 0


def count_events(connection: Connection) -> int:
    """How many events there are: the number of the last one."""
    return int(connection.execute(select(review_head.c.events)).scalar_one())


def events_after(connection: Connection, number: int, limit: int) -> list[Row[Any]]:
    """The events of all proposals beyond a number, in order; nothing of drafts."""
    query = select(proposal_event).join(proposal, proposal.c.number == proposal_event.c.proposal)
    query = query.where(proposal_event.c.number > number, proposal_event.c.kind != "drafted", ~proposal.c.is_draft)
    return list(connection.execute(query.order_by(proposal_event.c.number).limit(limit)))


def events_concerning(
    connection: Connection, actor: str, names: Collection[str] | None, before: int, limit: int
) -> list[Row[Any]]:
    """Events below a number, the latest first: of proposals that an actor submitted or confirmed, and submissions for
    registers of these names, or of any; but for what machines checked.
    """
    of = proposal_event.alias()
    mine = select(of.c.proposal).where(of.c.actor == actor, of.c.kind.in_(("submitted", "confirmed")))
    there = true() if names is None else proposal.c.register.in_(names)
    new = and_(proposal_event.c.kind == "submitted", there)
    query = select(proposal_event).join(proposal, proposal.c.number == proposal_event.c.proposal)
    query = query.where(proposal_event.c.number < before, proposal_event.c.kind.not_in(("checked", "drafted")))
    query = query.where(or_(proposal_event.c.proposal.in_(mine), new))
    return list(connection.execute(query.order_by(proposal_event.c.number.desc()).limit(limit)))


# Drafts


def add_draft(connection: Connection, **values: Any) -> int:
    """Insert a draft, and the proposal that it may become; its number. The head is locked."""
    _keep_plan(connection, NO_PLAN, b"")
    number = _next(connection, review_head.c.proposals)
    connection.execute(insert(proposal).values(number=number, register="", plan=NO_PLAN, is_open=False, is_draft=True))
    connection.execute(insert(proposal_draft).values(number=number, **values))
    return number


def change_draft(connection: Connection, number: int, **values: Any) -> None:
    """Have a draft hold something else."""
    connection.execute(update(proposal_draft).where(proposal_draft.c.number == number).values(**values))


def remove_draft(connection: Connection, number: int) -> None:
    """Delete what a draft holds."""
    connection.execute(delete(proposal_draft).where(proposal_draft.c.number == number))


def submit_draft(connection: Connection, number: int, register: str, digest: bytes, content: bytes) -> None:
    """Make an open proposal of a draft, of a plan; what the draft held goes. The head is locked."""
    remove_draft(connection, number)
    put_plan(connection, number, register, digest, content)
    connection.execute(update(proposal).where(proposal.c.number == number).values(is_open=True, is_draft=False))


def find_draft(connection: Connection, number: int) -> Row[Any] | None:
    """The row of a draft."""
    return connection.execute(select(proposal_draft).where(proposal_draft.c.number == number)).first()


def drafts_of(connection: Connection, author: str) -> list[Row[Any]]:
    """The drafts of an author, without what they hold but with its `length`, the latest begun first."""
    shown = [each for each in proposal_draft.c if each.name != "content"]
    query = select(*shown, func.length(proposal_draft.c.content).label("length"))
    query = query.where(proposal_draft.c.author == author)
    return list(connection.execute(query.order_by(proposal_draft.c.number.desc())))


def drafts_before(connection: Connection, saved: int, limit: int) -> list[tuple[int, str]]:
    """The numbers and authors of drafts that were saved last before a moment."""
    query = select(proposal_draft.c.number, proposal_draft.c.author).where(proposal_draft.c.saved < saved)
    return [(row.number, row.author) for row in connection.execute(query.order_by(proposal_draft.c.saved).limit(limit))]


def drafts_for(connection: Connection, registers: Collection[str]) -> list[Row[int, str, str, bytes]]:
    """The number, key, form and content of each draft for registers of these names."""
    held = proposal_draft.c
    query = select(held.number, held.key, held.form, held.content).where(held.register.in_(registers))
    return list(connection.execute(query.order_by(held.number)))


# Plans


def read_plan(connection: Connection, digest: bytes) -> bytes | None:
    """The bytes of a plan."""
    found: bytes | None = connection.execute(
        select(proposal_plan.c.content).where(proposal_plan.c.digest == digest)
    ).scalar()
    return found


def plans_for(connection: Connection, registers: Collection[str]) -> list[bytes]:
    """The digests of all plans of proposals for registers of these names."""
    query = select(proposal.c.plan).where(proposal.c.register.in_(registers), ~proposal.c.is_draft).distinct()
    return list(connection.execute(query.order_by(proposal.c.plan)).scalars())


def change_plan(connection: Connection, digest: bytes, content: bytes) -> None:
    """Put other bytes in the place of a plan's, out of which values were taken; the digest stays its name."""
    connection.execute(update(proposal_plan).where(proposal_plan.c.digest == digest).values(content=content))


def names(connection: Connection, register_id: int, size: int, day: int) -> Iterator[tuple[str, str]]:
    """The keys and folded names of a register's records at a size, those in force on a day, as far as it is indexed."""
    held = question_record.c
    current = (held.since <= size) & (held.until.is_(None) | (held.until > size))
    in_force = held.last_day.is_(None) | (held.last_day >= day)
    query = select(held.key, held.name).where(held.register_id == register_id, current, in_force)
    yield from ((row.key, row.name) for row in connection.execute(query))


def _next(connection: Connection, column: Column[int]) -> int:
    """Count one more in the head, and return the new count."""
    counted = update(review_head).values({column: column + 1}).returning(column)
    return int(connection.execute(counted).scalar_one())
