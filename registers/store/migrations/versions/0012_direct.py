"""Registers whose custodian decides alone, because an administrator has said so."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column; no register that is here is one."""
    op.add_column("register", sa.Column("is_direct", sa.Boolean, nullable=False, server_default=sa.false()))
