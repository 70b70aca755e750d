"""The registers whose records are areas, each kept as an index of all that its areas ever were.

It is a follower: it reads the log behind the writer, and keeps a folder for each state that it has come to, beside
the database (`kept`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import shapely  # type: ignore[import-untyped]
from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

from geo.areas.building import build
from geo.areas.index import Index, Version
from geo.kept import Kept, opener, taken_at
from registers import snapshot
from registers.definition import Definition
from registers.entry import Item, Region
from registers.errors import Invalid
from registers.question import days, title_of
from registers.register import Register
from registers.snapshot import Snapshot
from registers.store import entries
from registers.store.engine import Store, Transaction

DATATYPE = "geometry"


def folder_beside(store: Store, given: str = "") -> Path:
    """Where a store's indexes are: the folder given, or one beside a SQLite file, or `var/places`."""
    if given:
        return Path(given)
    return Path(f"{store.url.database}.places") if store.is_sqlite else Path("var/places")


def geometry_field(definition: Definition | None) -> str | None:
    """The field that says where a record's area is; None for a register whose records are none."""
    fields = definition.fields if definition else ()
    return next((field.name for field in fields if field.datatype == DATATYPE and not field.many), None)


def find_areas(tx: Transaction, name: str) -> Register:
    """The published register of areas of that name. Raises Invalid for one of others, NotFound, Renamed, Retired."""
    register = snapshot.find_register(tx, name, drafts=False)
    if geometry_field(snapshot.read_definition(tx, register)) is None:
        raise Invalid(f"the records of {name} are no areas: none of its fields is a geometry")
    return register


@dataclass(frozen=True, slots=True)
class Standing:
    """A register of areas at a state: its index, and the index's folder; neither for a register without entries."""

    taken: Snapshot
    index: Index | None
    folder: Path | None


class Areas:
    """The follower; `folder` is where the indexes are. Its position is a number of user entries."""

    name = "areas"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept = Kept(self.name, folder)

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        """Make the index of a register's present state, unless it is there; nothing for a register without areas."""
        with store.reading() as tx:
            field = geometry_field(snapshot.read_definition(tx, register))
            taken = snapshot.take(tx, register)
            if field is None or not taken.size:
                return
            place = self._kept.place(taken)
            reached, _ = self._kept.reached(tx, register.id)
        if place == reached and _open(place):
            return
        made = self._kept.made(register.id)
        build(place, *_Making(store, register, field, taken.size).parts(), _open(made[-1]) if made else None)
        # If we crash here, the index is there and nobody looks into it; the next time its position is moved.
        self._kept.move(store, register, taken.size, place)

    def position(self, tx: Transaction, register_id: int) -> int:
        """How many user entries of a register its index is of; 0 when there is none."""
        return self._kept.reached(tx, register_id)[1]

    def index_of(self, tx: Transaction, register_id: int) -> tuple[Index, int] | None:
        """The index that the follower has come to, and its size; None when there is none, or not on this machine."""
        place, size = self._kept.reached(tx, register_id)
        index = _open(place) if place else None
        return (index, size) if index else None

    def at(self, tx: Transaction, register: Register, at: str | None) -> Standing:
        """A register of areas at the state that its index has reached, or at the one that `at` asks for.

        Raises Unavailable for a state whose index is not there yet, and what `snapshot.take` does.
        """
        folder, size = self._kept.reached(tx, register.id)
        index = _open(folder) if folder else None
        return Standing(taken_at(tx, register, size if index else 0, at), index, folder)


_open = opener(Index.open)


class _Making:
    """What an index is made of, read from the log in short transactions."""

    def __init__(self, store: Store, register: Register, field: str, size: int) -> None:
        self.store, self.register, self.field, self.size = store, register, field, size

    def parts(self) -> tuple[Iterator[Version], Callable[[Version], BaseGeometry]]:
        """The versions, and what tells the shape of one."""
        return self._versions(), self._shape_of

    def _versions(self) -> Iterator[Version]:
        """Every version of every area, each until the one that replaced it."""
        held: dict[str, Version] = {}
        for entry in snapshot.stream_entries(self.store, self.register.id, Region.USER, 1, self.size):
            if before := held.pop(entry.key, None):
                yield before._replace(until=entry.number)
            item = json.loads(entry.body)
            if text := self._text(item):
                first, last = days(item)
                name, digest = title_of(item, entry.key), sha256(text.encode()).digest()
                held[entry.key] = Version(entry.key, name, entry.number, None, first, last, digest)
        yield from held.values()

    def _shape_of(self, version: Version) -> BaseGeometry:
        """The shape that a version has, as its entry spells it."""
        with self.store.reading() as tx:
            (entry,) = entries.read(tx.connection, self.register.id, int(Region.USER), version.entry, version.entry)
        return shapely.from_geojson(self._text(json.loads(entry.body)))

    def _text(self, item: Item) -> str:
        value = item.get(self.field, "")
        return value if isinstance(value, str) and value.startswith("{") else ""  # what was redacted has no shape
