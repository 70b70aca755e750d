"""The published registers by version 2: the roots worked out for them, the reference's examples, v1's own values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.openapi import description
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.api.v2.conftest import Ask, asking, pages
from tests.contract.test_published_registers import load

Published = tuple[Store, dict[str, Path]]
BLOB = "122016a21568e4f3f8c3c4f8088fe2829cc2863e1bae1be19607878b62dc2df93eba"
GB = {
    "country": "GB",
    "name": "United Kingdom",
    "official-name": "The United Kingdom of Great Britain and Northern Ireland",
    "citizen-names": "Briton;British citizen",
}


@pytest.fixture(scope="module")
def published(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """A store that holds them all, and their folders by name."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('published') / 'registers.db'}")
    migrate(store)
    yield store, {load(store, folder): folder for folder in sorted((shared_data / "govuk-registers").iterdir())}
    store.close()


@pytest.fixture(scope="module")
def ask(published: Published) -> Ask:
    """Ask for a path below /v2/registers."""
    return asking(create_app(Settings(operator="register.gov.uk"), published[0]).test_client())


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict[str, Any]:
    """The vectors that were worked out apart from this project."""
    found: dict[str, Any] = json.loads((shared_data.parent / "reference" / "hash-vectors.json").read_text())
    return found


def test_the_root_and_the_counts_of_every_register(ask: Ask, vectors: dict[str, Any]) -> None:
    for name, expected in vectors["archive_2021_03_10"].items():
        context = ask(f"/{name}/context").json
        assert context["root-hash"] == expected["v2_root_derived"], name
        assert context["statistics"]["total-records"] == expected["records"], name
        assert context["statistics"]["total-entries"] == expected["entries"], name


def test_the_proofs_of_country_are_the_vectors(ask: Ask, vectors: dict[str, Any]) -> None:
    expected = vectors["country_208"]
    assert ask("/country/proofs/register?at=208").json == {
        "root-hash": expected["v2_root_spec"],
        "total-entries": 208,
    }
    for spelling in ("entry", "entries"):
        assert ask(f"/country/proofs/{spelling}/10/200").json == {"audit-path": expected["v2_entry_proof_10_200"]}
    assert ask("/country/proofs/consistency/197/200").json == {"audit-path": expected["v2_consistency_197_200"]}


def test_the_examples_of_the_reference(ask: Ask) -> None:
    assert ask("/country/records/GB").json == {"_id": "GB", **GB}
    assert ask(f"/country/blobs/{BLOB}").json == {"_id": BLOB, **GB}
    entry = {"entry-number": 6, "entry-timestamp": "2016-04-05T13:23:05Z", "key": "GB", "blob-hash": BLOB}
    assert ask("/country/entries/6").json == ask("/country/snapshots/208/GB").json == entry
    header = "_id,country,name,official-name,citizen-names,start-date,end-date"
    assert (
        ask("/country/records.csv").text.split("\r\n")[0] == ask("/country/blobs.csv").text.split("\r\n")[0] == header
    )
    context = ask("/country/context").json
    assert context["statistics"] == {"total-records": 199, "total-entries": 210, "total-blobs": 210}
    assert context["status"] == {"start-date": "2016-04-05T13:23:05Z"}


def test_the_records_of_every_register_are_the_published_ones(ask: Ask, published: Published) -> None:
    for name, folder in published[1].items():
        golden = json.loads((folder / "records.json").read_bytes())
        expected = {key: {"_id": key, **record["item"][0]} for key, record in golden.items()}
        found = [record for page in pages(ask, f"/{name}/records?page-size=300") for record in page.json]
        assert {record["_id"]: record for record in found} == expected, name
        assert len(found) == len(expected)


def test_the_rows_of_every_register_are_the_published_bytes(ask: Ask, published: Published) -> None:
    """But that v2's rows begin with the key: the fourth of v1's cells."""
    for name, folder in published[1].items():
        golden = (folder / "records.csv").read_bytes().decode()
        golden = golden.replace("index-entry-number,entry-number,entry-timestamp,key,", "_id,", 1)
        expected = re.sub(r"\r\n\d+,\d+,[0-9T:-]+Z,", "\r\n", golden)
        first, *others = (page.text for page in pages(ask, f"/{name}/records.csv?page-size=300"))
        assert first + "".join(page.partition("\r\n")[2] for page in others) == expected, name


def test_the_examples_of_the_documentation_are_what_is_answered(published: Published, ask: Ask) -> None:
    store, _ = published
    document = description(create_app(Settings(), store))
    compared = 0
    for path, item in document["paths"].items():
        if not path.startswith("/v2/registers/{register}/") or "/download/{size}/" in path:
            continue  # which files are made is no state of the register
        parameters = {each["name"]: each.get("example") for each in item.get("parameters", [])}
        if None in parameters.values() or "get" not in item:
            continue
        answers = item["get"]["responses"].get("200", {}).get("content", {})  # some only lead on
        shown = answers.get("application/json", {}).get("example")
        answer = ask(path.removeprefix("/v2/registers").format(**parameters))
        if isinstance(shown, dict) and answer.status_code == 200 and "Link" not in answer.headers:
            compared += 1
            assert answer.json == shown, path
    assert compared >= 4
