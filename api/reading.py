"""A register as it is shown: published ones only, at a state, in one consistent read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api import current, state
from api.heads import Kept
from registers import snapshot
from registers.definition import Definition
from registers.errors import Corrupt, Invalid
from registers.snapshot import Snapshot
from registers.store.engine import Transaction


@contextmanager
def reading(name: str, at: str | None = None) -> Iterator[Snapshot]:
    """The register of that name, now or as `at` asks; what is answered from it rests on that state.

    Raises NotFound, for drafts as well, Retired, Renamed, and NotModified when the caller has the answer.
    """
    heads, store = current.heads(), current.store()
    mark = store.mark()
    known = heads.known(name, mark) if at is None else None
    if known and state.rest_on_head(known):
        raise state.NotModified
    with store.reading() as tx:
        found = heads.read(tx, name, mark)
        taken = _take(tx, name, found, at)
        if found is None or found != known:
            state.rest_on([taken])
        yield taken


def _take(tx: Transaction, name: str, found: Kept | None, at: str | None) -> Snapshot:
    if found is None or found.register.status != "published":
        return snapshot.take(tx, snapshot.find_register(tx, name, drafts=False), at)  # which says what is wrong
    size = found.head.entries if at is None else snapshot.size_at(tx, found.head, at)
    return Snapshot(tx, found.register, found.head, size)


def definition_of(taken: Snapshot) -> Definition:
    """The register's definition. Raises Corrupt if it has none, as no published register may."""
    definition = current.heads().definition(taken)
    if definition is None:
        raise Corrupt(f"the register {taken.register.name} is published and has no definition")
    return definition


def check_size(taken: Snapshot, size: int) -> None:
    """Raise Invalid for a size that the log never had: as published, not found is for what is no number."""
    if not 0 <= size <= taken.size:
        raise Invalid(f"the register {taken.register.name} has {taken.size} entries, and never had {size}")
