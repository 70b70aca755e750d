"""The trees as the store keeps them: tiles that only complete, nodes read back, and proofs at any size."""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import sha256

import pytest

from registers import merkle, snapshot, trees
from registers.entry import Region
from registers.errors import Corrupt, Invalid
from registers.register import Register
from registers.store import tiles
from registers.store.engine import Store
from tests.makers import (
    CheckedStore,
    append,
    country,
    entries_of,
    grow,
    head_of,
    leaf_bytes,
    make,
    naive_root,
    rows_in,
)

LEVEL_16 = 65_536


def leaves_of(store: Store, region: Region = Region.USER) -> list[bytes]:
    return [leaf_bytes(e.number, e.key, e.timestamp, e.body) for e in entries_of(store, region=region)]


def tile_rows(store: Store, tree: str = "v1") -> dict[tuple[int, int], int]:
    """How many hashes each tile holds."""
    with store.reading() as tx:
        query = f"SELECT level, number, length(hashes) FROM tile WHERE tree = '{tree}'"
        return {(level, number): length // 32 for level, number, length in tx.connection.exec_driver_sql(query)}


@pytest.fixture
def long(store: Store) -> Register:
    """A register of 600 entries, appended in batches that end around the edges of tiles."""
    register = make(store)
    start = 0
    for stop in (1, 255, 256, 257, 511, 513, 600):
        grow(store, stop - start, start=start)
        start = stop
    return register


def test_full_tiles_are_kept_and_partial_ones_only_above_the_leaves(store: Store, long: Register) -> None:
    assert tile_rows(store) == tile_rows(store, "v2") == {(0, 0): 256, (0, 1): 256, (8, 0): 2}
    assert tile_rows(store, "metadata") == {}


def test_batches_leave_the_tiles_that_one_batch_leaves(store: Store, long: Register) -> None:
    make(store, "land")
    grow(store, 600, to="land")
    split, whole = head_of(store), head_of(store, "land")
    assert (split.v1_edge, split.v2_edge) == (whole.v1_edge, whole.v2_edge)
    assert rows_in(store)["tile"] == 12


def test_the_root_at_every_size_is_that_of_the_leaves(store: Store, long: Register) -> None:
    leaves = leaves_of(store)
    with store.reading() as tx:
        for size in [*range(20), *range(250, 262), *range(508, 516), 599, 600]:
            assert trees.root_at(tx, long.id, trees.V1, size) == naive_root(leaves[:size])


def test_proofs_at_every_size_verify_in_every_tree(store: Store, long: Register) -> None:
    rng = random.Random(9162)
    with store.reading() as tx:
        for tree in (trees.V1, trees.V2, trees.METADATA):
            most = 600 if tree is not trees.METADATA else head_of(store).metadata_entries
            for _ in range(60):
                assert_proofs(tx, long.id, tree, sorted((rng.randint(1, most), rng.randint(1, most))))


def assert_proofs(tx: object, register_id: int, tree: trees.Tree, sizes: Sequence[int]) -> None:
    old, new = sizes
    roots = [trees.root_at(tx, register_id, tree, size) for size in sizes]  # type: ignore[arg-type]
    leaf = trees.leaf_hashes(tx, register_id, tree, old - 1, old)[0]  # type: ignore[arg-type]
    path = trees.inclusion_path(tx, register_id, tree, old, new)  # type: ignore[arg-type]
    assert merkle.verify_inclusion(old - 1, new, leaf, path, roots[1])
    nodes = trees.consistency_path(tx, register_id, tree, old, new)  # type: ignore[arg-type]
    assert merkle.verify_consistency(old, new, nodes, *roots)


def test_the_three_trees_have_leaves_of_their_own(store: Store) -> None:
    register = make(store)
    append(store, country("GB", "a"))
    with store.reading() as tx:
        leaves = [trees.leaf_hashes(tx, register.id, tree, 0, 1)[0] for tree in (trees.V1, trees.V2, trees.METADATA)]
    assert len(set(leaves)) == 3
    assert leaves[0] == merkle.hash_leaf(leaves_of(store)[0])
    assert leaves[2] == merkle.hash_leaf(leaves_of(store, Region.METADATA)[0])


@pytest.mark.parametrize("numbers", [(0, 5), (6, 5), (1, 0)])
def test_an_entry_that_is_not_there_has_no_proof(sqlite_store: Store, numbers: tuple[int, int]) -> None:
    register = make(sqlite_store)
    grow(sqlite_store, 5)
    with sqlite_store.reading() as tx, pytest.raises(Invalid, match=f"a log of {numbers[1]} entries has no entry"):
        trees.inclusion_path(tx, register.id, trees.V1, *numbers)


def test_what_a_proof_reads_does_not_grow_with_the_log(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    register = make(sqlite_store)
    grow(sqlite_store, 1500)
    asked: list[int] = []
    read = trees.entries.read
    monkeypatch.setattr(trees.entries, "read", lambda *given: asked.append(given[4] - given[3]) or read(*given))
    with sqlite_store.reading() as tx:
        trees.inclusion_path(tx, register.id, trees.V1, 3, 1500)
        trees.consistency_path(tx, register.id, trees.V1, 700, 1500)
    assert len(asked) <= 3 and all(count < 256 for count in asked)


def test_a_lost_tile_is_said_to_be_lost(sqlite_store: CheckedStore) -> None:
    register = make(sqlite_store)
    grow(sqlite_store, 600)
    sqlite_store.checking = False
    with sqlite_store.writing() as tx:
        tx.connection.exec_driver_sql("DELETE FROM tile WHERE level = 8")
    with sqlite_store.reading() as tx, pytest.raises(Corrupt, match="the v1 tree lacks its tile 0 of level 8"):
        trees.inclusion_path(tx, register.id, trees.V1, 299, 600)


def test_tiles_of_the_third_level_complete_and_are_read(store: CheckedStore) -> None:
    """Grown from made-up leaves, as 65,536 entries would take long; cut where no entries need to be read again."""
    store.checking = False
    register = make(store)
    rng = random.Random(65_536)
    leaves = [rng.randbytes(32) for _ in range(LEVEL_16 + 1024)]
    edge: tuple[bytes, ...] = ()
    cuts = [0, 256, 1024, LEVEL_16 - 256, LEVEL_16, LEVEL_16 + 512, LEVEL_16 + 1024]
    with store.writing() as tx:
        for start, stop in zip(cuts, cuts[1:], strict=False):
            growth = merkle.grow(start, edge, leaves[start:stop])
            trees.write_growth(tx, register.id, trees.V1, growth)
            edge = growth.edge
    counts = tile_rows(store)
    assert {place: count for place, count in counts.items() if place[0]} == {(8, 0): 256, (8, 1): 4, (16, 0): 1}
    assert sum(counts[place] for place in counts if place[0] == 0) == len(leaves)
    assert_reads(store, register, leaves)


def assert_reads(store: Store, register: Register, leaves: list[bytes]) -> None:
    whole = merkle.grow(0, (), leaves)
    with store.reading() as tx:
        reader = trees.NodeReader(tx, register.id, trees.V1)
        assert merkle.fold(reader(merkle.split(0, len(leaves)))) == whole.root
        assert merkle.fold(reader(merkle.split(0, LEVEL_16))) == merkle.grow(0, (), leaves[:LEVEL_16]).root
        third = tiles.read(tx.connection, tx.hot, (register.id, "v1"), [(16, 0)])[16, 0]
        assert third == merkle.grow(0, (), leaves[:LEVEL_16]).root
        path = trees.inclusion_path(tx, register.id, trees.V1, 300, len(leaves))
    assert merkle.verify_inclusion(299, len(leaves), leaves[299], path, whole.root)


def test_a_snapshots_root_is_that_of_its_size(store: Store, long: Register) -> None:
    leaves = leaves_of(store)
    with store.reading() as tx:
        for size in (0, 1, 255, 256, 300, 600):
            taken = snapshot.take(tx, long, str(size))
            assert taken.root() == naive_root(leaves[:size])
            assert (taken.root(trees.V2) == sha256(b"").digest()) == (size == 0)
