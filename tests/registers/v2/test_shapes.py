"""The JSON and the CSV of v2, as the published examples have them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.canonical import canonical_json
from registers.changes import Change
from registers.definition import Definition, Field
from registers.entry import Entry
from registers.store.records import Joined
from registers.v2 import csv, shapes

BLOB = bytes.fromhex("16a21568e4f3f8c3c4f8088fe2829cc2863e1bae1be19607878b62dc2df93eba")
BODY = '{"citizen-names":["Briton","British citizen"],"country":"GB","name":"United Kingdom"}'
GB = Entry(6, "GB", 1459862585, 6, 6, b"", {"v1": b"", "v2": BLOB}, BODY)
VALUES = (
    st.text(max_size=30)
    | st.text("abcXYZ019-._:/é\U0001f1ec", max_size=27)
    | st.sampled_from(
        [
            "",
            "\x00",
            '"',
            ",",
            "\r\n",
            "\u2028",
            "a" * 24,
            "a" * 25,
            "é" * 24,
            "é" * 25,
            "'=1",
            f"**REDACTED**{'0' * 64}",
        ]
    )
)
AREA = Definition("area", "area", (Field("area"), Field("name"), Field("geometry", "geometry")))


def test_an_entry_is_the_published_example_byte_for_byte() -> None:
    assert shapes.entry(GB) == (
        '{"entry-number":6,"entry-timestamp":"2016-04-05T13:23:05Z","key":"GB",'
        '"blob-hash":"122016a21568e4f3f8c3c4f8088fe2829cc2863e1bae1be19607878b62dc2df93eba"}'
    )


def test_a_record_has_its_key_first_and_keeps_its_key_field() -> None:
    assert shapes.record(GB) == f'{{"_id":"GB",{BODY[1:]}'


def test_a_blob_has_its_hash_first() -> None:
    assert shapes.blob((BLOB, BODY)) == f'{{"_id":"1220{BLOB.hex()}",{BODY[1:]}'


def test_a_record_shows_the_fields_asked_for_and_no_others() -> None:
    assert json.loads(shapes.record(GB, ["name", "start-date"])) == {"_id": "GB", "name": "United Kingdom"}
    assert shapes.record(GB, ["start-date"]) == '{"_id":"GB"}'


def test_what_is_empty_is_json_all_the_same() -> None:
    assert shapes.blob((BLOB, "{}")) == f'{{"_id":"1220{BLOB.hex()}"}}'
    assert "".join(shapes.records([])) == "".join(shapes.blobs([])) == "".join(shapes.entries([])) == "[]"


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "ÅØ", "\U0001f1ec"])
def test_any_key_and_value_survive(name: str) -> None:
    body = json.dumps({"country": name}, ensure_ascii=False)
    found = GB._replace(key=name, body=body)
    assert json.loads(shapes.record(found)) == {"_id": name, "country": name}
    assert json.loads(shapes.entry(found))["key"] == name
    assert json.loads(shapes.metadata("x", 1, {}, [found]))["entries"][0]["item"] == {"country": name}


def test_shapes_are_left_out_unless_asked_for() -> None:
    assert shapes.shown_fields(AREA) == ["area", "name"]


def test_names_are_made_readable() -> None:
    assert [shapes.readable(name) for name in ("country", "citizen-names")] == ["Country", "Citizen names"]


def test_csv_begins_with_the_id() -> None:
    assert "".join(csv.records([GB], ["country", "name", "end-date", "citizen-names"])) == (
        '_id,country,name,end-date,citizen-names\r\nGB,GB,"United Kingdom",,"Briton;British citizen"\r\n'
    )
    assert "".join(csv.blobs([(BLOB, BODY)], ["country"])) == f'_id,country\r\n"1220{BLOB.hex()}",GB\r\n'


@given(
    st.lists(
        st.tuples(
            st.text("ABC123-", min_size=1),
            st.dictionaries(st.sampled_from(["name", "tags", "no", "class"]), VALUES | st.lists(VALUES, min_size=1)),
        ),
        max_size=12,
    ),
    st.integers(1, 5),
)
def test_csv_made_many_rows_at_a_time_is_that_made_row_by_row(
    found: list[tuple[str, dict[str, str | list[str]]]], size: int
) -> None:
    entries = [
        GB._replace(number=number, key=key, body=canonical_json(item)) for number, (key, item) in enumerate(found, 1)
    ]
    chunks = [
        Joined([each.number for each in some], [each.key for each in some], ",\n".join(each.body for each in some))
        for some in (entries[start : start + size] for start in range(0, len(entries), size))
    ]
    fields = ["name", "tags", "missing", "no", "class"]
    assert "".join(csv.tables(chunks, fields)) == "".join(csv.records(entries, fields))


def test_csv_made_many_rows_at_a_time_may_have_keys_alone() -> None:
    assert "".join(csv.tables([Joined([6], ["GB"], BODY)], [])) == "_id\r\nGB\r\n"


def test_csv_of_entries_has_four_columns() -> None:
    assert "".join(csv.entries([GB])) == (
        f'entry-number,entry-timestamp,key,blob-hash\r\n6,2016-04-05T13:23:05Z,GB,"1220{BLOB.hex()}"\r\n'
    )


def test_csv_of_changes_has_a_row_for_each_field() -> None:
    change = Change("GB", 6, 9, {"name": {"from": "UK", "to": "United Kingdom"}, "names": {"to": ["a", "b"]}})
    assert "".join(csv.changes([change])) == (
        'key,change,field,from,to\r\nGB,changed,name,UK,"United Kingdom"\r\nGB,changed,names,,a;b\r\n'
    )
