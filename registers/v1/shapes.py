"""The JSON shapes of v1: numbers as strings, hashes in lists of one, records as an object by key.

Bodies are spliced in as the canonical JSON they are kept in, so that an item leaves as it was hashed. v1 knows of no
redaction: a record is shown without what was taken out of it, as one that never had it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from registers.canonical import canonical_json, quoted
from registers.definition import Definition
from registers.entry import Entry, timestamp_text
from registers.redacted import holds_redacted, without_redacted
from registers.snapshot import Snapshot
from registers.v1.hashing import hash_text, leaf_json

PROOF = "merkle:sha-256"


def entry(found: Entry) -> str:
    """One entry: what its leaf in the tree is made of."""
    return leaf_json(found.number, found.key, found.timestamp_text, found.digests["v1"])


def entries(found: Iterable[Entry]) -> Iterator[str]:
    """Entries as an array, in parts."""
    return _joined("[", map(entry, found), "]")


def record(found: Entry) -> str:
    """One record as the member of an object: its key, its entry and its item."""
    key = quoted(found.key)
    body = visible(found.body)
    return (
        f'{key}:{{"index-entry-number":"{found.number}","entry-number":"{found.number}",'
        f'"entry-timestamp":"{found.timestamp_text}","key":{key},"item":[{body}]}}'
    )


def visible(body: str) -> str:
    """An item's canonical JSON without what was taken out of it."""
    return canonical_json(without_redacted(json.loads(body))) if holds_redacted(body) else body


def records(found: Iterable[Entry]) -> Iterator[str]:
    """Records as an object, in parts."""
    return _joined("{", map(record, found), "}")


def _joined(opening: str, parts: Iterable[str], closing: str) -> Iterator[str]:
    separator = opening
    for part in parts:
        yield separator + part
        separator = ","
    yield closing if separator == "," else opening + closing


def register(snapshot: Snapshot, definition: Definition, register_item: object, domain: str) -> dict[str, object]:
    """The summary of a register. `register_item` is its `register:<id>` item, `domain` the operator's."""
    updated = snapshot.last_updated
    return {
        "domain": domain,
        "total-records": snapshot.total_records,
        "total-entries": snapshot.size,
        "register-record": register_item,
        "custodian": definition.custodian,
        **({} if updated is None else {"last-updated": timestamp_text(updated)}),
    }


def register_proof(root: bytes, size: int) -> dict[str, object]:
    """The root at a size."""
    return {"proof-identifier": PROOF, "root-hash": hash_text(root), "total-entries": size}


def entry_proof(number: int, path: Iterable[bytes]) -> dict[str, object]:
    """The audit path of an entry."""
    return {"proof-identifier": PROOF, "entry-number": str(number), "merkle-audit-path": [*map(hash_text, path)]}


def consistency_proof(path: Iterable[bytes]) -> dict[str, object]:
    """The nodes that prove that one size extends another."""
    return {"proof-identifier": PROOF, "merkle-consistency-nodes": [*map(hash_text, path)]}


def compact(value: object) -> str:
    """A shape as compact JSON with its members in their order."""
    return canonical_json(value) if not isinstance(value, dict) else _ordered(value)


def _ordered(members: dict[str, object]) -> str:
    parts = (f"{quoted(name)}:{compact(value)}" for name, value in members.items())
    return "{" + ",".join(parts) + "}"
