"""That a file was loaded: when a list was last looked at, and that it need not be read again.

What a load does depends on the bytes of its file, on what else was said of it, on this room's own code, and on the
registers: the one it loads into and those that it looks keys up in. When all of these are as they were at the last
load, there is nothing to be done, and only that the list was looked at is worth noting.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path

from loaders import confirmations
from loaders import store as comparisons
from loaders.planning import Counts
from loaders.source import Source
from loaders.store import Comparison
from registers import snapshot
from registers.errors import Invalid
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
        if register and register.status == "retired":
            return None  # whoever loads into it is told so
        last = comparisons.latest(tx.connection, register.id, source.about.name) if register else None
        if register is None or last is None or last.reading != _reading(tx, source, file):
            return None
        if snapshot.read_head(tx, register).entries != last.entries:
            return None
    counts = Counts(unchanged=last.added + last.changed + last.ended + last.unchanged)
    _note_again(store, register, last._replace(added=0, changed=0, ended=0, unchanged=counts.unchanged))
    return Loaded(register, None, counts, [], ["the file is the one that was loaded last, and was not read again"])


@dataclass(frozen=True, slots=True)
class Seen:
    """What a load saw: of which file, how many records, which entries the file confirms, and which the load `made`.

    `size` is what the load alone would bring the register to: if others wrote meanwhile it has another, and the file is
    read again.
    """

    file: str
    dated: date | None
    counts: Counts
    confirmed: Iterable[int]
    made: range
    size: int


def remember(store: Store, register: Register, source: Source, file: File, seen: Seen) -> None:
    """Say that a register was held against a source, so that the same file need not be read again."""
    with store.reading() as tx:
        reading = _reading(tx, source, file)
    note(store, register, source.about.name, seen, reading)


def note(store: Store, register: Register, source: str, seen: Seen, reading: str = "") -> None:
    """Say what was seen of a file; without a `reading` nobody can tell later that it is the same one."""
    counts = {name: getattr(seen.counts, name) for name in ("added", "changed", "ended", "unchanged")}
    with store.writing() as tx:
        made = Comparison(
            time=tx.clock(),
            source=source,
            file=seen.file,
            reading=reading,
            dated=seen.dated.isoformat() if seen.dated else "",
            entries=seen.size,
            confirmed=confirmations.packed(seen.confirmed, seen.made, max(seen.size, seen.made.stop)),
            **counts,
        )
        comparisons.add(tx.connection, register.id, made)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file; of a shapefile with all its parts, for its names are in another than its shapes.

    Empty for a folder, which is read each time. Raises Invalid for what cannot be read.
    """
    if path.is_dir():
        return ""
    parts = sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix.lower() == ".shp" else [path]
    hashing = sha256()
    try:
        for part in parts:
            with part.open("rb") as stream:
                digest = file_digest(stream, "sha256")
            if len(parts) == 1:
                return digest.hexdigest()
            hashing.update(part.name.encode() + digest.digest())
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from None
    return hashing.hexdigest()


def _note_again(store: Store, register: Register, made: Comparison) -> None:
    with store.writing() as tx:
        comparisons.add(tx.connection, register.id, made._replace(time=tx.clock()))


def _reading(tx: Transaction, source: Source, file: File) -> str:
    """The hash of all that a reading depends on beside the register it is for."""
    named = {name: _digest(Path(file.options[name])) for name in FILES if name in file.options}
    sizes = {name: _size(tx, name) for name in sorted(source.looks_up)}
    said = [file.digest, file.path.name if file.path else "", str(file.as_at), sorted(file.options.items())]
    parts = [*said, named, sizes, _code(), _libraries()]
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
    """The hash of the rooms that read files, for another release may read the same file otherwise."""
    rooms = (Path(__file__).parents[1] / name for name in ("loaders", "geo", "registers"))
    found = (path for room in rooms for path in sorted(room.rglob("*.*")))
    files = (path for path in found if path.suffix in (".py", ".yaml"))
    return sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


@cache
def _libraries() -> list[str]:
    """The versions of what reads files for us."""
    return [f"{name} {version(name)}" for name in ("pyarrow", "openpyxl", "pyogrio", "shapely", "convertbng")]
