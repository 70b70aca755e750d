"""The v2 hashes: objecthash with redaction, as the published specification defines it.

A tagged hash is H(tag, bytes) = SHA-256(tag ‖ bytes), with tags u (text), s (set), d (dictionary), i (integer),
t (timestamp), r (raw), l (list). The reference server hashed the hex of a blob's digest inside an entry; the
specification hashes its bytes, and so do we (no v2 root was ever published).
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

from registers.entry import REDACTED, Hashing, Item
from registers.errors import Invalid

MULTIHASH = "1220"
SHORT = 12  # characters of a value whose hash is worth keeping
_REDACTED = re.compile(r"\*\*REDACTED\*\*([0-9a-f]{64})")
_HASH = re.compile(r"1220[0-9a-f]{64}")


@lru_cache(maxsize=4096)
def name_digest(name: str) -> bytes:
    """H('u', name): field names are few and hashed often."""
    return sha256(b"u" + name.encode()).digest()


def text_digest(value: str) -> bytes:
    """The digest of one string, or the digest that a redacted string stands for."""
    if value.startswith(REDACTED) and (redacted := _REDACTED.fullmatch(value)):
        return bytes.fromhex(redacted[1])
    return sha256(b"u" + value.encode()).digest()


def value_digest(value: str | list[str]) -> bytes:
    """The digest of a value; a list is a set, so its members' digests are sorted before they are joined."""
    if isinstance(value, str):
        return text_digest(value)
    return sha256(b"s" + b"".join(sorted(map(text_digest, value)))).digest()


@lru_cache(maxsize=16384)
def _short_member(name: str, value: str) -> bytes:
    """A member with a short value: in a list most of these come again and again, such as codes, towns and days."""
    return name_digest(name) + text_digest(value)


def _member(name: str, value: str | list[str]) -> bytes:
    if type(value) is str and len(value) <= SHORT:
        return _short_member(name, value)
    return name_digest(name) + value_digest(value)


def blob_digest(item: Item, body: bytes = b"") -> bytes:
    """The v2 hash of a normalised item, 32 bytes (`1220` is not part of it)."""
    members = sorted([_member(name, value) for name, value in item.items()])
    return sha256(b"d" + b"".join(members)).digest()


def entry_digest(number: int, key: str, timestamp: str, digest: bytes) -> bytes:
    """The v2 hash of an entry: a list of its number, key, timestamp and the multihash of its blob."""
    parts = (
        sha256(b"i%d" % number).digest()
        + sha256(b"u" + key.encode()).digest()
        + sha256(b"t" + timestamp.encode()).digest()
        + sha256(b"r\x12\x20" + digest).digest()
    )
    return sha256(b"l" + parts).digest()


def leaf_hash(number: int, key: str, timestamp: str, digest: bytes) -> bytes:
    """The RFC 6962 leaf hash over the 32 bytes of the entry's digest."""
    return sha256(b"\x00" + entry_digest(number, key, timestamp, digest)).digest()


def hash_text(digest: bytes) -> str:
    """A hash as v2 writes it: a multihash in hex, `1220` and 64 digits."""
    return MULTIHASH + digest.hex()


def parse_hash(text: str) -> bytes:
    """The 32 bytes of a v2 hash. Raises Invalid unless it is `1220` and 64 lower-case hex digits."""
    if not _HASH.fullmatch(text):
        raise Invalid("a v2 hash is written 1220 and 64 lower-case hexadecimal digits")
    return bytes.fromhex(text[len(MULTIHASH) :])


HASHING = Hashing("v2", blob_digest, leaf_hash, text_digest)
