"""Suggesting with an e-mail alone, in a real browser and with a real mail server: form, mail, link, suggestion."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from api.app import create_app
from notices import posting, telling
from notices.smtp import Server
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.api.conftest import fill
from tests.browser.test_accessible import spills, violations
from tests.notices.mailbox import Mailbox, serving

GB = "/registers/country/records/GB"
SIZES = ((1280, 900), (320, 256))


class Mailing:
    """A site that sends mail, what came of it, and the registers behind it."""

    def __init__(self, url: str, store: Store, mailbox: Mailbox) -> None:
        self.url, self.store, self.mailbox = url, store, mailbox

    def send(self) -> None:
        """Tell what happened, and send it, as `registers work` does."""
        telling.tell(self.store, self.url, sends=True)
        while posting.send_some(self.store, posting.Office(Server("smtp", "localhost", self.mailbox.port), "r@x.org")):
            pass

    def link(self) -> str:
        """The link of the mail that was sent last."""
        self.send()
        found = re.search(r"http://\S+/confirm\S+", self.mailbox.taken[-1].text)
        assert found
        return found[0]


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[Mailing]:
    store = open_store(f"sqlite:///{tmp_path / 'registers.db'}")
    migrate(store)
    fill(store)
    with serving(Mailbox()) as mailbox:
        server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
        url = f"http://127.0.0.1:{server.server_port}"
        smtp = f"smtp://localhost:{mailbox.port}"
        server.app = create_app(Settings(operator="x.org", base_url=url, smtp_url=smtp, mail_from="r@x.org"), store)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Mailing(url, store, mailbox)
        server.shutdown()
        thread.join()
        server.server_close()
    store.close()


def test_a_suggestion_is_made_with_an_e_mail_alone_and_the_link_is_read_elsewhere(
    browser: Browser, mailing: Mailing
) -> None:
    desk = browser.new_context(base_url=mailing.url).new_page()
    seen = []

    def look(name: str) -> None:
        for width, height in SIZES:
            desk.set_viewport_size({"width": width, "height": height})
            seen.append((name, violations(desk), spills(desk)))

    desk.goto(f"{GB}/suggest")
    desk.get_by_label("It was wrong").check()
    desk.get_by_label("Name", exact=True).fill("The United Kingdom")
    desk.get_by_label("Reason").fill("It is called so")
    desk.get_by_role("button", name="Continue").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Confirm your e-mail to go on")
    look("an e-mail is asked for")
    desk.get_by_label("E-mail").fill("no e-mail")
    desk.get_by_role("button", name="Send me a link").click()
    expect(desk.get_by_role("alert")).to_contain_text("Enter an e-mail address")
    look("it is none")
    desk.get_by_label("E-mail").fill("eve@example.org")
    desk.get_by_role("button", name="Send me a link").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    look("it is sent")
    # The mail is read on another device, without scripts.
    phone = browser.new_context(base_url=mailing.url, java_script_enabled=False).new_page()
    link = mailing.link()
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Confirm your e-mail")
    phone.get_by_role("button", name="Confirm and sign in").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Check your suggestion")
    expect(phone.locator("main")).to_contain_text("The United Kingdom")
    phone.get_by_role("button", name="Send the suggestion").click()
    expect(phone).to_have_url(re.compile(r"/proposals/1\?done=suggested$"))
    desk.goto(link)
    look("the page of a link")
    desk.get_by_role("button", name="Confirm and sign in").click()
    expect(desk.locator("main")).to_contain_text("used before")
    assert [each for each in seen if each[1] or each[2]] == []


def test_somebody_signs_in_by_a_link_and_comes_back_to_where_they_were(browser: Browser, mailing: Mailing) -> None:
    tab = browser.new_context(base_url=mailing.url).new_page()
    seen = []
    tab.goto("/my-suggestions")
    seen.append(("/sign-in", violations(tab), spills(tab)))
    tab.get_by_role("link", name="Sign in with a link by e-mail").click()
    for width, height in SIZES:
        tab.set_viewport_size({"width": width, "height": height})
        seen.append(("/sign-in/link", violations(tab), spills(tab)))
    tab.get_by_label("E-mail").fill("eve@example.org")
    tab.get_by_label("E-mail").press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    tab.goto(mailing.link())
    tab.get_by_role("button", name="Confirm and sign in").click()
    expect(tab).to_have_url(re.compile("/my-suggestions$"))
    assert [each for each in seen if each[1] or each[2]] == []
