"""Keys looked up in another register: found by what its records have, blank where none has it, left out without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from loaders.source import Problems, Reading, Resolution, Row, Source
from registers import lifecycle, naming
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.loaders.given import counts, items, load, plan, source
from tests.makers import AUTHORITY, append, definition, make

SCHOOL = definition("school", ["school", "authority", "diocese"])
BY = {"authority": Resolution("authority", ("gss", "former-gss"))}
BOTH = BY | {"diocese": Resolution("diocese", ("name",))}


def authorities(store: Store, *records: tuple[str, str, list[str]], name: str = "authority") -> None:
    """A register of authorities: their keys, their codes, and the codes that they had."""
    make(store, name, [name, "gss", Field("former-gss", cardinality="n")])
    for key, gss, former in records:
        append(store, Change(key, {name: key, "gss": gss, "former-gss": former}), to=name)


def schools(*authorities: str | None, resolves: Mapping[str, Resolution] = BY) -> Source:
    """A source of schools, each with the code of its authority, and a diocese by its name."""
    rows = [
        Row(f"S{n}", {"school": f"S{n}", "authority": code, "diocese": "Leeds"}, f"row {n}")
        for n, code in enumerate(authorities, 2)
    ]

    def read(_path: Path | None, _options: Mapping[str, str]) -> Reading:
        carries = frozenset(SCHOOL.field_names)
        return Reading(SCHOOL, carries, rows, Problems(), notes=["as it was read"], resolves=resolves)

    return replace(source([], of=SCHOOL), read=read)


def found(store: Store) -> dict[str, object]:
    return {key: item.get("authority") for key, item in items(store, "school").items()}


def test_a_code_that_a_record_has_or_had_becomes_its_key(store: Store) -> None:
    authorities(store, ("BNS", "E08000038", ["E08000016", "E99"]), ("LDS", "E08000035", []))
    loaded = load(store, schools("E08000016", "E08000038", "E08000035", None))
    assert found(store) == {"S2": "BNS", "S3": "BNS", "S4": "LDS", "S5": None}
    assert loaded.notes == ["as it was read"]
    assert counts(load(store, schools("E08000016", "E08000038", "E08000035", None))) == (0, 0, 0, 4)


def test_whoever_has_a_code_comes_before_whoever_had_it(store: Store) -> None:
    authorities(store, ("OLD", "E1", ["E2"]), ("NEW", "E2", ["E1"]))
    load(store, schools("E1", "E2"))
    assert found(store) == {"S2": "OLD", "S3": "NEW"}


def test_a_code_that_no_record_has_is_left_blank_and_counted(store: Store) -> None:
    authorities(store, ("LDS", "E1", []))
    loaded = load(store, schools("E1", "W1", "W2", "W1", "W3", "W4"))
    assert found(store) == {"S2": "LDS", "S3": None, "S4": None, "S5": None, "S6": None, "S7": None}
    note = "5 rows have a value of authority that no record has, and it is left blank there: W1, W2, W3"
    assert loaded.notes == ["as it was read", note]


def test_without_the_register_the_field_is_not_carried_and_stays_as_it_is(store: Store) -> None:
    load(store, schools("BNS", resolves={}))
    loaded = load(store, schools("E1", "E2"))
    assert found(store) == {"S2": "BNS", "S3": None}
    assert loaded.notes == [
        "as it was read",
        "authority is left out: the register authority is not here to look it up in",
    ]


def test_a_register_that_is_retired_is_not_here(store: Store) -> None:
    authorities(store, ("LDS", "E1", []))
    lifecycle.publish(store, "authority")
    naming.retire(store, "authority")
    assert "authority is left out" in load(store, schools("E1")).notes[1]


def test_a_register_that_has_another_name_now_is_still_looked_up_in(store: Store) -> None:
    authorities(store, ("LDS", "E1", []))
    lifecycle.publish(store, "authority")
    naming.rename(store, "authority", "council", AUTHORITY)
    assert load(store, schools("E1")).notes == ["as it was read"]
    assert found(store) == {"S2": "LDS"}


def test_each_of_several_fields_says_what_became_of_it(store: Store) -> None:
    authorities(store, ("LDS", "E1", []))
    loaded = load(store, schools("E1", "W1", resolves=BOTH))
    assert loaded.notes == [
        "as it was read",
        "diocese is left out: the register diocese is not here to look it up in",
        "1 row has a value of authority that no record has, and it is left blank there: W1",
    ]
    assert items(store, "school")["S2"] == {"school": "S2", "authority": "LDS"}


def test_a_plan_looks_up_too(store: Store) -> None:
    authorities(store, ("LDS", "E1", []))
    load(store, schools("E1"))
    assert plan(store, schools("E1", "W1"), counts) == (1, 0, 0, 1)
    assert len(plan(store, schools("E1", "W1"), lambda made: made.notes)) == 2
