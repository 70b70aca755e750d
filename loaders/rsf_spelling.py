"""With the hashes of which version a file of RSF is written: its first line tells.

v1's hashes are those of the published files. v2's stay when values are taken out of items, so its files alone may hold
such items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from registers import trees
from registers.canonical import canonical_json
from registers.entry import Item
from registers.errors import Invalid
from registers.item import Value, parse_item
from registers.redacted import holds_redacted
from registers.register import Revision
from registers.serialisation import Command
from registers.trees import Tree
from registers.v1 import hashing as v1
from registers.v1 import rsf as v1_rsf
from registers.v2 import hashing as v2
from registers.v2 import rsf as v2_rsf

_BEGINS_V2 = b"assert-root-hash\t1220"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a file is written: its commands, its hashes, and the tree that its assertions are of."""

    version: str
    tree: Tree
    parse: Callable[[BinaryIO], Iterator[Command]]
    hash_text: Callable[[bytes], str]
    digest_of: Callable[[Item, bytes], bytes]

    def item(self, text: str) -> tuple[dict[str, Value], str]:
        """The item that a line spells, and its canonical JSON. Raises Invalid for what is none."""
        item = parse_item(text, redacted=self is V2)
        return item, canonical_json(item)

    def root_of(self, revision: Revision) -> bytes:
        """The root that a revision made, of this version."""
        root: bytes = getattr(revision, f"{self.version}_root")
        return root

    def known(self, body: str, digest: bytes, said: Mapping[bytes, bytes]) -> Mapping[str, bytes] | None:
        """The v1 digest of an item out of which values were taken, as metadata entries say; None for a whole item.

        Raises Invalid when none says it: the v1 root could not be made.
        """
        if not holds_redacted(body):
            return None
        if digest not in said:
            raise Invalid(f"values were taken out of {self.hash_text(digest)}, and no redaction in the file names it")
        return {"v1": said[digest]}


V1 = Spelling("v1", trees.V1, v1_rsf.parse, v1.hash_text, v1.item_digest)
V2 = Spelling("v2", trees.V2, v2_rsf.parse, v2.hash_text, v2.blob_digest)


def spelling_of(stream: BinaryIO) -> Spelling:
    """How the file is written that a stream is at the beginning of, where it is left."""
    if stream.seekable():
        begun = stream.tell()
        first = stream.read(len(_BEGINS_V2))
        stream.seek(begun)
    else:
        peek: Callable[[int], bytes] = getattr(stream, "peek", lambda _size: b"")
        first = peek(len(_BEGINS_V2))[: len(_BEGINS_V2)]
    return V2 if first == _BEGINS_V2 else V1
