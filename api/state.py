"""Which state of which register an answer is of: its ETag, its Last-Modified, and the 304 that they allow.

An answer is a function of the state of a register, of the question, and of how this release writes answers. Its ETag
is the hash of these, so a 304 to an ETag costs at most a read of the head, and nothing of the answer is made. It is
weak: compressed or not, the answer says the same.

Who names an ETag was given it with an answer, and that there is one need not be looked up again. `*` and a date are
no proof of that, so they are looked at when the answer has been made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import Response, g, request
from werkzeug.http import http_date

from api import current, negotiation, paths
from api.heads import Kept, parts_of, parts_of_state
from registers.snapshot import Snapshot

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

RELEASE = "1"  # of the representations: counted up when what is answered to a question changes its form
# What servers on the way put at the end of an ETag when they compress.
_COMPRESSED = re.compile(r"(?:[:;]|--?)(?:gzip|br|zstd|deflate)(?=\")")
_TAG = re.compile(r'"([^"]*)"')
# Headers of a body beside those that the framework takes from a 304 (Last-Modified is one; see RFC 9110 §15.4.5).
_OF_BODIES = ("Content-Disposition", "Content-Transfer-Encoding")

_http_date = lru_cache(maxsize=1024)(http_date)


class NotModified(Exception):  # noqa: N818 - what happened
    """The caller has this answer already."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The states an answer rests on, as its ETag has them, and when they were made (UTC seconds).

    That is None where an answer may change while no revision is made, so that a date would not tell.
    """

    tag: str
    modified: int | None


def rest_on(taken: Sequence[Snapshot], beside: str = "") -> None:
    """Say which states the answer rests on, and what beside: the day, or a word for what no state of these tells.

    Raises NotModified.
    """
    modified = current.heads().modified(taken[0]) if _is_dated(taken, beside) else None
    _rest(parts_of(taken), beside, modified)


def rest_on_parts(parts: Sequence[str], beside: str) -> None:
    """The same, for states whose parts are known; `beside` is not empty."""
    _rest(parts, beside, None)


def _rest(parts: Sequence[str], beside: str, modified: int | None) -> None:
    environ = request.environ
    g.standing = standing = Standing(_tag(environ, [*parts, beside]), modified)
    if _is_named(environ, standing):
        raise NotModified


def _is_dated(taken: Sequence[Snapshot], beside: str) -> bool:
    """Whether the answer changes with the revisions of one register alone.

    One of several changes with what is published and retired; one that an index behind the log gave, without being
    asked for that state, changes when the index has caught up.
    """
    if len(taken) != 1 or beside:
        return False
    return taken[0].size == taken[0].head.entries or "at" in request.args


def rest_on_head(kept: Kept) -> bool:
    """Say that the answer rests on the present state of a register, without reading it; whether the caller has it."""
    head = kept.head
    parts = parts_of_state(kept.register, head, head.entries, head.v1_root)
    environ = request.environ
    g.standing = standing = Standing(_tag(environ, [*parts, ""]), kept.modified)
    return _is_named(environ, standing)


def answer_early() -> Response | None:
    """A 304, before there is a view, to a caller who names the ETag of the present state of the path's register.

    The ETag was given with an answer to the same question, so the question is a good one. What an answer rests on
    beside the register's present state (a day, other registers, a past state) makes its ETag another.
    """
    name = (request.view_args or {}).get("register")
    if not name or "If-None-Match" not in request.headers or request.method not in ("GET", "HEAD"):
        return None
    heads = current.heads()
    known = heads.known(name, heads.store.mark())
    return Response(status=304) if known and rest_on_head(known) else None


def _tag(environ: WSGIEnvironment, parts: Sequence[str]) -> str:
    """The question is what was sent, letter by letter: one that is spelled otherwise has another ETag."""
    question = (environ[paths.RAW_PATH], environ.get("QUERY_STRING", ""), negotiation.asked().name)
    edition = g.get("edition")  # pages have editions, beside the release
    return sha256(repr((RELEASE, *parts, *question, edition)).encode()).hexdigest()[:32]


def _is_named(environ: WSGIEnvironment, standing: Standing) -> bool:
    given = environ.get("HTTP_IF_NONE_MATCH")
    if not given or standing.tag not in given or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return False
    return standing.tag in _TAG.findall(_COMPRESSED.sub("", given))


def not_modified(_error: NotModified) -> Response:
    """The answer to who has the answer."""
    return Response(status=304)


def describe(response: Response) -> None:
    """Give an answer the ETag and the Last-Modified of the states it rests on; leave its body out where it may."""
    standing: Standing | None = g.get("standing")
    if not standing or response.status_code not in (200, 304):
        return
    response.headers.setdefault("ETag", f'W/"{standing.tag}"')
    if standing.modified is not None:
        response.headers.setdefault("Last-Modified", _http_date(standing.modified))
    if _has_it(standing):
        response.status_code = 304  # the framework closes the body, unsent
    if response.status_code == 304:
        for name in _OF_BODIES:
            response.headers.pop(name, None)


def _has_it(standing: Standing) -> bool:
    """Whether conditions other than an ETag say that the caller has the answer (RFC 9110 §13.2.2)."""
    environ = request.environ
    given = environ.get("HTTP_IF_NONE_MATCH")
    if not (given or "HTTP_IF_MODIFIED_SINCE" in environ) or request.method not in ("GET", "HEAD"):
        return False
    if given:
        return bool(given.strip() == "*")
    since, modified = request.if_modified_since, standing.modified
    return since is not None and modified is not None and datetime.fromtimestamp(modified, UTC) <= since
