"""The log: numbers without gaps, chains, trees, counts and revisions, and what is refused."""

from __future__ import annotations

from hashlib import sha256

import pytest

from registers import batch as batches
from registers import lifecycle, log, snapshot
from registers.batch import Change, Rules, Subject
from registers.canonical import canonical_json
from registers.definition import Field
from registers.entry import Region
from registers.errors import Invalid, Moved
from registers.register import Authority
from registers.store.engine import Store
from tests.makers import (
    AUTHORITY,
    NOW,
    OPERATOR,
    FixedClock,
    append,
    country,
    entries_of,
    head_of,
    leaf_bytes,
    make,
    naive_root,
    revisions_of,
    rows_in,
)

ORIGIN = f"{OPERATOR}/country"


def refused(store: Store, sentence: str, *changes: Change, relaxed: bool = False) -> None:
    """Appending raises Invalid with this sentence, and writes nothing."""
    before = head_of(store), rows_in(store)
    with pytest.raises(Invalid) as error:
        append(store, *changes, relaxed=relaxed)
    assert str(error.value).startswith(sentence)
    assert (head_of(store), rows_in(store)) == before


# What an append makes


def test_entries_are_numbered_from_1_without_gaps_in_both_regions(store: Store) -> None:
    make(store)
    first = append(store, country("GB", "United Kingdom"), country("FR", "France"))
    second = append(store, country("DE", "Germany"), country("GB", "UK"), country("FR", "La France"))
    lifecycle.define(store, "country", [("custodian", {"custodian": "A"})], AUTHORITY)
    assert (first.first, second.first) == (1, 3)
    assert [(e.number, e.key) for e in entries_of(store)] == list(enumerate(["GB", "FR", "DE", "GB", "FR"], 1))
    metadata = entries_of(store, region=Region.METADATA)
    assert [e.number for e in metadata] == list(range(1, head_of(store).metadata_entries + 1))
    assert metadata[-1].key == "custodian"


def test_an_append_that_is_refused_takes_no_number(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"))
    refused(store, "key 'FR': 'colour' is not a field", country("DE", "b"), country("FR", "c", colour="red"))
    assert append(store, country("FR", "c")).first == 2


def test_each_entry_chains_to_the_one_before_by_its_v1_leaf(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"), country("FR", "b"))
    append(store, country("GB", "c"))
    for region in Region:
        chain = sha256(ORIGIN.encode()).digest()
        for entry in entries_of(store, region=region):
            leaf = sha256(b"\0" + leaf_bytes(entry.number, entry.key, entry.timestamp, entry.body)).digest()
            chain = sha256(chain + leaf).digest()
            assert entry.chain == chain
        assert chain == (head_of(store).chain if region is Region.USER else head_of(store).metadata_chain)


def test_the_roots_of_both_regions_are_those_of_their_leaves(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"), country("FR", "b"), country("GB", "c"))
    user, metadata = (
        [leaf_bytes(e.number, e.key, e.timestamp, e.body) for e in entries_of(store, region=region)]
        for region in Region
    )
    head = head_of(store)
    assert head.v1_root == naive_root(user)
    assert head.metadata_root == naive_root(metadata)
    assert head.v2_root not in (head.v1_root, head.metadata_root)


def test_a_region_grows_without_touching_the_other(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"))
    before = head_of(store)
    lifecycle.define(store, "country", [("custodian", {"custodian": "A"})], AUTHORITY)
    middle = head_of(store)
    append(store, country("FR", "b"))
    after = head_of(store)
    user = ("entries", "records", "items", "latest", "chain", "v1_edge", "v2_edge")
    own = ("metadata_entries", "metadata_latest", "metadata_chain", "metadata_edge")
    assert [getattr(middle, member) for member in user] == [getattr(before, member) for member in user]
    assert [getattr(after, member) for member in own] == [getattr(middle, member) for member in own]
    assert middle.metadata_root != before.metadata_root and after.v1_root != middle.v1_root


def test_each_append_writes_one_revision_that_names_the_state(store: Store, clock: FixedClock) -> None:
    make(store)
    authority = Authority("someone", "two-eyes", "proposal 7")
    clock.now += 5
    made = lifecycle.append(store, "country", [country("GB", "a"), country("GB", "b")], authority).revision
    assert revisions_of(store)[-1] == made
    assert [revision.number for revision in revisions_of(store)] == [1, 2]
    head = head_of(store)
    assert (made.number, made.entries, made.metadata_entries) == (2, 2, head.metadata_entries)
    assert (made.v1_root, made.v2_root, made.metadata_root) == (head.v1_root, head.v2_root, head.metadata_root)
    assert (made.records, made.items, made.time) == (1, 2, NOW + 5)
    assert (made.actor, made.policy, made.source) == ("someone", "two-eyes", "proposal 7")


def test_a_write_says_that_it_was_direct_unless_a_policy_allowed_it() -> None:
    assert Authority("x").policy == "direct"


def test_every_entry_keeps_the_number_of_records_there_were(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"), country("FR", "b"), country("GB", "c"), country("DE", "d"))
    append(store, country("FR", "e"), country("IT", "f"))
    assert [e.records for e in entries_of(store)] == [1, 2, 2, 3, 3, 4]
    assert head_of(store).records == 4
    metadata = entries_of(store, region=Region.METADATA)
    assert [e.records for e in metadata] == list(range(1, len(metadata) + 1))


def test_items_are_kept_normalised_in_canonical_json(store: Store) -> None:
    make(store)
    append(store, Change("GB", {"name": "Cafe\u0301", "country": "GB", "end-date": "", "citizen-names": []}))
    entry = entries_of(store)[0]
    assert entry.body == '{"country":"GB","name":"Caf\u00e9"}'
    assert entry.digests["v1"] == sha256(entry.body.encode()).digest()


# Items and repetitions


def test_an_item_that_its_key_had_before_is_not_kept_twice(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"), country("GB", "b"), country("GB", "a"))
    append(store, country("GB", "b"), country("FR", "a"))
    append(store, country("GB", "a"))
    assert [e.item for e in entries_of(store)] == [1, 2, 1, 2, 5, 1]
    assert head_of(store).items == 3
    assert [json_name(e.body) for e in entries_of(store)] == ["a", "b", "a", "b", "a", "a"]


def json_name(body: str) -> str:
    return body.split('"name":"')[1].split('"')[0]


def test_keys_that_differ_in_case_are_different_keys(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"), country("gb", "b"), country("Gb", "c"))
    assert head_of(store).records == 3


def test_a_repeated_item_is_refused_within_a_batch_and_across_batches(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"))
    sentence = "change 1: the item is already the current record of 'GB'"
    refused(store, sentence, country("GB", "a"))
    refused(store, sentence, Change("GB", {"name": "a", "country": "GB", "end-date": ""}))
    refused(store, "change 2: the item is already the current record of 'FR'", country("FR", "b"), country("FR", "b"))


def test_a_repeated_item_is_let_through_and_noted_when_relaxed(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"))
    notes: list[str] = []
    append(store, country("GB", "a"), country("GB", "a"), relaxed=True, notes=notes)
    assert [e.item for e in entries_of(store)] == [1, 1, 1]
    assert (head_of(store).records, head_of(store).items) == (1, 1)
    assert [note.split(":")[0] for note in notes] == ["change 1", "change 2"]


def test_one_item_under_two_keys_cannot_be(sqlite_store: Store) -> None:
    """An item holds its key, which is why items are looked for in the key's own trail."""
    make(sqlite_store)
    refused(sqlite_store, "key 'FR': country: is 'GB'", Change("FR", {"country": "GB"}))


# Refusals, each naming its change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (Change("G B", {"country": "G B"}), "key 'G B': key 'G B' breaks the rule"),
        (Change("a.csv", {"country": "a.csv"}), "change 2: key 'a.csv' ends like a format"),
        (country("GB", "a", colour="red"), "key 'GB': 'colour' is not a field"),
        (country("GB", ["a"]), "key 'GB': name: holds one value"),
        (country("GB", citizen_names="a"), "key 'GB': citizen-names: holds a list"),
        (country("GB", citizen_names=["a", "a"]), "key 'GB': citizen-names: 'a' is in the list twice"),
        (country("GB", citizen_names=["a;b"]), "key 'GB': citizen-names: 'a;b' contains a ;"),
        (country("GB", end_date="yesterday"), "key 'GB': end-date: 'yesterday' "),
        (country("GB", "a\0"), "key 'GB': name: a value may not contain U+0000"),
        (country("GB", "\ud800"), "key 'GB': name: '\\ud800' contains half of a surrogate pair"),
        (country("GB", "**REDACTED**x"), "key 'GB': name: a value may not begin with"),
        (country("GB", 5), "key 'GB': name: a value is text"),
        (Change("GB", {"name": "a"}), "key 'GB': country: the item lacks it"),
        (Change("GB", {"country": "FR"}), "key 'GB': country: is 'FR'"),
        (Change("GB", {"country": "FR"}, place="line 7"), "line 7: country: is 'FR'"),
        (country("GB", "x" * (8 * 1024 * 1024)), "key 'GB': the item of 'GB' is over 8 MB"),
    ],
)
def test_a_change_that_breaks_a_rule_is_refused_with_all_its_batch(
    sqlite_store: Store, change: Change, sentence: str
) -> None:
    make(sqlite_store)
    refused(sqlite_store, sentence, country("DE", "fine"), change)


def test_an_item_of_8_mb_is_kept(store: Store) -> None:
    make(store)
    room = 8 * 1024 * 1024 - len(canonical_json(country("GB", "").item).encode())
    append(store, country("GB", "x" * room))
    assert len(entries_of(store)[0].body) == 8 * 1024 * 1024


def test_relaxed_takes_a_key_that_ends_like_a_format_and_no_worse(sqlite_store: Store) -> None:
    make(sqlite_store)
    append(sqlite_store, country("a.csv", "a"), relaxed=True)
    refused(sqlite_store, "key 'a b': key 'a b' breaks the rule", country("a b", "a"), relaxed=True)


def test_nothing_to_append_is_refused(sqlite_store: Store) -> None:
    make(sqlite_store)
    refused(sqlite_store, "there is nothing to append")


# Moved


def test_a_definition_that_changed_after_preparing_is_noticed(store: Store) -> None:
    register = make(store)
    with store.reading() as tx:
        subject = lifecycle.subject_of(tx, register)
    batch = batches.prepare(subject, store.hashings, [country("GB", "a")])
    fields = [("field:capital", Field("capital").item())]
    lifecycle.define(store, "country", fields, AUTHORITY)
    before = head_of(store)
    with pytest.raises(Moved, match="the definition of country has changed"), store.writing() as tx:
        log.append(tx, register, batch, AUTHORITY)
    assert head_of(store) == before


def test_a_register_that_was_dropped_after_preparing_is_noticed(store: Store) -> None:
    register = make(store)
    with store.reading() as tx:
        batch = batches.prepare(lifecycle.subject_of(tx, register), store.hashings, [country("GB", "a")])
    lifecycle.drop(store, "country")
    make(store)
    with pytest.raises(Moved, match="the register country was taken away"), store.writing() as tx:
        log.append(tx, register, batch, AUTHORITY)


def test_the_head_is_swapped_only_if_nobody_else_has(store: Store) -> None:
    """The lock makes this unreachable; the compare-and-swap holds where the lock would not."""
    make(store)
    append(store, country("GB", "a"))
    now = head_of(store)
    others = [
        log.replace(now, revision=now.revision - 1),
        log.replace(now, v1_edge=b"\1" * 32),
        log.replace(now, metadata_edge=b"\1" * 32),
    ]
    for other in others:
        with pytest.raises(Moved, match="has moved on"), store.writing() as tx:
            log.registers.swap_head(tx.connection, other, log.replace(now, revision=now.revision + 1))
    assert head_of(store) == now


def test_an_append_fits_a_snapshot_taken_before_it(store: Store) -> None:
    register = make(store)
    append(store, country("GB", "a"))
    with store.reading() as tx:
        taken = snapshot.take(tx, register)
        append(store, country("FR", "b"))
        assert taken.total_records == 1 and len(taken.entries(1, 10)) == 1
        assert snapshot.take(tx, register).size == 1, "a read transaction sees one state"
    with store.reading() as tx:
        assert snapshot.take(tx, register).size == 2


def test_nothing_can_be_prepared_for_a_register_without_fields(sqlite_store: Store) -> None:
    with pytest.raises(Invalid, match="the register has no definition yet"):
        batches.prepare(Subject(None, 0), sqlite_store.hashings, [country("GB")], rules=Rules())


def test_a_key_that_ends_like_a_format_may_go_on_where_it_is_already(store: Store) -> None:
    """The published archive could have held one; only a new key is refused."""
    make(store)
    notes: list[str] = []
    lifecycle.append(store, "country", [Change("a.csv", {"country": "a.csv"})], AUTHORITY, Rules(True, notes.append))
    assert [note for note in notes if "ends like a format" in note] == notes != []
    lifecycle.append(store, "country", [Change("a.csv", {"country": "a.csv", "name": "A"})], AUTHORITY)
