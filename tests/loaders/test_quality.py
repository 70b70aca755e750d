"""The quality of a register: what is blank, what breaks its datatype, what points at nothing, what nobody confirmed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

from loaders import quality
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.loaders.given import load, source
from tests.makers import NOW, CheckedStore, append, country, definition, grow, head_of, make


def report(store: Store, name: str = "country") -> dict[str, Any]:
    """A register, looked at."""
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        defined = snapshot.read_definition(tx, register)
    assert defined is not None
    return quality.report(store, register, defined)


def kept(store: Store, name: str = "country") -> dict[str, Any] | None:
    """What is kept of the last look."""
    with store.reading() as tx:
        return quality.read(tx, snapshot.find_register(tx, name))


def field(found: dict[str, Any], name: str) -> dict[str, Any]:
    """What was found of a field."""
    return next(each for each in found["fields"] if each["field"] == name)


def test_a_report_is_kept_and_read_back_until_there_is_another(store: CheckedStore) -> None:
    make(store)
    append(store, country("GB", "Britain"))
    assert kept(store) is None
    before = head_of(store)
    first = report(store)
    assert (kept(store), first["checked"], head_of(store)) == (first, "2023-11-14T22:13:20Z", before)
    append(store, country("FR", "France"))
    store.clock.now += 60  # type: ignore[attr-defined]
    second = report(store)
    assert (kept(store), second["checked"], second["entries"]) == (second, "2023-11-14T22:14:20Z", 2)
    assert json.loads(json.dumps(second)) == second


def test_a_report_goes_with_its_register(store: Store) -> None:
    make(store)
    append(store, country("GB", "Britain"))
    report(store)
    lifecycle.drop(store, "country")
    make(store)
    assert kept(store) is None


def test_blanks_are_counted_over_the_records_as_they_are_now(store: Store) -> None:
    make(store)
    append(store, country("GB", "Britain"), country("FR", "France", start_date="0987"), country("DE"))
    append(store, country("GB", "United Kingdom", citizen_names=["Briton"]))
    found = report(store)
    assert (found["register"], found["entries"], found["records"]) == ("country", 4, 3)
    assert {each["field"]: (each["blank"], each["blank-rate"]) for each in found["fields"]} == {
        "country": (0, 0.0),
        "name": (1, 0.3333),
        "citizen-names": (2, 0.6667),
        "start-date": (2, 0.6667),
        "end-date": (3, 1.0),
    }


def test_a_register_without_records_has_nothing_blank(store: Store) -> None:
    make(store)
    found = report(store)
    assert (found["records"], found["never-confirmed"], found["last-confirmed"]) == (0, 0, None)
    assert {each["blank-rate"] for each in found["fields"]} == {0.0}


def test_a_value_that_was_let_through_is_counted_with_its_key_and_its_reason(store: Store) -> None:
    make(store)
    late = [country(f"K{n}", "x", start_date="2017-08-09T10:00:00") for n in range(quality.EXAMPLES + 2)]
    append(store, *late, country("GB", "Britain", start_date="1707"), relaxed=True)
    dates = field(report(store), "start-date")
    assert (dates["invalid"], len(dates["examples"])) == (22, quality.EXAMPLES)
    reason = "is not a date such as 2017, 2017-08 or 2017-08-09 (a time ends in Z, for UTC)"
    examples = {each["key"]: each for each in dates["examples"]}
    assert examples.keys() <= {change.key for change in late}
    for key, each in examples.items():
        assert each == {"key": key, "value": "'2017-08-09T10:00:00'", "reason": reason}
    append(store, *(country(change.key, "x", start_date="2017-08-09T10:00:00Z") for change in late))
    assert field(report(store), "start-date")["invalid"] == 0


def test_a_field_of_links_by_curie_or_by_key_takes_both(store: Store) -> None:
    make(store)
    append(store, country("GB", "Britain"))
    make(store, "town", ["town", Field("of", "curie", register="country")])
    append(store, Change("A", {"town": "A", "of": "GB"}), Change("B", {"town": "B", "of": "country:GB"}), to="town")
    assert field(report(store, "town"), "of")["invalid"] == 0


def test_links_to_nothing_are_counted_with_the_record_and_the_field(store: Store) -> None:
    make(store, "town", ["town", Field("country", register="country"), Field("near", "curie")])
    append(store, *(Change(key, {"town": key, "country": key}) for key in ("GB", "FR", "IT")), to="town")
    append(store, Change("GB", {"town": "GB", "country": "GB", "near": "town:FR"}), to="town")
    assert report(store, "town")["dangling-links"] == 0  # a register that is not here cannot be asked
    make(store)
    append(store, country("GB", "Britain"))
    found = report(store, "town")
    assert found["dangling-links"] == 2
    assert sorted(found["dangling-examples"], key=lambda each: each["key"]) == [
        {"place": f"record '{key}'", "field": "country", "register": "country", "key": key} for key in ("FR", "IT")
    ]


def test_of_many_links_to_nothing_some_are_shown(store: Store) -> None:
    make(store, "town", ["town", Field("country", register="country")])
    keys = [f"K{n}" for n in range(quality.EXAMPLES + 5)]
    append(store, *(Change(key, {"town": key, "country": key}) for key in keys), to="town")
    make(store)
    found = report(store, "town")
    assert (found["dangling-links"], len(found["dangling-examples"])) == (25, quality.EXAMPLES)


def test_records_that_no_source_has_shown_are_counted(store: CheckedStore) -> None:
    make(store)
    append(store, country("GB", "Britain"), country("FR", "France"), country("DE", "Germany"))
    assert (report(store)["never-confirmed"], report(store)["last-confirmed"]) == (3, None)
    store.clock.now += 60  # type: ignore[attr-defined]
    open_source = replace(
        source([{"country": "GB", "name": "Britain"}, {"country": "FR", "name": "La France"}], dated=date(2023, 1, 9)),
        is_open=True,
    )
    load(store, open_source)
    found = report(store)
    assert found["never-confirmed"] == 1  # DE; FR was made as the file has it
    assert found["last-confirmed"] == {
        "time": "2023-11-14T22:14:20Z",
        "source": "given",
        "dated": "2023-01-09",
        "added": 0,
        "changed": 1,
        "ended": 0,
        "unchanged": 1,
    }
    append(store, country("GB", "United Kingdom"))
    assert report(store)["never-confirmed"] == 2  # what GB is now, no source has shown


def test_a_register_that_was_loaded_is_confirmed_whole(store: CheckedStore) -> None:
    load(store, source([{"country": f"K{n}", "name": "x"} for n in range(20)]))
    found = report(store)
    assert (found["records"], found["never-confirmed"], found["last-confirmed"]["added"]) == (20, 0, 20)
    assert found["last-confirmed"]["time"] == "2023-11-14T22:13:20Z" and store.clock() == NOW
    grow(store, 9, start=20)
    assert report(store)["never-confirmed"] == 9


def test_fields_that_were_added_later_are_looked_at(store: Store) -> None:
    load(store, source([{"country": "GB", "name": "Britain"}]))
    grown = definition("country", [*definition().fields, Field("capital")])
    load(store, source([{"country": "GB", "name": "Britain"}, {"country": "FR", "capital": "Paris"}], of=grown))
    assert field(report(store), "capital")["blank"] == 1


def test_a_value_is_shown_shortened_and_so_that_nothing_in_it_moves_a_cursor() -> None:
    look = quality.FieldQuality("height")
    look.look("A", lambda _value: "is not a number", ["\x1b[2J", "x" * 100])
    assert (look.invalid, look.blank) == (2, 0)
    assert [each["value"] for each in look.examples] == ["'\\x1b[2J'", "'" + "x" * 59 + "…"]
