"""When a register was held against a source and what that showed; reports of the quality of registers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""
    counts = ("entries", "added", "changed", "ended", "unchanged")
    op.create_table(
        "comparison",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id", ondelete="CASCADE"), nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("dated", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in counts),
        sa.Column("confirmed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "quality",
        sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
    )
    op.create_index("ix_comparison_register_id", "comparison", ["register_id"])
