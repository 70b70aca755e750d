"""The three trees of a register, kept incrementally in tiles and read at any size.

`v1` and `v2` stand over the user entries, `metadata` over the metadata entries (with v1's leaves and its own
numbering). Appending writes the tiles it completes; reading a node takes a slice of one tile; what is not yet in a
tile is recomputed from at most 255 entries. Nothing is rebuilt, on append or on restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registers import merkle
from registers.entry import Hashing, Region, timestamp_text
from registers.errors import Corrupt
from registers.merkle import HASH_BYTES, TILE_WIDTH, Growth, Node, Tile
from registers.register import edge_hashes
from registers.store import entries, registers, tiles
from registers.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree: the name its tiles are kept under, the region it stands over, the hashing that makes its leaves."""

    name: str
    region: Region
    hashing: str


V1 = Tree("v1", Region.USER, "v1")
V2 = Tree("v2", Region.USER, "v2")
METADATA = Tree("metadata", Region.METADATA, "v1")
TREES_OVER: Mapping[Region, tuple[Tree, ...]] = {Region.USER: (V1, V2), Region.METADATA: (METADATA,)}
CHAINED: Mapping[Region, Tree] = {Region.USER: V1, Region.METADATA: METADATA}


def leaf_hashes(tx: Transaction, register_id: int, tree: Tree, start: int, stop: int) -> list[bytes]:
    """The leaf hashes `start … stop − 1` (from 0), recomputed from the entries."""
    hashing: Hashing = tx.hashings[tree.hashing]
    found = entries.read(tx.connection, register_id, tree.region, start + 1, stop)
    return [hashing.leaf_hash(e.number, e.key, timestamp_text(e.timestamp), e.digests[hashing.name]) for e in found]


def write_growth(tx: Transaction, register_id: int, tree: Tree, growth: Growth) -> None:
    """Write the tiles that the growth completes, and those of higher levels that it adds to."""
    for level, (first, hashes) in growth.runs.items():
        number, filled = divmod(first, TILE_WIDTH)
        if level == 0 and filled + len(hashes) < TILE_WIDTH:
            continue
        if filled:
            hashes = [*_before(tx, register_id, tree, (level, number, filled)), *hashes]
        cut = [hashes[i : i + TILE_WIDTH] for i in range(0, len(hashes), TILE_WIDTH)]
        whole = [(number + i, b"".join(part)) for i, part in enumerate(cut) if level or len(part) == TILE_WIDTH]
        tiles.write(tx.connection, tx.hot, (register_id, tree.name, level), whole, replace_first=bool(level and filled))


def _before(tx: Transaction, register_id: int, tree: Tree, place: tuple[int, int, int]) -> list[bytes]:
    """The hashes that stand in a tile before a run that begins within it."""
    level, number, filled = place
    if level == 0:
        start = number * TILE_WIDTH
        return leaf_hashes(tx, register_id, tree, start, start + filled)
    hashes = tiles.read(tx.connection, tx.hot, (register_id, tree.name), [(level, number)])[level, number]
    return [hashes[i : i + HASH_BYTES] for i in range(0, filled * HASH_BYTES, HASH_BYTES)]


class NodeReader:
    """Reads nodes of one tree in one transaction: from tiles, from the head's edge, at last from the entries."""

    def __init__(self, tx: Transaction, register_id: int, tree: Tree) -> None:
        self._tx, self._register_id, self._tree = tx, register_id, tree
        self._tiles: dict[tuple[int, int], Tile] = {}
        self._edge: dict[Node, bytes] | None = None

    def __call__(self, nodes: Sequence[Node]) -> list[bytes]:
        """The hashes of nodes that are complete at the register's present size."""
        missing = {merkle.tile_of(node)[:2] for node in nodes} - self._tiles.keys()
        if missing:
            of = (self._register_id, self._tree.name)
            found = tiles.read(self._tx.connection, self._tx.hot, of, sorted(missing))
            self._tiles |= {place: Tile(hashes) for place, hashes in found.items()}
        return [self._read(node) for node in nodes]

    def _read(self, node: Node) -> bytes:
        level, number, offset, count = merkle.tile_of(node)
        if (level, number) not in self._tiles:
            if node in self._edge_nodes():
                return self._edge_nodes()[node]
            self._tiles[level, number] = Tile(self._recompute(level, number))
        return self._tiles[level, number].node(offset, count)

    def _edge_nodes(self) -> dict[Node, bytes]:
        """The nodes of the head's edge, which spare a proof at the present size from recomputing the last tile."""
        if self._edge is None:
            head = registers.read_head(self._tx.connection, self._register_id)
            size = head.size(self._tree.region) if head else 0
            edge = edge_hashes(getattr(head, f"{self._tree.name}_edge")) if head else ()
            self._edge = dict(zip(merkle.split(0, size), edge, strict=True))
        return self._edge

    def _recompute(self, level: int, number: int) -> bytes:
        if level:
            raise Corrupt(f"the {self._tree.name} tree lacks its tile {number} of level {level}")
        start = number * TILE_WIDTH
        leaves = leaf_hashes(self._tx, self._register_id, self._tree, start, start + TILE_WIDTH)
        return b"".join(leaves)


def root_at(tx: Transaction, register_id: int, tree: Tree, size: int) -> bytes:
    """The root hash at any past size; the caller has checked that the log was ever so long."""
    return merkle.fold(NodeReader(tx, register_id, tree)(merkle.split(0, size)))


def find_size(tx: Transaction, register_id: int, tree: Tree, root: bytes, size: int) -> int | None:
    """The size, up to `size`, at which a tree had a root. It goes through all leaves, for when no revision tells."""
    edge: list[bytes] = []
    for start in range(0, size, TILE_WIDTH):
        leaves = leaf_hashes(tx, register_id, tree, start, min(start + TILE_WIDTH, size))
        for number, leaf in enumerate(leaves, start + 1):
            edge = list(merkle.grow(number - 1, edge, [leaf]).edge)
            if merkle.fold(edge) == root:
                return number
    return None


def inclusion_path(tx: Transaction, register_id: int, tree: Tree, number: int, size: int) -> list[bytes]:
    """The audit path of entry `number` (from 1) at `size`, the leaf's sibling first. Raises Invalid out of range."""
    return merkle.span_roots(merkle.inclusion_spans(number - 1, size), NodeReader(tx, register_id, tree))


def consistency_path(tx: Transaction, register_id: int, tree: Tree, old: int, new: int) -> list[bytes]:
    """The proof that the log at `new` begins with the log at `old`. Raises Invalid for sizes out of order."""
    return merkle.span_roots(merkle.consistency_spans(old, new), NodeReader(tx, register_id, tree))
