"""Looking items up by hash."""

from __future__ import annotations

from registers import lifecycle
from registers.batch import Change
from registers.definition import Field
from registers.store import entries
from registers.store.engine import Store
from tests.makers import AUTHORITY, append, country, entries_of, make


def test_an_item_is_found_by_its_v1_hash_in_its_own_register_alone(store: Store) -> None:
    first, second = make(store), make(store, "land")
    append(store, country("GB", "a"), country("GB", "b"), country("GB", "a"))
    digest = entries_of(store)[0].digests["v1"]
    with store.reading() as tx:
        found = entries.find_item(tx.connection, first.id, digest)
        assert found is not None and (found.number, found.body) == (1, '{"country":"GB","name":"a"}')
        assert entries.find_item(tx.connection, second.id, digest) is None


def test_hashes_that_share_their_first_eight_bytes_are_told_apart(store: Store) -> None:
    register = make(store)
    append(store, country("GB", "a"))
    digest = entries_of(store)[0].digests["v1"]
    with store.reading() as tx:
        assert entries.find_item(tx.connection, register.id, digest[:8] + bytes(24)) is None


def test_an_item_of_both_regions_is_found_as_the_users(store: Store) -> None:
    fields = [Field("field"), Field("datatype"), Field("cardinality"), Field("phase")]
    register = make(store, "field", fields)
    item = {"field": "field", "datatype": "string", "cardinality": "1", "phase": "beta"}
    lifecycle.append(store, "field", [Change("field", item)], AUTHORITY)
    with store.reading() as tx:
        found = entries.find_item(tx.connection, register.id, entries_of(store, "field")[0].digests["v1"])
    assert found is not None and (found.region, found.number) == (0, 1)
