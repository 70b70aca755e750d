"""Whole registers and what was added to them, as v2 RSF: this is how copies are kept fresh, definitions too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response
from marshmallow import Schema

from api import current
from api.caching import Caching
from api.negotiation import stream
from api.parameters import WholeNumber, at_parameter, path_number
from api.permissions import Permission
from api.v2 import documents, standing
from api.v2.blueprints import blueprint
from registers import trees
from registers.entry import Entry, Region
from registers.errors import Invalid
from registers.merkle import EMPTY_ROOT
from registers.snapshot import Snapshot, stream_entries
from registers.v2 import rsf

routes = blueprint("downloads", "Whole registers, to keep a copy and keep it fresh")


class WholeQuery(Schema):
    """Which state."""

    at = at_parameter()


class BetweenQuery(Schema):
    """Which metadata entries beside."""

    metadata = WholeNumber(
        None, "How many metadata entries you have: those after them are sent; none if not given", minimum=0
    )


class AfterQuery(WholeQuery, BetweenQuery):
    """Up to which state, and which metadata entries beside."""


@routes.resource(
    "/<segment:register>/download-rsf",
    permission=Permission.PUBLIC,
    caching=Caching.DOWNLOAD,
    answer=documents.RSF_WHOLE,
    query=WholeQuery,
)
def download_rsf(query: dict[str, Any], register: str) -> Response:
    """Download the whole history as RSF

    Items and entries, those of the register's definition too, between the root of nothing and the root of the state.
    """
    with standing.reading(register, query["at"]) as taken:
        return _answer(taken, (0, taken.size), 0)


@routes.resource(
    "/<segment:register>/download-rsf/<segment:start>",
    permission=Permission.PUBLIC,
    caching=Caching.DOWNLOAD,
    answer=documents.RSF_AFTER,
    query=AfterQuery,
)
def download_rsf_after(query: dict[str, Any], register: str, start: str) -> Response:
    """Download what was added after a size as RSF

    The entries after number `start`, and the metadata entries after number `metadata`; one line if there are none.
    """
    after = path_number(start)
    with standing.reading(register, query["at"]) as taken:
        return _answer(taken, (after, taken.size), query["metadata"])


@routes.resource(
    "/<segment:register>/download-rsf/<segment:start>/<segment:end>",
    permission=Permission.PUBLIC,
    caching=Caching.DOWNLOAD,
    answer=documents.RSF_BETWEEN,
    query=BetweenQuery,
)
def download_rsf_between(query: dict[str, Any], register: str, start: str, end: str) -> Response:
    """Download what was added between two sizes as RSF"""
    after, until = path_number(start), path_number(end)
    with standing.reading(register, linked=False) as taken:
        return _answer(taken, (after, until), query["metadata"])


def _answer(taken: Snapshot, span: tuple[int, int], metadata: int | None) -> Response:
    """The file, and how many metadata entries whoever has read it has. A whole file has them all."""
    name, known = taken.register.name, taken.head.metadata_entries
    if not 0 <= span[0] <= span[1] <= taken.size:
        raise Invalid(f"the register {name} has {taken.size} entries, so there are none from {span[0]} to {span[1]}")
    if metadata is not None and metadata > known:
        raise Invalid(f"the register {name} has {known} metadata entries, so there are none after {metadata}")
    if metadata is None:
        metadata = 0 if span[0] == 0 else known
    answer = stream(_lines(taken, span, (metadata, known)))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.rsf"'
    answer.headers["Register-Metadata-Size"] = str(known)
    return answer


def _lines(taken: Snapshot, span: tuple[int, int], metadata: tuple[int, int]) -> Iterable[str]:
    """The lines of a file; the roots are read now, in the snapshot, and the entries as the file is sent."""
    store, register_id = current.store(), taken.register.id
    runs = {Region.METADATA: metadata, Region.USER: span}

    def entries(region: Region) -> Iterable[Entry]:
        after, last = runs[region]
        return stream_entries(store, register_id, region, after + 1, last)

    regions = [region for region, (after, last) in runs.items() if after < last]
    return rsf.write(_root(taken, span[0]), _root(taken, span[1]), regions, entries)


def _root(taken: Snapshot, size: int) -> bytes:
    if size == taken.size:
        return taken.root(trees.V2)
    return trees.root_at(taken.tx, taken.register.id, trees.V2, size) if size else EMPTY_ROOT
