"""What the tests build with: a clock to set by hand, a store that checks itself, and small registers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from registers import lifecycle, snapshot
from registers.batch import Change, Rules
from registers.canonical import canonical_json
from registers.definition import Definition, Field
from registers.entry import Entry, Region, timestamp_text
from registers.fsck import check_all
from registers.log import Appended
from registers.opening import HASHINGS
from registers.register import Authority, Head, Register, Revision
from registers.store import registers
from registers.store.engine import Store, Transaction

NOW = 1_700_000_000  # 2023-11-14T22:13:20Z
AUTHORITY = Authority("tester", source="the tests")
OPERATOR = "registers.example.org"
EMPTY = "sha-256:" + sha256(b"").hexdigest()

COUNTRY = (
    Field("country"),
    Field("name"),
    Field("citizen-names", cardinality="n"),
    Field("start-date", "datetime"),
    Field("end-date", "datetime"),
)


@dataclass
class FixedClock:
    """A clock that stands still until a test sets it."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


class CheckedStore(Store):
    """A store that, after each write, checks every log in it from the ground up, until `checking` is put off."""

    checking = True

    def __init__(self, url: str, clock: FixedClock) -> None:
        super().__init__(url, HASHINGS, clock)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        with super().writing() as tx:
            yield tx
        if self.checking:
            check_all(self)


def definition(name: str = "country", fields: Sequence[Field | str] = COUNTRY, **members: str) -> Definition:
    """A definition whose key field is its first."""
    made = tuple(Field(field) if isinstance(field, str) else field for field in fields)
    return Definition(name, members.pop("key_field", made[0].name), made, **members)


def make(store: Store, name: str = "country", fields: Sequence[Field | str] = COUNTRY) -> Register:
    """Create a draft register."""
    return lifecycle.create(store, definition(name, fields), AUTHORITY, OPERATOR)


def country(key: str, name: object = None, timestamp: int | None = None, **values: object) -> Change:
    """A change of a country; the values' names take a hyphen for an underscore."""
    given = {member.replace("_", "-"): value for member, value in values.items()}
    return Change(key, {"country": key, "name": name, **given}, timestamp)


def append(
    store: Store, *changes: Change, to: str = "country", relaxed: bool = False, notes: list[str] | None = None
) -> Appended:
    """Append changes; what is let through goes to `notes`."""
    heard = [] if notes is None else notes
    return lifecycle.append(store, to, changes, AUTHORITY, Rules(relaxed, heard.append))


def grow(store: Store, count: int, to: str = "country", start: int = 0) -> Appended:
    """Append `count` changes with keys of their own, to a register whose fields `country` and `name` will do."""
    return append(store, *(country(f"K{n}", f"name {n}") for n in range(start, start + count)), to=to)


# Reading


def head_of(store: Store, name: str = "country") -> Head:
    """Where a register stands."""
    with store.reading() as tx:
        return snapshot.read_head(tx, snapshot.find_register(tx, name))


def entries_of(store: Store, name: str = "country", region: Region = Region.USER) -> list[Entry]:
    """All entries of a region."""
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        head = snapshot.read_head(tx, register)
    last = head.entries if region is Region.USER else head.metadata_entries
    return list(snapshot.stream_entries(store, register.id, region, 1, last))


def revisions_of(store: Store, name: str = "country") -> list[Revision]:
    """All revisions."""
    with store.reading() as tx:
        return registers.revisions(tx.connection, snapshot.find_register(tx, name).id)


def names_in(store: Store) -> list[str]:
    """The names of all registers, and of those that a load has not finished."""
    with store.reading() as tx:
        found = registers.find_all(tx.connection) + registers.find_all(tx.connection, loading=True)
    return [register.name for register in found]


def rows_in(store: Store) -> dict[str, int]:
    """How many rows each table of the log has."""
    tables = ("register", "head", "revision", "entry", "item", "item_lookup", "record", "tile")
    with store.reading() as tx:
        counted = (tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table}") for table in tables)
        return {table: result.scalar_one() for table, result in zip(tables, counted, strict=True)}


# Written anew, from the contract alone: what the log is held against


def leaf_bytes(number: int, key: str, timestamp: int, body: str) -> bytes:
    """The leaf of an entry in the v1 tree (§1.7 of the contract)."""
    members = {
        "index-entry-number": str(number),
        "entry-number": str(number),
        "entry-timestamp": timestamp_text(timestamp),
        "key": key,
        "item-hash": [f"sha-256:{sha256(body.encode()).hexdigest()}"],
    }
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, as it stands there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


# RSF


def item_line(item: dict[str, object]) -> str:
    """An add-item line."""
    return f"add-item\t{canonical_json(item)}"


def entry_line(key: str, item: dict[str, object], timestamp: int = NOW, region: str = "user") -> str:
    """An append-entry line."""
    digest = sha256(canonical_json(item).encode()).hexdigest()
    return f"append-entry\t{region}\t{key}\t{timestamp_text(timestamp)}\tsha-256:{digest}"


def rsf_of(changes: Sequence[tuple[str, dict[str, object]]], made: Definition | None = None) -> list[str]:
    """The lines of a whole file: a definition, then entries, each a second after the one before."""
    system = (made or definition()).entries()
    system = [(key, {name: value for name, value in item.items() if value}) for key, item in system]
    bodies = dict.fromkeys(item_line(dict(item)) for _, item in [*system, *changes])
    leaves = [leaf_bytes(n, key, NOW - 1000 + n, canonical_json(item)) for n, (key, item) in enumerate(changes, 1)]
    return [
        f"assert-root-hash\t{EMPTY}",
        *bodies,
        *(entry_line(key, dict(item), NOW - 1000, "system") for key, item in system),
        *(entry_line(key, item, NOW - 1000 + n) for n, (key, item) in enumerate(changes, 1)),
        f"assert-root-hash\tsha-256:{naive_root(leaves).hex()}",
    ]
