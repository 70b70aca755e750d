"""How the tests write to an application: with a key, in whatever form, by whatever method."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask
from werkzeug.test import TestResponse

from api.app import create_app
from people import api_keys
from people.api_keys import Wanted
from registers.store.engine import Store
from tests.api.conftest import SETTINGS, fill


def issue(store: Store, *scopes: str, registers: tuple[str, ...] = (), days: int = 365) -> str:
    """A new key with these scopes, or `direct`."""
    return api_keys.create(store, Wanted("a test", scopes or ("direct",), registers, days), "tester").text


@dataclass
class Writer:
    """Whoever writes to an application over a store, with a key."""

    store: Store
    app: Flask
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, path: str, json: object = None, method: str = "POST", **given: object) -> TestResponse:
        """Send a request with the key; `json` is its body, unless `data` and `content_type` are given."""
        headers = {"Authorization": f"Bearer {self.key}"} | self.headers
        body = {} if json is None else {"json": json}
        return self.app.test_client().open(path, method=method, headers=headers, buffered=True, **body | given)

    def get(self, path: str, **given: object) -> TestResponse:
        """Read without a key."""
        return self.app.test_client().get(path, buffered=True, **given)


def writer(store: Store, *scopes: str, registers: tuple[str, ...] = ()) -> Writer:
    """Someone with a key, over a store with the register `country` in it."""
    fill(store)
    return Writer(store, create_app(SETTINGS, store), issue(store, *scopes, registers=registers))
