"""`registers drop`: take a draft away."""

from __future__ import annotations

import click

from cli.verbs import Terminal, verb
from registers import lifecycle


@click.command("drop", short_help="Take a draft away, with all it holds.")
@click.argument("register")
@verb
def command(terminal: Terminal, register: str) -> None:
    """Take the draft REGISTER away, with all it holds. A register that was published cannot be dropped."""
    with terminal.store() as store:
        lifecycle.drop(store, register)
    terminal.answer({"register": register, "dropped": True}, f"{register} is gone.")
