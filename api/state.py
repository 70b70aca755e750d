"""Which state of which register an answer is of: its ETag, its Last-Modified, and the 304 that they allow.

An answer is a function of the state of a register, of the question, and of how this release writes answers. Its ETag
is the hash of these, so a 304 costs one read of the head and nothing of the answer is made. It is weak: compressed
or not, the answer says the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from flask import Response, g, request
from werkzeug.http import http_date

from api import negotiation, paths
from registers.snapshot import Snapshot
from registers.store import registers

RELEASE = "1"  # of the representations: counted up when what is answered to a question changes its form
_COMPRESSED = re.compile(r":(?:gzip|br|zstd|deflate)(?=\")")


class NotModified(Exception):  # noqa: N818 - what happened
    """The caller has this answer already."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The states an answer rests on: what its ETag is made of, and when the latest of them was made (UTC seconds)."""

    parts: tuple[str, ...]
    modified: int

    @property
    def etag(self) -> str:
        """The ETag, in its quotes, without the mark that says it is weak."""
        question = sorted((name, value) for name, value in request.args.items(multi=True))
        path, format = request.environ.get(paths.RAW_PATH, request.path), negotiation.asked().name
        return f'"{sha256(repr((RELEASE, *self.parts, path, question, format)).encode()).hexdigest()[:32]}"'


def rest_on(taken: Sequence[Snapshot], day: str = "") -> None:
    """Say which states the answer rests on, and the day if it depends on what day it is. Raises NotModified."""
    parts = [part for each in taken for part in _parts(each)]
    standing = Standing((*parts, day), max(map(_modified, taken), default=0))
    g.standing = standing
    if _has_it(standing):
        raise NotModified


def _parts(taken: Snapshot) -> tuple[str, ...]:
    return str(taken.register.id), str(taken.size), taken.root().hex(), taken.head.metadata_root.hex()


def _modified(taken: Snapshot) -> int:
    """When the register's last revision was made; a change of its definition changes what past states look like."""
    made = registers.revisions(taken.tx.connection, taken.register.id, taken.head.revision - 1, 1)
    return made[0].time if made else taken.register.created


def _has_it(standing: Standing) -> bool:
    """Whether the request's conditions say that the caller has the answer (RFC 9110 §13.2.2)."""
    if request.method not in ("GET", "HEAD"):
        return False
    if given := request.headers.get("If-None-Match"):
        tags = {tag.strip().removeprefix("W/") for tag in _COMPRESSED.sub("", given).split(",")}
        return "*" in tags or standing.etag in tags
    since = request.if_modified_since
    return since is not None and datetime.fromtimestamp(standing.modified, UTC) <= since


def not_modified(_error: NotModified) -> Response:
    """The answer to who has the answer."""
    return Response(status=304)


def describe(response: Response) -> None:
    """Give an answer the ETag and the Last-Modified of the states it rests on."""
    standing: Standing | None = g.get("standing")
    if standing and response.status_code in (200, 304):
        response.headers.setdefault("ETag", f"W/{standing.etag}")
        response.headers.setdefault("Last-Modified", http_date(standing.modified))
