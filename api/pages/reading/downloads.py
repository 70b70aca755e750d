"""What can be downloaded of a register, format by format; and where a file that is being made is waited for.

A file has the URL of its state, so a link on a page always leads to what the page shows. What is not made yet and
cannot be sent as it is made is asked for here, and a page that reloads itself leads to it once it is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response

from api import current
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import PAGE, blueprint
from api.pages.languages.saying import gettext, gettext_noop
from api.pages.rendering import api_path, page, see
from api.paging import full_path
from api.parameters import path_number
from api.permissions import Permission
from bulk import archives, wanted
from bulk.kinds import ENTRIES, RECORDS, REGISTER, Kind, find_kind, kinds_of
from bulk.releases import release_of
from bulk.source import open_source
from registers.definition import Definition
from registers.snapshot import Snapshot

RELOADED = 2  # seconds after which the page of a file that is being made looks again
TITLES = {
    "csv": "CSV",
    "csv-excel": gettext_noop("CSV for a spreadsheet"),
    "json": "JSON",
    "ndjson": gettext_noop("JSON, a line each"),
    "rsf": "RSF",
    "rsf-v1": gettext_noop("RSF of the first version"),
    "geojson": "GeoJSON",
    "parquet": "Parquet",
    "sqlite": "SQLite",
    "geoparquet": "GeoParquet",
    "gpkg": "GeoPackage",
}
routes = blueprint("downloads", "Files of a register")


@dataclass(frozen=True, slots=True)
class Link:
    """A file, as a page links to it: its name, and the same compressed by the name of each compression."""

    name: str
    address: str
    compressed: dict[str, str]


@dataclass(frozen=True, slots=True)
class Offered:
    """A format: the files of it that have the records, and those that have the whole history."""

    title: str
    records: Link | None
    entries: Link | None


def offered(taken: Snapshot, definition: Definition) -> list[Offered]:
    """The formats there are of a register, with the files of its state."""
    links = dict(_links(taken, definition))
    names = dict.fromkeys(format for _, format in links)
    return [
        Offered(
            gettext(TITLES[name]), links.get((RECORDS, name)), links.get((ENTRIES, name)) or links.get((REGISTER, name))
        )
        for name in names
    ]


def _links(taken: Snapshot, definition: Definition) -> Iterator[tuple[tuple[str, str], Link]]:
    kinds = kinds_of(definition)
    for kind in kinds:
        if not kind.compression:
            same = [each for each in kinds if each.compression and each.plain == kind]
            compressed = {f".{each.compression}": _address(taken, each) for each in same}
            yield (kind.what, kind.format.name), Link(kind.name, _address(taken, kind), compressed)


def _address(taken: Snapshot, kind: Kind) -> str:
    """Where a file is: the file itself if it can be sent at once, else where it is waited for."""
    name, size = taken.register.name, str(taken.size)
    if kind.format.is_text and not kind.compression:
        return _file(name, size, kind)
    return full_path("pages-downloads.show_file", register=name, size=size, file=kind.name)


def _file(register: str, size: str, kind: Kind) -> str:
    return api_path("v2", "registers", register, "download", size, kind.name)


@routes.resource(
    "/registers/<segment:register>/files/<segment:size>/<segment:file>",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=PAGE,
)
def show_file(register: str, size: str, file: str) -> Response:
    """Lead to a file of a register at a size, or say that it is being made"""
    source = open_source(current.store(), register, str(path_number(size)))
    kind = find_kind(source.definition, file)
    root = current.files_folder()
    if release_of(root, source.register.id, source.state).find(kind.name):
        return see(_file(source.state.register, size, kind))
    wanted.ask(root, wanted.Wish(source.state.register, source.state.size, kind.name))
    back = full_path("pages-registers.show_register", register=source.state.register)
    return _wait(kind, catalogue.title_of(source.definition), back, is_of_one=True)


@routes.resource("/files/all.zip", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE)
def show_archive() -> Response:
    """Lead to the archive of all registers as they are now, or say that it is being made"""
    with current.store().reading() as tx:
        states = archives.states_of(tx)
    root = current.files_folder()
    if archives.release_of_all(root, states).find(archives.ARCHIVE.name):
        return see(api_path("v2", "download", states.name, archives.ARCHIVE.name))
    wanted.ask(root, archives.WISH)
    return _wait(archives.ARCHIVE, gettext("all registers"), full_path("pages-registers.list_registers"))


def _wait(kind: Kind, title: str, back: str, is_of_one: bool = False) -> Response:
    answer = page("reading/making.html", status=202, file=kind.name, title=title, back=back, is_of_one=is_of_one)
    answer.headers["Refresh"] = answer.headers["Retry-After"] = str(RELOADED)
    return answer
