"""`registers publish`: make a draft public."""

from __future__ import annotations

import click

from cli.verbs import Terminal, verb
from registers import lifecycle


@click.command("publish", short_help="Make a draft public.")
@click.argument("register")
@verb
def command(terminal: Terminal, register: str) -> None:
    """Make the draft REGISTER public. From then on nothing in it is ever changed or deleted."""
    with terminal.store() as store:
        made = lifecycle.publish(store, register)
    terminal.answer({"register": made.name, "status": made.status}, f"{made.name} is published.")
