"""Random histories, appended in random batches, held at every size against the plainest model there is."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from registers import merkle, snapshot, trees
from registers.batch import Change
from registers.canonical import canonical_json
from registers.item import normalise
from registers.register import Register
from registers.store.engine import Store, Transaction
from tests.makers import NOW, FixedClock, append, country, leaf_bytes, make, naive_root, revisions_of

ENTRIES = 60
KEYS = ("GB", "gb", "FR", "a-b", "a.b", "a/b", "a_b", "Z", "0")


@dataclass
class Model:
    """A log as a list: (key, time, canonical JSON)."""

    log: list[tuple[str, int, str]] = field(default_factory=list)

    def at(self, size: int) -> dict[str, int]:
        """The entry number of each key's record."""
        return {key: number for number, (key, _, _) in enumerate(self.log[:size], 1)}

    def latest_first(self, size: int) -> list[int]:
        return sorted(self.at(size).values(), reverse=True)

    def trail(self, key: str, size: int) -> list[int]:
        return [number for number, (owner, _, _) in enumerate(self.log[:size], 1) if owner == key]

    def bringers(self) -> list[int]:
        """For each entry, the first under its key that had its item."""
        first: dict[tuple[str, str], int] = {}
        return [first.setdefault((key, body), number) for number, (key, _, body) in enumerate(self.log, 1)]

    def root(self, size: int) -> bytes:
        leaves = (leaf_bytes(n, key, time, body) for n, (key, time, body) in enumerate(self.log[:size], 1))
        return naive_root(list(leaves))

    def size_at(self, moment: int) -> int:
        return next((n for n, (_, time, _) in enumerate(self.log) if time > moment), len(self.log))


def random_change(rng: random.Random, model: Model) -> Change:
    """A change of a random key to one of a few items, other than the one it has."""
    while True:
        change = country(rng.choice(KEYS), rng.choice("abc"), citizen_names=rng.choice([None, ["x", "y"]]))
        body = canonical_json(normalise(change.item))
        if all(body != model.log[n - 1][2] for key, n in model.at(len(model.log)).items() if key == change.key):
            return change


def write(store: Store, clock: FixedClock, rng: random.Random) -> Model:
    model = Model()
    while len(model.log) < ENTRIES:
        clock.now += rng.choice((0, 0, 1, 100_000))
        batch = []
        for _ in range(min(rng.choice((1, 2, 7, 20)), ENTRIES - len(model.log))):
            change = random_change(rng, model)
            batch.append(change)
            model.log.append((change.key, clock.now, canonical_json(normalise(change.item))))
        append(store, *batch)
    return model


@pytest.mark.parametrize("seed", range(3))
def test_every_state_of_a_random_history_is_that_of_the_model(store: Store, clock: FixedClock, seed: int) -> None:
    rng = random.Random(seed)
    register = make(store)
    model = write(store, clock, rng)
    assert_entries(store, register, model)
    for size in range(ENTRIES + 1):
        with store.reading() as tx:
            taken = snapshot.take(tx, register, str(size))
            assert_records(taken, model, rng)
            assert taken.root() == trees.root_at(tx, register.id, trees.V1, size) == model.root(size)
        assert [e.number for e in snapshot.stream_records(store, taken)] == model.latest_first(size)
    with store.reading() as tx:
        assert_proofs(tx, register, model, rng)
        assert_moments(tx, register, model)


def assert_entries(store: Store, register: Register, model: Model) -> None:
    with store.reading() as tx:
        entries = snapshot.take(tx, register).entries(1, ENTRIES)
    assert [(e.key, e.timestamp, e.body) for e in entries] == model.log
    assert [e.item for e in entries] == model.bringers()
    assert [e.records for e in entries] == [len(model.at(size)) for size in range(1, ENTRIES + 1)]
    for revision in revisions_of(store):
        assert revision.v1_root == model.root(revision.entries)
        assert revision.records == len(model.at(revision.entries))
        assert revision.items == len(set(model.bringers()[: revision.entries]))


def assert_records(taken: snapshot.Snapshot, model: Model, rng: random.Random) -> None:
    numbers = model.latest_first(taken.size)
    assert taken.total_records == len(numbers)
    assert [e.number for e in taken.records_page(0, ENTRIES)] == numbers
    offset, limit = rng.randint(0, 10), rng.randint(1, 5)
    assert [e.number for e in taken.records_page(offset, limit)] == numbers[offset : offset + limit]
    below = rng.randint(1, ENTRIES)
    assert [e.number for e in taken.records_before(below, limit)] == [n for n in numbers if n < below][:limit]
    for key, number in model.at(taken.size).items():
        assert taken.record(key).number == number
        assert [e.number for e in taken.trail(key)] == model.trail(key, taken.size)


def assert_proofs(tx: Transaction, register: Register, model: Model, rng: random.Random) -> None:
    for _ in range(100):
        old, new = sorted((rng.randint(1, ENTRIES), rng.randint(1, ENTRIES)))
        key, time, body = model.log[old - 1]
        leaf = merkle.hash_leaf(leaf_bytes(old, key, time, body))
        path = trees.inclusion_path(tx, register.id, trees.V1, old, new)
        assert merkle.verify_inclusion(old - 1, new, leaf, path, model.root(new))
        nodes = trees.consistency_path(tx, register.id, trees.V1, old, new)
        assert merkle.verify_consistency(old, new, nodes, model.root(old), model.root(new))


def assert_moments(tx: Transaction, register: Register, model: Model) -> None:
    head = snapshot.read_head(tx, register)
    for moment in {time + shift for _, time, _ in model.log for shift in (-1, 0, 1)} | {NOW - 10}:
        if moment <= tx.clock():
            at = snapshot.datetime.fromtimestamp(moment, snapshot.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            assert snapshot.size_at(tx, head, at) == model.size_at(moment)


def test_both_engines_make_the_same_log(sqlite_store: Store, request: pytest.FixtureRequest, clock: FixedClock) -> None:
    template = request.getfixturevalue("postgresql_template")
    url = request.getfixturevalue("fresh_postgresql_database")(template)
    other = type(sqlite_store)(url, clock)
    heads = []
    for each in (sqlite_store, other):
        clock.now = NOW
        register = make(each)
        write(each, clock, random.Random(7))
        with each.reading() as tx:
            heads.append((snapshot.read_head(tx, register), snapshot.take(tx, register).records_page(0, 99)))
    other.close()
    assert heads[0] == heads[1]
