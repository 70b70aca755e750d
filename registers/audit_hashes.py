"""What the auditor needs of the contract, written anew: hashes of items and entries, and JSON that says things once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from registers.canonical import canonical_json, quoted

HASH = re.compile(r"sha-256:[0-9a-f]{64}")
BLOB_HASH = re.compile(r"1220[0-9a-f]{64}")
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_REDACTED = re.compile(r"\*\*REDACTED\*\*([0-9a-f]{64})")
REDACTED_MEMBER = re.compile(rf'[:,[]"{_REDACTED.pattern}"(?!:)')  # a whole value, in canonical JSON
Rule = type | re.Pattern[str]


class Broken(Exception):
    """Raised at the first fault of a copy; it becomes the verdict."""


def parse_object(text: str) -> tuple[dict[str, Any], str]:
    """The members of a JSON object, and its canonical JSON, which UTF-8 can encode. Raises Broken."""
    try:
        parsed = json.loads(text, object_pairs_hook=_members, parse_constant=int)
        canonical = canonical_json(parsed)
        canonical.encode()
    except (ValueError, RecursionError):  # broken, NaN, too deep, or half a surrogate pair
        raise Broken("it does not hold JSON that can be read") from None
    if not isinstance(parsed, dict):
        raise Broken("its JSON is not an object")
    return parsed, canonical


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Broken("its JSON names a member twice")
    return members


def check_members(given: Mapping[str, Any], rules: Mapping[str, Rule]) -> None:
    """Exactly these members, each by its rule: nothing covers any other, which would pass unchecked. Raises Broken."""
    if given.keys() != rules.keys():
        raise Broken(f"its members are not {', '.join(rules)}")
    for name, rule in rules.items():
        kind = rule if isinstance(rule, type) else str
        if type(given[name]) is not kind or not (isinstance(rule, type) or rule.fullmatch(given[name])):
            raise Broken(f"{name} is not written as it should be")


def leaf_hash(number: int, key: str, time: str, item: str) -> bytes:
    """The RFC 6962 leaf hash of an entry, over the v1 leaf bytes of contract §1.7."""
    leaf = (
        f'{{"index-entry-number":"{number}","entry-number":"{number}","entry-timestamp":"{time}",'
        f'"key":{quoted(key)},"item-hash":["{item}"]}}'
    )
    return sha256(b"\x00" + leaf.encode()).digest()


def item_hash(body: str) -> str:
    """The v1 hash of an item, of its canonical JSON."""
    return f"sha-256:{sha256(body.encode()).hexdigest()}"


def blob_leaf_hash(number: int, key: str, time: str, blob: str) -> bytes:
    """The RFC 6962 leaf hash of an entry in the v2 tree, over its digest: contract §1.7."""
    parts = (b"i%d" % number, b"u" + key.encode(), b"t" + time.encode(), b"r" + bytes.fromhex(blob))
    return sha256(b"\x00" + sha256(b"l" + b"".join(sha256(part).digest() for part in parts)).digest()).digest()


def blob_hash(item: Mapping[str, Any]) -> str:
    """The v2 hash of contract §1.7, of an item as it stands: those of a dump are normalised already."""
    members = (sha256(b"u" + name.encode()).digest() + _value_digest(value) for name, value in item.items())
    return f"1220{sha256(b'd' + b''.join(sorted(members))).hexdigest()}"


def _value_digest(value: object) -> bytes:
    if isinstance(value, list) and all(isinstance(member, str) for member in value):
        return sha256(b"s" + b"".join(sorted(map(_value_digest, value)))).digest()
    if not isinstance(value, str):
        raise Broken("a value of its item is neither text nor a list of text")
    redacted = _REDACTED.fullmatch(value)
    return bytes.fromhex(redacted[1]) if redacted else sha256(b"u" + value.encode()).digest()
