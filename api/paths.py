"""Paths as they were sent: `%2F` in a segment stays in that segment, and a suffix of the last segment is a format.

WSGI hands on a path whose `%2F` can no longer be told from `/`. This middleware goes back to the raw path, decodes
it a segment at a time, and writes a slash inside a segment as a noncharacter, which `SegmentConverter` turns back
and which nobody may send. Under `/v1/` and `/v2/` it also takes `.json` or `.csv` off the last segment, always:
`foo.csv.json` asks for JSON of `foo.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from werkzeug.routing import BaseConverter

from registers.errors import Invalid

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Place = Callable[[WSGIEnvironment, str], str]

INNER_SLASH = "\ufdd0"  # a noncharacter: Unicode keeps it for uses such as this
SUFFIX = "registers.suffix"
RAW_PATH = "registers.raw-path"
BROKEN = "registers.broken-path"
FORMAT_SUFFIXES = ("json", "csv")
VERSIONED = (["", "v1"], ["", "v2"])  # where paths that end in a format begin
# Formats of the published service that are gone; they were suffixes of these resources of a register.
RETIRED_SUFFIXES = ("tsv", "ttl", "xlsx", "yaml")
RETIRED_AT = ("register", "records", "entries")
_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class SegmentConverter(BaseConverter):
    """One segment of a path, which may hold slashes."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """The segment as it was meant."""
        return value.replace(INNER_SLASH, "/")

    def to_url(self, value: str) -> str:
        """The segment as a path spells it."""
        return quote(value, safe="")


class RawPaths:
    """The middleware. A path that cannot be read is kept as an error for `check` to raise.

    `place` says where in the application a path leads that was sent to the host of the request.
    """

    def __init__(self, app: WSGIApplication, place: Place = lambda _environ, path: path) -> None:
        self.app = app
        self.place = place

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on with its path rebuilt."""
        environ[RAW_PATH] = raw_path(environ)
        try:
            segments, environ[SUFFIX] = split_suffix(decode(self.place(environ, environ[RAW_PATH])))
        except Invalid as error:
            segments, environ[BROKEN] = ["", ""], error
        path = "/".join(segment.replace("/", INNER_SLASH) for segment in segments)
        if path.startswith("//"):
            path = f"/{INNER_SLASH}{path}"  # the router would take many slashes at the front for one
        environ["PATH_INFO"] = path.encode().decode("latin-1")
        return self.app(environ, start_response)


def check(environ: WSGIEnvironment) -> None:
    """Raise Invalid if the request's path could not be read."""
    if error := environ.get(BROKEN):
        raise error


def raw_path(environ: WSGIEnvironment) -> str:
    """The path as it stood in the request line, without what the application is mounted under."""
    raw: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if not raw:
        return quote(environ.get("PATH_INFO", "").encode("latin-1"), safe="/")
    path = re.split("[?#]", _ORIGIN.sub("", raw, count=1), maxsplit=1)[0] or "/"
    return path.removeprefix(environ.get("SCRIPT_NAME", "").rstrip("/"))


def decode(path: str) -> list[str]:
    """The segments of a raw path, of which the first is empty. Raises Invalid for what is not a path of text."""
    if _BAD_PERCENT.search(path):
        raise Invalid("the path has a % that two hexadecimal digits do not follow")
    try:
        segments = [unquote_to_bytes(segment.encode("latin-1")).decode() for segment in path.split("/")]
    except UnicodeError:
        raise Invalid("the path is not UTF-8 once its percent-encoding is undone") from None
    if any("\0" in segment or INNER_SLASH in segment for segment in segments):
        raise Invalid("the path holds U+0000 or U+FDD0, which no key and no value holds")
    return segments


def split_suffix(segments: list[str]) -> tuple[list[str], str | None]:
    """The segments without the format that the last one ends in, and that format."""
    *before, last = segments
    stem, _, ending = last.rpartition(".")
    if before[:2] not in VERSIONED or not stem:
        return segments, None
    retired = ending in RETIRED_SUFFIXES and stem in RETIRED_AT and len(before) == 4
    if ending in FORMAT_SUFFIXES or retired:
        return [*before, stem], ending
    return segments, None
