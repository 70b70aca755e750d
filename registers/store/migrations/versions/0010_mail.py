"""Letters: mails that wait to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    _create_letter()


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
