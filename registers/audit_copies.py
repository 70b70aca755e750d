"""The copies that the auditor reads, line by line: RSF of either version, and dumps of entries as NDJSON.

`take` is given each line, `finish` says what was checked. Both raise Broken at the first fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from registers.audit_hashes import (
    BLOB_HASH,
    HASH,
    REDACTED_MEMBER,
    TIMESTAMP,
    Broken,
    Rule,
    blob_hash,
    blob_leaf_hash,
    check_members,
    item_hash,
    leaf_hash,
    parse_object,
)
from registers.audit_tree import Tree
from registers.canonical import canonical_json
from registers.errors import Invalid

EMPTY = sha256().hexdigest()


class Rsf:
    """RSF (contract §1.9): each assert holds where it stands, each entry has its item, none is left over."""

    HASH, PREFIX = HASH, "sha-256:"

    def __init__(self) -> None:
        self.tree = Tree()
        self._metadata_entries = 0
        self._waiting: dict[bytes, int] = {}  # items no entry has named yet, with their lines
        self._used: set[bytes] = set()
        self._asserted: int | None = None  # the size at the last assert

    def take(self, number: int, line: str) -> None:
        match line.removesuffix("\r").split("\t"):
            case ["assert-root-hash", root] if self.HASH.fullmatch(root):
                self._check_root(root)
            case ["add-item", body]:
                self._add_item(number, body)
            case ["append-entry", "user" | "system" as region, key, time, item] if self.HASH.fullmatch(item):
                self._append(region, key, time, item)
            case _:
                raise Broken("it is not a command of RSF with its arguments")

    def _check_root(self, root: str) -> None:
        if self._asserted is None and self.tree.size == 0 and root != f"{self.PREFIX}{EMPTY}":
            reason = f"it starts from {root}, and the entries which that is made of are missing"
            raise Invalid(f"this RSF is an increment: {reason}; audit a whole download instead")
        if root != (actual := self._root()):
            raise Broken(f"it asserts {root}, but the {self.tree.size} entries before it make {actual}")
        self._asserted = self.tree.size

    def _root(self) -> str:
        return self.tree.root()

    def _add_item(self, number: int, body: str) -> None:
        item, canonical = parse_object(body)
        if canonical != body:
            raise Broken("the item is not canonical JSON")
        digest = self._digest_of(item, body)
        if digest not in self._used:
            self._waiting.setdefault(digest, number)

    def _digest_of(self, _item: dict[str, Any], body: str) -> bytes:
        return sha256(body.encode()).digest()

    def _append(self, region: str, key: str, time: str, item: str) -> None:
        if not TIMESTAMP.fullmatch(time):
            raise Broken("its timestamp is not written like 2016-04-05T13:23:05Z")
        digest = bytes.fromhex(item.removeprefix(self.PREFIX))
        if self._waiting.pop(digest, None) is not None:
            self._used.add(digest)
        elif digest not in self._used:
            raise Broken(f"no item before it has the hash it names, {item}")
        if region == "system":
            self._metadata_entries += 1
            self._heed(key, digest)
        else:
            self._grow(key, time, item)

    def _heed(self, key: str, digest: bytes) -> None:
        """Take in what a metadata entry says of other items."""

    def _grow(self, key: str, time: str, item: str) -> None:
        self.tree.add(leaf_hash(self.tree.size + 1, key, time, item))

    def finish(self, pinned: bool) -> str:
        if self._waiting:
            raise Broken(f"line {min(self._waiting.values())}: no entry names the item")
        if not pinned and self._asserted is None:
            raise Broken("the copy asserts no root to hold it to; give the root you expect with --expect")
        if not pinned and self._asserted != self.tree.size:
            raise Broken(f"no root is asserted after entry {self._asserted}; is the copy cut short?")
        metadata = f", {self._metadata_entries} metadata entries, not under the root, have their items"
        return f"{len(self._used)} items have their hashes{metadata if self._metadata_entries else ''}"


class BlobRsf(Rsf):
    """RSF with the hashes of v2, which items keep when values are taken out of them. What it asserts are v2's roots.

    The v1 root is made as well. What it needs of an item out of which a value was taken, a metadata entry of the file
    says; that entry is not under the root, but what it says is, for another hash would make another root.
    """

    HASH, PREFIX = BLOB_HASH, "1220"

    def __init__(self) -> None:
        super().__init__()
        self._blobs = Tree()
        self._items: dict[bytes, bytes] = {}  # the v1 hashes of items by their v2 hashes
        self._redacted: set[bytes] = set()
        self._said: dict[bytes, dict[str, Any]] = {}  # items that may be those of redactions

    def _root(self) -> str:
        return f"1220{self._blobs.root().removeprefix('sha-256:')}"

    def _digest_of(self, item: dict[str, Any], body: str) -> bytes:
        digest = bytes.fromhex(blob_hash(item)[4:])
        if REDACTED_MEMBER.search(body):
            self._redacted.add(digest)
        else:
            self._items[digest] = sha256(body.encode()).digest()
        if {"items", "blobs"} <= item.keys():
            self._said[digest] = item
        return digest

    def _heed(self, key: str, digest: bytes) -> None:
        if key == "redaction" and digest in self._said:
            said = self._said[digest]
            for item, blob in zip(said["items"], said["blobs"], strict=False):
                if HASH.fullmatch(item) and BLOB_HASH.fullmatch(blob):
                    self._items.setdefault(bytes.fromhex(blob[4:]), bytes.fromhex(item.removeprefix("sha-256:")))

    def _grow(self, key: str, time: str, item: str) -> None:
        number, first = self.tree.size + 1, self._items.get(bytes.fromhex(item[4:]))
        if first is None:
            raise Broken(f"a value was taken out of the item {item}, and no metadata entry says which v1 hash it had")
        self._blobs.add(blob_leaf_hash(number, key, time, item))
        self.tree.add(leaf_hash(number, key, time, f"sha-256:{first.hex()}"))

    def finish(self, pinned: bool) -> str:
        checked = super().finish(pinned)
        if not self._redacted:
            return checked
        return f"{checked}, {len(self._redacted)} of them redacted, whose v1 hashes are as a metadata entry says"


class Dump:
    """A dump of entries: a header, then a line an entry; numbers, hashes, chain, count and root agree."""

    HEADER: Mapping[str, Rule] = {"register": str, "origin": str, "entries": int, "root-hash": HASH}
    ENTRY: Mapping[str, Rule] = {
        "entry-number": int,
        "entry-timestamp": TIMESTAMP,
        "key": str,
        "item-hash": HASH,
        "blob-hash": BLOB_HASH,
        "chain-hash": re.compile("[0-9a-f]{64}"),
        "item": dict,
    }

    def __init__(self) -> None:
        self.tree = Tree()
        self._redacted = 0
        self._promised = ("", 0)
        self._chain = b""

    def take(self, number: int, line: str) -> None:
        given, _ = parse_object(line)
        check_members(given, self.HEADER if number == 1 else self.ENTRY)
        if number == 1:
            self._promised = (given["root-hash"], given["entries"])
            self._chain = sha256(given["origin"].encode()).digest()
        else:
            self._take_entry(given)

    def _take_entry(self, entry: dict[str, Any]) -> None:
        number, said = self.tree.size + 1, entry["item-hash"]
        if entry["entry-number"] != number:
            raise Broken(f"entry {number} is due, and this is entry {entry['entry-number']}")
        if entry["blob-hash"] != (actual := blob_hash(entry["item"])):
            raise Broken(f"its blob hash should be {actual}")
        body = canonical_json(entry["item"])
        if said != (actual := item_hash(body)):
            if not REDACTED_MEMBER.search(body):
                raise Broken(f"its item hash should be {actual}")
            self._redacted += 1
        leaf = leaf_hash(number, entry["key"], entry["entry-timestamp"], said)
        self._chain = sha256(self._chain + leaf).digest()
        if entry["chain-hash"] != self._chain.hex():
            raise Broken(f"its chain hash should be {self._chain.hex()}")
        self.tree.add(leaf)

    def finish(self, pinned: bool) -> str:
        root, entries = self._promised
        if entries != self.tree.size:
            raise Broken(f"the header promises {entries} entries, and there are {self.tree.size}")
        if root != (actual := self.tree.root()):
            raise Broken(f"the header promises {root}, but the {entries} entries make {actual}")
        redacted = f" except {self._redacted} redacted items, which match only blob hashes, not under the root"
        return f"items, blobs and chain have their hashes{redacted if self._redacted else ''}"
