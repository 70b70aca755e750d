"""How often something was done of late, who may not suggest, and what somebody was about to suggest."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "tally",
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
    )
    op.create_index("tally_ends", "tally", ["ends"])
    op.create_table(
        "bar",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("account", PLAIN, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id", ondelete="CASCADE")),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("barred_by", sa.Text, nullable=False),
    )
    op.create_index("bar_account", "bar", ["account"])
    op.create_index("bar_register", "bar", ["register_id"])
    op.create_table(
        "draft",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("account", PLAIN, sa.ForeignKey("account.id")),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("draft_account", "draft", ["account"])
    op.create_index("draft_expires", "draft", ["expires"])
