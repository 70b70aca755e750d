"""An independent check of a copy, from outside: is it what its root hash promises?

The auditor shares no tree, hash or store with what it audits. What it needs of the contract is written anew, its
trees are merkletools' with RFC 6962's node hash. It reads once, in order, and stops at the first fault.

A root covers each user entry's number, key, timestamp and v1 item hash; neither metadata entries nor blob hashes,
which are all that a redacted item still has. Only a root from elsewhere (`expect`) shows rewritten history.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from registers.canonical import canonical_json, quoted
from registers.errors import Invalid, NotFound, Unavailable

Fetch = Callable[[str], AbstractContextManager[BinaryIO]]

LINE_LIMIT = 16 * 1024 * 1024  # bytes, with the line feed
HEADER_LIMIT = 64 * 1024  # bytes, of the first line of a dump and of a service's proof
METADATA_LINES = 1_000_000  # that a service may send, beside an item and an entry for each entry it promises
EMPTY_ROOT = f"sha-256:{sha256().hexdigest()}"

_TIER = 256
_Rule = type | re.Pattern[str]
_RSF_COMMANDS = (b"assert-root-hash\t", b"add-item\t", b"append-entry\t")
_SERVICE = re.compile(r"(https?://[^/?#\s]+(?:/[^/?#\s]+)*)/v[12]/registers/([a-z][a-z0-9-]*)/?")
_EXPECTED = re.compile(r"(?:sha-256:)?([0-9a-f]{64})", re.IGNORECASE)
_HASH = re.compile(r"sha-256:[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_REDACTED = re.compile(r"\*\*REDACTED\*\*([0-9a-f]{64})")
_REDACTED_MEMBER = re.compile(rf'[:,[]"{_REDACTED.pattern}"(?!:)')  # a whole value, in canonical JSON


@dataclass(frozen=True)
class Verdict:
    """Whether a copy is what its root promises; in one line, what was checked or the first fault.

    `root` (`sha-256:…`) is never copied: it is recomputed from the `entries` user entries that were found good.
    """

    holds: bool
    sentence: str
    root: str
    entries: int


def audit_file(path: Path, expect: str | None = None) -> Verdict:
    """`audit_stream` over a file. Raises NotFound, too, where there is no file that can be read."""
    try:
        with path.open("rb") as stream:
            return audit_stream(stream, expect)
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from None


def audit_stream(stream: BinaryIO, expect: str | None = None) -> Verdict:
    """Audit RSF or an NDJSON dump of entries, told apart by the first line; the stream need not seek.

    `expect` is the root to hold the copy to: `sha-256:` and 64 hex digits, or the digits alone. Memory does not
    grow with the entries of a dump; RSF takes 160 to 190 bytes for each item, which any later line may name.
    Raises Invalid for what cannot be audited at all (another format, an increment, a line that is cut, too
    long or not UTF-8), and Unavailable when reading fails or merkletools is missing.
    """
    expected = _parse_expected(expect)
    try:
        return _audit(stream, expected)
    except OSError as error:
        raise Unavailable(f"reading the copy failed: {str(error)!a}") from None


def audit_url(url: str, fetch: Fetch, expect: str | None = None) -> Verdict:
    """Audit a register of a running service by its URL: the RSF it serves, against the root of its proof.

    `fetch` opens a URL, and raises OSError unless the answer is 200; what it opens must raise OSError, too, when
    the transfer breaks. Raises as `audit_stream` does, and Unavailable for each OSError.
    """
    pinned = _parse_expected(expect)
    if not (found := _SERVICE.fullmatch(url)):
        raise Invalid("the URL of a register looks like http://127.0.0.1:8000/v1/registers/country")
    base = f"{found[1]}/v1/registers/{found[2]}"
    try:
        root, total = _fetch_promise(f"{base}/proof/register/merkle:sha-256", fetch)
        if pinned not in (None, root):
            reason = f"the service promises {root} at {total} entries, and {pinned} was expected"
            return Verdict(False, reason, EMPTY_ROOT, 0)
        with fetch(f"{base}/download-rsf/0/{total}") as stream:
            return _audit(stream, root, total)
    except OSError as error:
        raise Unavailable(f"{base} cannot be fetched: {str(error)!a}") from None  # !a: may be the service's words


class _Broken(Exception):
    """Raised by `take` (a line) and `finish` (what was checked) at the first fault; it becomes the verdict."""


class _Tree:
    """The root of a growing list of leaf hashes, by merkletools, in constant memory (RFC 6962 §2.1).

    merkletools keeps all of a tree, 211 bytes a leaf, and builds it anew for each root. Here it builds subtrees
    of at most 256 hashes: a full one is replaced by its root, a leaf of the tier above. The shape stays RFC
    6962's, since 256 is a power of two.
    """

    def __init__(self) -> None:
        self.size = 0
        self._tiers: list[list[str]] = []
        self._merkle_tools = _merkletools()

    def add(self, leaf: bytes) -> None:
        """Append a leaf by its hash, SHA-256(00 ‖ leaf bytes)."""
        self.size += 1
        node = leaf.hex()
        for tier in self._tiers:
            tier.append(node)
            if len(tier) < _TIER:
                return
            node = self._join(tier)
            tier.clear()
        self._tiers.append([node])

    def root(self) -> str:
        """The root hash of the leaves so far."""
        last: list[str] = []
        for tier in self._tiers:
            nodes = tier + last
            last = [self._join(nodes)] if nodes else []
        return f"sha-256:{last[0]}" if last else EMPTY_ROOT

    def _join(self, nodes: list[str]) -> str:
        tree = self._merkle_tools(hash_type="sha256")
        tree.hash_function = lambda children: sha256(b"\x01" + children)
        tree.add_leaf(nodes)
        tree.make_tree()
        return str(tree.get_merkle_root())


def _merkletools() -> Any:
    with warnings.catch_warnings():
        # It warns where the dead package pysha3 is missing, which nothing needs: hashlib has had SHA-3 since 3.6.
        warnings.simplefilter("ignore")
        try:
            from merkletools import MerkleTools
        except ModuleNotFoundError:
            advice = "install it with pip install --no-deps merkletools==1.0.3"
            raise Unavailable(f"the auditor needs the package merkletools: {advice}") from None
    return MerkleTools


class _Rsf:
    """RSF (contract §1.9): each assert holds where it stands, each entry has its item, none is left over."""

    def __init__(self) -> None:
        self.tree = _Tree()
        self._metadata_entries = 0
        self._waiting: dict[bytes, int] = {}  # items no entry has named yet, with their lines
        self._used: set[bytes] = set()
        self._asserted: int | None = None  # the size at the last assert

    def take(self, number: int, line: str) -> None:
        match line.removesuffix("\r").split("\t"):
            case ["assert-root-hash", root] if _HASH.fullmatch(root):
                self._check_root(root)
            case ["add-item", body]:
                self._add_item(number, body)
            case ["append-entry", "user" | "system" as region, key, time, item] if _HASH.fullmatch(item):
                self._append(region, key, time, item)
            case _:
                raise _Broken("it is not a command of RSF with its arguments")

    def _check_root(self, root: str) -> None:
        if self._asserted is None and self.tree.size == 0 and root != EMPTY_ROOT:
            reason = f"it starts from {root}, and the entries which that is made of are missing"
            raise Invalid(f"this RSF is an increment: {reason}; audit a whole download instead")
        if root != (actual := self.tree.root()):
            raise _Broken(f"it asserts {root}, but the {self.tree.size} entries before it make {actual}")
        self._asserted = self.tree.size

    def _add_item(self, number: int, body: str) -> None:
        if _parse_object(body)[1] != body:
            raise _Broken("the item is not canonical JSON")
        digest = sha256(body.encode()).digest()
        if digest not in self._used:
            self._waiting.setdefault(digest, number)

    def _append(self, region: str, key: str, time: str, item: str) -> None:
        if not _TIMESTAMP.fullmatch(time):
            raise _Broken("its timestamp is not written like 2016-04-05T13:23:05Z")
        digest = bytes.fromhex(item.removeprefix("sha-256:"))
        if self._waiting.pop(digest, None) is not None:
            self._used.add(digest)
        elif digest not in self._used:
            raise _Broken(f"no item before it has the hash it names, {item}")
        if region == "system":
            self._metadata_entries += 1
        else:
            self.tree.add(_leaf_hash(self.tree.size + 1, key, time, item))

    def finish(self, pinned: bool) -> str:
        if self._waiting:
            raise _Broken(f"line {min(self._waiting.values())}: no entry names the item")
        if not pinned and self._asserted is None:
            raise _Broken("the copy asserts no root to hold it to; give the root you expect with --expect")
        if not pinned and self._asserted != self.tree.size:
            raise _Broken(f"no root is asserted after entry {self._asserted}; is the copy cut short?")
        metadata = f", {self._metadata_entries} metadata entries, not under the root, have their items"
        return f"{len(self._used)} items have their hashes{metadata if self._metadata_entries else ''}"


class _Dump:
    """A dump of entries: a header, then a line an entry; numbers, hashes, chain, count and root agree."""

    HEADER: Mapping[str, _Rule] = {"register": str, "origin": str, "entries": int, "root-hash": _HASH}
    ENTRY: Mapping[str, _Rule] = {
        "entry-number": int,
        "entry-timestamp": _TIMESTAMP,
        "key": str,
        "item-hash": _HASH,
        "blob-hash": re.compile("1220[0-9a-f]{64}"),
        "chain-hash": re.compile("[0-9a-f]{64}"),
        "item": dict,
    }

    def __init__(self) -> None:
        self.tree = _Tree()
        self._redacted = 0
        self._promised = ("", 0)
        self._chain = b""

    def take(self, number: int, line: str) -> None:
        given, _ = _parse_object(line)
        _check_members(given, self.HEADER if number == 1 else self.ENTRY)
        if number == 1:
            self._promised = (given["root-hash"], given["entries"])
            self._chain = sha256(given["origin"].encode()).digest()
        else:
            self._take_entry(given)

    def _take_entry(self, entry: dict[str, Any]) -> None:
        number, item_hash = self.tree.size + 1, entry["item-hash"]
        if entry["entry-number"] != number:
            raise _Broken(f"entry {number} is due, and this is entry {entry['entry-number']}")
        if entry["blob-hash"] != (actual := _blob_hash(entry["item"])):
            raise _Broken(f"its blob hash should be {actual}")
        body = canonical_json(entry["item"])
        if item_hash != (actual := f"sha-256:{sha256(body.encode()).hexdigest()}"):
            if not _REDACTED_MEMBER.search(body):
                raise _Broken(f"its item hash should be {actual}")
            self._redacted += 1
        leaf = _leaf_hash(number, entry["key"], entry["entry-timestamp"], item_hash)
        self._chain = sha256(self._chain + leaf).digest()
        if entry["chain-hash"] != self._chain.hex():
            raise _Broken(f"its chain hash should be {self._chain.hex()}")
        self.tree.add(leaf)

    def finish(self, pinned: bool) -> str:
        root, entries = self._promised
        if entries != self.tree.size:
            raise _Broken(f"the header promises {entries} entries, and there are {self.tree.size}")
        if root != (actual := self.tree.root()):
            raise _Broken(f"the header promises {root}, but the {entries} entries make {actual}")
        redacted = f" except {self._redacted} redacted items, which match only blob hashes, not under the root"
        return f"items, blobs and chain have their hashes{redacted if self._redacted else ''}"


def _audit(stream: BinaryIO, expected: str | None, total: int | None = None) -> Verdict:
    """Read a copy to its end or its first fault; `total` is how many entries a service promises."""
    first = stream.readline(LINE_LIMIT + 1)
    copy = _sniff(first)
    where = ""
    try:
        for number, line in _lines(stream, first, total):
            where = f"line {number}: "
            copy.take(number, line)
        where = ""
        checked = copy.finish(expected is not None)
        root, size = copy.tree.root(), copy.tree.size
        if total not in (None, size):
            raise _Broken(f"the service promises {total} entries and sends {size}")
        if expected not in (None, root):
            raise _Broken(f"the {size} entries make {root}, and not {expected}")
    except _Broken as fault:
        return Verdict(False, f"{where}{fault}", copy.tree.root(), copy.tree.size)
    return Verdict(True, f"the copy is what {root} promises: {size} entries make it, {checked}", root, size)


def _sniff(first: bytes) -> _Rsf | _Dump:
    """The format the first line belongs to. Raises Invalid for one that cannot be audited, with the reason."""
    if first.startswith(_RSF_COMMANDS):
        return _Rsf()
    if first.startswith(b"{") and len(first) <= HEADER_LIMIT and b'"root-hash"' in first:
        return _Dump()
    if not first:
        raise Invalid("the copy is empty, which not even the RSF of an empty register is")
    if first.startswith(b"\xef\xbb\xbf"):
        raise Invalid("line 1 begins with a byte order mark; audit the copy as it was served, without one")
    is_json = first.startswith((b"{", b"["))
    if is_json or (b"," in first and b"\0" not in first):
        reason = "holds the latest values only, or hashes, not the entries and items the root is made of"
        raise Invalid(f"this looks like {'JSON' if is_json else 'CSV'}, which {reason}; audit RSF or an NDJSON dump")
    raise Invalid("this is neither RSF nor an NDJSON dump of entries; a packed file must be unpacked first")


def _lines(stream: BinaryIO, first: bytes, total: int | None) -> Iterator[tuple[int, str]]:
    """Each line with its number, without its line feed. Raises Invalid, naming the line, for broken text."""
    raw, number = first, 1
    while raw:
        if total is not None and number > 2 * total + METADATA_LINES:
            raise Invalid(f"the service sends {number} lines, too many for the {total} entries it promises")
        if len(raw) > LINE_LIMIT:
            raise Invalid(f"line {number} is longer than {LINE_LIMIT // 1024**2} MiB")
        if not raw.endswith(b"\n"):
            raise Invalid(f"line {number} is cut short: the copy ends in the middle of it, without a line feed")
        try:
            yield number, raw[:-1].decode()
        except UnicodeDecodeError as error:
            raise Invalid(f"line {number} is not UTF-8, from its byte {error.start + 1} on") from None
        raw, number = stream.readline(LINE_LIMIT + 1), number + 1


def _parse_object(text: str) -> tuple[dict[str, Any], str]:
    """The members of a JSON object, and its canonical JSON, which UTF-8 can encode."""
    try:
        parsed = json.loads(text, object_pairs_hook=_members, parse_constant=int)
        canonical = canonical_json(parsed)
        canonical.encode()
    except (ValueError, RecursionError):  # broken, NaN, too deep, or half a surrogate pair
        raise _Broken("it does not hold JSON that can be read") from None
    if not isinstance(parsed, dict):
        raise _Broken("its JSON is not an object")
    return parsed, canonical


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Broken("its JSON names a member twice")
    return members


def _check_members(given: Mapping[str, Any], rules: Mapping[str, _Rule]) -> None:
    """Exactly these members, each by its rule: nothing covers any other, which would pass unchecked."""
    if given.keys() != rules.keys():
        raise _Broken(f"its members are not {', '.join(rules)}")
    for name, rule in rules.items():
        kind = rule if isinstance(rule, type) else str
        if type(given[name]) is not kind or not (isinstance(rule, type) or rule.fullmatch(given[name])):
            raise _Broken(f"{name} is not written as it should be")


def _leaf_hash(number: int, key: str, time: str, item: str) -> bytes:
    """The RFC 6962 leaf hash of an entry, over the v1 leaf bytes of contract §1.7."""
    leaf = (
        f'{{"index-entry-number":"{number}","entry-number":"{number}","entry-timestamp":"{time}",'
        f'"key":{quoted(key)},"item-hash":["{item}"]}}'
    )
    return sha256(b"\x00" + leaf.encode()).digest()


def _blob_hash(item: Mapping[str, Any]) -> str:
    """The v2 hash of contract §1.7, of an item as it stands: those of a dump are normalised already."""
    members = (sha256(b"u" + name.encode()).digest() + _value_digest(value) for name, value in item.items())
    return f"1220{sha256(b'd' + b''.join(sorted(members))).hexdigest()}"


def _value_digest(value: object) -> bytes:
    if isinstance(value, list) and all(isinstance(member, str) for member in value):
        return sha256(b"s" + b"".join(sorted(map(_value_digest, value)))).digest()
    if not isinstance(value, str):
        raise _Broken("a value of its item is neither text nor a list of text")
    redacted = _REDACTED.fullmatch(value)
    return bytes.fromhex(redacted[1]) if redacted else sha256(b"u" + value.encode()).digest()


def _parse_expected(expect: str | None) -> str | None:
    if expect is None:
        return None
    if not (found := _EXPECTED.fullmatch(expect)):
        raise Invalid("an expected root is written sha-256: and 64 hexadecimal digits")
    return f"sha-256:{found[1].lower()}"


def _fetch_promise(url: str, fetch: Fetch) -> tuple[str, int]:
    """The root and the number of entries that the service's own proof promises."""
    with fetch(url) as stream:
        content = stream.read(HEADER_LIMIT + 1)
    try:
        proof, _ = _parse_object(content.decode() if len(content) <= HEADER_LIMIT else "")
        _check_members(proof, {"proof-identifier": str, "root-hash": _HASH, "total-entries": int})
    except (_Broken, UnicodeDecodeError):
        raise Invalid(f"what {url} answers is not the proof of a register") from None
    return proof["root-hash"], proof["total-entries"]
