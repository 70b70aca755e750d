"""RSF, the Register Serialisation Format: a register's whole history, or a part of it, as lines of text.

    file = *( line LF )                     LF out; CRLF tolerated in; UTF-8; no blank lines
    line = "assert-root-hash" TAB hash
         / "add-item" TAB canonical-json
         / "append-entry" TAB ("user" / "system") TAB key TAB timestamp TAB hash

Out: the root at the start; the items, in the order in which entries first use them; metadata ("system") entries;
user entries; the root at the end. The versions of the contract write it alike but for their hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from registers.entry import Entry, Region, parse_timestamp, shortened
from registers.errors import Gone, Invalid
from registers.lines import read_lines
from registers.redacted import holds_redacted

REGION_WORDS = {"user": Region.USER, "system": Region.METADATA}
WORD_OF = {region: word for word, region in REGION_WORDS.items()}


@dataclass(frozen=True, slots=True)
class AssertRoot:
    """The root of the user entries as of this line."""

    line: int
    root: bytes


@dataclass(frozen=True, slots=True)
class AddItem:
    """An item that entries may name from here on. `text` is what stands in the file, not yet checked."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class AppendEntry:
    """An entry, naming its item by hash."""

    line: int
    region: Region
    key: str
    timestamp: int
    digest: bytes


Command = AssertRoot | AddItem | AppendEntry
EntryStream = Callable[[Region], Iterable[Entry]]


@dataclass(frozen=True, slots=True)
class Serialisation:
    """RSF with the hashes of one version of the contract: which of an entry's digests, and how they are written.

    `bears_redaction` says whether an item keeps its hash when values are taken out of it.
    """

    version: str
    hash_text: Callable[[bytes], str]
    parse_hash: Callable[[str], bytes]
    bears_redaction: bool = True

    def parse(self, stream: BinaryIO) -> Iterator[Command]:
        """The commands of a file, a line at a time. Raises Invalid, naming the line, for what is not RSF."""
        for number, text in read_lines(stream):
            try:
                yield _command(number, text, self.parse_hash)
            except Invalid as error:
                raise Invalid(f"line {number}: {error}") from None

    def write(
        self, start_root: bytes, end_root: bytes, regions: Iterable[Region], entries: EntryStream
    ) -> Iterator[str]:
        """The lines of a file. `entries` is asked twice for each region: once for the items, once for the entries.

        Raises Gone at an item that has lost its hash to a redaction.
        """
        regions = list(regions)
        yield f"assert-root-hash\t{self.hash_text(start_root)}\n"
        for region in regions:
            yield from _item_lines(entries(region) if self.bears_redaction else _whole(entries(region)))
        for region in regions:
            word = WORD_OF[region]
            for entry in entries(region):
                digest = self.hash_text(entry.digests[self.version])
                yield f"append-entry\t{word}\t{entry.key}\t{entry.timestamp_text}\t{digest}\n"
        if regions:
            yield f"assert-root-hash\t{self.hash_text(end_root)}\n"


# Reading


def _command(line: int, text: str, parse_hash: Callable[[str], bytes]) -> Command:
    name, *arguments = text.split("\t")
    if name == "add-item" and len(arguments) == 1:
        return AddItem(line, arguments[0])
    if name == "append-entry" and len(arguments) == 4:
        return _append_entry(line, arguments, parse_hash)
    if name == "assert-root-hash" and len(arguments) == 1:
        return AssertRoot(line, parse_hash(arguments[0]))
    if name in ("add-item", "append-entry", "assert-root-hash"):
        raise Invalid(f"{name} has {len(arguments)} arguments, between tabs")
    if not text.strip():
        raise Invalid("is blank")
    raise Invalid(f"{shortened(name)} is not a command of RSF: assert-root-hash, add-item or append-entry")


def _append_entry(line: int, arguments: list[str], parse_hash: Callable[[str], bytes]) -> AppendEntry:
    word, key, timestamp, digest = arguments
    if word not in REGION_WORDS:
        raise Invalid(f"{shortened(word)} is neither user nor system")
    return AppendEntry(line, REGION_WORDS[word], key, parse_timestamp(timestamp), parse_hash(digest))


# Writing


def _whole(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, as long as their items are as they were hashed."""
    for entry in entries:
        if holds_redacted(entry.body):
            raise Gone(f"a value was taken out of the item of entry {entry.number}, which has its v1 hash no more")
        yield entry


def _item_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """Each item once, where it is first used: where its own entry is, or where an older one is first seen again."""
    seen_again: set[int] = set()
    first = None
    for entry in entries:
        first = entry.number if first is None else first
        if entry.item != entry.number:
            if entry.item >= first or entry.item in seen_again:
                continue
            seen_again.add(entry.item)
        yield f"add-item\t{entry.body}\n"
