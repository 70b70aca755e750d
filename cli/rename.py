"""`registers rename`: give a register another name."""

from __future__ import annotations

import click

from cli.verbs import Terminal, verb
from registers import naming


@click.command("rename", short_help="Give a register another name.")
@click.argument("register")
@click.argument("new")
@verb
def command(terminal: Terminal, register: str, new: str) -> None:
    """Call REGISTER by the name NEW from now on. If it is published, addresses under the old name lead to the new."""
    with terminal.store() as store:
        made = naming.rename(store, register, new, terminal.authority("terminal"))
    sentence = f"{register} is now called {made.name}."
    terminal.answer({"register": made.name, "former-name": register, "status": made.status}, sentence)
