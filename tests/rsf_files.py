"""RSF files for the tests: made from a register, or from lines, and loaded."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from loaders.replay import Replayed, replay
from loaders.rsf_steps import Load
from registers import snapshot, trees
from registers.batch import Rules
from registers.entry import Entry, Region
from registers.store.engine import Store
from registers.v1 import rsf
from tests.makers import AUTHORITY, OPERATOR, head_of

GB = {"country": "GB", "name": "United Kingdom"}
GB_AGAIN = {"country": "GB", "name": "UK"}
FR = {"country": "FR", "name": "France"}
DE = {"country": "DE", "name": "Germany", "citizen-names": ["German", "Deutsche"]}
HISTORY: list[tuple[str, dict[str, object]]] = [
    ("GB", dict(GB)),
    ("FR", dict(FR)),
    ("GB", dict(GB_AGAIN)),
    ("DE", dict(DE)),
    ("GB", dict(GB)),
]


def file_of(lines: Iterable[str]) -> io.BytesIO:
    """A file of these lines."""
    return io.BytesIO("".join(f"{line}\n" for line in lines).encode())


def load(
    store: Store, lines: Sequence[str], name: str = "country", relaxed: bool = False, notes: list[str] | None = None
) -> Replayed:
    """Replay a file of these lines."""
    heard = [] if notes is None else notes
    return replay(store, name, file_of(lines), Load(AUTHORITY, OPERATOR, Rules(relaxed, heard.append)))


def dump(store: Store, name: str = "country", first: int = 0, last: int | None = None) -> list[str]:
    """The lines of the file of a register's entries first+1 … last."""
    head = head_of(store, name)
    last = head.entries if last is None else last

    def entries(region: Region) -> Iterable[Entry]:
        start, stop = (first + 1, last) if region is Region.USER else (1, head.metadata_entries)
        return snapshot.stream_entries(store, head.register_id, region, start, stop)

    with store.reading() as tx:
        roots = [trees.root_at(tx, head.register_id, trees.V1, size) for size in (first, last)]
    regions = [Region.METADATA, Region.USER] if first == 0 else [Region.USER] if last > first else []
    return "".join(rsf.write(*roots, regions, entries)).split("\n")[:-1]
