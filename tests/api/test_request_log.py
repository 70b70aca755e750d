"""The request log: one line a request, under an id the answer carries; a broken transfer is told from a whole one."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys

import pytest
from flask import Flask

from api.request_log import JsonLines, RequestLog, shown_path
from tests.api.conftest import Get
from tests.source import ROOT

PATH = "/v1/registers/country/records/GB"


def logged(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "registers.request"]


def test_a_request_is_one_line(sqlite_get: Get, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "registers.request"):
        answer = sqlite_get(f"{PATH}.csv", headers={"X-Request-Id": "abc-1.2_3"})
    (record,) = logged(caplog)
    line = json.loads(JsonLines().format(record))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line.pop("milliseconds") >= 0
    assert line == {
        "level": "INFO",
        "logger": "registers.request",
        "message": "answered",
        "request-id": "abc-1.2_3",
        "method": "GET",
        "path": f"{PATH}.csv",
        "route": "/v1/registers/<segment:register>/records/<segment:key>",
        "status": 200,
        "bytes": len(answer.data),
    }
    assert "\n" not in JsonLines().format(record)


def test_a_plain_request_id_is_echoed(sqlite_get: Get) -> None:
    assert sqlite_get(PATH, headers={"X-Request-Id": "a" * 64}).headers.getlist("X-Request-Id") == ["a" * 64]


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", "a\tb", '"', "é", "a;b"])
def test_any_other_request_id_is_replaced(sqlite_get: Get, given: str) -> None:
    found = sqlite_get(PATH, headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", found)


def test_the_id_of_a_problem_is_that_of_its_answer(sqlite_get: Get) -> None:
    answer = sqlite_get("/nothing")
    assert answer.json["request-id"] == answer.headers["X-Request-Id"]


def test_the_query_is_not_logged(sqlite_get: Get, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "registers.request"):
        sqlite_get("/v1/registers/country/entries?start=2")
    assert [record.members["path"] for record in logged(caplog)] == ["/v1/registers/country/entries"]


def test_a_transfer_that_breaks_is_an_error_and_says_how_far_it_came(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_environ: object, start):  # type: ignore[no-untyped-def]
        start("200 OK", [])
        yield b"12345"
        raise RuntimeError("the disk is gone")

    answer = RequestLog(broken)({"REQUEST_METHOD": "GET"}, lambda *_: lambda _: None)  # type: ignore[arg-type]
    parts = iter(answer)
    assert next(parts) == b"12345"
    with caplog.at_level(logging.INFO, "registers.request"), pytest.raises(RuntimeError):
        next(parts)
    answer.close()  # type: ignore[attr-defined]
    (record,) = logged(caplog)
    assert (record.levelname, record.getMessage(), record.members["bytes"]) == ("ERROR", "broken off", 5)


def test_an_answer_with_an_error_of_the_server_is_logged_as_one(
    sqlite_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise KeyError

    fail.declared = sqlite_app.view_functions["health.is_alive"].declared  # type: ignore[attr-defined]
    sqlite_app.view_functions["health.is_alive"] = fail
    with caplog.at_level(logging.INFO, "registers.request"):
        sqlite_app.test_client().get("/healthz", buffered=True)
    assert [(record.levelname, record.members["status"]) for record in logged(caplog)] == [("ERROR", 500)]


def test_a_path_is_written_in_ascii_and_cut() -> None:
    assert shown_path("/caf\xe9") == "/caf\\xe9"
    assert len(shown_path("x" * 5000)) == 1003


def test_a_process_writes_its_logs_to_standard_output_as_json() -> None:
    program = (
        "import logging\nfrom api.request_log import configure\nconfigure('INFO')\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.getLogger('x').exception('a\\nb')\n"
        "logging.getLogger('x').debug('no')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    read = json.loads(line)
    assert (read["level"], read["logger"], read["message"]) == ("ERROR", "x", "a\nb")
    assert "ZeroDivisionError" in read["traceback"]
    assert done.stderr == ""
