"""What a file would change: columns it lacks stay, records outside its filter stay, and what looks wrong is said."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.planning import Planned, differences
from loaders.source import Ending, Nothing, Wrong
from registers import applying, lifecycle, naming, snapshot
from registers.definition import Field
from registers.errors import Conflict, Invalid, Moved
from registers.item import normalise
from registers.plan import Difference, read
from registers.store.engine import Store
from tests.loaders.given import content, counts, entries, items, load, plan, source
from tests.makers import AUTHORITY, NOW, OPERATOR, CheckedStore, append, country, definition, revisions_of

DAY = date(2023, 1, 10)


def named(**names: str) -> list[dict[str, object]]:
    return [{"country": key, "name": name} for key, name in names.items()]


def told(store: Store, given_source: Any) -> list[Difference]:
    return plan(store, given_source, lambda made: list(differences(store, made)))


def apply(store: Store, lines: bytes) -> applying.Applied:
    return applying.apply(store, lines.splitlines(), AUTHORITY, OPERATOR)


def test_a_plan_says_what_is_added_changed_and_left(store: Store) -> None:
    load(store, source(named(GB="Britain", FR="France")))
    wanted = source(named(GB="United Kingdom", FR="France", DE="Germany"))
    assert plan(store, wanted, counts) == (1, 1, 0, 1)
    assert [(each.key, each.kind, dict(each.fields)) for each in told(store, wanted)] == [
        ("GB", "changed", {"name": {"from": "Britain", "to": "United Kingdom"}}),
        ("DE", "added", {"country": {"to": "DE"}, "name": {"to": "Germany"}}),
    ]
    assert len(entries(store)) == 2  # nothing was written


def test_a_plan_is_applied_exactly_as_it_was_shown(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    shown = plan(store, source(named(GB="United Kingdom", DE="Germany")), content)
    applied = apply(store, shown)
    assert applied.entries == 2
    assert items(store)["GB"]["name"] == "United Kingdom"
    assert [entry.key for entry in entries(store)] == ["GB", "GB", "DE"]


def test_a_plan_may_make_its_register(store: Store) -> None:
    shown = plan(store, source(named(GB="Britain")), content)
    assert read(shown.splitlines())[0].origin == ""
    applied = apply(store, shown)
    assert (applied.register.status, applied.entries) == ("published", 1)
    with pytest.raises(Conflict, match="this plan is to make it"):
        apply(store, shown)


def test_a_plan_is_refused_when_one_of_its_records_has_moved_on_and_only_then(store: Store) -> None:
    load(store, source(named(GB="Britain", FR="France")))
    shown = plan(store, source(named(GB="United Kingdom", DE="Germany")), content)
    append(store, country("FR", "The French Republic"))
    assert applying.moved(store, shown.splitlines()) == []
    append(store, country("GB", "Great Britain"))
    assert applying.moved(store, shown.splitlines()) == ["GB"]
    before = len(entries(store))
    with pytest.raises(Moved, match="the record 'GB' has moved on since this was planned; plan it again"):
        apply(store, shown)
    append(store, country("DE", "Deutschland"))
    assert applying.moved(store, shown.splitlines()) == ["GB", "DE"]
    assert len(entries(store)) == before + 1


def test_what_was_to_be_new_must_still_be_new(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    shown = plan(store, source(named(DE="Germany")), content)
    append(store, country("DE", "Deutschland"))
    with pytest.raises(Moved, match="the record 'DE' is there already"):
        apply(store, shown)


def test_a_plan_that_was_applied_says_so_the_second_time(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    wanted = source(named(GB="United Kingdom"))
    shown, digest = plan(store, wanted, lambda made: (content(made), made.digest))
    authority = AUTHORITY.__class__("tester", source=f"given plan {digest}")
    applying.apply(store, shown.splitlines(), authority, OPERATOR)
    with pytest.raises(Conflict, match="this plan has been applied already, as revision"):
        applying.apply(store, shown.splitlines(), authority, OPERATOR)


def test_a_plan_for_a_register_of_another_origin_is_refused(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    shown = plan(store, source(named(GB="United Kingdom")), content)
    with pytest.raises(Conflict, match="elsewhere"):
        apply(store, shown.replace(b"registers.example.org/country", b"elsewhere.example.org/country"))


def test_a_plan_that_is_cut_off_writes_nothing(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    shown = plan(store, source(named(GB="United Kingdom", DE="Germany")), content)
    with pytest.raises(Invalid, match="cut off"):
        apply(store, b"\n".join(shown.splitlines()[:-1]))
    assert len(entries(store)) == 1


def test_columns_that_a_source_lacks_are_left_alone(store: Store) -> None:
    load(store, source([{"country": "GB", "name": "Britain", "citizen-names": ["Briton"], "start-date": "1707"}]))
    load(store, source(named(GB="United Kingdom"), carries=["name"]))
    assert items(store)["GB"] == {
        "country": "GB",
        "name": "United Kingdom",
        "citizen-names": ["Briton"],
        "start-date": "1707",
    }


def test_a_blank_in_a_column_that_it_carries_takes_the_value_away(store: Store) -> None:
    load(store, source([{"country": "GB", "name": "Britain", "start-date": "1707"}]))
    load(store, source([{"country": "GB", "name": "Britain", "start-date": ""}]))
    assert items(store)["GB"] == {"country": "GB", "name": "Britain"}


def test_a_missing_record_stays_where_the_file_is_complete_for_nothing(store: Store) -> None:
    load(store, source(named(GB="Britain", FR="France")))
    assert counts(load(store, source(named(GB="Britain")))) == (0, 0, 0, 1)


def test_a_missing_record_ends_the_day_before_where_the_rules_say_so(store: Store) -> None:
    load(store, source(named(GB="Britain", FR="France")))
    lacking = source(named(GB="Britain"), complete=lambda _item: True, ending=Ending(), dated=DAY)
    assert counts(load(store, lacking)) == (0, 0, 1, 1)
    assert items(store)["FR"] == {"country": "FR", "name": "France", "end-date": "2023-01-09"}
    assert counts(load(store, lacking)) == (0, 0, 0, 1)  # it has ended already


def test_a_missing_record_without_a_rule_is_counted_and_left(store: Store) -> None:
    load(store, source(named(GB="Britain", FR="France")))
    lacking = source(named(GB="Britain"), complete=lambda _item: True)
    assert plan(store, lacking, lambda made: made.counts.missing) == 1
    assert "end-date" not in items(store)["FR"]


def test_a_record_outside_the_filter_never_ends(store: Store) -> None:
    load(store, source(named(GB="Britain", FR="France", DE="Germany")))
    lacking = source(named(GB="Britain"), complete=lambda item: item["name"] != "Germany", ending=Ending(), dated=DAY)
    load(store, lacking)
    assert {key for key, item in items(store).items() if "end-date" in item} == {"FR"}


def test_as_at_dates_the_entries_to_the_day(store: CheckedStore) -> None:
    load(store, source(named(GB="Britain")), as_at=date(2021, 4, 26))
    load(store, source(named(GB="United Kingdom")), as_at=date(2022, 7, 6))
    assert items(store, at="2021-04-26")["GB"]["name"] == "Britain"
    assert items(store, at="2022-07-05")["GB"]["name"] == "Britain"
    assert items(store, at="2022-07-06")["GB"]["name"] == "United Kingdom"
    assert {made.time for made in revisions_of(store)} == {NOW}  # when it was really done
    with pytest.raises(Invalid, match="is before the entry it would follow"):
        load(store, source(named(GB="Albion")), as_at=date(2020, 1, 1))


# What looks wrong


def warnings(store: Store, given_source: Any) -> str:
    return plan(store, given_source, lambda made: "\n".join(made.warnings))


def test_a_tenth_of_the_list_that_vanishes_is_warned_of(store: Store) -> None:
    many = [{"country": f"K{n}", "name": f"name {n}"} for n in range(20)]
    load(store, source(many))
    everything = {"complete": lambda _item: True, "dated": DAY}
    assert "3 of 20 records" in warnings(store, source(many[3:], **everything))
    assert "2 of 20 records" in warnings(store, source(many[2:], **everything))
    assert warnings(store, source(many[1:], **everything)) == ""


def test_two_names_that_have_changed_places_are_warned_of(store: Store) -> None:
    load(store, source(named(GB="Britain", FR="France", DE="Germany")))
    assert "'FR' and 'GB' have changed names" in warnings(store, source(named(GB="France", FR="Britain", DE="Germany")))
    assert warnings(store, source(named(GB="France", FR="France", DE="Germany"))) == ""


def test_a_key_that_is_used_again_is_warned_of(store: Store) -> None:
    load(store, source([{"country": "SU", "name": "Soviet Union", "end-date": "1991"}]))
    assert "'SU' had ended, and come back under another name" in warnings(store, source(named(SU="Somewhere")))
    assert "'SU' had ended, and have not any more" in warnings(store, source(named(SU="Soviet Union")))


def test_dates_that_go_backwards_are_warned_of(store: Store) -> None:
    wrong = [{"country": "GB", "name": "Britain", "start-date": "2000", "end-date": "1999-05"}]
    assert "'GB' end before they begin" in warnings(store, source(wrong))


def test_a_file_older_than_the_last_is_warned_of(store: Store) -> None:
    load(store, source(named(GB="Britain"), dated=date(2022, 1, 1)))
    assert "this file is of 2021-01-01, and the last that was loaded of 2022-01-01" in warnings(
        store, source(named(GB="Albion"), dated=date(2021, 1, 1))
    )


# What cannot be


def test_all_that_is_wrong_is_told_with_its_row_and_column_and_nothing_is_written(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    bad = source(
        [
            {"country": "GB", "name": "United Kingdom"},
            {"country": "FR", "start-date": "2017-13"},
            {"country": "DE", "nothing": "x"},
            {"country": "IT", "citizen-names": "alone"},
        ]
    )
    with pytest.raises(Wrong) as caught:
        load(store, bad)
    assert [(each.place, each.column) for each in caught.value.problems.shown] == [
        ("row 3", "start-date"),
        ("row 4", ""),
        ("row 5", "citizen-names"),
    ]
    assert "nothing is taken from a file with 3 problems" in str(caught.value)
    assert len(entries(store)) == 1


def test_a_key_that_comes_twice_must_say_the_same(store: Store) -> None:
    assert counts(load(store, source([*named(GB="Britain"), *named(GB="Britain")]))) == (1, 0, 0, 0)
    with pytest.raises(Wrong, match="row 3: the key 'GB' is that of row 2 too, with other values"):
        load(store, source([*named(GB="Britain"), *named(GB="Albion")]))


def test_a_link_to_nothing_is_a_problem_of_its_row(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    linked = definition("town", ["town", Field("country", register="country")])
    rows = [{"town": "London", "country": "GB"}, {"town": "Paris", "country": "FR"}]
    with pytest.raises(Wrong, match="row 3, country: 'FR' is not the key of a record of country"):
        load(store, source(rows, of=linked))
    load(store, source(rows[:1], of=linked))
    with pytest.raises(Wrong, match="row 3, country: 'FR' is not the key of a record of country"):
        load(store, source(rows, of=linked))


def test_a_field_that_means_something_else_now_is_refused(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    other = definition("country", ["country", Field("name", "integer")])
    with pytest.raises(Invalid, match="the field name of country has another datatype"):
        load(store, source([{"country": "GB", "name": "1"}], of=other))


def test_new_fields_go_into_the_plan(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    grown = definition("country", [*definition().fields, Field("capital")])
    shown = plan(store, source([{"country": "GB", "name": "Britain", "capital": "London"}], of=grown), content)
    assert [each.key for each in read(shown.splitlines())[0].definition] == ["field:capital", "register:country"]
    apply(store, shown)
    assert items(store)["GB"]["capital"] == "London"


# Any file onto any register, against the plainest way of doing it

KEYS = st.sampled_from(["A", "B", "C", "D", "E"])
TEXTS = st.sampled_from(["", "x", "y", " z", "é", "e\u0301"])
ROWS = st.lists(
    st.tuples(KEYS, TEXTS, st.sampled_from(["", "2001", "2002-05"])), max_size=6, unique_by=lambda row: row[0]
)


def as_items(rows: list[tuple[str, str, str]]) -> list[dict[str, object]]:
    return [{"country": key, "name": name, "start-date": start} for key, name, start in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(before=ROWS, after=ROWS, carries_start=st.booleans(), complete=st.booleans())
def test_a_plan_does_what_the_plainest_way_would(
    sqlite_store: CheckedStore,
    before: list[tuple[str, str, str]],
    after: list[tuple[str, str, str]],
    carries_start: bool,
    complete: bool,
) -> None:
    name = f"country-{len(revisions_names(sqlite_store))}"
    made = definition(name, ["country", "name", Field("start-date", "datetime"), Field("end-date", "datetime")])
    sqlite_store.checking = False
    if before:
        load(sqlite_store, source(as_items(before), of=made))
    carries = ["name", "start-date"] if carries_start else ["name"]
    rows = [{k: v for k, v in item.items() if k in ("country", *carries)} for item in as_items(after)]
    wanted: dict[str, dict[str, Any]] = {str(i["country"]): dict(normalise(i)) for i in as_items(before)}
    for row in rows:
        held = wanted.get(str(row["country"]), {})
        kept = {k: v for k, v in held.items() if k not in ("country", *carries)}
        wanted[str(row["country"])] = kept | dict(normalise(row))
    if complete and before:
        for key, item in wanted.items():
            if key not in {row["country"] for row in rows}:
                item["end-date"] = "2023-01-09"
    if not wanted:
        return
    everything = {"complete": lambda _item: True, "ending": Ending(), "dated": DAY} if complete else {}
    if not rows:  # a file without a record would end all that there is
        with pytest.raises(Nothing):
            load(sqlite_store, source(rows, carries=carries, of=made, **everything))
        return
    if rows:
        load(sqlite_store, source(rows, carries=carries, of=made, **everything))
    assert items(sqlite_store, name) == wanted
    size = len(entries(sqlite_store, name))
    load(sqlite_store, source(rows, carries=carries, of=made, **everything)) if rows or before else None
    assert len(entries(sqlite_store, name)) == size


def revisions_names(store: Store) -> list[str]:
    from registers.store import registers

    with store.reading() as tx:
        return [each.name for each in registers.find_all(tx.connection)]


def test_the_bytes_of_a_plan_are_those_of_its_state_and_its_file(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    one = plan(store, source(named(GB="United Kingdom")), content)
    two = plan(store, source(named(GB="United Kingdom")), content)
    assert one == two
    assert json.loads(one.splitlines()[0])["made-against"]["entries"] == 1


def test_planned_is_empty_when_there_is_nothing_to_do(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    assert plan(store, source(named(GB="Britain")), lambda made: made.is_empty)
    assert isinstance(plan(store, source(named(GB="Albion")), lambda made: made), Planned)


# What a reviewer found


def test_a_plan_for_the_definition_is_refused_when_that_has_moved_on(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    grown = definition("country", [*definition().fields, Field("capital")])
    shown = plan(store, source([{"country": "GB", "name": "Britain", "capital": "London"}], of=grown), content)
    lifecycle.describe(store, "country", {"text": "A better text"}, AUTHORITY)
    assert applying.moved(store, shown.splitlines()) == ["register:country"]
    with pytest.raises(Moved, match="'register:country' has moved on"):
        apply(store, shown)
    with store.reading() as tx:
        found = snapshot.read_definition(tx, snapshot.find_register(tx, "country"))
    assert found is not None and found.text == "A better text"


def test_a_plan_with_a_new_field_says_so_the_second_time(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    grown = definition("country", [*definition().fields, Field("capital")])
    wanted = source([{"country": "GB", "name": "Britain", "capital": "London"}], of=grown)
    shown, digest, fields = plan(store, wanted, lambda made: (content(made), made.digest, made.fields_added))
    assert fields == ["capital"]
    authority = AUTHORITY.__class__("tester", source=f"given plan {digest}")
    applying.apply(store, shown.splitlines(), authority, OPERATOR)
    with pytest.raises(Conflict, match="this plan has been applied already"):
        applying.apply(store, shown.splitlines(), authority, OPERATOR)


def test_a_record_that_ended_for_being_absent_goes_on_when_it_is_back(store: Store) -> None:
    everything = {"carries": ["name"], "complete": lambda _item: True, "ending": Ending(), "dated": DAY}
    load(store, source(named(GB="Britain", FR="France"), **everything))
    load(store, source(named(GB="Britain"), **everything))
    assert "end-date" in items(store)["FR"]
    back = source(named(GB="Britain", FR="France"), **everything)
    assert "'FR' had ended, and have not any more" in warnings(store, back)
    assert counts(load(store, back)) == (0, 1, 0, 1)
    assert "end-date" not in items(store)["FR"]


def test_a_much_shorter_file_is_warned_of_even_if_it_is_complete_for_nothing(store: Store) -> None:
    many = [{"country": f"K{n}", "name": f"name {n}"} for n in range(20)]
    load(store, source(many))
    assert "this file has 18 records, and the last that was loaded had 20" in warnings(store, source(many[2:]))
    with pytest.raises(Nothing):
        load(store, source([]))


def test_a_link_to_itself_under_a_former_name_is_to_itself(store: Store) -> None:
    of = definition("unit", ["unit", Field("within", register="unit")])
    load(store, source([{"unit": "a"}], of=of))
    naming.rename(store, "unit", "office", AUTHORITY)
    moved = replace(of, name="office")
    load(store, source([{"unit": "d", "within": "c"}, {"unit": "c"}], of=moved))
    assert set(items(store, "office")) == {"a", "c", "d"}


def test_a_day_to_come_is_refused_before_anything_is_planned(store: Store) -> None:
    load(store, source(named(GB="Britain")))
    with pytest.raises(Invalid, match="--as-at 2030-01-01 is in the future"):
        plan(store, source(named(GB="Albion")), as_at=date(2030, 1, 1))
