"""A register is founded whole or not at all: defined, filled, published."""

from __future__ import annotations

import pytest

from registers import snapshot
from registers.errors import Conflict, Invalid
from registers.founding import found
from registers.store.engine import Store
from tests.makers import AUTHORITY, OPERATOR, country, definition, entries_of, names_in, revisions_of


def test_a_register_is_there_with_its_entries_and_is_published(store: Store) -> None:
    register = found(
        store,
        definition(),
        [country("GB", "Britain"), country("FR", "France")],
        AUTHORITY,
        OPERATOR,
        publish=True,
    )
    assert (register.name, register.status, register.key_field) == ("country", "published", "country")
    assert [entry.key for entry in entries_of(store)] == ["GB", "FR"]
    assert [each.actor for each in revisions_of(store)] == ["tester", "tester"]
    with store.reading() as tx:
        assert snapshot.read_definition(tx, register) == definition()


def test_without_entries_it_is_an_empty_draft(store: Store) -> None:
    assert found(store, definition(), [], AUTHORITY, OPERATOR).status == "draft"
    assert entries_of(store) == []


@pytest.mark.parametrize(
    "changes",
    [
        [country("GB", "Britain"), country("FR", "France", start_date="never")],
        [country("GB", "Britain"), country("GB", "Britain")],
        [country("GB", "Britain"), country("foo.csv", "Like a format")],
    ],
)
def test_one_entry_that_will_not_do_leaves_nothing_behind(store: Store, changes: list[object]) -> None:
    with pytest.raises(Invalid):
        found(store, definition(), changes, AUTHORITY, OPERATOR)  # type: ignore[arg-type]
    assert names_in(store) == []


def test_a_name_is_taken_once(store: Store) -> None:
    found(store, definition(), [country("GB", "Britain")], AUTHORITY, OPERATOR)
    with pytest.raises(Conflict, match="already a register country"):
        found(store, definition(), [country("GB", "Britain")], AUTHORITY, OPERATOR)


def test_the_tier_is_as_its_definition_says(store: Store) -> None:
    assert found(store, definition(tier="critical"), [], AUTHORITY, OPERATOR).tier == "critical"
    with pytest.raises(Invalid, match="tier: is one of ordinary, critical, not 'vital'"):
        found(store, definition("other", tier="vital"), [], AUTHORITY, OPERATOR)
