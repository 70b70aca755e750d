"""An application over the test's store, with a small register `country` in it, and how to ask it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from registers import lifecycle
from registers.settings import Settings
from registers.store.engine import Store
from tests.makers import NOW, append, country, make

Get = Callable[..., TestResponse]
SETTINGS = Settings(operator="registers.example.org", archive_limit=20)


def fill(store: Store) -> None:
    """Seven entries of six keys: GB is the first, FR was changed, one key has a slash, one ends like a format."""
    make(store)
    append(
        store,
        country("GB", "United Kingdom", NOW - 60, citizen_names=["Briton", "British citizen"]),
        country("FR", "France", NOW - 50),
        country("DE", "Germany", NOW - 40, citizen_names=["German"]),
        country("FR", "The French Republic", NOW - 30),
        country("a/b", "With a slash, 100%", NOW - 20),
        country("foo.csv", "Like a format", NOW - 10),
        country("foo", 'Quoted "é" \\ /', NOW),
        relaxed=True,
    )
    lifecycle.publish(store, "country")


@pytest.fixture
def app(store: Store) -> Flask:
    """The application, once on each engine."""
    fill(store)
    return create_app(SETTINGS, store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Whoever asks it."""
    return app.test_client()


@pytest.fixture
def get(client: FlaskClient) -> Get:
    """Ask for a path below /v1/registers."""

    def ask(path: str, **given: object) -> TestResponse:
        return client.get(f"/v1/registers{path}", buffered=True, **given)

    return ask


@pytest.fixture
def sqlite_app(sqlite_store: Store) -> Flask:
    """The application on SQLite alone, for what no engine has a part in."""
    fill(sqlite_store)
    return create_app(SETTINGS, sqlite_store)


@pytest.fixture
def sqlite_get(sqlite_app: Flask) -> Get:
    """Ask the application on SQLite for any path."""
    client = sqlite_app.test_client()

    def ask(path: str, **given: object) -> TestResponse:
        return client.get(path, buffered=True, **given)

    return ask
