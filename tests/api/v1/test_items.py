"""Items by their hash: the bytes that were hashed."""

from __future__ import annotations

from hashlib import sha256

from registers.entry import Region
from registers.store.engine import Store
from tests.api.conftest import Get
from tests.makers import entries_of


def test_an_item_is_served_as_the_bytes_its_hash_is_of(get: Get) -> None:
    for entry in get("/country/entries").json:
        (hash,) = entry["item-hash"]
        answer = get(f"/country/items/{hash}")
        assert "sha-256:" + sha256(answer.data).hexdigest() == hash


def test_items_of_the_definition_are_found(get: Get, store: Store) -> None:
    for entry in entries_of(store, region=Region.METADATA):
        hash = f"sha-256:{entry.digests['v1'].hex()}"
        assert get(f"/country/items/{hash}").text == entry.body
        header = get(f"/country/items/{hash}.csv").text.split("\r\n")[0]
        assert all(f'"{member}"' in entry.body for member in header.split(","))


def test_an_item_as_csv_is_in_the_order_of_the_fields(get: Get) -> None:
    (entry,) = get("/country/entries/1").json
    assert get(f"/country/items/{entry['item-hash'][0]}.csv").text == (
        'country,name,citizen-names,start-date,end-date\r\nGB,"United Kingdom","Briton;British citizen",,\r\n'
    )


NOWHERE = [
    "sha-256:" + "0" * 64,
    "sha-256:" + "f" * 64,
    "sha-256:" + "0" * 63,
    "sha-256:" + "0" * 65,
    "sha-256:" + "A" * 64,
    "0" * 64,
    "1220" + "0" * 64,
    "sha-256:",
    "x" * 7_000,
    "%F0%9F%87%AC",
]


def test_an_unknown_or_malformed_hash_is_not_found(get: Get) -> None:
    assert {hash: get(f"/country/items/{hash}").status_code for hash in NOWHERE} == dict.fromkeys(NOWHERE, 404)


def test_there_is_no_listing_of_items(get: Get) -> None:
    assert get("/country/items").status_code == 404
