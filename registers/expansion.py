"""Links followed, one level: the records that the values of some items point at, without a query for each.

A link leads to the current record of a published register here; one that leads anywhere else is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from registers import snapshot
from registers.definition import Field
from registers.entry import Item
from registers.item import linked_keys
from registers.snapshot import Snapshot
from registers.store import records, registers
from registers.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Expansion:
    """The records that were found: their bodies, as canonical JSON, by register and key; and the registers' states."""

    bodies: Mapping[tuple[str, str], str]
    states: Sequence[Snapshot]


def expand(tx: Transaction, fields: Sequence[Field], items: Iterable[Item]) -> Expansion:
    """Follow the links in these fields: two queries for each register that is pointed at."""
    wanted: dict[str, set[str]] = {}
    for item in items:
        for _, target, key in linked_keys(fields, item):
            wanted.setdefault(target, set()).add(key)
    bodies: dict[tuple[str, str], str] = {}
    states = []
    for name in sorted(wanted):
        register = registers.find_by_any_name(tx.connection, name)
        if register and register.status == "published":
            states.append(snapshot.take(tx, register))
            found = records.bodies(tx.connection, register.id, sorted(wanted[name]))
            bodies |= {(name, key): body for key, body in found.items()}
    return Expansion(bodies, states)


def expanded(fields: Sequence[Field], item: Item, expansion: Expansion) -> dict[str, dict[str, str | None]]:
    """For one item: by field, by value as it is written, the body of the record it links to, or None."""
    by_field: dict[str, dict[str, str | None]] = {}
    for field in fields:
        value = item.get(field.name)
        for member in [value] if isinstance(value, str) else value or ():
            register, key = field.link(member)
            by_field.setdefault(field.name, {})[member] = expansion.bodies.get((register or "", key))
    return by_field
