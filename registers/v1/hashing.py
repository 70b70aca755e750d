"""The v1 hashes: SHA-256 over canonical JSON, and the leaf bytes of the published GOV.UK roots."""

from __future__ import annotations

import re
from hashlib import sha256

from registers.canonical import quoted
from registers.entry import Hashing, Item
from registers.errors import Invalid

PREFIX = "sha-256:"
_HASH = re.compile(r"sha-256:[0-9a-f]{64}")


def item_digest(item: Item, body: bytes) -> bytes:
    """The v1 item hash, 32 bytes: SHA-256 of the canonical JSON, which is `body`."""
    return sha256(body).digest()


def leaf_json(number: int, key: str, timestamp: str, digest: bytes) -> str:
    """The leaf of an entry: compact JSON with its members in this order and no other."""
    return (
        f'{{"index-entry-number":"{number}","entry-number":"{number}","entry-timestamp":"{timestamp}",'
        f'"key":{quoted(key)},"item-hash":["sha-256:{digest.hex()}"]}}'
    )


def leaf_hash(number: int, key: str, timestamp: str, digest: bytes) -> bytes:
    """The RFC 6962 leaf hash over `leaf_json`."""
    return sha256(b"\x00" + leaf_json(number, key, timestamp, digest).encode()).digest()


def hash_text(digest: bytes) -> str:
    """A hash as v1 writes it: `sha-256:` and 64 hex digits."""
    return PREFIX + digest.hex()


def parse_hash(text: str) -> bytes:
    """The 32 bytes of a v1 hash. Raises Invalid unless it is `sha-256:` and 64 lower-case hex digits."""
    if not _HASH.fullmatch(text):
        raise Invalid("a hash is written sha-256: and 64 lower-case hexadecimal digits")
    return bytes.fromhex(text[len(PREFIX) :])


HASHING = Hashing("v1", item_digest, leaf_hash)
