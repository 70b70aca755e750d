"""v1 knows of no redaction: what it cannot show as it was hashed is gone, and a record lacks what was taken away."""

from __future__ import annotations

import io
import json
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient

from registers import redaction
from registers.entry import REDACTED
from registers.redaction import Wanted
from registers.store.engine import Store
from registers.v2 import rsf
from tests.api.conftest import Get
from tests.makers import AUTHORITY, append, country, entries_of

HASH = "item-hash"


@pytest.fixture
def redacted(get: Get, store: Store) -> Get:
    """The application, once the names of citizens of GB and the older name of FR are taken away."""
    for wanted in (Wanted("GB", ("citizen-names",)), Wanted("FR", ("name",), entry=2)):
        redaction.take_away(store, "country", wanted, "a person asked for it", AUTHORITY)
    return get


def test_the_item_is_gone_and_its_blob_is_named(redacted: Get, store: Store) -> None:
    (entry,) = redacted("/country/entries/1").json
    answer = redacted(f"/country/items/{entry[HASH][0]}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (410, "no-store")
    blob = answer.json["detail"].rpartition(" ")[2]
    assert blob == f"/v2/registers/country/blobs/1220{entries_of(store)[0].digests['v2'].hex()}"
    assert redacted(f"/country/items/{entry[HASH][0]}.csv").status_code == 410
    (other,) = redacted("/country/entries/4").json
    assert redacted(f"/country/items/{other[HASH][0]}").json["name"] == "The French Republic"


def test_entries_and_proofs_stay_as_they_were(get: Get, store: Store) -> None:
    paths = ("/country/entries", "/country/proof/register/merkle:sha-256", "/country/proof/entries/1/7/merkle:sha-256")
    before = [get(path).data for path in paths]
    redaction.take_away(store, "country", Wanted("GB", ("name",)), "why", AUTHORITY)
    assert [get(path).data for path in paths] == before


def test_a_record_lacks_what_was_taken_away(redacted: Get) -> None:
    assert redacted("/country/records/GB").json["GB"]["item"] == [{"country": "GB", "name": "United Kingdom"}]
    rows = redacted("/country/records.csv").text.splitlines()
    assert next(row for row in rows if row.startswith("1,")) == '1,1,2023-11-14T22:12:20Z,GB,GB,"United Kingdom",,,'
    for path in ("/country/records", "/country/records.csv", "/country/records/name/United%20Kingdom"):
        assert REDACTED not in redacted(path).text
    assert redacted("/country/records/citizen-names/Briton").json == {}


@pytest.mark.parametrize(("span", "whole"), [("", "0/7"), ("/0", "0/7"), ("/0/1", "0/1"), ("/1/2", "1/2")])
def test_rsf_over_a_range_that_holds_one_is_gone_and_v2_has_it(redacted: Get, span: str, whole: str) -> None:
    answer = redacted(f"/country/download-rsf{span}")
    assert answer.status_code == 410
    assert answer.json["detail"].rpartition(" ")[2] == f"/v2/registers/country/download-rsf/{whole}"


def test_rsf_over_other_ranges_is_as_it_was(get: Get, store: Store) -> None:
    before = [get(f"/country/download-rsf/{span}").data for span in ("2", "3/7", "2/4", "7")]
    redaction.take_away(store, "country", Wanted("FR", ("name",), entry=2), "why", AUTHORITY)
    assert [get(f"/country/download-rsf/{span}").data for span in ("2", "3/7", "2/4", "7")] == before
    append(store, country("FR", "France"))  # the item of entry 2 again
    assert get("/country/download-rsf/4/8").status_code == 410
    assert get("/country/download-rsf/4/7").status_code == 200


def test_v2_rsf_carries_it_by_its_hash(redacted: Get, client: FlaskClient) -> None:
    instead = redacted("/country/download-rsf").json["detail"].rpartition(" ")[2]
    text = client.get(instead, buffered=True).data
    items = [command.text for command in rsf.parse(io.BytesIO(text)) if isinstance(command, rsf.AddItem)]
    assert sum(REDACTED in item for item in items) == 2


def test_the_archive_is_gone(get: Get, store: Store) -> None:
    with ZipFile(io.BytesIO(get("/country/download-register").data)) as archive:
        assert json.loads(archive.read("register.json"))["total-entries"] == 7
    redaction.take_away(store, "country", Wanted("GB", ("name",)), "why", AUTHORITY)
    assert get("/country/download-register").status_code == 410
