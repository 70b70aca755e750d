r"""Merkle trees as RFC 6962 §2.1 defines them: grown at the right edge, proven from any size.

         root(6)                 A tree is never stored whole. What is kept is
        /       \                 - its *edge*: the roots of the perfect subtrees it splits into, widest
      n(0,4)    n(4,6)              first (for 6 leaves: the subtree of 4, then the subtree of 2);
      /   \       |               - *tiles*: at levels 0, 8, 16 …, the node hashes in runs of 256, so that
   n(0,2) n(2,4)  |                 tile (level, i) holds nodes 256·i … 256·i+255 of that level.
    / \    / \   / \
   0   1  2   3 4   5            Any node is inside one tile, or a few hashes away from it.

Pure: hashes in, hashes out; nothing here knows entries or databases. A *node* is `(level, index)`: the root of the
perfect subtree over leaves `index·2^level … (index+1)·2^level − 1`. Hashes are 32 raw bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from registers.errors import Invalid

HASH_BYTES = 32
TILE_WIDTH = 256
TILE_LEVELS = 8
HALF_WAY = 16  # leaves of a tile under a node half way up it
MOST_KEPT = 8192  # tiles whose nodes half way up are kept: some 6 MiB, and two million leaves
EMPTY_ROOT = sha256(b"").digest()

_kept: dict[bytes, bytes] = {}

Node = tuple[int, int]
Span = tuple[int, int]
NodeReader = Callable[[Sequence[Node]], Sequence[bytes]]


def hash_leaf(leaf: bytes) -> bytes:
    """The leaf hash: SHA-256(0x00 ‖ leaf)."""
    return sha256(b"\x00" + leaf).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees given widest first, as an edge or a right-hand span lists them."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = hash_node(left, root)
    return root


# Growing


@dataclass(frozen=True, slots=True)
class Growth:
    """What appending leaves to a tree brings: the new size and edge, and the node hashes that tiles take in.

    `runs` maps a tile level (0, 8, 16 …) to `(first index, hashes)`: consecutive nodes completed at that level.
    """

    size: int
    edge: tuple[bytes, ...]
    runs: dict[int, tuple[int, list[bytes]]]

    @property
    def root(self) -> bytes:
        """The root hash at the new size."""
        return fold(self.edge)


def grow(size: int, edge: Sequence[bytes], leaves: Sequence[bytes]) -> Growth:
    """Append leaf hashes to a tree of `size` leaves with that `edge`, a level at a time; O(len(leaves)).

    At each level the new nodes are paired; where the first new node is a right-hand child, its left sibling is
    the edge's node of that level, and a last node without a sibling becomes the edge's node of that level.
    """
    waiting = _edge_by_level(size, edge)
    runs: dict[int, tuple[int, list[bytes]]] = {}
    new_edge: list[bytes] = []
    total, level, first, nodes = size + len(leaves), 0, size, list(leaves)
    while total >> level:
        if nodes and level % TILE_LEVELS == 0:
            runs[level] = (first, nodes)
        if first & 1:
            nodes = [waiting[level], *nodes]
        elif not nodes and (total >> level) & 1:
            nodes = [waiting[level]]
        if (total >> level) & 1:
            new_edge.append(nodes[-1])
        first, nodes = first >> 1, _pair(nodes)
        level += 1
    return Growth(total, tuple(reversed(new_edge)), runs)


def _edge_by_level(size: int, edge: Sequence[bytes]) -> dict[int, bytes]:
    levels = [level for level in range(size.bit_length()) if size >> level & 1]
    if len(levels) != len(edge):
        raise ValueError(f"an edge of {len(edge)} hashes does not fit a tree of {size} leaves")
    return dict(zip(levels, reversed(edge), strict=True))


def _pair(nodes: list[bytes]) -> list[bytes]:
    digest = sha256
    pairs = zip(nodes[::2], nodes[1::2], strict=False)
    return [digest(b"\x01" + left + right).digest() for left, right in pairs]


# Splitting


def split(start: int, stop: int) -> list[Node]:
    """The perfect subtrees that make up leaves `start … stop − 1` of a tree, left to right.

    `start` must be a multiple of the widest of them, as every span of an RFC 6962 proof is.
    """
    nodes = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The spans of leaves whose roots prove leaf `index` (from 0) in a tree of `size`, leaf's sibling first.

    PATH(m, D[n]) of RFC 6962 §2.1.1. Raises Invalid when the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise Invalid(f"a log of {size} entries has no entry {index + 1}")
    spans, start, stop = [], 0, size
    while stop - start > 1:
        middle = start + _left_width(stop - start)
        if index < middle:
            spans.append((middle, stop))
            stop = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The spans whose roots prove that a tree of `new` leaves begins with the tree of `old`.

    PROOF(m, D[n]) of RFC 6962 §2.1.2; empty when the sizes are equal. Raises Invalid for sizes out of order.
    """
    if not 1 <= old <= new:
        raise Invalid(f"there is no consistency proof from size {old} to size {new}")
    spans, start, stop, whole = [], 0, new, True
    while old < stop:
        middle = start + _left_width(stop - start)
        if old <= middle:
            spans.append((middle, stop))
            stop = middle
        else:
            spans.append((start, middle))
            start, whole = middle, False
    return ([] if whole else [(start, stop)]) + spans[::-1]


def _left_width(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << (width - 1).bit_length() - 1


def span_roots(spans: Iterable[Span], read: NodeReader) -> list[bytes]:
    """The root of each span, all nodes asked of `read` in one call."""
    parts = [split(*span) for span in spans]
    hashes = iter(read([node for part in parts for node in part]))
    return [fold([next(hashes) for _ in part]) for part in parts]


# Tiles


def tile_of(node: Node) -> tuple[int, int, int, int]:
    """Where a node's hashes stand: (tile level, tile number, first hash, number of hashes) within that tile."""
    level, index = node
    height = level % TILE_LEVELS
    number, offset = divmod(index << height, TILE_WIDTH)
    return level - height, number, offset, 1 << height


class Tile:
    """A tile's hashes, concatenated, of which a proof takes a node of each size: so its nodes half way up are kept."""

    def __init__(self, hashes: bytes) -> None:
        self.hashes = hashes
        self._above: bytes | None = None

    def node(self, offset: int, count: int) -> bytes:
        """The root over a run of the hashes that is one node of the tree, as `tile_of` says where it is."""
        if count < HALF_WAY or len(self.hashes) < TILE_WIDTH * HASH_BYTES:
            return subtree_root(self.hashes[offset * HASH_BYTES : (offset + count) * HASH_BYTES])
        if self._above is None:
            self._above = _half_way_up(self.hashes)
        start, stop = offset // HALF_WAY, (offset + count) // HALF_WAY
        return subtree_root(self._above[start * HASH_BYTES : stop * HASH_BYTES])


def _half_way_up(tile: bytes) -> bytes:
    """The sixteen nodes half way up a full tile, concatenated. A tile is told by what it holds, whatever its log."""
    digest = sha256(tile).digest()
    found = _kept.get(digest)
    if found is None:
        width = HALF_WAY * HASH_BYTES
        found = b"".join([subtree_root(tile[i : i + width]) for i in range(0, len(tile), width)])
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[digest] = found
    return found


def subtree_root(hashes: bytes) -> bytes:
    """The root over a power-of-two run of concatenated hashes, such as a slice of a tile."""
    digest, pair = sha256, 2 * HASH_BYTES
    while len(hashes) > HASH_BYTES:
        hashes = b"".join([digest(b"\x01" + hashes[i : i + pair]).digest() for i in range(0, len(hashes), pair)])
    return hashes


# Verifying


def verify_inclusion(index: int, size: int, leaf_hash: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that the tree of `size` leaves with `root` holds `leaf_hash` at `index` (from 0).

    RFC 9162 §2.1.3.2. A path that is too long or too short proves nothing.
    """
    if not 0 <= index < size:
        return False
    node, last, result = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            result = hash_node(sibling, result)
            node, last = _skip_left_edge(node, last)
        else:
            result = hash_node(result, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and result == root


def _skip_left_edge(node: int, last: int) -> tuple[int, int]:
    """Climb past the levels at which a node on the right edge has no sibling."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def verify_consistency(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether `path` proves that the tree of `new` leaves with `new_root` extends that of `old` with `old_root`.

    RFC 9162 §2.1.4.2. Equal sizes need equal roots and an empty path; size 0 is not provable, and refused.
    """
    if not 1 <= old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    nodes = list(path) if old & (old - 1) else [old_root, *path]
    if not nodes:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    from_old = from_new = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            from_old, from_new = hash_node(sibling, from_old), hash_node(sibling, from_new)
            node, last = _skip_left_edge(node, last)
        else:
            from_new = hash_node(from_new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and from_old == old_root and from_new == new_root
