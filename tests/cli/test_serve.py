"""The README, followed by a newcomer: the server as `registers serve` starts it, and the lines that verify a record."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.serve import to_try

ROOT = Path(__file__).resolve().parents[2]
REGISTERS = str(Path(sys.executable).with_name("registers"))


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """A server of the embedded registers: its URL, its database's URL, and what it said when it started."""
    database = f"sqlite:///{tmp_path_factory.mktemp('served') / 'registers.db'}"
    for verb in (["init"], ["load", "countries"]):
        subprocess.run([REGISTERS, *verb, "--database", database], check=True, capture_output=True)
    port = free_port()
    command = [REGISTERS, "serve", "--database", database, "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/healthz")
        assert server.stdout is not None
        said = "".join(server.stdout.readline() for _ in range(6))
        yield url, database, said
    finally:
        server.terminate()
        server.wait(10)
        if server.stdout:
            server.stdout.close()


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer")


def test_serve_says_where_the_data_is_the_url_and_things_to_try_that_work(served: tuple[str, str, str]) -> None:
    url, database, said = served
    assert database.removeprefix("sqlite:///") in said
    assert url in said
    tried = re.findall(r"^  (?:curl|open) (\S+)", said, re.MULTILINE)
    for each in tried:
        with urllib.request.urlopen(each) as answer:
            assert answer.status == 200
    audited = re.findall(rf"^  {REGISTERS} audit (\S+)$", said, re.MULTILINE)
    assert len(tried) + len(audited) == 3
    assert subprocess.run([REGISTERS, "audit", *audited], capture_output=True).returncode == 0


def test_serve_says_to_ask_for_a_place_where_one_is_known() -> None:
    asked = "  curl 'http://x/v2/places?lon=2.35&lat=48.85'"
    assert [asked in to_try("http://x", ["country", *more]) for more in ([], ["country-area"])] == [False, True]


def test_the_readmes_lines_verify_a_record(served: tuple[str, str, str]) -> None:
    program = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert program
    lines = program[1].replace("http://127.0.0.1:8000", served[0])
    assert len([line for line in lines.splitlines() if line.strip()]) <= 24
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert done.stdout == "GB is in the register you pinned: True\n"


def test_the_readmes_lines_notice_a_changed_record(served: tuple[str, str, str]) -> None:
    program = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert program
    lines = program[1].replace("http://127.0.0.1:8000", served[0])
    tampered = lines.replace('get("/records/GB")["GB"]', 'get("/records/GB")["GB"]; record["item"][0]["name"] = "X"')
    assert tampered != lines
    done = subprocess.run([sys.executable, "-c", tampered], capture_output=True, text=True, check=True)
    assert done.stdout == "GB is in the register you pinned: False\n"


def test_a_register_made_while_the_server_runs_is_served_without_a_restart(served: tuple[str, str, str]) -> None:
    url, database, _ = served

    def registers(*arguments: str, stdin: str = "") -> None:
        command = [REGISTERS, *arguments, "--database", database]
        subprocess.run(command, check=True, capture_output=True, input=stdin, text=True)

    registers("create", "tree", stdin="fields: [tree, name]")
    registers("append", "tree", "--item", '{"tree":"A","name":"Ash"}')
    registers("publish", "tree")
    with urllib.request.urlopen(f"{url}/v1/registers/tree/records/A") as answer:
        assert json.load(answer)["A"]["item"] == [{"tree": "A", "name": "Ash"}]


def test_serve_refuses_a_database_without_a_schema(tmp_path: Path) -> None:
    command = [REGISTERS, "serve", "--database", f"sqlite:///{tmp_path / 'none.db'}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "run 'registers init'" in done.stderr
