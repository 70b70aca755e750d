"""The follower of registers of areas: its index says at every state what the log says, and it keeps up."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely  # type: ignore[import-untyped]

from geo.areas.following import Areas, folder_beside
from geo.kept import KEPT
from registers import lifecycle, redaction, snapshot
from registers.batch import Change
from registers.definition import Field
from registers.errors import Unavailable
from registers.geometry import canonical_geometry
from registers.redaction import Wanted
from registers.store.engine import Store
from tests.makers import AUTHORITY, CheckedStore, FixedClock, append, head_of, make

DISTRICTS = (Field("district"), Field("name"), Field("shape", "geometry"), Field("start-date", "datetime"))


def square(west: float, south: float, size: float = 1) -> str:
    """A square as canonical GeoJSON."""
    return canonical_geometry(shapely.to_geojson(shapely.box(west, south, west + size, south + size)))


def district(key: str, shape: str | None, **values: str) -> Change:
    """A change of a district; the values' names take a hyphen for an underscore."""
    given: dict[str, Any] = {name.replace("_", "-"): value for name, value in values.items()}
    return Change(key, {"district": key, **({"shape": shape} if shape else {}), **given})


def plant(store: Store) -> None:
    """Two districts side by side, of which the second then takes a strip of the first."""
    make(store, "district", DISTRICTS)
    append(store, district("A", square(0, 0), name="Ay"), district("B", square(1, 0)), to="district")
    append(store, district("B", square(0.5, 0), name="Bee", start_date="2020-04-01"), to="district")
    lifecycle.publish(store, "district")


def follow(store: Store, areas: Areas, name: str = "district") -> None:
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
    areas.catch_up(store, register)


def found(store: Store, areas: Areas, longitude: float, size: int, day: int | None = None) -> list[str]:
    """The names of the areas half-way up at a longitude."""
    with store.reading() as tx:
        there = areas.index_of(tx, snapshot.find_register(tx, "district").id)
    assert there
    return [hit.version.name for hit in there[0].versions_at(longitude, 0.5, size, day)]


def kept(areas: Areas) -> list[str]:
    """The register's number and the size of each index that there is."""
    return [each.name.rpartition("-")[0] for each in areas.folder.iterdir() if not each.name.startswith(".")]


@pytest.fixture
def areas(tmp_path: Path) -> Areas:
    """A follower with a folder of its own."""
    return Areas(tmp_path / "places")


def test_every_version_stands_while_it_was_the_record(store: Store, areas: Areas) -> None:
    plant(store)
    follow(store, areas)
    assert [found(store, areas, 0.75, size) for size in range(4)] == [[], ["Ay"], ["Ay"], ["Ay", "Bee"]]
    assert [found(store, areas, 1.75, size) for size in range(4)] == [[], [], ["B"], []]
    days = [date(2020, 3, 31).toordinal(), date(2020, 4, 1).toordinal()]
    assert [found(store, areas, 0.75, 3, day) for day in days] == [["Ay"], ["Ay", "Bee"]]


def test_it_keeps_up_and_forgets_what_was_overtaken(store: Store, areas: Areas) -> None:
    plant(store)
    with store.reading() as tx:
        register = snapshot.find_register(tx, "district")
        assert areas.index_of(tx, register.id) is None
    for number in range(4):
        append(store, district("C", square(5 + number, 0), name=f"Sea {number}"), to="district")
        follow(store, areas)
        with store.reading() as tx:
            assert areas.position(tx, register.id) == head_of(store, "district").entries == 4 + number
        assert found(store, areas, 5.5 + number, 4 + number) == [f"Sea {number}"]
    assert sorted(kept(areas)) == [f"{register.id}-{size}" for size in (6, 7)]
    assert KEPT == 2


def test_an_area_whose_shape_is_taken_away_is_no_more(store: Store, areas: Areas) -> None:
    plant(store)
    append(store, district("A", None, name="Ay"), to="district")
    follow(store, areas)
    assert found(store, areas, 0.25, 4) == []
    assert found(store, areas, 0.25, 3) == ["Ay"]


def test_a_folder_that_was_lost_is_made_again(store: Store, areas: Areas, tmp_path: Path) -> None:
    plant(store)
    follow(store, areas)
    elsewhere = Areas(tmp_path / "another")
    with store.reading() as tx:
        assert elsewhere.index_of(tx, snapshot.find_register(tx, "district").id) is None
    follow(store, elsewhere)
    assert found(store, elsewhere, 0.25, 3) == ["Ay"]


def test_a_damaged_index_is_none_and_is_made_again(store: Store, areas: Areas) -> None:
    plant(store)
    follow(store, areas)
    (place,) = (each for each in areas.folder.iterdir() if not each.name.startswith("."))
    damaged = Areas(areas.folder.rename(areas.folder.with_name("damaged")))  # nobody has it open there
    next((damaged.folder / place.name).glob("*.npy")).unlink()
    with store.reading() as tx:
        assert damaged.index_of(tx, snapshot.find_register(tx, "district").id) is None
    follow(store, damaged)
    assert found(store, damaged, 0.25, 3) == ["Ay"]


def test_the_index_of_another_log_is_not_taken_for_this_ones(
    sqlite_store: Store, areas: Areas, tmp_path: Path, sqlite_template: Path
) -> None:
    plant(sqlite_store)
    follow(sqlite_store, areas)
    copied = shutil.copyfile(sqlite_template, tmp_path / "another.db")
    another = CheckedStore(f"sqlite:///{copied}", FixedClock())
    make(another, "district", DISTRICTS)
    append(another, *(district(key, square(0, 0), name=f"Other {key}") for key in "XYZ"), to="district")
    follow(another, areas)
    assert found(another, areas, 0.25, 3) == ["Other X", "Other Y", "Other Z"]
    assert found(sqlite_store, areas, 0.25, 3) == ["Ay"]
    another.close()


def test_a_register_without_areas_is_let_be(store: Store, areas: Areas) -> None:
    make(store)
    follow(store, areas, "country")
    make(store, "district", DISTRICTS)
    follow(store, areas)
    assert not areas.folder.exists()


def test_the_folder_lies_beside_the_database(sqlite_store: Store) -> None:
    assert folder_beside(sqlite_store) == Path(f"{sqlite_store.url.database}.places")
    assert folder_beside(sqlite_store, "there") == Path("there")


def test_after_a_redaction_no_index_of_before_is_looked_into_or_kept(store: Store, areas: Areas) -> None:
    plant(store)
    follow(store, areas)
    append(store, district("C", square(5, 0), name="Sea"), to="district")
    follow(store, areas)
    redaction.take_away(store, "district", Wanted("A", ("name", "shape")), "why", AUTHORITY)
    with store.reading() as tx:
        register = snapshot.find_register(tx, "district")
        assert areas.index_of(tx, register.id) is None
        with pytest.raises(Unavailable, match="is not known here yet"):
            areas.at(tx, register, None)
    follow(store, areas)
    assert [found(store, areas, 0.25, size) for size in (1, 4)] == [[], []]
    assert found(store, areas, 1.25, 4) == ["Bee"]
    (name,) = kept(areas)
    assert name.startswith(f"{register.id}-r") and name.endswith("-4")
    append(store, district("D", square(9, 0), name="Lake"), to="district")
    follow(store, areas)
    assert len(kept(areas)) == KEPT
