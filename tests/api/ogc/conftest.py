"""An application with a register of points, one of shapes and one of neither, and how to ask it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from geo.features.following import Features
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.geo.test_areas import plant
from tests.makers import CheckedStore, FixedClock, append, country, make

Ask = Callable[..., TestResponse]
SCHOOL = (
    Field("school"),
    Field("name"),
    Field("town"),
    Field("pupils", "integer"),
    Field("open", "boolean"),
    Field("tags", cardinality="n"),
    Field("point", "point"),
    Field("start-date", "datetime"),
    Field("end-date", "datetime"),
)
# In the order of their entries. 3 has no point; 4 has ended; 5's key has a slash.
SCHOOLS: dict[str, dict[str, Any]] = {
    "1": {"name": "St Mary’s", "town": "London", "pupils": "200", "open": "true", "point": "[-0.1, 51.5]"},
    "2": {"name": "O'Neill", "town": "London", "pupils": "90", "tags": ["a", "b"], "point": "[-0.2,51.6]"},
    "3": {"name": "Nowhere", "town": "London"},
    "4": {"name": "Old", "town": "Leeds", "start-date": "1990", "end-date": "2001-08", "point": "[-1.55,53.8]"},
    "5/a": {"name": "Slash", "town": "Leeds", "start-date": "2015-09-01", "point": "[-1.5,53.81]"},
}


def school(key: str, **values: Any) -> Change:
    """A change of a school; the values' names take a hyphen for an underscore."""
    return Change(key, {"school": key, **{name.replace("_", "-"): value for name, value in values.items()}})


def follow(store: Store, folder: Path, *names: str) -> None:
    """Catch the positions of registers up."""
    for name in names:
        with store.reading() as tx:
            register = snapshot.find_register(tx, name)
        Features(folder).catch_up(store, register)


def plant_all(store: Store, folder: Path) -> None:
    """Make the three registers, and catch up with them."""
    make(store, "school", SCHOOL)
    append(store, *(Change(key, {"school": key, **item}) for key, item in SCHOOLS.items()), to="school")
    lifecycle.publish(store, "school")
    plant(store)
    make(store)
    append(store, country("GB", "United Kingdom"))
    lifecycle.publish(store, "country")
    follow(store, folder, "school", "district", "country")


def asking(store: Store, folder: Path) -> Ask:
    """How to ask an application over a store for a path below /ogc."""
    client = create_app(replace(SETTINGS, places_folder=str(folder)), store).test_client()
    return lambda path, **given: client.get(f"/ogc{path}", buffered=True, **given)


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """The folder of the positions."""
    return tmp_path / "places"


@pytest.fixture
def filled(sqlite_store: Store, places: Path) -> Store:
    """A store with the three registers, to be changed."""
    plant_all(sqlite_store, places)
    return sqlite_store


@pytest.fixture
def ask_changing(filled: Store, places: Path) -> Ask:
    """Ask of the store that is changed."""
    return asking(filled, places)


@pytest.fixture(scope="session")
def ask(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask of a store that nobody changes."""
    folder = tmp_path_factory.mktemp("ogc")
    shutil.copyfile(sqlite_template, folder / "registers.db")
    with closing(CheckedStore(f"sqlite:///{folder / 'registers.db'}", FixedClock())) as store:
        plant_all(store, folder / "places")
        yield asking(store, folder / "places")


def keys(answer: TestResponse) -> list[str]:
    """The ids of the features of a page."""
    assert answer.status_code == 200, answer.data
    return [feature["id"] for feature in answer.json["features"]]


def problem(answer: TestResponse, status: int = 400) -> str:
    """What is said to be wrong."""
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.data
    return str(answer.json["detail"])
