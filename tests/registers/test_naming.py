"""Registers given another name, and retired: what leads where, who may have a name, and what stays in the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from registers import lifecycle, naming, snapshot
from registers.backup import backup, restore
from registers.definition import Definition, Field
from registers.entry import Region
from registers.errors import Conflict, Gone, Invalid, NotFound, Renamed, Retired
from registers.opening import open_store
from registers.register import Register
from registers.store import registers
from registers.store.engine import Store
from tests.makers import AUTHORITY, COUNTRY, append, country, entries_of, head_of, make, names_in


def publish(store: Store, name: str = "country") -> Register:
    make(store, name)
    return lifecycle.publish(store, name)


def rename(store: Store, name: str, new: str) -> Register:
    return naming.rename(store, name, new, AUTHORITY)


def find(store: Store, name: str) -> Register:
    with store.reading() as tx:
        return snapshot.find_register(tx, name)


def former_names(store: Store, register: Register) -> list[str]:
    with store.reading() as tx:
        return registers.former_names(tx.connection, register.id)


def read(store: Store, name: str) -> Definition | None:
    with store.reading() as tx:
        return snapshot.read_definition(tx, snapshot.find_register(tx, name))


# Another name


def test_a_renamed_register_is_found_under_its_new_name_and_the_old_one_says_which(store: Store) -> None:
    register = publish(store)
    made = rename(store, "country", "nation")
    assert (made.id, made.name, made.origin) == (register.id, "nation", register.origin)
    assert find(store, "nation") == made
    with pytest.raises(Renamed, match="the register country is now called nation") as renamed:
        find(store, "country")
    assert (renamed.value.old, renamed.value.new) == ("country", "nation")
    assert former_names(store, made) == ["country"]


def test_every_former_name_leads_to_the_name_now(store: Store) -> None:
    publish(store)
    rename(store, "country", "nation")
    rename(store, "nation", "state")
    for old in ("country", "nation"):
        with pytest.raises(Renamed, match="is now called state"):
            find(store, old)


def test_a_register_may_take_back_a_name_of_its_own(store: Store) -> None:
    register = publish(store)
    rename(store, "country", "nation")
    assert rename(store, "nation", "country").name == "country"
    assert former_names(store, register) == ["nation"]
    with pytest.raises(Renamed, match="nation is now called country"):
        find(store, "nation")


def test_no_other_register_gets_a_name_that_was_in_use(store: Store) -> None:
    publish(store), make(store, "other")
    rename(store, "country", "nation")
    for act in (lambda: make(store), lambda: rename(store, "other", "country")):
        with pytest.raises(Conflict, match="country is a former name of the register nation"):
            act()
    with pytest.raises(Conflict, match="there is already a register nation"):
        rename(store, "other", "nation")
    assert sorted(names_in(store)) == ["nation", "other"]


def test_a_draft_leaves_no_name_behind(store: Store) -> None:
    make(store)
    made = rename(store, "country", "nation")
    assert (made.status, former_names(store, made)) == ("draft", [])
    make(store)
    assert sorted(names_in(store)) == ["country", "nation"]
    lifecycle.drop(store, "nation")


@pytest.mark.parametrize("new", ["", "Country", "a b", "a/b", "-a", "a" * 101, "a\n"])
def test_what_is_no_name_is_refused(sqlite_store: Store, new: str) -> None:
    publish(sqlite_store)
    with pytest.raises(Invalid, match="is not a name"):
        rename(sqlite_store, "country", new)


def test_the_same_name_is_refused(sqlite_store: Store) -> None:
    publish(sqlite_store)
    with pytest.raises(Conflict, match="is called that already"):
        rename(sqlite_store, "country", "country")
    with pytest.raises(NotFound, match="there is no register 'nothing'"):
        rename(sqlite_store, "nothing", "something")


def test_the_log_says_the_new_name_and_keeps_what_it_said(store: Store) -> None:
    publish(store)
    append(store, country("GB", "United Kingdom"))
    before, head = entries_of(store, region=Region.METADATA), head_of(store)
    rename(store, "country", "nation")
    after = entries_of(store, "nation", Region.METADATA)
    assert after[:-1] == before
    assert (after[-1].key, after[-1].body) == ("name", '{"name":"nation"}')
    now = head_of(store, "nation")
    assert (now.v1_root, now.v2_root, now.entries) == (head.v1_root, head.v2_root, head.entries)
    found = read(store, "nation")
    assert found is not None and (found.name, found.key_field, found.fields) == ("nation", "country", COUNTRY)


def test_a_name_that_the_log_says_already_is_not_said_again(store: Store) -> None:
    """A register loaded under another name than its own has the latter in its metadata."""
    publish(store, "country")
    lifecycle.define(store, "country", [("name", {"name": "nation"})], AUTHORITY)
    size = head_of(store).metadata_entries
    rename(store, "country", "nation")
    assert head_of(store, "nation").metadata_entries == size


def test_a_renamed_register_goes_on_growing(store: Store) -> None:
    publish(store)
    append(store, country("GB", "United Kingdom"))
    rename(store, "country", "nation")
    lifecycle.add_field(store, "nation", Field("capital"), AUTHORITY)
    append(store, country("FR", "France", capital="Paris"), to="nation")
    found = read(store, "nation")
    assert found is not None and found.field_names == [*(field.name for field in COUNTRY), "capital"]
    keys = [entry.key for entry in entries_of(store, "nation", Region.METADATA)]
    assert keys[-2:] == ["field:capital", "register:nation"] and "register:country" in keys


def test_links_to_a_former_name_are_still_held_to_the_register(store: Store) -> None:
    publish(store)
    append(store, country("GB", "United Kingdom"))
    rename(store, "country", "nation")
    make(store, "city", ["city", Field("country", register="country")])
    lifecycle.append(store, "city", [lifecycle.Change("LON", {"city": "LON", "country": "GB"})], AUTHORITY)
    with pytest.raises(Invalid, match="'XX' is not the key of a record of country"):
        lifecycle.append(store, "city", [lifecycle.Change("PAR", {"city": "PAR", "country": "XX"})], AUTHORITY)


def test_a_renamed_register_may_still_point_at_itself(store: Store) -> None:
    make(store, "place", ["place", "name", Field("part-of", register="place")])
    lifecycle.publish(store, "place")
    rename(store, "place", "area")
    changes = [
        lifecycle.Change("A", {"place": "A"}),
        lifecycle.Change("B", {"place": "B", "part-of": "A"}),
    ]
    assert lifecycle.append(store, "area", changes, AUTHORITY).revision.entries == 2


def test_former_names_and_successors_are_part_of_a_backup(store: Store, tmp_path: Path) -> None:
    publish(store), publish(store, "old")
    rename(store, "country", "nation")
    naming.retire(store, "old", "nation")
    backup(store, tmp_path / "backup.db")
    restored = open_store(f"sqlite:///{tmp_path / 'restored.db'}", store.clock)
    restore(tmp_path / "backup.db", restored)
    with pytest.raises(Renamed, match="is now called nation"):
        find(restored, "country")
    with pytest.raises(Retired, match="use nation instead"):
        find(restored, "old")
    restored.close()


# Retired


def test_a_retired_register_says_what_to_use_instead(store: Store) -> None:
    publish(store), publish(store, "nation")
    made = naming.retire(store, "country", "nation")
    assert (made.status, made.successor) == ("retired", "nation")
    with pytest.raises(Retired, match="the register country is retired; use nation instead") as retired:
        find(store, "country")
    assert (retired.value.name, retired.value.successor) == ("country", "nation")


def test_a_register_may_be_retired_without_a_successor(store: Store) -> None:
    publish(store)
    assert naming.retire(store, "country").successor is None
    with pytest.raises(Gone, match="the register country is retired$"):
        naming.retire(store, "country")


def test_a_retired_register_takes_no_entries_any_more(store: Store) -> None:
    """Not even those that were on their way when it was retired."""
    publish(store)
    append(store, country("GB", "United Kingdom"))
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
        subject = lifecycle.subject_of(tx, register)
    batch = lifecycle.batches.prepare(subject, store.hashings, [country("FR", "France")])
    naming.retire(store, "country")
    with pytest.raises(Gone, match="takes no entries any more"), store.writing() as tx:
        lifecycle.log.append(tx, register, batch, AUTHORITY)
    for act in (
        lambda: append(store, country("FR", "France")),
        lambda: lifecycle.add_field(store, "country", Field("capital"), AUTHORITY),
        lambda: rename(store, "country", "nation"),
    ):
        with pytest.raises(Gone, match="is retired"):
            act()


def test_a_draft_is_dropped_rather_than_retired(sqlite_store: Store) -> None:
    make(sqlite_store)
    with pytest.raises(Conflict, match="is a draft; drop it instead"):
        naming.retire(sqlite_store, "country")


@pytest.mark.parametrize(
    "successor",
    ["https://example.org/registers/nation", "http://localhost:8000/v2/registers/x", "https://example.org/?a=b#c"],
)
def test_a_successor_may_be_elsewhere(sqlite_store: Store, successor: str) -> None:
    publish(sqlite_store)
    assert naming.retire(sqlite_store, "country", successor).successor == successor


@pytest.mark.parametrize(
    ("successor", "sentence"),
    [
        ("", "'' is not a name"),
        ("nothing", "successor: there is no register 'nothing'"),
        ("draft", "successor: there is no register 'draft'"),
        ("country", "successor: country is the register that is to be retired"),
        ("former", "successor: the register former is now called later"),
        ("javascript:alert(1)", "is not an absolute URL"),
        ("//example.org/x", "is not a name"),
        ("https://", "is not an absolute URL"),
        ("https://exa mple.org", "is not an absolute URL"),
        ("https://example.org/\r\nSet-Cookie: a=b", "is not an absolute URL"),
        ('https://example.org/>; rel="x"', "is not an absolute URL"),
        ("https://example.org:99999/", "is not an absolute URL"),
        ("https://[::1/", "is not an absolute URL"),
        ("https://exämple.org/", "is not an absolute URL"),
        ("https://example.org/" + "x" * 2000, "is not an absolute URL"),
    ],
)
def test_a_successor_that_is_neither_a_register_nor_a_url_is_refused(
    sqlite_store: Store, successor: str, sentence: str
) -> None:
    publish(sqlite_store), make(sqlite_store, "draft"), publish(sqlite_store, "former")
    rename(sqlite_store, "former", "later")
    with pytest.raises(Invalid, match=sentence):
        naming.retire(sqlite_store, "country", successor)
    assert find(sqlite_store, "country").status == "published"


# Defined further


def test_a_field_is_added_after_the_others(store: Store) -> None:
    publish(store)
    lifecycle.add_field(store, "country", Field("capital", "string", "n", text="Its capitals"), AUTHORITY)
    found = read(store, "country")
    assert found is not None and found.fields == (*COUNTRY, Field("capital", "string", "n", text="Its capitals"))
    with pytest.raises(Conflict, match="has a field capital already"):
        lifecycle.add_field(store, "country", Field("capital"), AUTHORITY)
    with pytest.raises(Invalid, match="number"):
        lifecycle.add_field(store, "country", Field("area", "number"), AUTHORITY)


def test_only_what_differs_of_a_description_is_written(store: Store) -> None:
    publish(store)
    assert lifecycle.describe(store, "country", {"title": "Country", "text": "Countries"}, AUTHORITY) is not None
    size = head_of(store).metadata_entries
    assert lifecycle.describe(store, "country", {"title": "Country", "text": "Countries"}, AUTHORITY) is None
    assert lifecycle.describe(store, "country", {}, AUTHORITY) is None
    assert lifecycle.describe(store, "country", {"title": "Country", "text": "More"}, AUTHORITY) is not None
    assert head_of(store).metadata_entries == size + 1
    found = read(store, "country")
    assert found is not None and (found.title, found.text, found.fields) == ("Country", "More", COUNTRY)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"colour": "red"}, "'colour' cannot be changed"),
        ({"title": ""}, "title: may be changed, and not emptied"),
        ({"phase": "done"}, "phase: is one of"),
        ({"custodian": "a\0b"}, "may not contain U\\+0000"),
    ],
)
def test_a_bad_description_changes_nothing(sqlite_store: Store, members: dict[str, str], sentence: str) -> None:
    publish(sqlite_store)
    size = head_of(sqlite_store).metadata_entries
    with pytest.raises(Invalid, match=sentence):
        lifecycle.describe(sqlite_store, "country", members, AUTHORITY)
    assert head_of(sqlite_store).metadata_entries == size


def test_an_append_may_ask_for_a_size(store: Store) -> None:
    publish(store)
    lifecycle.append(store, "country", [country("GB")], AUTHORITY, size=0)
    with pytest.raises(lifecycle.Moved, match="has 1 entries, not 0"):
        lifecycle.append(store, "country", [country("FR")], AUTHORITY, size=0)
    assert head_of(store).entries == 1
