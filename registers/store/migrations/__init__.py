"""The schema's history, for all rooms: Alembic revisions, and the two questions asked of them."""

from __future__ import annotations

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from registers.errors import Unavailable
from registers.store.engine import Store

HERE = Path(__file__).parent


def _config(store: Store) -> Config:
    config = Config(stdout=sys.stderr)
    config.set_main_option("script_location", str(HERE))
    config.attributes["store"] = store
    return config


def migrate(store: Store) -> None:
    """Bring the database to this release's schema, creating it when it is empty. Safe to run again, and at once."""
    if store.is_sqlite:
        Path(store.url.database or "").resolve().parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(_config(store), "head")


def schema_version(store: Store) -> str | None:
    """The schema the database has; None when it has none."""
    with store.reading() as tx:
        return MigrationContext.configure(tx.connection).get_current_revision()


def wanted_version() -> str:
    """The schema this release works with."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return str(ScriptDirectory.from_config(config).get_current_head())


def check_schema(store: Store) -> None:
    """Raise Unavailable, naming the command that helps, unless the database has this release's schema."""
    if store.is_sqlite and not Path(store.url.database or "").exists():
        raise Unavailable(f"there is no database at {store.place}: run 'registers init' first")
    found, wanted = schema_version(store), wanted_version()
    if found != wanted:
        state = f"has schema {found}" if found else "has no schema"
        raise Unavailable(f"the database {store.place} {state} and this release needs {wanted}: run 'registers init'")
