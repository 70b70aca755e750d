"""The published GOV.UK registers, loaded and asked for over HTTP: what a client of 2021 was given, byte for byte.

The literal examples are those of the reference for the register `country`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.openapi import description
from loaders import replay
from loaders.rsf_steps import Load
from registers.batch import Rules
from registers.merkle import hash_leaf, verify_inclusion
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from registers.v1.hashing import parse_hash
from tests.makers import AUTHORITY

Ask = Callable[[str], TestResponse]
GB = "sha-256:6b18693874513ba13da54d61aafa7cad0c8f5573f3431d6f1c04b07ddb27d6bb"


def load(store: Store, folder: Path) -> str:
    """Load one published register and give its name."""
    with (folder / "records.rsf").open("rb") as file:
        name = replay.name_in(file)
        replay.replay(store, name, file, Load(AUTHORITY, "register.gov.uk", Rules(relaxed=True)))
    return name


@pytest.fixture(scope="module")
def published(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, dict[str, Path]]]:
    """A store that holds them all, and their folders by name."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('published') / 'registers.db'}")
    migrate(store)
    folders = sorted((shared_data / "govuk-registers").iterdir())
    yield store, {load(store, folder): folder for folder in folders}
    store.close()


@pytest.fixture(scope="module")
def ask(published: tuple[Store, dict[str, Path]]) -> Ask:
    """Ask for a path below /v1/registers."""
    return asking(published[0])


def asking(store: Store) -> Ask:
    client: FlaskClient = create_app(Settings(operator="register.gov.uk"), store).test_client()
    return lambda path: client.get(f"/v1/registers{path}", buffered=True)


@pytest.fixture
def country(shared_data: Path, migrated_url: str) -> Iterator[Ask]:
    """The register `country` alone, once on each engine."""
    store = open_store(migrated_url)
    load(store, shared_data / "govuk-registers" / "country")
    yield asking(store)
    store.close()


def pages(ask: Ask, path: str) -> Iterator[TestResponse]:
    """All pages of a resource, by its links."""
    query = "?page-size=5000"
    while query:
        answer = ask(path + query)
        assert answer.status_code == 200
        yield answer
        links = dict(reversed(part.split("; rel=")) for part in answer.headers.get("Link", "").split(",") if part)
        query = links.get('"next"', "<>")[1:-1]


def test_the_records_of_every_register_as_csv_are_the_published_bytes(
    ask: Ask, published: tuple[Store, dict[str, Path]]
) -> None:
    for name, folder in published[1].items():
        first, *others = (answer.data for answer in pages(ask, f"/{name}/records.csv"))
        glued = first + b"".join(page.partition(b"\r\n")[2] for page in others)
        assert glued == (folder / "records.csv").read_bytes(), name


def test_the_records_of_every_register_as_json_are_the_published_ones(
    ask: Ask, published: tuple[Store, dict[str, Path]]
) -> None:
    for name, folder in published[1].items():
        glued: dict[str, Any] = {}
        for answer in pages(ask, f"/{name}/records.json"):
            assert not glued.keys() & answer.json.keys()
            glued |= answer.json
        assert glued == json.loads((folder / "records.json").read_bytes()), name


def test_the_rsf_of_every_register_replays_to_the_published_root(
    ask: Ask, published: tuple[Store, dict[str, Path]], tmp_path: Path
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'copies.db'}")
    migrate(store)
    for name, folder in published[1].items():
        root = (folder / "records.rsf").read_text().splitlines()[-1]
        text = ask(f"/{name}/download-rsf").data
        assert text.splitlines()[-1].decode() == root
        rules = Rules(relaxed=True)
        replay.replay(store, name, io.BytesIO(text), Load(AUTHORITY, "register.gov.uk", rules))
    store.close()


def test_the_listing_has_them_all(ask: Ask, published: tuple[Store, dict[str, Path]]) -> None:
    listed = ask("").json["registers"]
    assert [each["register"] for each in listed] == sorted(published[1])
    assert len(listed) == 22


def test_the_summary_of_country(country: Ask) -> None:
    summary = country("/country/register").json
    text = summary["register-record"].pop("text")
    assert text.startswith("British English names")
    assert summary == {
        "domain": "register.gov.uk",
        "total-records": 199,
        "total-entries": 210,
        "register-record": {
            "fields": ["country", "name", "official-name", "citizen-names", "start-date", "end-date"],
            "registry": "foreign-commonwealth-office",
            "phase": "beta",
            "register": "country",
        },
        "custodian": "David de Silva",
        "last-updated": "2019-06-14T14:27:30Z",
    }


def test_the_literal_examples_of_country(country: Ask) -> None:
    item = {
        "country": "GB",
        "official-name": "The United Kingdom of Great Britain and Northern Ireland",
        "name": "United Kingdom",
        "citizen-names": "Briton;British citizen",
    }
    numbers = {"index-entry-number": "6", "entry-number": "6", "entry-timestamp": "2016-04-05T13:23:05Z", "key": "GB"}
    assert country("/country/records/GB").json == {"GB": {**numbers, "item": [item]}}
    assert country("/country/entries/6").json == [{**numbers, "item-hash": [GB]}]
    assert country(f"/country/items/{GB}").json == item
    assert country("/country/records.csv").text.split("\r\n")[:2] == [
        "index-entry-number,entry-number,entry-timestamp,key,country,name,official-name,citizen-names,start-date,end-date",
        '210,210,2019-06-14T14:27:30Z,MM,MM,"Myanmar (Burma)","The Republic of the Union of Myanmar",'
        '"Citizen of Myanmar",,',
    ]
    header, row = csv.reader(io.StringIO(country("/country/entries/6.csv").text))
    assert header == ["index-entry-number", "entry-number", "entry-timestamp", "key", "item-hash"]
    assert row == ["6", "6", "2016-04-05T13:23:05Z", "GB", GB]
    assert country(f"/country/items/{GB}.csv").text.split("\r\n")[0] == (
        "country,name,official-name,citizen-names,start-date,end-date"
    )


def test_the_bytes_of_an_entry_are_its_published_leaf(country: Ask) -> None:
    leaf = country("/country/entries/6").data[1:-1]
    assert sha256(leaf).hexdigest() == "30f5892a77f95bbba3092a91aea767869f7b1e3106a9b997368a6857984b255a"


def test_the_published_proofs(country: Ask, shared_data: Path) -> None:
    path = shared_data.parent / "reference" / "hash-vectors.json"
    if not path.exists():
        pytest.skip("the published vectors, hash-vectors.json, are not here")
    vectors = json.loads(path.read_bytes())["country_208"]
    prefix = {"proof-identifier": "merkle:sha-256"}
    assert country("/country/proof/entries/10/200/merkle:sha-256").json == prefix | {
        "entry-number": "10",
        "merkle-audit-path": vectors["v1_entry_proof_10_200"],
    }
    assert country("/country/proof/consistency/197/200/merkle:sha-256").json == prefix | {
        "merkle-consistency-nodes": vectors["v1_consistency_197_200"]
    }
    for size, root in ((197, "v1_root_at_197"), (200, "v1_root_at_200"), (208, "v1_root")):
        assert country(f"/country/download-rsf/{size}/{size}").text == f"assert-root-hash\t{vectors[root]}\n"


def test_a_published_entry_is_proven_from_what_is_served(country: Ask) -> None:
    root = country("/country/proof/register/merkle:sha-256").json
    assert (root["root-hash"][8:16], root["total-entries"]) == ("60413ca0", 210)
    leaf = hash_leaf(country("/country/entries/6").data[1:-1])
    path = country("/country/proof/entries/6/210/merkle:sha-256").json["merkle-audit-path"]
    assert verify_inclusion(5, 210, leaf, [parse_hash(hash) for hash in path], parse_hash(root["root-hash"]))


def test_the_links_are_the_published_ones(country: Ask) -> None:
    assert country("/country/entries?start=101&limit=50").headers["Link"] == (
        '<?start=151&limit=50>; rel="next",<?start=51&limit=50>; rel="previous"'
    )
    assert country("/country/records").headers["Link"] == '<?page-index=2&page-size=100>; rel="next"'


def test_the_documented_examples_are_what_is_served(country: Ask, shared_data: Path) -> None:
    store = open_store("sqlite:///never-opened.db")
    paths = description(create_app(Settings(), store))["paths"]
    asked = {
        "": country(""),
        "/{register}/register": country("/country/register"),
        "/{register}/records/{key}": country("/country/records/GB"),
        "/{register}/entries/{number}": country("/country/entries/6"),
        "/{register}/items/{hash}": country(f"/country/items/{GB}"),
        "/{register}/proof/register/merkle:sha-256": country("/country/proof/register/merkle:sha-256"),
        "/{register}/proof/entries/{number}/{size}/merkle:sha-256": country(
            "/country/proof/entries/6/208/merkle:sha-256"
        ),
        "/{register}/proof/consistency/{old}/{new}/merkle:sha-256": country(
            "/country/proof/consistency/197/200/merkle:sha-256"
        ),
    }
    for path, answer in asked.items():
        shown = paths[f"/v1/registers{path}"]["get"]["responses"]["200"]["content"]
        assert shown["application/json"]["example"] == answer.json
    for path, url in (
        ("/{register}/records/{key}", "/country/records/GB.csv"),
        ("/{register}/entries/{number}", "/country/entries/6.csv"),
        ("/{register}/items/{hash}", f"/country/items/{GB}.csv"),
    ):
        shown = paths[f"/v1/registers{path}"]["get"]["responses"]["200"]["content"]
        assert shown["text/csv;charset=UTF-8"]["example"] == country(url).text
    shown = paths["/v1/registers/{register}/download-rsf/{start}"]["get"]["responses"]["200"]["content"]
    assert shown["application/uk-gov-rsf"]["example"] == country("/country/download-rsf/209").text
    whole = paths["/v1/registers/{register}/download-rsf"]["get"]["responses"]["200"]["content"]
    lines = country("/country/download-rsf").text.splitlines()
    assert set(whole["application/uk-gov-rsf"]["example"].splitlines()) <= set(lines)
