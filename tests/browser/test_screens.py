"""The pictures are of every page that there is: a page that is added later is looked at too, or fails here."""

from __future__ import annotations

from werkzeug.exceptions import NotFound
from werkzeug.routing import RequestRedirect

from api.app import create_app
from registers.opening import open_store
from registers.settings import Settings
from tests.browser.screens import paths
from tests.browser.shots import bare, full
from tests.browser.showroom import Showroom
from tests.browser.test_every_page import page_rules

NO_PAGE = {  # what leads elsewhere, or is read by a script or saved
    "pages-openid.start",
    "pages-openid.come_back",
    "pages-downloads.show_archive",
    "pages-maps.show_map",
    "pages-move-maps.show_proposed",
    "pages-move-maps.show_entered",
}


class Anything(dict[str, str]):
    """Something for every brace."""

    def __missing__(self, name: str) -> str:
        return f"/{name}" if name in ("confirm", "unsubscribe") else "1"


def endpoints() -> set[str]:
    """The routes that the pictures are of."""
    urls = create_app(Settings(), open_store("sqlite:///never-opened.db")).url_map.bind("localhost")
    found = set()
    for shot in full() + bare():
        try:
            found.add(urls.match(shot.path.format_map(Anything()).partition("?")[0])[0])
        except (NotFound, RequestRedirect):
            assert shot.name in ("not-found", "bare-welsh", "bare-welsh-privacy"), shot
    return found


def test_a_picture_is_taken_of_every_page() -> None:
    assert {rule.endpoint for rule in page_rules()} - NO_PAGE - endpoints() == set()


def test_every_picture_has_a_name_of_its_own() -> None:
    names = [shot.name for shot in full() + bare()]
    assert sorted(set(names)) == sorted(names)


def test_what_stands_in_braces_is_in_the_showroom() -> None:
    shown = Showroom({}, dict.fromkeys(("talked", "own"), 1), {"confirm": "/confirm?link=x"})
    assert paths(shown) == {"talked": "1", "own": "1", "confirm": "/confirm?link=x"}
