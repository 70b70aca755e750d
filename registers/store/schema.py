"""Which schema a database has, and which one this release works with. Asked at every start, so it needs no Alembic."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from registers.errors import Unavailable
from registers.store.engine import Store

SCHEMA = "0013"  # the latest of migrations/versions; a test holds the two together


def schema_version(store: Store) -> str | None:
    """The schema the database has; None when it has none."""
    with store.reading() as tx:
        if not inspect(tx.connection).has_table("alembic_version"):
            return None
        version: str | None = tx.connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return version


def check_schema(store: Store) -> None:
    """Raise Unavailable, naming the command that helps, unless the database has this release's schema."""
    if store.is_sqlite and not Path(store.url.database or "").exists():
        raise Unavailable(f"there is no database at {store.place}: run 'registers init' first")
    found = schema_version(store)
    if found != SCHEMA:
        state = f"has schema {found}" if found else "has no schema"
        raise Unavailable(f"the database {store.place} {state} and this release needs {SCHEMA}: run 'registers init'")
