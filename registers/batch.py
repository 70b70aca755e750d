"""Changes made ready to be appended: normalised, validated, canonicalised and hashed, before any lock is taken.

Pure: nothing is read from the store or written to it. What comes out is a batch, which `registers.log.append` puts
at the head of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from registers import definition as definitions
from registers.canonical import canonical_json
from registers.definition import Definition
from registers.entry import Hashing, Item, Region, check_key, shortened
from registers.errors import Invalid, RegistersError
from registers.item import ITEM_LIMIT, ItemRules, Link, linked_keys, normalise

Note = Callable[[str], None]


NEW = b""  # what a change replaces whose key must have no record yet


class Change(NamedTuple):
    """What is to be appended: an item for a key. No `timestamp` means the clock's; `place` is for error messages.

    `replaces` is the v1 digest of the item that the key must have now, or `NEW`; None when whatever it has will do.
    `known` are digests, by version, that the item had before values were taken out of it, in a copy of another log.
    """

    key: str
    item: Mapping[str, object]
    timestamp: int | None = None
    place: str = ""
    replaces: bytes | None = None
    known: Mapping[str, bytes] | None = None


class Rules(NamedTuple):
    """How strictly changes are taken. Relaxed lets through what the published archive holds, and tells `note`.

    Only a redaction may write to a register that is `retired`.
    """

    relaxed: bool = False
    note: Note = lambda _sentence: None
    dangling: str = "refuse"  # or "note"; or "keep": give the dangling links back, to be judged when a load ends
    retired: bool = False

    def break_with(self, sentence: str) -> None:
        """Raise Invalid; or, relaxed, pass the sentence on and let it be."""
        if not self.relaxed:
            raise Invalid(sentence)
        self.note(sentence)


@dataclass(slots=True)
class Batch:
    """Changes made ready: parallel lists, one place a change. `links` are what the items point at."""

    region: Region
    metadata_entries: int
    keys: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    digests: dict[str, list[bytes]] = field(default_factory=dict)
    timestamps: list[int | None] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    replaces: list[bytes | None] = field(default_factory=list)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)


class Subject(NamedTuple):
    """What changes are prepared for: the register's definition (None while it has none) and its metadata size."""

    definition: Definition | None
    metadata_entries: int


def prepare(
    subject: Subject,
    hashings: Mapping[str, Hashing],
    changes: Iterable[Change],
    region: Region = Region.USER,
    rules: Rules = Rules(),  # noqa: B008  immutable
) -> Batch:
    """Normalise, validate, canonicalise and hash; nothing is read or written.

    Raises Invalid, naming the place of the change and the member at fault.
    """
    batch = Batch(region, subject.metadata_entries, digests={name: [] for name in hashings})
    noting = _Noting(rules.note)
    check = _check_for(region, subject.definition, rules._replace(note=noting))
    linking = subject.definition.links if subject.definition and region is Region.USER else []
    hashed = [(name, hashing.item_digest, batch.digests[name]) for name, hashing in hashings.items()]
    for change in changes:
        noting.change = change
        try:
            item = normalise(change.item, redacted=change.known is not None)
            check(change.key, item)
            body = canonical_json(item)
            encoded = body.encode()
            if len(encoded) > ITEM_LIMIT:
                raise Invalid(f"the item of {shortened(change.key)} is over {ITEM_LIMIT // 2**20} MB")
        except RegistersError as error:
            raise _placed(error, change) from None
        known = change.known or {}
        for version, digest, digests in hashed:
            digests.append(known.get(version) or digest(item, encoded))
        batch.keys.append(change.key)
        batch.bodies.append(body)
        batch.timestamps.append(change.timestamp)
        batch.places.append(change.place)
        batch.replaces.append(change.replaces)
        for name, register, key in linked_keys(linking, item) if linking else ():
            batch.links.setdefault((register, key), Link(_place(change), name, register, key))
    return batch


class _Noting:
    """Passes notes on with the place of the change that is being prepared."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self.change = Change("", {})

    def __call__(self, sentence: str) -> None:
        self._note(f"{_place(self.change)}: {sentence}")


def _place(change: Change) -> str:
    return change.place or f"key {shortened(change.key)}"


def _placed(error: RegistersError, change: Change) -> RegistersError:
    return type(error)(f"{_place(change)}: {error}")


def _check_for(region: Region, definition: Definition | None, rules: Rules) -> Callable[[str, Any], None]:
    if region is Region.METADATA:
        return partial(_check_metadata, rules)
    if definition is None:
        return _refuse_without_definition
    item_rules = ItemRules(definition, rules.relaxed, rules.note)

    def check(key: str, item: dict[str, str | list[str]]) -> None:
        check_key(key)
        item_rules.check(key, item)

    return check


def _refuse_without_definition(_key: str, _item: Item) -> None:
    raise Invalid("the register has no definition yet: its fields come before its first entry")


def _check_metadata(rules: Rules, key: str, item: dict[str, str | list[str]]) -> None:
    try:
        definitions.check_metadata(key, item)
    except Invalid as error:
        rules.break_with(str(error))
