"""Limits: addresses that are too long, and callers who ask too often."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from api.limits import caller_of
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import fill

URL = "/v1/registers/country/records"


@pytest.mark.parametrize(
    "url",
    [
        "/" + "x" * 100_000,
        f"{URL}/" + "x" * 8_000,
        f"{URL}?page-size=" + "1" * 100_000,
        f"{URL}?" + "x" * 8_000,
        f"{URL}/" + "x" * 5_000 + "?y=" + "y" * 5_000,
        "/v1/registers/" + "%C3%A9" * 2_000,
    ],
)
def test_an_address_that_is_too_long_is_refused(sqlite_app: Flask, url: str) -> None:
    answer = sqlite_app.test_client().get(url, buffered=True)
    assert (answer.status_code, answer.content_type) == (414, "application/problem+json")
    assert answer.json["type"] == "/problems/uri-too-long"
    assert "8000 bytes" in answer.json["detail"]
    assert len(answer.data) < 2_000


def test_the_longest_address_is_taken(sqlite_app: Flask) -> None:
    path = f"{URL}/"
    answer = sqlite_app.test_client().get(path + "x" * (8_000 - len(path)), buffered=True)
    assert answer.status_code == 404


@pytest.mark.parametrize(("count", "detail"), [(101, "more than 100 parameters"), (100, "no parameter 'a0'")])
def test_there_are_at_most_a_hundred_parameters(sqlite_app: Flask, count: int, detail: str) -> None:
    query = "&".join(f"a{n}=1" for n in range(count))
    answer = sqlite_app.test_client().get(f"{URL}?{query}", buffered=True)
    assert answer.status_code == 400
    assert detail in answer.json["detail"]


# Rates


def limited(store: Store, where: str = "memory://", rate: str = "3/minute", **settings: object) -> FlaskClient:
    fill(store)
    given = Settings(rate_limit=rate, rate_limit_store=where, **settings)  # type: ignore[arg-type]
    return create_app(given, store).test_client()


def test_who_asks_too_often_is_told_when_to_go_on(sqlite_store: Store) -> None:
    client = limited(sqlite_store)
    for left in (2, 1, 0):
        answer = client.get(URL)
        assert answer.status_code == 200
        assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("3", str(left))
        assert answer.headers["X-RateLimit-Remaining"] == str(left)
        assert 0 < int(answer.headers["RateLimit-Reset"]) <= 60
        assert "Retry-After" not in answer.headers
    answer = client.get(URL)
    assert (answer.status_code, answer.content_type) == (429, "application/problem+json")
    assert answer.json["type"] == "/problems/too-many-requests"
    assert answer.headers["Retry-After"] == answer.headers["RateLimit-Reset"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_request_counts_but_those_of_watchmen(sqlite_store: Store) -> None:
    client = limited(sqlite_store, rate="4/minute")
    tag = client.get(URL).headers["ETag"]
    assert client.get(URL, headers={"If-None-Match": tag}).headers["RateLimit-Remaining"] == "2"
    assert client.get("/nothing").headers["RateLimit-Remaining"] == "1"
    assert client.post(URL).headers["RateLimit-Remaining"] == "0"
    assert client.get(URL).status_code == 429
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = client.get(path)
        assert (answer.status_code, "RateLimit-Limit" in answer.headers) == (200, False)


def test_each_caller_has_a_share_of_its_own(sqlite_store: Store) -> None:
    client = limited(sqlite_store, rate="1/hour", trusted_proxies=1)
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1"):
        given = {"X-Forwarded-For": f"198.51.100.7, {address}"}
        assert [client.get(URL, headers=given).status_code for _ in range(2)] == [200, 429]
    assert client.get(URL, headers={"X-Forwarded-For": "2001:db8::2"}).status_code == 429


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_an_address_stands_for_its_caller(address: str, caller: str) -> None:
    assert caller_of(address) == (caller if "ffff" not in caller else caller_of(caller))


def test_a_store_that_is_not_there_lets_everybody_through(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    client = limited(sqlite_store, f"redis://127.0.0.1:{free_port()}", "1/hour")
    assert [client.get(URL).status_code for _ in range(3)] == [200, 200, 200]
    assert [each.message for each in caplog.records if "rates are not limited now" in each.message]


def test_without_a_rate_nothing_is_counted(sqlite_store: Store) -> None:
    client = limited(sqlite_store, rate="")
    assert "RateLimit-Limit" not in client.get(URL).headers


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture
def redis(tmp_path: object) -> Iterator[str]:
    """The URL of a Redis of the test's own."""
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not here: a rate that workers share is not tested")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


def test_workers_may_share_a_count_in_redis(sqlite_store: Store, redis: str) -> None:
    first = limited(sqlite_store, redis, "3/hour")
    second = create_app(Settings(rate_limit="3/hour", rate_limit_store=redis), sqlite_store).test_client()
    statuses = [client.get(URL).status_code for client in (first, second, first, second, first)]
    assert statuses == [200, 200, 200, 429, 429]
    assert int(second.get(URL).headers["Retry-After"]) > 3000
