"""A real nginx before a server, as deploy/nginx.conf has it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.http import ROOT, wait_for

CONFIGURATION = ROOT / "deploy" / "nginx.conf"


@contextmanager
def nginx(folder: Path, behind: str, root: Path) -> Iterator[tuple[str, str]]:
    """The URLs of an nginx as deploy/nginx.conf has it, before a server; and of one that serves the files alone."""
    ports = [_free_port(), _free_port()]
    ours = CONFIGURATION.read_text("utf-8").replace("127.0.0.1:8000", behind.removeprefix("http://"))
    ours = ours.replace("listen 80;", f"listen 127.0.0.1:{ports[0]};").replace("/var/lib/registers/files", str(root))
    alone = f"server {{ listen 127.0.0.1:{ports[1]}; root {root}; sendfile on; tcp_nopush on; }}"
    place = "pid nginx.pid; error_log stderr; daemon off; worker_processes 2; user root;"
    spools = " ".join(f"{kind}_temp_path temp-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    http_block = f"http {{ access_log off; {spools} {ours} {alone} }}"
    (folder / "nginx.conf").write_text(f"{place} events {{ }} {http_block}", "utf-8")
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    urls = (f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}")
    try:
        wait_for(f"{urls[0]}/healthz")
        yield urls
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
