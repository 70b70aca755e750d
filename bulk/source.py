"""A register at a state, as the writers of files read it: records or entries, in order, none missing.

A writer is given streams that end well only when all was there: one that is short, or whose definition or redactions
changed while it was read, raises, so that nothing that is not whole is ever taken for a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from registers import snapshot
from registers.definition import Definition
from registers.entry import Entry, Region, timestamp_text
from registers.errors import Corrupt, Moved
from registers.register import Register
from registers.snapshot import Snapshot
from registers.store.engine import Store, Transaction
from registers.store.records import Joined
from registers.trees import V2

RELEASE = "1"  # of the formats: counted up when what is written of a state changes
TOLD = 1000  # rows after which progress is told
Progress = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class State:
    """What a file is of: a register, the sizes and roots of its two logs, and how many records it has there."""

    register: str
    origin: str
    size: int
    metadata_size: int
    records: int
    latest: int | None
    v1_root: bytes
    v2_root: bytes
    metadata_root: bytes

    @cached_property
    def name(self) -> str:
        """What files of this state are kept under: its size, and a digest of all that tells it from others."""
        told = (RELEASE, self.register, self.v1_root.hex(), self.v2_root.hex(), self.metadata_root.hex())
        return f"{self.size}-{sha256(repr(told).encode()).hexdigest()[:16]}"

    @property
    def time(self) -> str:
        """The time of the last entry as text; nothing when there is none."""
        return "" if self.latest is None else timestamp_text(self.latest)

    def rows(self, what: str) -> int:
        """How many records, or else entries."""
        return self.records if what == "records" else self.size


@dataclass(frozen=True)
class States:
    """What a file of all registers is of: the state of each at one moment, by name."""

    each: tuple[State, ...]

    @cached_property
    def name(self) -> str:
        """What files of these states are kept under: how many they are, and a digest of them all."""
        told = [(state.register, state.name) for state in self.each]
        return f"{len(told)}-{sha256(repr(told).encode()).hexdigest()[:16]}"


def state_of(taken: Snapshot) -> State:
    """The state that a snapshot is of."""
    register, head = taken.register, taken.head
    return State(
        register=register.name,
        origin=register.origin,
        size=taken.size,
        metadata_size=head.metadata_entries,
        records=taken.total_records,
        latest=taken.last_updated,
        v1_root=taken.root(),
        v2_root=taken.root(V2),
        metadata_root=head.metadata_root,
    )


@dataclass(frozen=True)
class Source:
    """A register at a state, and where it is read. `progress` is told how many of how many rows were given."""

    store: Store
    taken: Snapshot
    state: State
    definition: Definition
    progress: Progress = silent

    @property
    def register(self) -> Register:
        """The register."""
        return self.taken.register

    def records(self) -> Iterator[Entry]:
        """The entries that are records, latest first. Raises Corrupt when they are not as many as there should be."""
        return self._whole(snapshot.stream_records(self.store, self.taken), self.state.records)

    def identified(self) -> Iterator[tuple[str, str]]:
        """The records as their keys and bodies, latest first. Raises Corrupt, as `records` does."""
        return ((key, body) for chunk in self.joined() for _, key, body in chunk.each())

    def joined(self) -> Iterator[Joined]:
        """The same in chunks, joined."""
        given, total = 0, self.state.records
        for chunk in snapshot.stream_bodies(self.store, self.taken):
            yield chunk
            given += len(chunk.keys)
            self.progress(given, total)
        self._check_whole(given, total)

    def entries(self) -> Iterator[Entry]:
        """The user entries, oldest first. Raises Corrupt when they are not as many as there should be."""
        found = snapshot.stream_entries(self.store, self.register.id, Region.USER, 1, self.state.size)
        return self._whole(found, self.state.size)

    def metadata(self) -> Iterator[Entry]:
        """The metadata entries, oldest first."""
        return snapshot.stream_entries(self.store, self.register.id, Region.METADATA, 1, self.state.metadata_size)

    def _whole(self, found: Iterable[Entry], total: int) -> Iterator[Entry]:
        given = 0
        for entry in found:
            yield entry
            given += 1
            if given % TOLD == 0:
                self.progress(given, total)
        self._check_whole(given, total)
        self.progress(given, total)

    def _check_whole(self, given: int, total: int) -> None:
        if given != total:
            raise Corrupt(f"the register {self.state.register} gave {given} rows where there are {total}")
        self.check_still()

    def check_still(self) -> None:
        """Raise Moved when what was published has changed: a value was taken away, or a field was added."""
        with self.store.reading() as tx:
            now = snapshot.read_head(tx, self.register)
        if now.metadata_root != self.state.metadata_root:
            raise Moved(f"the definition of {self.state.register} changed while it was written out; ask again")


def source_of(store: Store, taken: Snapshot, progress: Progress = silent) -> Source:
    """What the writers read, of a snapshot whose transaction is still open. Raises Corrupt without a definition."""
    definition = snapshot.read_definition(taken.tx, taken.register)
    if definition is None:
        raise Corrupt(f"the register {taken.register.name} is published and has no definition")
    return Source(store, taken, state_of(taken), definition, progress)


def open_source(store: Store, name: str, at: str | None = None, progress: Progress = silent) -> Source:
    """A published register, now or as `at` asks. Raises NotFound, Renamed, Retired, and Invalid for a bad `at`."""
    with store.reading() as tx:
        return source_of(store, take_published(tx, name, at), progress)


def take_published(tx: Transaction, name: str, at: str | None = None) -> Snapshot:
    """A published register at a state; drafts are not found."""
    return snapshot.take(tx, snapshot.find_register(tx, name, drafts=False), at)
