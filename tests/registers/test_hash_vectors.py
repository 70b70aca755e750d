"""The bytes that are hashed, held against the published vectors; those that matter most stand here in full."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from registers import merkle
from registers.canonical import canonical_json, quoted
from registers.entry import next_chain, parse_timestamp
from registers.errors import Invalid
from registers.item import normalise, parse_item
from registers.v1 import hashing as v1
from registers.v2 import hashing as v2
from tests.makers import leaf_bytes

GB = {
    "country": "GB",
    "official-name": "The United Kingdom of Great Britain and Northern Ireland",
    "name": "United Kingdom",
    "citizen-names": "Briton;British citizen",
}
GB_V1 = "6b18693874513ba13da54d61aafa7cad0c8f5573f3431d6f1c04b07ddb27d6bb"
GB_TIME = "2016-04-05T13:23:05Z"
GB_LEAF = (
    '{"index-entry-number":"6","entry-number":"6","entry-timestamp":"2016-04-05T13:23:05Z","key":"GB",'
    f'"item-hash":["sha-256:{GB_V1}"]}}'
)


def v1_text(item: dict[str, Any]) -> str:
    return v1.hash_text(v1.item_digest({}, canonical_json(item).encode()))


def v2_text(item: dict[str, Any]) -> str:
    return v2.hash_text(v2.blob_digest(item))


# Literal


def test_canonical_json_sorts_members_and_keeps_lists() -> None:
    assert canonical_json({"foo": "abc", "bar": ["b", "a"]}) == '{"bar":["b","a"],"foo":"abc"}'


def test_canonical_json_writes_control_characters_short_or_in_upper_case() -> None:
    assert canonical_json({"k": '\b\f\n\r\t"\\\x01\x0b\x1f'}) == '{"k":"\\b\\f\\n\\r\\t\\"\\\\\\u0001\\u000B\\u001F"}'


def test_an_escaped_backslash_is_not_the_start_of_an_escape() -> None:
    assert canonical_json("\\u00ab\x0b") == '"\\\\u00ab\\u000B"'


def test_canonical_json_leaves_all_else_raw() -> None:
    assert canonical_json("/ü\u2028\x7f𝄞") == '"/ü\u2028\x7f𝄞"'


@pytest.mark.parametrize("text", ["GB", "a/b", 'say "x"', "\x0b", "\\u00ab", "é", ""])
def test_a_quoted_string_is_canonical_json(text: str) -> None:
    assert quoted(text) == canonical_json(text)
    assert json.loads(quoted(text)) == text


def test_the_v1_hash_of_an_item() -> None:
    assert v1_text({"foo": "abc", "bar": "xyz"}) == (
        "sha-256:5dd4fe3b0de91882dae86b223ca531b5c8f2335d9ee3fd0ab18dfdc2871d0c61"
    )
    assert v1_text(GB) == f"sha-256:{GB_V1}"


def test_the_v1_leaf_of_an_entry() -> None:
    digest = bytes.fromhex(GB_V1)
    assert v1.leaf_json(6, "GB", GB_TIME, digest) == GB_LEAF
    assert v1.leaf_hash(6, "GB", GB_TIME, digest) == merkle.hash_leaf(GB_LEAF.encode())
    assert leaf_bytes(6, "GB", parse_timestamp(GB_TIME), canonical_json(GB)) == GB_LEAF.encode()


def test_the_v2_hash_of_a_blob() -> None:
    assert v2_text({"foo": "abc", "bar": "xyz"}) == (
        "12202b90b5d4a714f5fd5f7c670067f090f972dd7be8a472965c90572699249672aa"
    )
    assert v2_text({"foo": ["bar", "baz"]}) == v2_text({"foo": ["baz", "bar"]}), "a list is hashed as a set"


def test_a_redacted_value_keeps_the_v2_hash_and_not_the_v1_hash() -> None:
    plain, digest = {"foo": "abc", "bar": "xyz"}, v2.text_digest("abc").hex()
    redacted = {**plain, "foo": f"**REDACTED**{digest}"}
    assert v2_text(redacted) == v2_text(plain)
    assert v1_text(redacted) != v1_text(plain)


def test_a_redacted_member_of_a_list_keeps_the_v2_hash() -> None:
    digest = v2.text_digest("b").hex()
    assert v2_text({"k": ["a", f"**REDACTED**{digest}"]}) == v2_text({"k": ["a", "b"]})


def test_what_only_looks_redacted_is_hashed_as_text() -> None:
    assert v2.text_digest("**REDACTED**banana") == sha256(b"u**REDACTED**banana").digest()


def test_the_v2_hash_of_an_entry() -> None:
    digest = bytes.fromhex(GB_V1)
    entry = v2.entry_digest(6, "GB", GB_TIME, digest)
    assert v2.hash_text(entry) == "122002f78a0faf50516849602399b6be7b1a0775fccc3ea0318fda9c6fcf7a4000cb"
    assert v2.leaf_hash(6, "GB", GB_TIME, digest) == merkle.hash_leaf(entry)


def test_the_chain_names_the_predecessor() -> None:
    leaf = v1.leaf_hash(6, "GB", GB_TIME, bytes.fromhex(GB_V1))
    assert next_chain(b"\1" * 32, leaf) == sha256(b"\1" * 32 + leaf).digest()


@pytest.mark.parametrize(
    "text",
    [GB_V1, f"sha-256:{GB_V1.upper()}", f"sha-256:{GB_V1[:-1]}", f"sha-256:{GB_V1}0", f"sha-256:{GB_V1}\n", "", "1220"],
)
def test_a_v1_hash_has_one_spelling(text: str) -> None:
    assert v1.parse_hash(f"sha-256:{GB_V1}").hex() == GB_V1
    with pytest.raises(Invalid, match="64 lower-case hexadecimal digits"):
        v1.parse_hash(text)


@pytest.mark.parametrize("text", [GB_V1, f"1220{GB_V1.upper()}", f"1220{GB_V1}0", f"1220{GB_V1}\n", "sha-256:"])
def test_a_v2_hash_has_one_spelling(text: str) -> None:
    assert v2.parse_hash(f"1220{GB_V1}").hex() == GB_V1
    with pytest.raises(Invalid, match="64 lower-case hexadecimal digits"):
        v2.parse_hash(text)


# The published vectors, all of them


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict[str, Any]:
    path = shared_data.parent / "reference" / "hash-vectors.json"
    if not path.is_file():
        pytest.skip("the published hash vectors are not here: reference/hash-vectors.json beside the shared data")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def test_every_vector_of_canonical_json(vectors: dict[str, Any]) -> None:
    for vector in vectors["canonical_json_v1"]:
        item = json.loads(vector["input_json"])
        assert canonical_json(item) == vector["canonical"]
        assert v1_text(item) == vector["item_hash"]


def test_every_vector_of_blob_hashes(vectors: dict[str, Any]) -> None:
    for vector in vectors["blob_hash_v2"]:
        redacted = "**REDACTED**" in canonical_json(vector["blob"])
        blob = vector["blob"] if redacted else normalise(vector["blob"])
        assert v2_text(blob) == vector["hash"]


def test_every_vector_of_string_hashes(vectors: dict[str, Any]) -> None:
    for vector in vectors["string_hash_v2"]:
        text = vector["string"]
        value = text if text.startswith("**") else normalise({"k": text})["k"]
        assert isinstance(value, str)
        assert v2.text_digest(value).hex() == vector["digest"]


def test_the_vector_of_an_entry(vectors: dict[str, Any]) -> None:
    vector = vectors["entry"]
    given = vector["number"], vector["key"], vector["timestamp"], bytes.fromhex(vector["digest"])
    assert v1.leaf_json(*given) == vector["v1_leaf_bytes"]
    assert "sha-256:" + sha256(v1.leaf_json(*given).encode()).hexdigest() == vector["v1_entry_hash"]
    assert v2.hash_text(v2.entry_digest(*given)) == vector["v2_entry_hash_spec"]
    assert v2.entry_digest(*given).hex() != vector["v2_entry_hash_orj_do_not_copy"]


def test_the_vectors_of_the_empty_tree_and_the_empty_leaf(vectors: dict[str, Any]) -> None:
    assert merkle.EMPTY_ROOT.hex() == vectors["merkle_rfc6962"]["empty"]
    assert merkle.hash_leaf(b"").hex() == vectors["merkle_rfc6962"]["one_leaf_of_empty_bytes"]


def published(shared_data: Path, count: int) -> tuple[list[bytes], list[bytes]]:
    """The v1 and v2 leaf hashes of the first entries of the published country register."""
    items: dict[str, str] = {}
    leaves: tuple[list[bytes], list[bytes]] = ([], [])
    for line in (shared_data / "govuk-registers" / "country" / "records.rsf").read_text().split("\n"):
        name, *arguments = line.split("\t")
        if name == "add-item":
            items["sha-256:" + sha256(arguments[0].encode()).hexdigest()] = arguments[0]
        elif name == "append-entry" and arguments[0] == "user" and len(leaves[0]) < count:
            _, key, timestamp, digest = arguments
            number = len(leaves[0]) + 1
            leaves[0].append(v1.leaf_hash(number, key, timestamp, v1.parse_hash(digest)))
            leaves[1].append(v2.leaf_hash(number, key, timestamp, v2.blob_digest(parse_item(items[digest]))))
    return leaves


def roots(hashes: list[bytes], spans: list[merkle.Span]) -> list[bytes]:
    return merkle.span_roots(
        spans, lambda nodes: [merkle.subtree_root(b"".join(hashes[i << n : (i + 1) << n])) for n, i in nodes]
    )


def test_the_roots_and_proofs_of_country_at_208(vectors: dict[str, Any], shared_data: Path) -> None:
    vector = vectors["country_208"]
    first, second = published(shared_data, 208)
    for size, name in ((208, "v1_root"), (200, "v1_root_at_200"), (197, "v1_root_at_197")):
        assert v1.hash_text(merkle.grow(0, (), first[:size]).root) == vector[name]
    assert v2.hash_text(merkle.grow(0, (), second).root) == vector["v2_root_spec"]
    entry, grown = merkle.inclusion_spans(9, 200), merkle.consistency_spans(197, 200)
    assert [v1.hash_text(node) for node in roots(first, entry)] == vector["v1_entry_proof_10_200"]
    assert [v1.hash_text(node) for node in roots(first, grown)] == vector["v1_consistency_197_200"]
    assert [v2.hash_text(node) for node in roots(second, entry)] == vector["v2_entry_proof_10_200"]
    assert [v2.hash_text(node) for node in roots(second, grown)] == vector["v2_consistency_197_200"]
