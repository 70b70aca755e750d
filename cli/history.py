"""`registers history`: every entry that a key has had."""

from __future__ import annotations

import json

import click

from cli.show import record_shape, text
from cli.verbs import Terminal, verb
from registers import snapshot


@click.command("history", short_help="Show every entry that a key has had.")
@click.argument("register")
@click.argument("key")
@verb
def command(terminal: Terminal, register: str, key: str) -> None:
    """Show every entry that KEY has had in REGISTER, oldest first, and what each changed."""
    with terminal.store() as store, store.reading() as tx:
        trail = snapshot.take(tx, snapshot.find_register(tx, register)).trail(key)
    if terminal.as_json:
        click.echo(json.dumps({"entries": [record_shape(entry) for entry in trail]}, ensure_ascii=False))
        return
    before: dict[str, object] = {}
    for entry in trail:
        item = json.loads(entry.body)
        click.echo(f"entry {entry.number}, {entry.timestamp_text}")
        for field in sorted(before.keys() | item.keys()):
            if before.get(field) != item.get(field):
                click.echo(f"  {field}: {text(before.get(field, '(none)'))} → {text(item.get(field, '(none)'))}")
        before = item
