"""What answers cost over HTTP: against the empty view of the same application, and at a million entries against the
same at ten thousand. gunicorn with two sync workers, wrk with four connections, on SQLite.

Every answer is made anew: what a worker remembers of its answers is left out of it.
Each resource is measured in turn with the empty view, and the middle of the rounds counts, so that a noisy machine
is noisy to both.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registers import lifecycle
from tests.benchmarks.growth import LARGE, SMALL, grown

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "deploy" / "gunicorn.conf.py"
ROUNDS = 5
WARMING = 3  # rounds before those that count, in which the workers come to hold the pages that all answers read
SECONDS = 3
CONNECTIONS = 4
# What wrk runs: a path drawn by chance, where `%d` stands for a number up to SIZE; then its figures as JSON.
SCRIPT = r"""
local path, first, size, tag = "PATH", FIRST, SIZE, "TAG"
if tag ~= "" then wrk.headers["If-None-Match"] = tag end
function setup(thread) math.randomseed(7) end
request = function()
  return wrk.format("GET", (path:gsub("%%d", function() return first + math.random(size) end)))
end
done = function(summary, latency)
  local wrong = summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout
  io.stderr:write(string.format('{"rate": %f, "p50": %f, "p99": %f, "wrong": %d}',
    summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(99), wrong))
end
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for again and again. `first` is added to the number drawn; `conditional` sends the ETag along."""

    path: str
    first: int = 0
    conditional: bool = False


EMPTY = Asked("/empty")
V1 = "/v1/registers/school"
V2 = "/v2/registers/school"
RECORD = Asked(f"{V1}/records/%d", 99_999)
PAGE = Asked(f"{V1}/entries?start=%d&limit=100")
PROOF = Asked(f"{V1}/proof/entries/%d/SIZE/merkle:sha-256")
AGAINST_EMPTY = {
    "a record of v1 / the empty view (want >= 0.5)": RECORD,
    "a record of v2 / the empty view (want >= 0.5)": Asked(f"{V2}/records/%d", 99_999),
    "a conditional GET / the empty view (want >= 0.85)": Asked(f"{V1}/records/100007", conditional=True),
    "100 entries / the empty view (want >= 0.3)": PAGE,
}
AS_IT_GROWS = {"a record": RECORD, "100 entries": PAGE, "a proof": PROOF}


@contextmanager
def serving(database: str, workers: int = 2, memory: int = 0, **settings: str) -> Iterator[str]:
    """The URL of a server over a database, for as long as the block lasts; `memory` is for answers, in megabytes.

    `settings` are more of them, by the names of their variables.
    """
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    environment = os.environ | {
        "REGISTERS_DATABASE_URL": database,
        "REGISTERS_PORT": str(port),
        "REGISTERS_WORKERS": str(workers),
        "REGISTERS_WORK": "off",
        "REGISTERS_ANSWER_MEMORY": str(memory),
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    command = [sys.executable, "-m", "gunicorn", "--config", str(CONFIGURATION), "tests.benchmarks.served:application"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/healthz")
        yield url
    finally:
        server.terminate()
        server.wait(30)


def wait_for(url: str) -> None:
    """Wait until something answers there."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {url}")


def measure(url: str, asked: Asked, folder: Path, size: int) -> dict[str, float]:
    """`rate` in requests a second, `p50` and `p99` in microseconds; AssertionError when an answer is an error."""
    path = asked.path.replace("SIZE", str(size))
    tag = ""
    if asked.conditional:
        with urllib.request.urlopen(url + path) as answer:
            tag = answer.headers["ETag"]
    script = folder / "ask.lua"
    drawn = min(size, 1_000_000)
    made = SCRIPT.replace("PATH", path).replace("FIRST", str(asked.first)).replace("SIZE", str(drawn))
    script.write_text(made.replace("TAG", tag.replace('"', '\\"')))
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stderr)
    assert not figures["wrong"], f"{figures['wrong']:.0f} answers of {path} were errors"
    return figures


def against(url: str, asked: Asked, folder: Path, size: int) -> tuple[float, float, float, float]:
    """The rate of a resource over that of the empty view, its p99 over its p50, its rate, its p99 in microseconds."""
    ratios, tails, rates, slowest = [], [], [], []
    for _ in range(ROUNDS):
        empty, whole = measure(url, EMPTY, folder, size), measure(url, asked, folder, size)
        ratios.append(whole["rate"] / empty["rate"])
        tails.append(whole["p99"] / whole["p50"])
        rates.append(whole["rate"])
        slowest.append(whole["p99"])
    return tuple(map(statistics.median, (ratios, tails, rates, slowest)))  # type: ignore[return-value]


def growing(small: str, large: str, asked: Asked, folder: Path) -> float:
    """The rate of a resource at a million entries over that at ten thousand, both asked for a while already."""
    ratios = []
    for _ in range(WARMING):
        measure(small, asked, folder, SMALL)
        measure(large, asked, folder, LARGE)
    for _ in range(ROUNDS):
        at_small, at_large = measure(small, asked, folder, SMALL), measure(large, asked, folder, LARGE)
        ratios.append(at_large["rate"] / at_small["rate"])
    return statistics.median(ratios)


def over_http(folder: Path) -> dict[str, float]:
    """The ratios; nothing, with a line that says so, without wrk."""
    if not shutil.which("wrk"):
        print("wrk is not here, so nothing is measured over HTTP")
        return {}
    small, large = _published(folder, SMALL), _published(folder, LARGE)
    figures: dict[str, float] = {}
    with serving(small) as of_small, serving(large) as of_large:
        for name, asked in AGAINST_EMPTY.items():
            ratio, tail, rate, _ = against(of_small, asked, folder, SMALL)
            what = name.partition(" / ")[0]
            figures |= {name: ratio, f"{what}, p99 / p50 (want <= 4)": tail, f"{what}, a second": rate}
        for name, asked in AS_IT_GROWS.items():
            figures[f"{name} at 10^6 / at 10^4 (want >= 0.9)"] = growing(of_small, of_large, asked, folder)
    return figures


def _published(folder: Path, size: int) -> str:
    store = grown(folder, size)
    lifecycle.publish(store, "school")
    store.close()
    return store.url.render_as_string()
