"""The difference between two states over HTTP, and the metadata log."""

from __future__ import annotations

import csv
import io
from hashlib import sha256

import pytest

from registers import lifecycle
from registers.definition import Field
from registers.entry import Region
from registers.store.engine import Store
from tests.api.v2.conftest import Ask, links, pages
from tests.makers import AUTHORITY, COUNTRY, append, country, definition, entries_of, leaf_bytes, naive_root


def test_what_changed_field_by_field(ask: Ask) -> None:
    found = ask("/country/changes?from=2&to=5").json
    assert found["changes"] == [
        {
            "key": "DE",
            "change": "added",
            "to-entry": 3,
            "fields": {"citizen-names": {"to": ["German"]}, "country": {"to": "DE"}, "name": {"to": "Germany"}},
        },
        {
            "key": "FR",
            "change": "changed",
            "from-entry": 2,
            "to-entry": 4,
            "fields": {"name": {"from": "France", "to": "The French Republic"}},
        },
        {
            "key": "a/b",
            "change": "added",
            "to-entry": 5,
            "fields": {"country": {"to": "a/b"}, "name": {"to": "With a slash, 100%"}},
        },
    ]
    assert found["from"] == state(ask, 2)
    assert found["to"] == state(ask, 5)


def state(ask: Ask, size: int) -> dict[str, object]:
    headers = ask(f"/country/records?at={size}").headers
    return {"size": size, "root-hash": headers["Register-Root-Hash"], "time": headers["Register-Time"]}


def test_states_are_asked_for_by_time_too(ask: Ask) -> None:
    found = ask("/country/changes?from=2023-11-14T22:12:30Z&to=2023-11-14T22:13:00Z").json
    assert (found["from"]["size"], found["to"]["size"]) == (2, 5)
    found = ask("/country/changes?from=2020-01-01").json
    assert found["from"] == {"size": 0, "root-hash": f"1220{sha256(b'').hexdigest()}"}
    assert (found["to"]["size"], len(found["changes"])) == (7, 6)


@pytest.mark.parametrize("limit", [1, 2, 6, 7])
def test_pages_stay_between_the_same_two_states(ask: Ask, store: Store, limit: int) -> None:
    whole = ask("/country/changes?from=0").json["changes"]
    seen = []
    for page in pages(ask, f"/country/changes?from=0&limit={limit}"):
        append(store, country("GB", f"Renamed {len(seen)}"))
        assert page.json["to"]["size"] == 7
        seen += page.json["changes"]
    assert seen == whole


def test_a_copy_with_the_changes_made_is_the_new_state(ask: Ask, store: Store) -> None:
    append(store, country("GB", None), country("IT", "Italy"))
    for old in range(9):
        copy = {record["_id"]: record for record in ask(f"/country/records?at={old}").json}
        for change in ask(f"/country/changes?from={old}").json["changes"]:
            record = copy.setdefault(change["key"], {"_id": change["key"]})
            for field, sides in change["fields"].items():
                assert record.pop(field, None) == sides.get("from")
                record.update({field: sides["to"]} if "to" in sides else {})
        assert copy == {record["_id"]: record for record in ask("/country/records").json}


def test_changes_as_csv(ask: Ask) -> None:
    answer = ask("/country/changes.csv?from=3&to=4")
    assert answer.text == 'key,change,field,from,to\r\nFR,changed,name,France,"The French Republic"\r\n'
    rows = list(csv.DictReader(io.StringIO(ask("/country/changes.csv?from=0&to=1").text)))
    assert [row["to"] for row in rows] == ["Briton;British citizen", "GB", "United Kingdom"]


def test_the_answer_links_to_itself_between_fixed_states(ask: Ask) -> None:
    assert links(ask("/country/changes?from=2020-01-01")) == {"memento": "?from=0&to=7"}


STATUSES = [
    ("changes", 400),
    ("changes?to=3", 400),
    ("changes?from=", 400),
    ("changes?from=x", 400),
    ("changes?from=5&to=4", 400),
    ("changes?from=7", 200),
    ("changes?from=8", 404),
    ("changes?from=0&to=8", 404),
    ("changes?from=2999-01-01", 404),
    ("changes?from=0&after=x", 400),
    ("changes?from=0&after=WzEsMl0", 400),  # two parts
    ("changes?from=0&after=WzAsNywzXQ", 200),  # [0,7,3]
    ("changes?after=WzAsNywzXQ", 200),
    ("changes?from=1&after=WzAsNywzXQ", 400),
    ("changes?from=0&to=6&after=WzAsNywzXQ", 400),
    ("changes?from=0&after=WzMsNywyXQ", 400),  # [3,7,2]
    ("changes?from=0&limit=5001", 400),
    ("changes?from=0&at=3", 400),
    ("metadata?at=99", 404),
    ("metadata?at=x", 400),
    ("metadata?start=0", 400),
    ("metadata?start=99", 200),
    ("metadata.csv", 406),
]


@pytest.mark.parametrize(("path", "status"), STATUSES)
def test_statuses(ask: Ask, path: str, status: int) -> None:
    assert ask(f"/country/{path}").status_code == status


def test_which_parameter_is_at_fault_is_said(ask: Ask) -> None:
    assert "the parameter from" in ask("/country/changes?from=x").json["detail"]


# The metadata log


def grow_definition(store: Store) -> None:
    made = definition("country", [*COUNTRY, Field("capital")])
    entries = [("custodian", {"custodian": "A. N. Other"}), *made.entries()[-2:]]
    lifecycle.define(store, "country", entries, AUTHORITY)


def test_the_metadata_log_has_its_entries_and_what_is_in_force(ask: Ask, store: Store) -> None:
    found = ask("/country/metadata").json
    stored = entries_of(store, region=Region.METADATA)
    assert [entry["key"] for entry in found["entries"]] == [entry.key for entry in stored]
    assert found["total-entries"] == len(stored)
    assert found["definition"] == {entry["key"]: entry["item"] for entry in found["entries"]}
    first = found["entries"][0]
    assert first["item-hash"] == f"sha-256:{sha256(stored[0].body.encode()).hexdigest()}"


def test_its_root_is_worked_out_from_its_entries(ask: Ask, store: Store) -> None:
    grow_definition(store)
    stored = entries_of(store, region=Region.METADATA)
    leaves = [leaf_bytes(entry.number, entry.key, entry.timestamp, entry.body) for entry in stored]
    for size in range(len(leaves) + 1):
        answer = ask(f"/country/metadata?at={size}")
        assert answer.json["root-hash"] == f"sha-256:{naive_root(leaves[:size]).hex()}"
        assert answer.headers["Register-Metadata-Size"] == str(size)
        assert links(answer)["memento"] == f"?at={size}"


def test_the_definition_as_it_was(ask: Ask, store: Store) -> None:
    before = ask("/country/metadata").json
    grow_definition(store)
    now, then = ask("/country/metadata").json, ask(f"/country/metadata?at={before['total-entries']}").json
    assert "field:capital" in now["definition"]
    assert now["definition"]["custodian"] == {"custodian": "A. N. Other"}
    assert then == before


def test_the_metadata_log_has_pages_of_one_state(ask: Ask, store: Store) -> None:
    grow_definition(store)
    whole = ask("/country/metadata?at=4").json["entries"]
    paged = [entry for page in pages(ask, "/country/metadata?at=4&limit=3") for entry in page.json["entries"]]
    assert paged == whole
    assert len(whole) == 4


def test_a_day_means_the_day_of_the_metadata(ask: Ask) -> None:
    assert ask("/country/metadata?at=2023-11-14").json["total-entries"] > 0
    assert ask("/country/metadata?at=2023-11-13").json == {
        "root-hash": f"sha-256:{sha256(b'').hexdigest()}",
        "total-entries": 0,
        "definition": {},
        "entries": [],
    }
