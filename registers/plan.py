"""A plan: what is to be appended to a register, as bytes that are shown, agreed to and appended unchanged.

A plan is made against one state of a register. Each change names the item that it replaces, or that there is none, so
it can still be appended when others have written meanwhile, as long as they wrote to other records. It is text, a
JSON object a line, and its SHA-256 is its name:

    {"made-against":{…},"origin":"…","plan":1,"register":"school",…}    whose it is, and which state it was made against
    {"item":{…},"key":"100000"}                                          a record to be added
    {"item":{…},"key":"100001","replaces":"sha-256:…"}                   one to be changed: the item it has now
    {"changes":2}                                                        how many there are, so that it is known whole

Pure: nothing here knows the store. `applying` holds a plan against it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO

from registers.batch import NEW, Change
from registers.canonical import canonical_json
from registers.definition import REDACTION, check_name
from registers.entry import Item, shortened
from registers.errors import Invalid
from registers.item import Value, normalise

VERSION = 1
LINE_LIMIT = 9 * 1024 * 1024  # bytes: an item of 8 MB, and what is around it
HASH = "sha-256:"
_HASH = re.compile(r"sha-256:[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TEXTS = ("register", "origin", "source", "file", "as-at", "dated")
_MEMBERS = {*_TEXTS, "plan", "made-against", "definition"}
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
TEXT_LIMIT = 500  # characters of what a header says
FIELD = "field:"


@dataclass(frozen=True, slots=True)
class Header:
    """What a plan is for. Without an `origin` it makes the register; `definition` are metadata entries that go first.

    Each of these names what it replaces, as the other changes do. `entries` and `root_hash` name the state it was made
    against, `file` the SHA-256 of the file it was made from, `dated` the day that file is of, and `as_at` is the day
    its entries are dated to, if that is not the day they are made.
    """

    register: str
    origin: str = ""
    entries: int = 0
    root_hash: str = ""
    source: str = ""
    file: str = ""
    as_at: str = ""
    dated: str = ""
    definition: tuple[Change, ...] = ()

    @property
    def fields(self) -> list[str]:
        """The fields that it defines."""
        return [each.key.removeprefix(FIELD) for each in self.definition if each.key.startswith(FIELD)]

    @property
    def redactions(self) -> list[Item]:
        """What it takes away, as the metadata entries that will say so."""
        return [normalise(each.item) for each in self.definition if each.key == REDACTION]

    def line(self) -> str:
        """The first line of the plan."""
        against = {"entries": self.entries, "root-hash": self.root_hash}
        members = {
            "plan": VERSION,
            "register": self.register,
            "origin": self.origin,
            "made-against": against,
            "source": self.source,
            "file": self.file,
            "as-at": self.as_at,
            "dated": self.dated,
            "definition": [_listed(each) for each in self.definition],
        }
        return canonical_json(members)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change does to a record: `kind` is added, changed or ended; `fields` have their values `from` and `to`."""

    key: str
    kind: str
    name: str
    fields: Mapping[str, Item]

    def members(self) -> dict[str, object]:
        """The difference as JSON has it."""
        fields = {name: dict(sides) for name, sides in self.fields.items()}
        return {"key": self.key, "change": self.kind, "name": self.name, "fields": fields}


def lines(header: Header, changes: Iterable[Change]) -> Iterator[str]:
    """The lines of a plan, each with its end. The changes' items are normalised; each says what it replaces."""
    yield f"{header.line()}\n"
    count = 0
    for change in changes:
        replaces = f',"replaces":"{HASH}{change.replaces.hex()}"' if change.replaces else ""
        yield f'{{"item":{canonical_json(change.item)},"key":{canonical_json(change.key)}{replaces}}}\n'
        count += 1
    yield f'{{"changes":{count}}}\n'


def _listed(change: Change) -> list[object]:
    replaces = [f"{HASH}{change.replaces.hex()}"] if change.replaces else []
    return [change.key, change.item, *replaces]


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a file from its beginning, none of them longer than a line of a plan may be."""
    stream.seek(0)
    while line := stream.readline(LINE_LIMIT + 1):
        yield line


def digest_of(content: bytes) -> str:
    """A plan's name: the SHA-256 of its bytes, in hexadecimal."""
    return sha256(content).hexdigest()


def read(stream: Iterable[bytes]) -> tuple[Header, Iterator[Change]]:
    """A plan's header, and its changes as they are read. Raises Invalid, naming the line, for what is no whole plan."""
    numbered = iter(enumerate(stream, 1))
    number, first = next(numbered, (1, b""))
    return _header(_members(number, first)), _changes(numbered)


def _changes(numbered: Iterator[tuple[int, bytes]]) -> Iterator[Change]:
    count, whole = 0, False
    for number, line in numbered:
        members = _members(number, line)
        if whole:
            raise Invalid(f"line {number} of the plan stands after its end")
        if members.keys() == {"changes"}:
            whole = members["changes"] == count and type(members["changes"]) is int
            if not whole:
                raise Invalid(f"the plan has {count} changes, and says that it has {shortened(members['changes'])}")
            continue
        count += 1
        yield _change(number, members)
    if not whole:
        raise Invalid("the plan is cut off: it lacks its last line, which says how many changes it has")


def _members(number: int, line: bytes) -> dict[str, Any]:
    try:
        members = json.loads(line) if len(line) <= LINE_LIMIT else None
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise Invalid(f"line {number} is not one of a plan, which is made of JSON objects, one a line")
    return members


def _header(members: dict[str, Any]) -> Header:
    if members.get("plan") != VERSION:
        raise Invalid(f"this is not a plan of version {VERSION}: its first line does not say so")
    against = members.get("made-against")
    texts = {name: members.get(name, "") for name in _TEXTS}
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(against, dict):
        raise Invalid("line 1 of the plan is not as plans begin")
    if strange := sorted(members.keys() - _MEMBERS):
        raise Invalid(f"line 1 of the plan has {shortened(strange[0])}, which plans have not")
    for name, text in texts.items():
        if len(text) > TEXT_LIMIT or _UNSEEN.search(text):
            raise Invalid(f"{name}: is at most {TEXT_LIMIT} characters that can be seen")
    entries, root_hash = against.get("entries"), against.get("root-hash")
    if not isinstance(entries, int) or entries < 0 or not isinstance(root_hash, str):
        raise Invalid("made-against: is how many entries the register had, and its root hash")
    for name in ("as-at", "dated"):
        if texts[name] and not _DAY.fullmatch(texts[name]):
            raise Invalid(f"{name}: is a day such as 2017-08-09, not {shortened(texts[name])}")
    return Header(
        register=check_name(texts["register"]),
        origin=texts["origin"],
        entries=entries,
        root_hash=root_hash,
        source=texts["source"],
        file=texts["file"],
        as_at=texts["as-at"],
        dated=texts["dated"],
        definition=_definition(members.get("definition", [])),
    )


def _definition(listed: object) -> tuple[Change, ...]:
    return tuple(_entry(each) for each in (listed if isinstance(listed, list) else [listed]))


def _entry(listed: object) -> Change:
    match listed:
        case ["redaction", dict(item)]:
            return Change(REDACTION, normalise(item), place=REDACTION)  # after whatever was taken away before
        case [str(key), dict(item)]:
            return Change(key, normalise(item), place=key, replaces=NEW)
        case [str(key), dict(item), replaces]:
            return Change(key, normalise(item), place=key, replaces=_replaced("definition", replaces))
    raise Invalid("definition: is a list of metadata entries: a key, an item, and the item it replaces")


def _change(number: int, members: dict[str, Any]) -> Change:
    key, item = members.get("key"), members.get("item")
    if not isinstance(key, str) or not isinstance(item, dict) or members.keys() - {"key", "item", "replaces"}:
        raise Invalid(f"line {number} of the plan is not a change: a key, an item, and the item it replaces")
    place = f"line {number} of the plan"
    digest = _replaced(place, members["replaces"]) if "replaces" in members else NEW
    return Change(key, item, place=place, replaces=digest)


def _replaced(place: str, text: object) -> bytes:
    if not (isinstance(text, str) and _HASH.fullmatch(text)):
        raise Invalid(f"{place}: replaces is the hash of an item, not {shortened(text)}")
    return bytes.fromhex(text.removeprefix(HASH))


def difference(key: str, before: Item | None, after: Item, name: str) -> Difference:
    """What becomes of a record, field by field; with an end-date that it had not, it is ended."""
    old: Item = before or {}
    names = sorted(field for field in old.keys() | after.keys() if old.get(field) != after.get(field))
    sides: tuple[tuple[str, Item], ...] = (("from", old), ("to", after))
    fields: dict[str, dict[str, Value]] = {
        field: {side: item[field] for side, item in sides if field in item} for field in names
    }
    if before is None:
        return Difference(key, "added", name, fields)
    ends = "end-date" in after and "end-date" not in old
    return Difference(key, "ended" if ends else "changed", name, fields)
