"""Descriptions of CSV files: readers that are not ours read the files by them, with every value and its type."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import csvw  # type: ignore[import-untyped]
import frictionless
import pytest

from bulk.building import build
from bulk.describing.beside import NAMES, describe, write_beside
from bulk.describing.columns import CSVW, PATTERNS, TABLE_SCHEMA
from bulk.kinds import kinds_of
from bulk.releases import MANIFEST, Release, release_of
from bulk.source import Source, open_source
from loaders import replay
from loaders.rsf_steps import Load
from registers import datatypes, lifecycle
from registers.batch import Rules
from registers.definition import Field
from registers.errors import Unavailable
from registers.plan import Change
from registers.store.engine import Store
from tests.bulk.conftest import THINGS
from tests.makers import AUTHORITY, CheckedStore, append
from tests.makers import make as make_register

CURRENT = {str(item["thing"]): item for item in THINGS}
MOMENT = datetime(2017, 8, 9, 10, 30, tzinfo=UTC)
LINKED = (
    Field("part"),
    Field("whole", register="part"),
    Field("thing", register="thing"),
    Field("parts", cardinality="n", register="part"),
    Field("page", "url"),
    Field("root", "hash"),
    Field("of", "curie"),
    Field("for", "period"),
    Field("notes", "text"),
    Field("called", "name"),
)
PARTS: list[dict[str, str | list[str]]] = [
    {"part": "1", "page": "https://example.org/ü?a=b", "root": f"1220{'ab' * 32}", "notes": "*Both*\n\nparts"},
    {"part": "2", "whole": "1", "thing": "a", "parts": ["1", "2"], "of": "thing:b", "for": "2017/P1Y", "called": "x-y"},
]


def built(store: Store, root: Path, name: str = "thing", formats: tuple[str, ...] = ("csv",)) -> Release:
    """A release of a register, built."""
    source = open_source(store, name)
    list(build(root, source, kinds_of(source.definition, formats)))
    return release_of(root, source.register.id, source.state)


@pytest.fixture
def release(things: Store, tmp_path: Path) -> Release:
    return built(things, tmp_path / "files")


@pytest.fixture
def linked(things: Store, tmp_path: Path) -> Release:
    """Of a register that links to itself and to another, with the datatypes that `thing` has not."""
    make_register(things, "part", LINKED)
    append(things, *(Change(str(item["part"]), item) for item in PARTS), to="part")
    lifecycle.publish(things, "part")
    return built(things, tmp_path / "files", "part")


def rows_of(release: Release, name: str) -> list[dict[str, Any]]:
    """The rows of a CSV file as `csvw` reads them by the metadata beside it, which it looks for itself."""
    (table,) = csvw.CSVW(str(release.folder / name), validate=True).tables
    return list(table.iterdicts(strict=True))


@pytest.fixture(autouse=True)
def limit_of_csv() -> Iterator[None]:
    """frictionless sets how long a value of any CSV may be, for the whole process; other tests go by Python's."""
    before = csv.field_size_limit()
    yield
    csv.field_size_limit(before)


def package_of(release: Release) -> frictionless.Package:
    return frictionless.Package(str(release.folder / "datapackage.json"))


# What is written


def test_descriptions_are_beside_the_files_and_not_in_the_manifest(release: Release) -> None:
    assert {path.name for path in release.folder.iterdir()} == {MANIFEST, "records.csv", "entries.csv", *NAMES}
    assert set(release.manifest().files) == {"records.csv", "entries.csv"}


def test_what_is_not_made_is_not_described(things: Store, tmp_path: Path) -> None:
    release = built(things, tmp_path / "files", formats=("ndjson",))
    assert not {path.name for path in release.folder.iterdir()} & {*NAMES}


def test_a_full_disk_is_said_and_leaves_no_half(
    release: Release, things: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (release.folder / "datapackage.json").read_text()

    def full(self: Path, text: str, **_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(Unavailable, match=r"the description \S+ cannot be written: No space left on device"):
        write_beside(release, open_source(things, "thing"))
    assert (release.folder / "datapackage.json").read_text() == before
    assert not list(release.folder.glob(".partial-*"))


def test_every_datatype_has_a_type_or_is_text() -> None:
    typed = {*CSVW, *TABLE_SCHEMA, *PATTERNS} - {"json"}
    assert typed <= set(datatypes.DATATYPES)
    assert set(datatypes.DATATYPES) - typed == {"string", "text", "period", "geometry"}


@pytest.mark.parametrize(
    ("datatype", "good", "bad"),
    [
        (
            "datetime",
            "2017 2017-08 2016-02-29 2017-08-09T10Z 2017-08-09T10:30Z 2017-08-09T10:30:00Z",
            "17 2017-8 August",
        ),
        ("name", "a start-date x1", "A 1a a_b"),
        ("curie", "country:GB local_authority:a-b.c/d", "GB :GB country: a:b:c"),
        ("hash", f"sha-256:{'0' * 64} 1220{'f' * 64}", f"{'0' * 64} 1220{'F' * 64}"),
    ],
)
def test_a_pattern_is_the_rule_of_its_datatype(datatype: str, good: str, bad: str) -> None:
    check, pattern = datatypes.datatype(datatype).check, PATTERNS[datatype]
    assert [each for each in good.split() if check(each) or not re.search(pattern, each)] == []
    assert [each for each in bad.split() if not check(each) or re.search(pattern, each)] == []
    for each in {"datetime": ["2017-06-22T00:00:00"], "curie": [" country:GB"]}.get(datatype, []):
        assert check(each) and datatypes.RELAXED[datatype](each) is None and re.search(pattern, each)


# CSVW, read by the package `csvw`


def test_csvw_reads_the_records_with_their_types(release: Release) -> None:
    rows = {row["Key"]: row for row in rows_of(release, "records.csv")}
    assert set(rows) == set(CURRENT)
    b = rows["b"]
    assert (b["count"], b["is_open"], b["since"], b["seen"]) == (-7, True, "2017-08", MOMENT)
    assert (b["also"], b["sizes"], b["name"]) == (CURRENT["b"]["also"], [1, -20], CURRENT["b"]["name"])
    assert (b["place"], rows["c"]["count"]) == ("[-2.5, 53.25]", 2**63 - 1)
    assert (rows["a"]["since"], rows["a"]["is_open"], rows["a"]["also"]) == (None, None, [])


def test_csvw_reads_the_entries_with_their_types(release: Release) -> None:
    rows = rows_of(release, "entries.csv")
    assert [row["entry_number"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0]["item"] == THINGS[0]
    assert all(row["entry_timestamp"].tzinfo and row["item_hash"].startswith("sha-256:") for row in rows)


def test_csvw_reads_the_other_datatypes(linked: Release) -> None:
    rows = {row["Key"]: row for row in rows_of(linked, "records.csv")}
    assert rows["1"]["root"] == PARTS[0]["root"] and rows["1"]["notes"] == PARTS[0]["notes"]
    assert rows["1"]["page"].unsplit() == "https://example.org/%C3%BC?a=b"
    assert (rows["2"]["parts"], rows["2"]["of"], rows["2"]["for"]) == (["1", "2"], "thing:b", "2017/P1Y")


def test_csvw_notices_a_value_that_breaks_its_type(release: Release) -> None:
    path = release.folder / "records.csv"
    path.write_bytes(path.read_bytes().replace(b"2017-08,", b"August,"))
    with pytest.raises(ValueError, match="August"):
        rows_of(release, "records.csv")


# A Data Package, read by Frictionless


def test_frictionless_validates_the_package(release: Release) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "frictionless", "validate", "--json", "datapackage.json"],
        cwd=release.folder,
        capture_output=True,
        text=True,
    )
    report = json.loads(done.stdout)
    assert (done.returncode, report["valid"], report["errors"]) == (0, True, []), done.stdout
    assert [(task["name"], task["stats"]["rows"]) for task in report["tasks"]] == [("records", 4), ("entries", 5)]


def test_frictionless_reads_the_records_with_their_types(release: Release) -> None:
    rows = {row["_id"]: row.to_dict() for row in package_of(release).get_resource("records").read_rows()}
    b = rows["b"]
    assert (b["count"], b["is-open"], b["since"], b["seen"]) == (-7, True, "2017-08", MOMENT)
    assert (b["also"], b["sizes"], b["name"]) == (CURRENT["b"]["also"], [1, -20], CURRENT["b"]["name"])
    assert tuple(b["place"]) == (Decimal("-2.5"), Decimal("53.25"))
    assert rows["c"]["count"] == 2**63 - 1


def test_frictionless_follows_a_link_of_a_register_to_itself(linked: Release) -> None:
    report = package_of(linked).validate()
    assert report.valid, report.flatten()
    schema = package_of(linked).get_resource("records").schema
    assert [key["fields"] for key in schema.foreign_keys] == [["whole"]]
    assert {field.name: field.custom.get("register") for field in schema.fields}["thing"] == "thing"


@pytest.mark.parametrize(
    ("before", "after", "type"),
    [
        (b",-7,", b",seven,", "type-error"),
        (b"\r\nc,", b"\r\n007,", "primary-key"),
        (b"2017-08,", b"Augustus,", "constraint"),
    ],
)
def test_frictionless_notices_what_is_wrong(release: Release, before: bytes, after: bytes, type: str) -> None:
    path = release.folder / "records.csv"
    assert before in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(before, after))
    found = {error[0] for error in package_of(release).validate().flatten(["type"])}
    assert "hash-count" in found or "byte-count" in found, found
    assert any(each.startswith(type) for each in found), found


def test_a_package_of_what_is_not_made_has_no_bytes(source: Source, tmp_path: Path) -> None:
    manifest = release_of(tmp_path, source.register.id, source.state).manifest()
    document = json.loads(describe("datapackage.json", source, manifest))
    assert [each["path"] for each in document["resources"]] == ["records.csv", "entries.csv"]
    assert not any("bytes" in each or "hash" in each for each in document["resources"])


def headers(release: Release, name: str) -> Iterator[str]:
    with (release.folder / name).open(encoding="utf-8", newline="") as file:
        yield from next(csv.reader(file))


@pytest.mark.parametrize("name", ["records.csv", "entries.csv"])
def test_descriptions_name_the_columns_that_there_are_in_their_order(linked: Release, name: str) -> None:
    told = json.loads((linked.folder / f"{name}-metadata.json").read_text())
    assert [each["titles"] for each in told["tableSchema"]["columns"]] == list(headers(linked, name))
    resource = package_of(linked).get_resource(name.removesuffix(".csv"))
    assert resource.schema.field_names == list(headers(linked, name))


def test_an_empty_register_is_described_too(sqlite_store: Store, tmp_path: Path) -> None:
    make_register(sqlite_store, "bare", [Field("bare")])
    lifecycle.publish(sqlite_store, "bare")
    release = built(sqlite_store, tmp_path / "files", "bare")
    assert package_of(release).validate().valid
    assert rows_of(release, "records.csv") == []


# Real registers


def test_every_published_register_is_read_by_its_descriptions(
    sqlite_store: CheckedStore, shared_data: Path, tmp_path: Path
) -> None:
    """Those of GOV.UK, with what they hold beside the rules."""
    sqlite_store.checking = False
    folders = sorted((shared_data / "govuk-registers").iterdir())
    for folder in folders:
        with (folder / "records.rsf").open("rb") as file:
            name = replay.name_in(file)
            replay.replay(sqlite_store, name, file, Load(AUTHORITY, "register.gov.uk", Rules(relaxed=True)))
        release = built(sqlite_store, tmp_path / "files", name)
        report = package_of(release).validate()
        assert report.valid, (name, report.flatten()[:3])
        assert len(rows_of(release, "records.csv")) == release.state.records
        for cells, row in zip(raw_of(release), rows_of(release, "records.csv"), strict=True):
            found = {header: row["Key" if header == "_id" else header.replace("-", "_")] for header in cells}
            texts = {header: value for header, value in found.items() if value is None or isinstance(value, str)}
            assert {header: value or "" for header, value in texts.items()} == {each: cells[each] for each in texts}
            assert len(texts) > len(cells) / 2
    assert len(folders) == 22


def raw_of(release: Release) -> list[dict[str, str]]:
    with (release.folder / "records.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
