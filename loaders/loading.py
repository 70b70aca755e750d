"""Loading a source: its file is read and held against its register, and what differs is appended, whole or not at all.

    load      a register that is not here is made (`filling`); one that is gets a plan, which is applied at once
    plan      the plan alone, for people to look at; nothing is written
    apply     exactly a plan that was shown

Each load leaves a comparison: that the list was looked at, and what that showed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from loaders import filling, planning, repeating
from loaders import store as comparisons
from loaders.planning import Counts, Planned, Progress, Request
from loaders.repeating import File, Loaded, Seen
from loaders.resolving import resolve
from loaders.source import Reading, Source
from loaders.store import Comparison
from registers import applying, snapshot
from registers import plan as plans
from registers.applying import Applied
from registers.errors import Conflict
from registers.register import Authority, Register
from registers.store import registers
from registers.store.engine import Store, Transaction

CHUNK = 20_000  # entries in one commit of a new register


def load(store: Store, source: Source, file: File, authority: Authority, operator: str, progress: Progress) -> Loaded:
    """Bring a source's register to what a file says now.

    A file that was loaded last, into a register that has not moved on since, is not read again. Raises Wrong, with all
    that is wrong with the file; Conflict when the register's entries came from elsewhere; Invalid when the source now
    means something else by a field. Then no entry is written.
    """
    if again := repeating.repeated(store, source, file):
        return again
    reading = resolve(store, source.read(file.path, file.options))
    register = _find(store, reading.definition.name)
    if register is None:
        told = replace(authority, source=source.about.name)
        filled = filling.fill_new(store, reading, file.as_at, told, operator, progress)
        counts = Counts(added=filled.entries)
        # If we crash here, the register is durable and public, and that it was looked at is not; the next load says so.
        repeating.remember(store, filled.register, source, file, Seen(reading.dated, counts))
        return Loaded(filled.register, filled.revision, counts, [], reading.notes)
    _check_origin(store, register, source)
    with _planned(store, source, reading, file, progress) as made:
        revision = None
        if not made.is_empty:
            told = replace(authority, source=applying.source_text(made.header, made.digest))
            revision = applying.apply(store, made.lines(), told, operator).revision
        # If we crash here, the entries are durable, and that they were looked at is not; the next load says so.
        seen = Seen(reading.dated, made.counts, made.confirmed, made.header.entries)
        repeating.remember(store, register, source, file, seen)
        return Loaded(register, revision, made.counts, made.warnings, made.notes)


@contextmanager
def plan(store: Store, source: Source, file: File, progress: Progress) -> Iterator[Planned]:
    """The plan that would bring a source's register to what a file says, for as long as the block lasts.

    Raises as `load` does.
    """
    reading = resolve(store, source.read(file.path, file.options))
    register = _find(store, reading.definition.name)
    if register:
        _check_origin(store, register, source)
    with _planned(store, source, reading, file, progress) as made:
        yield made


def apply(
    store: Store, lines: Callable[[], Iterable[bytes]], digest: str, authority: Authority, operator: str
) -> Applied:
    """Append exactly a plan, whose lines can be read as often as need be. Raises as `registers.applying.apply` does."""
    header, _ = plans.read(lines())
    told = replace(authority, source=applying.source_text(header, digest))
    return applying.apply(store, lines(), told, operator)


@contextmanager
def _planned(store: Store, source: Source, reading: Reading, file: File, progress: Progress) -> Iterator[Planned]:
    request = Request(source.about.name, file.digest, file.as_at)
    with planning.planned(store, reading, request, progress) as made:
        made.warnings += _age(store, source, reading, file)
        yield made


def _find(store: Store, name: str) -> Register | None:
    with store.reading() as tx:
        return snapshot.find_register(tx, name) if registers.find_by_any_name(tx.connection, name) else None


def _check_origin(store: Store, register: Register, source: Source) -> None:
    """Raise Conflict when the first entries are not this source's: an import must not be written over.

    A table is a custodian's own, and may go on with any register.
    """
    if source.is_open:
        return
    with store.reading() as tx:
        if not snapshot.read_head(tx, register).entries:
            return
        made = registers.revisions(tx.connection, register.id)
    first = next((revision for revision in made if revision.entries), None)
    if first is None or first.source.partition(" ")[0] != source.about.name:
        raise Conflict(
            f"the register {register.name} is here already and was not made from {source.about.name}, "
            "which must not write over it: load it into another database"
        )


# When a list was looked at


def _age(store: Store, source: Source, reading: Reading, file: File) -> list[str]:
    """A warning if the file is older than the last that was loaded."""
    dated = file.as_at or reading.dated
    with store.reading() as tx:
        register = registers.find(tx.connection, reading.definition.name)
        last = comparisons.latest(tx.connection, register.id, source.about.name) if register else None
    if dated and last and last.dated and dated.isoformat() < last.dated:
        return [f"this file is of {dated}, and the last that was loaded of {last.dated}"]
    return []


def last_compared(tx: Transaction, register: Register) -> Comparison | None:
    """When the register was last held against a source, and what that showed."""
    return comparisons.latest(tx.connection, register.id)
