"""Proofs of v2: they verify, at every size, at both addresses, and sizes that never were are refused."""

from __future__ import annotations

import pytest

from registers.merkle import verify_consistency, verify_inclusion
from registers.v2.hashing import leaf_hash, parse_hash
from tests.api.v2.conftest import Ask


def root(ask: Ask, size: int) -> bytes:
    return parse_hash(ask(f"/country/proofs/register?at={size}").json["root-hash"])


@pytest.mark.parametrize("spelling", ["entry", "entries"])
def test_every_entry_is_proven_at_every_size_from_what_is_served(ask: Ask, spelling: str) -> None:
    for number in range(1, 8):
        entry = ask(f"/country/entries/{number}").json
        blob = parse_hash(entry["blob-hash"])
        leaf = leaf_hash(entry["entry-number"], entry["key"], entry["entry-timestamp"], blob)
        for size in range(number, 8):
            proof = ask(f"/country/proofs/{spelling}/{number}/{size}").json
            path = [parse_hash(hash) for hash in proof["audit-path"]]
            assert verify_inclusion(number - 1, size, leaf, path, root(ask, size))


def test_every_size_is_proven_to_begin_with_every_smaller_one(ask: Ask) -> None:
    for new in range(1, 8):
        for old in range(1, new + 1):
            proof = ask(f"/country/proofs/consistency/{old}/{new}").json
            nodes = [parse_hash(hash) for hash in proof["audit-path"]]
            assert verify_consistency(old, new, nodes, root(ask, old), root(ask, new))
            assert (old < new) or nodes == []


STATUSES = [
    ("entry/0/5", 400),
    ("entries/0/5", 400),
    ("entry/6/5", 400),
    ("entries/1/8", 400),
    ("entries/-1/5", 400),
    ("entries/x/5", 404),
    ("entry/1/5.5", 404),
    ("consistency/0/5", 400),
    ("consistency/5/4", 400),
    ("consistency/1/8", 400),
    ("consistency/1/99999999999999999999999999", 400),
    ("consistency/x/5", 404),
    ("consistency/7/7", 200),
    ("register?at=8", 404),
    ("register.csv", 406),
]


@pytest.mark.parametrize(("path", "status"), STATUSES)
def test_statuses(ask: Ask, path: str, status: int) -> None:
    assert ask(f"/country/proofs/{path}").status_code == status


def test_a_proof_between_fixed_sizes_may_be_kept_for_ever(ask: Ask) -> None:
    for path in ("entry/1/7", "entries/1/7", "consistency/1/7"):
        assert "immutable" in ask(f"/country/proofs/{path}").headers["Cache-Control"]
    assert "no-cache" in ask("/country/proofs/register").headers["Cache-Control"]
