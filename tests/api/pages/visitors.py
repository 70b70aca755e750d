"""Somebody with a browser: keeps its cookies, follows the forms of its pages."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from people import accounts
from people.accounts import Account, Wanted
from registers.store.engine import Store
from tests.api.pages.conftest import BROWSER, Page

PASSWORD = "correct horse battery"
HEADERS = {"Accept": BROWSER, "Sec-Fetch-Site": "same-origin", "Origin": "null"}


def person(store: Store, email: str = "ann@example.org", name: str = "Ann Other") -> Account:
    """An account with the password of these tests."""
    return accounts.add(store, Wanted(name, email, confirmed=True), "tester", PASSWORD)


@dataclass
class Visitor:
    """A browser of its own on an application; `address` is where it is."""

    app: Flask
    address: str = "192.0.2.1"
    base_url: str = "http://localhost"
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.open("GET", path, headers=headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> TestResponse:
        """Send a form as it is."""
        return self.open("POST", path, data=fields, headers=headers)

    def open(self, method: str, path: str, headers: dict[str, str], **given: object) -> TestResponse:
        sent = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = {name: value for name, value in sent.items() if value}
        environ = {"REMOTE_ADDR": self.address}
        return self.client.open(
            path,
            method=method,
            headers=sent,
            environ_overrides=environ,
            base_url=self.base_url,
            buffered=True,
            **given,
        )

    def token(self, path: str) -> str:
        """The token that a page's forms have."""
        inputs = Page(self.get(path).text).all("input")
        return next(each["value"] for each in inputs if each.get("name") == "form-token")

    def send(self, page: str, fields: dict[str, str], path: str = "") -> TestResponse:
        """Open a page and send a form of it."""
        return self.post(path or page, {**fields, "form-token": self.token(page)})

    def sign_in(self, email: str = "ann@example.org", password: str = PASSWORD, to: str = "") -> TestResponse:
        return self.send("/sign-in", {"email": email, "password": password, "next": to})

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name."""
        return {each.key: each.value for each in self.client._cookies.values()}
