"""That a file was loaded: when a list was last looked at, and that it need not be read again.

What a load does depends on the bytes of its file, on what else was said of it, on this room's own code, and on the
registers: the one it loads into and those that it looks keys up in. When all of these are as they were at the last
load, there is nothing to be done, and only that the list was looked at is worth noting.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

from loaders import confirmations
from loaders import store as comparisons
from loaders.planning import Counts
from loaders.source import Source
from loaders.store import Comparison
from registers import snapshot
from registers.register import Register, Revision
from registers.store import registers
from registers.store.engine import Store, Transaction

FILES = ("mapping", "codes")  # options that name a file


@dataclass(frozen=True, slots=True)
class File:
    """What is loaded: a file (None for a source that needs none), its SHA-256, and what else was said of it.

    `as_at` dates the entries to a day, for a history made again from files of that day.
    """

    path: Path | None = None
    digest: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    as_at: date | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did. `revision` is the last it made, None when the register was as its source already."""

    register: Register
    revision: Revision | None
    counts: Counts
    warnings: list[str]
    notes: list[str]


def repeated(store: Store, source: Source, file: File) -> Loaded | None:
    """What a load of a file does that was the last to be loaded, when nothing has changed since; None otherwise."""
    name = source.keeps(file.options) if source.keeps else source.about.register
    with store.reading() as tx:
        register = registers.find(tx.connection, name) if file.digest and name else None
        last = comparisons.latest(tx.connection, register.id, source.about.name) if register else None
        if register is None or last is None or last.reading != _reading(tx, source, file):
            return None
        if snapshot.read_head(tx, register).entries != last.entries:
            return None
    counts = Counts(unchanged=last.added + last.changed + last.ended + last.unchanged)
    _note(store, register, last._replace(added=0, changed=0, ended=0, unchanged=counts.unchanged))
    return Loaded(register, None, counts, [], ["the file is the one that was loaded last, and was not read again"])


@dataclass(frozen=True, slots=True)
class Seen:
    """What a load saw: how many records, and which entries the file confirms; all after `size` came from it."""

    dated: date | None
    counts: Counts
    confirmed: array[int] = field(default_factory=lambda: array("Q"))
    size: int = 0


def remember(store: Store, register: Register, source: Source, file: File, seen: Seen) -> None:
    """Say that a register was held against a source."""
    dated, counts = file.as_at or seen.dated, seen.counts
    with store.reading() as tx:
        entries = snapshot.read_head(tx, register).entries
        made = Comparison(
            time=tx.clock(),
            source=source.about.name,
            file=file.digest,
            reading=_reading(tx, source, file),
            dated=dated.isoformat() if dated else "",
            entries=entries,
            added=counts.added,
            changed=counts.changed,
            ended=counts.ended,
            unchanged=counts.unchanged,
            confirmed=confirmations.packed(seen.confirmed, range(seen.size + 1, entries + 1), entries),
        )
    _note(store, register, made)


def _note(store: Store, register: Register, made: Comparison) -> None:
    with store.writing() as tx:
        comparisons.add(tx.connection, register.id, made._replace(time=tx.clock()))


def _reading(tx: Transaction, source: Source, file: File) -> str:
    """The hash of all that a reading depends on beside the register it is for."""
    named = {name: _digest(Path(file.options[name])) for name in FILES if name in file.options}
    sizes = {name: _size(tx, name) for name in sorted(source.looks_up)}
    parts = [file.digest, sorted(file.options.items()), named, sizes, _code()]
    return sha256(json.dumps(parts).encode()).hexdigest()


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""  # whoever reads it says what is wrong


def _size(tx: Transaction, name: str) -> int:
    register = registers.find_by_any_name(tx.connection, name)
    return snapshot.read_head(tx, register).entries if register else 0


@cache
def _code() -> str:
    """The hash of this room, for another release may read the same file otherwise."""
    files = (path for path in sorted(Path(__file__).parent.rglob("*.*")) if path.suffix in (".py", ".yaml"))
    return sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
