"""Appending in bulk: the whole path on SQLite against the sum of its stages done bare, and as the log grows.

The bare stages are the same steps without what makes them an append: no keys looked up, no numbering, no
transaction objects, no compare-and-swap. Both write the same rows to tables of the same schema in files beside
each other, turn and turn about, so that a noisy machine is noisy to both.
"""

from __future__ import annotations

import sqlite3
import time
from hashlib import sha256
from pathlib import Path

from registers import lifecycle, merkle
from registers.canonical import canonical_json
from registers.datatypes import datatype
from registers.entry import timestamp_text
from registers.opening import open_store
from registers.register import Authority
from registers.store.engine import Store
from registers.store.migrations import migrate
from registers.store.sqlite import PRAGMAS
from registers.v1 import hashing as v1
from registers.v2 import hashing as v2
from tests.benchmarks.rows import DEFINITION, changes, item

BATCH = 20_000
ROUNDS = 10


def new_store(folder: Path, name: str) -> Store:
    """A fresh store with an empty register to append to."""
    store = open_store(f"sqlite:///{folder / name}")
    migrate(store)
    lifecycle.create(store, DEFINITION, Authority("benchmark"), "localhost")
    return store


def append_batch(store: Store, first: int, count: int = BATCH) -> float:
    """Seconds that one append of `count` new records takes, from plain dictionaries to the commit."""
    made = list(changes(first, count))
    start = time.perf_counter()
    lifecycle.append(store, "school", made, Authority("benchmark"))
    return time.perf_counter() - start


class Bare:
    """The stages done bare, on a database of the same schema."""

    def __init__(self, folder: Path) -> None:
        store = new_store(folder, "bare.db")
        store.close()
        self.connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
        for pragma in PRAGMAS:
            self.connection.execute(f"PRAGMA {pragma}")
        self.checks = [(field.name, field.many, datatype(field.datatype).check) for field in DEFINITION.fields]
        self.size, self.chain = 0, bytes(32)
        self.edges: dict[str, tuple[bytes, ...]] = {"v1": (), "v2": ()}

    def batch(self, first: int, count: int = BATCH) -> float:
        """Seconds that the stages take for one batch."""
        items = [item(number) for number in range(first, first + count)]
        start = time.perf_counter()
        self._validate(items)
        bodies = list(map(canonical_json, items))
        v1_hashes = [sha256(body.encode()).digest() for body in bodies]
        v2_hashes = list(map(v2.blob_digest, items))
        numbers, keys = range(self.size + 1, self.size + count + 1), [each["school"] for each in items]
        stamp = timestamp_text(int(time.time()))
        stamps = [stamp] * count
        leaves = {
            "v1": list(map(v1.leaf_hash, numbers, keys, stamps, v1_hashes)),
            "v2": list(map(v2.leaf_hash, numbers, keys, stamps, v2_hashes)),
        }
        chains = self._chain(leaves["v1"])
        tiles = [row for tree in leaves for row in self._grow(tree, leaves[tree])]
        self._insert(numbers, keys, (bodies, v1_hashes, v2_hashes, chains), tiles)
        self.size += count
        return time.perf_counter() - start

    def _validate(self, items: list[dict[str, str | list[str]]]) -> None:
        for each in items:
            for name, many, check in self.checks:
                value = each[name]
                for member in value if many else (value,):
                    assert check(member) is None

    def _chain(self, leaves: list[bytes]) -> list[bytes]:
        chains, chain = [], self.chain
        for leaf in leaves:
            chain = sha256(chain + leaf).digest()
            chains.append(chain)
        self.chain = chain
        return chains

    def _grow(self, tree: str, leaves: list[bytes]) -> list[tuple[int, str, int, int, bytes]]:
        growth = merkle.grow(self.size, self.edges[tree], leaves)
        self.edges[tree] = growth.edge
        rows = []
        for level, (first, hashes) in growth.runs.items():
            for start in range(-first % 256, len(hashes) - 255, 256):
                rows.append((1, tree, level, (first + start) // 256, b"".join(hashes[start : start + 256])))
        return rows

    def _insert(self, numbers: range, keys: list, columns: tuple, tiles: list) -> None:
        bodies, v1_hashes, v2_hashes, chains = columns
        now = int(time.time())
        many = self.connection.executemany
        self.connection.execute("BEGIN IMMEDIATE")
        rows = zip(numbers, keys, chains, strict=True)
        entries = [(1, 0, number, key, now, now, number, number, chain) for number, key, chain in rows]
        many("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", entries)
        rows = zip(numbers, v1_hashes, v2_hashes, bodies, strict=True)
        many("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?)", [(1, 0, *row) for row in rows])
        pairs = zip(v1_hashes, numbers, strict=True)
        look_up = sorted((int.from_bytes(digest[:8], "big", signed=True), 1, 0, number) for digest, number in pairs)
        many("INSERT INTO item_lookup VALUES (?, ?, ?, ?)", look_up)
        records = [(1, 0, key, number, None) for key, number in zip(keys, numbers, strict=True)]
        many("INSERT INTO record VALUES (?, ?, ?, ?, ?)", records)
        many("INSERT INTO tile VALUES (?, ?, ?, ?, ?)", tiles)
        self.connection.execute("COMMIT")


def bulk_append(folder: Path) -> dict[str, float]:
    """The whole path against the stage sum, in batches of 20,000."""
    store, bare = new_store(folder, "whole.db"), Bare(folder)
    append_batch(store, 0), bare.batch(0)
    whole = stages = 0.0
    for number in range(1, ROUNDS + 1):
        whole += append_batch(store, number * BATCH)
        stages += bare.batch(number * BATCH)
    store.close()
    return {
        "entries a second, whole path": ROUNDS * BATCH / whole,
        "entries a second, stage sum": ROUNDS * BATCH / stages,
        "whole path / stage sum (want >= 0.6)": stages / whole,
    }
