"""RSF, which can be loaded again to the same roots; with v2's hashes, and with v1's as they were published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bulk.source import Source
from registers.entry import Entry, Region
from registers.merkle import EMPTY_ROOT
from registers.v1 import rsf as v1
from registers.v2 import rsf as v2


def v2_lines(source: Source, _what: str) -> Iterator[str]:
    """The whole history, with v2's hashes."""
    return _checked(source, v2.write, source.state.v2_root)


def v1_lines(source: Source, _what: str) -> Iterator[str]:
    """The whole history, with v1's hashes."""
    return _checked(source, v1.write, source.state.v1_root)


def _checked(source: Source, write: Callable[..., Iterator[str]], root: bytes) -> Iterator[str]:
    def entries(region: Region) -> Iterable[Entry]:
        return source.entries() if region is Region.USER else source.metadata()

    return write(EMPTY_ROOT, root, [Region.METADATA, Region.USER], entries)
