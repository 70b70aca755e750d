"""Which format to answer in: a suffix says it, else the Accept header, else it is the resource's first, JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Response, g
from werkzeug.exceptions import NotAcceptable

from registers.entry import shortened
from registers.errors import Gone, Invalid

BLOCK = 64 * 1024  # characters of a stream that are sent at once
_WEIGHT = re.compile(r"0?\.[0-9]+|0\.?|1(?:\.0*)?")


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its suffix, the media type it is asked for by, and its exact Content-Type.

    `also` is a wider media type that it is asked for by just as well.
    """

    name: str
    media_type: str
    content_type: str
    also: str = ""

    @property
    def is_json(self) -> bool:
        """Whether it is JSON of any kind."""
        return self.media_type.endswith(("/json", "+json"))

    def welcome(self, accept: str) -> float:
        """How welcome an Accept header says it is, 0 to 1."""
        return max(quality(accept, each) for each in (self.media_type, self.also) if each)


JSON = Format("json", "application/json", "application/json")
CSV = Format("csv", "text/csv", "text/csv;charset=UTF-8")
RSF = Format("rsf", "application/uk-gov-rsf", "application/uk-gov-rsf")
RSF_V2 = Format("rsf", "application/vnd.rsf", "application/vnd.rsf")
NDJSON = Format("ndjson", "application/x-ndjson", "application/x-ndjson")
ATOM = Format("atom", "application/atom+xml", "application/atom+xml")
HTML = Format("html", "text/html", "text/html; charset=utf-8")
YAML = Format("yaml", "application/yaml", "application/yaml")
# What is JSON of a kind is sent to who asks for JSON, and is called what it is.
GEOJSON = Format("geojson", "application/geo+json", "application/geo+json", JSON.media_type)
SCHEMA = Format("json", "application/schema+json", "application/schema+json", JSON.media_type)
OPENAPI = Format(
    "json", "application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json;version=3.0", JSON.media_type
)
ZIP = Format("zip", "application/octet-stream", "application/octet-stream")
NAMED = "f"  # the parameter that names a format, where a resource has it
SUFFIXES = {format.name: format for format in (JSON, CSV)}


def choose(formats: Sequence[Format], suffix: str | None, accept: str) -> Format:
    """The format to answer in. Raises Gone for a suffix of a retired format, NotAcceptable if none will do."""
    if suffix is not None and suffix not in SUFFIXES:
        raise Gone(f"the format {suffix} is no longer served; there are {_listed(formats)}")
    if suffix is not None:
        return _suffixed(formats, suffix)
    if not accept.strip():
        return formats[0]
    best = max(formats, key=lambda format: format.welcome(accept))  # the first of equals
    if not best.welcome(accept):
        raise NotAcceptable(f"this is served as {_listed(formats)}, and the Accept header allows none of these")
    return best


def _suffixed(formats: Sequence[Format], suffix: str) -> Format:
    """The format that a suffix asks for; what is JSON of a kind answers to `.json` where there is no plain JSON."""
    kinds = [format for format in formats if suffix == JSON.name and format.is_json]
    for format in (SUFFIXES[suffix], *kinds):
        if format in formats:
            return format
    raise NotAcceptable(f"this is served as {_listed(formats)}, and not as {suffix}")


def choose_named(formats: Sequence[Format], name: str) -> Format:
    """The format of that name. Raises Invalid when there is none."""
    for format in formats:
        if name == format.name or (name == JSON.name and format.is_json):
            return format
    names = ", ".join(format.name for format in formats)
    raise Invalid(f"{NAMED}: {shortened(name)} is not a format of this resource, which has {names}")


def quality(accept: str, media_type: str) -> float:
    """How welcome a media type is, 0 to 1: what the most specific range that covers it says (RFC 9110 §12.5.1).

    Parameters are passed over: there is one text/csv here, however it is asked for.
    """
    kind = media_type.partition("/")[0]
    specific = {media_type: 3, f"{kind}/*": 2, "*/*": 1, "*": 1}
    ranges = (_range(part) for part in accept.lower().split(","))
    return max(((specific[name], q) for name, q in ranges if name in specific), default=(0, 0.0))[1]


def _range(part: str) -> tuple[str, float]:
    """A media range and its weight, which Java's own client writes as `.2`; one that is no weight counts for 0."""
    name, *parameters = (each.strip() for each in part.split(";"))
    weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    return name, float(weight) if _WEIGHT.fullmatch(weight) else 0.0


def _listed(formats: Sequence[Format]) -> str:
    return " or ".join(format.media_type for format in formats)


def asked() -> Format:
    """The format that was chosen for the present request."""
    chosen: Format = g.format
    return chosen


def respond(parts: Iterable[str]) -> Response:
    """A whole answer in the format asked for."""
    return Response("".join(parts), content_type=asked().content_type)


def stream(parts: Iterable[str]) -> Response:
    """An answer sent as it is made, in blocks. A failure on the way breaks the transfer."""
    return Response(_blocks(parts), content_type=asked().content_type)


def _blocks(parts: Iterable[str]) -> Iterable[bytes]:
    waiting: list[str] = []
    length = 0
    for part in parts:
        waiting.append(part)
        length += len(part)
        if length >= BLOCK:
            yield "".join(waiting).encode()
            waiting, length = [], 0
    yield "".join(waiting).encode()
