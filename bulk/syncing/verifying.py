"""What another service says is checked, as far as who is outside can: against itself, and against what it said before.

A manifest has to be whole (its tree has the root that it names), of the state that the answer names, and of a log that
has only grown since the state that was synced last. That a history was rewritten before the first sync can only be seen
by who holds an older root.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, cast

from bulk import manifest as manifests
from bulk.manifest import Manifest
from bulk.syncing.service import Answer, Place, Service
from loaders.rsf_spelling import V1, V2, Spelling
from registers import merkle
from registers.canonical import canonical_json
from registers.entry import Region, timestamp_text
from registers.errors import Corrupt, Invalid
from registers.opening import HASHINGS
from registers.serialisation import AddItem, AppendEntry
from registers.v2.hashing import parse_hash

BATCH = 20_000  # entries whose leaves join the tree at once
_STATE: Mapping[str, type] = {
    "register": str,
    "origin": str,
    "size": int,
    "metadata-size": int,
    "records": int,
    "time": str,
    "root-hash": str,
    "v1-root-hash": str,
    "metadata-root-hash": str,
}
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Told:
    """A manifest that was found good: its text as it was sent, and its ETag."""

    manifest: Manifest
    text: str
    etag: str = ""

    @property
    def size(self) -> int:
        """How many entries the state has."""
        return int(self.manifest.state["size"])

    @property
    def root(self) -> str:
        """The v2 root of the state, as v2 writes it."""
        return str(self.manifest.state["root-hash"])

    @property
    def release(self) -> str:
        """What a folder of this state is called: its size, and a digest of all that is told of it."""
        return f"{self.size}-{sha256(canonical_json(self.manifest.state).encode()).hexdigest()[:16]}"


def parse_manifest(text: str, etag: str = "") -> Told:
    """A manifest whose tree has the root that it names. Raises Invalid for what is none, Corrupt for another root."""
    try:
        told = json.loads(text)
        found = manifests.parse(text)
        whole = _is_state(found.state) and all(_is_file(each) for each in found.files.values())
        root = found.root().hex() if whole else ""
    except (ValueError, KeyError, TypeError, RecursionError, Invalid):
        whole = False
    if not whole:
        raise Invalid("the manifest is not one of this project's")
    if told.get("files-root-hash") != root or len(told["files"]) != len(found.files):
        raise Corrupt(f"the manifest names the root {told.get('files-root-hash')!a}, and what it lists makes {root}")
    return Told(found, text, etag)


def _is_state(state: object) -> bool:
    if not isinstance(state, dict):
        return False
    known = all(type(state.get(name)) is kind for name, kind in _STATE.items())
    return known and all(type(value) in (str, int) for value in state.values())


def _is_file(file: manifests.File) -> bool:
    counts = (file.bytes, file.rows)
    told = isinstance(file.name, str) and isinstance(file.sha256, str) and bool(_SHA256.fullmatch(file.sha256))
    return told and all(type(count) is int and count >= 0 for count in counts)


def check_state(told: Told, place: Place, answer: Answer) -> None:
    """Raise Corrupt unless a manifest is of the state that was asked for, and that the service says this is."""
    state = told.manifest.state
    said = {
        "register": (state["register"], place.register),
        "size": (told.size, place.size),
        "root": (told.root, answer.headers.get("Register-Root-Hash", told.root)),
    }
    for what, (named, wanted) in said.items():
        if named != wanted:
            raise Corrupt(f"the manifest of {place.register} names the {what} {named!a}, where {wanted!a} is the state")


def check_grown(service: Service, before: Mapping[str, Any], told: Told) -> None:
    """Raise Corrupt unless the log of the state that was synced last is the beginning of this one (RFC 6962 §2.1.2)."""
    register, old, new = before["register"], before["size"], told.size
    if new < old:
        raise Corrupt(f"{register} has {new} entries there, fewer than the {old} that were synced before")
    if not old:
        return
    roots = parse_hash(before["root-hash"]), parse_hash(told.root)
    path = [] if old == new else _read_proof(service, f"{register}/proofs/consistency/{old}/{new}")
    if not merkle.verify_consistency(old, new, path, *roots):
        raise Corrupt(
            f"the history of {register} was rewritten there: its {new} entries do not begin with the {old} that were "
            f"synced before, of the root {before['root-hash']}"
        )


def _read_proof(service: Service, path: str) -> list[bytes]:
    answer = service.ask(f"{service.base}/v2/registers/{path}")
    if answer.status != 200:
        raise answer.refusal()
    try:
        return [parse_hash(each) for each in answer.json()["audit-path"]]
    except (KeyError, TypeError):
        raise Invalid(f"{answer.url} answered with what is no proof") from None


# A log that is here whole is replayed


def check_log(path: Path, name: str, told: Told) -> None:
    """Raise Corrupt unless the history in an RSF file makes the root of the state; other files are passed over.

    It takes some 150 bytes of memory an item, for each may be named by a later entry.
    """
    what, _, suffix = name.partition(".")
    form, _, compression = suffix.partition(".")
    if what != "entries" or form not in ("rsf", "rsf-v1"):
        return
    spelling, member = (V2, "root-hash") if form == "rsf" else (V1, "v1-root-hash")
    with _opened(path, compression) as stream:
        try:
            root = spelling.hash_text(_replay(spelling, stream))
        except (Invalid, OSError, EOFError, zlib.error) as error:
            raise Corrupt(f"{name} of {told.manifest.state['register']} cannot be replayed: {error}") from None
    if root != told.manifest.state[member]:
        raise Corrupt(f"the entries in {name} do not make the root of {told.manifest.state['register']}'s state")


def _opened(path: Path, compression: str) -> BinaryIO:
    if compression == "gz":
        return cast(BinaryIO, gzip.open(path))
    if compression == "zst":
        import pyarrow as pa

        return cast(BinaryIO, io.BufferedReader(pa.input_stream(str(path), compression="zstd")))
    return path.open("rb")


def _replay(spelling: Spelling, stream: BinaryIO) -> bytes:
    """The root that the entries of a file make, each of which names an item before it."""
    items: set[bytes] = set()
    leaves: list[bytes] = []
    tree = merkle.grow(0, (), ())
    hash_leaf = HASHINGS[spelling.version].leaf_hash
    for command in spelling.parse(stream):
        match command:
            case AddItem():
                items.add(spelling.digest_of(spelling.item(command.text)[0], command.text.encode()))
            case AppendEntry():
                if command.digest not in items:
                    raise Invalid(f"line {command.line}: no item before it has the hash that it names")
                if command.region is Region.USER:
                    number, time = tree.size + len(leaves) + 1, timestamp_text(command.timestamp)
                    leaves.append(hash_leaf(number, command.key, time, command.digest))
        if len(leaves) >= BATCH:
            tree, leaves = merkle.grow(tree.size, tree.edge, leaves), []
    return merkle.grow(tree.size, tree.edge, leaves).root
