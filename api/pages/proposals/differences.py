"""What a proposal would change, as people read it: record by record, each field before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api import current
from api.pages import values
from api.pages.reading import moves
from api.pages.reading.moves import Move
from api.pages.values import Changed, Shown, Values
from registers import snapshot
from registers.entry import Item
from registers.plan import Difference
from registers.register import Register
from registers.store import registers
from registers.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of a record: `kind` is added, changed or ended; `href` leads to it where it is to be seen.

    `move` is what becomes of where it is, None where that stays.
    """

    key: str
    name: str
    kind: str
    rows: Sequence[Changed]
    href: str
    move: Move | None = None


def told(name: str, differences: Sequence[Difference]) -> list[Told]:
    """The differences of a register of that name, its links followed where they lead somewhere."""
    sides = [_side(each, side) for each in differences for side in ("from", "to")]
    with current.store().reading() as tx:
        register = registers.find_by_any_name(tx.connection, name)
        shown = _values(tx, register, sides)
        found = [_move(tx, register, shown, each) for each in differences]
    is_there = register is not None and register.status == "published"
    published = register.name if register and is_there else ""
    return [_told(each, shown, published, move) for each, move in zip(differences, found, strict=True)]


def move_of(tx: Transaction, name: str, difference: Difference) -> Move | None:
    """What becomes of where a record is, of the register of that name; None where that stays, or is not known."""
    register = registers.find_by_any_name(tx.connection, name)
    return _move(tx, register, _values(tx, register, []), difference)


def _move(tx: Transaction, register: Register | None, shown: Values | None, each: Difference) -> Move | None:
    if register is None or shown is None or not moves.is_placed(shown.definition):
        return None
    look = moves.among_areas(shown.definition, snapshot.take(tx, register))
    return moves.find(look, _side(each, "from"), _side(each, "to"))


def _values(tx: Transaction, register: Register | None, items: Sequence[Item]) -> Values | None:
    """What it takes to follow links; None for a register that is not there, or is no more."""
    if register is None or register.status == "retired":
        return None
    definition = snapshot.read_definition(tx, register)
    return values.values(snapshot.take(tx, register), definition, items) if definition else None


def _told(each: Difference, shown: Values | None, published: str, move: Move | None) -> Told:
    before, after = (_shown(_side(each, side), shown) for side in ("from", "to"))
    rows = [Changed(field, before.get(field, ()), after.get(field, ())) for field in each.fields]
    href = values.record_path(published, each.key) if published and each.kind != "added" else ""
    return Told(each.key, each.name, each.kind, rows, href, move)


def _side(each: Difference, side: str) -> Item:
    return {field: sides[side] for field, sides in each.fields.items() if side in sides}


def _shown(item: Item, shown: Values | None) -> Mapping[str, Sequence[Shown]]:
    """The values of one side; of a field that the register has not yet, and would get, as plain text."""
    known = shown.of(item) if shown else {}
    return {field: known.get(field) or values.plain(value) for field, value in item.items()}
