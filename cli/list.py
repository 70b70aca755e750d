"""`registers list`: the registers in the database."""

from __future__ import annotations

import json

import click

from cli.verbs import Terminal, verb
from registers import snapshot
from registers.entry import timestamp_text
from registers.register import Register
from registers.store import registers
from registers.store.engine import Transaction


@click.command("list", short_help="List the registers, drafts too.")
@verb
def command(terminal: Terminal) -> None:
    """List the registers, drafts too."""
    with terminal.store() as store, store.reading() as tx:
        rows = [_row(tx, register) for register in registers.find_all(tx.connection)]
    if terminal.as_json:
        click.echo(json.dumps({"registers": rows}, ensure_ascii=False))
    elif not rows:
        click.echo("There are no registers yet: 'registers load countries' brings one.")
    else:
        click.echo(f"{'REGISTER':<32} {'STATUS':<10} {'RECORDS':>9} {'ENTRIES':>9}  LAST UPDATED")
        for row in rows:
            click.echo(
                "{register:<32} {status:<10} {total-records:>9} {total-entries:>9}  {last-updated}".format(**row)
            )


def _row(tx: Transaction, register: Register) -> dict[str, object]:
    head = snapshot.read_head(tx, register)
    return {
        "register": register.name,
        "status": register.status,
        "total-records": head.records,
        "total-entries": head.entries,
        "last-updated": timestamp_text(head.latest) if head.entries else "",
    }
