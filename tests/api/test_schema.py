"""What the API says of itself is true: requests made up from the OpenAPI document get only answers that it allows.

The document is the application's own, so a new route is held to this by being there. `default`, which would allow
any status, is taken out first. A few requests a resource are made in every run, the same each time; many under
REGISTERS_SOAK, against a real server.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

with warnings.catch_warnings():  # what the library itself imports is not this project's to mend
    warnings.simplefilter("ignore", DeprecationWarning)
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

from api.app import create_app
from api.openapi import description
from people import api_keys
from registers.fsck import check_all
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import SETTINGS, fill
from tests.api.test_bad_input import GOOD
from tests.makers import CheckedStore

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6
MANY = 400
LONGEST = 8_000  # gunicorn reads a request line of 8,190 bytes
Operation = tuple[str, str]


@schemathesis.serializer("application/uk-gov-rsf", "application/x-ndjson")
def as_text(_: Any, value: Any) -> bytes:
    """Bodies of media types that the library does not know, as the text they are."""
    return value if isinstance(value, bytes) else str(value).encode()


def document() -> dict[str, Any]:
    """The application's document, without the answers that stand for all others."""
    app = create_app(Settings(), open_store("sqlite:///never-opened.db"))
    found = description(app)
    for path in found["paths"].values():
        for method, operation in path.items():
            if method != "parameters":
                operation["responses"].pop("default", None)
    return found


DOCUMENT = document()
OPERATIONS = [(path, method) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"]


@dataclass(frozen=True)
class Asking:
    """How requests are made: from which document, by what call, with which API key.

    What is asked for by a URL over `longest` characters is answered by the server before the application sees it.
    """

    described: Any
    call: Callable[[Any], Any]
    key: str
    longest: int = 10**9


def hold(asking: Asking, operation: Operation, examples: int) -> None:
    """Send requests made up for an operation, some of them broken on purpose, and hold the answers to the document.

    Half of them are for what is there, where made-up names lead nowhere; half of them carry a key that may do all.
    """
    found = asking.described[operation[0]][operation[1].upper()]
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(
        case=st.one_of(*(found.as_strategy(generation_mode=mode) for mode in modes)),
        known=st.booleans(),
        keyed=st.booleans(),
    )
    def each(case: Any, known: bool, keyed: bool) -> None:
        if known:
            case.path_parameters = {name: GOOD.get(name, "1") for name in case.path_parameters}
        if keyed:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {asking.key}"}
        answer = asking.call(case)
        if len(answer.request.url) <= asking.longest:
            case.validate_response(answer, checks=CHECKS)

    each()


def ready(store: Store) -> str:
    """Fill a store, and give a key that may do all in it."""
    fill(store)
    return api_keys.create(store, api_keys.Wanted("all", list(api_keys.SCOPES)), "tester").text


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_answers_are_as_documented(store: CheckedStore, operation: Operation) -> None:
    key = ready(store)
    described = schemathesis.openapi.from_dict(DOCUMENT)
    described.app = whole(create_app(SETTINGS, store))
    store.checking = False  # once, at the end
    hold(Asking(described, lambda case: case.call(), key), operation, EXAMPLES)
    check_all(store)


@pytest.mark.soak
def test_answers_of_a_running_service_are_as_documented(migrated_url: str) -> None:
    with closing(open_store(migrated_url)) as store:
        key = ready(store)
    described = schemathesis.openapi.from_dict(DOCUMENT)
    with served(migrated_url) as url:
        for operation in OPERATIONS:
            hold(Asking(described, lambda case: case.call(base_url=url), key, LONGEST), operation, MANY)


@contextmanager
def served(database: str) -> Iterator[str]:
    """The URL of a service of its own over a database."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = int(listening.getsockname()[1])
    registers = str(Path(sys.executable).with_name("registers"))
    command = [registers, "serve", "--database", database, "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(url := f"http://127.0.0.1:{port}")
        yield url
    finally:
        server.terminate()
        server.wait(30)


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer")


def whole(app: Flask) -> Callable[..., Any]:
    """The application with its answers read to the end and closed, and not compressed: the library does neither."""

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        body = app(environ, start_response)
        try:
            return [b"".join(body)]
        finally:
            body.close()  # type: ignore[attr-defined]

    return answer
