"""Loading RSF as the published service took it: the same requests, the same bytes in answer."""

from __future__ import annotations

from base64 import b64encode

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.writing import Writer, issue
from tests.makers import names_in, rsf_of

PATH = "/v1/registers/country/load-rsf"
RSF = "application/uk-gov-rsf"
FILE = "".join(f"{line}\n" for line in rsf_of([("GB", {"country": "GB", "name": "United Kingdom"})])).encode()


@pytest.fixture
def who(store: Store) -> Writer:
    """Someone with a key, over an empty store, on each engine."""
    return Writer(store, create_app(SETTINGS, store), issue(store))


def load(who: Writer, body: bytes, password: str | None = None) -> TestResponse:
    """As `curl -u user:password --data-binary @file -H 'Content-Type: …'` sends it."""
    credentials = b64encode(f"openregister:{who.key if password is None else password}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    return who.app.test_client().post(PATH, data=body, content_type=RSF, headers=headers, buffered=True)


def test_a_file_is_loaded_with_the_key_as_the_password(who: Writer) -> None:
    answer = load(who, FILE)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.data == b'{"success":true,"message":"success"}'
    assert answer.headers["Cache-Control"] == "no-store"
    assert who.get("/v1/registers/country/records/GB").status_code == 200


def test_a_bad_file_is_refused_in_the_published_form(who: Writer) -> None:
    answer = load(who, FILE.replace(b'{"country"', b'{ "country"'))
    assert (answer.status_code, answer.content_type) == (400, "application/json")
    assert answer.text.startswith(
        '{"success":false,"message":"Failed to load RSF","details":"line 9: non canonical JSON:'
    )
    assert names_in(who.store) == []


def test_a_history_that_differs_is_refused_in_the_published_form(who: Writer) -> None:
    load(who, FILE)
    other = "".join(f"{line}\n" for line in rsf_of([("FR", {"country": "FR"})])).encode()
    answer = load(who, other)
    assert (answer.status_code, answer.json["message"]) == (400, "Failed to load RSF")
    assert "histories differ" in answer.json["details"]


def test_bad_credentials_are_unauthorized(who: Writer) -> None:
    answer = load(who, FILE, "wrong")
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate") == ['Bearer realm="registers"', 'Basic realm="registers"']
    assert names_in(who.store) == []


def test_it_cannot_be_read(who: Writer) -> None:
    answer = who.get(PATH)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"] and "GET" not in answer.headers["Allow"]


def test_half_a_surrogate_pair_is_refused_in_the_published_form(who: Writer) -> None:
    answer = load(who, b'add-item\t{"\\ud800":"\\ud800"}\n')
    assert (answer.status_code, answer.json["success"]) == (400, False)
