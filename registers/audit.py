"""An independent check of a copy, from outside: is it what its root hash promises?

The auditor shares no tree, hash or store with what it audits: what it needs of the contract is written anew here,
and its trees are merkletools' (RFC 6962 §2.1, by overriding the hash of a node). It reads once, in order, as a
stream, and stops at the first thing that is wrong.

What a root covers is each user entry: its number, key, timestamp and v1 item hash. It covers neither metadata
entries nor blob hashes, so a redacted item, which has lost its v1 hash, is only known to match its blob hash. Only
a root from elsewhere (`expect`) shows that the history itself was not rewritten.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from registers.canonical import canonical_json, quoted
from registers.errors import Invalid, NotFound, Unavailable

Fetch = Callable[[str], AbstractContextManager[BinaryIO]]

LINE_LIMIT = 16 * 1024 * 1024  # bytes, with the line feed
HEADER_LIMIT = 64 * 1024  # bytes: of a dump's first line, and of a service's proof
METADATA_LINES = 1_000_000  # how many lines a service may send beside an item and an entry for each user entry
EMPTY_ROOT = sha256(b"").hexdigest()

_RSF_COMMANDS = (b"assert-root-hash\t", b"add-item\t", b"append-entry\t")
_SERVICE = re.compile(r"(https?://[^/?#\s]+(?:/[^/?#\s]+)*)/v[12]/registers/([a-z][a-z0-9-]*)/?")
_EXPECT = re.compile(r"(?:sha-256:)?([0-9a-f]{64})", re.IGNORECASE)
_HASH = re.compile(r"sha-256:[0-9a-f]{64}")
_BLOB_HASH = re.compile(r"1220[0-9a-f]{64}")
_CHAIN_HASH = re.compile(r"[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_REDACTED = re.compile(r"\*\*REDACTED\*\*([0-9a-f]{64})")


@dataclass(frozen=True)
class Verdict:
    """Whether a copy is what its root promises, in one line: what was checked, or the first thing that is wrong.

    `root` (`sha-256:…`) is recomputed, never copied: it is the root of the `entries` user entries that were read
    before the auditor came to its verdict. Only where `holds` is true are they the whole copy's.
    """

    holds: bool
    sentence: str
    root: str
    entries: int


def audit_file(path: Path, expect: str | None = None) -> Verdict:
    """`audit_stream` over a file. Raises NotFound, too, where there is no file that can be read."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from None
    with stream:
        return audit_stream(stream, expect)


def audit_stream(stream: BinaryIO, expect: str | None = None) -> Verdict:
    """Audit an RSF file or an NDJSON dump of entries, told apart by the first line; the stream need not seek.

    `expect` is the root to hold the copy to, `sha-256:` and 64 hex digits, or the digits alone. A dump of any
    length takes a few hundred kilobytes, beside its longest line; RSF takes about 130 bytes more for each distinct
    item, since a later line may refer to it.

    Raises Invalid for what cannot be audited at all (another format, an increment, a cut or undecodable line), and
    Unavailable when reading fails or merkletools is missing.
    """
    return _audit(stream, _parse_expected(expect))


def audit_url(url: str, fetch: Fetch, expect: str | None = None) -> Verdict:
    """Audit a register of a running service, by its URL: the RSF it serves against the root its proof promises.

    `fetch` opens a URL and raises OSError unless the answer is 200; so must reading what it opens, when the
    transfer breaks. Raises as `audit_stream` does, Unavailable also for each OSError.
    """
    base, pinned = _parse_service(url), _parse_expected(expect)
    try:
        root, total = _fetch_promise(f"{base}/proof/register/merkle:sha-256", fetch)
        if pinned not in (None, root):
            reason = f"the service is at {total} entries with {_text_of(root)}, not {_text_of(pinned)} as expected"
            return Verdict(False, reason, _text_of(EMPTY_ROOT), 0)
        with fetch(f"{base}/download-rsf/0/{total}") as stream:
            return _audit(stream, root, total)
    except OSError as error:
        raise Unavailable(f"{base} cannot be fetched: {_one_line(error)}") from None


class _Broken(Exception):
    """The copy is not what its root promises; the message is the end of the verdict's sentence."""


class _Tree:
    """The root of a growing list of leaf hashes, by merkletools, in constant memory.

    merkletools builds a tree at once and keeps all of it (211 bytes a leaf). Here it only ever builds subtrees of
    at most 256 hashes: a full one is replaced by its root, a leaf of the tier above. The shape stays RFC 6962's,
    since 256 is a power of two.
    """

    WIDTH = 256

    def __init__(self) -> None:
        self.size = 0
        self._tiers: list[list[str]] = []
        self._merkle_tools = _merkletools().MerkleTools

    def add(self, leaf: bytes) -> None:
        """Append a leaf by its hash, SHA-256(00 ‖ leaf bytes)."""
        self.size += 1
        node = leaf.hex()
        for tier in self._tiers:
            tier.append(node)
            if len(tier) < self.WIDTH:
                return
            node = self._root_of(tier)
            tier.clear()
        self._tiers.append([node])

    def root(self) -> str:
        """The root hash of the leaves so far, in hex."""
        last: list[str] = []
        for tier in self._tiers:
            nodes = tier + last
            last = [self._root_of(nodes)] if nodes else []
        return last[0] if last else EMPTY_ROOT

    def _root_of(self, nodes: list[str]) -> str:
        tree = self._merkle_tools(hash_type="sha256")
        tree.hash_function = lambda children: sha256(b"\x01" + children)
        tree.add_leaf(nodes)
        tree.make_tree()
        return str(tree.get_merkle_root())


@cache
def _merkletools() -> Any:
    with warnings.catch_warnings():
        # It warns "sha3 is not working!" where the dead package pysha3 is missing, which we do not use: hashlib has
        # had SHA-3 since Python 3.6, and the tree is made of SHA-256.
        warnings.simplefilter("ignore")
        try:
            import merkletools
        except ModuleNotFoundError:
            raise Unavailable(
                "the auditor needs the package merkletools: install it with pip install --no-deps merkletools==1.0.3"
            ) from None
    return merkletools


class _Rsf:
    """RSF (contract §1.9): each assert holds where it stands, each entry's item is there, no item is left over."""

    def __init__(self) -> None:
        self.tree = _Tree()
        self._metadata_entries = 0
        self._waiting: dict[bytes, int] = {}  # items no entry has referred to yet, with their lines
        self._used: set[bytes] = set()
        self._asserted: int | None = None  # the size at the last assert

    def take(self, number: int, line: str) -> None:
        match line.removesuffix("\r").split("\t"):
            case ["assert-root-hash", root] if _HASH.fullmatch(root):
                self._check_root(root)
            case ["add-item", body]:
                self._add_item(number, body)
            case ["append-entry", "user" | "system" as region, key, timestamp, item] if (
                _TIMESTAMP.fullmatch(timestamp) and _HASH.fullmatch(item)
            ):
                self._append(region, key, timestamp, item)
            case _:
                raise _Broken("it is not a command of RSF with its arguments")

    def _check_root(self, root: str) -> None:
        if self._asserted is None and self.tree.size == 0 and root != _text_of(EMPTY_ROOT):
            raise Invalid(
                f"this RSF is an increment: it starts from {root} and not from the empty register, and the entries "
                "before it are not in it; audit a whole download instead"
            )
        if root != (actual := _text_of(self.tree.root())):
            raise _Broken(f"it asserts {root}, but the {self.tree.size} entries before it make {actual}")
        self._asserted = self.tree.size

    def _add_item(self, number: int, body: str) -> None:
        if _parse_object(body)[1] != body:
            raise _Broken("the item is not canonical JSON")
        digest = sha256(body.encode()).digest()
        if digest not in self._used:
            self._waiting.setdefault(digest, number)

    def _append(self, region: str, key: str, timestamp: str, item: str) -> None:
        digest = bytes.fromhex(item.removeprefix("sha-256:"))
        if self._waiting.pop(digest, None) is not None:
            self._used.add(digest)
        elif digest not in self._used:
            raise _Broken(f"no item before it has the entry's item hash, {item}")
        if region == "system":
            self._metadata_entries += 1
        else:
            self.tree.add(_leaf_hash(self.tree.size + 1, key, timestamp, item))

    def finish(self, expected: str | None) -> str:
        if self._waiting:
            raise _Broken(f"line {min(self._waiting.values())}: no entry refers to the item")
        if expected is None and self._asserted is None:
            raise _Broken("the file asserts no root, so there is nothing to hold it to; give the root with --expect")
        if expected is None and self._asserted != self.tree.size:
            raise _Broken(f"no root is asserted for the entries after entry {self._asserted}; is the file cut short?")
        _check_expected(self.tree, expected)
        metadata = f"; {self._metadata_entries} metadata entries, which it does not cover, have their items"
        return f"the {len(self._used)} items have their hashes{metadata if self._metadata_entries else ''}"


class _Dump:
    """A dump of entries: a header, then an entry a line; numbers, both item hashes, chain, count and root agree."""

    HEADER = {"register": str, "origin": str, "entries": int, "root-hash": _HASH}
    ENTRY = {
        **{"entry-number": int, "entry-timestamp": _TIMESTAMP, "key": str, "item-hash": _HASH},
        **{"blob-hash": _BLOB_HASH, "chain-hash": _CHAIN_HASH, "item": dict},
    }

    def __init__(self) -> None:
        self.tree = _Tree()
        self._redacted = 0
        self._promised = ("", 0)
        self._chain = b""

    def take(self, number: int, line: str) -> None:
        """Check the header or an entry."""
        given, _ = _parse_object(line)
        if number > 1:
            _check_members(given, self.ENTRY)
            self._take_entry(given)
        else:
            _check_members(given, self.HEADER)
            self._promised = (given["root-hash"], given["entries"])
            self._chain = sha256(given["origin"].encode()).digest()

    def _take_entry(self, entry: dict[str, Any]) -> None:
        number = entry["entry-number"]
        if number != self.tree.size + 1:
            raise _Broken(f"entry {self.tree.size + 1} is due, and this is entry {number}")
        self._check_item(entry)
        leaf = _leaf_hash(number, entry["key"], entry["entry-timestamp"], entry["item-hash"])
        self._chain = sha256(self._chain + leaf).digest()
        if self._chain.hex() != entry["chain-hash"]:
            raise _Broken(f"the chain hash of entry {number} should be {self._chain.hex()}")
        self.tree.add(leaf)

    def _check_item(self, entry: dict[str, Any]) -> None:
        item, number = entry["item"], entry["entry-number"]
        if (blob := _blob_hash(item)) != entry["blob-hash"]:
            raise _Broken(f"the blob hash of entry {number} should be {blob}")
        actual = _text_of(sha256(canonical_json(item).encode()).hexdigest())
        if actual == entry["item-hash"]:
            return
        if not _has_redacted(item):
            raise _Broken(f"the item hash of entry {number} should be {actual}")
        self._redacted += 1

    def finish(self, expected: str | None) -> str:
        root, entries = self._promised
        if entries != self.tree.size:
            raise _Broken(f"the header promises {entries} entries, and there are {self.tree.size}")
        if root != (actual := _text_of(self.tree.root())):
            raise _Broken(f"the header promises {root}, but the {entries} entries make {actual}")
        _check_expected(self.tree, expected)
        if not self._redacted:
            return "items, blobs and chain have their hashes"
        return f"{self._redacted} redacted items match their blob hashes only, which the root does not cover"


def _audit(stream: BinaryIO, expected: str | None, total: int | None = None) -> Verdict:
    """Read the copy to its end or its first fault; `total` is how many entries a service promised."""
    first = _read_line(stream, 1)
    copy = _sniff(first)
    number = 0
    try:
        for number, line in _lines(stream, first, total):
            copy.take(number, line)
    except _Broken as fault:
        return Verdict(False, f"line {number}: {fault}", _text_of(copy.tree.root()), copy.tree.size)
    size, root = copy.tree.size, _text_of(copy.tree.root())
    try:
        checked = copy.finish(expected)
        if total not in (None, size):
            raise _Broken(f"the service promises {total} entries and sends {size}")
    except _Broken as fault:
        return Verdict(False, str(fault), root, size)
    return Verdict(True, f"the copy is what its root promises: {size} entries make {root}; {checked}", root, size)


def _sniff(first: bytes) -> _Rsf | _Dump:
    """The format that the first line belongs to. Raises Invalid, with the reason, if it cannot be audited."""
    if first.startswith(_RSF_COMMANDS):
        return _Rsf()
    if first.startswith(b"{") and len(first) <= HEADER_LIMIT and b'"root-hash"' in first:
        return _Dump()
    if first.startswith((b"{", b"[")):
        _refuse_format("JSON")
    if not first:
        raise Invalid("there is nothing to audit: the copy is empty, and even an empty register's RSF has a line")
    if first.startswith(b"\xef\xbb\xbf"):
        raise Invalid("line 1 begins with a byte order mark; audit the copy as it was served, without one")
    if b"," in first and b"\0" not in first:
        _refuse_format("CSV")
    raise Invalid("this is neither RSF nor an NDJSON dump of entries; unpack it first if it is a zip or gzip file")


def _refuse_format(name: str) -> NoReturn:
    raise Invalid(
        f"this looks like {name}, which holds the latest values only, or hashes without items, and not the entries "
        "with their items that the root is made of; audit RSF or an NDJSON dump of entries instead"
    )


def _lines(stream: BinaryIO, first: bytes, total: int | None) -> Iterator[tuple[int, str]]:
    """Each line with its number, without its line feed. Raises Invalid, naming the line, for one that is not text."""
    raw, number = first, 1
    while raw:
        if total is not None and number > 2 * total + METADATA_LINES:
            raise Invalid(f"the service sends more than {number - 1} lines for the {total} entries it promises")
        yield number, _line_text(raw, number)
        number += 1
        raw = _read_line(stream, number)


def _read_line(stream: BinaryIO, number: int) -> bytes:
    try:
        return stream.readline(LINE_LIMIT + 1)
    except OSError as error:
        raise Unavailable(f"the copy cannot be read from line {number} on: {_one_line(error)}") from None


def _line_text(raw: bytes, number: int) -> str:
    if len(raw) > LINE_LIMIT:
        raise Invalid(f"line {number} is longer than {LINE_LIMIT // 1024**2} MiB")
    if not raw.endswith(b"\n"):
        raise Invalid(f"line {number} is cut short: the copy ends in the middle of it, without a line feed")
    try:
        return raw[:-1].decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"line {number} is not UTF-8, from its byte {error.start + 1} on") from None


def _parse_object(text: str) -> tuple[dict[str, Any], str]:
    """The members of a JSON object, and its canonical JSON, which UTF-8 can encode."""
    try:
        parsed = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant)
        canonical = canonical_json(parsed)
        canonical.encode()
    except (ValueError, RecursionError):  # broken, too deep, or with half of a surrogate pair
        raise _Broken("it does not hold JSON that can be read") from None
    if not isinstance(parsed, dict):
        raise _Broken("its JSON is not an object")
    return parsed, canonical


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Broken("its JSON names a member twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_members(given: dict[str, Any], rules: Mapping[str, type | re.Pattern[str]]) -> None:
    """Exactly these members, of their kind: any other would be covered by nothing and pass unchecked."""
    if given.keys() != rules.keys():
        raise _Broken(f"its members are not {', '.join(rules)}")
    for name, rule in rules.items():
        value = given[name]
        if type(value) is not rule if isinstance(rule, type) else not (type(value) is str and rule.fullmatch(value)):
            raise _Broken(f"{name} is not written as it should be")


def _check_expected(tree: _Tree, expected: str | None) -> None:
    if expected is not None and expected != (actual := tree.root()):
        raise _Broken(f"the {tree.size} entries make {_text_of(actual)}, and {_text_of(expected)} was expected")


def _leaf_hash(number: int, key: str, timestamp: str, item: str) -> bytes:
    """The RFC 6962 leaf hash of an entry, by the v1 leaf bytes of contract §1.7."""
    leaf = (
        f'{{"index-entry-number":"{number}","entry-number":"{number}","entry-timestamp":{quoted(timestamp)},'
        f'"key":{quoted(key)},"item-hash":[{quoted(item)}]}}'
    )
    return sha256(b"\x00" + leaf.encode()).digest()


def _blob_hash(item: dict[str, Any]) -> str:
    """The v2 hash of an item as it stands (contract §1.7); nothing is normalised, since a dump's items already are."""
    members = sorted(sha256(b"u" + name.encode()).digest() + _value_digest(value) for name, value in item.items())
    return "1220" + sha256(b"d" + b"".join(members)).hexdigest()


def _value_digest(value: object) -> bytes:
    if isinstance(value, list) and all(isinstance(member, str) for member in value):
        return sha256(b"s" + b"".join(sorted(map(_value_digest, value)))).digest()
    if not isinstance(value, str):
        raise _Broken("a value of the item is neither text nor a list of text")
    if redacted := _REDACTED.fullmatch(value):
        return bytes.fromhex(redacted[1])
    return sha256(b"u" + value.encode()).digest()


def _has_redacted(item: dict[str, Any]) -> bool:
    members = (member for value in item.values() for member in (value if isinstance(value, list) else [value]))
    return any(map(_REDACTED.fullmatch, members))


def _text_of(root: str | None) -> str:
    return f"sha-256:{root}"


def _parse_expected(expect: str | None) -> str | None:
    """The hex digits of an expected root. Raises Invalid unless it is `sha-256:` and 64 of them, or they alone."""
    if expect is None:
        return None
    if not (found := _EXPECT.fullmatch(expect)):
        raise Invalid("an expected root is written sha-256: and 64 hexadecimal digits")
    return found[1].lower()


def _parse_service(url: str) -> str:
    """The v1 URL of a register, without a trailing slash. Raises Invalid for the URL of anything else."""
    if not (found := _SERVICE.fullmatch(url)):
        raise Invalid("the URL of a register looks like http://127.0.0.1:8000/v1/registers/country")
    return f"{found[1]}/v1/registers/{found[2]}"


def _fetch_promise(url: str, fetch: Fetch) -> tuple[str, int]:
    """The root, in hex, and the number of entries that the service's own proof promises."""
    with fetch(url) as stream:
        content = stream.read(HEADER_LIMIT + 1)
    try:
        proof, _ = _parse_object(content.decode() if len(content) <= HEADER_LIMIT else "")
        root, total = str(proof["root-hash"]), proof["total-entries"]
    except (_Broken, UnicodeDecodeError, KeyError):
        root, total = "", 0
    if not (_HASH.fullmatch(root) and type(total) is int and total >= 0):
        raise Invalid(f"what {url} answers is not the proof of a register")
    return root.removeprefix("sha-256:"), total


def _one_line(error: OSError) -> str:
    """What went wrong, fit for a terminal: a service may have had a hand in its words."""
    return "".join(character if character.isprintable() else "?" for character in str(error))[:200]
