"""Loading a source: created, filled and published; again, nothing; killed, completed; changed, one entry."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loaders import countries, uk_subdivisions
from loaders.loading import SOURCES, Loaded, Source, load
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Definition, Field
from registers.entry import Entry
from registers.errors import Conflict, Invalid
from registers.fsck import check_all
from registers.opening import open_store
from registers.register import Authority, Revision
from registers.store import registers
from registers.store.engine import Store
from registers.store.migrations import migrate

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_700_000_000
AUTHORITY = Authority("tester")
OPERATOR = "registers.example.org"

# Run by a process of its own, which ends as a killed one does: at the first word of progress, which comes
# when the register is made and before its entries are; or when half of the entries have been prepared.
KILLED = """
import os, signal, sys
from loaders.loading import SOURCES, load
from registers.opening import open_store
from registers.register import Authority

def kill(done, total):
    if done >= total * float(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

load(open_store(sys.argv[1]), SOURCES["countries"], Authority("tester"), "registers.example.org", kill)
"""


class Later:
    """A source as a later release of its library might give it."""

    PUBLISHER = LICENCE = ATTRIBUTION = URL = RHYTHM = "as before"

    def __init__(self, source: Source, definition: Definition, changes: list[Change]) -> None:
        self.NAME, self.REGISTER = source.NAME, source.REGISTER
        self._definition, self._changes = definition, changes

    def definition(self) -> Definition:
        return self._definition

    def changes(self) -> list[Change]:
        return self._changes


def later(*changed: Change, fields: tuple[Field, ...] = ()) -> Later:
    """The countries, with these changes in the place of those with their keys or after all; more fields."""
    by_key = {change.key: change for change in [*countries.changes(), *changed]}
    definition = countries.definition()
    return Later(countries, replace(definition, fields=definition.fields + fields), list(by_key.values()))


def item_of(key: str) -> dict[str, object]:
    return dict(next(change.item for change in countries.changes() if change.key == key))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url, clock=lambda: NOW)
    migrate(opened)
    yield opened
    opened.close()


def bring(store: Store, source: Source) -> Loaded:
    """Load, and check the whole log after it."""
    loaded = load(store, source, AUTHORITY, OPERATOR, lambda _done, _total: None)
    check_all(store)
    return loaded


def counts(loaded: Loaded) -> tuple[int, int, int]:
    return loaded.added, loaded.changed, loaded.unchanged


def revisions(store: Store, name: str) -> list[Revision]:
    with store.reading() as tx:
        return registers.revisions(tx.connection, snapshot.find_register(tx, name).id)


def entries(store: Store, name: str) -> list[Entry]:
    with store.reading() as tx:
        return snapshot.take(tx, snapshot.find_register(tx, name)).entries(1, 10_000)


def definition_of(store: Store, name: str) -> Definition:
    with store.reading() as tx:
        found = snapshot.read_definition(tx, snapshot.find_register(tx, name))
    assert found is not None
    return found


def status(store: Store, name: str) -> str:
    with store.reading() as tx:
        return snapshot.find_register(tx, name).status


def test_the_sources_are_found_by_the_names_one_types() -> None:
    assert {name: source.REGISTER for name, source in SOURCES.items()} == {
        "countries": "country",
        "uk-subdivisions": "uk-subdivision",
    }


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_says_whose_it_is_and_how_it_maps(name: str) -> None:
    source = SOURCES[name]
    assert name == source.NAME
    assert source.definition().name == source.REGISTER
    told = (source.PUBLISHER, source.LICENCE, source.ATTRIBUTION, source.URL, source.RHYTHM)
    assert all(told)
    assert source.URL.startswith("https://")
    assert "Mapping:" in (source.__doc__ or "") and "Quirks" in (source.__doc__ or "")


@pytest.mark.parametrize("name", SOURCES)
def test_a_load_creates_fills_and_publishes_the_register(store: Store, name: str) -> None:
    source = SOURCES[name]
    changes = source.changes()
    loaded = bring(store, source)
    assert counts(loaded) == (len(changes), 0, 0)
    assert loaded.register.status == status(store, source.REGISTER) == "published"
    assert loaded.register.origin == f"{OPERATOR}/{source.REGISTER}"
    found = entries(store, source.REGISTER)
    assert [(entry.key, json.loads(entry.body)) for entry in found] == [(change.key, change.item) for change in changes]
    assert {entry.timestamp for entry in found} == {NOW}
    assert definition_of(store, source.REGISTER) == source.definition()


def test_all_entries_of_a_load_are_one_revision_that_names_its_source(store: Store) -> None:
    loaded = bring(store, countries)
    assert loaded.revision == revisions(store, "country")[-1]
    assert loaded.revision is not None
    assert (loaded.revision.number, loaded.revision.entries) == (2, 280)
    assert (loaded.revision.actor, loaded.revision.policy) == ("tester", "direct")
    assert {revision.source for revision in revisions(store, "country")} == {"countries"}


def test_a_second_load_appends_nothing(store: Store) -> None:
    bring(store, countries)
    before = revisions(store, "country")
    again = bring(store, countries)
    assert counts(again) == (0, 0, 280)
    assert again.revision is None
    assert again.register.status == "published"
    assert revisions(store, "country") == before


def test_a_second_load_begins_no_write(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to append, nothing to wait for: it is not held up by another writer."""
    bring(store, countries)
    monkeypatch.setattr(store, "writing", lambda: pytest.fail("a load without news began a write"))
    assert counts(load(store, countries, AUTHORITY, OPERATOR, lambda _done, _total: None)) == (0, 0, 280)


def test_a_changed_item_is_exactly_one_entry(store: Store) -> None:
    bring(store, countries)
    renamed = Change("TR", {**item_of("TR"), "name": "Turkey"})
    loaded = bring(store, later(renamed))
    assert counts(loaded) == (0, 1, 279)
    found = entries(store, "country")
    assert len(found) == 281
    assert (found[-1].key, json.loads(found[-1].body)) == ("TR", renamed.item)
    assert loaded.revision is not None and loaded.revision.entries == 281


def test_a_new_record_is_exactly_one_entry(store: Store) -> None:
    bring(store, countries)
    loaded = bring(store, later(Change("XK", {"country": "XK", "name": "Kosovo"})))
    assert counts(loaded) == (1, 0, 280)
    assert [entry.key for entry in entries(store, "country")][280:] == ["XK"]


def test_what_the_source_no_longer_has_stays(store: Store) -> None:
    bring(store, countries)
    loaded = bring(store, Later(countries, countries.definition(), countries.changes()[1:]))
    assert counts(loaded) == (0, 0, 279)
    assert len(entries(store, "country")) == 280


def test_new_fields_come_before_the_items_that_use_them(store: Store) -> None:
    bring(store, countries)
    capital = Field("capital", text="The seat of government.")
    paris = Change("FR", {**item_of("FR"), "capital": "Paris"})
    loaded = bring(store, later(paris, fields=(capital,)))
    assert counts(loaded) == (0, 1, 279)
    grown = definition_of(store, "country")
    assert grown.fields == (*countries.definition().fields, capital)
    assert grown == replace(countries.definition(), fields=grown.fields)
    assert [revision.entries for revision in revisions(store, "country")] == [0, 280, 280, 281]


def test_fields_without_new_items_are_a_revision_too(store: Store) -> None:
    bring(store, countries)
    loaded = bring(store, later(fields=(Field("capital"),)))
    assert counts(loaded) == (0, 0, 280)
    assert loaded.revision == revisions(store, "country")[-1]
    assert bring(store, later(fields=(Field("capital"),))).revision is None


def test_fields_that_a_custodian_added_stay(store: Store) -> None:
    bring(store, countries)
    synonyms = Field("synonyms", cardinality="n")
    grown = replace(countries.definition(), fields=(*countries.definition().fields, synonyms))
    known = dict(countries.definition().entries())
    items = [(key, item) for key, item in grown.entries() if known.get(key) != item]
    lifecycle.define(store, "country", items, AUTHORITY)
    assert bring(store, countries).revision is None
    bring(store, later(fields=(Field("capital"),)))
    assert definition_of(store, "country").field_names[-2:] == ["synonyms", "capital"]


def test_a_field_that_means_something_else_is_refused(store: Store) -> None:
    bring(store, countries)
    before = revisions(store, "country")
    definition = countries.definition()
    fields = tuple(replace(f, datatype="integer") if f.name == "numeric" else f for f in definition.fields)
    with pytest.raises(Invalid, match="numeric cannot change its datatype"):
        bring(store, Later(countries, replace(definition, fields=fields), countries.changes()))
    check_all(store)
    assert revisions(store, "country") == before


def test_an_item_that_breaks_a_rule_keeps_all_from_being_written(store: Store) -> None:
    bring(store, countries)
    before = revisions(store, "country")
    wrong = Change("DY", {**item_of("DY"), "end-date": "1977-13"})
    with pytest.raises(Invalid, match="end-date"):
        bring(store, later(Change("XK", {"country": "XK"}), wrong))
    check_all(store)
    assert revisions(store, "country") == before


@pytest.mark.parametrize("share", ["0", "0.5"])
def test_a_load_that_was_killed_is_completed_by_the_next(store: Store, database_url: str, share: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, database_url, share], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    check_all(store)
    assert (status(store, "country"), entries(store, "country")) == ("draft", [])
    assert counts(bring(store, countries)) == (280, 0, 0)
    assert status(store, "country") == "published"
    assert [revision.entries for revision in revisions(store, "country")] == [0, 280]


def test_a_load_that_was_killed_before_publishing_is_published_by_the_next(store: Store) -> None:
    """What is durable then: all that two of the three acts of a load write."""
    authority = replace(AUTHORITY, source="countries")
    lifecycle.create(store, countries.definition(), authority, OPERATOR)
    lifecycle.append(store, "country", countries.changes(), authority)
    loaded = bring(store, countries)
    assert counts(loaded) == (0, 0, 280)
    assert loaded.register.status == status(store, "country") == "published"


def test_a_draft_without_entries_is_used_whoever_made_it(store: Store) -> None:
    lifecycle.create(store, countries.definition(), AUTHORITY, OPERATOR)
    assert counts(bring(store, countries)) == (280, 0, 0)
    assert counts(bring(store, countries)) == (0, 0, 280)


def test_a_register_of_that_name_from_elsewhere_is_not_written_over(store: Store) -> None:
    definition = Definition("country", "country", (Field("country"), Field("name"), Field("citizen-names")))
    lifecycle.create(store, definition, AUTHORITY, OPERATOR)
    britain = Change("GB", {"country": "GB", "name": "United Kingdom", "citizen-names": "Briton"})
    lifecycle.append(store, "country", [britain], AUTHORITY)
    lifecycle.publish(store, "country")
    before = revisions(store, "country")
    with pytest.raises(Conflict, match="country is here already and was not made from countries"):
        bring(store, countries)
    check_all(store)
    assert revisions(store, "country") == before


def test_entries_of_others_do_not_make_it_somebody_else_s(store: Store) -> None:
    bring(store, countries)
    lifecycle.append(store, "country", [Change("XK", {"country": "XK", "name": "Kosovo"})], AUTHORITY)
    assert counts(bring(store, countries)) == (0, 0, 280)
    assert len(entries(store, "country")) == 281


def test_parents_and_country_are_records_where_the_country_register_is(store: Store) -> None:
    bring(store, countries)
    bring(store, uk_subdivisions)
    keys = {name: {entry.key for entry in entries(store, name)} for name in ("country", "uk-subdivision")}
    items = [json.loads(entry.body) for entry in entries(store, "uk-subdivision")]
    assert {item["country"] for item in items} <= keys["country"]
    assert {item["parent"] for item in items if "parent" in item} <= keys["uk-subdivision"]


def test_a_parent_that_does_not_exist_is_refused(store: Store) -> None:
    lost = Change("XYZ", {"uk-subdivision": "XYZ", "name": "Lost", "parent": "CYM", "country": "GB"})
    source = Later(uk_subdivisions, uk_subdivisions.definition(), [*uk_subdivisions.changes(), lost])
    with pytest.raises(Invalid, match="parent: 'CYM' is not the key of a record of uk-subdivision"):
        bring(store, source)
    check_all(store)
    assert entries(store, "uk-subdivision") == []
    assert counts(bring(store, uk_subdivisions)) == (221, 0, 0)


def test_a_country_that_does_not_exist_is_refused(store: Store) -> None:
    bring(store, countries)
    lost = Change("XYZ", {"uk-subdivision": "XYZ", "name": "Lost", "country": "UK"})
    source = Later(uk_subdivisions, uk_subdivisions.definition(), [lost])
    with pytest.raises(Invalid, match="country: 'UK' is not the key of a record of country"):
        bring(store, source)
    check_all(store)
    assert entries(store, "uk-subdivision") == []


def test_progress_goes_up_to_all_and_ends_there(store: Store) -> None:
    bring(store, countries)
    source = later(Change("XK", {"country": "XK"}), Change("XX", {"country": "XX"}))
    told: list[tuple[int, int]] = []
    load(store, source, AUTHORITY, OPERATOR, lambda done, total: told.append((done, total)))
    check_all(store)
    assert told == [(280, 282), (280, 282), (281, 282), (282, 282)]
