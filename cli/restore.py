"""`registers restore`: a backup into an empty database, verified."""

from __future__ import annotations

from pathlib import Path

import click

from cli.verbs import Terminal, progress_bar, verb
from registers import backup


@click.command("restore", short_help="Restore a backup into an empty database.")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@verb
def command(terminal: Terminal, path: Path) -> None:
    """Restore the backup PATH into an empty database (it is created if need be), and verify it before saying yes."""
    with terminal.store(check=False) as store, progress_bar("Restoring") as progress:
        checked = backup.restore(path, store, progress)
        place = store.place
    terminal.answer({"database": place, "entries": checked}, f"{place} holds {checked} entries, all verified.")
