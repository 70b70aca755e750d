"""`registers backup`: one file that holds everything, verified."""

from __future__ import annotations

from pathlib import Path

import click

from cli.verbs import Terminal, progress_bar, verb
from registers import backup


@click.command("backup", short_help="Write a verified backup to a new file.")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@verb
def command(terminal: Terminal, path: Path) -> None:
    """Write a backup of the database to the new file PATH, and verify it before saying yes."""
    with terminal.store() as store, progress_bar("Backing up") as progress:
        checked = backup.backup(store, path, progress)
    terminal.answer({"backup": str(path), "entries": checked}, f"{path} holds {checked} entries, all verified.")
