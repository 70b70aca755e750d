"""The schema's history, for all rooms, as Alembic revisions; `registers.store.schema` says which is wanted."""

from __future__ import annotations

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

from registers.store.engine import Store

HERE = Path(__file__).parent


def migrate(store: Store) -> None:
    """Bring the database to this release's schema, creating it when it is empty. Safe to run again, and at once."""
    if store.is_sqlite:
        Path(store.url.database or "").resolve().parent.mkdir(parents=True, exist_ok=True)
    config = Config(stdout=sys.stderr)
    config.set_main_option("script_location", str(HERE))
    config.attributes["store"] = store
    command.upgrade(config, "head")
