"""Signing in at a real provider with a real browser: over to another site, and back, under our security policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from api.app import create_app
from people.accounts import page as accounts_of
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.browser.test_accessible import spills, violations
from tests.people.provider import CLIENT_ID, CLIENT_SECRET, running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'registers.db'}")
    migrate(store)
    yield store
    store.close()


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    """The service, which knows a provider; `localhost` is another site than the provider's 127.0.0.1."""
    served: dict[str, Any] = {}
    server = make_server("127.0.0.1", 0, lambda environ, start: served["app"](environ, start), threaded=True)
    where = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    with running(f"{where}/sign-in/openid/back") as issuer:
        settings = Settings(oidc_issuer=issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=CLIENT_SECRET)
        served["app"] = create_app(settings, store)
        thread.start()
        yield where
        server.shutdown()
        thread.join()
    server.server_close()


def test_a_person_goes_to_the_provider_and_comes_back(browser: Browser, url: str, store: Store) -> None:
    context = browser.new_context(base_url=url)
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto("/account")
    assert violations(tab) == [] and spills(tab) == 0
    tab.get_by_role("button", name="Sign in with 127.0.0.1").click()
    tab.locator("input[name=login]").fill("zoe")
    tab.locator("input[name=password]").fill("x")
    tab.locator("button[type=submit]").click()
    tab.locator("button[type=submit]").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Your account")
    assert tab.url == f"{url}/account" and "Zoë Ödmann" in tab.inner_text("main")
    assert [each.email for each in accounts_of(store)] == ["zoe@example.org"]
    tab.get_by_role("button", name="Sign out").click()
    tab.goto("/account")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Sign in")
    context.close()
    assert [text for text in said if "Content Security Policy" in text] == []
