"""Downloads in RSF: a register's whole history, or what was added after a size. This is how copies are kept fresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import Response

from api import current, paging
from api.caching import Caching
from api.negotiation import stream
from api.parameters import path_number
from api.permissions import Permission
from api.reading import reading
from api.v1 import documents
from api.v1.blueprints import blueprint
from registers import redaction, trees
from registers.entry import Entry, Region
from registers.errors import Invalid
from registers.merkle import EMPTY_ROOT
from registers.snapshot import Snapshot, stream_entries
from registers.v1 import rsf

routes = blueprint("downloads", "Whole registers, to keep a copy and keep it fresh")


@routes.resource(
    "/<segment:register>/download-rsf",
    permission=Permission.PUBLIC,
    caching=Caching.DOWNLOAD,
    answer=documents.RSF_WHOLE,
)
def download_rsf(register: str) -> Response:
    """Download the whole history as RSF

    Items and entries, those of the register's definition too, between the root of nothing and the root now.
    """
    with reading(register) as taken:
        return _answer(taken, 0, taken.size)


@routes.resource(
    "/<segment:register>/download-rsf/<segment:start>",
    permission=Permission.PUBLIC,
    caching=Caching.DOWNLOAD,
    answer=documents.RSF_AFTER,
)
def download_rsf_after(register: str, start: str) -> Response:
    """Download what was added after a size as RSF

    The entries after number `start`, between the roots at that size and now; one line if there are none.
    """
    after = path_number(start)
    with reading(register) as taken:
        return _answer(taken, after, taken.size)


@routes.resource(
    "/<segment:register>/download-rsf/<segment:start>/<segment:end>",
    permission=Permission.PUBLIC,
    caching=Caching.DOWNLOAD,
    answer=documents.RSF_BETWEEN,
)
def download_rsf_between(register: str, start: str, end: str) -> Response:
    """Download what was added between two sizes as RSF"""
    after, until = path_number(start), path_number(end)
    with reading(register) as taken:
        return _answer(taken, after, until)


def _answer(taken: Snapshot, start: int, end: int) -> Response:
    name = taken.register.name
    if not 0 <= start <= end <= taken.size:
        raise Invalid(f"the register {name} has {taken.size} entries, so there are none from {start} to {end}")
    redaction.check_whole(taken.tx, taken.register, start + 1, end, _instead(name, start, end))
    answer = stream(_lines(taken, start, end))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.rsf"'
    return answer


def _instead(name: str, start: int, end: int) -> str:
    """Where the same is had in v2's RSF, whose items keep their hashes."""
    view, numbers = "v2-downloads.download_rsf_between", {"start": str(start), "end": str(end)}
    return paging.full_path(view, register=name, **numbers)


def _lines(taken: Snapshot, start: int, end: int) -> Iterator[str]:
    """The lines of a file; the roots are read now, in the snapshot, and the entries as the file is sent."""
    store, register_id = current.store(), taken.register.id
    runs = {Region.METADATA: (1, taken.head.metadata_entries), Region.USER: (start + 1, end)}

    def entries(region: Region) -> Iterable[Entry]:
        return stream_entries(store, register_id, region, *runs[region])

    regions = [Region.METADATA, Region.USER] if start == 0 else [Region.USER] if start < end else []
    return rsf.write(_root(taken, start), _root(taken, end), regions, entries)


def _root(taken: Snapshot, size: int) -> bytes:
    if size == taken.size:
        return taken.root()
    return trees.root_at(taken.tx, taken.register.id, trees.V1, size) if size else EMPTY_ROOT
