"""What answers about areas tell alike: the state of a register, and a version of an area with its dates and links."""

from __future__ import annotations

from datetime import date
from typing import Any

from api import paging
from geo.index import Version
from registers.snapshot import Snapshot
from registers.trees import V2
from registers.v2.hashing import hash_text


def state(taken: Snapshot) -> dict[str, Any]:
    """A register at a state: its name, its size, its root hash."""
    return {"register": taken.register.name, "entries": taken.size, "root-hash": hash_text(taken.root(V2))}


def version(told: Version, register: str) -> dict[str, Any]:
    """A version of an area: its key and name, the days of its life, its entry, and where its record is."""
    record = paging.full_path("v2-records.show_record", register=register, key=told.key)
    entry = paging.full_path("v2-entries.show_entry", register=register, number=str(told.entry))
    named = {"key": told.key, "name": told.name, "entry-number": told.entry, "record": record, "entry": entry}
    return named | days(told)


def days(told: Version) -> dict[str, str]:
    """The first and the last day of an area's life, so far as they are known."""
    bounds = (("start-date", told.first), ("end-date", told.last))
    return {name: date.fromordinal(day).isoformat() for name, day in bounds if day is not None}
