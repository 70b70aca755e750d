"""What answers about areas tell alike: the state of a register, and a version of an area with its dates and links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from api import paging
from geo.areas.index import Hit, Version
from registers.canonical import canonical_json
from registers.snapshot import Snapshot
from registers.trees import V2
from registers.v2.hashing import hash_text


def state(taken: Snapshot) -> dict[str, Any]:
    """A register at a state: its name, its size, its root hash."""
    return _state(taken.register.name, taken.size, taken.root(V2))


def _state(register: str, size: int, root: bytes) -> dict[str, Any]:
    return {"register": register, "entries": size, "root-hash": hash_text(root)}


def hit(found: Hit, taken: Snapshot) -> str:
    """An area that a point lies in, at its register's state: as canonical JSON."""
    register = taken.register.name
    return _hit(found, register, taken.size, taken.root(V2), _records(register))


@lru_cache(maxsize=4096)
def _hit(found: Hit, register: str, size: int, root: bytes, records: str) -> str:
    told = {**_state(register, size, root), "match": found.match, **_version(found.version, records)}
    return canonical_json(told)


def version(told: Version, register: str) -> Mapping[str, Any]:
    """A version of an area: its key and name, the days of its life, its entry, and where its record is."""
    return _version(told, _records(register))


def _records(register: str) -> str:
    return paging.full_path("v2-records.list_records", register=register)


@lru_cache(maxsize=4096)  # what is asked for is mostly what was asked for before
def _version(told: Version, records: str) -> Mapping[str, Any]:
    entries = records.removesuffix("records") + "entries"  # a path is made once, for making one takes long
    links = {"record": f"{records}/{quote(told.key, safe='')}", "entry": f"{entries}/{told.entry}"}
    return {"key": told.key, "name": told.name, "entry-number": told.entry} | links | days(told)


def days(told: Version) -> dict[str, str]:
    """The first and the last day of an area's life, so far as they are known."""
    bounds = (("start-date", told.first), ("end-date", told.last))
    return {name: date.fromordinal(day).isoformat() for name, day in bounds if day is not None}
