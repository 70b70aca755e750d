"""SQL for webhooks: subscriptions, deliveries, attempts."""

from __future__ import annotations

from typing import Any

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
    UniqueConstraint,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)

from registers.store.tables import head, metadata, register

ACTIVE, DISABLED = "active", "disabled"
WAITING, SENT, FAILED = "waiting", "sent", "failed"

# A subscription: `url` is told of each revision of a register (null: of all that are published). `secret` signs what
# is sent, so it is kept as it is. `owner` is the actor of the API key that made it.
webhook = Table(
    "webhook",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("register_id", Integer, ForeignKey("register.id")),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Index("webhook_owner", "owner", "created", "id"),
)

# The revision at which each register stood when a subscription to it was made: later ones are told of. A register
# that is published later has no row.
webhook_start = Table(
    "webhook_start",
    metadata,
    Column("webhook_id", Text, ForeignKey("webhook.id"), primary_key=True),
    Column("register_id", Integer, ForeignKey("register.id"), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

# One message to one subscriber: what the revisions after `since`, up to `revision`, brought to a register. `due` is
# when to try next (null: never again).
webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", Text, primary_key=True),
    Column("webhook_id", Text, ForeignKey("webhook.id"), nullable=False),
    Column("register_id", Integer, ForeignKey("register.id"), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", BigInteger),
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("webhook_id", "register_id", "revision", name="webhook_delivery_once"),
    Index("webhook_delivery_due", "webhook_id", "due", "revision"),
    Index("webhook_delivery_log", "webhook_id", "created", "id"),
)

# One attempt at a delivery: the status that was answered, or why there was none.
webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    Column("delivery_id", Text, ForeignKey("webhook_delivery.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("milliseconds", Integer, nullable=False),
)

_LISTED = (webhook.c.id, webhook.c.owner, register.c.name, webhook.c.url, webhook.c.status, webhook.c.created)
_WITH_REGISTER = webhook.outerjoin(register, register.c.id == webhook.c.register_id)
_ADD_DELIVERY = text(
    "INSERT INTO webhook_delivery (id, webhook_id, register_id, since, revision, status, attempts, due, created) "
    "VALUES (:id, :webhook_id, :register_id, :since, :revision, :status, 0, :due, :created) "
    "ON CONFLICT (webhook_id, register_id, revision) DO NOTHING"
)

# Subscriptions


def add(connection: Connection, **values: Any) -> None:
    """Insert a subscription that begins after the revisions there are: none of them is told of."""
    connection.execute(insert(webhook).values(status=ACTIVE, **values))
    one = values["register_id"]
    chosen = register.c.id == one if one is not None else register.c.status != "draft"
    standing = (
        select(literal(values["id"], Text), head.c.register_id, head.c.revision)
        .select_from(head.join(register, register.c.id == head.c.register_id))
        .where(chosen, ~register.c.loading)
    )
    connection.execute(insert(webhook_start).from_select(["webhook_id", "register_id", "revision"], standing))


def count(connection: Connection, owner: str) -> int:
    """How many subscriptions an owner has; they are limited, so counting them is cheap."""
    return int(connection.execute(select(func.count()).where(webhook.c.owner == owner)).scalar_one())


def find(connection: Connection, owner: str, webhook_id: str) -> Any | None:
    """A subscription of an owner: id, owner, register's name or None, URL, status, created."""
    query = select(*_LISTED).select_from(_WITH_REGISTER)
    return connection.execute(query.where(webhook.c.id == webhook_id, webhook.c.owner == owner)).first()


def find_all(connection: Connection, owner: str) -> list[Row[Any]]:
    """All subscriptions of an owner, the oldest first, as `find` gives one."""
    query = select(*_LISTED).select_from(_WITH_REGISTER).where(webhook.c.owner == owner)
    return list(connection.execute(query.order_by(webhook.c.created, webhook.c.id)))


def remove(connection: Connection, webhook_id: str) -> None:
    """Delete a subscription with all that was sent to it, once nobody writes of it."""
    its = select(webhook_delivery.c.id).where(webhook_delivery.c.webhook_id == webhook_id)
    # First whoever writes down an attempt is waited for, then whoever adds a delivery.
    for mine in (its, select(webhook.c.id).where(webhook.c.id == webhook_id)):
        connection.execute(mine.with_for_update())
    connection.execute(delete(webhook_attempt).where(webhook_attempt.c.delivery_id.in_(its)))
    for table in (webhook_delivery, webhook_start):
        connection.execute(delete(table).where(table.c.webhook_id == webhook_id))
    connection.execute(delete(webhook).where(webhook.c.id == webhook_id))


def disable(connection: Connection, webhook_id: str) -> None:
    """Send nothing more to a subscription; what was waiting has failed."""
    connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(status=DISABLED))
    waiting = (webhook_delivery.c.webhook_id == webhook_id) & (webhook_delivery.c.status == WAITING)
    connection.execute(update(webhook_delivery).where(waiting).values(status=FAILED, due=None))


# Deliveries


def subscribers(connection: Connection, register_id: int) -> list[tuple[str, int]]:
    """The active subscriptions that a register is of interest to, each with the revision it began at."""
    began = (webhook_start.c.webhook_id == webhook.c.id) & (webhook_start.c.register_id == register_id)
    query = select(webhook.c.id, func.coalesce(webhook_start.c.revision, 0)).select_from(
        webhook.outerjoin(webhook_start, began)
    )
    wanted = or_(webhook.c.register_id.is_(None), webhook.c.register_id == register_id)
    return [(row[0], row[1]) for row in connection.execute(query.where(wanted, webhook.c.status == ACTIVE))]


def add_deliveries(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Insert messages that wait to be sent; one that is there already is left as it is."""
    if rows:
        connection.execute(_ADD_DELIVERY, [{"status": WAITING, **row} for row in rows])


def with_something_due(connection: Connection, now: int) -> list[str]:
    """The active subscriptions for which a message is due: one look-up each."""
    due = select(webhook_delivery.c.id).where(
        webhook_delivery.c.webhook_id == webhook.c.id, webhook_delivery.c.due <= now
    )
    query = select(webhook.c.id).where(webhook.c.status == ACTIVE, due.exists())
    return list(connection.execute(query).scalars())


def claim(connection: Connection, webhook_id: str, now: int, until: int) -> str | None:
    """Take the message that is due first, so that nobody else takes it before `until`; its id, or None."""
    due = (
        select(webhook_delivery.c.id)
        .where(webhook_delivery.c.webhook_id == webhook_id, webhook_delivery.c.due <= now)
        .order_by(webhook_delivery.c.due, webhook_delivery.c.revision)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = update(webhook_delivery).where(webhook_delivery.c.id == due.scalar_subquery()).values(due=until)
    found: str | None = connection.execute(taken.returning(webhook_delivery.c.id)).scalar()
    return found


def read_delivery(connection: Connection, delivery_id: str) -> Row[Any] | None:
    """A message to send: its columns, with the URL, the secret and the status of its subscription."""
    joined = webhook_delivery.join(webhook, webhook.c.id == webhook_delivery.c.webhook_id)
    columns = (*webhook_delivery.c, webhook.c.url, webhook.c.secret, webhook.c.status.label("webhook_status"))
    return connection.execute(select(*columns).select_from(joined).where(webhook_delivery.c.id == delivery_id)).first()


def lock_delivery(connection: Connection, delivery_id: str) -> Row[Any] | None:
    """A message's columns, held until the transaction ends; None when its subscription was taken away."""
    query = select(webhook_delivery).where(webhook_delivery.c.id == delivery_id).with_for_update()
    return connection.execute(query).first()


def change_delivery(connection: Connection, delivery_id: str, **values: Any) -> None:
    """Say how a message stands."""
    connection.execute(update(webhook_delivery).where(webhook_delivery.c.id == delivery_id).values(**values))


def add_attempt(connection: Connection, **values: Any) -> None:
    """Insert an attempt."""
    connection.execute(insert(webhook_attempt).values(**values))


def hold_back(connection: Connection, webhook_id: str, until: int) -> None:
    """Let all that is due to a subscription before `until` wait until then."""
    earlier = (webhook_delivery.c.webhook_id == webhook_id) & (webhook_delivery.c.due < until)
    connection.execute(update(webhook_delivery).where(earlier).values(due=until))


def log(connection: Connection, webhook_id: str, before: tuple[int, str] | None, limit: int) -> list[Row[Any]]:
    """Messages to a subscription with the register's name, the latest first; those before (created, id)."""
    joined = webhook_delivery.join(register, register.c.id == webhook_delivery.c.register_id)
    query = select(webhook_delivery, register.c.name).select_from(joined)
    query = query.where(webhook_delivery.c.webhook_id == webhook_id)
    place = tuple_(webhook_delivery.c.created, webhook_delivery.c.id)
    if before is not None:
        query = query.where(place < before)
    ordered = query.order_by(webhook_delivery.c.created.desc(), webhook_delivery.c.id.desc())
    return list(connection.execute(ordered.limit(limit)))


def attempts(connection: Connection, delivery_ids: list[str]) -> list[Row[Any]]:
    """All attempts at these messages, in order."""
    query = select(webhook_attempt).where(webhook_attempt.c.delivery_id.in_(delivery_ids))
    return list(connection.execute(query.order_by(webhook_attempt.c.delivery_id, webhook_attempt.c.number)))


def forget(connection: Connection, before: int) -> int:
    """Delete messages that were made before a moment and wait no longer; how many there were."""
    old = (webhook_delivery.c.created < before) & webhook_delivery.c.due.is_(None)
    connection.execute(
        delete(webhook_attempt).where(webhook_attempt.c.delivery_id.in_(select(webhook_delivery.c.id).where(old)))
    )
    return connection.execute(delete(webhook_delivery).where(old)).rowcount
