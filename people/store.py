"""SQL for API keys."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from registers.store.tables import metadata

# An API key. The key itself is shown once and never kept: `digest` is its SHA-256. `actor` is the opaque id that
# revisions carry. `scopes` and `registers` are words parted by spaces; no registers means all of them.
api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("registers", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("revoked", BigInteger),
)
