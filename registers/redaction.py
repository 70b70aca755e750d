"""Taking a value away for good: the one act that changes what was published.

In the items of a record the value gives way to its digest (`redacted`). That leaves the v2 hashes, every root and every
proof of entries as they are; the v1 hash of such an item is that of something nobody has any more. The act is recorded
as a metadata entry of the key `redaction`, so the metadata root changes, and with it every ETag and file:

    {"record": "GB", "fields": ["name"], "items": ["sha-256:…"], "blobs": ["1220…"], "values": ["2a42…"], "reason": "…"}

`items` and `blobs` are the two hashes of each item, `values` the digests of what was taken away. So the entry holds no
value, and is enough to take it out of a copy as well, and to make the v1 root from v2 RSF. The revision says who did
it.

What was kept of the value elsewhere is forgotten by followers: files, indexes of places, plans, old database pages.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from registers import batch as batches
from registers import indexing, lifecycle, snapshot
from registers import plan as plans
from registers.batch import Change, Rules
from registers.canonical import canonical_json
from registers.definition import REDACTION, check_reason
from registers.entry import Entry, Item, Region, shortened
from registers.errors import Conflict, Corrupt, Gone, Invalid, Moved, NotFound, Retired
from registers.plan import Header
from registers.redacted import Digest, is_redacted, redact, values_in
from registers.register import Authority, Register, Revision
from registers.store import entries, records, registers
from registers.store.engine import Store, Transaction

MULTIHASH = "1220"
V1, V2 = "v1", "v2"
TELLING = 4  # characters of a value from which on a reason that has them gives it away


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be taken away: what a record holds in these fields, now or by the entry of that number.

    It is taken out of every item that the record ever had and that holds it in one of the fields; with `only`, out of
    the item of that one entry.
    """

    key: str
    fields: tuple[str, ...]
    entry: int | None = None
    only: bool = False


@dataclass(frozen=True, slots=True)
class Redacted:
    """What was taken away: the numbers of the entries whose items have changed, and the revision that says so."""

    register: Register
    item: Item
    entries: list[int]
    revision: Revision


def take_away(store: Store, name: str, wanted: Wanted, reason: str, authority: Authority) -> Redacted:
    """Take values away, for a reason that is published. A draft or a retired register will do as well.

    Raises Invalid for a field that is not there, has nothing in it, or is the key's; NotFound for a record or an entry
    that is not there; Conflict when it was taken away before.
    """
    said = check_reason(reason)
    with store.writing() as tx:
        register = _claim(tx, name)
        item = find(tx, register, wanted, said)
        subject = lifecycle.subject_of(tx, register)
        change = Change(REDACTION, item, place=REDACTION)
        batch = batches.prepare(subject, tx.hashings, [change], Region.METADATA)
        made = lifecycle.append_metadata(tx, register, batch, authority, Rules(retired=True))
        taken = carry_out(tx, register, item)
        # If we crash here, nothing is durable. COMMIT, next, makes the entry so, the items and the index at once; what
        # followers keep of the value is found by the entry, whenever they look.
        return Redacted(register, item, taken, made.revision)


def plan(store: Store, name: str, wanted: Wanted, reason: str) -> bytes:
    """A plan that takes values away, for others to agree to: it holds their digests, and no value. Raises as above."""
    said = check_reason(reason)
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        item = find(tx, register, wanted, said)
        taken = snapshot.take(tx, register)
    root = f"{plans.HASH}{taken.root().hex()}"
    redaction = Change(REDACTION, item, place=REDACTION)
    header = Header(register.name, register.origin, taken.size, root, REDACTION, definition=(redaction,))
    return "".join(plans.lines(header, [])).encode()


def _claim(tx: Transaction, name: str) -> Register:
    """The register, retired or not, once those are done who write to it."""
    try:
        return lifecycle.claim(tx, name)
    except Retired:
        found = registers.find(tx.connection, name)
        assert found is not None
        tx.hot.lock_head(tx.connection, found.id)
        return found


# What is to be taken away


def find(tx: Transaction, register: Register, wanted: Wanted, reason: str) -> dict[str, str | list[str]]:
    """A part: the metadata entry that says what is to be taken away. Raises as `take_away`."""
    _check_fields(tx, register, wanted)
    trail = _trail(tx, register, wanted.key)
    source = _source(register, trail, wanted)
    digest_of = _digest_of(tx)
    values = [value for name in wanted.fields for value in _values(source, name)]
    _check_silent(reason, values)
    digests = {digest_of(value) for value in values}
    held = {each.digests[V1]: each for each in trail if not wanted.only or each.item == source.item}
    changed = [each for each in held.values() if _without(each, wanted.fields, digests, digest_of) != each.body]
    return {
        "record": wanted.key,
        "fields": list(dict.fromkeys(wanted.fields)),
        "items": [f"{plans.HASH}{each.digests[V1].hex()}" for each in changed],
        "blobs": [f"{MULTIHASH}{each.digests[V2].hex()}" for each in changed],
        "values": sorted(digest.hex() for digest in digests),
        "reason": reason,
    }


def _check_fields(tx: Transaction, register: Register, wanted: Wanted) -> None:
    definition = snapshot.read_definition(tx, register)
    known = definition.field_names if definition else []
    if not wanted.fields:
        raise Invalid("say which fields are to be taken away")
    for name in wanted.fields:
        if name not in known:
            raise Invalid(f"{shortened(name)} is not a field of {register.name}, whose fields are {', '.join(known)}")
        if definition and name == definition.key_field:
            raise Invalid(f"{name}: is the key, which entries name and roots cover, so it can never be taken away")


def _trail(tx: Transaction, register: Register, key: str) -> list[Entry]:
    """All entries of a key, oldest first."""
    return snapshot.take(tx, register).trail(key)


def _source(register: Register, trail: list[Entry], wanted: Wanted) -> Entry:
    """The entry whose values are to be taken away."""
    if wanted.entry is None:
        return trail[-1]
    for each in trail:
        if each.number == wanted.entry:
            return each
    raise NotFound(f"entry {wanted.entry} of {register.name} is not one of the record {shortened(wanted.key)}")


def _values(source: Entry, name: str) -> list[str]:
    """The values that an entry's item has in a field, of which there is at least one."""
    values = values_in(json.loads(source.body), name)
    if not values:
        raise Invalid(f"{name}: entry {source.number} has nothing in it")
    left = [value for value in values if not is_redacted(value)]
    if not left:
        raise Conflict(f"{name}: what entry {source.number} had in it was taken away before")
    return left


def _check_silent(reason: str, values: list[str]) -> None:
    """Refuse a reason that says what is to be taken away: it is published, and stays."""
    said = reason.casefold()
    if any(len(value) >= TELLING and value.casefold() in said for value in values):
        raise Invalid("reason: says what is to be taken away, and is published for good; say it in other words")


def _digest_of(tx: Transaction) -> Digest:
    digest_of = tx.hashings[V2].text_digest
    assert digest_of is not None
    return digest_of


def _without(entry: Entry, fields: Collection[str], digests: Collection[bytes], digest_of: Digest) -> str:
    """The body of an entry's item once the values are taken away."""
    return canonical_json(redact(json.loads(entry.body), fields, digests, digest_of))


# Taking it away


def carry_out(tx: Transaction, register: Register, item: Item, strictly: bool = True) -> list[int]:
    """A part: take away what a metadata entry says, now that it is appended; the numbers of the entries it touched.

    Raises Moved when there is nothing left of it in one of its items, or no such item; if not `strictly`, what is not
    there is passed over: in a copy, items may come without the value, or later.
    """
    digest_of, trail = _digest_of(tx), _trail_of(tx, register, item)
    digests = {bytes.fromhex(value) for value in item["values"]}
    changed: dict[int, str] = {}
    for each in _named(trail, item, strictly):
        body = _without(each, item["fields"], digests, digest_of)
        if body != each.body:
            changed[each.item] = body
        elif strictly:
            raise Moved("what was to be taken away is not there any more; look again")
    touched = [each for each in trail if each.item in changed]
    for number, body in changed.items():
        entries.redact(tx.connection, register.id, number, body)
    after = [each._replace(body=changed[each.item]) for each in touched]
    for each in after:
        if tx.hashings[V2].item_digest(json.loads(each.body), b"") != each.digests[V2]:
            raise Corrupt(f"the v2 hash of the item of entry {each.number} would not stay as it is")
    indexing.index_again(tx, register, after, snapshot.read_head(tx, register).metadata_entries)
    return [each.number for each in after]


def why_not(tx: Transaction, register: Register, item: Item) -> str:
    """Why what a metadata entry says cannot be taken away any more, in a sentence; empty while it can."""
    digest_of, digests = _digest_of(tx), {bytes.fromhex(value) for value in item["values"]}
    definition = snapshot.read_definition(tx, register)
    if definition and definition.key_field in item["fields"]:
        return f"{definition.key_field}: is the key, and can never be taken away"
    try:
        named = list(_named(_trail_of(tx, register, item), item, strictly=True))
    except Moved as error:
        return str(error)
    if all(_without(each, item["fields"], digests, digest_of) != each.body for each in named):
        return ""
    return f"what was to be taken out of {shortened(item['record'])} is not there any more"


def _trail_of(tx: Transaction, register: Register, item: Item) -> list[Entry]:
    """The entries of the record that a metadata entry names; none if there is no such record."""
    size = snapshot.read_head(tx, register).entries
    place = (register.id, int(Region.USER))
    numbers = records.trail(tx.connection, place, str(item["record"]), size)
    found = entries.read_numbers(tx.connection, *place, numbers)
    return [found[number] for number in numbers]


def _named(trail: list[Entry], item: Item, strictly: bool) -> Iterator[Entry]:
    """The first entry of each item that a metadata entry names by both its hashes."""
    there = {each.digests[V1]: each for each in reversed(trail)}
    for first, second in zip(item["items"], item["blobs"], strict=True):
        each = there.get(bytes.fromhex(first.removeprefix(plans.HASH)))
        if each and each.digests[V2].hex() == second.removeprefix(MULTIHASH):
            yield each
        elif strictly:
            raise Moved(f"the record {shortened(item['record'])} never had the item {first}")


# What was taken away


def left_elsewhere(tx: Transaction, register: Register, item: Item) -> list[str]:
    """Where the record still has what a metadata entry took away: other fields, and items it was not taken out of.

    Each as the words of a sentence: `also, by entry 3`.
    """
    digest_of, digests = _digest_of(tx), set(item["values"])
    found: dict[str, int] = {}
    for each in _trail_of(tx, register, item):
        held = json.loads(each.body)
        for name in held:
            if any(not is_redacted(value) and digest_of(value).hex() in digests for value in values_in(held, name)):
                found.setdefault(name, each.number)
    return [f"{name}, by entry {number}" for name, number in sorted(found.items())]


def taken_in(tx: Transaction, register_id: int, after: int = 0) -> list[Item]:
    """What the metadata entries after a number say was taken away, in order."""
    place = (register_id, int(Region.METADATA))
    wanted = [number for number in numbers(tx, register_id) if number > after]
    found = entries.read_numbers(tx.connection, *place, wanted)
    return [json.loads(found[number].body) for number in wanted]


def numbers(tx: Transaction, register_id: int) -> list[int]:
    """The numbers of the metadata entries that took something away, in order."""
    head = registers.read_head(tx.connection, register_id)
    place = (register_id, int(Region.METADATA))
    return records.trail(tx.connection, place, REDACTION, head.metadata_entries) if head else []


def latest(tx: Transaction, register_id: int) -> int:
    """The number of the last metadata entry that took something away; 0 if none did."""
    return records.latest(tx.connection, (register_id, int(Region.METADATA)), REDACTION)


def digests_by_record(tx: Transaction, register_id: int) -> dict[str, set[tuple[str, bytes]]]:
    """What was taken out of each record: fields, each with the digest of a value that it had."""
    found: dict[str, set[tuple[str, bytes]]] = {}
    for item in taken_in(tx, register_id):
        digests = [bytes.fromhex(value) for value in item["values"]]
        found.setdefault(str(item["record"]), set()).update((name, each) for name in item["fields"] for each in digests)
    return found


def fields_of(item: Item, taken: Collection[tuple[str, bytes]], digest_of: Digest) -> list[str]:
    """The fields of an item that have a value which was taken out of its record."""
    names = {name for name, _ in taken} & item.keys()
    return [name for name in sorted(names) if any((name, digest_of(each)) in taken for each in values_in(item, name))]


def known_digests(items: Collection[Item]) -> Mapping[bytes, bytes]:
    """The v1 digests of the items that metadata entries name, by their v2 digests."""
    return {
        bytes.fromhex(blob.removeprefix(MULTIHASH)): bytes.fromhex(first.removeprefix(plans.HASH))
        for item in items
        for first, blob in zip(item["items"], item["blobs"], strict=True)
    }


def redacted_entries(tx: Transaction, register_id: int, first: int, last: int) -> list[int]:
    """Those of the user entries `first … last` out of whose items values were taken, in order."""
    if first > last or not latest(tx, register_id):
        return []
    keys = sorted({str(item["record"]) for item in taken_in(tx, register_id)})
    return entries.redacted(tx.connection, register_id, keys, first, last)


def check_whole(tx: Transaction, register: Register, first: int, last: int, instead: str) -> None:
    """Raise Gone when the items of user entries `first … last` are not all there as v1 hashed them.

    `instead` is where they are had with what was taken away as digests.
    """
    if gone := redacted_entries(tx, register.id, first, last):
        which = f"entry {gone[0]}" + (f" and {len(gone) - 1} more" if len(gone) > 1 else "")
        raise Gone(f"a value was taken out of the item of {which}, so its v1 hash cannot be made again; use {instead}")
