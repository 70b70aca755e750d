"""Suggestions that were begun and are not submitted yet: what they hold, apart from what is kept for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column and the table; no proposal that is here is a draft."""
    op.add_column("proposal", sa.Column("is_draft", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "proposal_draft",
        sa.Column("number", sa.BigInteger, sa.ForeignKey("proposal.number"), primary_key=True, autoincrement=False),
        sa.Column("author", PLAIN, nullable=False),
        sa.Column("register", PLAIN, nullable=False),
        sa.Column("key", PLAIN, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("begun", sa.BigInteger, nullable=False),
        sa.Column("saved", sa.BigInteger, nullable=False),
    )
    op.create_index("proposal_draft_author", "proposal_draft", ["author", "number"])
    op.create_index("proposal_draft_saved", "proposal_draft", ["saved"])
