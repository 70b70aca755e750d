"""What all resources of `/ogc` share: where they are, their formats, their links, the state that each answer names.

An answer rests on the state that a register's positions have come to, and names it as answers of v2 do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, request
from marshmallow import Schema, fields

from api import current, hosts, paging, paths, state
from api.blueprint import Blueprint
from api.negotiation import HTML, JSON, NAMED, Format, asked
from api.pages import assets, rendering
from api.reading import definition_of
from api.v2 import standing
from geo.features.following import position_field
from geo.features.gathering import nothing
from geo.features.positions import Positions
from registers import snapshot
from registers.canonical import canonical_json
from registers.definition import Definition
from registers.errors import NotFound, Unavailable
from registers.snapshot import Snapshot
from registers.store import registers
from registers.store.engine import Transaction

PREFIX = "/ogc"
Link = dict[str, str]
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "register": {"description": "The name of a register of points or shapes", "example": "school"},
    "key": {"description": "The key of a record; a / in it is sent as %2F", "example": "100001"},
}


def format_parameter() -> fields.String:
    """The parameter that names a format."""
    about = "The format; without it, the Accept header says"
    return fields.String(load_default=None, metadata={"description": about, "example": "html"})


class FormatQuery(Schema):
    """In which format."""

    f = format_parameter()


def blueprint(name: str, about: str, prefix: str = PREFIX) -> Blueprint:
    """A blueprint for resources of OGC API - Features."""
    made = Blueprint(f"ogc-{name}", prefix, about, PATH_PARAMETERS, operations="ogc_")
    made.after_request(standing.describe)
    return made


# Collections


@dataclass(frozen=True, slots=True)
class Collection:
    """A register of points or shapes, at the state that its positions have come to; None: they are not made yet."""

    taken: Snapshot
    definition: Definition
    positions: Positions | None

    @property
    def name(self) -> str:
        """What it is called in a URL."""
        return self.definition.name

    @property
    def title(self) -> str:
        """What people call it."""
        return self.definition.title or rendering.readable(self.name)

    @property
    def made(self) -> Positions:
        """The positions. Raises Unavailable while they are not made."""
        if self.positions is None:
            raise Unavailable(f"the positions of {self.name} are not indexed here yet: registers work does it")
        return self.positions


@contextmanager
def collection(name: str, at: str | None = None) -> Iterator[Collection]:
    """The collection of that name, at the state its positions have come to, or one before that; the answer rests on it.

    Raises NotFound, for registers without positions as well, Retired, Renamed, Unavailable, and NotModified.
    """
    _mark()
    with current.store().reading() as tx:
        register = snapshot.find_register(tx, name, drafts=False)
        found = _collection(tx, snapshot.take(tx, register))
        if found is None:
            raise NotFound(f"the records of {name} are neither points nor shapes: it is no collection")
        if at is not None:
            found = _at(found, at)
        state.rest_on([found.taken])
        headers = standing.headers_of(found.taken)
        standing.name_state(headers, None)
        yield found


@contextmanager
def collections() -> Iterator[list[Collection]]:
    """All collections, by name; the answer rests on their states."""
    _mark()
    with current.store().reading() as tx:
        taken = [snapshot.take(tx, each) for each in registers.find_published(tx.connection)]
        found = [each for each in (_collection(tx, one) for one in taken) if each]
        state.rest_on([each.taken for each in found], "collections")
        yield found


def rest_on_release() -> None:
    """Say that the answer changes with the release alone."""
    _mark()
    state.rest_on([], "release")


def _mark() -> None:
    """A page of another edition is another page."""
    if asked() is HTML:
        g.edition = assets.edition(current.settings().languages)


def _collection(tx: Transaction, taken: Snapshot) -> Collection | None:
    definition = definition_of(taken)
    if position_field(definition) is None:
        return None
    if not taken.head.entries:
        return Collection(taken, definition, nothing())
    positions, size = current.features().positions_of(tx, taken.register.id) or (None, 0)
    return Collection(Snapshot(tx, taken.register, taken.head, size), definition, positions)


def _at(found: Collection, at: str) -> Collection:
    taken, known = found.taken, found.taken.size
    size = snapshot.size_at(taken.tx, taken.head, at)
    if size > known:
        raise Unavailable(f"the positions of {found.name} are known up to entry {known}, and not yet to {size}")
    return Collection(Snapshot(taken.tx, taken.register, taken.head, size), found.definition, found.positions)


# Answers and links


def link(rel: str, href: str, title: str, media_type: str = JSON.media_type) -> Link:
    """A link as OGC API has it."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}


def url(endpoint: str, **values: str) -> str:
    """The URL of a view, as the caller reaches it."""
    return hosts.absolute(paging.full_path(f"ogc-{endpoint}", **values))


def here(**changed: str | None) -> str:
    """The URL of the present request, with some of its parameters changed; None takes one away."""
    path = hosts.absolute(request.script_root + request.environ[paths.RAW_PATH])
    given = {name: value for name, value in (request.args.to_dict() | changed).items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def own_links(formats: Iterable[Format], title: str) -> list[Link]:
    """The links of a resource to itself, as it is and in its other formats."""
    links = [link("self", here(), title, _type_of(asked()))]
    for format in formats:
        if format is not asked():
            links.append(link("alternate", here(**{NAMED: format.name}), f"{title} ({format.name})", _type_of(format)))
    return links


def _type_of(format: Format) -> str:
    return format.media_type if format is HTML else format.content_type


def answer(document: Mapping[str, Any], **shown: Any) -> Response:
    """The document in the format that was asked for; `shown` is what a page shows of it."""
    if asked() is HTML:
        return rendering.page("ogc.html", document=document, **shown)
    return Response(canonical_json(document), content_type=asked().content_type)
