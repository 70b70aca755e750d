"""The registers whose records have a place on the map, points or shapes, each kept as positions that are ready to send.

A follower, as `geo.areas.following` is: it reads the log behind the writer and keeps a folder for each state that it
has come to. The position of a record is its field of the datatype `geometry`, or else of `point`; what was redacted has
none.
"""

from __future__ import annotations

import json
from pathlib import Path

from geo.features.gathering import POINT as POINT_TEXT
from geo.features.gathering import Ended, Placed, build
from geo.features.positions import Positions
from geo.features.zooming import forget_overtaken
from geo.kept import Kept, opener, taken_at
from registers import snapshot
from registers.datatypes import datatype
from registers.definition import Definition, Field
from registers.entry import REDACTED, Entry, Item, Region
from registers.errors import Invalid
from registers.question import days, title_of
from registers.register import Register
from registers.snapshot import Snapshot
from registers.store.engine import Store, Transaction

NAME = "features"
GEOMETRY, POINT = "geometry", "point"
LONGEST_NUMBER = 18  # digits of a whole number that JSON readers take for one; a longer one stays text


def position_field(definition: Definition | None) -> Field | None:
    """The field that says where a record is; None for a register whose records are nowhere."""
    fields = [field for field in (definition.fields if definition else ()) if not field.many]
    return next((field for kind in (GEOMETRY, POINT) for field in fields if field.datatype == kind), None)


def property_fields(definition: Definition) -> list[Field]:
    """The fields that are properties of a feature: all but its position, and other shapes."""
    position = position_field(definition)
    return [field for field in definition.fields if field != position and field.datatype != GEOMETRY]


class Features:
    """The follower; `folder` is that of all indexes of places, in which it has one of its own."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        self._kept = Kept(NAME, folder / NAME)

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        """Make the positions of a register's present state, unless they are there; nothing where there are none."""
        with store.reading() as tx:
            definition = snapshot.read_definition(tx, register)
            taken = snapshot.take(tx, register)
            if definition is None or position_field(definition) is None or not taken.size:
                return
            place = self._kept.place(taken)
            reached, _ = self._kept.reached(tx, register.id)
        if place == reached and _open(place):
            return
        entries = snapshot.stream_entries(store, register.id, Region.USER, 1, taken.size)
        reader = _Reader(definition)
        build(place, (version for entry in entries if (version := reader.read(entry))), reader.found_by)
        # If we crash here, the positions are there and nobody looks at them; the next time this one is moved.
        self._kept.move(store, register, taken.size, place)
        forget_overtaken(place.parent)

    def position(self, tx: Transaction, register_id: int) -> int:
        """How many user entries of a register its positions are of; 0 when there are none."""
        return self._kept.reached(tx, register_id)[1]

    def positions_of(self, tx: Transaction, register_id: int) -> tuple[Positions, int] | None:
        """The positions that the follower has come to, and their size; None when there are none on this machine."""
        place, size = self._kept.reached(tx, register_id)
        positions = _open(place) if place else None
        return (positions, size) if positions else None

    def at(self, tx: Transaction, name: str, at: str | None) -> tuple[Snapshot, Positions | None]:
        """A published register at the state that its positions have come to, or as `at` asks, and the positions.

        These are None for a register without entries. Raises Invalid for one whose records are nowhere, Unavailable for
        a state that is not known here yet, and what `snapshot.find_register` and `snapshot.take` do.
        """
        register = snapshot.find_register(tx, name, drafts=False)
        if position_field(snapshot.read_definition(tx, register)) is None:
            raise Invalid(f"the records of {name} are nowhere: none of its fields is a point or a geometry")
        positions, size = self.positions_of(tx, register.id) or (None, 0)
        return taken_at(tx, register, size, at), positions


_open = opener(Positions.open)


class _Reader:
    """Reads entries of a register so defined."""

    def __init__(self, definition: Definition) -> None:
        position = position_field(definition)
        self.position = position.name if position else ""
        self.is_point = position is not None and position.datatype == POINT
        self.fields = property_fields(definition)
        self.found_by = [field.name for field in self.fields if not field.many]

    def read(self, entry: Entry) -> Placed | Ended | None:
        """What an entry says of its record's position."""
        item = json.loads(entry.body)
        geometry = self._geometry(item)
        if geometry is None:
            return Ended(entry.key, entry.number)
        first, last = days(item)
        properties = json.dumps(self._properties(item), ensure_ascii=False, separators=(",", ":"))
        values = {name: item[name] for name in self.found_by if name in item}
        return Placed(entry.key, title_of(item, entry.key), entry.number, first, last, geometry, properties, values)

    def _geometry(self, item: Item) -> str | None:
        value = item.get(self.position)
        if not isinstance(value, str) or value.startswith(REDACTED):
            return None
        if not self.is_point:
            return value if value.startswith("{") else None
        if datatype(POINT).check(value):
            return None
        return f"{POINT_TEXT}{value.replace(' ', '')}}}"

    def _properties(self, item: Item) -> dict[str, object]:
        found: dict[str, object] = {}
        for field in self.fields:
            value = item.get(field.name)
            if isinstance(value, list):
                found[field.name] = [typed(field, each) for each in value if not each.startswith(REDACTED)]
            elif value is not None and not value.startswith(REDACTED):
                found[field.name] = typed(field, value)
        return found


def typed(field: Field, value: str) -> str | int | bool:
    """A value as JSON has it: a number or a truth value where its field is of such."""
    if field.datatype == "integer" and len(value) <= LONGEST_NUMBER and not datatype("integer").check(value):
        return int(value)
    if field.datatype == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
