"""How to ask for pages: as a browser does, and to find one's way in what it gets."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask import Flask
from werkzeug.test import TestResponse

Browse = Callable[..., TestResponse]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


class Page(HTMLParser):
    """What a page says, and where it leads. Breaks on a tag that is closed out of turn."""

    JOINED = "\u2060"  # where one word goes on in another tag
    VOID = frozenset({"meta", "link", "input", "br", "img", "hr", "path", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.is_in_text = False
        self.feed(text)
        self.close()
        assert self.open == [], "left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self.is_in_text = self.is_in_text and tag == "bdi"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag, f"{tag} closed out of turn"
        self.is_in_text = self.is_in_text and tag == "bdi"

    def handle_data(self, data: str) -> None:
        if self.is_in_text:  # only the edge of a `bdi` is between this and what came before
            self.words.append(self.JOINED)
        self.words.append(data)
        self.is_in_text = True

    @property
    def text(self) -> str:
        """All words, with one space between; what is set apart stands as close to the rest as it does on the page."""
        return " ".join(" ".join(self.words).replace(f" {self.JOINED} ", "").split())

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def links(self) -> list[str]:
        """Where the page leads."""
        return [each["href"] for each in self.all("a") if "href" in each]

    def fields(self) -> dict[str, str]:
        """What the last form of the page sends, as it stands."""
        start = max(place for place, (tag, _) in enumerate(self.tags) if tag == "form")
        inputs = [each for tag, each in self.tags[start:] if tag == "input" and "name" in each]
        chosen = [each for each in inputs if each.get("type") not in ("radio", "checkbox") or "checked" in each]
        return {each["name"]: each.get("value", "") for each in chosen if each.get("type") != "file"}


@pytest.fixture
def browse(sqlite_app: Flask) -> Browse:
    """Ask for a path as a browser does, on SQLite."""
    client = sqlite_app.test_client()

    def ask(path: str, **given: object) -> TestResponse:
        return client.get(path, buffered=True, headers={"Accept": BROWSER, **given})  # type: ignore[dict-item]

    return ask
