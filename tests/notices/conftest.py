"""A subscriber: a real HTTP server that keeps what it is sent, and answers as a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.notices.mailbox import Mailbox, serving

Answering = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class Receiver:
    """What came, and how the next requests are answered: a status, or a function that does something else."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int | Answering] = field(default_factory=list)
    always: int | Answering = 204
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def ids(self) -> list[str]:
        """The ids of the messages that came."""
        return [each.headers["webhook-id"] for each in self.received]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Keep a request and answer it."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.received.append(Received(request.command, request.path, request.headers, body))
        chosen = self.answers.pop(0) if self.answers else self.always
        if callable(chosen):
            chosen(request)
            return
        request.send_response(chosen)
        request.send_header("Content-Length", "0")
        request.end_headers()


def redirect(to: str) -> Answering:
    """Answers with a redirect."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", to)
        request.send_header("Set-Cookie", "crumb=1")
        request.end_headers()

    return answer


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A subscriber on this machine."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.answer(self)

        def do_GET(self) -> None:
            kept.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield kept
    kept.ending.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server on this machine, without TLS."""
    with serving(Mailbox()) as kept:
        yield kept
