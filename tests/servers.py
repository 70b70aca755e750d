"""Real servers to ask: gunicorn as it is run, which can be killed and started again where it was; and one in the test's
own process, of any application, so that what it answers can be changed on its way.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from werkzeug.serving import WSGIRequestHandler, make_server

ROOT = Path(__file__).resolve().parent.parent


class Gunicorn:
    """The application over a database and a folder of files, without `registers work` beside it."""

    def __init__(self, database: str, files: Path) -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            port = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._environment = os.environ | {
            "REGISTERS_DATABASE_URL": database,
            "REGISTERS_BULK_FOLDER": str(files),
            "REGISTERS_PORT": str(port),
            "REGISTERS_WORKERS": "2",
            "REGISTERS_WORK": "off",
            "REGISTERS_METRICS": "off",
        }
        self._server: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "deploy/gunicorn.conf.py")]
        self._server = subprocess.Popen(command, cwd=ROOT, env=self._environment, start_new_session=True)
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"nothing answers at {self.url}")

    def kill(self) -> None:
        """Kill it and its workers, in the middle of whatever they do."""
        os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait(30)

    @contextmanager
    def running(self) -> Iterator[str]:
        """Its URL, for as long as the block lasts."""
        self.start()
        try:
            yield self.url
        finally:
            self.kill()


class _Silent(WSGIRequestHandler):
    """Answers, and says nothing of it."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving_here(application: object) -> Iterator[str]:
    """The URL of a WSGI application, served by a thread of this process."""
    server = make_server("127.0.0.1", 0, application, threaded=False, request_handler=_Silent)  # type: ignore[arg-type]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
