"""What is known of how shapes lie to one another, kept in files beside the indexes, for it takes long to find out.

A file is of one shape, by its digest, against all shapes of one index, by the name of its folder, which is that of a
state. Both are what they are, so a file is written once, stays true, and goes when its index has gone. Its seal says
which numbers the shapes have, for after a redaction the index of a state may be made anew with fewer. When two
processes write one, they write the same; one that is damaged, or of other numbers, counts as none.
"""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np

from geo.areas.relations import ROW, Rows

FOLDER = "relations"
_FORMAT = b"relations 1"
_LENGTH = sha256().digest_size


def read(indexed: Path, numbering: bytes, digest: bytes) -> Rows | None:
    """What the shape with that digest is to those of the index in a folder, so numbered; None if it is not known."""
    with suppress(OSError):
        sealed = _file(indexed, digest).read_bytes()
        seal, kept = sealed[:_LENGTH], sealed[_LENGTH:]
        if seal == _sealed(numbering, digest, kept):
            return np.frombuffer(kept, ROW)
    return None


def write(indexed: Path, numbering: bytes, digest: bytes, rows: Rows) -> None:
    """Keep the rows; where that cannot be done, they are not kept, and worked out again another time."""
    path, kept = _file(indexed, digest), rows.tobytes()
    new = path.with_name(f".{secrets.token_hex(8)}")
    with suppress(OSError):
        _forget_overtaken(path.parent.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            new.write_bytes(_sealed(numbering, digest, kept) + kept)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


def _file(indexed: Path, digest: bytes) -> Path:
    return indexed.parent / FOLDER / indexed.name / digest.hex()


def _sealed(numbering: bytes, digest: bytes, kept: bytes) -> bytes:
    """What tells whole rows of that shape, to shapes so numbered, from any other bytes."""
    return sha256(_FORMAT + numbering + digest + kept).digest()


def _forget_overtaken(folder: Path) -> None:
    """Remove what is known against indexes that are no more."""
    for each in folder.iterdir() if folder.is_dir() else ():
        if not (folder.parent / each.name).exists():
            shutil.rmtree(each, ignore_errors=True)
