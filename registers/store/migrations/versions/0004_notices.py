"""Webhooks: subscriptions, deliveries, and each attempt at one; revisions by the time they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    _create_subscription()
    _create_delivery()
    _create_attempt()
    # Feeds of all registers go back through time.
    op.create_index("revision_time", "revision", ["time", "register_id", "number"])


def _create_subscription() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id")),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_index("webhook_owner", "webhook", ["owner", "created", "id"])
    op.create_table(
        "webhook_start",
        sa.Column("webhook_id", sa.Text, sa.ForeignKey("webhook.id"), nullable=False),
        sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id"), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", "register_id"),
    )


def _create_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("webhook_id", sa.Text, sa.ForeignKey("webhook.id"), nullable=False),
        sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id"), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("webhook_id", "register_id", "revision", name="webhook_delivery_once"),
    )
    op.create_index("webhook_delivery_due", "webhook_delivery", ["webhook_id", "due", "revision"])
    op.create_index("webhook_delivery_log", "webhook_delivery", ["webhook_id", "created", "id"])


def _create_attempt() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("delivery_id", sa.Text, sa.ForeignKey("webhook_delivery.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "number"),
    )
