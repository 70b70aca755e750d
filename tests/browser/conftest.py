"""A real browser on a real server: Chromium, as Debian has it, over the application with small registers in it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from api.app import create_app
from bulk.following import Files
from bulk.releases import folder_beside
from geo.areas.following import Areas
from geo.areas.following import folder_beside as places_beside
from loaders import quality
from people import api_keys, roles
from people.api_keys import Wanted
from registers import snapshot
from registers.followers import catch_up_all
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.api.conftest import fill
from tests.api.pages.test_where import place
from tests.api.pages.visitors import person
from tests.geo.test_areas import follow
from tests.makers import append, country

LONG = "an.e-mail.that.is.quite.long.indeed.but.allowed@example.org"
expect.set_options(timeout=20_000)  # milliseconds: a machine that is slow for a moment is no failure
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


class Site:
    """Where the pages are, a key to write with, and the registers behind them."""

    def __init__(self, url: str, key: str, store: Store) -> None:
        self.url, self.key, self.store = url, key, store

    def make_files(self) -> None:
        """Make the files that somebody waits for, as `registers work` does."""
        made = list(Files(folder_beside(self.store), []).make_wanted(self.store))
        assert made and not any(each.error for each in made)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without it a test is skipped, or fails if REGISTERS_REQUIRE_CHROMIUM is 1."""
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        reason = "there is no Chromium: apt install chromium"
        if os.environ.get("REGISTERS_REQUIRE_CHROMIUM") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application, served on SQLite."""
    folder: Path = tmp_path_factory.mktemp("site")
    store = open_store(f"sqlite:///{folder / 'registers.db'}")
    migrate(store)
    fill(store)
    append(store, *(country(f"K{n}", f"Country number {n}") for n in range(60)))
    place(store)
    catch_up_all(store)
    follow(store, Areas(places_beside(store)))
    _look(store)
    ann = person(store)
    roles.grant(store, roles.Wanted(ann.id, "administrator", "country"), "tester")
    roles.grant(
        store, roles.Wanted(person(store, LONG, "عائشة " + "of a very long name " * 5).id, "reviewer"), "tester"
    )
    key = api_keys.create(store, Wanted("browser", ["direct"]), "tester").text
    server = make_server("127.0.0.1", 0, create_app(Settings(operator="registers.example.org"), store), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", key, store)
    server.shutdown()
    thread.join()
    server.server_close()
    store.close()


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh tab on the site, which fails the test when the page breaks its own security policy."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [text for text in said if "Failed to load resource" not in text] == []


def _look(store: Store) -> None:
    """Look at the register's quality, so that its page has something to show."""
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
        definition = snapshot.read_definition(tx, register)
    assert definition is not None
    quality.report(store, register, definition)
