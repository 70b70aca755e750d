"""The JSON shapes of v2: numbers as numbers, hashes as multihashes, records and blobs in arrays, each with its `_id`.

Bodies are spliced in as the canonical JSON they are kept in, unless only some of their fields were asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from registers.canonical import canonical_json, quoted
from registers.changes import Change
from registers.definition import STATED, Definition, Field
from registers.entry import Entry, timestamp_text
from registers.search import Facet, Suggestion
from registers.snapshot import Snapshot
from registers.trees import V2
from registers.v2.hashing import hash_text

Blob = tuple[bytes, str]  # its v2 digest, and its canonical JSON
Fields = Sequence[str] | None  # the fields to show; None for all
HASHING_ALGORITHM = {"codec": "sha2-256", "function-type": 0x12, "digest-length": 32}


def shown_fields(definition: Definition) -> list[str]:
    """The fields that lists and CSV show unless others are asked for: all but shapes, which are large."""
    return [field.name for field in definition.fields if field.datatype != "geometry"]


def record(found: Entry, fields: Fields = None) -> str:
    """One record: its item, with its key as `_id`."""
    return identified(found.key, found.body, fields)


def records(found: Iterable[Entry], fields: Fields = None) -> Iterator[str]:
    """Records as an array, in parts."""
    return array(record(each, fields) for each in found)


def blob(found: Blob, fields: Fields = None) -> str:
    """One blob, with its hash as `_id`."""
    digest, body = found
    return identified(hash_text(digest), body, fields)


def blobs(found: Iterable[Blob], fields: Fields = None) -> Iterator[str]:
    """Blobs as an array, in parts."""
    return array(blob(each, fields) for each in found)


def identified(identifier: str, body: str, fields: Fields = None) -> str:
    """An item, with what it is found by as `_id`."""
    if fields is not None:
        item = json.loads(body)
        body = canonical_json({name: item[name] for name in fields if name in item})
    members = body[1:] if body == "{}" else f",{body[1:]}"
    return f'{{"_id":{quoted(identifier)}{members}'


def entry(found: Entry) -> str:
    """One entry."""
    return (
        f'{{"entry-number":{found.number},"entry-timestamp":"{found.timestamp_text}",'
        f'"key":{quoted(found.key)},"blob-hash":"{hash_text(found.digests["v2"])}"}}'
    )


def entries(found: Iterable[Entry]) -> Iterator[str]:
    """Entries as an array, in parts."""
    return array(map(entry, found))


def array(parts: Iterable[str]) -> Iterator[str]:
    """An array of what is JSON already, in parts."""
    separator = "["
    for part in parts:
        yield separator + part
        separator = ","
    yield "]" if separator == "," else "[]"


def context(snapshot: Snapshot, definition: Definition) -> dict[str, object]:
    """What a register is, at a state."""
    described = {
        "description": definition.text,
        "custodian": definition.custodian,
        **{member: definition.said(member) for member in sorted(STATED)},
    }
    return {
        "id": snapshot.register.name,
        "title": definition.title or readable(snapshot.register.name),
        **{member: text for member, text in described.items() if text},
        "tier": definition.tier,
        "hashing-algorithm": HASHING_ALGORITHM,
        "root-hash": hash_text(snapshot.root(V2)),
        "statistics": {
            "total-records": snapshot.total_records,
            "total-entries": snapshot.size,
            "total-blobs": snapshot.total_items,
        },
        "status": {"start-date": snapshot.entry(1).timestamp_text} if snapshot.size else {},
        "schema": [_field(field) for field in definition.fields],
    }


def _field(field: Field) -> dict[str, object]:
    members = {"id": field.name, "datatype": field.datatype, "cardinality": field.cardinality}
    return {**members, "title": readable(field.name), **({"description": field.text} if field.text else {})}


def readable(name: str) -> str:
    """A name as a title: `official-name` is `Official name`."""
    return name.replace("-", " ").capitalize()


def register_proof(root: bytes, size: int) -> dict[str, object]:
    """The root at a size."""
    return {"root-hash": hash_text(root), "total-entries": size}


def proof(path: Iterable[bytes]) -> dict[str, object]:
    """An audit path, or the nodes that prove that one size extends another."""
    return {"audit-path": [*map(hash_text, path)]}


def state(snapshot: Snapshot) -> dict[str, object]:
    """Which state of a register it is: its size, its root, and the time of its last entry if it has one."""
    latest = snapshot.last_updated
    time = {} if latest is None else {"time": timestamp_text(latest)}
    return {"size": snapshot.size, "root-hash": hash_text(snapshot.root(V2)), **time}


def change(found: Change) -> dict[str, object]:
    """What became of one record."""
    before = {} if found.before is None else {"from-entry": found.before}
    numbers = {**before, "to-entry": found.after}
    return {"key": found.key, "change": found.kind, **numbers, "fields": found.fields}


def changes(states: dict[str, dict[str, object]], found: Iterable[Change]) -> dict[str, object]:
    """What became of records between the states `from` and `to`."""
    return {**states, "changes": [change(each) for each in found]}


def metadata_root(root: bytes) -> str:
    """The root of the metadata tree, written as v1 writes hashes, for its leaves are v1's."""
    return f"sha-256:{root.hex()}"


def metadata(root: str, size: int, definition: object, found: Iterable[Entry]) -> str:
    """The metadata log at a size: its root, the items in force by their keys, and some of its entries."""
    head = compact({"root-hash": root, "total-entries": size, "definition": definition})
    return f'{head[:-1]},"entries":{"".join(array(map(metadata_entry, found)))}}}'


def metadata_entry(found: Entry) -> str:
    """One metadata entry, with its item. Its leaf in the tree is v1's, and so is the hash of its item."""
    return (
        f'{{"entry-number":{found.number},"entry-timestamp":"{found.timestamp_text}","key":{quoted(found.key)},'
        f'"item-hash":"sha-256:{found.digests["v1"].hex()}","item":{found.body}}}'
    )


def expanded(record: str, linked: Mapping[str, Mapping[str, str | None]]) -> str:
    """A record with the records that it links to: by field, by value, the item that it names, or null."""
    fields = (
        f"{quoted(name)}:{{" + ",".join(f"{quoted(value)}:{body or 'null'}" for value, body in values.items()) + "}"
        for name, values in linked.items()
    )
    return f'{record[:-1]},"_expanded":{{{",".join(fields)}}}}}'


def facet(found: Facet) -> dict[str, object]:
    """The values of a field and how many records have each."""
    values = [{"value": value, "count": count} for value, count in found.values]
    return {"values": values, "exact": found.exact, "more": found.more}


def suggestion(found: Suggestion) -> dict[str, object]:
    """A record to choose."""
    return {"key": found.key, "name": found.name, "entry-number": found.number}


def result(register: str, url: str, found: Entry) -> str:
    """A record that was found, of any register."""
    named = f'"register":{quoted(register)},"url":{quoted(url)},"entry-number":{found.number}'
    return f'{{{named},"record":{record(found)}}}'


def compact(value: object) -> str:
    """A shape as compact JSON with its members in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
