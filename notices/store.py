"""SQL for webhooks: subscriptions, deliveries, attempts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from registers.store.tables import metadata

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
)

# One message to one subscriber: that a register has a new revision. `due` is when to try next (null: never again).
webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", Text, primary_key=True),
    Column("webhook_id", Text, ForeignKey("webhook.id"), nullable=False),
    Column("register_id", Integer, ForeignKey("register.id"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", BigInteger),
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("webhook_id", "register_id", "revision", name="webhook_delivery_once"),
    Index("webhook_delivery_due", "due"),
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
