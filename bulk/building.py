"""Files of a register at a state, made where they are not yet: what `registers build` and the follower do."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from bulk.describing.beside import write_beside
from bulk.kinds import REGISTER, Kind
from bulk.manifest import File
from bulk.releases import Release, release_of
from bulk.source import Source

BLOCK = 256 * 1024  # characters of a text that are written at once
GZIP_LEVEL = 6


def build(root: Path, source: Source, kinds: Iterable[Kind]) -> Iterator[tuple[Kind, File]]:
    """Make files, each as it is asked for, unless they are there, and describe them when all are made.

    Raises Unavailable when one cannot be written.
    """
    release = release_of(root, source.register.id, source.state)
    for kind in kinds:
        yield kind, make(release, source, kind)[1]
    write_beside(release, source)


def make(release: Release, source: Source, kind: Kind) -> tuple[Path, File]:
    """One file of a release, made unless it is there; of a compressed one the plain file first."""
    if found := release.find(kind.name):
        return found
    rows = source.state.rows(kind.what)
    if not kind.compression:
        return release.add(kind.name, rows, lambda path: _write(source, kind, path))
    plain, _ = make(release, source, kind.plain)
    return release.add(kind.name, rows, lambda path: _compress(plain, kind.compression, path))


def _write(source: Source, kind: Kind, path: Path) -> None:
    if kind.format.is_text:
        with path.open("wb") as file:
            for block in blocks(kind.lines(source)):
                file.write(block)
    else:
        kind.format.made_by()(source, kind.what, path)
    if kind.what == REGISTER:
        source.check_still()


def blocks(lines: Iterable[str], size: int = BLOCK) -> Iterator[bytes]:
    """Text in blocks of about so many characters, as UTF-8."""
    waiting: list[str] = []
    length = 0
    for line in lines:
        waiting.append(line)
        length += len(line)
        if length >= size:
            yield "".join(waiting).encode()
            waiting, length = [], 0
    if waiting:
        yield "".join(waiting).encode()


def _compress(plain: Path, compression: str, path: Path) -> None:
    with plain.open("rb") as source, path.open("wb") as target, _compressing(target, compression) as packed:
        shutil.copyfileobj(source, packed, BLOCK)


def _compressing(target: BinaryIO, compression: str) -> BinaryIO:
    """A stream that compresses; no time and no name go into it, so that the same text gives the same bytes."""
    if compression == "gz":
        return cast(BinaryIO, gzip.GzipFile("", "wb", GZIP_LEVEL, target, mtime=0))
    import pyarrow as pa

    return cast(BinaryIO, pa.CompressedOutputStream(target, "zstd"))
