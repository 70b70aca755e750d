"""Entries: runs of the log, one entry, the history of a key."""

from __future__ import annotations

from tests.api.conftest import Get


def numbers(answer: object) -> list[int]:
    return [int(entry["entry-number"]) for entry in answer.json]  # type: ignore[attr-defined]


RUNS = [
    ("", [1, 2, 3, 4, 5, 6, 7]),
    ("?start=6", [6, 7]),
    ("?limit=2", [1, 2]),
    ("?start=3&limit=2", [3, 4]),
    ("?start=8", []),
    (f"?start={10**30}", []),
]


def test_entries_are_read_in_order_from_a_number(get: Get) -> None:
    assert [(query, numbers(get(f"/country/entries{query}"))) for query, _ in RUNS] == RUNS


def test_an_entry_is_an_array_of_one_with_strings_and_a_list_of_its_hash(get: Get) -> None:
    (entry,) = get("/country/entries/1").json
    assert list(entry) == ["index-entry-number", "entry-number", "entry-timestamp", "key", "item-hash"]
    assert (entry["index-entry-number"], entry["entry-number"], entry["key"]) == ("1", "1", "GB")
    assert entry["entry-timestamp"] == "2023-11-14T22:12:20Z"
    assert len(entry["item-hash"]) == 1


def test_an_entry_as_csv(get: Get) -> None:
    (entry,) = get("/country/entries/1").json
    assert get("/country/entries/1.csv").text == (
        "index-entry-number,entry-number,entry-timestamp,key,item-hash\r\n"
        f'1,1,2023-11-14T22:12:20Z,GB,"{entry["item-hash"][0]}"\r\n'
    )


def test_an_entry_that_is_not_there_is_not_found(get: Get) -> None:
    for number in ["0", "8", "-1", "x", "1.0", "01", "%2B1", "%EF%BC%91", str(10**30), "9" * 5000]:
        answer = get(f"/country/entries/{number}")
        assert (number, answer.status_code, answer.content_type) == (number, 404, "application/problem+json")


def test_the_history_of_a_key_is_its_entries_oldest_first(get: Get) -> None:
    assert numbers(get("/country/records/FR/entries")) == [2, 4]
    assert get("/country/records/XX/entries").status_code == 404
    assert get("/country/records/FR/entries.csv").text.count("\r\n") == 3


def test_entries_asked_for_by_suffix_have_a_file_name(get: Get) -> None:
    assert get("/country/entries.json").headers["Content-Disposition"] == 'inline; filename="country-entries.json"'
    assert get("/country/entries.csv").headers["Content-Disposition"] == 'inline; filename="country-entries.csv"'
    assert "Content-Disposition" not in get("/country/entries").headers
