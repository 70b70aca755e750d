"""The registers whose records are areas, each kept as an index of all that its areas ever were.

The one module of the room that knows registers. It is a follower: it reads the log behind the writer, and keeps a
folder for each state that it has come to, beside the database. A folder is never changed, so those who look into one
may go on while the next is made; what has been overtaken is taken away. All of it can be made again from the log.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import shapely  # type: ignore[import-untyped]
from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

from geo.index import Index, Version, build
from registers import snapshot
from registers.definition import Definition
from registers.entry import Item, Region
from registers.question import days, title_of
from registers.register import Register
from registers.store import entries, followers, registers
from registers.store.engine import Store, Transaction

KEPT = 2  # states of a register: the last, and the one that somebody may still be looking into
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


class Areas:
    """The follower; `folder` is where the indexes are. Its position is a number of user entries."""

    name = "areas"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        """Make the index of a register's present state, unless it is there; nothing for a register without areas."""
        with store.reading() as tx:
            field = geometry_field(snapshot.read_definition(tx, register))
            size = snapshot.read_head(tx, register).entries
            position = self.position(tx, register.id)
        if field is None or (position == size and self._place(register.id, size).is_dir()):
            return
        making = _Making(store, register, field, size)
        build(self._place(register.id, size), making.versions(), making.shape_of, self.latest(register.id))
        # If we crash here, the index is there and nobody looks into it; the next time its position is moved.
        with store.following() as tx:
            if not registers.hold(tx.connection, register.id):
                return
            _, note = followers.claim(tx.connection, self.name, register.id)
            followers.move(tx.connection, self.name, register.id, size, note)
        self._forget_old(register.id)

    def position(self, tx: Transaction, register_id: int) -> int:
        """How many user entries of a register its index is of; 0 when there is none."""
        return followers.read(tx.connection, self.name, register_id)[0]

    def index_of(self, tx: Transaction, register_id: int) -> tuple[Index, int] | None:
        """The index that the follower has come to, and its size; None when it has not begun."""
        size = self.position(tx, register_id)
        place = self._place(register_id, size)
        return (_opened(place), size) if size and place.is_dir() else None

    def latest(self, register_id: int) -> Index | None:
        """The index of the latest state that there is, whether or not its position was moved."""
        sizes = self._sizes(register_id)
        return _opened(self._place(register_id, sizes[-1])) if sizes else None

    def _place(self, register_id: int, size: int) -> Path:
        return self.folder / f"{register_id}-{size}"

    def _sizes(self, register_id: int) -> list[int]:
        found = self.folder.glob(f"{register_id}-*") if self.folder.is_dir() else ()
        numbers = (each.name.partition("-")[2] for each in found)
        return sorted(int(number) for number in numbers if number.isdigit())

    def _forget_old(self, register_id: int) -> None:
        for size in self._sizes(register_id)[:-KEPT]:
            shutil.rmtree(self._place(register_id, size), ignore_errors=True)


@lru_cache(maxsize=256)
def _opened(place: Path) -> Index:
    return Index.open(place)


class _Making:
    """What an index is made of, read from the log in short transactions."""

    def __init__(self, store: Store, register: Register, field: str, size: int) -> None:
        self.store, self.register, self.field, self.size = store, register, field, size

    def versions(self) -> Iterator[Version]:
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

    def shape_of(self, version: Version) -> BaseGeometry:
        """The shape that a version has, as its entry spells it."""
        with self.store.reading() as tx:
            (entry,) = entries.read(tx.connection, self.register.id, int(Region.USER), version.entry, version.entry)
        return shapely.from_geojson(self._text(json.loads(entry.body)))

    def _text(self, item: Item) -> str:
        value = item.get(self.field, "")
        return value if isinstance(value, str) and value.startswith("{") else ""  # what was redacted has no shape
