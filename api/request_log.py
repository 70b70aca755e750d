"""One line of JSON a request on standard output, under an id that the answer carries as well.

The id is the caller's own X-Request-Id where that is a plain token, else a new one. The line is written when the
answer has been sent, or has broken off: it counts the bytes that went out and says so if they are not all.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api import paths

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Count = Callable[[Mapping[str, Any]], None]
REQUEST_ID = "registers.request-id"
ROUTE = "registers.route"
HEADER = "X-Request-Id"
PATH_LIMIT = 1000  # characters of a path that are worth writing down
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger("registers.request")


def shown_path(path: str) -> str:
    """A path as it is written down: in ASCII, cut when long."""
    ascii_path = path.encode("ascii", "backslashreplace").decode()
    return ascii_path if len(ascii_path) <= PATH_LIMIT else f"{ascii_path[:PATH_LIMIT]}..."


class RequestLog:
    """The middleware, outermost of all."""

    def __init__(self, app: WSGIApplication, count: Count | None = None) -> None:
        """`count` is handed the members of each line."""
        self.app = app
        self.count = count

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on under its id."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        environ[REQUEST_ID] = given if _TOKEN.fullmatch(given) else uuid.uuid4().hex
        answer = _Answer(environ, self.count)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answer.status = int(status.partition(" ")[0])
            return start_response(status, [*headers, (HEADER, environ[REQUEST_ID])], *rest)

        answer.send(self.app(environ, start))
        return answer


class _Answer:
    """The body of one answer, counted as it passes."""

    def __init__(self, environ: WSGIEnvironment, count: Count | None) -> None:
        self.environ = environ
        self.count = count
        self.begun = time.perf_counter()
        self.status = 0
        self.bytes = 0
        self.broken = False
        self.body: Iterable[bytes] = ()
        self.parts: Iterator[bytes] = iter(())

    def send(self, body: Iterable[bytes]) -> None:
        self.body, self.parts = body, iter(body)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            part = next(self.parts)
        except StopIteration:
            raise
        except BaseException:
            self.broken = True
            raise
        self.bytes += len(part)
        return part

    def close(self) -> None:
        if hasattr(self.body, "close"):
            self.body.close()
        members = self.members()
        if self.count:
            self.count(members)
        level = logging.ERROR if self.broken or self.status >= 500 else logging.INFO
        _log.log(level, "broken off" if self.broken else "answered", extra={"members": members})

    def members(self) -> dict[str, object]:
        return {
            "request-id": self.environ[REQUEST_ID],
            "method": self.environ.get("REQUEST_METHOD", ""),
            "path": shown_path(self.environ.get(paths.RAW_PATH, "")),
            "route": self.environ.get(ROUTE),
            "status": self.status,
            "milliseconds": round((time.perf_counter() - self.begun) * 1000, 1),
            "bytes": self.bytes,
        }


class JsonLines(logging.Formatter):
    """A log record as one line of JSON; what its `members` holds comes with it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "members", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(level: str) -> None:
    """Write all logs of this process to standard output, a line of JSON each."""
    # What no line says need not be found out for each (the module's documentation calls this its optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # from Python 3.12 on
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # At each look at the schema it would say which database it looks at.
    logging.getLogger("alembic").setLevel(logging.WARNING)
