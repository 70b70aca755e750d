"""`registers show`: a register, or one of its records, now or at a past state."""

from __future__ import annotations

import json

import click

from cli.verbs import Terminal, verb
from registers import snapshot
from registers.definition import Definition
from registers.entry import Entry, timestamp_text
from registers.snapshot import Snapshot
from registers.v1.hashing import hash_text


@click.command("show", short_help="Show a register or a record, now or at a past state.")
@click.argument("register")
@click.argument("key", required=False)
@click.option("--at", metavar="STATE", help="A size, a day or a timestamp: the state to show it at.")
@verb
def command(terminal: Terminal, register: str, key: str | None, at: str | None) -> None:
    """Show REGISTER, or its record KEY, now or at a past state."""
    with terminal.store() as store, store.reading() as tx:
        found = snapshot.find_register(tx, register)
        state = snapshot.take(tx, found, at)
        value = record_shape(state.record(key)) if key else _register(state, snapshot.read_definition(tx, found))
    if terminal.as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        click.echo("\n".join(f"{name + ':':<22}{text(shown)}" for name, shown in value.items() if shown != ""))


def record_shape(entry: Entry) -> dict[str, object]:
    """An entry and its item, in one flat object."""
    fixed = {"entry-number": entry.number, "entry-timestamp": entry.timestamp_text, "key": entry.key}
    return {**fixed, "item-hash": hash_text(entry.digests["v1"]), **json.loads(entry.body)}


def text(value: object) -> str:
    """A value for people."""
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def _register(state: Snapshot, definition: Definition | None) -> dict[str, object]:
    updated = state.last_updated
    return {
        "register": state.register.name,
        "title": definition.title if definition else "",
        "status": state.register.status,
        "tier": definition.tier if definition else state.register.tier,
        "custodian": definition.custodian if definition else "",
        "fields": definition.field_names if definition else [],
        "total-records": state.total_records,
        "total-entries": state.size,
        "root-hash": hash_text(state.root()),
        "last-updated": "" if updated is None else timestamp_text(updated),
        "text": definition.text if definition else "",
    }
