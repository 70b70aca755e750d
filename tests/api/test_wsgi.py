"""The real thing: gunicorn with this project's settings, several clients at once, and a database that fails."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy

from registers import lifecycle
from registers.opening import open_store
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.api.conftest import fill
from tests.makers import append, country, make
from tests.source import ROOT

LARGE = 4000  # entries of 8 KB: more than the sockets between server and client can hold


@contextmanager
def serving(database_url: str, log: Path) -> Iterator[int]:
    """A server with two workers, whose logs go to a file: its port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    plain = sqlalchemy.make_url(database_url).set(drivername=database_url.partition(":")[0].partition("+")[0])
    settings = {
        "REGISTERS_DATABASE_URL": plain.render_as_string(hide_password=False),
        "REGISTERS_PORT": str(port),
        "REGISTERS_WORKERS": "2",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.conf.py")]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait(server, port, log)
            yield port
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until the server is ready."""
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server did not start: {log.read_text()}")


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_many_clients_are_served_at_once(store: Store, migrated_url: str, tmp_path: Path) -> None:
    fill(store)
    keys = ["GB", "FR", "DE", "a%2Fb", "foo.csv.json", "foo"] * 20
    with serving(migrated_url, log := tmp_path / "log") as port:
        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(lambda key: ask(port, f"/v1/registers/country/records/{key}"), keys))
            histories = set(clients.map(lambda _: ask(port, "/v1/registers/country/download-rsf"), range(16)))
        append(store, country("IT", "Italy"))
        assert ask(port, "/v1/registers/country/records/IT")[0] == 200
        status, problem = ask(port, "/v1/registers/country/records/%ff")
    assert [list(json.loads(body)) for _, body in answers[:6]] == [
        ["GB"],
        ["FR"],
        ["DE"],
        ["a/b"],
        ["foo.csv"],
        ["foo"],
    ]
    assert {status for status, _ in answers} == {200}
    assert len(histories) == 1
    assert (status, json.loads(problem)["status"]) == (400, 400)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    answered = [line for line in lines if line["path"].startswith("/v1")]
    assert len(answered) == len(keys) + 18
    assert all(line["request-id"] and line["milliseconds"] >= 0 for line in answered)


def test_a_database_that_fails_on_the_way_breaks_the_transfer(tmp_path: Path) -> None:
    """The file is cut to nothing while a download of 32 MB is stuck in a client that does not read."""
    path = tmp_path / "registers.db"
    store = open_store(f"sqlite:///{path}")
    migrate(store)
    make(store)
    append(store, *(country(f"K{n}", "x" * 8000) for n in range(LARGE)))
    lifecycle.publish(store, "country")
    store.close()  # the last connection to go leaves nothing in the write-ahead log
    with serving(f"sqlite:///{path}", log := tmp_path / "log") as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", "/v1/registers/country/download-rsf")
        answer = client.getresponse()
        assert answer.status == 200
        assert answer.read(1000).startswith(b"assert-root-hash")
        os.truncate(path, 0)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        client.close()
        status, problem = ask(port, "/v1/registers/country/records")
        assert status in (500, 503)
        assert json.loads(problem)["status"] == status
    assert '"broken off"' in log.read_text()


def test_a_server_without_a_database_of_this_release_does_not_start(tmp_path: Path) -> None:
    settings = {"REGISTERS_DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"}
    done = subprocess.run(
        [sys.executable, "-c", "import api.wsgi"], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "run 'registers init' first" in done.stderr
    assert list(tmp_path.iterdir()) == []
