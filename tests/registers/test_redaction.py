"""Taking a value away: what changes of it, what stays, and what is refused."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from registers import indexing, lifecycle, links, naming, redaction, snapshot
from registers.batch import Change
from registers.definition import Field
from registers.entry import Region
from registers.errors import Conflict, Corrupt, Invalid, NotFound, RegistersError
from registers.fsck import check_all
from registers.indexing import QUESTIONS
from registers.question import Question
from registers.redaction import Redacted, Wanted
from registers.register import Authority
from registers.search import find, indexed
from registers.store.engine import Store
from registers.v2.hashing import blob_digest, hash_text
from tests.makers import (
    AUTHORITY,
    COUNTRY,
    CheckedStore,
    FixedClock,
    append,
    country,
    entries_of,
    head_of,
    make,
    revisions_of,
)

WHY = "a person asked for it"


def marked(value: str) -> str:
    return "**REDACTED**" + sha256(b"u" + value.encode()).hexdigest()


def take_away(store: Store, key: str, *fields: str, entry: int | None = None, only: bool = False) -> Redacted:
    return redaction.take_away(store, "country", Wanted(key, fields, entry, only), WHY, AUTHORITY)


def names(store: Store) -> list[str]:
    return [json.loads(entry.body).get("name", "") for entry in entries_of(store)]


@pytest.fixture
def people(store: CheckedStore) -> CheckedStore:
    """A record that had a name, lost it, and had it again beside another; and others."""
    make(store)
    append(store, country("GB", "Jane Doe", citizen_names=["Briton", "Jane Doe"]), country("FR", "Jane Doe"))
    append(store, country("GB", "The Post"))
    append(store, country("GB", "Jane Doe", start_date="2001"))
    lifecycle.publish(store, "country")
    return store


def test_a_value_gives_way_to_its_digest_in_every_item_of_the_record(people: CheckedStore) -> None:
    before = entries_of(people)
    taken = take_away(people, "GB", "name")
    assert taken.entries == [1, 4]
    assert names(people) == [marked("Jane Doe"), "Jane Doe", "The Post", marked("Jane Doe")]
    for old, new in zip(before, entries_of(people), strict=True):
        assert old._replace(body="") == new._replace(body="")
        assert blob_digest(json.loads(new.body)) == old.digests["v2"]


def test_no_root_changes_but_that_of_the_metadata(people: CheckedStore) -> None:
    before = head_of(people)
    take_away(people, "GB", "name")
    after = head_of(people)
    assert (after.v1_root, after.v2_root, after.chain) == (before.v1_root, before.v2_root, before.chain)
    assert (after.entries, after.metadata_entries) == (before.entries, before.metadata_entries + 1)
    assert after.metadata_root != before.metadata_root


def test_it_is_recorded_without_the_value(people: CheckedStore) -> None:
    before = entries_of(people)
    actor = Authority("operator-1", "direct", "terminal")
    redaction.take_away(people, "country", Wanted("GB", ("name",)), WHY, actor)
    last = entries_of(people, region=Region.METADATA)[-1]
    assert last.key == "redaction"
    assert json.loads(last.body) == {
        "record": "GB",
        "fields": ["name"],
        "items": [f"sha-256:{before[number].digests['v1'].hex()}" for number in (0, 3)],
        "blobs": [hash_text(before[number].digests["v2"]) for number in (0, 3)],
        "values": [marked("Jane Doe").removeprefix("**REDACTED**")],
        "reason": WHY,
    }
    made = revisions_of(people)[-1]
    assert (made.actor, made.policy, made.metadata_entries) == ("operator-1", "direct", last.number)


def test_the_value_of_one_entry_is_taken_away_everywhere_or_there_alone(people: CheckedStore) -> None:
    assert take_away(people, "GB", "name", entry=3).entries == [3]
    assert names(people)[2] == marked("The Post")
    assert take_away(people, "GB", "name", entry=1, only=True).entries == [1]
    assert names(people) == [marked("Jane Doe"), "Jane Doe", marked("The Post"), "Jane Doe"]
    assert take_away(people, "GB", "name").entries == [4]


def test_the_members_of_a_list_are_taken_away_one_by_one(people: CheckedStore) -> None:
    append(people, country("GB", "x", citizen_names=["Briton", "Scot"]))
    take_away(people, "GB", "citizen-names", entry=1)
    lists = [json.loads(entry.body).get("citizen-names") for entry in entries_of(people)]
    assert lists == [[marked("Briton"), marked("Jane Doe")], None, None, None, [marked("Briton"), "Scot"]]
    take_away(people, "GB", "citizen-names")
    assert json.loads(entries_of(people)[4].body)["citizen-names"] == [marked("Briton"), marked("Scot")]


def test_several_fields_are_taken_away_at_once_and_others_later(people: CheckedStore) -> None:
    assert take_away(people, "GB", "name", "start-date").entries == [1, 4]
    assert take_away(people, "GB", "citizen-names", entry=1).entries == [1]
    assert json.loads(entries_of(people)[0].body) == {
        "country": "GB",
        "name": marked("Jane Doe"),
        "citizen-names": [marked("Briton"), marked("Jane Doe")],
    }


def test_an_item_that_several_entries_name_is_taken_away_from_all(people: CheckedStore) -> None:
    append(people, country("GB", "The Post"))
    assert take_away(people, "GB", "name").entries == [3, 5]


@pytest.mark.parametrize(
    ("key", "fields", "entry", "kind", "said"),
    [
        ("GB", ("country",), None, Invalid, "country: is the key, which entries name and roots cover"),
        ("GB", ("nickname",), None, Invalid, "'nickname' is not a field of country, whose fields are country, name"),
        ("GB", (), None, Invalid, "say which fields"),
        ("GB", ("citizen-names",), None, Invalid, "citizen-names: entry 4 has nothing in it"),
        ("DE", ("name",), None, NotFound, "has no record 'DE'"),
        ("GB", ("name",), 2, NotFound, "entry 2 of country is not one of the record 'GB'"),
        ("GB", ("name",), 99, NotFound, "entry 99 of country is not one of the record 'GB'"),
    ],
)
def test_what_cannot_be_taken_away_is_refused(
    people: CheckedStore, key: str, fields: tuple[str, ...], entry: int | None, kind: type[RegistersError], said: str
) -> None:
    before = head_of(people)
    with pytest.raises(kind, match=said):
        take_away(people, key, *fields, entry=entry)
    assert head_of(people) == before


def test_what_was_taken_away_cannot_be_again(people: CheckedStore) -> None:
    take_away(people, "GB", "name")
    with pytest.raises(Conflict, match="name: what entry 4 had in it was taken away before"):
        take_away(people, "GB", "name")


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 1001])
def test_a_reason_is_needed_and_can_be_read(people: CheckedStore, reason: str) -> None:
    with pytest.raises(Invalid, match="^reason: is"):
        redaction.take_away(people, "country", Wanted("GB", ("name",)), reason, AUTHORITY)


@pytest.mark.parametrize("reason", ["JANE doe asked for it", "the name Jane Doe"])
def test_a_reason_does_not_say_what_is_taken_away(people: CheckedStore, reason: str) -> None:
    for act in (redaction.plan, lambda *given: redaction.take_away(*given, AUTHORITY)):
        with pytest.raises(Invalid, match="^reason: says what is to be taken away"):
            act(people, "country", Wanted("GB", ("name",)), reason)
    redaction.take_away(people, "country", Wanted("GB", ("start-date",)), "the name Jane Doe", AUTHORITY)


def test_a_retired_register_gives_its_values_up(people: CheckedStore, clock: FixedClock) -> None:
    naming.retire(people, "country")
    assert take_away(people, "GB", "name").entries == [1, 4]
    with people.reading() as tx:
        bodies = tx.connection.exec_driver_sql("SELECT body FROM item WHERE region = 0").scalars().all()
    assert sum("Jane Doe" in body for body in bodies) == 2  # another field of this record, and another record


def test_a_draft_gives_its_values_up_and_is_published_then(store: CheckedStore) -> None:
    make(store, fields=(*COUNTRY, Field("home", "url")))
    append(store, country("GB", "Jane", start_date="2001-02-03", home="https://example.org/jane"))
    redaction.take_away(store, "country", Wanted("GB", ("name", "start-date", "home")), WHY, AUTHORITY)
    lifecycle.publish(store, "country")


def test_nothing_but_the_act_writes_what_says_so(people: CheckedStore) -> None:
    with pytest.raises(Invalid, match="redaction"):
        lifecycle.define(people, "country", [("redaction", {"record": "GB"})], AUTHORITY)


# What follows


def found(store: Store, words: str) -> list[int]:
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
        return find(indexed(tx, register), Question(words=words), 10).numbers


def catch_up(store: Store) -> None:
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
    QUESTIONS.catch_up(store, register)


def test_the_index_forgets_in_the_same_act_and_goes_on(people: CheckedStore) -> None:
    catch_up(people)
    append(people, country("GB", "Jane Smith"))  # which the index has not come to
    assert found(people, "doe") == [2, 4]
    take_away(people, "GB", "name", entry=1)
    assert found(people, "doe") == [2]
    assert found(people, "gb") == [4]
    catch_up(people)
    assert found(people, "jane") == [2, 5]
    take_away(people, "GB", "name")
    assert found(people, "jane") == [2]
    assert found(people, "gb") == [5]


def test_a_follower_that_has_read_and_not_written_reads_again(people: CheckedStore) -> None:
    with people.reading() as tx:
        read = indexing._read_chunk(tx, snapshot.find_register(tx, "country"))
    assert read is not None
    take_away(people, "GB", "name")
    with people.following() as tx:
        assert not indexing._write_chunk(tx, read)
    catch_up(people)
    assert found(people, "doe") == [2]


def test_a_link_that_was_taken_away_is_none(store: CheckedStore) -> None:
    make(store)
    append(store, country("GB", "x"))
    make(store, "town", ("town", Field("country", register="country")))
    append(store, Change("leeds", {"town": "leeds", "country": "GB"}), to="town")
    redaction.take_away(store, "town", Wanted("leeds", ("country",)), WHY, AUTHORITY)
    with store.reading() as tx:
        register = snapshot.find_register(tx, "town")
        definition = snapshot.read_definition(tx, register)
    assert definition is not None
    assert list(links.check_links(store, register, definition)) == []


def test_a_change_to_the_record_goes_on_and_the_same_item_stays_without_the_value(people: CheckedStore) -> None:
    take_away(people, "GB", "name", entry=1)
    append(people, country("GB", "Jane Doe", citizen_names=["Briton", "Jane Doe"]))  # the item of entry 1 again
    assert names(people)[4] == marked("Jane Doe")
    append(people, country("GB", "Somebody else"))


# Damage


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"country":"FR","name":"' + marked("Jane Doe") + '"}', "entry 2: a value was taken out of its item, and no"),
        ('{"country":"FR","name":"' + marked("John") + '"}', "entry 2: the v2 hash of its item is wrong"),
    ],
)
def test_a_value_that_is_gone_and_of_which_nothing_is_said_is_damage(
    people: CheckedStore, body: str, said: str
) -> None:
    people.checking = False
    with people.writing() as tx:
        tx.connection.exec_driver_sql(f"UPDATE item SET body = '{body}' WHERE region = 0 AND number = 2")
    with pytest.raises(Corrupt, match=said):
        check_all(people)


def test_a_value_is_held_to_the_digest_that_stands_for_it(people: CheckedStore) -> None:
    take_away(people, "GB", "name", entry=3)
    people.checking = False
    forged = '{"country":"GB","end-date":"' + marked("2001") + '","name":"' + marked("Another Post") + '"}'
    with people.writing() as tx:
        tx.connection.exec_driver_sql(f"UPDATE item SET body = '{forged}' WHERE region = 0 AND number = 3")
    with pytest.raises(Corrupt, match="entry 3: the v2 hash of its item is wrong"):
        check_all(people)
