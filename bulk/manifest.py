"""The manifest of a release: which state it is of, and of each file its size, rows and SHA-256.

Its lines stand in a small Merkle tree (RFC 6962 §2.1), the state as the first leaf and then the files by name, so that
who holds the tree's root can be shown that one file belongs to a release of that state, without the others. A leaf is
the line's canonical JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bulk.source import State, States
from registers import merkle
from registers.canonical import canonical_json
from registers.entry import shortened
from registers.errors import NotFound
from registers.merkle import Node
from registers.v1.hashing import hash_text as v1_text
from registers.v2.hashing import hash_text as v2_text


@dataclass(frozen=True, slots=True)
class File:
    """A file of a release. `sha256` is in hex; `rows` are the records or entries in it."""

    name: str
    bytes: int
    rows: int
    sha256: str

    def line(self) -> dict[str, Any]:
        """The file, as its manifest has it."""
        return {"name": self.name, "bytes": self.bytes, "rows": self.rows, "sha-256": self.sha256}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release is of, as `described` says it, and its files by name."""

    state: dict[str, Any]
    files: dict[str, File]

    def leaves(self) -> list[str]:
        """What the tree stands over: the state, then each file by name, as canonical JSON."""
        ordered = (self.files[name].line() for name in sorted(self.files))
        return [canonical_json(each) for each in (self.state, *ordered)]

    def root(self) -> bytes:
        """The root of the tree."""
        return merkle.grow(0, (), self._hashes()).root

    def prove(self, name: str) -> tuple[int, list[bytes]]:
        """Where a file stands among the leaves, and its audit path, sibling first. Raises NotFound."""
        if name not in self.files:
            raise NotFound(f"there is no file {shortened(name)} in this release")
        hashes = self._hashes()
        place = 1 + sorted(self.files).index(name)

        def read(nodes: Any) -> list[bytes]:
            return [_node(hashes, node) for node in nodes]

        return place, merkle.span_roots(merkle.inclusion_spans(place, len(hashes)), read)

    def _hashes(self) -> list[bytes]:
        return [merkle.hash_leaf(leaf.encode()) for leaf in self.leaves()]

    def with_file(self, file: File) -> Manifest:
        """The manifest with one file more, or another of the same name."""
        return Manifest(self.state, self.files | {file.name: file})

    def to_json(self) -> str:
        """The manifest as it is written and served."""
        files = [self.files[name].line() for name in sorted(self.files)]
        told = {"state": self.state, "files": files, "files-root-hash": self.root().hex()}
        return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _node(hashes: list[bytes], node: Node) -> bytes:
    level, index = node
    return merkle.subtree_root(b"".join(hashes[index << level : (index + 1) << level]))


def described(state: State | States) -> dict[str, Any]:
    """A state, or those of all registers, as its manifest has it."""
    if isinstance(state, States):
        return {"registers": [described(each) for each in state.each]}
    return {
        "register": state.register,
        "origin": state.origin,
        "size": state.size,
        "metadata-size": state.metadata_size,
        "records": state.records,
        "time": state.time,
        "root-hash": v2_text(state.v2_root),
        "v1-root-hash": v1_text(state.v1_root),
        "metadata-root-hash": v1_text(state.metadata_root),
    }


def parse(text: str) -> Manifest:
    """The manifest that was written so. Raises ValueError or KeyError for anything else."""
    told = json.loads(text)
    files = (File(each["name"], each["bytes"], each["rows"], each["sha-256"]) for each in told["files"])
    return Manifest(told["state"], {file.name: file for file in files})
