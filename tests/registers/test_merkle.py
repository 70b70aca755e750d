"""The trees, held against RFC 6962 as it is written, against published vectors, and against merkletools."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers import merkle
from registers.errors import Invalid
from tests.makers import naive_root

SMALL = 130
# The leaves of the tests of Certificate Transparency's own reference code.
CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", bytes(range(0x60, 0x70)).hex())
]
CT_ROOTS = ["e3b0c442", "6e340b9c", "fac54203", "aeb6bcfe", "d37ee418", "4e3bbb1f", "76e67dad", "ddb89be4", "5dc9da79"]


def hashed(leaves: Sequence[bytes]) -> list[bytes]:
    return [merkle.hash_leaf(leaf) for leaf in leaves]


LEAVES = [bytes([n]) for n in range(SMALL)]
HASHES = hashed(LEAVES)


@cache
def mth(start: int, stop: int) -> bytes:
    """MTH(D[start:stop]) over the small leaves."""
    if stop - start == 0:
        return sha256(b"").digest()
    if stop - start == 1:
        return HASHES[start]
    k = 1 << (stop - start - 1).bit_length() - 1
    return sha256(b"\1" + mth(start, start + k) + mth(start + k, stop)).digest()


def path(m: int, start: int, stop: int) -> list[bytes]:
    """PATH(m, D[start:stop]), RFC 6962 §2.1.1."""
    if stop - start <= 1:
        return []
    k = 1 << (stop - start - 1).bit_length() - 1
    if m < k:
        return [*path(m, start, start + k), mth(start + k, stop)]
    return [*path(m - k, start + k, stop), mth(start, start + k)]


def proof(m: int, n: int) -> list[bytes]:
    """PROOF(m, D[n]), RFC 6962 §2.1.2."""
    return sub_proof(m, 0, n, True)


def sub_proof(m: int, start: int, stop: int, whole: bool) -> list[bytes]:
    if m == stop - start:
        return [] if whole else [mth(start, stop)]
    k = 1 << (stop - start - 1).bit_length() - 1
    if m <= k:
        return [*sub_proof(m, start, start + k, whole), mth(start + k, stop)]
    return [*sub_proof(m - k, start + k, stop, False), mth(start, start + k)]


def reader(hashes: Sequence[bytes]) -> merkle.NodeReader:
    """Reads nodes by computing them."""

    def read(nodes: Sequence[merkle.Node]) -> list[bytes]:
        return [merkle.subtree_root(b"".join(hashes[i << level : (i + 1) << level])) for level, i in nodes]

    return read


def shape(index: int, start: int, stop: int) -> list[bytes]:
    """What our code gives as the path of a leaf within a span of leaves."""
    spans = [(start + a, start + b) for a, b in merkle.inclusion_spans(index - start, stop - start)]
    return merkle.span_roots(spans, reader(HASHES))


def inclusion(index: int, size: int) -> list[bytes]:
    return merkle.span_roots(merkle.inclusion_spans(index, size), reader(HASHES))


def consistency(old: int, new: int) -> list[bytes]:
    return merkle.span_roots(merkle.consistency_spans(old, new), reader(HASHES))


# Published vectors


def test_the_roots_of_certificate_transparencys_leaves() -> None:
    hashes = hashed(CT_LEAVES)
    assert [merkle.grow(0, (), hashes[:n]).root.hex()[:8] for n in range(9)] == CT_ROOTS
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.hash_leaf(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        (merkle.inclusion_spans(0, 7), ["96a296d2", "5f083f0a", "837dbb15"]),
        (merkle.consistency_spans(3, 7), ["0298d122", "07506a85", "fac54203", "837dbb15"]),
        (merkle.consistency_spans(4, 7), ["837dbb15"]),
        (merkle.consistency_spans(6, 8), ["0ebc5d34", "ca854ea1", "d37ee418"]),
    ],
)
def test_the_proofs_of_certificate_transparencys_leaves(spans: list[merkle.Span], expected: list[str]) -> None:
    assert [root.hex()[:8] for root in merkle.span_roots(spans, reader(hashed(CT_LEAVES)))] == expected


def aligned_spans() -> list[tuple[int, int]]:
    """The spans that draft-ietf-plants-merkle-tree-certs calls valid subtrees, in its order."""
    return [
        (start, stop)
        for stop in range(1, SMALL + 1)
        for start in range(stop)
        if start % (1 << (stop - start - 1).bit_length()) == 0
    ]


def test_the_accumulated_roots_of_the_ietf_draft() -> None:
    """draft-ietf-plants-merkle-tree-certs, "Subtree Test Vectors": all spans of all trees up to 130 leaves."""
    spans = aligned_spans()
    roots = merkle.span_roots(spans, reader(HASHES))
    text = "".join(f"[{start}, {stop}) {root.hex()}\n" for (start, stop), root in zip(spans, roots, strict=True))
    assert sha256(text.encode()).hexdigest() == "94a95384a8c69acea9b50d035a58285b3a777cb7a724005faa5e1f1e1190007f"


def test_the_accumulated_inclusion_proofs_of_the_ietf_draft() -> None:
    total = sha256()
    for start, stop in aligned_spans():
        for index in range(start, stop):
            hashes = "".join(f" {node.hex()}" for node in shape(index, start, stop))
            total.update(f"{index} [{start}, {stop}){hashes}\n".encode())
    assert total.hexdigest() == "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f"


# Against the definition, for every size and pair


def test_the_root_of_every_small_tree_is_that_of_the_definition() -> None:
    for size in range(SMALL + 1):
        assert merkle.grow(0, (), HASHES[:size]).root == mth(0, size) == naive_root(LEAVES[:size])


def test_every_inclusion_proof_of_a_small_tree_is_that_of_the_definition_and_verifies() -> None:
    for size in range(1, SMALL + 1):
        for index in range(size):
            expected = path(index, 0, size)
            assert inclusion(index, size) == expected
            assert merkle.verify_inclusion(index, size, HASHES[index], expected, mth(0, size))


def test_every_consistency_proof_of_a_small_tree_is_that_of_the_definition_and_verifies() -> None:
    for new in range(1, SMALL + 1):
        for old in range(1, new + 1):
            expected = proof(old, new)
            assert consistency(old, new) == expected
            assert merkle.verify_consistency(old, new, expected, mth(0, old), mth(0, new))


def merkletools_tree() -> Any:
    """merkletools' tree, with the two prefixes of RFC 6962 that it lacks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from merkletools import MerkleTools
    tree = MerkleTools(hash_type="sha256")
    tree.hash_function = lambda both=b"": sha256(b"\1" + both if len(both) == 64 else b"\0" + both)
    return tree


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 100, 130])
def test_merkletools_with_rfc_6962s_prefixes_has_the_same_root_and_paths(size: int) -> None:
    tree = merkletools_tree()
    tree.leaves = list(HASHES[:size])
    tree.make_tree()
    assert tree.get_merkle_root() == merkle.grow(0, (), HASHES[:size]).root.hex()
    for index in range(size):
        theirs = [bytes.fromhex(next(iter(step.values()))) for step in tree.get_proof(index)]
        assert theirs == inclusion(index, size)


# What verifying refuses


def spoilt(nodes: list[bytes], extra: bytes) -> list[list[bytes]]:
    """A proof altered in every place, cut at both ends, made too long at both ends, and put out of order."""
    altered = [[*nodes[:i], sha256(node).digest(), *nodes[i + 1 :]] for i, node in enumerate(nodes)]
    swapped = [nodes[::-1]] if len(set(nodes)) > 1 else []
    cut = [nodes[1:], nodes[:-1]] if nodes else []
    return [*altered, *cut, *swapped, [*nodes, extra], [extra, *nodes]]


def test_a_spoilt_inclusion_proof_proves_nothing() -> None:
    for size in range(1, 40):
        root = mth(0, size)
        for index in range(size):
            nodes = inclusion(index, size)
            for bad in spoilt(nodes, root):
                assert not merkle.verify_inclusion(index, size, HASHES[index], bad, root)
            assert not merkle.verify_inclusion(index, size, HASHES[(index + 1) % SMALL], nodes, root)
            assert not merkle.verify_inclusion(index, size, HASHES[index], nodes, mth(0, size + 1))
            assert not merkle.verify_inclusion(index + size, size, HASHES[index], nodes, root)
            assert not merkle.verify_inclusion(index - size, size, HASHES[index], nodes, root)


def test_a_spoilt_consistency_proof_proves_nothing() -> None:
    for new in range(1, 40):
        for old in range(1, new + 1):
            nodes = consistency(old, new)
            roots = mth(0, old), mth(0, new)
            for bad in spoilt(nodes, roots[1]):
                assert not merkle.verify_consistency(old, new, bad, *roots)
            assert not merkle.verify_consistency(old, new, nodes, mth(0, old + 1), roots[1])
            assert not merkle.verify_consistency(old, new, nodes, roots[0], mth(0, new + 1))


def test_a_proof_of_a_subtree_is_no_proof_of_the_tree() -> None:
    """Cut short, a proof leads to an inner node, which must not pass for a root of that size."""
    for size in range(2, 40):
        for smaller in range(1, size):
            k = 1 << smaller.bit_length() - 1
            assert not merkle.verify_inclusion(0, size, HASHES[0], path(0, 0, k), mth(0, k))
            assert not merkle.verify_consistency(1, size, proof(1, k), mth(0, 1), mth(0, k))


def test_no_proof_begins_at_size_0() -> None:
    """Every tree extends the empty one; a proof of it would say nothing, and there is none."""
    assert not merkle.verify_consistency(0, 5, [], merkle.EMPTY_ROOT, mth(0, 5))
    assert not merkle.verify_consistency(0, 0, [], merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)
    with pytest.raises(Invalid, match="no consistency proof from size 0 to size 5"):
        merkle.consistency_spans(0, 5)


@pytest.mark.parametrize("sizes", [(6, 5), (-1, 5)])
def test_sizes_out_of_order_have_no_proof(sizes: tuple[int, int]) -> None:
    with pytest.raises(Invalid, match="no consistency proof"):
        merkle.consistency_spans(*sizes)
    assert not merkle.verify_consistency(*sizes, [], mth(0, 6), mth(0, 5))


@pytest.mark.parametrize("place", [(5, 5), (-1, 5), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_path(place: tuple[int, int]) -> None:
    with pytest.raises(Invalid, match="no entry"):
        merkle.inclusion_spans(*place)


# Growing in batches


class Tiled:
    """A tree kept as the store keeps it: its edge, and the nodes of each tile level."""

    def __init__(self) -> None:
        self.size = 0
        self.edge: tuple[bytes, ...] = ()
        self.levels: dict[int, list[bytes]] = {}

    def add(self, hashes: Sequence[bytes]) -> None:
        growth = merkle.grow(self.size, self.edge, hashes)
        for level, (first, nodes) in growth.runs.items():
            kept = self.levels.setdefault(level, [])
            assert len(kept) == first, "a run goes on where the level stood"
            kept += nodes
        self.size, self.edge = growth.size, growth.edge


@cache
def many(count: int) -> list[bytes]:
    rng = random.Random(6962)
    return [rng.randbytes(32) for _ in range(count)]


def plain_levels(hashes: list[bytes]) -> dict[int, list[bytes]]:
    """The complete nodes of each tile level, a level at a time."""
    levels, level, nodes = {}, 0, hashes
    while nodes:
        if level % 8 == 0:
            levels[level] = nodes
        nodes = [sha256(b"\1" + nodes[i] + nodes[i + 1]).digest() for i in range(0, len(nodes) - 1, 2)]
        level += 1
    return levels


def assert_any_batching(total: int, cuts: Sequence[int]) -> None:
    hashes, tree = many(total), Tiled()
    for start, stop in zip([0, *cuts], [*cuts, total], strict=True):
        tree.add(hashes[start:stop])
    whole = merkle.grow(0, (), hashes)
    assert (tree.size, tree.edge) == (whole.size, whole.edge)
    assert tree.levels == plain_levels(hashes)


@pytest.mark.parametrize("cut", [1, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537])
def test_a_tree_grown_in_two_batches_is_the_tree_grown_in_one(cut: int) -> None:
    assert_any_batching(65_800, [cut])


@given(st.lists(st.integers(0, 1100), max_size=12))
@settings(max_examples=150, deadline=None)
def test_any_batching_gives_the_same_edge_and_tiles(cuts: list[int]) -> None:
    assert_any_batching(1100, sorted(cuts))


def test_one_leaf_at_a_time_gives_the_same_edge_and_tiles() -> None:
    assert_any_batching(1030, list(range(1, 1030)))


def test_an_edge_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        merkle.grow(3, (HASHES[0],), [HASHES[1]])


# Tiles


@pytest.mark.parametrize("node", [(0, 0), (0, 255), (0, 256), (3, 31), (3, 32), (7, 2), (8, 0), (8, 256), (16, 1)])
def test_a_node_is_found_in_its_tile(node: merkle.Node) -> None:
    level, number, offset, count = merkle.tile_of(node)
    assert level % 8 == 0 and level <= node[0] < level + 8
    assert offset + count <= 256
    assert (number * 256 + offset) << level == node[1] << node[0], "the first hash begins where the node does"
    assert count << level == 1 << node[0], "the hashes cover what the node does"


def test_the_node_reader_is_asked_once_for_a_proof() -> None:
    asked = []

    def read(nodes: Sequence[merkle.Node]) -> Sequence[bytes]:
        asked.append(nodes)
        return reader(HASHES)(nodes)

    given_reader: Callable[[Sequence[merkle.Node]], Sequence[bytes]] = read
    assert merkle.span_roots(merkle.inclusion_spans(17, 101), given_reader) == path(17, 0, 101)
    assert len(asked) == 1


# Tiles


@pytest.mark.parametrize("filled", [256, 255, 16, 1])
def test_every_node_in_a_tile_is_the_root_over_its_run(filled: int) -> None:
    hashes = [sha256(bytes([n])).digest() for n in range(filled)]
    tile = merkle.Tile(b"".join(hashes))
    for level in range(9):
        count = 1 << level
        for offset in range(0, filled - count + 1, count):
            assert tile.node(offset, count) == merkle.grow(0, (), hashes[offset : offset + count]).root


def test_what_is_kept_of_tiles_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merkle, "MOST_KEPT", 2)
    monkeypatch.setattr(merkle, "_kept", kept := {})
    for n in range(5):
        hashes = [sha256(bytes([n, i])).digest() for i in range(256)]
        assert merkle.Tile(b"".join(hashes)).node(0, 256) == merkle.grow(0, (), hashes).root
        assert 0 < len(kept) <= 2
