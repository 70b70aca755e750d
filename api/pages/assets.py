"""What the pages look like: a stylesheet, a script and an icon, each kept for ever under the hash of its bytes.

They are this project's own files in `static/`, after those that `api.pages.making` has made of npm's packages. Where it
has not, the pages are plain, without maps, and say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Response

from api import paging
from api.blueprint import Answer
from api.caching import Caching
from api.negotiation import Format, asked
from api.pages.blueprints import blueprint
from api.pages.languages import catalogues
from api.permissions import Permission
from registers.errors import NotFound

STATIC = Path(__file__).resolve().parent / "static"
TEMPLATES = STATIC.parent / "templates"
MADE = STATIC / "made"
STYLE, SCRIPT, MAP, ICON = "style.css", "script.js", "map.js", "icon.svg"

routes = blueprint("assets", "What the pages look like")


def _served(media_type: str) -> Answer:
    format = Format(media_type.partition("/")[2], media_type, f"{media_type}; charset=utf-8")
    return Answer("The file", "", {format: ""})


@routes.resource(
    f"/assets/<segment:digest>/{STYLE}",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=_served("text/css"),
)
def show_style(digest: str) -> Response:
    """Show the stylesheet"""
    return _answer(STYLE, digest)


@routes.resource(
    f"/assets/<segment:digest>/{SCRIPT}",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=_served("text/javascript"),
)
def show_script(digest: str) -> Response:
    """Show the script"""
    return _answer(SCRIPT, digest)


@routes.resource(
    f"/assets/<segment:digest>/{MAP}",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=_served("text/javascript"),
)
def show_map(digest: str) -> Response:
    """Show the script that draws maps"""
    return _answer(MAP, digest)


@routes.resource(
    f"/assets/<segment:digest>/{ICON}",
    permission=Permission.PUBLIC,
    caching=Caching.FOREVER,
    answer=_served("image/svg+xml"),
)
def show_icon(digest: str) -> Response:
    """Show the icon"""
    return _answer(ICON, digest)


def _answer(name: str, digest: str) -> Response:
    content = assets().get(name, b"")
    if not content or digest != _digest(content):
        raise NotFound(f"there is no such version of {name}: load the page again")
    return Response(content, content_type=asked().content_type)


@cache
def assets() -> Mapping[str, bytes]:
    """The files by name, as they were when the process began; there are no scripts without npm's packages."""
    own = {name: (STATIC / name).read_bytes() for name in (STYLE, ICON)}
    if not (MADE / MAP).exists():
        return own
    made = {name: (MADE / name).read_bytes() for name in (STYLE, SCRIPT, MAP)}
    return own | made | {STYLE: made[STYLE] + own[STYLE]}


def addresses() -> dict[str, str]:
    """The paths of the files, by the word before the dot."""
    named = {name.partition(".")[0]: _digest(content) for name, content in assets().items()}
    return {name: paging.full_path(f"{routes.name}.show_{name}", digest=digest) for name, digest in named.items()}


@cache
def edition(languages: str) -> str:
    """The hash of the templates, catalogues and files, and of which languages there are: else pages are other pages."""
    written = [*sorted(TEMPLATES.rglob("*.html")), *sorted(catalogues.FOLDER.glob("*.po"))]
    contents = [languages.encode(), *(path.read_bytes() for path in written), *assets().values()]
    return _digest(b"\0".join(contents))


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]
