"""The ZIP file of a register: its files, its layouts, its limit, the same bytes each time."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from zipfile import ZipFile

from flask.testing import FlaskClient

from api.app import create_app
from registers import lifecycle
from registers.batch import Change
from registers.entry import Region
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import Get
from tests.makers import append, entries_of, grow, make

PATH = "/country/download-register"


def test_it_holds_the_summary_the_proof_every_item_and_every_entry(get: Get, store: Store) -> None:
    answer = get(PATH)
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename=country-1700000000000.zip"
    zipped = ZipFile(io.BytesIO(answer.data))
    assert zipped.testzip() is None
    entries = [*entries_of(store), *entries_of(store, region=Region.METADATA)]
    items = {f"item/{entry.digests['v1'].hex()}.json" for entry in entries}
    assert sorted(zipped.namelist()) == sorted(
        ["register.json", "proof.json", *items, *(f"entry/{n}.json" for n in range(1, 8))]
    )
    for name in items:
        assert sha256(zipped.read(name)).hexdigest() in name
    assert zipped.read("register.json") == get("/country/register").data
    assert zipped.read("proof.json") == get("/country/proof/register/merkle:sha-256").data
    assert [json.loads(zipped.read("entry/4.json"))] == get("/country/entries/4").json


def test_all_files_are_under_a_directory_when_that_is_asked_for(get: Get) -> None:
    plain = ZipFile(io.BytesIO(get(PATH).data)).namelist()
    under = ZipFile(io.BytesIO(get(f"{PATH}?layout=directory").data)).namelist()
    assert under == [f"country/{name}" for name in plain]
    assert ZipFile(io.BytesIO(get(f"{PATH}?layout=root").data)).namelist() == plain
    assert get(f"{PATH}?layout=other").status_code == 400


def test_the_same_state_gives_the_same_bytes(get: Get) -> None:
    assert get(PATH).data == get(PATH).data
    assert len(get(PATH).data) == int(get(PATH).headers["Content-Length"])


def test_a_register_over_the_limit_is_pointed_to_rsf(get: Get, store: Store) -> None:
    grow(store, 13)
    assert get(PATH).status_code == 200
    grow(store, 1, start=100)
    answer = get(PATH)
    assert (answer.status_code, answer.content_type) == (501, "application/problem+json")
    assert "/v1/registers/country/download-rsf" in answer.json["detail"]


def test_an_item_of_both_regions_is_one_file(store: Store) -> None:
    make(store, "name", ["name"])
    append(store, Change("name", {"name": "name"}), to="name")
    lifecycle.publish(store, "name")
    client: FlaskClient = create_app(Settings(), store).test_client()
    zipped = ZipFile(io.BytesIO(client.get("/v1/registers/name/download-register", buffered=True).data))
    shared = sha256(b'{"name":"name"}').hexdigest()
    assert zipped.namelist().count(f"item/{shared}.json") == 1
