"""Proofs: they verify, at every size, and sizes that never were are refused."""

from __future__ import annotations

import json

from registers import lifecycle
from registers.merkle import hash_leaf, verify_consistency, verify_inclusion
from registers.store.engine import Store
from registers.v1.hashing import parse_hash
from tests.api.conftest import Get
from tests.makers import EMPTY, append, country, entries_of, leaf_bytes, make, naive_root

MERKLE = "merkle:sha-256"


def roots(store: Store) -> list[bytes]:
    """The root at each size from 0, worked out from the contract."""
    leaves = [leaf_bytes(e.number, e.key, e.timestamp, e.body) for e in entries_of(store)]
    return [naive_root(leaves[:size]) for size in range(len(leaves) + 1)]


def test_the_root_and_the_size(get: Get, store: Store) -> None:
    assert get(f"/country/proof/register/{MERKLE}").data == (
        f'{{"proof-identifier":"{MERKLE}","root-hash":"sha-256:{roots(store)[7].hex()}","total-entries":7}}'.encode()
    )


def test_the_root_of_an_empty_register_is_that_of_nothing(get: Get, store: Store) -> None:
    make(store, "area")
    lifecycle.publish(store, "area")
    assert get(f"/area/proof/register/{MERKLE}").json["root-hash"] == EMPTY
    assert get(f"/area/proof/entries/1/1/{MERKLE}").status_code == 400
    assert get(f"/area/proof/consistency/0/0/{MERKLE}").status_code == 400


def test_every_entry_is_proven_at_every_size_from_the_bytes_served(get: Get, store: Store) -> None:
    expected = roots(store)
    for number in range(1, 8):
        leaf = get(f"/country/entries/{number}").data[1:-1]
        for size in range(number, 8):
            proof = get(f"/country/proof/entries/{number}/{size}/{MERKLE}").json
            assert (proof["proof-identifier"], proof["entry-number"]) == (MERKLE, str(number))
            path = [parse_hash(hash) for hash in proof["merkle-audit-path"]]
            assert verify_inclusion(number - 1, size, hash_leaf(leaf), path, expected[size])


def test_every_size_is_proven_to_begin_with_every_smaller_one(get: Get, store: Store) -> None:
    expected = roots(store)
    for new in range(1, 8):
        for old in range(1, new + 1):
            proof = get(f"/country/proof/consistency/{old}/{new}/{MERKLE}").json
            nodes = [parse_hash(hash) for hash in proof["merkle-consistency-nodes"]]
            assert verify_consistency(old, new, nodes, expected[old], expected[new])
            assert (old < new) or nodes == []


STATUSES = [
    ("entries/0/5", 400),
    ("entries/-1/5", 400),
    ("entries/6/5", 400),
    ("entries/1/8", 400),
    ("entries/1/0", 400),
    (f"entries/1/{10**30}", 400),
    (f"entries/{10**30}/{10**30}", 400),
    (f"entries/-{10**30}/5", 400),
    ("entries/x/5", 404),
    ("entries/1/5.0", 404),
    ("entries/1/+5", 404),
    ("consistency/5/4", 400),
    ("consistency/0/4", 400),
    ("consistency/-1/4", 400),
    ("consistency/1/8", 400),
    (f"consistency/1/{10**30}", 400),
    ("consistency/4/4", 200),
    ("consistency/x/4", 404),
    ("consistency/1/x", 404),
]


def test_the_statuses_of_proofs_are_the_published_ones(get: Get) -> None:
    answers = {proof: get(f"/country/proof/{proof}/{MERKLE}") for proof, _ in STATUSES}
    assert [(proof, answer.status_code) for proof, answer in answers.items()] == STATUSES
    types = {answer.content_type for answer in answers.values() if answer.status_code != 200}
    assert types == {"application/problem+json"}


def test_another_kind_of_proof_is_not_found(get: Get) -> None:
    assert get("/country/proof/register/merkle:sha-512").status_code == 404


def test_proofs_across_tiles_verify(sqlite_get: Get, sqlite_store: Store) -> None:
    append(sqlite_store, *(country(f"K{n}", str(n)) for n in range(600)))
    base = "/v1/registers/country/proof"
    root = parse_hash(sqlite_get(f"{base}/register/{MERKLE}").json["root-hash"])
    assert root == roots(sqlite_store)[607]
    nodes = json.loads(sqlite_get(f"{base}/consistency/300/607/{MERKLE}").data)["merkle-consistency-nodes"]
    assert verify_consistency(300, 607, [parse_hash(node) for node in nodes], roots(sqlite_store)[300], root)
