"""The bytes of v1's JSON and CSV."""

from __future__ import annotations

import json

import pytest

from registers.entry import Entry
from registers.v1 import csv, shapes

BODY = '{"citizen-names":["Briton","British citizen"],"country":"GB","name":"United Kingdom"}'
GB = Entry(6, "GB", 1459862585, 6, 5, b"", {"v1": b"\xab" * 32, "v2": b"\xcd" * 32}, BODY)
QUOTE = Entry(7, 'a"b', 0, 7, 6, b"", {"v1": b"\x01" * 32, "v2": b"\x02" * 32}, '{"country":"a\\"b"}')


def test_an_entry_is_what_its_leaf_is_made_of() -> None:
    assert shapes.entry(GB) == (
        '{"index-entry-number":"6","entry-number":"6","entry-timestamp":"2016-04-05T13:23:05Z","key":"GB",'
        f'"item-hash":["sha-256:{"ab" * 32}"]}}'
    )


def test_a_record_carries_its_item_as_it_was_hashed() -> None:
    text = "".join(shapes.records([GB, QUOTE]))
    assert BODY in text
    assert list(json.loads(text)) == ["GB", 'a"b']
    assert json.loads(text)["GB"] == {
        "index-entry-number": "6",
        "entry-number": "6",
        "entry-timestamp": "2016-04-05T13:23:05Z",
        "key": "GB",
        "item": [json.loads(BODY)],
    }


def test_no_entries_and_no_records_are_empty_and_valid() -> None:
    assert "".join(shapes.records([])) == "{}"
    assert "".join(shapes.entries([])) == "[]"
    assert json.loads("".join(shapes.entries([GB, QUOTE])))[1]["key"] == 'a"b'


def test_proofs_write_hashes_as_v1_does() -> None:
    root = b"\xab" * 32
    hashed = f"sha-256:{root.hex()}"
    identifier = {"proof-identifier": "merkle:sha-256"}
    assert shapes.register_proof(root, 208) == {**identifier, "root-hash": hashed, "total-entries": 208}
    assert shapes.entry_proof(10, [root]) == {**identifier, "entry-number": "10", "merkle-audit-path": [hashed]}
    assert shapes.consistency_proof([root]) == {**identifier, "merkle-consistency-nodes": [hashed]}


def test_compact_keeps_the_order_of_members() -> None:
    assert shapes.compact({"b": {"d": 1, "c": "é"}, "a": ["x"]}) == '{"b":{"d":1,"c":"é"},"a":["x"]}'


# CSV


@pytest.mark.parametrize("value", ["", "GB", "a-b", "a.b/c:d;e", "x" * 24, "é", "2016-04-05T13:23:05Z", "[1]"])
def test_a_cell_is_left_bare(value: str) -> None:
    assert csv.cell(value) == value


@pytest.mark.parametrize("value", ["a b", "a,b", "it's", "1+1", "x" * 25, "a\nb", "!", "#", "(a)", "a&b", "$", "\t"])
def test_a_cell_is_quoted_when_it_is_long_or_has_a_character_below_the_hyphen(value: str) -> None:
    assert csv.cell(value) == f'"{value}"'


def test_quotes_are_doubled() -> None:
    assert csv.cell('say "x"') == '"say ""x"""'


def test_records_as_rows() -> None:
    rows = list(csv.records([GB], ["country", "name", "a-field-with-quite-a-long-name", "citizen-names"]))
    fields = 'country,name,"a-field-with-quite-a-long-name",citizen-names'
    header = f"index-entry-number,entry-number,entry-timestamp,key,{fields}"
    assert rows == [
        f"{header}\r\n",
        '6,6,2016-04-05T13:23:05Z,GB,GB,"United Kingdom",,"Briton;British citizen"\r\n',
    ]


def test_entries_and_items_as_rows() -> None:
    assert list(csv.entries([GB])) == [
        "index-entry-number,entry-number,entry-timestamp,key,item-hash\r\n",
        f'6,6,2016-04-05T13:23:05Z,GB,"sha-256:{"ab" * 32}"\r\n',
    ]
    assert list(csv.items([json.loads(BODY)], ["name", "country"])) == ["name,country\r\n", '"United Kingdom",GB\r\n']
