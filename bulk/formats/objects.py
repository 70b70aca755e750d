"""JSON and NDJSON: a record is its item with its key as `_id`, an entry has its hashes and its item."""

from __future__ import annotations

from collections.abc import Iterator

from bulk.source import Source
from registers.canonical import quoted
from registers.entry import Entry
from registers.v1.hashing import hash_text as v1_text
from registers.v2 import shapes
from registers.v2.hashing import hash_text as v2_text


def array_lines(source: Source, what: str) -> Iterator[str]:
    """One array, in parts, each a line of its own."""
    separator = "[\n"
    for each in _objects(source, what):
        yield separator + each
        separator = ",\n"
    yield "\n]\n" if separator == ",\n" else "[]\n"


def lines(source: Source, what: str) -> Iterator[str]:
    """One object a line."""
    return (f"{each}\n" for each in _objects(source, what))


def _objects(source: Source, what: str) -> Iterator[str]:
    if what == "records":
        return (shapes.identified(key, body) for key, body in source.identified())
    return map(entry_object, source.entries())


def entry_object(entry: Entry) -> str:
    """An entry with all that an audit needs."""
    return (
        f'{{"entry-number":{entry.number},"entry-timestamp":"{entry.timestamp_text}","key":{quoted(entry.key)},'
        f'"item-hash":"{v1_text(entry.digests["v1"])}","blob-hash":"{v2_text(entry.digests["v2"])}",'
        f'"chain-hash":"{entry.chain.hex()}","item":{entry.body}}}'
    )
