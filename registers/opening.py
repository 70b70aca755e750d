"""Opening the store: where the log, which knows no version of the contract, is handed the hashings it keeps."""

from __future__ import annotations

import time

from registers.entry import Hashing
from registers.store.engine import Clock, Store
from registers.v1.hashing import HASHING as V1
from registers.v2.hashing import HASHING as V2

HASHINGS: dict[str, Hashing] = {hashing.name: hashing for hashing in (V1, V2)}


def system_clock() -> int:
    """Now, in whole UTC seconds."""
    return int(time.time())


def open_store(url: str, clock: Clock = system_clock) -> Store:
    """The store at a database URL. Nothing is connected until it is first read or written."""
    return Store(url, HASHINGS, clock)
