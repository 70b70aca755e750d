"""A picture of every type of page, to be looked at: `python -m tests.browser.screens FOLDER [WORD]`.

No program says whether a page is good to look at. So that somebody can, this serves the registers of `showroom` and
takes each page at two widths: signed out and in, empty and full, with faults, with long names and names from right to
left. With a word it takes those alone whose names have it. A route of which no picture is taken fails test_screens.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright
from werkzeug.serving import make_server

from api.app import create_app
from geo.areas.following import Areas, folder_beside
from registers.opening import open_store
from registers.settings import Settings
from registers.store.migrations import migrate
from tests.api.pages.visitors import PASSWORD
from tests.browser import showroom
from tests.browser.conftest import CHROMIUM
from tests.browser.shots import Shot, bare, full, press
from tests.browser.showroom import Showroom

WIDTHS = (1280, 320)


def paths(shown: Showroom) -> dict[str, str]:
    """What stands in the addresses in braces."""
    return {name: str(number) for name, number in shown.proposals.items()} | shown.links


@contextmanager
def served(settings: Settings, is_full: bool) -> Iterator[tuple[str, Showroom | None]]:
    """A service of its own, with the showroom in it or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'registers.db'}")
        migrate(store)
        shown = showroom.fill(store, Areas(folder_beside(store))) if is_full else None
        server = make_server("127.0.0.1", 0, create_app(settings, store), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", shown
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()


class Photographer:
    """Somebody with a browser for each of those who look, and a folder for the pictures."""

    def __init__(self, browser: Browser, url: str, folder: Path, places: dict[str, str]) -> None:
        self.browser, self.url, self.folder, self.places = browser, url, folder, places
        self.tabs: dict[str, Page] = {}

    def try_to_take(self, shot: Shot) -> None:
        """Take a picture, or say that there is none."""
        try:
            self.take(shot)
        except Error as error:
            print(f"{shot.name}: {error.message.splitlines()[0]}", file=sys.stderr)

    def take(self, shot: Shot) -> None:
        """Take the page at each width."""
        tab = self._tab(shot.who)
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            tab.goto(shot.path.format(**self.places))
            shot.act(tab)
            tab.wait_for_load_state("networkidle")
            tab.screenshot(path=self.folder / f"{shot.name}-{width}.png", full_page=True)

    def _tab(self, who: str) -> Page:
        """The tab of a person, who signs in first, or of nobody."""
        if who not in self.tabs:
            self.tabs[who] = tab = self.browser.new_context(base_url=self.url).new_page()
            tab.set_default_timeout(10_000)
            if who:
                tab.goto("/sign-in")
                tab.get_by_label("E-mail").fill(f"{who}@example.org")
                tab.get_by_label("Password", exact=True).fill(PASSWORD)
                press("Sign in")(tab)
        return self.tabs[who]


def main(folder: str, word: str = "") -> None:
    """Take the pictures, and say of which page none could be taken."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    rich = Settings(operator="registers.example.org", contact="mailto:registers@example.org")
    rich = replace(rich, smtp_url="smtp://localhost:9", mail_from="registers@example.org")  # nothing is sent
    poor = Settings(operator="registers.example.org", languages="en,cy")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, CHROMIUM))), args=["--no-sandbox"]
        )
        for settings, shots in ((rich, full()), (poor, bare())):
            with served(settings, settings is rich) as (url, shown):
                photographer = Photographer(browser, url, Path(folder), paths(shown) if shown else {})
                for shot in filter(lambda each: word in each.name, shots):
                    photographer.try_to_take(shot)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
