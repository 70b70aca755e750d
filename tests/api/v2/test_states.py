"""The state that an answer stands for: in its headers, in its links, and as it was when it is asked for again."""

from __future__ import annotations

import pytest

from registers import lifecycle
from registers.definition import Field
from registers.store.engine import Store
from registers.trees import V2, root_at
from registers.v2.hashing import hash_text
from tests.api.v2.conftest import Ask, links
from tests.makers import append, country, head_of, make

RESOURCES = [
    "context",
    "records",
    "records?page-index=1&page-size=2",
    "records.csv?page-size=2",
    "records/GB",
    "records/GB/entries",
    "entries?start=1&limit=2",
    "entries?after=2",
    "blobs?limit=2",
    "proofs/register",
    "download-rsf",
    "download-rsf/1",
]


def root(store: Store, size: int) -> str:
    with store.reading() as tx:
        return hash_text(root_at(tx, head_of(store).register_id, V2, size))


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_answer_names_its_state(ask: Ask, store: Store, resource: str) -> None:
    headers = ask(f"/country/{resource}").headers
    assert headers["Register-Size"] == "7"
    assert headers["Register-Root-Hash"] == root(store, 7)
    assert headers["Register-Time"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_memento_is_the_same_answer_whatever_is_appended(ask: Ask, store: Store, resource: str) -> None:
    before = ask(f"/country/{resource}")
    path, memento = resource.partition("?")[0], links(before)["memento"]
    append(store, country("GB", "Great Britain"), country("IT", "Italy"))
    again = ask(f"/country/{path}{memento}")
    assert again.data == before.data
    assert again.headers["Register-Root-Hash"] == before.headers["Register-Root-Hash"]
    assert links(again)["memento"] == memento
    assert links(again)["original"] == f"./{resource.rpartition('/')[2]}"
    assert ask(f"/country/{resource}").headers["Register-Size"] == "9"


@pytest.mark.parametrize(
    ("at", "size"),
    [
        ("0", 0),
        ("3", 3),
        ("2023-11-13", 0),
        ("2023-11-14", 7),
        ("2023-11-14T22:12:30Z", 2),
        ("2023-11-14T22:12:29Z", 1),
    ],
)
def test_a_state_is_asked_for_by_size_by_day_or_by_time(ask: Ask, store: Store, at: str, size: int) -> None:
    answer = ask(f"/country/proofs/register?at={at}")
    assert answer.json == {"root-hash": root(store, size), "total-entries": size}
    assert answer.headers["Register-Size"] == str(size)
    assert ("Register-Time" in answer.headers) == (size > 0)


def test_the_links_keep_what_else_was_asked(ask: Ask) -> None:
    found = links(ask("/country/records?name=name&value=a%26b+%C3%A9&at=3"))
    assert found["memento"] == "?name=name&value=a%26b+%C3%A9&at=3"
    assert found["original"] == "./records?name=name&value=a%26b+%C3%A9"


def test_the_original_of_a_key_with_a_slash_is_found(ask: Ask) -> None:
    found = links(ask("/country/records/a%2Fb?at=7"))
    assert found["original"] == "./a%2Fb"
    assert found["version-history"] == "/v2/registers/country/records/a%2Fb/entries?at=7"


def test_what_has_not_changed_is_not_sent_again(ask: Ask, store: Store) -> None:
    etag = ask("/country/records?at=3").headers["ETag"]
    append(store, country("IT", "Italy"))
    assert ask("/country/records?at=3", headers={"If-None-Match": etag}).status_code == 304
    now = ask("/country/records").headers["ETag"]
    append(store, country("IT", "Italia"))
    assert ask("/country/records", headers={"If-None-Match": now}).status_code == 200


def test_the_context_of_a_state(ask: Ask, store: Store) -> None:
    append(store, country("FR", "France"))  # an item that it had before
    now, then = ask("/country/context").json, ask("/country/context?at=4").json
    assert now["statistics"] == {"total-records": 6, "total-entries": 8, "total-blobs": 7}
    assert then["statistics"] == {"total-records": 3, "total-entries": 4, "total-blobs": 4}
    assert then["root-hash"] == root(store, 4)
    assert now["status"] == then["status"] == {"start-date": "2023-11-14T22:12:20Z"}
    assert ask("/country/context?at=0").json["status"] == {}


@pytest.mark.parametrize("size", range(10))
def test_the_blobs_at_every_size_are_counted(ask: Ask, store: Store, size: int) -> None:
    append(store, country("FR", "France"))
    append(store, country("IT", "Italy"))
    counted = ask(f"/country/context?at={size}").json["statistics"]["total-blobs"]
    assert counted == len({entry["blob-hash"] for entry in ask(f"/country/entries?at={size}").json})


def test_the_context_says_what_the_register_is(ask: Ask) -> None:
    found = ask("/country/context").json
    assert found["id"] == "country"
    assert found["title"] == "Country"
    assert found["hashing-algorithm"] == {"codec": "sha2-256", "function-type": 18, "digest-length": 32}
    assert found["schema"][2] == {
        "id": "citizen-names",
        "datatype": "string",
        "cardinality": "n",
        "title": "Citizen names",
    }


def test_an_empty_register_has_a_state_too(ask: Ask, store: Store) -> None:
    make(store, "area", [Field("area")])
    lifecycle.publish(store, "area")
    answer = ask("/area/context")
    assert answer.json["statistics"] == {"total-records": 0, "total-entries": 0, "total-blobs": 0}
    assert answer.headers["Register-Size"] == "0"
    assert "Register-Time" not in answer.headers
    for resource in ("records", "entries", "blobs", "snapshots/0"):
        assert ask(f"/area/{resource}").json == []


def test_pages_of_other_origins_may_read_the_state(ask: Ask) -> None:
    exposed = ask("/country/records").headers["Access-Control-Expose-Headers"].split(", ")
    named = {"Register-Size", "Register-Root-Hash", "Register-Time", "Register-Metadata-Size"}
    assert named | {"Register-Metadata-Root-Hash", "Link"} <= set(exposed)
