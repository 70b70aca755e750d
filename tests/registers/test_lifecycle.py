"""What may be done to a register, and when: create, define, append, publish, drop."""

from __future__ import annotations

import pytest

from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Definition, Field
from registers.errors import Conflict, Gone, Invalid, NotFound
from registers.register import Register
from registers.store import registers
from registers.store.engine import Store
from tests.makers import (
    AUTHORITY,
    COUNTRY,
    NOW,
    OPERATOR,
    append,
    country,
    definition,
    entries_of,
    grow,
    head_of,
    make,
    names_in,
    rows_in,
)

WIDER = definition(fields=(*COUNTRY, Field("capital")))


def read(store: Store, name: str = "country") -> Definition | None:
    with store.reading() as tx:
        return snapshot.read_definition(tx, snapshot.find_register(tx, name))


def define(store: Store, made: Definition, *keys: str) -> None:
    """Append those of a definition's metadata entries that have these keys."""
    entries = dict(made.entries())
    lifecycle.define(store, made.name, [(key, entries[key]) for key in keys], AUTHORITY)


# Creating


def test_a_new_register_is_a_draft_with_its_definition(store: Store) -> None:
    made = make(store)
    assert (made.name, made.key_field, made.origin) == ("country", "country", f"{OPERATOR}/country")
    assert (made.tier, made.status, made.loading, made.created) == ("ordinary", "draft", False, NOW)
    assert read(store) == definition()
    head = head_of(store)
    assert (head.revision, head.entries, head.metadata_entries) == (1, 0, len(definition().entries()))


def test_a_name_can_be_taken_once(store: Store) -> None:
    make(store)
    before = rows_in(store)
    with pytest.raises(Conflict, match="there is already a register country"):
        make(store)
    assert rows_in(store) == before


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (definition("Country"), "is not a name"),
        (definition(fields=["a", "a"]), "a field is listed twice"),
        (definition(tier="secret"), "tier: is one of ordinary, critical, not 'secret'"),
        (definition(key_field="colour"), "key-field: 'colour' is not one of the fields"),
    ],
)
def test_a_definition_that_breaks_a_rule_makes_nothing(sqlite_store: Store, made: Definition, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        lifecycle.create(sqlite_store, made, AUTHORITY, OPERATOR)
    assert sum(rows_in(sqlite_store).values()) == 0


def test_registers_do_not_touch_each_other(store: Store) -> None:
    make(store)
    make(store, "land")
    append(store, country("GB", "a"))
    before = head_of(store)
    append(store, country("GB", "b"), country("FR", "c"), to="land")
    lifecycle.drop(store, "land")
    assert head_of(store) == before
    assert [entry.key for entry in entries_of(store)] == ["GB"]


@pytest.mark.parametrize("act", [lifecycle.publish, lifecycle.drop, lambda store, name: append(store, to=name)])
def test_a_register_that_is_not_there_is_not_found(sqlite_store: Store, act: object) -> None:
    with pytest.raises(NotFound, match="there is no register 'country'"):
        act(sqlite_store, "country")  # type: ignore[operator]


# Publishing and dropping


def test_a_draft_is_published_once(store: Store) -> None:
    make(store)
    assert lifecycle.publish(store, "country").status == "published"
    with pytest.raises(Conflict, match="the register country is already published"):
        lifecycle.publish(store, "country")


def test_a_draft_is_hidden_from_those_who_ask_for_public_registers(sqlite_store: Store) -> None:
    make(sqlite_store)
    with sqlite_store.reading() as tx, pytest.raises(NotFound):
        snapshot.find_register(tx, "country", drafts=False)
    lifecycle.publish(sqlite_store, "country")
    with sqlite_store.reading() as tx:
        assert snapshot.find_register(tx, "country", drafts=False).name == "country"


def test_a_draft_can_be_dropped_with_all_it_holds(store: Store) -> None:
    make(store)
    grow(store, 300)
    assert rows_in(store)["tile"] > 0
    lifecycle.drop(store, "country")
    assert sum(rows_in(store).values()) == 0
    assert make(store).id > 1, "an id is never used again"


def test_a_published_register_is_never_dropped(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"))
    lifecycle.publish(store, "country")
    before = rows_in(store)
    with pytest.raises(Conflict, match="the register country is published; only a draft may be dropped"):
        lifecycle.drop(store, "country")
    assert rows_in(store) == before


def test_a_retired_register_is_gone(store: Store) -> None:
    made = retired(store)
    for act in (lifecycle.publish, lifecycle.drop):
        with pytest.raises(Gone, match="the register country is retired"):
            act(store, "country")
    with pytest.raises(Gone):
        append(store, country("GB", "a"))
    with store.reading() as tx:
        assert registers.get(tx.connection, made.id) is not None


def retired(store: Store) -> Register:
    made = make(store)
    lifecycle.publish(store, "country")
    with store.writing() as tx:
        registers.change(tx.connection, made.id, status="retired")
    return made


# Growing a definition


def test_a_published_register_may_gain_fields(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"))
    lifecycle.publish(store, "country")
    define(store, WIDER, "field:capital", "register:country")
    append(store, country("GB", "a", capital="London"))
    assert read(store) == WIDER


def test_a_published_field_may_not_go(store: Store) -> None:
    make(store)
    lifecycle.publish(store, "country")
    before = rows_in(store)
    narrow = [("register:country", {"register": "country", "fields": ["country", "name"]})]
    with pytest.raises(Invalid, match="the field citizen-names cannot be removed"):
        lifecycle.define(store, "country", narrow, AUTHORITY)
    assert rows_in(store) == before


@pytest.mark.parametrize(
    "changed", [Field("name", "text"), Field("name", cardinality="n"), Field("name", register="word")]
)
def test_a_published_field_may_not_change_what_it_holds(store: Store, changed: Field) -> None:
    make(store)
    lifecycle.publish(store, "country")
    before = rows_in(store)
    with pytest.raises(Invalid, match="the field name cannot change"):
        lifecycle.define(store, "country", [("field:name", changed.item())], AUTHORITY)
    assert rows_in(store) == before


def test_a_published_register_may_change_its_words(store: Store) -> None:
    make(store)
    lifecycle.publish(store, "country")
    reworded = definition(fields=(COUNTRY[0], Field("name", text="What people say"), *COUNTRY[2:]), custodian="B")
    define(store, reworded, "field:name", "custodian")
    assert read(store) == reworded


def test_a_draft_may_lose_and_change_fields(store: Store) -> None:
    make(store)
    other = definition(fields=[Field("country"), Field("name", "text"), Field("area", "integer")])
    define(store, other, "field:name", "field:area", "register:country")
    assert read(store) == other
    append(store, country("GB", "a", area="5"))
    lifecycle.publish(store, "country")


def test_a_definition_that_would_not_hold_together_is_refused(store: Store) -> None:
    make(store)
    before = rows_in(store)
    with pytest.raises(Invalid, match="no metadata entry field:capital defines it"):
        define(store, WIDER, "register:country")
    assert rows_in(store) == before


def test_a_draft_that_lost_its_key_field_cannot_be_published(store: Store) -> None:
    make(store)
    lifecycle.define(store, "country", [("register:country", {"register": "country", "fields": ["name"]})], AUTHORITY)
    with pytest.raises(Invalid, match="key-field: 'country' is not one of the fields"):
        lifecycle.publish(store, "country")


def test_metadata_of_an_unknown_kind_is_refused(sqlite_store: Store) -> None:
    make(sqlite_store)
    with pytest.raises(Invalid, match="^colour: 'colour' is not a metadata key"):
        lifecycle.define(sqlite_store, "country", [("colour", {"colour": "red"})], AUTHORITY)
    with pytest.raises(Invalid, match="there is nothing to append"):
        lifecycle.define(sqlite_store, "country", [], AUTHORITY)


def test_metadata_that_says_nothing_new_is_refused(sqlite_store: Store) -> None:
    make(sqlite_store)
    lifecycle.define(sqlite_store, "country", [("custodian", {"custodian": "A"})], AUTHORITY)
    with pytest.raises(Invalid, match="custodian: the item is already the current record of 'custodian'"):
        lifecycle.define(sqlite_store, "country", [("custodian", {"custodian": "A"})], AUTHORITY)


def test_a_register_is_published_only_with_a_definition(sqlite_store: Store) -> None:
    with sqlite_store.writing() as tx:
        lifecycle.add(tx, "country", OPERATOR)
    with pytest.raises(Invalid, match="has no definition, so there is nothing to publish"):
        lifecycle.publish(sqlite_store, "country")
    with pytest.raises(Invalid, match="the register has no definition yet"):
        append(sqlite_store, Change("GB", {"country": "GB"}))


def test_a_draft_whose_records_do_not_keep_its_fields_cannot_be_published(sqlite_store: Store) -> None:
    """Its dump would be refused by every strict load: metadata comes first, and a record holds an unknown field."""
    make(sqlite_store)
    append(sqlite_store, country("GB", "a"))
    narrow = [("register:country", {"register": "country", "fields": ["country"], "phase": "beta"})]
    lifecycle.define(sqlite_store, "country", narrow, AUTHORITY)
    with pytest.raises(Invalid, match="name"):
        lifecycle.publish(sqlite_store, "country")


def test_loading_registers_take_no_name(store: Store) -> None:
    with store.writing() as tx:
        lifecycle.add(tx, "country", OPERATOR, loading=True)
        lifecycle.add(tx, "country", OPERATOR, loading=True)
    make(store)
    assert names_in(store) == ["country"] * 3
