"""deploy/nginx.conf, with a real nginx before a real server: it sends files, and passes all else on as it was."""

from __future__ import annotations

import http.client
import os
import random
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from bulk.building import build
from bulk.kinds import find_kind
from bulk.releases import folder_beside
from bulk.source import open_source
from registers.opening import open_store
from registers.store.migrations import migrate
from tests.api.conftest import fill
from tests.benchmarks.http import serving
from tests.nginx import nginx

FILE = "/v2/registers/country/download/7/entries.ndjson"


@dataclass
class Site:
    """Where nginx is, and the file that is made."""

    url: str
    content: bytes

    def get(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        """The status, the headers and the body of an answer."""
        asked = urllib.request.Request(self.url + path, headers={n.replace("_", "-"): v for n, v in headers.items()})
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """nginx before two workers; a test is skipped without it, or fails if REGISTERS_REQUIRE_NGINX is 1."""
    if not shutil.which("nginx"):
        reason = "there is no nginx: apt install nginx-light"
        if os.environ.get("REGISTERS_REQUIRE_NGINX") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder: Path = tmp_path_factory.mktemp("nginx")
    store = open_store(f"sqlite:///{folder / 'registers.db'}")
    migrate(store)
    fill(store)
    root = folder_beside(store)
    source = open_source(store, "country")
    list(build(root, source, [find_kind(source.definition, name) for name in ("entries.ndjson", "entries.csv")]))
    (made,) = root.glob("*/*/entries.ndjson")
    content = made.read_bytes()
    url = store.url.render_as_string()
    store.close()
    settings = {"REGISTERS_BULK_SENDER": "x-accel-redirect", "REGISTERS_BULK_FOLDER": str(root)}
    with serving(url, **settings) as behind, nginx(folder, behind, root) as (before, _):
        yield Site(before, content)


def test_a_file_is_sent_with_the_headers_of_the_service(site: Site) -> None:
    status, headers, body = site.get(FILE)
    assert (status, body) == (200, site.content)
    tag = f'"{sha256(site.content).hexdigest()}"'
    assert (headers["ETag"], headers["Accept-Ranges"]) == (tag, "bytes")
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["Content-Disposition"] == "attachment; filename=country-entries-2023-11-14.ndjson"
    assert headers.get_all("Cache-Control") == ["public, max-age=0, must-revalidate, no-transform"]
    assert "X-Accel-Redirect" not in headers and headers["X-Request-Id"]
    assert site.get(FILE, If_None_Match=tag)[0] == 304


def test_a_table_says_where_it_is_described(site: Site) -> None:
    _, headers, _ = site.get(FILE.replace("ndjson", "csv"))
    (link,) = headers.get_all("Link") or []
    target = link.partition(">")[0].removeprefix("<")
    assert target == FILE.replace("ndjson", "csv-metadata.json") and 'rel="describedby"' in link
    assert site.get(target)[1]["Content-Type"] == "application/csvm+json"
    assert "Link" not in site.get(FILE)[1]


def test_a_download_that_broke_off_goes_on_if_it_is_the_same_file(site: Site) -> None:
    tag, draw = f'"{sha256(site.content).hexdigest()}"', random.Random(3)
    for place in draw.sample(range(1, len(site.content)), 20):
        status, headers, rest = site.get(FILE, Range=f"bytes={place}-", If_Range=tag)
        assert (status, site.content[:place] + rest) == (206, site.content)
        assert headers["Content-Range"] == f"bytes {place}-{len(site.content) - 1}/{len(site.content)}"
    status, _, whole = site.get(FILE, Range="bytes=5-", If_Range='"another"')
    assert (status, whole) == (200, site.content)


def test_nobody_reaches_the_folder_of_files(site: Site) -> None:
    assert site.get("/_files/1/")[0] == 404


def test_a_slash_in_a_key_stays_one(site: Site) -> None:
    assert site.get("/v2/registers/country/records/a%2Fb")[0] == 200
    assert site.get("/v2/registers/country/records/a/b")[0] == 404


def test_a_text_that_is_no_file_yet_is_passed_on_as_it_is_made(site: Site) -> None:
    status, headers, body = site.get("/v2/registers/country/download/7/records.csv")
    assert (status, headers["Content-Length"]) == (200, None)
    assert body.count(b"\r\n") == 7
