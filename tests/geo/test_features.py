"""The follower of registers with positions: at every size it has what the log says, and it is made again when lost."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from geo.features.following import Features, position_field
from geo.features.gathering import Ended, Placed, build, nothing
from geo.features.positions import Positions
from geo.kept import KEPT
from registers import snapshot
from registers.batch import Change
from registers.definition import Field
from registers.errors import Corrupt
from registers.store.engine import Store
from tests.geo.test_areas import DISTRICTS, plant, square
from tests.makers import append, definition, make

SHOP = (
    Field("shop"),
    Field("name"),
    Field("floors", "integer"),
    Field("point", "point"),
    Field("end-date", "datetime"),
)


def shop(key: str, point: str | None, **values: str) -> Change:
    return Change(key, {"shop": key, **({"point": point} if point else {}), **values})


def follow(store: Store, features: Features, name: str) -> Positions:
    """The positions of a register, caught up."""
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
    features.catch_up(store, register)
    with store.reading() as tx:
        found = features.positions_of(tx, register.id)
        assert found and features.position(tx, register.id) == found[1]
        assert found[1] == snapshot.read_head(tx, register).entries
    return found[0]


def known(positions: Positions, size: int) -> dict[str, list[float]]:
    """The box of each record at a size, by its key."""
    return {positions.key(n): positions.boxes[n].tolist() for n in positions.numbers(size).tolist()}


@pytest.fixture
def features(tmp_path: Path) -> Features:
    """A follower with a folder of its own."""
    return Features(tmp_path)


def test_every_version_stands_while_it_was_the_record(store: Store, features: Features) -> None:
    make(store, "shop", SHOP)
    append(store, shop("a", "[1,2]"), shop("b", None), shop("a", "[3, 4]"), shop("b", "[5,6]"), to="shop")
    append(store, shop("a", None), shop("a", "[7,8.5]"), to="shop")
    positions = follow(store, features, "shop")
    assert [known(positions, size) for size in range(7)] == [
        {},
        {"a": [1, 2, 1, 2]},
        {"a": [1, 2, 1, 2]},
        {"a": [3, 4, 3, 4]},
        {"a": [3, 4, 3, 4], "b": [5, 6, 5, 6]},
        {"b": [5, 6, 5, 6]},
        {"a": [7, 8.5, 7, 8.5], "b": [5, 6, 5, 6]},
    ]
    assert [positions.find("a", size) is not None for size in range(7)] == [False, True, True, True, True, False, True]
    assert positions.find("nothing", 6) is None


def test_a_feature_is_ready_and_typed(store: Store, features: Features) -> None:
    make(store, "shop", SHOP)
    long = "9" * 30
    append(store, shop("a/b.1", "[-0.1, 51.5]", name='A "é"', floors="3"), shop("b", "[0,0]", floors=long), to="shop")
    positions = follow(store, features, "shop")
    feature = json.loads(positions.feature(0))
    assert feature == {
        "type": "Feature",
        "id": "a/b.1",
        "geometry": {"type": "Point", "coordinates": [-0.1, 51.5]},
        "properties": {"shop": "a/b.1", "name": 'A "é"', "floors": 3},
    }
    assert b"".join(positions.parts(0)) == positions.feature(0)
    assert positions.properties(0) == feature["properties"]
    assert (positions.key(0), positions.name(0), positions.name(1)) == ("a/b.1", 'A "é"', "b")
    assert positions.properties(1)["floors"] == long


def test_shapes_are_what_the_register_says(store: Store, features: Features) -> None:
    plant(store)
    positions = follow(store, features, "district")
    assert json.loads(positions.feature(0))["geometry"] == json.loads(square(0, 0))
    assert [shape.bounds for shape in positions.shapes(np.arange(3))] == [(0, 0, 1, 1), (1, 0, 2, 1), (0.5, 0, 1.5, 1)]
    assert positions.extent(3) == ((0, 0, 1.5, 1), None, None)
    day = date(2020, 3, 31).toordinal()
    assert [positions.standing(3, on).tolist() for on in (day, day + 1)] == [[True, False, False], [True, False, True]]


def test_it_keeps_up_and_forgets_what_was_overtaken(store: Store, features: Features, tmp_path: Path) -> None:
    make(store, "shop", SHOP)
    for number in range(4):
        append(store, shop(str(number), f"[{number},0]"), to="shop")
        assert len(follow(store, features, "shop")) == number + 1
    assert len(list((tmp_path / "features").iterdir())) == KEPT


def test_a_damaged_folder_is_made_again(store: Store, features: Features, tmp_path: Path) -> None:
    plant(store)
    follow(store, features, "district")
    (place,) = (tmp_path / "features").iterdir()
    moved = tmp_path / "moved"
    moved.mkdir()
    place.parent.rename(moved / "features")  # nobody has it open there
    (moved / "features" / place.name / "features.bin").write_bytes(b"{}")
    with pytest.raises(Corrupt):
        Positions.open(moved / "features" / place.name)
    assert len(follow(store, Features(moved), "district")) == 3


def test_a_register_without_positions_is_let_be(store: Store, features: Features, tmp_path: Path) -> None:
    make(store)
    make(store, "district", DISTRICTS)
    for name in ("country", "district"):
        with store.reading() as tx:
            features.catch_up(store, snapshot.find_register(tx, name))
    assert not (tmp_path / "features").exists()


def test_a_shape_goes_before_a_point() -> None:
    fields = [Field("key"), Field("point", "point"), Field("shapes", "geometry", "n"), Field("shape", "geometry")]
    assert position_field(definition("x", fields)) == fields[3]
    assert position_field(definition("x", fields[:3])) == fields[1]
    assert position_field(definition("x", fields[:1])) is None
    assert position_field(None) is None


def test_no_positions_are_positions_too(tmp_path: Path) -> None:
    build(tmp_path / "none", [Ended("a", 1)], ["name"])
    for positions in (nothing(), Positions.open(tmp_path / "none")):
        assert (len(positions), positions.numbers(5).tolist(), positions.extent(5)) == (0, [], None)
        assert positions.find("a", 5) is None


def test_keys_with_the_same_code_are_told_apart(tmp_path: Path) -> None:
    """These two have the same CRC-32."""
    keys = ("plumless", "buckeroo")
    versions = [
        Placed(key, key, n, None, None, f'{{"type":"Point","coordinates":[{n},0]}}', "{}", {"name": key})
        for n, key in enumerate(keys, 1)
    ]
    build(tmp_path / "two", versions, ["name"])
    positions = Positions.open(tmp_path / "two")
    assert [positions.find(key, 2) for key in keys] == [0, 1]
