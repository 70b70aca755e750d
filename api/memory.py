"""Answers that this worker remembers: what was just asked is answered again without being made again.

An answer is a function of the question, of what the database holds and of the day. So one may be given again for as
long as nothing at all has been committed, by anybody, and the day is the same. SQLite tells that exactly
(`Store.mark`); PostgreSQL does not, and there nothing is remembered. Nor is it where rates are limited, for then every
request is counted, and never an answer to a request that carries a key or a condition.

This stands between the paths and the application. What a view answered is remembered if `may_be_kept` said so.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Response, request

from api import paths, request_log
from api.caching import Caching
from registers.store.engine import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
KEEP = "registers.may-be-kept"
MEGABYTE = 1024 * 1024  # bytes
LONGEST = 256 * 1024  # bytes of a body
OVERHEAD = 2048  # bytes that an answer takes beside its body, about
DAY = 24 * 60 * 60  # seconds
KEPT = frozenset({Caching.REVALIDATE, Caching.ITEM, Caching.FOREVER})
# What an answer depends on, of a request: where it leads, and what its sender likes best.
_ASKED = (
    paths.RAW_PATH,
    "QUERY_STRING",
    "HTTP_HOST",
    "SCRIPT_NAME",
    "wsgi.url_scheme",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
)
# What makes a request one of its own.
_OWN = frozenset(
    {
        "HTTP_AUTHORIZATION",
        "HTTP_COOKIE",
        "HTTP_RANGE",
        "HTTP_IF_NONE_MATCH",
        "HTTP_IF_MODIFIED_SINCE",
        "HTTP_IF_MATCH",
        "HTTP_IF_UNMODIFIED_SINCE",
        "HTTP_IF_RANGE",
    }
)


def may_be_kept(response: Response, caching: Caching | None) -> None:
    """Say whether the answer to the present request may be remembered: a whole one, that anybody may keep."""
    if caching in KEPT and response.status_code == 200 and response.is_sequence:
        request.environ[KEEP] = True


class _Answer(NamedTuple):
    mark: object
    status: str
    headers: Headers
    body: bytes
    route: str | None


class Memory:
    """The middleware. It holds the answers asked for last, up to a number of bytes."""

    def __init__(self, app: WSGIApplication, store: Store, most: int) -> None:
        self.app = app
        self.store = store
        self.most = most
        self._answers: OrderedDict[tuple[object, ...], _Answer] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory, or pass the request on and remember what it was answered."""
        if environ["REQUEST_METHOD"] != "GET" or not _OWN.isdisjoint(environ):
            return self.app(environ, start_response)
        question = tuple(environ.get(name, "") for name in _ASKED)
        mark = (self.store.mark(), self.store.clock() // DAY)
        if found := self._remembered(question, mark):
            environ[request_log.ROUTE] = found.route
            start_response(found.status, list(found.headers))
            return [found.body]
        return self._answer(question, mark, environ, start_response)

    def _answer(
        self, question: tuple[object, ...], mark: object, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        begun: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            begun.append((status, list(headers)))
            return start_response(status, headers, *rest)

        parts = self.app(environ, start)
        if not environ.get(KEEP):
            return parts
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        status, headers = begun[-1]
        if len(body) <= LONGEST:
            self._remember(question, _Answer(mark, status, headers, body, environ.get(request_log.ROUTE)))
        return [body]

    def _remembered(self, question: tuple[object, ...], mark: object) -> _Answer | None:
        with self._lock:
            found = self._answers.get(question)
            if found is None or found.mark != mark:
                return None
            self._answers.move_to_end(question)
            return found

    def _remember(self, question: tuple[object, ...], answer: _Answer) -> None:
        with self._lock:
            if replaced := self._answers.pop(question, None):
                self._bytes -= OVERHEAD + len(replaced.body)
            self._answers[question] = answer
            self._bytes += OVERHEAD + len(answer.body)
            while self._bytes > self.most:
                _, oldest = self._answers.popitem(last=False)
                self._bytes -= OVERHEAD + len(oldest.body)
