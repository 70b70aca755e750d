"""What the database itself refuses, whoever asks."""

from __future__ import annotations

import json

import pytest

from registers import lifecycle, redaction
from registers.errors import Conflict
from registers.redaction import Wanted
from registers.store.engine import Store
from registers.v2.hashing import text_digest
from tests.makers import AUTHORITY, CheckedStore, append, country, entries_of, grow, make, rows_in

REFUSED = "never changed|never deleted|only ever changed by taking values out"
KEPT = ("entry", "revision", "tile", "item")


@pytest.fixture
def published(store: CheckedStore) -> CheckedStore:
    """A published register with entries, two revisions and a full tile."""
    make(store)
    grow(store, 300)
    lifecycle.publish(store, "country")
    return store


def refused(store: Store, statement: str) -> None:
    before = rows_in(store)
    with pytest.raises(Conflict, match=f"the database refuses it: .*({REFUSED})"), store.writing() as tx:
        tx.connection.exec_driver_sql(statement)
    assert rows_in(store) == before


COLUMNS = {
    "entry": ("register_id", "region", "number", "key", "timestamp", "latest", "item", "records", "chain"),
    "revision": ("register_id", "number", "entries", "metadata_entries", "v1_root", "v2_root", "metadata_root")
    + ("records", "items", "time", "actor", "policy", "source"),
    "item": ("register_id", "region", "number", "v1", "v2"),
}


def test_no_column_of_an_entry_a_revision_or_an_items_hashes_is_changed(published: Store) -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            refused(published, f"UPDATE {table} SET {column} = {column}")


def test_entries_and_revisions_are_not_changed_in_a_draft_either(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"))
    for table in ("entry", "revision"):
        refused(store, f"UPDATE {table} SET number = number + 1")


def test_full_tiles_are_not_changed(published: Store) -> None:
    refused(published, "UPDATE tile SET hashes = hashes WHERE level = 0")


def test_a_tile_that_is_not_full_may_grow(published: Store) -> None:
    with published.writing() as tx:
        changed = tx.connection.exec_driver_sql("UPDATE tile SET hashes = hashes WHERE level = 8")
    assert changed.rowcount == 2


def test_nothing_published_is_deleted(published: Store) -> None:
    for table in KEPT:
        refused(published, f"DELETE FROM {table}")


def test_no_table_is_emptied_at_once_on_postgresql(postgresql_store: Store) -> None:
    make(postgresql_store)
    grow(postgresql_store, 300)
    for table in KEPT:
        refused(postgresql_store, f"TRUNCATE {table} CASCADE")
    lifecycle.publish(postgresql_store, "country")
    for table in KEPT:
        refused(postgresql_store, f"TRUNCATE {table}")


@pytest.mark.parametrize("table", ["entry", "revision", "item", "tile"])
def test_nothing_is_replaced_on_sqlite(sqlite_store: Store, table: str) -> None:
    make(sqlite_store)
    grow(sqlite_store, 300)
    lifecycle.publish(sqlite_store, "country")
    refused(sqlite_store, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


@pytest.mark.parametrize("table", ["entry", "revision"])
def test_nothing_is_changed_by_an_insert(published: Store, table: str) -> None:
    key = "register_id, region, number" if table == "entry" else "register_id, number"
    clash = f"ON CONFLICT ({key}) DO UPDATE SET number = 1000"
    refused(published, f"INSERT INTO {table} SELECT * FROM {table} WHERE true {clash}")


def test_a_register_with_a_log_is_not_deleted(published: Store) -> None:
    with pytest.raises(Conflict, match="(?i)foreign key"), published.writing() as tx:
        tx.connection.exec_driver_sql("DELETE FROM register")


@pytest.mark.parametrize("status", ["open", ""])
def test_a_status_is_one_of_three(sqlite_store: Store, status: str) -> None:
    make(sqlite_store)
    with pytest.raises(Conflict, match="register_status"), sqlite_store.writing() as tx:
        tx.connection.exec_driver_sql(f"UPDATE register SET status = '{status}'")


def test_a_draft_may_be_dropped_while_a_published_one_stays(published: Store) -> None:
    before = rows_in(published)
    make(published, "land")
    grow(published, 300, to="land")
    lifecycle.drop(published, "land")
    assert rows_in(published) == before


@pytest.mark.parametrize(
    "changed",
    ["body", "replace(body, 'name', 'nome')", "'{}'", "body || ' '", "replace(body, 'name 1', '**REDACTED**')"],
)
def test_a_body_is_only_changed_by_taking_values_out_of_it(published: CheckedStore, changed: str) -> None:
    refused(published, f"UPDATE item SET body = {changed} WHERE number = 2")


def test_a_body_does_not_get_a_value_back(published: CheckedStore) -> None:
    redaction.take_away(published, "country", Wanted("K1", ("name",)), "why", AUTHORITY)
    refused(published, "UPDATE item SET body = replace(body, '**REDACTED**', '') WHERE region = 0 AND number = 2")
    other = "replace(body, 'country', 'land')"
    refused(published, f"UPDATE item SET body = {other} WHERE region = 0 AND number = 2")


def test_a_body_may_be_replaced_while_its_hashes_stay(published: CheckedStore) -> None:
    """What redaction does: the v2 hash still fits the body; the v1 hash is that of what was taken away."""
    append(published, country("GB", "a secret"))
    entry = entries_of(published)[-1]
    redacted = json.loads(entry.body) | {"name": "**REDACTED**" + text_digest("a secret").hex()}
    published.checking = False
    with published.writing() as tx:
        statement = f"UPDATE item SET body = '{json.dumps(redacted)}' WHERE region = 0 AND number = {entry.number}"
        assert tx.connection.exec_driver_sql(statement).rowcount == 1
    after = entries_of(published)[-1]
    assert after.body != entry.body and after.digests == entry.digests and after.chain == entry.chain
    assert published.hashings["v2"].item_digest(json.loads(after.body), b"") == entry.digests["v2"]


def test_what_was_published_is_no_draft_again(published: Store) -> None:
    with pytest.raises(Conflict, match="no draft again"), published.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE register SET status = 'draft'")


def test_the_origin_of_a_register_is_never_changed(store: Store) -> None:
    make(store)
    with pytest.raises(Conflict, match="the origin of a register is never changed"), store.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE register SET origin = 'elsewhere/country'")
