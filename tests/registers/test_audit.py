"""The auditor says yes to a copy that is what its root promises, and to no other.

The samples are made here by plain code of their own: the contract once more, in its shortest form.
"""

from __future__ import annotations

import io
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import tracemalloc
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registers import audit
from registers.audit import LINE_LIMIT, Verdict, audit_file, audit_stream, audit_url
from registers.errors import Invalid, NotFound, Unavailable

EMPTY = "sha-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
OTHER = "sha-256:" + "0" * 64
TIME = "2016-04-05T13:23:05Z"
Lines = list[str]


def digest(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def canonical(item: object) -> str:
    return json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def item_hash(item: object) -> str:
    return "sha-256:" + digest(canonical(item).encode()).hex()


def value_digest(value: str | list[str]) -> bytes:
    if isinstance(value, list):
        return digest(b"s", *sorted(map(value_digest, value)))
    if re.fullmatch(r"\*\*REDACTED\*\*[0-9a-f]{64}", value):
        return bytes.fromhex(value[12:])
    return digest(b"u", value.encode())


def blob_hash(item: dict[str, Any]) -> str:
    return "1220" + digest(b"d", *sorted(digest(b"u", k.encode()) + value_digest(v) for k, v in item.items())).hex()


def leaf_hash(number: int, key: str, hashed: str) -> bytes:
    start = f'{{"index-entry-number":"{number}","entry-number":"{number}","entry-timestamp":"{TIME}"'
    return digest(b"\0", f'{start},"key":{canonical(key)},"item-hash":["{hashed}"]}}'.encode())


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return digest(b"\1", merkle(leaves[:split]), merkle(leaves[split:]))


Entry = tuple[str, dict[str, Any]]
GB = {"country": "GB", "name": "United Kingdom", "citizen-names": ["Briton", "British citizen"]}
CI = {"country": "CI", "name": "Côte d’Ivoire"}
ENTRIES: list[Entry] = [("GB", GB), ("CI", CI), ("GB", {"country": "GB", "name": "UK"}), ("FR", {"country": "FR"})]
METADATA: list[Entry] = [("name", {"name": "country"}), ("custodian", {"custodian": "A Person"})]


def root(entries: list[Entry]) -> str:
    leaves = [leaf_hash(n, key, item_hash(item)) for n, (key, item) in enumerate(entries, 1)]
    return "sha-256:" + merkle(leaves).hex()


def append_line(region: str, key: str, item: dict[str, Any]) -> str:
    return f"append-entry\t{region}\t{key}\t{TIME}\t{item_hash(item)}"


def rsf(entries: list[Entry] = ENTRIES, metadata: list[Entry] = METADATA) -> Lines:
    return [
        f"assert-root-hash\t{EMPTY}",
        *dict.fromkeys(f"add-item\t{canonical(item)}" for _, item in [*metadata, *entries]),
        *(append_line("system", key, item) for key, item in metadata),
        *(append_line("user", key, item) for key, item in entries),
        f"assert-root-hash\t{root(entries)}",
    ]


def objects(entries: list[Entry] = ENTRIES, hashed: list[str] | None = None) -> list[dict[str, Any]]:
    """The lines of a dump as objects; `hashed` are the item hashes, where the items no longer make them."""
    hashes = hashed or [item_hash(item) for _, item in entries]
    leaves = [leaf_hash(n, key, h) for n, ((key, _), h) in enumerate(zip(entries, hashes, strict=True), 1)]
    origin = "registers.example/country"
    total, promised = len(entries), "sha-256:" + merkle(leaves).hex()
    made = [{"register": "country", "origin": origin, "entries": total, "root-hash": promised}]
    chain = digest(origin.encode())
    for number, ((key, item), item_digest, leaf) in enumerate(zip(entries, hashes, leaves, strict=True), 1):
        chain = digest(chain, leaf)
        place = {"entry-number": number, "entry-timestamp": TIME, "key": key}
        hashes_of_it = {"item-hash": item_digest, "blob-hash": blob_hash(item), "chain-hash": chain.hex()}
        made.append({**place, **hashes_of_it, "item": item})
    return made


def dump(entries: list[Entry] = ENTRIES) -> Lines:
    return [spell(line) for line in objects(entries)]


def spell(line: object) -> str:
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False)


def to_bytes(lines: Lines) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def audited(lines: Lines, expect: str | None = None) -> Verdict:
    return audit_stream(io.BytesIO(to_bytes(lines)), expect)


def no(lines: Lines, reason: str, expect: str | None = None) -> None:
    verdict = audited(lines, expect)
    assert not verdict.holds
    assert reason in verdict.sentence
    assert "\n" not in verdict.sentence


ROOT = root(ENTRIES)
BOTH = pytest.mark.parametrize("lines", [rsf(), dump()], ids=["rsf", "ndjson"])


# --- what holds


@BOTH
def test_a_true_copy_holds(lines: Lines) -> None:
    verdict = audited(lines)
    assert (verdict.holds, verdict.root, verdict.entries) == (True, ROOT, 4)
    assert ROOT in verdict.sentence
    assert "\n" not in verdict.sentence


def test_metadata_is_counted_and_said_not_to_be_under_the_root() -> None:
    assert "2 metadata entries, not under the root" in audited(rsf()).sentence
    assert "metadata" not in audited(rsf(metadata=[])).sentence


@pytest.mark.parametrize("lines", [rsf([]), rsf([], []), dump([])], ids=["rsf", "rsf-alone", "ndjson"])
def test_an_empty_log_has_the_empty_root(lines: Lines) -> None:
    verdict = audited(lines)
    assert (verdict.holds, verdict.root, verdict.entries) == (True, EMPTY, 0)


@BOTH
def test_carriage_returns_are_tolerated(lines: Lines) -> None:
    assert audited([line + "\r" for line in lines]).holds


def test_items_may_be_repeated() -> None:
    lines = rsf()
    assert audited([*lines[:-1], lines[1], lines[-1]]).holds
    assert audited([lines[0], lines[1], *lines[1:]]).holds


def test_the_contract_s_own_hashes_hold() -> None:
    """Literal values from contract §1.7, so that a mistake shared with the sample makers above would show."""
    item, v1 = {"foo": "abc", "bar": "xyz"}, "5dd4fe3b0de91882dae86b223ca531b5c8f2335d9ee3fd0ab18dfdc2871d0c61"
    header, line = objects([("abc", item)])
    assert line["item-hash"] == f"sha-256:{v1}"
    assert line["blob-hash"] == "12202b90b5d4a714f5fd5f7c670067f090f972dd7be8a472965c90572699249672aa"
    assert audited([spell(header), spell(line)]).holds


def test_control_characters_are_hashed_in_upper_case() -> None:
    body = '{"k":"\\u0000\\u0001\\u000B\\u0012\\u001F"}'
    hashed = "sha-256:" + sha256(body.encode()).hexdigest()
    assert hashed.startswith("sha-256:b45b406c")
    lines = [f"add-item\t{body}", f"append-entry\tuser\tk\t{TIME}\t{hashed}"]
    promised = "sha-256:" + leaf_hash(1, "k", hashed).hex()
    assert audited([*lines, f"assert-root-hash\t{promised}"]).holds
    no([lines[0].replace("000B", "000b"), lines[1]], "line 1: the item is not canonical JSON")


@pytest.mark.parametrize("make", [rsf, dump])
def test_keys_of_any_text_are_hashed_as_the_contract_spells_them(make: Callable[..., Lines]) -> None:
    keys = ["é", "日本", 'a"b', "a\\b", "a/b", "\U0001f600", "\u2028", "\x7f"]
    assert audited(make([(key, CI) for key in keys])).holds


def test_the_root_is_right_at_every_size() -> None:
    """An assert after each entry, up to sizes that fill tiers of the tree and begin the next."""
    leaves: list[bytes] = []
    lines = [f"assert-root-hash\t{EMPTY}", f"add-item\t{canonical(CI)}"]
    for number in range(1, 601):
        leaves.append(leaf_hash(number, f"k{number}", item_hash(CI)))
        lines += [append_line("user", f"k{number}", CI), f"assert-root-hash\tsha-256:{merkle(leaves).hex()}"]
    assert audited(lines).holds


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 65_793])
def test_the_root_is_right_around_the_third_tier(size: int) -> None:
    entries = [(f"k{number}", CI) for number in range(size)]
    verdict = audited(rsf(entries, []))
    assert (verdict.holds, verdict.entries) == (True, size)


def test_a_dump_takes_no_memory_by_the_entry() -> None:
    content = io.BytesIO(to_bytes(dump([(f"k{number}", CI) for number in range(10_000)])))
    audited(dump())  # what is made once and kept
    tracemalloc.start()
    try:
        assert audit_stream(content).holds
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()


def test_the_published_registers_hold_by_their_published_roots(shared_data: Path) -> None:
    vectors = shared_data.parent / "reference" / "hash-vectors.json"
    if not vectors.exists():
        pytest.skip("hash-vectors.json is not beside the published registers")
    published = json.loads(vectors.read_text("utf-8"))["archive_2021_03_10"]
    folder = shared_data / "govuk-registers"
    verdicts = {name: audit_file(folder / name / "records.rsf", published[name]["v1_root"]) for name in published}
    assert len(verdicts) == 22
    assert {name: verdict.entries for name, verdict in verdicts.items() if verdict.holds} == {
        name: register["entries"] for name, register in published.items()
    }


@pytest.mark.parametrize("name", ["records.csv", "records.json"])
def test_the_published_records_are_refused(shared_data: Path, name: str) -> None:
    with pytest.raises(Invalid, match="latest values"):
        audit_file(shared_data / "govuk-registers" / "country" / name)


# --- any change is noticed

LABEL = range(len('{"register":"'), len('{"register":"country'))
SAMPLES = {
    "rsf": to_bytes(rsf(ENTRIES[:3], [])),
    "ndjson": to_bytes(dump(ENTRIES[:3])),
}


@given(st.sampled_from(sorted(SAMPLES)), st.integers(0), st.integers(1, 255))
@example("rsf", 0, 1)
@example("ndjson", 0, 1)
@settings(max_examples=600, deadline=None)
def test_a_changed_byte_never_holds(name: str, place: int, change: int) -> None:
    """But in the register's name, a label that no hash covers. (RSF here has no metadata, which none covers either.)"""
    content = bytearray(SAMPLES[name])
    place %= len(content)
    if name == "ndjson" and place in LABEL:
        return
    content[place] ^= change
    try:
        assert not audit_stream(io.BytesIO(content)).holds
    except Invalid:
        pass


@BOTH
def test_a_dropped_line_never_holds(lines: Lines) -> None:
    """But RSF's first assert, that of the empty root, which says nothing."""
    for place in range(1, len(lines)):
        assert not audited(lines[:place] + lines[place + 1 :]).holds, place


@BOTH
def test_a_repeated_line_that_is_no_item_or_metadata_never_holds(lines: Lines) -> None:
    for place, line in enumerate(lines):
        if not line.startswith(("add-item", "assert", "append-entry\tsystem")):
            try:
                assert not audited(lines[: place + 1] + lines[place:]).holds, place
            except Invalid:
                pass


@BOTH
def test_two_entries_swapped_never_hold(lines: Lines) -> None:
    places = [n for n, line in enumerate(lines) if line.startswith(("append-entry\tuser", '{"entry-number'))]
    assert len(places) == 4
    for one, two in combinations(places, 2):
        swapped = list(lines)
        swapped[one], swapped[two] = lines[two], lines[one]
        assert not audited(swapped).holds, (one, two)


def test_entries_renumbered_after_a_swap_break_the_chain_or_the_root() -> None:
    header, *entries = objects()
    entries[1], entries[2] = {**entries[2], "entry-number": 2}, {**entries[1], "entry-number": 3}
    no([spell(line) for line in [header, *entries]], "line 3: its chain hash should be")
    forged = objects([ENTRIES[n] for n in (0, 2, 1, 3)])
    no([spell(line) for line in [header, *forged[1:]]], f"the header promises {ROOT}, but the 4 entries make")


@BOTH
def test_a_copy_cut_between_lines_is_not_the_whole(lines: Lines) -> None:
    for size in range(1, len(lines)):
        verdict = audited(lines[:size])
        assert verdict.root != ROOT or not verdict.holds
        assert not verdict.holds or lines[:size] == [f"assert-root-hash\t{EMPTY}"]
        assert not audited(lines[:size], ROOT).holds or size == len(rsf()) - 1


@BOTH
def test_a_copy_cut_within_a_line_is_refused(lines: Lines) -> None:
    for size in range(1, len(lines) + 1):
        with pytest.raises(Invalid, match=f"line {size} is cut short"):
            audit_stream(io.BytesIO(to_bytes(lines[:size])[:-1]))


# --- the expected root


@BOTH
@pytest.mark.parametrize("expect", [ROOT, ROOT.removeprefix("sha-256:"), ROOT.upper()])
def test_the_expected_root_may_be_written_in_several_ways(lines: Lines, expect: str) -> None:
    assert audited(lines, expect).holds


@BOTH
def test_another_root_than_the_expected_is_a_no(lines: Lines) -> None:
    no(lines, f"the 4 entries make {ROOT}, and not {OTHER}", expect=OTHER)
    no(lines, "not", expect=EMPTY)


@pytest.mark.parametrize("expect", ["", "sha-256:", "1220" + "0" * 64, "0" * 63, "0" * 64 + "\n", "g" * 64, "sha-256"])
def test_a_malformed_expected_root_is_refused(expect: str) -> None:
    with pytest.raises(Invalid, match="expected root is written"):
        audited(rsf(), expect)


@pytest.mark.parametrize("make", [rsf, dump])
def test_a_history_forged_in_full_is_noticed_only_by_the_expected_root(make: Callable[..., Lines]) -> None:
    forged = [*ENTRIES[:3], ("FR", {"country": "FR", "name": "Gallia"})]
    assert audited(make(forged)).root == root(forged) != ROOT
    no(make(forged), "and not", expect=ROOT)


# --- RSF


def test_an_rsf_without_an_assert_needs_an_expected_root() -> None:
    lines = rsf()[1:-1]
    no(lines, "asserts no root to hold it to")
    assert audited(lines, ROOT).holds
    no(lines, "and not", expect=OTHER)


def test_entries_after_the_last_assert_need_an_expected_root() -> None:
    no(rsf()[:-1], "no root is asserted after entry 0")
    lines = [*rsf(), append_line("user", "IC", CI)]
    no(lines, "no root is asserted after entry 4")
    assert audited(lines, root([*ENTRIES, ("IC", CI)])).holds
    no(lines, "and not", expect=ROOT)


def test_every_assert_holds_where_it_stands() -> None:
    lines = rsf()
    within = f"assert-root-hash\t{root(ENTRIES[:2])}"
    assert audited([*lines[:-3], within, *lines[-3:]]).holds
    early = [*lines[:-4], within, *lines[-4:]]
    no(early, f"line {len(lines) - 3}: it asserts {root(ENTRIES[:2])}, but the 1 entries before it make")
    no([*lines[:-3], f"assert-root-hash\t{EMPTY}", *lines[-3:]], "but the 2 entries before it make")
    no([lines[0], f"assert-root-hash\t{OTHER}", *lines[1:]], "line 2: it asserts")


@pytest.mark.parametrize("lines", [rsf()[-1:], [f"assert-root-hash\t{OTHER}", *rsf()[1:]]], ids=["alone", "more"])
def test_an_incremental_rsf_is_refused(lines: Lines) -> None:
    with pytest.raises(Invalid, match="is an increment"):
        audited(lines)


def test_each_entry_needs_its_item_before_it() -> None:
    lines = rsf([("CI", CI)], [])
    assert [line.split("\t")[0] for line in lines[1:3]] == ["add-item", "append-entry"]
    no([lines[0], lines[2], lines[1], lines[3]], f"line 2: no item before it has the hash it names, {item_hash(CI)}")
    metadata = rsf([], METADATA[:1])
    no([metadata[0], metadata[2], metadata[3]], "line 2: no item before it")


def test_each_item_needs_an_entry() -> None:
    lines = rsf()
    stray = 'add-item\t{"country":"XX"}'
    no([*lines[:3], stray, *lines[3:]], "line 4: no entry names the item")
    no([*lines[:3], stray, stray, *lines[3:]], "line 4: no entry names the item")
    no([*lines, stray], f"line {len(lines) + 1}: no entry names the item")


@pytest.mark.parametrize(
    "body",
    [
        *('{"a": "b"}', '{"b":"","a":""}', '{"a":"b","a":"b"}', '{"a":"\\/"}', '{"a":"\\u00e9"}', '{"a":NaN}'),
        *('["a"]', '"a"', "{", "", " {}", '{"a":"\\ud800"}', '{"a":' + "[" * 100_000, "{}{}", '{"a":1' + "0" * 5000),
    ],
)
def test_an_item_is_canonical_json(body: str) -> None:
    line = f"append-entry\tuser\ta\t{TIME}\tsha-256:{sha256(body.encode()).hexdigest()}"
    verdict = audited([f"assert-root-hash\t{EMPTY}", f"add-item\t{body}", line])
    assert not verdict.holds
    assert verdict.sentence.startswith("line 2: ")


@pytest.mark.parametrize(
    "line",
    [
        *("", "\t", "add-item", "add-item\t{}\t{}", "assert-root-hash\t" + EMPTY.upper(), "drop-item\t{}"),
        *(f"append-entry\tadmin\ta\t{TIME}\t{item_hash(CI)}", f"append-entry\tuser\ta\t{TIME}", "Add-item\t{}"),
        *(f"append-entry\tuser\ta\t2016-04-05\t{item_hash(CI)}", f"append-entry\tuser\ta\t{TIME}\t{item_hash(CI)[8:]}"),
        *(f'append-entry\tuser\ta\t{TIME}","x":"\t{item_hash(CI)}', f"assert-root-hash\t{EMPTY}\t"),
    ],
)
def test_a_line_that_is_no_command_is_a_no(line: str) -> None:
    no([*rsf()[:-1], line, rsf()[-1]], f"line {len(rsf())}: ")


# --- NDJSON


def changed(place: int, **members: object) -> Lines:
    lines = objects()
    lines[place] |= {name.replace("_", "-"): value for name, value in members.items()}
    return [json.dumps(line) for line in lines]  # in ASCII, so that half a surrogate pair can be written


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"entries": 5}, "the header promises 5 entries, and there are 4"),
        ({"entries": 3}, "the header promises 3 entries, and there are 4"),
        ({"root_hash": OTHER}, f"the header promises {OTHER}, but the 4 entries make {ROOT}"),
        ({"origin": "elsewhere.example/country"}, "line 2: its chain hash should be"),
        ({"entries": "4"}, "line 1: entries is not written"),
        ({"entries": True}, "line 1: entries is not written"),
        ({"root_hash": ROOT.upper()}, "line 1: root-hash is not written"),
        ({"origin": None}, "line 1: origin is not written"),
        ({"licence": "none"}, "line 1: its members are not"),
    ],
)
def test_the_header_is_held_to(members: dict[str, object], reason: str) -> None:
    no(changed(0, **members), reason)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"entry_number": 3}, "entry 2 is due, and this is entry 3"),
        ({"entry_number": 1}, "entry 2 is due, and this is entry 1"),
        ({"entry_number": "2"}, "entry-number is not written"),
        ({"entry_number": 2.0}, "entry-number is not written"),
        ({"entry_timestamp": "2016-04-05T13:23:06Z"}, "its chain hash should be"),
        ({"entry_timestamp": "2016-04-05"}, "entry-timestamp is not written"),
        ({"key": "IC"}, "its chain hash should be"),
        ({"key": "\ud800"}, "it does not hold JSON that can be read"),
        ({"item_hash": OTHER}, f"its item hash should be {item_hash(CI)}"),
        ({"item": {"country": "CI", "name": "Ivory Coast"}}, "its blob hash should be"),
        ({"item": GB, "blob_hash": blob_hash(GB)}, f"its item hash should be {item_hash(GB)}"),
        ({"blob_hash": blob_hash(GB)}, f"its blob hash should be {blob_hash(CI)}"),
        ({"blob_hash": blob_hash(CI)[4:]}, "blob-hash is not written"),
        ({"chain_hash": "0" * 64}, "its chain hash should be"),
        ({"chain_hash": "0" * 63}, "chain-hash is not written"),
        ({"item": {**CI, "n": 1}}, "a value of its item is neither"),
        ({"item": {**CI, "n": None}}, "a value of its item is neither"),
        ({"item": {**CI, "n": ["a", ["b"]]}}, "a value of its item is neither"),
        ({"item": {**CI, "n": ""}}, "its blob hash should be"),
        ({"item": [CI]}, "item is not written"),
        ({"proposal": "7"}, "its members are not"),
    ],
)
def test_each_entry_is_held_to(members: dict[str, object], reason: str) -> None:
    no(changed(2, **members), f"line 3: {reason}")


@pytest.mark.parametrize("line", ["", "[]", "{}", "4", "{", dump()[0], '{"key":"a",' + dump()[2][1:]])
def test_a_line_that_is_no_entry_is_a_no(line: str) -> None:
    lines = dump()
    no([*lines[:2], line, *lines[3:]], "line 3: ")


def test_a_list_is_hashed_as_a_set_but_only_in_v2() -> None:
    """Its order is in the v1 hash: turned round, it has the same blob and another item."""
    turned = {**GB, "citizen-names": GB["citizen-names"][::-1]}
    assert blob_hash(turned) == blob_hash(GB)
    no(changed(1, item=turned), "line 2: its item hash should be")


# --- redaction


def marker(value: str) -> str:
    return "**REDACTED**" + sha256(b"u" + value.encode()).hexdigest()


def redacted(item: dict[str, Any]) -> Lines:
    """The dump with its first item replaced, under the item hash it had; all else agrees."""
    hashes = [item_hash(item) for _, item in ENTRIES]
    return [spell(line) for line in objects([("GB", item), *ENTRIES[1:]], hashes)]


@pytest.mark.parametrize(
    "item",
    [
        {**GB, "name": marker("United Kingdom")},
        {**GB, "citizen-names": [marker("Briton"), "British citizen"]},
        {**GB, "citizen-names": ["Briton", marker("British citizen")]},
    ],
)
def test_a_redacted_item_is_held_to_its_blob_hash_and_counted(item: dict[str, Any]) -> None:
    assert blob_hash(item) == blob_hash(GB)
    verdict = audited(redacted(item))
    assert (verdict.holds, verdict.root) == (True, ROOT)
    assert "except 1 redacted items, which match only blob hashes, not under the root" in verdict.sentence
    assert "redacted" not in audited(dump()).sentence


def test_a_redacted_item_that_misses_its_blob_hash_is_a_no() -> None:
    lines = redacted({**GB, "name": marker("United Kingdom")})
    no([lines[0], lines[1].replace("British", "Welsh"), *lines[2:]], "line 2: its blob hash should be")


@pytest.mark.parametrize(
    "item",
    [
        {**GB, "name": "**REDACTED**"},
        {**GB, "name": marker("x") + "0"},
        {**GB, "name": f'see ,"{marker("x")}" there'},
        {**GB, marker("x"): "a name"},
        {**GB, "citizen-names": [marker("x").upper(), "x"]},
    ],
)
def test_only_a_whole_redacted_value_excuses_the_item_hash(item: dict[str, Any]) -> None:
    no(redacted(item), "line 2: its item hash should be")


def test_a_forged_item_under_a_redaction_is_not_passed_off_as_proven() -> None:
    """The v1 root does not cover blob hashes, so this cannot be noticed; the verdict says what it did not prove."""
    verdict = audited(redacted({"country": "GB", "name": "Albion", "citizen-names": [marker("x")]}))
    assert "except 1 redacted items" in verdict.sentence


# --- RSF of v2


def blob_leaf(number: int, key: str, blob: str) -> bytes:
    parts = (b"i%d" % number, b"u" + key.encode(), b"t" + TIME.encode(), b"r" + bytes.fromhex(blob))
    return digest(b"\0", digest(b"l", *map(digest, parts)))


REDACTED_GB = {**GB, "name": marker("United Kingdom")}


def redaction(items: list[str], blobs: list[str]) -> Entry:
    said = {"record": "GB", "fields": ["name"], "items": items, "blobs": blobs, "values": ["00"], "reason": "why"}
    return ("redaction", said)


def blob_rsf(entries: list[Entry] = ENTRIES, metadata: list[Entry] = METADATA) -> Lines:
    leaves = [blob_leaf(n, key, blob_hash(item)) for n, (key, item) in enumerate(entries, 1)]
    appended = [("system", *each) for each in metadata] + [("user", *each) for each in entries]
    return [
        f"assert-root-hash\t1220{digest().hex()}",
        *dict.fromkeys(f"add-item\t{canonical(item)}" for _, item in [*metadata, *entries]),
        *(f"append-entry\t{region}\t{key}\t{TIME}\t{blob_hash(item)}" for region, key, item in appended),
        f"assert-root-hash\t1220{merkle(leaves).hex()}",
    ]


def redacted_rsf(items: list[str] | None = None, blobs: list[str] | None = None) -> Lines:
    said = redaction([item_hash(GB)] if items is None else items, [blob_hash(GB)] if blobs is None else blobs)
    return blob_rsf([("GB", REDACTED_GB), *ENTRIES[1:]], [*METADATA, said])


def test_rsf_of_v2_holds_and_makes_the_root_of_v1() -> None:
    verdict = audited(blob_rsf(), ROOT)
    assert (verdict.holds, verdict.root, verdict.entries) == (True, ROOT, 4)
    assert "redacted" not in verdict.sentence


def test_rsf_of_v2_with_a_redacted_item_makes_the_same_root() -> None:
    verdict = audited(redacted_rsf(), ROOT)
    assert (verdict.holds, verdict.root) == (True, ROOT)
    assert "1 of them redacted, whose v1 hashes are as a metadata entry says" in verdict.sentence


def test_a_v1_hash_that_is_not_the_one_makes_another_root() -> None:
    verdict = audited(redacted_rsf([OTHER]), ROOT)
    assert (verdict.holds, ROOT in verdict.sentence) == (False, True)


def test_a_redacted_item_of_which_nothing_is_said_is_a_no() -> None:
    no(redacted_rsf([], []), "no metadata entry says which v1 hash it had")
    no(redacted_rsf(["x"], ["y"]), "no metadata entry says which v1 hash it had")


def test_rsf_of_v2_is_held_to_its_own_roots_and_hashes() -> None:
    lines = blob_rsf()
    no([*lines[:-1], f"assert-root-hash\t1220{'0' * 64}"], "it asserts 1220000")
    no([line.replace("Britain", "x").replace("United", "Untied") for line in lines], "no item before it has the hash")
    no([*lines[:-1], lines[-1].replace("1220", "sha-256:")], "it is not a command of RSF")


# --- what cannot be audited


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the copy is empty"),
        (b"index-entry-number,entry-number,key\r\n1,1,GB\r\n", "this looks like CSV, which holds the latest values"),
        (b'{"GB":{"index-entry-number":"6"}}', "this looks like JSON, which holds the latest values"),
        (b'[{"entry-number":1}]\n', "this looks like JSON"),
        (b"{\n}\n", "this looks like JSON"),
        (b'{"GB":"' + b"x" * 70_000 + b'","root-hash":""}\n', "this looks like JSON"),
        (b'{"GB":"' + b"x" * (17 * 1024 * 1024), "this looks like JSON"),
        (b"PK\x03\x04,\0\0", "neither RSF nor an NDJSON dump"),
        (b"\x1f\x8b\x08", "neither RSF nor an NDJSON dump"),
        (b"hello\n", "neither RSF nor an NDJSON dump"),
        (b"\xef\xbb\xbf" + to_bytes(rsf()), "line 1 begins with a byte order mark"),
        (b"\xef\xbb\xbf" + to_bytes(dump()), "line 1 begins with a byte order mark"),
    ],
    ids=range(12),
)
def test_other_formats_are_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        audit_stream(io.BytesIO(content))


@BOTH
def test_broken_utf8_is_refused_by_its_line(lines: Lines) -> None:
    content = to_bytes(lines).replace("ô".encode(), b"\xc3", 1)
    place = next(number for number, line in enumerate(lines, 1) if "ô" in line)
    with pytest.raises(Invalid, match=f"line {place} is not UTF-8, from its byte [0-9]+ on"):
        audit_stream(io.BytesIO(content))


@BOTH
def test_a_line_over_the_limit_is_refused_without_reading_it(lines: Lines) -> None:
    start = to_bytes(lines[:2])
    stream = io.BytesIO(start + b"x" * LINE_LIMIT + b"xxx\n" + to_bytes(lines[2:]))
    with pytest.raises(Invalid, match="line 3 is longer than 16 MiB"):
        audit_stream(stream)
    assert stream.tell() <= len(start) + LINE_LIMIT + 1


def test_a_line_at_the_limit_is_read() -> None:
    item = {"a": "x" * (LINE_LIMIT - len('add-item\t{"a":""}\n'))}
    lines = rsf([("a", item)], [])
    assert len(lines[1]) + 1 == LINE_LIMIT
    assert audited(lines).holds


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.rsf", tmp_path):
        with pytest.raises(NotFound, match="cannot be read"):
            audit_file(path)


def test_a_file_is_audited(tmp_path: Path) -> None:
    (tmp_path / "copy.rsf").write_bytes(to_bytes(rsf()))
    assert audit_file(tmp_path / "copy.rsf", ROOT).holds
    assert not audit_file(tmp_path / "copy.rsf", OTHER).holds


def test_a_stream_that_cannot_be_read_is_unavailable(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "copy.rsf", os.O_WRONLY | os.O_CREAT)
    with os.fdopen(descriptor, "rb") as stream, pytest.raises(Unavailable, match="reading the copy failed"):
        audit_stream(stream)


def test_a_pipe_is_audited() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(to_bytes(dump()))
        assert audit_stream(stream, ROOT).holds


# --- a running service

Answer = tuple[int, bytes]
BASE = "/v1/registers/country"
PROOF = f"{BASE}/proof/register/merkle:sha-256"


def fetch(url: str) -> Any:
    try:
        return urllib.request.urlopen(url, timeout=10)
    except HTTPError as answer:
        answer.close()
        raise


def proof(promised: object = ROOT, total: object = 4) -> bytes:
    return canonical({"proof-identifier": "merkle:sha-256", "root-hash": promised, "total-entries": total}).encode()


def site(lines: Lines | None = None, promise: bytes | None = None, total: int = 4) -> dict[str, Answer]:
    content = to_bytes(rsf() if lines is None else lines)
    return {PROOF: (200, promise or proof()), f"{BASE}/download-rsf/0/{total}": (200, content)}


class Handler(BaseHTTPRequestHandler):
    """Answers from the server's `answers`; status 0 breaks the connection in the middle of the body."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        status, content = self.server.answers.get(self.path, (404, b""))  # type: ignore[attr-defined]
        self.send_response(status or 200, "\x1b[31m" if status >= 400 else None)
        self.send_header("Content-Length", str(len(content) + (not status)))
        self.end_headers()
        self.wfile.write(content)
        if not status:
            # Closing with a linger of zero sends a reset, as a server does that dies.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(answers: dict[str, Answer]) -> Iterator[tuple[str, list[str]]]:
    """The URL of a real server, and the paths it is asked for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = answers, []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", server.asked  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


def audited_at(answers: dict[str, Answer], expect: str | None = None) -> Verdict:
    with serving(answers) as (host, _):
        return audit_url(host + BASE, fetch, expect)


@pytest.mark.parametrize("path", [BASE, BASE + "/", "/v2/registers/country", "/v2/registers/country/"])
def test_a_service_is_audited_by_the_url_of_a_register(path: str) -> None:
    with serving(site()) as (host, asked):
        verdict = audit_url(host + path, fetch)
    assert (verdict.holds, verdict.root, verdict.entries) == (True, ROOT, 4)
    assert asked == [PROOF, f"{BASE}/download-rsf/0/4"]


def test_where_rsf_of_v1_is_gone_that_of_v2_is_held_to_the_same_root() -> None:
    gone = {f"{BASE}/download-rsf/0/4": (410, b"")}
    there = {"/v2/registers/country/download-rsf/0/4": (200, to_bytes(redacted_rsf()))}
    with serving(site() | gone | there) as (host, asked):
        verdict = audit_url(host + BASE, gone_fetch, ROOT)
        assert (verdict.holds, verdict.root) == (True, ROOT)
        assert asked[1:] == [f"{BASE}/download-rsf/0/4", "/v2/registers/country/download-rsf/0/4"]
    with serving(site() | gone) as (host, _), pytest.raises(Unavailable, match="cannot be fetched"):
        audit_url(host + BASE, gone_fetch)


def gone_fetch(url: str) -> Any:
    try:
        return fetch(url)
    except HTTPError as answer:
        if answer.code == 410:
            raise FileNotFoundError("410") from None
        raise


def test_a_service_may_live_below_a_path() -> None:
    with serving({f"/data/here{path}": answer for path, answer in site().items()}) as (host, _):
        assert audit_url(f"{host}/data/here/v1/registers/country", fetch, ROOT).holds


def test_an_empty_register_of_a_service_holds() -> None:
    verdict = audited_at(site(rsf([], []), proof(EMPTY, 0), total=0))
    assert (verdict.holds, verdict.root, verdict.entries) == (True, EMPTY, 0)


def test_the_root_of_the_rsf_is_the_root_of_the_proof() -> None:
    verdict = audited_at(site(promise=proof(OTHER)))
    assert (verdict.holds, verdict.root) == (False, ROOT)
    assert f"the 4 entries make {ROOT}, and not {OTHER}" in verdict.sentence


def test_the_size_of_the_rsf_is_the_size_in_the_proof() -> None:
    verdict = audited_at(site(promise=proof(ROOT, 5), total=5))
    assert not verdict.holds
    assert verdict.sentence == "the service promises 5 entries and sends 4"


def test_the_proof_s_root_is_promise_enough_for_an_rsf_without_asserts() -> None:
    assert audited_at(site(rsf()[1:-1])).holds


def test_a_service_is_held_to_the_expected_root() -> None:
    assert audited_at(site(), ROOT).holds
    verdict = audited_at(site(), OTHER)
    assert (verdict.holds, verdict.entries) == (False, 0)
    assert verdict.sentence == f"the service promises {ROOT} at 4 entries, and {OTHER} was expected"


def test_a_fault_in_the_rsf_of_a_service_is_a_no() -> None:
    verdict = audited_at(site([*rsf()[:3], *rsf()[4:]]))
    assert not verdict.holds
    assert "no item before it" in verdict.sentence


@pytest.mark.parametrize("path", [PROOF, f"{BASE}/download-rsf/0/4"])
@pytest.mark.parametrize("status", [404, 410, 500])
def test_an_answer_that_is_no_200_is_unavailable(path: str, status: int) -> None:
    with pytest.raises(Unavailable, match=f"cannot be fetched: .*{status}") as caught:
        audited_at({**site(), path: (status, b"")})
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("path", [PROOF, f"{BASE}/download-rsf/0/4"])
def test_a_transfer_that_breaks_is_unavailable(path: str) -> None:
    content = b" " * 1000 if path == PROOF else to_bytes(rsf()[:-1])
    with pytest.raises(Unavailable, match="cannot be fetched"):
        audited_at({**site(), path: (0, content)})


def test_a_service_that_is_not_there_is_unavailable() -> None:
    with serving({}) as (host, _):
        pass
    with pytest.raises(Unavailable, match="cannot be fetched"):
        audit_url(host + BASE, fetch)


@pytest.mark.parametrize(
    "promise",
    [
        *(b"", b"<html>", b"[]", b"{}", b"\xff", b"null", proof(None), proof(ROOT[8:]), proof(ROOT, "4")),
        *(proof(ROOT, None), proof(ROOT, 4.0), proof(ROOT, True), proof([ROOT]), proof() + b" " * 70_000),
    ],
    ids=range(14),
)
def test_what_is_no_proof_is_refused(promise: bytes) -> None:
    with pytest.raises(Invalid, match="is not the proof of a register"):
        audited_at({**site(), PROOF: (200, promise)})


def test_a_service_that_sends_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "METADATA_LINES", 10)
    items = [f'add-item\t{{"n":"{number}"}}' for number in range(100)]
    with pytest.raises(Invalid, match="sends 19 lines, too many for the 4 entries it promises"):
        audited_at(site([*rsf()[:1], *items]))


@pytest.mark.parametrize(
    "url",
    [
        *("", "country", "ftp://a.example/v1/registers/country", "http:///v1/registers/country"),
        *("http://a.example", "http://a.example/v1/registers", "http://a.example/registers/country"),
        *("http://a.example/v3/registers/country", "http://a.example/v1/registers/country/records"),
        *("http://a.example/v1/registers/country.json", "http://a.example/v1/registers/country?at=3"),
        *(
            "http://a.example/v1/registers/country#top",
            "http://a.example /v1/registers/country",
            "file:///v1/registers/a",
        ),
    ],
)
def test_the_url_of_anything_else_is_refused_with_an_example(url: str) -> None:
    def must_not_fetch(url: str) -> Any:
        pytest.fail(f"fetched {url}")

    with pytest.raises(Invalid, match="looks like http://127.0.0.1:8000/v1/registers/country"):
        audit_url(url, must_not_fetch)


# --- what the auditor is made of


def run(program: str) -> str:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_the_auditor_shares_only_errors_and_canonical_json() -> None:
    program = "import sys, registers.audit; print(*sorted(m for m in sys.modules if m.startswith('registers.')))"
    own = ["registers.audit", "registers.audit_copies", "registers.audit_hashes", "registers.audit_tree"]
    assert run(program).split() == [*own, "registers.canonical", "registers.errors"]


AUDIT = f"""
import io
from registers.audit import audit_stream
from registers.errors import Unavailable
try:
    print(audit_stream(io.BytesIO({to_bytes(rsf())!r})).holds)
except Unavailable as error:
    print(error)
"""


def test_merkletools_warning_never_reaches_the_user() -> None:
    """Warnings are errors in this process, and nothing is on its standard error."""
    assert run(AUDIT) == "True\n"


def test_without_merkletools_the_auditor_says_how_to_get_it() -> None:
    said = run("import sys; sys.modules['merkletools'] = None" + AUDIT)
    assert (
        said == "the auditor needs the package merkletools: install it with pip install --no-deps merkletools==1.0.3\n"
    )
