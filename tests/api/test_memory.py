"""What a worker remembers of its answers: the same again, byte for byte, and never once anything has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from api.memory import KEEP, LONGEST, OVERHEAD, Memory
from api.paths import RAW_PATH
from registers.opening import open_store
from registers.store.engine import Store
from tests.api.conftest import SETTINGS, fill
from tests.makers import NOW, append, country
from tests.queries import queries

GB = "/v1/registers/country/records/GB"
REMEMBERED = [
    GB,
    f"{GB}.csv",
    "/v2/registers/country/records?page-size=2",
    "/v2/registers/country/records?at=2",
    "/v2/registers/country/records/a%2Fb",
    "/v1/registers/country/entries/1",
    "/v2/registers",
    "/v2/registers/country/feed",
    "/registers/country/records/GB",
    "/",
]
NOT_REMEMBERED = [
    "/healthz",
    "/metrics",
    "/v1/registers/country/records/nobody",
    "/v1/registers/country/records?page-size=0",
    "/v1/registers/country/download-rsf",
    "/nothing",
]


@pytest.fixture
def client(sqlite_app: Flask) -> FlaskClient:
    return sqlite_app.test_client()


def asks_the_database(store: Store, client: FlaskClient, path: str, **given: object) -> bool:
    with queries(store) as seen:
        client.get(path, buffered=True, **given)
    return bool(seen)


@pytest.mark.parametrize("path", REMEMBERED)
def test_an_answer_given_again_is_the_same_to_the_byte(client: FlaskClient, sqlite_store: Store, path: str) -> None:
    given = {"headers": {"X-Request-Id": "same"}, "buffered": True}
    first = client.get(path, **given)
    with queries(sqlite_store) as seen:
        again = client.get(path, **given)
    assert (again.status, again.headers.to_wsgi_list(), again.data) == (
        first.status,
        first.headers.to_wsgi_list(),
        first.data,
    )
    assert seen == []
    assert first.status_code == 200


def remembered(app: Flask) -> Memory:
    """The memory of an application, which is somewhere in its layers."""
    layer = app.wsgi_app
    while not isinstance(layer, Memory):
        layer = layer.app
    return layer


@pytest.mark.parametrize("path", NOT_REMEMBERED)
def test_errors_downloads_and_what_must_not_be_stored_are_made_anew(sqlite_app: Flask, path: str) -> None:
    sqlite_app.test_client().get(path, buffered=True)
    assert not remembered(sqlite_app)._answers


def test_a_commit_of_another_process_ends_it(client: FlaskClient, sqlite_store: Store) -> None:
    other = open_store(sqlite_store.url.render_as_string())  # as another process opens it
    for number in range(3):
        append(other, country("GB", f"name {number}"))
        for _ in range(2):
            assert client.get(GB).json["GB"]["item"][0]["name"] == f"name {number}"
    other.close()


def test_a_commit_of_this_process_ends_it(client: FlaskClient, sqlite_store: Store) -> None:
    for number in range(3):
        append(sqlite_store, country("GB", f"name {number}"))
        for _ in range(2):
            assert client.get(GB).json["GB"]["item"][0]["name"] == f"name {number}"


def test_another_day_ends_it(sqlite_store: Store) -> None:
    fill(sqlite_store)
    now = [NOW]
    sqlite_store.clock = lambda: now[0]
    client = create_app(SETTINGS, sqlite_store).test_client()
    client.get(GB)
    assert not asks_the_database(sqlite_store, client, GB)
    now[0] += 24 * 60 * 60
    assert asks_the_database(sqlite_store, client, GB)


@pytest.mark.parametrize(
    "header",
    [
        {"Accept": "text/csv"},
        {"Accept-Encoding": "gzip"},
        {"Host": "elsewhere.example.org"},
        {"Host": "country.localhost"},
    ],
)
def test_who_asks_otherwise_is_answered_otherwise(client: FlaskClient, header: dict[str, str]) -> None:
    fresh = client.get(GB, headers=header | {"X-Request-Id": "same"}, buffered=True)
    client.get(GB)
    after = client.get(GB, headers=header | {"X-Request-Id": "same"}, buffered=True)
    assert (after.status, after.headers.to_wsgi_list(), after.data) == (
        fresh.status,
        fresh.headers.to_wsgi_list(),
        fresh.data,
    )


@pytest.mark.parametrize(
    "header",
    [{"Authorization": "Bearer x"}, {"Cookie": "a=b"}, {"If-None-Match": '"x"'}, {"If-Modified-Since": "x"}],
)
def test_a_request_of_its_own_is_never_answered_from_memory(sqlite_app: Flask, header: dict[str, str]) -> None:
    sqlite_app.test_client(use_cookies=False).get(GB, headers=header)
    assert not remembered(sqlite_app)._answers


def test_only_get_is(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    client.get(GB)
    assert client.head(GB).data == b""
    assert client.post(GB).status_code == 405
    assert client.options(GB).status_code == 204


def test_it_is_logged_and_counted_by_its_route(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        client.get(GB, buffered=True)
        client.get(GB, buffered=True)
    first, again = ({**record.members} for record in caplog.records if record.name == "registers.request")
    for line in (first, again):
        del line["milliseconds"], line["request-id"]
    assert again == first


def answering(length: int) -> Callable[..., list[bytes]]:
    def app(environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        environ[KEEP] = True
        start_response("200 OK", [])
        return [b"x" * length]

    return app


def ask(memory: Memory, path: str) -> bytes:
    environ = {"REQUEST_METHOD": "GET", RAW_PATH: path}
    return b"".join(memory(environ, lambda *_: None))


def test_it_holds_what_was_asked_last_up_to_so_many_bytes(sqlite_store: Store) -> None:
    memory = Memory(answering(1000), sqlite_store, 3 * (OVERHEAD + 1000))
    for path in ("a", "b", "a", "c", "d"):
        assert len(ask(memory, path)) == 1000
    assert [question[0] for question in memory._answers] == ["a", "c", "d"]
    assert memory._bytes == 3 * (OVERHEAD + 1000)


def test_what_is_very_long_is_not_held(sqlite_store: Store) -> None:
    memory = Memory(answering(LONGEST + 1), sqlite_store, 10**9)
    assert len(ask(memory, "a")) == LONGEST + 1
    assert not memory._answers


def test_there_is_none_on_postgresql_with_a_rate_or_when_turned_off(
    sqlite_store: Store, postgresql_store: Store
) -> None:
    for settings, store in (
        (SETTINGS, postgresql_store),
        (replace(SETTINGS, rate_limit="5/minute"), sqlite_store),
        (replace(SETTINGS, answer_memory=0), sqlite_store),
    ):
        with pytest.raises(AttributeError):
            remembered(create_app(settings, store))
