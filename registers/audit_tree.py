"""The root of a growing list of leaf hashes, for the auditor: merkletools', and so no code of the log's own trees."""

from __future__ import annotations

import warnings
from hashlib import sha256
from typing import Any

from registers.errors import Unavailable

_TIER = 256


class Tree:
    """The root of a growing list of leaf hashes, by merkletools, in constant memory (RFC 6962 §2.1).

    merkletools keeps all of a tree, 211 bytes a leaf, and builds it anew for each root. Here it builds subtrees
    of at most 256 hashes: a full one is replaced by its root, a leaf of the tier above. The shape stays RFC
    6962's, since 256 is a power of two.
    """

    def __init__(self) -> None:
        self.size = 0
        self._tiers: list[list[str]] = []
        self._merkle_tools = _merkletools()

    def add(self, leaf: bytes) -> None:
        """Append a leaf by its hash, SHA-256(00 ‖ leaf bytes)."""
        self.size += 1
        node = leaf.hex()
        for tier in self._tiers:
            tier.append(node)
            if len(tier) < _TIER:
                return
            node = self._join(tier)
            tier.clear()
        self._tiers.append([node])

    def root(self) -> str:
        """The root hash of the leaves so far, as v1 writes it."""
        last: list[str] = []
        for tier in self._tiers:
            nodes = tier + last
            last = [self._join(nodes)] if nodes else []
        return f"sha-256:{last[0] if last else sha256().hexdigest()}"

    def _join(self, nodes: list[str]) -> str:
        tree = self._merkle_tools(hash_type="sha256")
        tree.hash_function = lambda children: sha256(b"\x01" + children)
        tree.add_leaf(nodes)
        tree.make_tree()
        return str(tree.get_merkle_root())


def _merkletools() -> Any:
    with warnings.catch_warnings():
        # It warns where the dead package pysha3 is missing, which nothing needs: hashlib has had SHA-3 since 3.6.
        warnings.simplefilter("ignore")
        try:
            from merkletools import MerkleTools
        except ModuleNotFoundError:
            advice = "install it with pip install --no-deps merkletools==1.0.3"
            raise Unavailable(f"the auditor needs the package merkletools: {advice}") from None
    return MerkleTools
