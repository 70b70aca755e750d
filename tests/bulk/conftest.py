"""A register of every datatype, with a past, and what the tests make files of it with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bulk.building import make
from bulk.kinds import find_kind
from bulk.releases import release_of
from bulk.source import Source, open_source
from registers import lifecycle
from registers.definition import Field
from registers.plan import Change
from registers.store.engine import Store
from tests.makers import append
from tests.makers import make as make_register

THING = (
    Field("thing"),
    Field("name", text="What it is called"),
    Field("count", "integer"),
    Field("is-open", "boolean"),
    Field("since", "datetime"),
    Field("seen", "timestamp"),
    Field("also", cardinality="n"),
    Field("sizes", "integer", "n"),
    Field("area", "geometry"),
    Field("place", "point"),
)
SQUARE = '{"type":"Polygon","coordinates":[[[0,50],[1,50],[1,51],[0,51],[0,50]]]}'
THINGS: list[dict[str, str | list[str]]] = [
    {"thing": "a", "name": "first, before it changed"},
    {
        "thing": "b",
        "name": 'a "quoted"; comma,\r\nand more lines\tof text',
        "count": "-7",
        "is-open": "true",
        "since": "2017-08",
        "seen": "2017-08-09T10:30:00Z",
        "also": ["one", "two, three", "Ünïcode 🐟"],
        "sizes": ["1", "-20"],
        "area": SQUARE,
        "place": "[-2.5, 53.25]",
    },
    {"thing": "c", "name": '=HYPERLINK("http://x")', "count": "9223372036854775807", "is-open": "false"},
    {"thing": "007", "name": "  spaces  ", "since": "2016-02-29", "also": ["a"]},
    {"thing": "a", "name": "first", "count": "0"},
]

Made = Callable[..., Path]


def fill(store: Store, items: Sequence[dict[str, str | list[str]]], name: str = "thing") -> None:
    """A published register with these items, appended one after another."""
    make_register(store, name, THING)
    lifecycle.publish(store, name)
    append(store, *(Change(str(item["thing"]), item) for item in items), to=name)


@pytest.fixture
def things(sqlite_store: Store) -> Store:
    """A store with the register `thing`."""
    fill(sqlite_store, THINGS)
    return sqlite_store


@pytest.fixture
def source(things: Store) -> Source:
    """The register, now."""
    return open_source(things, "thing")


@pytest.fixture
def made(source: Source, tmp_path: Path) -> Made:
    """Makes a file of the register, and says where it is."""

    def path_of(name: str, of: Source = source) -> Path:
        release = release_of(tmp_path / "files", of.register.id, of.state)
        return make(release, of, find_kind(of.definition, name))[0]

    return path_of
