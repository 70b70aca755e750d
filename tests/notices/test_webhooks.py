"""One message: signed as the specification says, sent to one address and nowhere else, in ten seconds at most."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from notices import webhooks
from notices.addresses import Target, parse_target
from notices.webhooks import check_secret, headers, new_secret, send, sign
from registers.errors import Invalid
from tests.notices.conftest import Receiver, redirect

SECRET_OF_THE_SPECIFICATION = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]


def test_a_signature_is_that_of_the_specifications_own_example() -> None:
    signed = sign(SECRET_OF_THE_SPECIFICATION, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signature_can_be_verified_with_the_standard_library_alone() -> None:
    secret = new_secret()
    sent = headers(secret, "msg_1", 1_700_000_000, b"body")
    key = base64.b64decode(secret.partition("_")[2])
    expected = base64.b64encode(hmac.new(key, b"msg_1.1700000000.body", hashlib.sha256).digest()).decode()
    assert sent["webhook-signature"] == f"v1,{expected}"
    assert (sent["webhook-id"], sent["webhook-timestamp"]) == ("msg_1", "1700000000")


def test_new_secrets_differ_and_hold_256_bits() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(first) >= 32 and len(base64.b64decode(first.removeprefix("whsec_"))) == 32
    check_secret(first)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "secret",
        "whsec_",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_!" + base64.b64encode(bytes(32)).decode(),
        "whsec_é" + base64.b64encode(bytes(32)).decode(),
        base64.b64encode(bytes(32)).decode(),
    ],
)
def test_a_secret_that_is_weak_or_not_one_is_refused(secret: str) -> None:
    with pytest.raises(Invalid, match="secret: is whsec_ and the base64 of 24 to 64 random bytes"):
        check_secret(secret)


def test_a_message_is_posted_as_it_is_with_its_headers(receiver: Receiver) -> None:
    outcome = send(parse_target(f"{receiver.url}?a=b"), LOOPBACK, b'{"a":1}', headers(new_secret(), "msg_1", 7, b""))
    assert (outcome.status, outcome.error, outcome.is_taken) == (204, "", True)
    (got,) = receiver.received
    assert (got.method, got.path, got.body) == ("POST", "/hook?a=b", b'{"a":1}')
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["webhook-id"] == "msg_1"
    assert got.headers["Host"] == receiver.url.split("/")[2]


@pytest.mark.parametrize(
    ("status", "is_taken", "for_good"),
    [(200, True, False), (202, True, False), (301, False, False), (404, False, False), (410, False, True)]
    + [(429, False, False), (500, False, False)],
)
def test_only_a_status_of_success_means_that_it_was_taken(
    receiver: Receiver, status: int, is_taken: bool, for_good: bool
) -> None:
    receiver.always = status
    outcome = send(parse_target(receiver.url), LOOPBACK, b"{}", {})
    assert (outcome.status, outcome.is_taken, outcome.is_refused_for_good) == (status, is_taken, for_good)


@pytest.mark.parametrize("to", ["/elsewhere", "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/"])
def test_a_redirect_is_a_failure_and_is_not_followed(receiver: Receiver, to: str) -> None:
    receiver.always = redirect(to)
    target = parse_target(receiver.url)
    assert not send(target, LOOPBACK, b"{}", {}).is_taken
    assert not send(target, LOOPBACK, b"{}", {}).is_taken
    assert [each.path for each in receiver.received] == ["/hook", "/hook"]
    assert all(each.headers["Cookie"] is None for each in receiver.received)


def test_the_address_that_was_judged_is_called_whatever_the_name_means_by_then(receiver: Receiver) -> None:
    port = int(receiver.url.split(":")[2].split("/")[0])
    outcome = send(Target("http", "rebound.example", port, "/"), LOOPBACK, b"{}", {})
    assert outcome.is_taken
    assert receiver.received[0].headers["Host"] == f"rebound.example:{port}"


def test_no_proxy_of_the_environment_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert send(parse_target(receiver.url), LOOPBACK, b"{}", {}).is_taken


def test_nobody_at_the_address_is_a_failure_with_a_reason() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        outcome = send(Target("http", "x.example", taken.getsockname()[1], "/"), LOOPBACK, b"{}", {})
    assert (outcome.status, outcome.error) == (None, "no connection: Connection refused")


def hang(receiver: Receiver) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda _: bool(receiver.ending.wait(5))  # type: ignore[return-value]


def drip(receiver: Receiver, beginning: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answers a byte at a time, each well before any timeout of a socket."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        try:
            request.wfile.write(beginning)
            while not receiver.ending.wait(0.02):
                request.wfile.write(b"a")
        except OSError:
            pass

    return answer


def test_who_does_not_answer_is_given_up(receiver: Receiver) -> None:
    receiver.always = hang(receiver)
    begun = time.monotonic()
    outcome = send(parse_target(receiver.url), LOOPBACK, b"{}", {}, timeout=0.2)
    assert (outcome.status, outcome.error) == (None, "no answer in time")
    assert time.monotonic() - begun < 2


def test_who_answers_a_byte_at_a_time_is_given_up_as_well(receiver: Receiver) -> None:
    receiver.always = drip(receiver, b"HTTP/1.1 2")
    begun = time.monotonic()
    outcome = send(parse_target(receiver.url), LOOPBACK, b"{}", {}, timeout=0.2)
    assert (outcome.status, outcome.error) == (None, "no answer in time")
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("rest", [b"", b"X-Long: ", b"\r\n"])
def test_a_status_counts_though_the_rest_of_the_answer_never_ends(receiver: Receiver, rest: bytes) -> None:
    receiver.always = drip(receiver, b"HTTP/1.1 200 OK\r\n" + rest)
    begun = time.monotonic()
    assert send(parse_target(receiver.url), LOOPBACK, b"{}", {}, timeout=0.2).is_taken
    assert time.monotonic() - begun < 2


def test_a_huge_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    written: list[int] = []

    def flood(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(1000):
                request.wfile.write(b"a" * 100_000)
                written.append(100_000)
        except OSError:
            pass

    receiver.always = flood
    assert send(parse_target(receiver.url), LOOPBACK, b"{}", {}).is_taken
    assert sum(written) < 50_000_000


@pytest.mark.parametrize("nonsense", [b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\xff" * 100_000, b""])
def test_an_answer_that_is_not_http_is_a_failure(receiver: Receiver, nonsense: bytes) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(nonsense)

    receiver.always = answer
    outcome = send(parse_target(receiver.url), LOOPBACK, b"{}", {})
    assert outcome.status is None
    assert outcome.error.startswith(("the answer is not HTTP", "no connection"))


# TLS


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[bytes]]:
    """The port of a TLS server that is hook.example, which this machine trusts for this test, and what it gets."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl here to make a certificate with")
    made = ["-keyout", tmp_path / "key", "-out", tmp_path / "certificate", "-days", "1", "-nodes"]
    names = ["-subj", "/CN=hook.example", "-addext", "subjectAltName=DNS:hook.example"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", *made, *names], check=True, capture_output=True)
    trusting = ssl.create_default_context(cafile=tmp_path / "certificate")
    monkeypatch.setattr(webhooks, "_tls", lambda: trusting)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    got: list[bytes] = []
    listening = socket.create_server((LOOPBACK, 0))

    def serve() -> None:
        with listening:
            plain, _ = listening.accept()
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    got.append(connection.recv(65536))
                    while not got[0].endswith(b"{}"):
                        got[0] += connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except OSError:
                pass

    threading.Thread(target=serve, daemon=True).start()
    return listening.getsockname()[1], got


def test_a_certificate_is_held_against_the_name_and_not_the_address(certified: tuple[int, list[bytes]]) -> None:
    port, got = certified
    outcome = send(Target("https", "hook.example", port, "/"), LOOPBACK, b"{}", {})
    assert (outcome.status, outcome.error) == (204, "")
    assert b"Host: hook.example:%d" % port in got[0]


def test_a_certificate_of_another_name_is_a_failure(certified: tuple[int, list[bytes]]) -> None:
    outcome = send(Target("https", "other.example", certified[0], "/"), LOOPBACK, b"{}", {})
    assert (outcome.status, outcome.error) == (None, "TLS failed: CERTIFICATE_VERIFY_FAILED")
    assert certified[1] == []


def test_a_handshake_that_never_ends_is_given_up() -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        begun = time.monotonic()
        target = Target("https", "hook.example", listening.getsockname()[1], "/")
        outcome = send(target, LOOPBACK, b"{}", {}, timeout=0.2)
    assert (outcome.status, outcome.error) == (None, "no answer in time")
    assert time.monotonic() - begun < 2


# The documentation


@pytest.fixture
def documented(tmp_path: Path) -> Iterator[tuple[int, str, subprocess.Popen[str]]]:
    """The subscriber of docs/webhooks.md, running: its port, its secret, and its process."""
    program = re.search(r"```python\n(.*?)```", (ROOT / "docs/webhooks.md").read_text(), re.DOTALL)
    assert program
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    secret = new_secret()
    process = subprocess.Popen(
        [sys.executable, "-c", program[1], str(port)],
        env=os.environ | {"WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    deadline = time.monotonic() + 20
    while send(Target("http", "x", port, "/"), LOOPBACK, b"", headers(secret, "x", 0, b"")).status is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield port, secret, process
    process.kill()
    process.communicate()


def test_the_documented_subscriber_takes_what_is_genuine_once_and_nothing_else(
    documented: tuple[int, str, subprocess.Popen[str]],
) -> None:
    port, secret, process = documented
    target, now = Target("http", "x", port, "/"), int(time.time())
    body = b'{"register":"country","size":%d}'
    genuine = headers(secret, "msg_1", now, body % 1)

    def answered(given: bytes, sent: dict[str, str]) -> int | None:
        return send(target, LOOPBACK, given, sent).status

    assert answered(body % 9, genuine) == 401
    assert answered(body % 1, headers(new_secret(), "msg_1", now, body % 1)) == 401
    assert answered(body % 1, headers(secret, "msg_1", now - 3600, body % 1)) == 401
    assert answered(body % 1, {**genuine, "webhook-id": "msg_2"}) == 401
    assert answered(body % 1, {name: value for name, value in genuine.items() if name != "webhook-signature"}) == 401
    assert answered(body % 1, genuine) == 204
    assert answered(body % 1, genuine) == 204
    assert answered(body % 2, headers(secret, "msg_2", now, body % 2)) == 204
    assert process.stdout is not None
    said = [process.stdout.readline(), process.stdout.readline()]
    assert said == ["country now has 1 entries\n", "country now has 2 entries\n"]
