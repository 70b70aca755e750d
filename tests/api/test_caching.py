"""How long answers keep: for ever what holds no values, a day what holds an item, not at all what went wrong."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.api.conftest import Get

FOREVER = "public, max-age=31536000, immutable, no-transform"
REVALIDATE = "public, no-cache, no-transform"


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/v1/registers", REVALIDATE),
        ("/v1/registers/country/register", REVALIDATE),
        ("/v1/registers/country/records", REVALIDATE),
        ("/v1/registers/country/records/GB", REVALIDATE),
        ("/v1/registers/country/entries", REVALIDATE),
        ("/v1/registers/country/entries/1", FOREVER),
        ("/v1/registers/country/proof/register/merkle:sha-256", REVALIDATE),
        ("/v1/registers/country/proof/entries/1/2/merkle:sha-256", FOREVER),
        ("/v1/registers/country/proof/consistency/1/2/merkle:sha-256", FOREVER),
        ("/v1/registers/country/download-rsf", "private, no-cache, no-transform"),
        ("/v1/registers/country/download-register", "private, no-cache, no-transform"),
        ("/healthz", "no-store"),
        ("/readyz", "no-store"),
        ("/v1/registers/country/entries/1000", "no-store"),
        ("/v1/registers/country/proof/entries/1/1000/merkle:sha-256", "no-store"),
        ("/nothing", "no-store"),
    ],
)
def test_an_answer_keeps_as_long_as_its_resource_does(sqlite_get: Get, path: str, policy: str) -> None:
    assert sqlite_get(path).headers.getlist("Cache-Control") == [policy]


def test_an_item_keeps_for_a_day(sqlite_get: Get) -> None:
    (entry,) = sqlite_get("/v1/registers/country/entries/1").json
    answer = sqlite_get(f"/v1/registers/country/items/{entry['item-hash'][0]}")
    assert answer.headers["Cache-Control"] == "public, max-age=86400, no-transform"


def test_head_has_the_headers_of_get_and_no_body(client: FlaskClient) -> None:
    for path in ("records", "records/GB.csv", "entries?limit=2", "download-rsf", "download-register", "nothing"):
        url = f"/v1/registers/country/{path}"
        whole, head = client.get(url, buffered=True), client.head(url, buffered=True)
        ignored = {"X-Request-Id"}
        assert head.status_code == whole.status_code
        assert {(n, v) for n, v in head.headers if n not in ignored} == {
            (n, v) for n, v in whole.headers if n not in ignored
        }
        assert head.data == b""
