"""Whether records stand in the areas that they name: every outcome is counted, and who stands elsewhere is listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from geo.areas.following import Areas
from loaders import belonging, quality
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.geo.test_areas import DISTRICTS, district, follow, square
from tests.makers import NOW, FixedClock, append, make

CODE = "E06000060"
SCHOOLS = (
    Field("school"),
    Field("district", register="district"),
    Field("authority", register="authority"),
    Field("end-date", "datetime"),
    Field("point", "point"),
)
COUNTS = ("agrees", "on-boundary", "differs", "nowhere", "silent")


def school(key: str, point: str, **values: str) -> Change:
    given = {"school": key, "point": point, **{name.replace("_", "-"): value for name, value in values.items()}}
    return Change(key, {name: value for name, value in given.items() if value})


@pytest.fixture
def areas(store: Store, tmp_path: Path, clock: FixedClock) -> Areas:
    """Two districts side by side, one of which an authority has the code of; and schools in and about them."""
    clock.now = NOW
    make(store, "district", DISTRICTS)
    append(store, district(CODE, square(0, 0), name="Ay"), district("B", square(1, 0)), to="district")
    make(store, "authority", ("authority", "gss"))
    coded = ((key, {"authority": key, "gss": gss}) for key, gss in (("AYE", CODE), ("HRT", "E10000015")))
    append(store, *(Change(key, item) for key, item in coded), to="authority")
    make(store, "school", SCHOOLS)
    append(
        store,
        school("inside", "[0.5,0.5]", district=CODE, authority="AYE"),
        school("boundary", "[1,0.5]", district="B", authority="AYE"),
        school("elsewhere", "[1.5,0.5]", district=CODE, authority="AYE"),
        school("sea", "[9,9]", district="B", authority="HRT"),
        school("ended", "[1.5,0.5]", district=CODE, end_date="2020"),
        school("last-day", "[1.5,0.5]", district="B", end_date="2023-11-14"),
        school("pointless", "", district=CODE),
        school("speechless", "[0.5,0.5]"),
        to="school",
    )
    for name in ("district", "authority", "school"):
        lifecycle.publish(store, name)
    return Areas(tmp_path / "places")


def looked(store: Store, areas: Areas | None, name: str = "school") -> dict[str, Any]:
    """The report of a register."""
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        definition = snapshot.read_definition(tx, register)
    assert definition
    return quality.report(store, register, definition, areas)


def counted(found: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """By field: the counts of agrees, on-boundary, differs, nowhere and silent."""
    return {each["field"]: tuple(each[name] for name in COUNTS) for each in found["declared-areas"]}


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_every_outcome_is_counted_by_field(
    store: Store, areas: Areas, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(belonging, "AT_ONCE", at_once)
    follow(store, areas)
    found = looked(store, areas)
    assert counted(found) == {"authority": (1, 1, 1, 0, 1), "district": (2, 1, 1, 1, 0)}
    assert {(each["areas"], each["entries"]) for each in found["declared-areas"]} == {("district", 2)}
    assert found["areas-not-indexed"] == []


def test_who_stands_elsewhere_is_listed_with_both_links(
    store: Store, areas: Areas, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(store, areas)
    authority, own = (each["examples"] for each in looked(store, areas)["declared-areas"])
    assert authority == [{"key": "elsewhere", "declared": "AYE", "names": [CODE], "derived": ["B"]}]
    assert own == [{"key": "elsewhere", "declared": CODE, "names": [CODE], "derived": ["B"]}]
    append(store, school("too", "[0.5,0.5]", district="B"), to="school")
    monkeypatch.setattr(belonging, "EXAMPLES", 1)
    found = looked(store, areas)["declared-areas"][1]
    assert (found["differs"], [each["key"] for each in found["examples"]]) == (2, ["too"])


def test_what_is_not_indexed_is_said_and_nothing_compared(store: Store, areas: Areas) -> None:
    found = looked(store, areas)
    assert (found["declared-areas"], found["areas-not-indexed"]) == ([], ["district"])
    assert "declared-areas" not in looked(store, None)


def test_a_register_without_points_asks_no_areas(store: Store, areas: Areas) -> None:
    found = looked(store, areas, "authority")
    assert (found["declared-areas"], found["areas-not-indexed"]) == ([], [])
    follow(store, areas)
    assert looked(store, areas, "district")["declared-areas"] == []


def test_the_report_is_kept_with_it(store: Store, areas: Areas) -> None:
    follow(store, areas)
    found = looked(store, areas)
    with store.reading() as tx:
        assert quality.read(tx, snapshot.find_register(tx, "school")) == found
