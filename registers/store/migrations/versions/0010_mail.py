"""Letters: mails that wait to be sent; what people want to be told of, and how far they were."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    _create_letter()
    _create_wishes()
    _create_head()


def _create_letter() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account", PLAIN, sa.ForeignKey("person.account", ondelete="CASCADE")),
        sa.Column("email", sa.Text),
        sa.Column("folded", PLAIN),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failed", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_index("letter_due", "letter", ["due", "created", "id"])
    op.create_index("letter_account", "letter", ["account"])
    op.create_index("letter_folded", "letter", ["folded"])


def _create_wishes() -> None:
    op.create_table(
        "notice_off",
        sa.Column("account", PLAIN, sa.ForeignKey("person.account", ondelete="CASCADE"), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
    )
    op.create_table(
        "personal_feed",
        sa.Column("account", PLAIN, sa.ForeignKey("person.account", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )


def _create_head() -> None:
    """What happened before is not told."""
    op.create_table(
        "notice_head",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("expired", sa.BigInteger),
    )
    op.execute("INSERT INTO notice_head (id, events) SELECT 1, events FROM review_head")
