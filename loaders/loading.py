"""Loading a source: its file is read and held against its register, and what differs is appended, whole or not at all.

    load      a register that is not here is made (`filling`); one that is gets a plan, which is applied at once
    plan      the plan alone, for people to look at; nothing is written
    apply     exactly a plan that was shown

Each load leaves a comparison: that the list was looked at, and what that showed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from hashlib import file_digest
from typing import BinaryIO

from loaders import doubts, filling, planning, repeating
from loaders import store as comparisons
from loaders.planning import Counts, Planned, Progress, Request
from loaders.repeating import File, Loaded, Seen
from loaders.resolving import resolve
from loaders.source import Reading, Source
from registers import applying, snapshot
from registers import plan as plans
from registers.applying import Applied
from registers.batch import NEW
from registers.errors import Conflict
from registers.register import Authority, Register
from registers.store import registers
from registers.store.engine import Store


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
        made_here = range(1, filled.entries + 1)
        seen = Seen(file.digest, file.as_at or reading.dated, counts, (), made_here, filled.entries)
        repeating.remember(store, filled.register, source, file, seen)
        return Loaded(filled.register, filled.revision, counts, [], reading.notes)
    _check_origin(store, register, source)
    with _planned(store, source, reading, file, progress) as made:
        applied = None
        if not made.is_empty:
            told = replace(authority, source=applying.source_text(made.header, made.digest))
            applied = applying.apply(store, made.lines(), told, operator)
        # If we crash here, the entries are durable, and that they were looked at is not; the next load says so.
        size, own = _written(applied, made.header.entries)
        seen = Seen(file.digest, file.as_at or reading.dated, made.counts, made.confirmed, own, size)
        repeating.remember(store, register, source, file, seen)
        revision = applied.revision if applied else None
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


def apply(store: Store, stream: BinaryIO, authority: Authority, operator: str) -> Applied:
    """Append exactly a plan, read from its file, and say that the list was held against its source.

    What the plan leaves as it is, it does not name, and so does not confirm. Raises as `registers.applying.apply` does.
    """
    stream.seek(0)
    digest = file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # it takes any stream that reads into
    header, _ = plans.read(plans.lines_of(stream))
    told = replace(authority, source=applying.source_text(header, digest))
    applied = applying.apply(store, plans.lines_of(stream), told, operator)
    # If we crash here, the entries are durable, and their revision alone says that they came from a source.
    new = sum(change.replaces == NEW for change in plans.read(plans.lines_of(stream))[1])
    size, own = _written(applied, header.entries)
    counts = Counts(added=new, changed=applied.entries - new)
    day = header.as_at or header.dated
    seen = Seen(header.file, date.fromisoformat(day) if day else None, counts, (), own, size)
    repeating.note(store, applied.register, header.source, seen)
    return applied


def _written(applied: Applied | None, size: int) -> tuple[int, range]:
    """The size that an act alone would bring its register to, from the one it was planned at; and what it made."""
    if applied is None or applied.revision is None:
        return size, range(0)
    last = applied.revision.entries
    return size + applied.entries, range(last - applied.entries + 1, last + 1)


@contextmanager
def _planned(store: Store, source: Source, reading: Reading, file: File, progress: Progress) -> Iterator[Planned]:
    request = Request(source.about.name, file.digest, file.as_at)
    with planning.planned(store, reading, request, progress) as made:
        made.warnings += _suspicions(store, source, reading, file, made.rows)
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


def _suspicions(store: Store, source: Source, reading: Reading, file: File, rows: int) -> list[str]:
    """Warnings about a file that is older than the last that was loaded, or much shorter."""
    dated, told = file.as_at or reading.dated, []
    with store.reading() as tx:
        register = registers.find(tx.connection, reading.definition.name)
        last = comparisons.latest(tx.connection, register.id, source.about.name) if register else None
    if dated and last and last.dated and dated.isoformat() < last.dated:
        told.append(f"this file is of {dated}, and the last that was loaded of {last.dated}")
    before = last.added + last.changed + last.unchanged if last and last.reading else 0
    if reading.complete is None and before >= doubts.FEW and rows <= before * (1 - doubts.MOST_MISSING):
        told.append(f"this file has {rows:,} records, and the last that was loaded had {before:,}")
    return told
