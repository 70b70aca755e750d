"""An independent check of a copy, from outside: is it what its root hash promises?

The auditor shares no tree, hash or store with what it audits. What it needs of the contract is written anew, its
trees are merkletools' with RFC 6962's node hash. It reads once, in order, and stops at the first fault.

A root covers each user entry's number, key, timestamp and v1 item hash; neither metadata entries nor blob hashes,
which are all that a redacted item still has. Only a root from elsewhere (`expect`) shows rewritten history.

The copies are read in `audit_copies`, by the hashes of `audit_hashes` and the tree of `audit_tree`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from registers.audit_copies import EMPTY, BlobRsf, Dump, Rsf
from registers.audit_hashes import HASH, Broken, check_members, parse_object
from registers.errors import Invalid, NotFound, Unavailable

Fetch = Callable[[str], AbstractContextManager[BinaryIO]]

LINE_LIMIT = 16 * 1024 * 1024  # bytes, with the line feed
HEADER_LIMIT = 64 * 1024  # bytes, of the first line of a dump and of a service's proof
METADATA_LINES = 1_000_000  # that a service may send, beside an item and an entry for each entry it promises
EMPTY_ROOT = f"sha-256:{EMPTY}"

_RSF_COMMANDS = (b"assert-root-hash\t", b"add-item\t", b"append-entry\t")
_SERVICE = re.compile(r"(https?://[^/?#\s]+(?:/[^/?#\s]+)*)/v[12]/registers/([a-z][a-z0-9-]*)/?")
_EXPECTED = re.compile(r"(?:sha-256:)?([0-9a-f]{64})", re.IGNORECASE)


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
    """Audit RSF, of v1 or v2, or an NDJSON dump of entries, told apart by the first line; the stream need not seek.

    `expect` is the v1 root to hold the copy to: `sha-256:` and 64 hex digits, or the digits alone. Memory does not
    grow with the entries of a dump; RSF takes 160 to 190 bytes for each item, which any later line may name, and twice
    that with the hashes of v2.
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

    `fetch` opens a URL, and raises OSError unless the answer is 200, FileNotFoundError where it is 410; what it opens
    must raise OSError, too, when the transfer breaks. Where a value was taken away, RSF with v1's hashes is gone, and
    that with v2's is held to the same root. Raises as `audit_stream` does, and Unavailable for each OSError.
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
        try:
            with fetch(f"{base}/download-rsf/0/{total}") as stream:
                return _audit(stream, root, total)
        except FileNotFoundError:
            with fetch(f"{found[1]}/v2/registers/{found[2]}/download-rsf/0/{total}") as stream:
                return _audit(stream, root, total)
    except OSError as error:
        raise Unavailable(f"{base} cannot be fetched: {str(error)!a}") from None  # !a: may be the service's words


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
            raise Broken(f"the service promises {total} entries and sends {size}")
        if expected not in (None, root):
            raise Broken(f"the {size} entries make {root}, and not {expected}")
    except Broken as fault:
        return Verdict(False, f"{where}{fault}", copy.tree.root(), copy.tree.size)
    return Verdict(True, f"the copy is what {root} promises: {size} entries make it, {checked}", root, size)


def _sniff(first: bytes) -> Rsf | Dump:
    """The format the first line belongs to. Raises Invalid for one that cannot be audited, with the reason."""
    if first.startswith(_RSF_COMMANDS):
        return BlobRsf() if b"\t1220" in first else Rsf()
    if first.startswith(b"{") and len(first) <= HEADER_LIMIT and b'"root-hash"' in first:
        return Dump()
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
        proof, _ = parse_object(content.decode() if len(content) <= HEADER_LIMIT else "")
        check_members(proof, {"proof-identifier": str, "root-hash": HASH, "total-entries": int})
    except (Broken, UnicodeDecodeError):
        raise Invalid(f"what {url} answers is not the proof of a register") from None
    return proof["root-hash"], proof["total-entries"]
