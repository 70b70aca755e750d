"""`registers load`: bring a source's records into its register, or replay RSF files."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from cli.verbs import Terminal, progress_bar, verb, warn
from loaders import loading, replay
from loaders.rsf_steps import Load
from registers.batch import Rules
from registers.errors import Invalid
from registers.store.engine import Store
from registers.v1.hashing import hash_text

SHOWN = 5  # of the things that a relaxed load let through
RSF = "rsf"


@click.command("load", short_help="Load a source, or replay RSF files.")
@click.argument("source", type=click.Choice([RSF, *loading.SOURCES]))
@click.argument("paths", nargs=-1, type=click.Path(dir_okay=False))
@click.option("--as", "name", metavar="NAME", help="Replay the file as the register NAME.")
@click.option("--relaxed", is_flag=True, help="Let through what the published GOV.UK archive holds, and report it.")
@verb
def command(terminal: Terminal, source: str, paths: tuple[str, ...], name: str | None, relaxed: bool) -> None:
    """Load SOURCE into its register, appending only what differs; or, with the source `rsf`, replay RSF files.

    Each register is loaded whole or not at all.
    """
    if source != RSF:
        if paths or name or relaxed:
            raise click.UsageError(f"{source} takes no files, and neither --as nor --relaxed")
        return _load_source(terminal, source)
    if not paths:
        raise click.UsageError("rsf takes one or more files; - is stdin")
    if name and len(paths) > 1:
        raise click.UsageError("--as goes with one file")
    with terminal.store() as store:
        for path in paths:
            _replay(terminal, store, path, name, relaxed)
    return None


def _load_source(terminal: Terminal, name: str) -> None:
    source = loading.SOURCES[name]
    with terminal.store() as store, progress_bar(f"Loading {source.REGISTER}") as progress:
        loaded = loading.load(store, source, terminal.authority(), terminal.settings.operator, progress)
    counts = {"added": loaded.added, "changed": loaded.changed, "unchanged": loaded.unchanged}
    sentence = f"{source.REGISTER}: {loaded.added} added, {loaded.changed} changed, {loaded.unchanged} unchanged."
    terminal.answer({"register": source.REGISTER, **counts}, sentence)


def _replay(terminal: Terminal, store: Store, path: str, name: str | None, relaxed: bool) -> None:
    notes: list[str] = []
    with _opened(path) as stream, progress_bar(f"Loading {Path(path).name}") as progress:
        size = os.fstat(stream.fileno()).st_size
        try:
            load = Load(
                terminal.authority(f"rsf {Path(path).name}"),
                terminal.settings.operator,
                Rules(relaxed, notes.append),
                lambda done: progress(done, size),
            )
            replayed = replay.replay(store, name or replay.name_in(stream), stream, load)
        except Invalid as error:
            raise Invalid(f"{path}: {error}") from None
    _report(path, notes)
    root = hash_text(replayed.root)
    value = {"register": replayed.register.name, "added": replayed.added, "root-hash": root, "notes": len(notes)}
    terminal.answer(value, f"{replayed.register.name}: {replayed.added} entries added, root {root}.")


def _report(path: str, notes: list[str]) -> None:
    for note in notes[:SHOWN]:
        warn(f"{path}: {note}")
    if len(notes) > SHOWN:
        warn(f"{path}: and {len(notes) - SHOWN} more like these")


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The file, or stdin kept in a temporary file, for it is read twice."""
    if path == "-":
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
            spool.seek(0)
            yield spool
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115  closed below
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from None
    with stream:
        yield stream
