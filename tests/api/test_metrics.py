"""Figures for Prometheus: what was asked, by route, and right over several workers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import fill
from tests.api.test_limits import free_port

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "gunicorn.conf.py"
ROUTE = "/v1/registers/<segment:register>/records/<segment:key>"


def figures(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Each sample by its name and labels, as another program reads the format."""
    families = text_string_to_metric_families(text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def requests(text: str, route: str, status: str, method: str = "GET") -> float:
    labels = (("method", method), ("route", route), ("status", status))
    return figures(text).get(("registers_http_requests_total", labels), 0.0)


def test_requests_are_counted_by_route_method_and_status(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    before = client.get("/metrics").text
    for key, times in (("GB", 3), ("XX", 2)):
        for _ in range(times):
            client.get(f"/v1/registers/country/records/{key}", buffered=True).close()
    client.open("/nothing", method="MADE-UP", buffered=True).close()
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    after = answer.text
    assert requests(after, ROUTE, "200") - requests(before, ROUTE, "200") == 3
    assert requests(after, ROUTE, "404") - requests(before, ROUTE, "404") == 2
    assert requests(after, "none", "404", "other") - requests(before, "none", "404", "other") == 1
    counted = figures(after)
    seconds = ("registers_http_request_seconds_count", (("route", ROUTE),))
    assert counted[seconds] - figures(before).get(seconds, 0) == 5
    assert counted["registers_http_response_bytes_total", (("route", ROUTE),)] > 0
    assert "GB" not in after


def test_the_logs_are_measured(sqlite_app: Flask) -> None:
    found = figures(sqlite_app.test_client().get("/metrics").text)
    assert found["registers_entries", (("register", "country"),)] == 7
    assert found["registers_database_up", ()] == 1


def test_without_its_database_the_service_still_counts(tmp_path: Path) -> None:
    app = create_app(Settings(), open_store(f"sqlite:///{tmp_path}/empty.db"))
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert figures(answer.text)["registers_database_up", ()] == 0
    assert "registers_entries{" not in answer.text


def test_the_figures_may_be_off(sqlite_store: Store) -> None:
    client = create_app(Settings(metrics=False), sqlite_store).test_client()
    assert client.get("/metrics").status_code == 404


def test_two_workers_are_added_up_and_one_that_dies_is_not_forgotten(sqlite_store: Store) -> None:
    fill(sqlite_store)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("REGISTERS_", "PROMETHEUS_"))},
        "REGISTERS_DATABASE_URL": sqlite_store.url.render_as_string(),
        "REGISTERS_PORT": str(port),
        "REGISTERS_WORKERS": "2",
        "REGISTERS_WORK": "off",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", str(CONFIGURATION)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    try:
        wait_for(f"{url}/healthz")
        asked = 40
        for _ in range(asked):
            read(f"{url}/v1/registers/country/records/GB")
        # An answer is counted when its last byte has gone, so its caller may be back before it is.
        wait_until(lambda: requests(read(f"{url}/metrics"), ROUTE, "200") == asked)
        assert {requests(read(f"{url}/metrics"), ROUTE, "200") for _ in range(10)} == {asked}
        os.kill(workers_of(server.pid)[0], signal.SIGKILL)
        wait_for(f"{url}/healthz")
        assert {requests(read(f"{url}/metrics"), ROUTE, "200") for _ in range(10)} == {asked}
    finally:
        server.terminate()
        server.communicate(timeout=30)


def workers_of(pid: int) -> list[int]:
    """The processes that a process started."""
    stats = (each.read_text() for each in Path("/proc").glob("[0-9]*/stat"))
    found = (re.fullmatch(r"(\d+) \(.*\) \S (\d+) .*", text.strip(), re.DOTALL) for text in stats)
    return [int(match[1]) for match in found if match and int(match[2]) == pid]


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def wait_for(url: str) -> None:
    wait_until(lambda: answers(url))


def answers(url: str) -> bool:
    try:
        read(url)
    except OSError:
        return False
    return True


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(900):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come true in a minute and a half")
