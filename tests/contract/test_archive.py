"""The published registers of 10 March 2021: what is loaded is what GOV.UK Registers served, to the byte."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from loaders.replay import Replayed, name_in, replay
from loaders.rsf_steps import Load
from registers import snapshot, trees
from registers.batch import Rules
from registers.definition import Definition
from registers.entry import Region
from registers.errors import Invalid
from registers.fsck import check_all
from registers.v1 import csv, shapes
from registers.v1.hashing import hash_text as v1_text
from registers.v2.hashing import hash_text as v2_text
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, entries_of, names_in, rows_in
from tests.rsf_files import dump, load

# What the archive holds against the rules, by register: how many times something is let through.
FORGIVEN = {"government-service": 6}


@pytest.fixture(scope="module")
def folders(shared_data: Path) -> list[Path]:
    """The folders of the 22 registers."""
    found = sorted(path.parent for path in (shared_data / "govuk-registers").glob("*/records.rsf"))
    if not found:
        pytest.skip("the published registers are not here: govuk-registers in the shared data")
    assert len(found) == 22
    return found


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict[str, Any]:
    """What is known of each register, from elsewhere."""
    path = shared_data.parent / "reference" / "hash-vectors.json"
    if not path.is_file():
        pytest.skip("the published hash vectors are not here: reference/hash-vectors.json beside the shared data")
    loaded: dict[str, Any] = json.loads(path.read_text())["archive_2021_03_10"]
    return loaded


def load_folder(store: CheckedStore, folder: Path, relaxed: bool = True) -> tuple[Replayed, list[str]]:
    """Load a register's file; what was let through."""
    notes: list[str] = []
    with (folder / "records.rsf").open("rb") as stream:
        name = name_in(stream)
        return replay(store, name, stream, Load(AUTHORITY, OPERATOR, Rules(relaxed, notes.append))), notes


def taken(store: CheckedStore, loaded: Replayed) -> tuple[snapshot.Snapshot, Definition]:
    with store.reading() as tx:
        definition = snapshot.read_definition(tx, loaded.register)
        assert definition is not None
        return snapshot.take(tx, loaded.register), definition


def test_every_published_register_is_served_as_it_was(
    store: CheckedStore, folders: list[Path], vectors: dict[str, Any]
) -> None:
    store.checking = False  # all of it after each of hundreds of writes would be long; once at the end is enough
    for folder in folders:
        loaded, _ = load_folder(store, folder)
        assert loaded.register.name == folder.name
        assert_as_published(store, loaded, folder, vectors[folder.name])
    assert names_in(store) == [folder.name for folder in folders]
    assert check_all(store) == rows_in(store)["entry"]


def assert_as_published(store: CheckedStore, loaded: Replayed, folder: Path, vector: dict[str, Any]) -> None:
    now, definition = taken(store, loaded)
    assert (now.size, now.total_records) == (vector["entries"], vector["records"])
    assert v1_text(now.root()) == v1_text(loaded.root) == vector["v1_root"]
    assert v2_text(now.root(trees.V2)) == vector["v2_root_derived"]
    rows = "".join(csv.records(snapshot.stream_records(store, now), definition.field_names)).encode()
    assert rows == (folder / "records.csv").read_bytes()
    assert hashlib.sha256(rows).hexdigest() == vector["records_csv_sha256"]
    text = "".join(shapes.records(snapshot.stream_records(store, now)))
    assert json.loads(text) == json.loads((folder / "records.json").read_text())


def test_every_dump_replays_to_the_same_register(sqlite_store: CheckedStore, folders: list[Path]) -> None:
    sqlite_store.checking = False
    for folder in folders:
        loaded, notes = load_folder(sqlite_store, folder)
        lines, again = dump(sqlite_store, folder.name), f"{folder.name}-copy"
        assert sorted(lines) == sorted(published_lines(folder)), "the same lines, in an order of our own"
        copy = load(sqlite_store, lines, again, relaxed=True)
        assert (copy.added, copy.root) == (loaded.added, loaded.root)
        assert dump(sqlite_store, again) == lines
        assert load(sqlite_store, lines, folder.name, relaxed=bool(notes)).added == 0
        assert load_folder(sqlite_store, folder)[0].added == 0
    check_all(sqlite_store)


def published_lines(folder: Path) -> list[str]:
    return (folder / "records.rsf").read_text(encoding="utf-8").split("\n")[:-1]


def test_strict_names_the_line_of_what_the_archive_holds_against_the_rules(
    sqlite_store: CheckedStore, folders: list[Path]
) -> None:
    sqlite_store.checking = False
    refused = set()
    for folder in folders:
        try:
            load_folder(sqlite_store, folder, relaxed=False)
        except Invalid as error:
            assert str(error).startswith("line "), error
            refused.add(folder.name)
    assert FORGIVEN.keys() <= refused
    assert set(names_in(sqlite_store)) == {folder.name for folder in folders} - refused
    check_all(sqlite_store)


def test_the_repeated_items_of_government_service_are_told(sqlite_store: CheckedStore, folders: list[Path]) -> None:
    folder = next(each for each in folders if each.name == "government-service")
    _, notes = load_folder(sqlite_store, folder)
    repeated = [note for note in notes if "is already the current record" in note]
    assert len(repeated) >= FORGIVEN["government-service"]
    entries = entries_of(sqlite_store, "government-service")
    assert [entry.number for entry in entries if entry.item != entry.number][:6] == list(range(128, 134))


def test_the_first_208_entries_of_country_have_the_root_of_the_specification(
    sqlite_store: CheckedStore, folders: list[Path]
) -> None:
    loaded, _ = load_folder(sqlite_store, next(each for each in folders if each.name == "country"))
    roots = {208: "8d92e1e0af1d43c4", 200: "e022997a144dada8", 197: "7114404b04a67c22"}
    with sqlite_store.reading() as tx:
        for size, root in roots.items():
            assert snapshot.take(tx, loaded.register, str(size)).root().hex().startswith(root)
        assert snapshot.take(tx, loaded.register, "2018-06-13").size == 208
        assert snapshot.take(tx, loaded.register).record("GB").number == 6
    assert len(entries_of(sqlite_store, "country", Region.METADATA)) == rows_in(sqlite_store)["entry"] - 210
