"""The check of a log, held against damage: each column of each table, one value at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from registers import lifecycle
from registers.errors import Corrupt
from registers.fsck import check_all, check_log
from registers.store.engine import Store
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, append, country, definition, grow, head_of, make, rows_in

BLOB = "X'" + "ab" * 32 + "'"
BEYOND = "number + 1000"
USER, META = "region = 0", "region = 1"

# What is damaged, and what the check says. `entry 4` is the second of GB, whose item is that of its first.
DAMAGE = [
    (f"UPDATE entry SET key = 'XX' WHERE {USER} AND number = 4", "entry 4: its item's country is not its key"),
    (
        f"UPDATE entry SET timestamp = timestamp + 1 WHERE {USER} AND number = 4",
        "entry 4: it does not name its predecessor",
    ),
    (f"UPDATE entry SET latest = latest + 1 WHERE {USER} AND number = 4", "entry 4: its running maximum"),
    (f"UPDATE entry SET item = 3 WHERE {USER} AND number = 4", "entry 4: its item's country is not its key"),
    (f"UPDATE entry SET item = 2 WHERE {USER} AND number = 4", "entry 4: it does not name its predecessor"),
    (f"UPDATE entry SET records = records + 1 WHERE {USER} AND number = 4", "entry 4: its count of records"),
    (f"UPDATE entry SET chain = {BLOB} WHERE {USER} AND number = 4", "entry 4: it does not name its predecessor"),
    (f"UPDATE entry SET number = {BEYOND} WHERE {USER} AND number = 4", "entry 4 is missing"),
    ("UPDATE entry SET region = 1, number = 50 WHERE region = 0 AND number = 4", "entry 4 is missing"),
    (f"DELETE FROM entry WHERE {USER} AND number = 4", "entry 4 is missing"),
    (f"DELETE FROM entry WHERE {USER} AND number = 300", "the head says 300 entries and there are 299"),
    (f"DELETE FROM entry WHERE {USER}", "the head says 300 entries and there are 0"),
    (f"UPDATE entry SET key = 'x' WHERE {META} AND number = 1", "metadata region: entry 1: it does not name"),
    (f"UPDATE entry SET records = 9 WHERE {META} AND number = 1", "metadata region: entry 1: its count"),
    (f"UPDATE entry SET latest = 9 WHERE {META} AND number = 1", "metadata region: entry 1: its running maximum"),
    (f"UPDATE item SET v1 = {BLOB} WHERE {USER} AND number = 3", "entry 3: the v1 hash of its item is wrong"),
    (f"UPDATE item SET v2 = {BLOB} WHERE {USER} AND number = 3", "entry 3: the v2 hash of its item is wrong"),
    (f"UPDATE item SET body = replace(body, 'K1', 'K2') WHERE {USER} AND number = 6", "hash of its item is wrong"),
    (f"UPDATE item SET body = body || ' ' WHERE {USER} AND number = 3", "entry 3: its item is not in canonical JSON"),
    (f"UPDATE item SET number = {BEYOND} WHERE {USER} AND number = 3", "entry 3 is missing"),
    (f"UPDATE item SET region = 2 WHERE {USER} AND number = 3", "entry 3 is missing"),
    (f"DELETE FROM item WHERE {USER} AND number = 3", "entry 3 is missing"),
    (f"UPDATE item SET v2 = {BLOB} WHERE {META} AND number = 1", "metadata region: entry 1: the v2 hash"),
    ("UPDATE item_lookup SET prefix = prefix + 1 WHERE number = 3", "the look-up of items"),
    ("UPDATE item_lookup SET region = 2 WHERE number = 3 AND region = 0", "the look-up of items"),
    ("UPDATE item_lookup SET number = 9999 WHERE number = 3 AND region = 0", "the look-up of items"),
    ("DELETE FROM item_lookup WHERE number = 3 AND region = 0", "the look-up of items"),
    (f"UPDATE record SET key = 'XX' WHERE {USER} AND since = 3", "the records are not those of the entries"),
    (f"UPDATE record SET since = 1000 WHERE {USER} AND since = 3", "the records are not those of the entries"),
    (f"UPDATE record SET until = 5 WHERE {USER} AND since = 3", "the records are not those of the entries"),
    (f"UPDATE record SET until = NULL WHERE {USER} AND since = 1", "the records are not those of the entries"),
    (f"UPDATE record SET region = 1 WHERE {USER} AND since = 3", "the records are not those of the entries"),
    (f"DELETE FROM record WHERE {USER} AND since = 3", "the records are not those of the entries"),
    (f"DELETE FROM record WHERE {META} AND since = 1", "metadata region: the records are not those"),
    ("UPDATE tile SET hashes = zeroblob(8192) WHERE tree = 'v1' AND level = 0", "the tiles of v1 are wrong"),
    ("UPDATE tile SET hashes = zeroblob(8192) WHERE tree = 'v2' AND level = 0", "the tiles of v2 are wrong"),
    ("UPDATE tile SET hashes = zeroblob(32) WHERE tree = 'v2' AND level = 8", "the tiles of v2 are wrong"),
    ("UPDATE tile SET tree = 'v3' WHERE tree = 'v1' AND level = 0", "the tiles of v1 are wrong"),
    ("UPDATE tile SET level = 16 WHERE tree = 'v1' AND level = 0", "the tiles of v1 are wrong"),
    ("UPDATE tile SET number = 1 WHERE tree = 'v1' AND level = 0", "the tiles of v1 are wrong"),
    ("DELETE FROM tile WHERE tree = 'v1' AND level = 8", "the tiles of v1 are wrong"),
    ("UPDATE head SET revision = revision + 1", "its revisions have a gap"),
    ("UPDATE head SET entries = entries - 1", "the head says 299 entries and there are 300"),
    ("UPDATE head SET metadata_entries = 0", "the head says 0 entries and there are"),
    ("UPDATE head SET records = records + 1", "the head's count of records is wrong"),
    ("UPDATE head SET items = items + 1", "the head's count of items is wrong"),
    ("UPDATE head SET latest = latest + 1", "the head's latest timestamp is wrong"),
    ("UPDATE head SET metadata_latest = 0", "the head's latest timestamp is wrong"),
    (f"UPDATE head SET chain = {BLOB}", "the head's chain hash is wrong"),
    (f"UPDATE head SET metadata_chain = {BLOB}", "metadata region: the head's chain hash is wrong"),
    (f"UPDATE head SET v1_edge = {BLOB}", "the head's v1 edge is wrong"),
    (f"UPDATE head SET v2_edge = {BLOB}", "the head's v2 edge is wrong"),
    (f"UPDATE head SET metadata_edge = {BLOB}", "the head's metadata edge is wrong"),
    ("DELETE FROM head", "it has no head"),
    ("UPDATE revision SET number = 9 WHERE number = 2", "its revisions have a gap"),
    ("DELETE FROM revision WHERE number = 2", "its revisions have a gap"),
    ("DELETE FROM revision WHERE number = 3", "its revisions have a gap"),
    ("UPDATE revision SET entries = 3 WHERE number = 2", "revision 2 names a wrong v1 root"),
    ("UPDATE revision SET metadata_entries = 1 WHERE number = 2", "revision 2 names a wrong metadata root"),
    (f"UPDATE revision SET v1_root = {BLOB} WHERE number = 2", "revision 2 names a wrong v1 root"),
    (f"UPDATE revision SET v2_root = {BLOB} WHERE number = 2", "revision 2 names a wrong v2 root"),
    (f"UPDATE revision SET metadata_root = {BLOB} WHERE number = 2", "revision 2 names a wrong metadata root"),
    ("UPDATE register SET origin = 'elsewhere/country'", "it does not name its predecessor"),
    ("UPDATE revision SET records = records + 1 WHERE number = 2", "revision 2"),
    ("UPDATE revision SET items = items + 1 WHERE number = 2", "revision 2"),
    (
        f"INSERT INTO item SELECT register_id, region, 4, v1, v2, body FROM item WHERE {USER} AND number = 1;"
        f"INSERT INTO item_lookup SELECT prefix, register_id, region, 4 FROM item_lookup WHERE {USER} AND number = 1",
        "item",
    ),
    (f"UPDATE item SET body = 'nothing' WHERE {USER} AND number = 3", "entry 3"),
    ("UPDATE register SET key_field = 'name'", "key"),
    ("UPDATE register SET tier = 'ordinary'", "its tier is ordinary, and its metadata entries say critical"),
]


@pytest.fixture
def undefended(sqlite_store: CheckedStore) -> Iterator[CheckedStore]:
    """A published register of 300 entries in three revisions, in a database whose triggers are gone."""
    lifecycle.create(sqlite_store, definition(tier="critical"), AUTHORITY, OPERATOR)
    append(sqlite_store, country("GB", "a"), country("GB", "b"), country("FR", "c"), country("GB", "a"))
    grow(sqlite_store, 296)
    lifecycle.publish(sqlite_store, "country")
    sqlite_store.checking = False
    with sqlite_store.writing() as tx:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in tx.connection.exec_driver_sql(query).all():
            tx.connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield sqlite_store


def damage(store: Store, statements: str) -> None:
    with store.writing() as tx:
        for statement in statements.split(";"):
            assert tx.connection.exec_driver_sql(statement).rowcount > 0


def assert_noticed(store: Store, statements: str, sentence: str) -> None:
    check_all(store)
    damage(store, statements)
    with pytest.raises(Corrupt) as error:
        check_all(store)
    assert str(error.value).startswith("register country (id 1): ")
    assert sentence in str(error.value)


@pytest.mark.parametrize(("statements", "sentence"), DAMAGE)
def test_damage_is_noticed(undefended: Store, statements: str, sentence: str) -> None:
    assert_noticed(undefended, statements, sentence)


def test_what_was_checked_is_counted(store: Store) -> None:
    make(store)
    grow(store, 3)
    make(store, "land")
    here, there = head_of(store), head_of(store, "land")
    assert check_all(store) == 3 + here.metadata_entries + there.metadata_entries


def test_a_register_that_is_loading_is_checked_too(undefended: Store) -> None:
    damage(undefended, "UPDATE register SET loading = 1;UPDATE head SET items = 0")
    with pytest.raises(Corrupt, match="count of items"):
        check_all(undefended)


def test_the_damage_of_one_register_is_not_seen_in_another(undefended: Store) -> None:
    sound = make(undefended, "land")
    damage(undefended, "UPDATE head SET items = 0 WHERE register_id = 1")
    assert check_log(undefended, sound) > 0
    with pytest.raises(Corrupt):
        check_all(undefended)


def test_every_column_of_the_log_is_damaged_above_or_names_nothing_that_is_hashed(sqlite_store: Store) -> None:
    """A new column must come with the damage that the check notices, or stand in this list."""
    free = {f"revision.{name}" for name in ("time", "actor", "policy", "source", "register_id")}
    free |= {f"{table}.register_id" for table in ("entry", "item", "item_lookup", "record", "tile", "head")}
    of_register = ("id", "name", "is_direct", "status", "loading", "created", "successor")
    free |= {f"register.{name}" for name in of_register}
    text = " ".join(statements for statements, _ in DAMAGE)
    with sqlite_store.reading() as tx:
        for table in rows_in(sqlite_store):
            for _, column, *_ in tx.connection.exec_driver_sql(f"PRAGMA table_info({table})"):
                damaged = f"UPDATE {table} SET {column} =" in text
                assert damaged != (f"{table}.{column}" in free), f"{table}.{column}"
