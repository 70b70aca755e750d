"""What a record says of areas: by a link, by a statistical code, by the record it links to; and how that agrees."""

from __future__ import annotations

import pytest

from geo import declared
from geo.areas.index import CONTAINS, Hit, Version
from geo.areas.index import ON_BOUNDARY as ON_LINE
from geo.declared import Declarations, Linked, Named, compare
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Definition, Field
from registers.entry import Item
from registers.store.engine import Store
from tests.geo.test_areas import DISTRICTS, district, square
from tests.makers import append, make

CODE, FORMER = "E06000060", "E07000004"
SCHOOL = Definition(
    "school",
    "school",
    (
        Field("school"),
        Field("district", register="district"),
        Field("districts", "curie", "n"),
        Field("lad"),
        Field("authority", register="authority"),
        Field("description", "text"),
    ),
)


@pytest.fixture
def world(store: Store) -> Store:
    """Areas with statistical codes and with others, and authorities that have codes or links."""
    make(store, "district", DISTRICTS)
    append(store, *(district(key, square(n, 0)) for n, key in enumerate((CODE, FORMER, "X1"))), to="district")
    fields = (Field("authority"), Field("gss"), Field("former-gss", "string", "n"), Field("seat", register="district"))
    make(store, "authority", fields)
    append(
        store,
        Change("BKM", {"authority": "BKM", "gss": CODE, "former-gss": [FORMER, "E07000999"]}),
        Change("HRT", {"authority": "HRT", "gss": "E10000015"}),
        Change("X", {"authority": "X", "seat": "X1"}),
        Change("X1", {"authority": "X1"}),
        to="authority",
    )
    for name in ("district", "authority"):
        lifecycle.publish(store, name)
    return store


def named(store: Store, **values: str | list[str]) -> list[Named]:
    """What a school with these values names."""
    item: Item = {"school": CODE, **values}
    with store.reading() as tx:
        areas = snapshot.find_register(tx, "district")
        return list(Declarations(SCHOOL, areas, Linked(tx)).of(item))


@pytest.mark.parametrize(
    ("field", "value", "keys"),
    [
        ("district", "X1", {"X1"}),
        ("district", "X2", None),
        ("districts", "district:X1", {"X1"}),
        ("districts", "nowhere:X1", None),
        ("districts", f"nowhere:{CODE}", {CODE}),
        ("districts", "authority:BKM", {CODE, FORMER}),
        ("lad", CODE, {CODE}),
        ("lad", "E06000061", None),
        ("lad", "X1", None),
        ("authority", "BKM", {CODE, FORMER}),
        ("authority", "HRT", None),
        ("authority", "X", {"X1"}),
        ("authority", "X1", None),
        ("authority", "nobody", None),
        ("description", CODE, None),
    ],
)
def test_what_names_an_area(world: Store, field: str, value: str, keys: set[str] | None) -> None:
    given: str | list[str] = [value] if field == "districts" else value
    expected = [Named(field, value, frozenset(keys))] if keys else []
    assert named(world, **{field: given}) == expected


def test_every_value_of_a_record_is_looked_at_but_its_key(world: Store) -> None:
    assert named(world) == []
    both = named(world, lad=FORMER, districts=[f"district:{CODE}", "district:X1"])
    assert [(each.field, sorted(each.keys)) for each in both] == [
        ("districts", [CODE]),
        ("districts", ["X1"]),
        ("lad", [FORMER]),
    ]


def hit(key: str, match: str = CONTAINS) -> Hit:
    return Hit(Version(key, key, 1, None, None, None, b""), match)


@pytest.mark.parametrize(
    ("keys", "hits", "outcome"),
    [
        ({"A"}, [hit("A")], declared.AGREES),
        ({"A", "B"}, [hit("B")], declared.AGREES),
        ({"A"}, [hit("A", ON_LINE), hit("B", ON_LINE)], declared.ON_BOUNDARY),
        ({"B"}, [hit("A", ON_LINE), hit("B", ON_LINE)], declared.ON_BOUNDARY),
        ({"A"}, [hit("B")], declared.DIFFERS),
        ({"A"}, [hit("B", ON_LINE)], declared.DIFFERS),
        ({"A"}, [], declared.NOWHERE),
    ],
)
def test_how_it_agrees(keys: set[str], hits: list[Hit], outcome: str) -> None:
    assert compare(keys, hits) == outcome
