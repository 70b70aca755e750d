"""What the processes do that write and read at the same time, each in a life of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from loaders.replay import replay
from loaders.rsf_steps import Load
from registers import lifecycle, merkle, snapshot, trees
from registers.batch import Change
from registers.definition import Definition, Field
from registers.store import registers
from registers.store.engine import Store
from registers.store.migrations import migrate
from registers.store.schema import check_schema
from tests.faults.acts import AUTHORITY, OPERATOR, opened


@contextmanager
def ready(wire: Connection, url: str) -> Iterator[Store]:
    """An open store, once the test has said that all may begin."""
    store = opened(url)
    wire.send("ready")
    wire.recv()
    yield store
    store.close()


def definition(name: str) -> Definition:
    """A register with one field beside its key."""
    return Definition(name, name, (Field(name), Field("note")))


def keys(writer: str, sizes: Sequence[int]) -> list[list[str]]:
    """The keys that a writer appends, batch by batch, told apart from those of all others."""
    numbers = iter(range(1, sum(sizes) + 1))
    return [[f"{writer}-{next(numbers)}" for _ in range(size)] for size in sizes]


def append_batches(wire: Connection, url: str, register: str, writer: str, sizes: Sequence[int]) -> list[int]:
    """Append batches of these sizes, one after another; the numbers of their first entries."""
    firsts = []
    with ready(wire, url) as store:
        for batch in keys(writer, sizes):
            changes = [Change(key, {register: key, "note": f"from {writer}"}) for key in batch]
            firsts.append(lifecycle.append(store, register, changes, AUTHORITY).first)
    return firsts


def append_until_killed(wire: Connection, url: str, register: str, writer: str, sizes: Sequence[int]) -> None:
    """Append batches, and tell of each, as the number of its last entry, when it is said to be durable."""
    store = opened(url)
    for batch in keys(writer, sizes):
        changes = [Change(key, {register: key, "note": f"from {writer}"}) for key in batch]
        made = lifecycle.append(store, register, changes, AUTHORITY)
        wire.send((made.first + len(batch) - 1, made.revision.v1_root))


def hold_the_lock(wire: Connection, url: str) -> None:
    """Begin a write, say so, and never end it."""
    with opened(url).writing() as tx:
        tx.connection.exec_driver_sql("UPDATE register SET tier = 'critical'")
        wire.send("writing")
        wire.recv()


def create(wire: Connection, url: str, name: str) -> int:
    """Create a register; its id."""
    with ready(wire, url) as store:
        return lifecycle.create(store, definition(name), AUTHORITY, OPERATOR).id


def load(wire: Connection, url: str, path: Path) -> int:
    """Replay a file as the register of rivers; how many entries that added."""
    with ready(wire, url) as store, path.open("rb") as stream:
        return replay(store, "river", stream, Load(AUTHORITY, OPERATOR)).added


def load_step_by_step(wire: Connection, url: str, path: Path) -> int:
    """Replay a file, waiting for word from the test after each step, which is told as the bytes read so far."""

    def progress(position: int) -> None:
        wire.send(position)
        wire.recv()

    with path.open("rb") as stream:
        return replay(opened(url), "river", stream, Load(AUTHORITY, OPERATOR, progress=progress)).added


def migrate_and_check(wire: Connection, url: str) -> None:
    """Make the schema, and see that it is there."""
    with ready(wire, url) as store:
        migrate(store)
        check_schema(store)


def read_until_told(wire: Connection, url: str, register: str) -> list[int]:
    """Look at a register again and again until the test says stop; the sizes seen.

    At each look, within one transaction, the entries must make the head's root, and its revision must say the same.
    """
    sizes = []
    with ready(wire, url) as store:
        while not wire.poll():
            sizes.append(look(store, register))
        wire.recv()
    return sizes


def look(store: Store, register: str) -> int:
    """The size of a register, after holding all it shows in one transaction against its head."""
    with store.reading() as tx:
        state = snapshot.take(tx, snapshot.find_register(tx, register))
        found = state.entries(1, state.size + 1000)
        _expect(
            [entry.number for entry in found] == list(range(1, state.size + 1)), "entries beyond the head, or a gap"
        )
        leaves = trees.leaf_hashes(tx, state.register.id, trees.V1, 0, state.size)
        root = merkle.fold(merkle.grow(0, (), leaves).edge)
        _expect(root == state.root(), "the head's root is not that of the entries")
        _expect(trees.root_at(tx, state.register.id, trees.V1, state.size) == root, "the tiles make another root")
        current = state.records_page(0, state.size + 1000)
        _expect(len(current) == state.total_records == len({e.key for e in found}), "the records are not the entries'")
        if state.size:
            _expect(found[-1].chain == state.head.chain, "the chain does not end at the head")
    return state.size


class Inconsistent(AssertionError):
    """A reader saw a state that never was."""


def _expect(holds: bool, fault: str) -> None:
    if not holds:
        raise Inconsistent(fault)


def look_at_end(store: Store, register: str, last: int, root: bytes) -> None:
    """Hold a register to what was acknowledged: entry `last` under `root`, after which came one batch at most."""
    with store.reading() as tx:
        state = snapshot.take(tx, snapshot.find_register(tx, register))
        _expect(state.size >= last, f"entry {last} was acknowledged and is not there")
        _expect(trees.root_at(tx, state.register.id, trees.V1, last) == root, f"entry {last} has another root")
        after = [
            made for made in registers.revisions(tx.connection, state.register.id, 0, 10**6) if made.entries > last
        ]
        _expect(len(after) <= 1, f"{len(after)} batches after the last that was acknowledged")
        _expect(
            trees.root_at(tx, state.register.id, trees.V1, state.size) == state.root(), "the tiles make another root"
        )
