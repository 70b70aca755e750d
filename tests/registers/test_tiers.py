"""The tier of a register: said in its metadata, and the same in its row, whichever way the entry was appended."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest

from loaders.replay import replay
from loaders.rsf_steps import Load
from registers import applying, backup, lifecycle, naming, plan, snapshot
from registers import batch as batches
from registers.audit import audit_stream
from registers.batch import NEW, Change, Rules
from registers.definition import Field
from registers.entry import Region
from registers.errors import Conflict, Corrupt, Invalid
from registers.fsck import check_all
from registers.item import normalise
from registers.plan import Header
from registers.register import TIERS
from registers.store import registers
from registers.store.engine import Store
from tests.loaders.test_replay_redacted import written
from tests.makers import (
    AUTHORITY,
    OPERATOR,
    CheckedStore,
    FixedClock,
    append,
    country,
    definition,
    entries_of,
    head_of,
    make,
    names_in,
    rows_in,
)
from tests.rsf_files import dump, load

CRITICAL = definition(tier="critical")


def tiers_of(store: Store, name: str = "country") -> tuple[str, str, list[str]]:
    """What the row says, what the definition says, and all that the metadata entries ever said."""
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        made = snapshot.read_definition(tx, register)
    said = [json.loads(each.body)["tier"] for each in entries_of(store, name, Region.METADATA) if each.key == "tier"]
    return register.tier, made.tier if made else "", said


def describe(store: Store, tier: str, name: str = "country") -> bool:
    return lifecycle.describe(store, name, {"tier": tier}, AUTHORITY) is not None


def let_decide_alone(store: Store, name: str = "country") -> None:
    with store.writing() as tx:
        registers.change(tx.connection, snapshot.find_register(tx, name).id, is_direct=True)


def from_before(store: Store) -> None:
    """A register that was made critical when its metadata did not say so."""
    make(store)
    with store.writing() as tx:
        registers.change(tx.connection, snapshot.find_register(tx, "country").id, tier="critical")


def said_by(*tiers: str) -> list[tuple[str, dict[str, str | list[str]]]]:
    return [("tier", {"tier": tier}) for tier in tiers]


# Saying it


def test_a_register_that_is_not_ordinary_says_so_from_its_first_revision(store: Store) -> None:
    assert lifecycle.create(store, CRITICAL, AUTHORITY, OPERATOR).tier == "critical"
    assert tiers_of(store) == ("critical", "critical", ["critical"])
    assert head_of(store).revision == 1


def test_an_ordinary_one_says_nothing_of_it(store: Store) -> None:
    make(store)
    assert tiers_of(store) == ("ordinary", "ordinary", [])
    assert not describe(store, "ordinary")


def test_what_is_said_anew_is_what_its_row_says(store: Store) -> None:
    make(store)
    assert describe(store, "critical") and not describe(store, "critical")
    assert tiers_of(store) == ("critical", "critical", ["critical"])
    lifecycle.define(store, "country", [("custodian", {"custodian": "Ada"}), *said_by("ordinary")], AUTHORITY)
    assert tiers_of(store) == ("ordinary", "ordinary", ["critical", "ordinary"])


def test_of_several_in_one_append_the_last_counts(store: Store) -> None:
    make(store)
    lifecycle.define(store, "country", said_by("critical", "ordinary", "critical"), AUTHORITY)
    assert tiers_of(store)[:2] == ("critical", "critical")


def test_a_register_of_another_name_or_another_definition_keeps_it(store: Store) -> None:
    lifecycle.create(store, CRITICAL, AUTHORITY, OPERATOR)
    lifecycle.add_field(store, "country", Field("capital"), AUTHORITY)
    naming.rename(store, "country", "land", AUTHORITY)
    assert tiers_of(store, "land") == ("critical", "critical", ["critical"])


def test_one_of_before_is_what_its_row_says_until_it_says_otherwise(store: Store) -> None:
    from_before(store)
    assert tiers_of(store) == ("critical", "critical", [])
    assert not describe(store, "critical")
    assert describe(store, "ordinary")
    assert tiers_of(store) == ("ordinary", "ordinary", ["ordinary"])


def test_what_is_not_committed_is_said_nowhere(store: Store) -> None:
    make(store)
    before = rows_in(store)
    with pytest.raises(ZeroDivisionError), store.writing() as tx:
        register = snapshot.find_register(tx, "country")
        changes = [Change("tier", {"tier": "critical"}, place="tier")]
        subject = lifecycle.subject_of(tx, register)
        batch = batches.prepare(subject, store.hashings, changes, Region.METADATA)
        lifecycle.append_metadata(tx, register, batch, AUTHORITY, Rules())
        assert snapshot.find_register(tx, "country").tier == "critical"
        _ = 1 / 0
    assert (tiers_of(store), rows_in(store)) == (("ordinary", "ordinary", []), before)


# What is refused


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"tier": "vital"}, "tier: is one of ordinary, critical, not 'vital'"),
        ({"tier": "Critical"}, "tier: is one of ordinary, critical, not 'Critical'"),
        ({"tier": ""}, "the metadata entry tier holds an item of the form"),
        ({"tier": ["critical"]}, "the metadata entry tier holds an item of the form"),
        ({"tier": "critical", "text": "x"}, "the metadata entry tier holds an item of the form"),
    ],
)
def test_what_is_no_tier_is_refused(sqlite_store: Store, item: dict[str, str | list[str]], sentence: str) -> None:
    make(sqlite_store)
    with pytest.raises(Invalid, match=sentence):
        lifecycle.define(sqlite_store, "country", [("tier", item)], AUTHORITY)
    assert tiers_of(sqlite_store) == ("ordinary", "ordinary", [])


@pytest.mark.parametrize(("tier", "sentence"), [("vital", "tier: is one of"), ("", "tier: may be changed, and not")])
def test_a_register_is_not_described_with_what_is_none(sqlite_store: Store, tier: str, sentence: str) -> None:
    make(sqlite_store)
    with pytest.raises(Invalid, match=sentence):
        describe(sqlite_store, tier)


def test_not_even_a_relaxed_load_takes_what_is_no_tier(store: Store) -> None:
    lifecycle.create(store, CRITICAL, AUTHORITY, OPERATOR)
    odd = '{"tier":"vital"}'
    good = sha256(b'{"tier":"critical"}').hexdigest()
    lines = [
        line.replace('{"tier":"critical"}', odd).replace(good, sha256(odd.encode()).hexdigest()) for line in dump(store)
    ]
    with pytest.raises(Invalid, match="tier: is one of ordinary, critical, not 'vital'"):
        load(store, lines, "land", relaxed=True)
    assert names_in(store) == ["country"]


# Nobody decides alone on what is critical


def test_a_register_whose_custodian_decides_alone_does_not_become_critical(store: Store) -> None:
    make(store)
    let_decide_alone(store)
    before = rows_in(store)
    sentence = "country is decided on directly, .*: have an administrator take direct away first"
    with pytest.raises(Conflict, match=sentence):
        describe(store, "critical")
    with pytest.raises(Conflict, match=sentence):
        lifecycle.define(store, "country", said_by("critical"), AUTHORITY)
    with pytest.raises(Conflict, match=sentence):
        applying.make_ready(store, plan_of(store, "critical"))
    assert rows_in(store) == before
    lifecycle.describe(store, "country", {"custodian": "Ada"}, AUTHORITY)
    lifecycle.define(store, "country", said_by("critical", "ordinary"), AUTHORITY)
    assert tiers_of(store)[0] == "ordinary"


def plan_of(store: Store, tier: str) -> list[bytes]:
    with store.reading() as tx:
        there = snapshot.metadata_digests(tx, snapshot.find_register(tx, "country").id)
    said = Change("tier", {"tier": tier}, replaces=there.get("tier", NEW))
    header = Header("country", f"{OPERATOR}/country", source="a test", definition=(said,))
    return "".join(plan.lines(header, [])).encode().splitlines(keepends=True)


def test_a_history_in_which_it_becomes_critical_is_not_loaded_onto_it(store: Store) -> None:
    make(store)
    load(store, dump(store), "land")
    let_decide_alone(store, "land")
    describe(store, "critical")
    before = rows_in(store)
    with pytest.raises(Conflict, match="land is decided on directly"):
        load(store, dump(store), "land")
    assert (rows_in(store), tiers_of(store, "land")) == (before, ("ordinary", "ordinary", []))


# Copies


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_copy_of_a_critical_register_is_critical(store: CheckedStore, version: str) -> None:
    lifecycle.create(store, CRITICAL, AUTHORITY, OPERATOR)
    append(store, country("GB", "a"), country("FR", "b"))
    lifecycle.publish(store, "country")
    text = written(store) if version == "v2" else "".join(f"{line}\n" for line in dump(store))
    replayed = replay(store, "land", io.BytesIO(text.encode()), Load(AUTHORITY, OPERATOR))
    assert (replayed.register.tier, replayed.added) == ("critical", 2)
    assert tiers_of(store, "land") == tiers_of(store)
    verdict = audit_stream(io.BytesIO(text.encode()))
    assert (verdict.holds, verdict.entries, verdict.root) == (True, 2, f"sha-256:{replayed.root.hex()}")


def test_a_copy_follows_each_change(store: CheckedStore) -> None:
    make(store)
    load(store, dump(store), "land")
    for tier in ("critical", "ordinary", "critical"):
        describe(store, tier)
        load(store, dump(store), "land")
        assert tiers_of(store, "land") == tiers_of(store)
    assert tiers_of(store, "land") == ("critical", "critical", ["critical", "ordinary", "critical"])


def test_whatever_is_said_in_whatever_order_row_log_and_copy_agree(sqlite_store: CheckedStore) -> None:
    for number, said in enumerate(product(TIERS, TIERS, TIERS)):
        name, copy = f"register-{number}", f"copy-{number}"
        lifecycle.create(sqlite_store, definition(name, tier=said[0]), AUTHORITY, OPERATOR)
        for tier in said[1:]:
            describe(sqlite_store, tier, name)
        load(sqlite_store, dump(sqlite_store, name), copy)
        row, read, entries = tiers_of(sqlite_store, name)
        assert row == read == said[2] and (entries or ["ordinary"])[-1] == said[2]
        assert tiers_of(sqlite_store, copy) == (row, read, entries)


def test_a_register_that_a_plan_makes_is_what_the_plan_says(store: CheckedStore) -> None:
    described = tuple(Change(key, normalise(item), replaces=NEW) for key, item in CRITICAL.entries())
    content = "".join(plan.lines(Header("country", source="a test", definition=described), [])).encode()
    made = applying.apply(store, content.splitlines(keepends=True), AUTHORITY, OPERATOR).register
    assert (made.tier, tiers_of(store)) == ("critical", ("critical", "critical", ["critical"]))


def test_a_plan_says_it_anew(store: CheckedStore) -> None:
    make(store)
    lifecycle.publish(store, "country")
    for tier in ("critical", "ordinary"):
        assert applying.apply(store, plan_of(store, tier), AUTHORITY, OPERATOR).register.tier == tier


def test_a_restored_register_is_what_it_was(store: CheckedStore, clock: FixedClock, tmp_path: Path) -> None:
    lifecycle.create(store, CRITICAL, AUTHORITY, OPERATOR)
    backup.backup(store, tmp_path / "backup")
    with closing(CheckedStore(f"sqlite:///{tmp_path / 'restored.db'}", clock)) as restored:
        backup.restore(tmp_path / "backup", restored)
        assert tiers_of(restored) == ("critical", "critical", ["critical"])
        describe(restored, "ordinary")
        assert tiers_of(restored)[0] == "ordinary"


# Where they differ


@pytest.mark.parametrize(
    ("make_it", "tier", "sentence"),
    [
        (lambda store: lifecycle.create(store, CRITICAL, AUTHORITY, OPERATOR), "ordinary", "entries say critical"),
        (make, "vital", "its tier is vital, which is none"),
        (from_before, "vital", "its tier is vital, which is none"),
    ],
)
def test_the_check_says_where_row_and_log_differ(
    store: CheckedStore, make_it: Callable[[Store], object], tier: str, sentence: str
) -> None:
    make_it(store)
    check_all(store)
    store.checking = False
    with store.writing() as tx:
        registers.change(tx.connection, snapshot.find_register(tx, "country").id, tier=tier)
    with pytest.raises(Corrupt, match=f"register country .id 1.: .*{sentence}"):
        check_all(store)
