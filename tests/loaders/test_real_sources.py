"""The sources on the real files: what they hold is what the register holds, and a history is that of its files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from loaders import loading, sources
from loaders.loading import File, Loaded
from loaders.planning import differences
from registers import snapshot
from registers.opening import open_store
from registers.store.engine import Store
from tests.loaders.given import counts, items, quietly
from tests.makers import AUTHORITY, OPERATOR

SCHOOLS = {
    date(2021, 4, 26): "gias_all_2021-04-26.csv",
    date(2022, 7, 6): "schools_eng_2022-07-06_joined.csv",
    date(2025, 7, 11): "gias_open_2025-07-11.csv",
}


def rows_of(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def bring(store: Store, name: str, path: Path | None, as_at: date | None = None, **options: str) -> Loaded:
    file = File(path, "", options, as_at)
    return loading.load(store, sources.find(name), file, AUTHORITY, OPERATOR, quietly)


@pytest.fixture(scope="module")
def history(shared_data: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The authorities, and the schools of three years, loaded in order."""
    path = tmp_path_factory.mktemp("history") / "registers.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = open_store(f"sqlite:///{path}")
    folder = shared_data / "local-authorities"
    bring(
        store,
        "local-authorities",
        folder / "mysociety_uk_local_authorities_current.csv",
        codes=str(folder / "drkane_la_all_codes.csv"),
    )
    bring(store, "school-types", shared_data / "schools" / SCHOOLS[date(2022, 7, 6)])
    for day, name in SCHOOLS.items():
        bring(store, "schools", shared_data / "schools" / name, day)
    yield store
    store.close()


def iso(cell: str) -> str:
    day, month, year = cell.split("-")
    return f"{year}-{month}-{day}"


@pytest.mark.parametrize("day", SCHOOLS)
def test_the_state_at_each_date_equals_the_file_on_its_rows_and_columns(
    history: Store, shared_data: Path, day: date
) -> None:
    found = items(history, "school", day.isoformat())
    rows = rows_of(shared_data / "schools" / SCHOOLS[day])
    assert len(rows) > 20_000
    plain = {"name": "name", "town": "town", "postcode": "postcode"}
    dates = {"start-date": "open_date", "end-date": "close_date"}
    for row in rows:
        item = found[row["urn"]]
        told = {field: row[column].strip() for field, column in plain.items()}
        told |= {field: iso(row[column]) for field, column in dates.items() if row.get(column)}
        blank = {field for field, column in dates.items() if column in row and not row[column]}
        assert {field: item.get(field, "") for field in told} == told, row["urn"]
        assert not blank & item.keys(), row["urn"]


def test_there_is_one_entry_for_each_real_change(history: Store, shared_data: Path) -> None:
    """As counted from the files alone, column by column."""
    known: dict[str, dict[str, str]] = {}
    changes = 0
    for name in SCHOOLS.values():
        for row in rows_of(shared_data / "schools" / name):
            told = {
                column: row[column].strip()
                for column in ("name", "town", "postcode", "open_date", "close_date")
                if column in row
            }
            extra = ("establishment-type", "la_gss_2017", "dfe_estab", "longitude", "latitude")
            told |= {column: row[column].strip() for column in extra if column in row}
            if told.get("longitude") == "" or told.get("latitude") == "":
                told |= {"longitude": "", "latitude": ""}
            before = known.get(row["urn"])
            after = {**(before or {}), **told}
            changes += before is None or any(before.get(column, "") != value for column, value in after.items())
            known[row["urn"]] = after
    with history.reading() as tx:
        taken = snapshot.take(tx, snapshot.find_register(tx, "school"))
    assert (taken.size, taken.total_records) == (changes, len(known))


def test_nobody_was_closed_by_a_list_that_is_not_complete(history: Store) -> None:
    before, after = items(history, "school", "2022-07-06"), items(history, "school", "2025-07-11")
    assert not [urn for urn in before if "end-date" in after[urn] and "end-date" not in before[urn]]


def test_schools_link_to_their_authorities_and_types(history: Store) -> None:
    schools, authorities = items(history, "school"), items(history, "local-authority")
    linked = [item["local-authority"] for item in schools.values() if "local-authority" in item]
    assert len(linked) > 22_000 and set(linked) <= authorities.keys()
    types = items(history, "school-type")
    assert {item["school-type"] for item in schools.values() if "school-type" in item} <= types.keys()
    assert types["02"]["name"] == "Voluntary aided school"


def test_the_full_extract_is_read_with_its_139_columns_and_without_its_head_teachers(
    shared_data: Path, sqlite_store: Store
) -> None:
    path = shared_data / "schools" / "gias_edubasealldata_2021-04_first_rows.csv"
    for name in ("school-types", "dioceses", "religious-characters"):
        bring(sqlite_store, name, path)
    loaded = bring(sqlite_store, "schools", path)
    assert "local-authority is left out" in loaded.notes[0]
    found = items(sqlite_store, "school")["100000"]
    assert found["name"] == "The Aldgate School"
    assert (found["school-type"], found["diocese"], found["religious-character"]) == ("02", "CE23", "02")
    assert found["postcode"] == "EC3A 5DE" and found["street"] == "St James's Passage"
    longitude, latitude = json.loads(found["point"])
    assert (round(longitude, 3), round(latitude, 3)) == (-0.078, 51.514)
    assert items(sqlite_store, "diocese") == {"CE23": {"diocese": "CE23", "name": "Diocese of London"}}
    made = sources.find("schools").read(path, {}).definition
    assert not [name for name in made.field_names if "head" in name]


def test_authorities_have_their_former_codes_their_welsh_names_and_their_last_days(
    history: Store, shared_data: Path
) -> None:
    found = items(history, "local-authority")
    assert len(found) == 470
    assert (found["BNS"]["gss"], found["BNS"]["former-gss"]) == ("E08000038", ["E08000016"])
    assert found["GLG"]["former-gss"] == ["S12000046", "S12000043"]
    assert (found["CMA"]["end-date"], found["CMA"]["replaced-by"]) == ("2023-03-31", ["CBD", "WAF"])
    assert found["AYL"]["end-date"] == "2020-03-31"
    welsh = {key: item["name-cy"] for key, item in found.items() if "name-cy" in item}
    assert welsh["BGE"] == "Pen-y-bont ar Ogwr" and not any(
        "\ufffd" in name or "ï¿½" in name for name in welsh.values()
    )
    assert {item["nation"] for key, item in found.items() if key in welsh} == {"Wales"}
    for row in rows_of(shared_data / "local-authorities" / "mysociety_uk_local_authorities_current.csv"):
        item = found[row["local-authority-code"]]
        assert item["official-name"] == row["official-name"]
        if row["end-date"]:
            moved = timedelta(days=1) if row["end-date"].endswith("04-01") else timedelta()
            assert item["end-date"] == (date.fromisoformat(row["end-date"]) - moved).isoformat()


def test_a_code_that_changed_while_the_authority_stayed_is_two_changes(shared_data: Path, sqlite_store: Store) -> None:
    folder = shared_data / "local-authorities"
    path = folder / "mysociety_uk_local_authorities_current.csv"
    bring(sqlite_store, "local-authorities", path)
    file = File(path, "", {"codes": str(folder / "drkane_la_all_codes.csv")})
    with loading.plan(sqlite_store, sources.find("local-authorities"), file, quietly) as made:
        told = {each.name: sorted(each.fields) for each in differences(sqlite_store, made)}
    assert told == {"Barnsley": ["former-gss", "gss"], "Sheffield": ["former-gss", "gss"]}


def test_postcodes_are_as_the_directory_has_them(shared_data: Path, sqlite_store: Store) -> None:
    path = shared_data / "postcodes" / "onspd_seed_2025-09.csv"
    sqlite_store.checking = False  # type: ignore[attr-defined]
    bring(sqlite_store, "postcodes", path)
    found, rows = items(sqlite_store, "postcode"), rows_of(path)
    assert len(found) == len(rows) == 8048
    for row in rows:
        item = found[row["pcds"].replace(" ", "")]
        assert item["name"] == row["pcds"]
        assert item["start-date"].replace("-", "") == row["dointr"]
        assert item.get("end-date", "").replace("-", "") == row["doterm"]
        _check_place(item, row)
        for field, column in {
            "district": "oslaua",
            "ward": "osward",
            "constituency": "pcon",
            "lsoa21": "lsoa21",
        }.items():
            assert item.get(field, "") == ("" if row[column].endswith("99999999") else row[column])


def _check_place(item: dict[str, Any], row: dict[str, str]) -> None:
    if row["lat"] in ("", "99.999999"):
        assert "point" not in item
        return
    longitude, latitude = json.loads(item["point"])
    assert (longitude, latitude) == (float(row["long"]), float(row["lat"]))
    on_grid = not row["pcds"].startswith("BT")
    assert item.get("easting", "") == (row["oseast1m"].lstrip("0") if on_grid else "")


def test_a_folder_of_one_file_for_each_area_is_the_directory_too(
    shared_data: Path, sqlite_store: Store, tmp_path: Path
) -> None:
    header, *lines = (shared_data / "postcodes" / "onspd_seed_2025-09.csv").read_text().splitlines()
    folder = tmp_path / "ONSPD_MAY_2025" / "multi_csv"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("\n".join([header, *lines[:50]]))
    (folder / "b.csv").write_text("\n".join([header, *lines[50:60]]))
    sqlite_store.checking = False  # type: ignore[attr-defined]
    assert counts(bring(sqlite_store, "postcodes", tmp_path / "ONSPD_MAY_2025")) == (60, 0, 0, 0)
    reading = sources.find("postcodes").read(tmp_path / "ONSPD_MAY_2025", {})
    assert reading.dated == date(2025, 5, 1)
