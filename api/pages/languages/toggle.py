"""The same page in each of the service's languages: what the toggle offers, and what search engines are told."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from api import current, hosts, languages, paging
from api.pages.languages import catalogues

HOME = "pages-home.show_home"


@dataclass(frozen=True, slots=True)
class Choice:
    """A language: its code, what it calls itself, the path and URL of the page in it, whether it is spoken now."""

    code: str
    name: str
    href: str
    url: str
    chosen: bool


def choices() -> list[Choice]:
    """The languages there are; none where there is one, or where the page answers a form, which would be lost."""
    spoken = current.settings().spoken
    if len(spoken) < 2 or request.method not in ("GET", "HEAD"):
        return []
    return [_choice(code, "" if code == spoken[0] else code) for code in spoken]


def _choice(code: str, named: str) -> Choice:
    href = _here(named)
    return Choice(code, catalogues.name_of(code), href, hosts.absolute(href), code == languages.spoken())


def _here(named: str) -> str:
    """The path of the present page in a language; of the way in, where no page is."""
    endpoint = request.endpoint
    if not endpoint or not languages.has_languages(endpoint):
        return paging.path_in(named, HOME)
    query = request.query_string.decode("latin-1")
    return paging.path_in(named, endpoint, **(request.view_args or {})) + (f"?{query}" if query else "")
