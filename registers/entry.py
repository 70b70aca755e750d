"""An entry: the fact that, at a moment, a key was given an item. What an entry is made of, and how it is hashed.

A log has two regions, each numbered from 1: the *user* region holds the records' history, the *metadata* region
(called "system" in RSF) the register's own definition. Timestamps are whole UTC seconds since 1970 inside, and
`YYYY-MM-DDThh:mm:ssZ` at every edge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from registers.errors import Invalid

Item = Mapping[str, str | list[str]]

KEY_LIMIT = 1000
KEY_RULE = (
    "a key starts with a letter or digit, goes on with letters, digits and single - _ . or / characters, "
    f"and is at most {KEY_LIMIT} characters long"
)
FORMAT_SUFFIXES = (".json", ".csv")
REDACTED = "**REDACTED**"  # and 64 hex digits: stands for a value that was taken away (specification v2)
_KEY = re.compile(r"[A-Za-z0-9](?:[-_./]?[A-Za-z0-9])*[-_./]?")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Region(IntEnum):
    """The two logs of a register."""

    USER = 0
    METADATA = 1


@dataclass(frozen=True, slots=True)
class Hashing:
    """How one version of the contract hashes: an item, and the leaf of an entry in the Merkle tree.

    `item_digest(item, body)` takes the members and their canonical JSON as UTF-8; `leaf_hash(number, key,
    timestamp, digest)` takes the timestamp as text and returns the RFC 6962 leaf hash. All hashes are 32 bytes.
    `text_digest(value)` is what may stand for a value without a new hash of its item; None where nothing may.
    """

    name: str
    item_digest: Callable[[Item, bytes], bytes]
    leaf_hash: Callable[[int, str, str, bytes], bytes]
    text_digest: Callable[[str], bytes] | None = None


class Entry(NamedTuple):
    """One entry as it is read back, with its item.

    `item` is the number of the entry, in its region, that first brought the item; `records` the running number of
    keys; `chain` the chain hash; `digests` the item's hashes by version; `body` the item's canonical JSON.
    """

    number: int
    key: str
    timestamp: int
    item: int
    records: int
    chain: bytes
    digests: Mapping[str, bytes]
    body: str

    @property
    def timestamp_text(self) -> str:
        """The timestamp as `YYYY-MM-DDThh:mm:ssZ`."""
        return timestamp_text(self.timestamp)


def is_key(key: str) -> bool:
    """Whether `key` keeps the ID rule of the contract."""
    return len(key) <= KEY_LIMIT and _KEY.fullmatch(key) is not None


def check_key(key: str) -> None:
    """Raise Invalid unless `key` keeps the ID rule of the contract."""
    if not is_key(key):
        raise Invalid(f"key {shortened(key)} breaks the rule: {KEY_RULE}")


def shortened(value: object, limit: int = 60) -> str:
    """A value as an error message quotes it: in quotes, escaped, cut when long."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


@lru_cache(maxsize=4096)
def timestamp_text(seconds: int) -> str:
    """UTC seconds as `YYYY-MM-DDThh:mm:ssZ`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


@lru_cache(maxsize=4096)
def parse_timestamp(text: str) -> int:
    """`YYYY-MM-DDThh:mm:ssZ` as UTC seconds. Raises Invalid for anything else."""
    if _TIMESTAMP.fullmatch(text):
        try:
            return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
        except ValueError:
            pass
    raise Invalid(f"{shortened(text)} is not a timestamp such as 2016-04-05T13:23:05Z")


def first_chain(origin: str) -> bytes:
    """The chain hash before the first entry: SHA-256 of the register's origin."""
    return sha256(origin.encode()).digest()


def next_chain(chain: bytes, leaf_hash: bytes) -> bytes:
    """The chain hash of an entry, which names its predecessor: SHA-256(previous chain hash ‖ v1 leaf hash)."""
    return sha256(chain + leaf_hash).digest()
