"""Keys of another register, for what a source calls its records by: a school's authority by its statistical code.

The other register has to be here. Where it is not, the field is not carried, and a note says so; where it is, and has
no record with a value, the field stays blank, and a note says how many such values there were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from loaders.source import Reading, Resolution, Row
from registers import snapshot
from registers.question import values_of
from registers.store import registers
from registers.store.engine import Store

EXAMPLES = 3


def resolve(store: Store, reading: Reading) -> Reading:
    """The reading with keys in the fields that it resolves, as far as the registers are here and have them."""
    for field, resolution in reading.resolves.items():
        known = _known(store, resolution)
        if known is None:
            note = f"{field} is left out: the register {resolution.register} is not here to look it up in"
            rows = _without(reading.rows, field)
            reading = replace(reading, carries=reading.carries - {field}, rows=rows)
            reading.notes.append(note)
        else:
            reading = replace(reading, rows=_looked_up(reading, field, known))
    return reading


def _known(store: Store, resolution: Resolution) -> dict[str, str] | None:
    """The keys of a register by what its records have in the fields, the first of which counts most.

    None when the register is not here. One that has another name now is.
    """
    with store.reading() as tx:
        register = registers.find_by_any_name(tx.connection, resolution.register)
        if register is None or register.status == "retired":
            return None
        taken = snapshot.take(tx, register)
    known: list[dict[str, str]] = [{} for _ in resolution.by]
    for entry in snapshot.stream_records(store, taken):
        item = json.loads(entry.body)
        for field, keys in zip(resolution.by, known, strict=True):
            for value in values_of(item, field):
                keys.setdefault(value, entry.key)
    return {value: key for keys in reversed(known) for value, key in keys.items()}


def _without(rows: Iterable[Row], field: str) -> Iterator[Row]:
    for row in rows:
        yield row._replace(item={name: value for name, value in row.item.items() if name != field})


def _looked_up(reading: Reading, field: str, known: dict[str, str]) -> Iterator[Row]:
    unknown: dict[str, int] = {}
    for row in reading.rows:
        value = row.item.get(field)
        if value is None:
            yield row
            continue
        key = known.get(str(value))
        if key is None:
            unknown[str(value)] = unknown.get(str(value), 0) + 1
        yield row._replace(item={**row.item, field: key})
    if unknown:
        shown = ", ".join(list(unknown)[:EXAMPLES])
        many = sum(unknown.values())
        rows = "1 row has" if many == 1 else f"{many} rows have"
        reading.notes.append(f"{rows} a value of {field} that no record has, and it is left blank there: {shown}")
