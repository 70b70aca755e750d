"""`registers retire`: say that a register is no longer to be used, and what is instead."""

from __future__ import annotations

import click

from cli.verbs import Terminal, verb
from registers import naming


@click.command("retire", short_help="Retire a register, for good.")
@click.argument("register")
@click.option("--successor", metavar="NAME|URL", help="What to use instead: a register that is here, or a URL.")
@verb
def command(terminal: Terminal, register: str, successor: str | None) -> None:
    """Retire REGISTER, for good: it answers that it is gone, and takes no entries any more."""
    with terminal.store() as store:
        made = naming.retire(store, register, successor)
    instead = f"; use {successor} instead" if successor else ""
    value = {"register": made.name, "status": made.status, "successor": made.successor}
    terminal.answer(value, f"{made.name} is retired{instead}.")
