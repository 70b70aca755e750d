"""All that changed in one file: a copy that takes it in is what a new copy would be."""

from __future__ import annotations

import csv
import io
import json

import pytest

from registers import changes
from registers.store.engine import Store
from tests.api.v2.conftest import Ask
from tests.makers import append, country, grow

HERE = "/country/download/changes"


def records_at(ask: Ask, size: int) -> dict[str, dict[str, object]]:
    found = json.loads(ask(f"/country/download/{size}/records.json").data)
    return {each.pop("_id"): each for each in found}


@pytest.mark.parametrize("size", range(8))
def test_a_copy_that_takes_the_changes_in_is_a_new_copy(ask: Ask, size: int) -> None:
    copy = records_at(ask, size)
    answer = ask(f"{HERE}.ndjson?from={size}")
    for line in answer.text.splitlines():
        change = json.loads(line)
        record = copy.setdefault(change["key"], {})
        for field, sides in change["fields"].items():
            assert record.pop(field, None) == sides.get("from")
            if "to" in sides:
                record[field] = sides["to"]
    assert copy == records_at(ask, int(answer.headers["Register-Size"]))


def test_csv_has_a_row_for_each_field(ask: Ask) -> None:
    answer = ask(f"{HERE}.csv?from=2&to=4")
    assert answer.headers["Content-Disposition"] == "attachment; filename=country-changes-2-4.csv"
    rows = {(row["key"], row["field"]): row for row in csv.DictReader(io.StringIO(answer.text))}
    assert rows["FR", "name"]["from"] == "France" and rows["FR", "name"]["to"] == "The French Republic"
    assert rows["DE", "name"]["change"] == "added"


def test_more_than_one_chunk_is_whole_and_in_order(ask: Ask, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "CHUNK", 3)
    grow(store, 10)
    append(store, country("GB", "changed"))
    numbers = [json.loads(line)["to-entry"] for line in ask(f"{HERE}.ndjson?from=7").text.splitlines()]
    assert numbers == [*range(8, 19)]


def test_who_has_the_changes_is_not_sent_them(ask: Ask) -> None:
    etag = ask(f"{HERE}.csv?from=2").headers["ETag"]
    assert ask(f"{HERE}.csv?from=2", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (".csv", 400, "the parameter from is needed"),
        (".ndjson", 400, "the parameter from is needed"),
        (".csv?from=5&to=2", 400, "more than the 2"),
        (".ndjson?from=5&to=2", 400, "more than the 2"),
        (".csv?from=9", 404, "the parameter from: "),
        (".csv?from=x", 400, "the parameter from: "),
        (".csv?from=1&to=99", 404, "never had 99"),
        (".json?from=1", 406, "and not as json"),
    ],
)
def test_what_cannot_be_is_said(ask: Ask, path: str, status: int, said: str) -> None:
    answer = ask(f"{HERE}{path}")
    assert answer.status_code == status
    assert answer.json and said in answer.json["detail"]
