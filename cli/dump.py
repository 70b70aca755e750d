"""`registers dump`: write a register out, whole: its history as RSF, its records or entries in other formats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from bulk.formats.objects import entry_object
from cli.verbs import Terminal, verb, write_out
from registers import redaction, snapshot, trees
from registers.entry import Entry, Region
from registers.errors import Invalid
from registers.merkle import EMPTY_ROOT
from registers.snapshot import Snapshot
from registers.store.engine import Store
from registers.v1 import csv, rsf, shapes
from registers.v1.hashing import hash_text as v1_text
from registers.v2 import rsf as rsf_v2

FORMATS = ("rsf", "rsf-v2", "csv", "json", "ndjson")


@click.command("dump", short_help="Write a register out, as RSF, CSV, JSON or NDJSON.")
@click.argument("register")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="rsf", show_default=True, help="The format.")
@click.option("--what", type=click.Choice(["records", "entries"]), help="By default entries for RSF, else records.")
@click.option("--at", metavar="STATE", help="A size, a day or a timestamp: the state to write.")
@click.option("--output", type=click.Path(dir_okay=False), default="-", help="The file to write; - is stdout.")
@verb
def command(terminal: Terminal, register: str, format_: str, what: str | None, at: str | None, output: str) -> None:
    """Write REGISTER out. RSF is its whole history, and can be loaded again to the same root."""
    if format_ in ("rsf", "rsf-v2") and what == "records":
        raise click.UsageError("RSF holds entries; records come as csv, json or ndjson")
    what = what or ("entries" if format_ in ("rsf", "rsf-v2") else "records")
    with terminal.store() as store:
        with store.reading() as tx:
            state = snapshot.take(tx, snapshot.find_register(tx, register), at)
            definition = snapshot.read_definition(tx, state.register)
            root = state.root(trees.V2 if format_ == "rsf-v2" else trees.V1)
            if format_ == "rsf":
                redaction.check_whole(tx, state.register, 1, state.size, "--format rsf-v2")
        fields = definition.field_names if definition else []
        write_out(WRITERS[what, format_](store, state, fields, root), output)


Writer = Callable[[Store, Snapshot, list[str], bytes], Iterator[str]]


def _entries(store: Store, state: Snapshot) -> Iterator[Entry]:
    return snapshot.stream_entries(store, state.register.id, Region.USER, 1, state.size)


def _rsf(store: Store, state: Snapshot, _fields: list[str], root: bytes, write: Any = rsf.write) -> Iterator[str]:
    sizes = {Region.METADATA: state.head.metadata_entries, Region.USER: state.size}

    def entries(region: Region) -> Iterable[Entry]:
        return snapshot.stream_entries(store, state.register.id, region, 1, sizes[region])

    lines: Iterator[str] = write(EMPTY_ROOT, root, sizes, entries)
    return lines


def _rsf_v2(store: Store, state: Snapshot, fields: list[str], root: bytes) -> Iterator[str]:
    return _rsf(store, state, fields, root, rsf_v2.write)


def _records_csv(store: Store, state: Snapshot, fields: list[str], _root: bytes) -> Iterator[str]:
    if not fields:
        raise Invalid("the register has no fields yet, and a CSV begins with them")
    return csv.records(snapshot.stream_records(store, state), fields)


def _records_json(store: Store, state: Snapshot, _fields: list[str], _root: bytes) -> Iterator[str]:
    return shapes.records(snapshot.stream_records(store, state))


def _records_ndjson(store: Store, state: Snapshot, _fields: list[str], _root: bytes) -> Iterator[str]:
    return (f"{entry.body}\n" for entry in snapshot.stream_records(store, state))


def _entries_csv(store: Store, state: Snapshot, _fields: list[str], _root: bytes) -> Iterator[str]:
    return csv.entries(_entries(store, state))


def _entries_json(store: Store, state: Snapshot, _fields: list[str], _root: bytes) -> Iterator[str]:
    return shapes.entries(_entries(store, state))


def _entries_ndjson(store: Store, state: Snapshot, _fields: list[str], root: bytes) -> Iterator[str]:
    """A header with what the copy promises, then each entry with its hashes: all that an audit needs."""
    header = {"register": state.register.name, "origin": state.register.origin}
    yield json.dumps({**header, "entries": state.size, "root-hash": v1_text(root)}) + "\n"
    for entry in _entries(store, state):
        yield f"{entry_object(entry)}\n"


WRITERS: dict[tuple[str, str], Writer] = {
    ("entries", "rsf"): _rsf,
    ("entries", "rsf-v2"): _rsf_v2,
    ("entries", "csv"): _entries_csv,
    ("entries", "json"): _entries_json,
    ("entries", "ndjson"): _entries_ndjson,
    ("records", "csv"): _records_csv,
    ("records", "json"): _records_json,
    ("records", "ndjson"): _records_ndjson,
}
