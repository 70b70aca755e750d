"""Sources made of rows that a test gives, and how tests load them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from loaders import loading
from loaders.loading import File, Loaded
from loaders.planning import Planned
from loaders.source import About, Ending, Problems, Reading, Row, Source
from registers import snapshot
from registers.definition import Definition
from registers.entry import Entry, Item
from registers.store.engine import Store
from tests.makers import AUTHORITY, OPERATOR, definition

Items = Iterable[Mapping[str, object]]


def source(
    items: Items,
    carries: Iterable[str] | None = None,
    complete: Callable[[Item], bool] | None = None,
    ending: Ending | None = None,
    dated: date | None = None,
    of: Definition | None = None,
) -> Source:
    """A source of `country`, or of another definition, with one row for each item."""
    made = of or definition()

    def read(_path: Path | None, _options: Mapping[str, str]) -> Reading:
        rows = [Row(str(item[made.key_field]), item, f"row {n}") for n, item in enumerate(items, 2)]
        carried = frozenset(carries or made.field_names) | {made.key_field}
        return Reading(made, carried, rows, Problems(), complete, ending, dated)

    return Source(About("given", made.name, "Given", "", "", "", "", ""), read, needs_file=False)


def load(store: Store, given: Source, as_at: date | None = None) -> Loaded:
    """Load a source at once."""
    return loading.load(store, given, File(as_at=as_at), AUTHORITY, OPERATOR, quietly)


def plan(
    store: Store, given: Source, look: Callable[[Planned], Any] = lambda made: made, as_at: date | None = None
) -> Any:
    """What is seen of the plan for a source while it is there."""
    with loading.plan(store, given, File(as_at=as_at), quietly) as made:
        return look(made)


def content(made: Planned) -> bytes:
    """The bytes of a plan."""
    return b"".join(made.lines())


def quietly(_done: int, _total: int | None) -> None:
    """No progress."""


def counts(loaded: Loaded | Planned) -> tuple[int, int, int, int]:
    """How many records were added, changed, ended and left."""
    found = loaded.counts
    return found.added, found.changed, found.ended, found.unchanged


def entries(store: Store, name: str = "country") -> list[Entry]:
    """All entries of a register."""
    with store.reading() as tx:
        taken = snapshot.take(tx, snapshot.find_register(tx, name))
        return taken.entries(1, taken.size)


def items(store: Store, name: str = "country", at: str | None = None) -> dict[str, dict[str, Any]]:
    """The records of a register, now or at a state."""
    with store.reading() as tx:
        taken = snapshot.take(tx, snapshot.find_register(tx, name), at)
    return {entry.key: json.loads(entry.body) for entry in snapshot.stream_records(store, taken)}
