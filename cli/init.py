"""`registers init`: create the database, or bring it to this release's schema."""

from __future__ import annotations

import click

from cli.verbs import Terminal, verb
from registers.store.migrations import migrate
from registers.store.schema import schema_version


@click.command("init", short_help="Create the database, or bring it to this release's schema.")
@verb
def command(terminal: Terminal) -> None:
    """Create the database, or bring it to this release's schema. Safe to run again."""
    with terminal.store(check=False) as store:
        migrate(store)
        version = schema_version(store)
        terminal.answer(
            {"database": store.place, "schema": version}, f"The database is {store.place}, with schema {version}."
        )
