"""Blobs: by hash, and in the order in which they came; snapshots: which entries were in force."""

from __future__ import annotations

import json

import pytest

from registers.store.engine import Store
from registers.v2.hashing import blob_digest, hash_text
from tests.api.v2.conftest import Ask, links, pages
from tests.makers import append, country, entries_of


def test_a_blob_hashes_to_its_id(ask: Ask, store: Store) -> None:
    for entry in entries_of(store):
        identifier = hash_text(entry.digests["v2"])
        answer = ask(f"/country/blobs/{identifier}")
        blob = answer.json
        assert blob.pop("_id") == identifier == hash_text(blob_digest(blob))
        assert blob == json.loads(entry.body)
        assert "max-age=86400" in answer.headers["Cache-Control"]


def test_a_blob_as_csv(ask: Ask, store: Store) -> None:
    identifier = hash_text(entries_of(store)[1].digests["v2"])
    assert ask(f"/country/blobs/{identifier}.csv").text == (
        f'_id,country,name,citizen-names,start-date,end-date\r\n"{identifier}",FR,France,,,\r\n'
    )


@pytest.mark.parametrize("limit", [1, 3, 7, 8])
def test_the_links_lead_to_every_blob_once(ask: Ask, store: Store, limit: int) -> None:
    append(store, country("FR", "France"))  # no new item
    found = [blob["_id"] for page in pages(ask, f"/country/blobs?limit={limit}") for blob in page.json]
    assert found == [hash_text(entry.digests["v2"]) for entry in entries_of(store)[:7]]


def test_the_start_may_be_written_with_1220_or_without(ask: Ask, store: Store) -> None:
    third = hash_text(entries_of(store)[2].digests["v2"])
    assert [ask(f"/country/blobs?limit=1&start={start}").json[0]["_id"] for start in (third, third[4:])] == [third] * 2
    following = entries_of(store)[3].digests["v2"].hex()
    assert links(ask(f"/country/blobs?limit=1&start={third}"))["next"] == f"?start={following}&limit=1"


def test_blobs_of_a_past_state(ask: Ask) -> None:
    assert len([blob for page in pages(ask, "/country/blobs?at=3&limit=2") for blob in page.json]) == 3


def test_a_blob_that_came_later_is_not_of_the_past_state(ask: Ask, store: Store) -> None:
    last = hash_text(entries_of(store)[6].digests["v2"])
    assert ask(f"/country/blobs?start={last}&at=3").status_code == 404


def test_items_of_the_definition_are_no_blobs(ask: Ask, store: Store) -> None:
    defined = hash_text(blob_digest({"name": "country"}))
    assert ask(f"/country/blobs/{defined}").status_code == 404


STATUSES = [
    ("blobs?limit=0", 400),
    ("blobs?limit=5001", 400),
    ("blobs?start=xyz", 400),
    ("blobs?start=", 400),
    (f"blobs?start={'AB' * 32}", 400),
    (f"blobs?start=1220{'ab' * 31}", 400),
    (f"blobs?start={'ab' * 32}", 404),
    (f"blobs/{'ab' * 32}", 404),
    (f"blobs/1220{'ab' * 32}", 404),
    ("blobs/1220", 404),
    ("snapshots/8", 404),
    ("snapshots/-1", 404),
    ("snapshots/x", 404),
    ("snapshots/007", 404),
    ("snapshots/99999999999999999999999999", 404),
    ("snapshots/1/FR", 404),
    ("snapshots/0/GB", 404),
    ("snapshots/2/FR", 200),
    ("snapshots/7?after=WzYsMV0", 400),  # [6,1]
    ("snapshots/7?limit=0", 400),
    ("snapshots/7?at=7", 400),
]


@pytest.mark.parametrize(("path", "status"), STATUSES)
def test_statuses(ask: Ask, path: str, status: int) -> None:
    assert ask(f"/country/{path}").status_code == status


def naive_snapshot(store: Store, size: int) -> list[int]:
    latest = {entry.key: entry.number for entry in entries_of(store)[:size]}
    return sorted(latest.values(), reverse=True)


def test_a_snapshot_has_the_latest_entry_of_each_key(ask: Ask, store: Store) -> None:
    for size in range(8):
        for limit in (1, 3, 100):
            found = pages(ask, f"/country/snapshots/{size}?limit={limit}")
            assert [entry["entry-number"] for page in found for entry in page.json] == naive_snapshot(store, size)


def test_an_entry_of_a_snapshot_is_an_object_and_never_changes(ask: Ask, store: Store) -> None:
    before = ask("/country/snapshots/3/FR")
    assert before.json == ask("/country/entries/2").json
    assert "immutable" in before.headers["Cache-Control"]
    append(store, country("FR", "La France"))
    assert ask("/country/snapshots/3/FR").data == before.data
    assert ask("/country/snapshots/3.csv").text.startswith("entry-number,")
