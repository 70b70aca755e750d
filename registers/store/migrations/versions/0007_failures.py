"""Followers that fail: what went wrong last, and since when, until they have caught up again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "follower_failure",
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id"), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", "register_id"),
    )
