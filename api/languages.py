"""In which language a page is: its path says so, `/cy/registers`, and no cookie or header does.

A public page is the same for everybody who asks for its address, so that caches may keep it; the language is part of
the address. The first language of the settings needs no word of its own. Only pages for people have languages: the API,
files and what programs read are at one address each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, request

from api import current, hosts
from registers.errors import NotFound

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from registers.settings import Settings

NAMED = "registers.language"  # the language that the present request's path names


class Inside:
    """Where a path leads, once the language and the host are taken from it."""

    def __init__(self, settings: Settings, place: hosts.Hosts) -> None:
        self._others = frozenset(settings.spoken[1:])
        self._place = place

    def __call__(self, environ: WSGIEnvironment, path: str) -> str:
        """The base service's path for a raw path; the environment then names the language that it began with."""
        inside = self._place.inside(environ, path)
        if not self._others or hosts.REGISTER in environ:
            return inside
        first, _, rest = inside.removeprefix("/").partition("/")
        if first not in self._others:
            return inside
        environ[NAMED] = first
        return f"/{rest}"


def named() -> str:
    """The language that the present request's path names; empty for the first of the settings, which none names."""
    found: str = request.environ.get(NAMED, "")
    return found


def spoken() -> str:
    """The language of the present request."""
    return named() or current.settings().spoken[0]


def check(endpoint: str | None) -> None:
    """Raise NotFound for a path that names a language where there is one address for all."""
    if named() and not has_languages(endpoint or ""):
        raise NotFound("there is nothing at this address: only pages for people are in several languages")


def has_languages(endpoint: str) -> bool:
    """Whether what is at an endpoint is in several languages: pages for people, and no data."""
    declared = getattr(current_app.view_functions.get(endpoint), "declared", None)
    return declared is not None and declared.is_page
