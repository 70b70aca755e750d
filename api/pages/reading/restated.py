"""How a register came to say what it says of itself: its metadata entries in words, those of one moment together.

Each entry is held against the one of the same key before it, so that a row is one thing that was said anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from api.pages.languages.saying import gettext, gettext_noop
from api.pages.rendering import worded
from api.pages.values import Shown, item_of, plain
from registers.definition import REDACTION, TIER
from registers.entry import Entry, Item
from registers.register import TIERS

LABELS = {
    "name": gettext_noop("Name"),
    "register-name": gettext_noop("Title"),
    "text": gettext_noop("Description"),
    "copyright": gettext_noop("Attribution"),
    "spatial-coverage": gettext_noop("Where it is about"),
    "temporal-coverage": gettext_noop("When it is about"),
    "update-frequency": gettext_noop("How often it changes"),
    "last-confirmed": gettext_noop("Last found right"),
}
UNSAID = ("register", "field")  # members of items that repeat their key
ORDER = ("datatype", "cardinality", "register", "text", "phase")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a register says of itself, before and after."""

    label: str
    before: Sequence[Shown]
    after: Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Step:
    """What was said at one moment, in UTC seconds; `first` and `last` are numbers of metadata entries."""

    timestamp: int
    first: int
    last: int
    said: Sequence[Said]


def steps(found: Iterable[Entry], start: int = 1) -> list[Step]:
    """The steps from the entry numbered `start` on, the latest first. `found` are the entries from the first on."""
    told = list(_told(found))
    by_moment = groupby((each for each in told if each[0].number >= start), lambda each: each[0].timestamp)
    made = []
    for timestamp, of in by_moment:
        several = list(of)
        said = [each for _, rows in several for each in rows]
        made.append(Step(timestamp, several[0][0].number, several[-1][0].number, said))
    return made[::-1]


def _told(found: Iterable[Entry]) -> Iterator[tuple[Entry, list[Said]]]:
    known: dict[str, Item] = {}
    for entry in found:
        item = item_of(entry)
        subject = "register" if entry.key.startswith("register:") else entry.key  # whatever name it had then
        before = {} if entry.key == REDACTION else known.get(subject, {})
        yield entry, said(entry.key, before, item, is_new="register" not in known)
        known[subject] = item


def said(key: str, before: Item, after: Item, is_new: bool = False) -> list[Said]:
    """What a metadata entry says anew, given the item of its key before it; nothing where it repeats that.

    A register that is not new and becomes critical was ordinary, though nothing said so.
    """
    kind, _, name = key.partition(":")
    if key == TIER and not before and not is_new and after.get(TIER) != TIERS[0]:
        before = {TIER: TIERS[0]}
    if key == REDACTION:
        return [Said(gettext("Taken away"), (), [Shown(_taken_away(after))])]
    if kind == "field":
        field = gettext("Field %(name)s", name=name)
        return _members(f"{field}: ", before, after) if before else [Said(field, (), [Shown(field_in_words(after))])]
    return _members("", before, after)


def _members(prefix: str, before: Item, after: Item) -> list[Said]:
    names = [name for name in (*before, *(each for each in after if each not in before)) if name not in UNSAID]
    differing = [name for name in names if (before.get(name) or "") != (after.get(name) or "")]
    ordered = sorted(differing, key=lambda name: ORDER.index(name) if name in ORDER else -1)
    return [Said(_label(prefix, name), _shown(before, name), _shown(after, name)) for name in ordered]


def _label(prefix: str, name: str) -> str:
    if prefix:
        return prefix + (gettext("meaning") if name == "text" else name)
    return gettext(LABELS[name]) if name in LABELS else worded(name)


def _shown(item: Item, name: str) -> Sequence[Shown]:
    value = item.get(name)
    if name == TIER and isinstance(value, str):
        value = worded(value)
    return plain(value) if value else ()


def field_in_words(item: Mapping[str, str | list[str]]) -> str:
    """A field's item as people read it."""
    holds = gettext("a list") if item.get("cardinality") == "n" else gettext("one value")
    of = gettext(", keys of %(register)s", register=item["register"]) if item.get("register") else ""
    meaning = f": {item['text']}" if item.get("text") else ""
    return f"{item.get('datatype', 'string')}, {holds}{of}{meaning}"


def _taken_away(item: Item) -> str:
    fields = item.get("fields", [])
    named = fields if isinstance(fields, str) else ", ".join(fields)
    return gettext(
        "%(fields)s of the record %(key)s: %(reason)s", fields=named, key=item.get("record"), reason=item.get("reason")
    )
