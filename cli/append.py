"""`registers append`: give items to keys, one by one or many as NDJSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import click

from cli.verbs import Terminal, verb, warn
from registers import lifecycle, snapshot
from registers.batch import Change, Rules
from registers.errors import Invalid
from registers.item import parse_item
from registers.lines import read_lines
from registers.v1.hashing import hash_text


@click.command("append", short_help="Append one item, or many as NDJSON.")
@click.argument("register")
@click.option("--item", metavar="JSON", help="One item, as a JSON object.")
@click.option("--file", "stream", type=click.File("rb"), help="Items as NDJSON, one to a line; - is stdin.")
@verb
def command(terminal: Terminal, register: str, item: str | None, stream: BinaryIO | None) -> None:
    """Append items to REGISTER, all of them or none. Each holds its own key, in the register's key field."""
    if (item is None) == (stream is None):
        raise click.UsageError("give either --item JSON or --file NDJSON")
    with terminal.store() as store:
        with store.reading() as tx:
            definition = snapshot.read_definition(tx, snapshot.find_register(tx, register))
        if definition is None:
            raise Invalid(f"the register {register} has no definition yet")
        lines = [("the item", item)] if stream is None else _lines(stream)
        changes = _changes(lines, definition.key_field)
        appended = lifecycle.append(store, register, changes, terminal.authority("terminal"), Rules(note=warn))
    made = appended.revision
    first, last, root = appended.first, made.entries, hash_text(made.v1_root)
    entries = f"entry {last}" if first == last else f"entries {first} to {last}"
    value = {"register": register, "first-entry": first, "last-entry": last, "root-hash": root}
    terminal.answer(value, f"{register}: {entries}, root {root}.")


def _lines(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    for number, line in read_lines(stream, whole=False):
        if line.strip():
            yield f"line {number}", line


def _changes(lines: Iterator[tuple[str, str]] | list[tuple[str, str | None]], key_field: str) -> Iterator[Change]:
    for place, text in lines:
        try:
            item = parse_item(text or "")
        except Invalid as error:
            raise Invalid(f"{place}: {error}") from None
        key = item.get(key_field)
        if not isinstance(key, str):
            raise Invalid(f"{place}: {key_field}: the item lacks it, or holds a list, and it must be the key")
        yield Change(key, item, place=place)
