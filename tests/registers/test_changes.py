"""The difference between two states, beside one that compares all records of both."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registers import changes as module
from registers import lifecycle, snapshot
from registers.changes import Change, changes
from registers.errors import Invalid
from registers.snapshot import Snapshot
from registers.store.engine import Store
from tests.makers import CheckedStore, append, country, grow, make, names_in


def between(store: Store, old: int, new: int | None = None, after: int = 0) -> list[Change]:
    with store.reading() as tx:
        later = snapshot.take(tx, snapshot.find_register(tx, "country"), None if new is None else str(new))
        return list(changes(Snapshot(tx, later.register, later.head, old), later, after))


def fill(store: Store) -> None:
    make(store)
    append(store, country("GB", "UK"), country("FR", "France"))
    append(store, country("GB", "United Kingdom", citizen_names=["Briton"]), country("DE", "Germany"))
    append(store, country("GB", "UK"))


def test_a_record_is_added_or_changed_and_says_in_what(store: Store) -> None:
    fill(store)
    gb, de = between(store, 2, 4)
    assert (gb.key, gb.kind, gb.before, gb.after) == ("GB", "changed", 1, 3)
    assert gb.fields == {"citizen-names": {"to": ["Briton"]}, "name": {"from": "UK", "to": "United Kingdom"}}
    assert (de.key, de.kind, de.before, de.after) == ("DE", "added", None, 4)
    assert de.fields == {"country": {"to": "DE"}, "name": {"to": "Germany"}}


def test_a_record_that_was_changed_back_is_no_change(store: Store) -> None:
    fill(store)
    assert [change.key for change in between(store, 2)] == ["DE"]


def test_a_value_that_went_has_no_side_to(store: Store) -> None:
    fill(store)
    (change,) = between(store, 4, 5)
    assert change.fields["citizen-names"] == {"from": ["Briton"]}


@pytest.mark.parametrize("size", [0, 3, 5])
def test_a_state_does_not_differ_from_itself(store: Store, size: int) -> None:
    fill(store)
    assert between(store, size, size) == []


def test_from_nothing_every_record_is_added_once(store: Store) -> None:
    fill(store)
    assert [(change.key, change.kind, change.after) for change in between(store, 0)] == [
        ("FR", "added", 2),
        ("DE", "added", 4),
        ("GB", "added", 5),
    ]


def test_the_later_state_comes_second(sqlite_store: Store) -> None:
    fill(sqlite_store)
    with pytest.raises(Invalid, match="has 5 entries, more than the 4"):
        between(sqlite_store, 5, 4)


def test_it_goes_on_behind_an_entry(store: Store) -> None:
    fill(store)
    assert [change.after for change in between(store, 0, after=2)] == [4, 5]


def test_the_metadata_region_is_not_mixed_in(store: Store) -> None:
    fill(store)
    lifecycle.publish(store, "country")
    append(store, country("name", "A key that metadata has"))
    assert [change.key for change in between(store, 5)] == ["name"]


def test_chunks_are_joined(sqlite_store: CheckedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    make(sqlite_store)
    grow(sqlite_store, 9)
    monkeypatch.setattr(module, "CHUNK", 4)
    assert [change.after for change in between(sqlite_store, 0)] == list(range(1, 10))
    monkeypatch.setattr(module, "CHUNK", 3)
    assert [change.after for change in between(sqlite_store, 0)] == list(range(1, 10))


KEYS = st.sampled_from(["A", "B", "C"])
NAMES = st.sampled_from(["x", "y"])


def naive(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, dict[str, dict[str, object]]]:
    """All records of both states, compared."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for key in new:
        before, after = json.loads(old.get(key, "{}")), json.loads(new[key])
        sides = {
            name: {s: i[name] for s, i in (("from", before), ("to", after)) if name in i}
            for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)
        }
        if sides:
            found[key] = sides
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=st.lists(st.tuples(KEYS, NAMES), min_size=1, max_size=12), data=st.data())
def test_it_is_the_difference_of_all_records(
    sqlite_store: CheckedStore, log: list[tuple[str, str]], data: st.DataObject
) -> None:
    sqlite_store.checking = False
    if names_in(sqlite_store):
        lifecycle.drop(sqlite_store, "country")
    make(sqlite_store)
    states: list[dict[str, str]] = [{}]
    for key, name in log:
        body = json.dumps({"country": key, "name": name}, separators=(",", ":"))
        if states[-1].get(key) == body:
            continue
        append(sqlite_store, country(key, name))
        states.append({**states[-1], key: body})
    old = data.draw(st.integers(0, len(states) - 1))
    new = data.draw(st.integers(old, len(states) - 1))
    found = between(sqlite_store, old, new)
    assert {change.key: change.fields for change in found} == naive(states[old], states[new])
    assert [change.after for change in found] == sorted(change.after for change in found)
