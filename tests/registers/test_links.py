"""Links: held against the register they point at, as it will be after the batch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from registers import lifecycle, links, snapshot
from registers.batch import Change, Rules
from registers.definition import Field
from registers.errors import Invalid
from registers.store import registers
from registers.store.engine import Store
from tests.makers import AUTHORITY, NOW, FixedClock, append, country, definition, head_of, make, rows_in

TOWN = (
    Field("town"),
    Field("country", register="country"),
    Field("countries", cardinality="n", register="country"),
    Field("owner", "curie"),
    Field("place", "curie", register="country"),
    Field("twin", register="town"),
    Field("river", register="river"),
)


def town(key: str, **values: object) -> Change:
    return Change(key, {"town": key, **values})


@pytest.fixture
def atlas(store: Store) -> Iterator[Store]:
    """Two countries, and a register of towns."""
    make(store)
    append(store, country("GB", "United Kingdom"), country("SU", "USSR", end_date="1991-12-25"))
    make(store, "town", TOWN)
    yield store


def refused(store: Store, sentence: str, *changes: Change) -> None:
    before = rows_in(store)
    with pytest.raises(Invalid, match=sentence):
        append(store, *changes, to="town")
    assert rows_in(store) == before


def test_a_link_to_nothing_is_refused_by_field_and_key(atlas: Store) -> None:
    vain: list[tuple[str, object]] = [("country", "XX"), ("countries", ["GB", "XX"]), ("owner", "country:XX")]
    vain += [("place", "XX"), ("place", "country:XX"), ("twin", "XX")]
    for field, value in vain:
        register = "town" if field == "twin" else "country"
        sentence = f"^key 'A': {field}: 'XX' is not the key of a record of {register}$"
        refused(atlas, sentence, town("B"), town("A", **{field: value}))


def test_a_link_to_a_record_is_taken(atlas: Store) -> None:
    notes: list[str] = []
    values = {"country": "GB", "countries": ["GB"], "owner": "country:GB", "place": "GB"}
    append(atlas, town("A", **values), town("B", place="country:GB"), to="town", notes=notes)
    assert notes == []


def test_a_register_that_is_not_here_is_not_asked(atlas: Store) -> None:
    append(atlas, town("A", river="Thames", owner="person:7"), to="town")
    assert head_of(atlas, "town").entries == 1


def test_records_of_one_batch_may_link_to_each_other_in_any_order(atlas: Store) -> None:
    append(atlas, town("A", twin="B"), town("B", twin="A", owner="town:A"), town("C", twin="C"), to="town")
    append(atlas, town("D", twin="A"), to="town")
    assert head_of(atlas, "town").records == 4


def test_relaxed_notes_a_link_to_nothing(atlas: Store) -> None:
    notes: list[str] = []
    append(atlas, town("A", country="XX"), to="town", relaxed=True, notes=notes)
    assert notes == ["key 'A': country: 'XX' is not the key of a record of country"]


def test_noting_dangling_links_can_be_asked_for_alone(atlas: Store) -> None:
    notes: list[str] = []
    rules = Rules(note=notes.append, dangling="note")
    lifecycle.append(atlas, "town", [town("A", country="XX")], AUTHORITY, rules)
    assert len(notes) == 1
    with pytest.raises(Invalid, match="colour"):
        lifecycle.append(atlas, "town", [town("B", colour="red")], AUTHORITY, rules)


def test_a_link_to_what_has_ended_is_taken_and_noted(atlas: Store) -> None:
    notes: list[str] = []
    append(atlas, town("A", country="SU"), to="town", notes=notes)
    assert notes == ["key 'A': country: 'SU' is a record of country that has ended"]


ENDED = {
    "2023-11-13": True,
    "2023-11-14": False,
    "2023-11": False,
    "2023-10": True,
    "2023": False,
    "2022": True,
}


def test_a_record_holds_through_the_last_day_it_names(atlas: Store, clock: FixedClock) -> None:
    """`clock` says 14 November 2023."""
    for number, (end, has_ended) in enumerate(ENDED.items()):
        append(atlas, country("XX", "x", end_date=end))
        notes: list[str] = []
        append(atlas, town(f"A{number}", country="XX"), to="town", notes=notes)
        assert bool(notes) == has_ended, end


def test_a_link_is_held_against_the_current_record(atlas: Store) -> None:
    append(atlas, country("GB", "United Kingdom", end_date="2001"), country("GB", "United Kingdom"))
    notes: list[str] = []
    append(atlas, town("A", country="GB"), to="town", notes=notes)
    assert notes == []


def test_metadata_keys_are_no_records(atlas: Store) -> None:
    refused(atlas, "'name' is not the key of a record of country", town("A", country="name"))
    with atlas.reading() as tx:
        register = snapshot.find_register(tx, "country")
        assert "field:name" in snapshot.metadata_items(tx, register.id)


def test_dangling_links_can_be_kept_to_be_judged_later(atlas: Store) -> None:
    rules = Rules(dangling="keep")
    appended = lifecycle.append(atlas, "town", [town("A", country="XX"), town("B", country="YY")], AUTHORITY, rules)
    assert [(link.field, link.register, link.key) for link in appended.dangling] == [
        ("country", "country", "XX"),
        ("country", "country", "YY"),
    ]


def test_check_links_reports_what_current_records_point_at_in_vain(atlas: Store) -> None:
    rules = Rules(relaxed=True)
    changes = [town("A", country="XX"), town("B", countries=["GB", "YY"]), town("C", country="ZZ"), town("C")]
    changes += [town("D", river="Thames", twin="A", country="SU")]
    lifecycle.append(atlas, "town", changes, AUTHORITY, rules)
    assert found(atlas, "town") == [
        "record 'B': countries: 'YY'",
        "record 'A': country: 'XX'",
    ]
    append(atlas, country("XX"), country("YY"))
    assert found(atlas, "town") == []


def found(store: Store, name: str) -> list[str]:
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        made = snapshot.read_definition(tx, register)
    assert made is not None
    return [str(link) for link in links.check_links(store, register, made)]


def test_many_links_are_asked_for_in_parts(sqlite_store: Store) -> None:
    make(sqlite_store)
    make(sqlite_store, "town", TOWN)
    keys = [f"C{n}" for n in range(1300)]
    append(sqlite_store, *(country(key) for key in keys))
    changes = [town(f"T{n}", country=key) for n, key in enumerate(keys)]
    append(sqlite_store, *changes, to="town")
    refused(sqlite_store, "'C1300' is not the key", *(town(f"U{n}", country=f"C{n}") for n in range(1301)))
    assert found(sqlite_store, "town") == []


def test_a_register_that_is_loading_is_not_here(atlas: Store) -> None:
    with atlas.writing() as tx:
        lifecycle.add(tx, "river", "registers.example.org", loading=True)
    append(atlas, town("A", river="Thames"), to="town")
    with atlas.reading() as tx:
        assert [register.name for register in registers.find_all(tx.connection, loading=True)] == ["river"]


def test_a_definitions_own_links_are_not_judged(sqlite_store: Store) -> None:
    """A field may name a register that is not here yet."""
    made = definition("town", TOWN)
    lifecycle.create(sqlite_store, made, AUTHORITY, "registers.example.org")
    assert head_of(sqlite_store, "town").metadata_latest == NOW
