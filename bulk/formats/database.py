"""A SQLite database of a whole register: its history, a typed view of its records, full-text search, and its proofs.

    state              what the database is of, by name: the register, sizes, root hashes
    field              the fields, in order, with their datatypes
    entry, metadata    every entry, with its hashes and its item as JSON
    record             which entry each key has
    records            a view: a row a record, a column a field; integers and booleans as numbers where they fit
    search             full-text search over records; its rowid is the record's entry:
                           SELECT records.* FROM search JOIN records ON _entry = search.rowid WHERE search MATCH 'wales'
    tile               the hashes of both trees in runs of 256 at levels 0, 8, 16 …, from which any proof is made

The trees are grown from the entries as they are written, and the file is refused unless they have the state's roots.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from bulk.source import Source
from registers import merkle
from registers.definition import Definition, Field
from registers.entry import Entry, Hashing
from registers.errors import Corrupt, Unavailable
from registers.folding import NOT_INDEXED
from registers.merkle import HASH_BYTES, TILE_WIDTH
from registers.v1.hashing import hash_text as v1_text
from registers.v2.hashing import hash_text as v2_text

CHUNK = 1000
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE field (position INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, datatype TEXT NOT NULL,
    cardinality TEXT NOT NULL, register TEXT, text TEXT NOT NULL);
CREATE TABLE entry (number INTEGER PRIMARY KEY, timestamp TEXT NOT NULL, key TEXT NOT NULL,
    item_hash TEXT NOT NULL, blob_hash TEXT NOT NULL, chain_hash TEXT NOT NULL, item TEXT NOT NULL);
CREATE TABLE metadata (number INTEGER PRIMARY KEY, timestamp TEXT NOT NULL, key TEXT NOT NULL,
    item_hash TEXT NOT NULL, blob_hash TEXT NOT NULL, chain_hash TEXT NOT NULL, item TEXT NOT NULL);
CREATE TABLE record (key TEXT PRIMARY KEY, entry INTEGER UNIQUE NOT NULL REFERENCES entry) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(words, content='', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE tile (tree TEXT NOT NULL, level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL,
    PRIMARY KEY (tree, level, number)) WITHOUT ROWID;
"""
_NUMBERED = "CAST(CAST({value} AS INTEGER) AS TEXT) = {value} THEN CAST({value} AS INTEGER)"


def write(source: Source, _what: str, path: Path) -> None:
    """A database of the register. Raises Corrupt when what is stored does not have the roots that it should."""
    path.unlink(missing_ok=True)
    try:
        _write(source, path)
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the database cannot be written: {error}") from error


def _write(source: Source, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(_TABLES)
        database.execute("BEGIN")
        _write_state(database, source)
        _write_fields(database, source.definition)
        _write_entries(database, source)
        _write_records(database, source)
        database.execute(_view(source.definition))
        database.execute("CREATE INDEX entry_by_key ON entry (key)")
        database.execute("INSERT INTO search (search) VALUES ('optimize')")
        database.execute("COMMIT")


def _write_state(database: sqlite3.Connection, source: Source) -> None:
    state = source.state
    told = {
        "register": state.register,
        "origin": state.origin,
        "key-field": source.definition.key_field,
        "size": str(state.size),
        "metadata-size": str(state.metadata_size),
        "time": state.time,
        "root-hash": v2_text(state.v2_root),
        "v1-root-hash": v1_text(state.v1_root),
        "metadata-root-hash": v1_text(state.metadata_root),
    }
    database.executemany("INSERT INTO state VALUES (?, ?)", told.items())


def _write_fields(database: sqlite3.Connection, definition: Definition) -> None:
    rows = [(n, f.name, f.datatype, f.cardinality, f.register, f.text) for n, f in enumerate(definition.fields, 1)]
    database.executemany("INSERT INTO field VALUES (?, ?, ?, ?, ?, ?)", rows)


def _write_entries(database: sqlite3.Connection, source: Source) -> None:
    roots = {"v1": source.state.v1_root, "v2": source.state.v2_root}
    trees = {name: GrowingTree(source.store.hashings[name]) for name in roots}
    for chunk in _chunks(source.entries()):
        _insert(database, "entry", chunk)
        for tree in trees.values():
            _insert_tiles(database, tree, tree.add(chunk))
    for name, tree in trees.items():
        _insert_tiles(database, tree, tree.left_over())
        if tree.root != roots[name]:
            raise Corrupt(f"the entries of {source.state.register} do not have the {name} root that is published")
    for chunk in _chunks(source.metadata()):
        _insert(database, "metadata", chunk)


def _insert(database: sqlite3.Connection, table: str, chunk: Iterable[Entry]) -> None:
    rows = [
        (e.number, e.timestamp_text, e.key, v1_text(e.digests["v1"]), v2_text(e.digests["v2"]), e.chain.hex(), e.body)
        for e in chunk
    ]
    database.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608 - one of our names


def _insert_tiles(database: sqlite3.Connection, tree: GrowingTree, tiles: Iterable[tuple[int, int, bytes]]) -> None:
    rows = [(tree.hashing.name, *tile) for tile in tiles]
    database.executemany("INSERT INTO tile VALUES (?, ?, ?, ?)", rows)


def _write_records(database: sqlite3.Connection, source: Source) -> None:
    searched = [field.name for field in source.definition.fields if field.datatype not in NOT_INDEXED]
    for chunk in _chunks(source.records()):
        database.executemany("INSERT INTO record VALUES (?, ?)", [(entry.key, entry.number) for entry in chunk])
        words = [(entry.number, _words(json.loads(entry.body), searched)) for entry in chunk]
        database.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", words)


def _words(item: dict[str, str | list[str]], fields: Iterable[str]) -> str:
    values = (item[name] for name in fields if name in item)
    return "\n".join(value if isinstance(value, str) else "\n".join(value) for value in values)


def _chunks(found: Iterator[Entry]) -> Iterator[list[Entry]]:
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _view(definition: Definition) -> str:
    columns = ", ".join(_column(field) for field in definition.fields)
    return (
        f"CREATE VIEW records AS SELECT record.key AS _id, record.entry AS _entry, {columns} "  # noqa: S608 - checked names
        "FROM record JOIN entry ON entry.number = record.entry"
    )


def _column(field: Field) -> str:
    """A field as a column: JSON for a list; a number where the datatype has numbers and the value fits; else text."""
    value = f"json_extract(item, '$.\"{field.name}\"')"
    typed = {
        "integer": f"CASE WHEN {_NUMBERED.format(value=value)} ELSE {value} END",
        "boolean": f"CASE {value} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE {value} END",
    }
    chosen = value if field.many else typed.get(field.datatype, value)
    return f'{chosen} AS "{field.name}"'


class GrowingTree:
    """One tree, grown as entries are written, and the tiles that fill on the way: `(level, number, hashes)`."""

    def __init__(self, hashing: Hashing) -> None:
        self.hashing = hashing
        self._size = 0
        self._edge: tuple[bytes, ...] = ()
        self._waiting: dict[int, tuple[int, bytearray]] = {}

    @property
    def root(self) -> bytes:
        """The root over all that was added."""
        return merkle.fold(self._edge)

    def add(self, chunk: Iterable[Entry]) -> Iterator[tuple[int, int, bytes]]:
        """Add entries; the tiles that are full now."""
        name, leaf = self.hashing.name, self.hashing.leaf_hash
        leaves = [leaf(e.number, e.key, e.timestamp_text, e.digests[name]) for e in chunk]
        growth = merkle.grow(self._size, self._edge, leaves)
        self._size, self._edge = growth.size, growth.edge
        for level, (_, hashes) in growth.runs.items():
            yield from self._fill(level, b"".join(hashes))

    def _fill(self, level: int, hashes: bytes) -> Iterator[tuple[int, int, bytes]]:
        number, waiting = self._waiting.get(level, (0, bytearray()))
        waiting += hashes
        width = TILE_WIDTH * HASH_BYTES
        while len(waiting) >= width:
            yield level, number, bytes(waiting[:width])
            number, waiting = number + 1, waiting[width:]
        self._waiting[level] = (number, waiting)

    def left_over(self) -> Iterator[tuple[int, int, bytes]]:
        """The last tile of each level, which is not full."""
        return ((level, number, bytes(hashes)) for level, (number, hashes) in self._waiting.items() if hashes)
