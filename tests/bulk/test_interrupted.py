"""Downloads that break off, from gunicorn as it is run: what is put together is the file, whoever died in between."""

from __future__ import annotations

import http.client
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bulk.building import make
from bulk.kinds import find_kind
from bulk.releases import release_of
from bulk.source import open_source
from registers import lifecycle
from registers.definition import Field
from registers.plan import Change
from registers.store.engine import Store
from tests.makers import AUTHORITY, COUNTRY, append
from tests.makers import make as make_register
from tests.servers import Gunicorn

ENTRIES = 300
HERE = f"/v2/registers/country/download/{ENTRIES}"


@dataclass
class Downloads:
    """A server of a register of a megabyte, and who downloads from it with the standard library."""

    store: Store
    files: Path
    server: Gunicorn

    def make(self, name: str) -> bytes:
        """Make a file, as the worker does."""
        source = open_source(self.store, "country")
        release = release_of(self.files, source.register.id, source.state)
        return make(release, source, find_kind(source.definition, name))[0].read_bytes()

    def get(
        self, name: str, headers: dict[str, str], most: int | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """An answer, and what was read of it before the connection was broken off."""
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)
        connection.request("GET", f"{HERE}/{name}", headers=headers)
        answer = connection.getresponse()
        read = answer.read(most)
        connection.close()
        return answer, read


@pytest.fixture
def downloads(sqlite_store: Store, tmp_path: Path) -> Iterator[Downloads]:
    draw = random.Random(6)
    make_register(sqlite_store, "country", COUNTRY)
    items = [{"country": f"C{n}", "name": draw.randbytes(1500).hex()} for n in range(ENTRIES)]
    append(sqlite_store, *(Change(item["country"], item) for item in items))
    lifecycle.publish(sqlite_store, "country")
    server = Gunicorn(sqlite_store.url.render_as_string(hide_password=False), tmp_path / "files")
    with server.running():
        yield Downloads(sqlite_store, tmp_path / "files", server)


def test_a_download_that_breaks_off_anywhere_goes_on_also_after_the_server_was_killed(downloads: Downloads) -> None:
    content, draw = downloads.make("entries.ndjson"), random.Random(4)
    first, have = downloads.get("entries.ndjson", {}, draw.randint(1, 100_000))
    etag = first.headers["ETag"]
    parts = 1
    while len(have) < len(content):
        if parts in (2, 5):
            downloads.server.kill()
            downloads.server.start()
        asked = {"Range": f"bytes={len(have)}-", "If-Range": etag}
        answer, more = downloads.get("entries.ndjson", asked, draw.randint(1, 200_000))
        assert answer.status == 206
        assert answer.headers["Content-Range"] == f"bytes {len(have)}-{len(content) - 1}/{len(content)}"
        have, parts = have + more, parts + 1
    assert have == content and parts > 6


def test_a_file_that_was_replaced_in_between_is_sent_whole(downloads: Downloads) -> None:
    """It is of the same size still, and has a column more: what is here already is of no use."""
    downloads.make("records.csv")
    first, have = downloads.get("records.csv", {}, 100_000)
    lifecycle.add_field(downloads.store, "country", Field("capital"), AUTHORITY)
    asked = {"Range": f"bytes={len(have)}-", "If-Range": first.headers["ETag"]}
    answer, whole = downloads.get("records.csv", asked)
    assert answer.status == 200 and "ETag" not in answer.headers, "it is not made yet, and sent as it is made"
    assert whole == downloads.make("records.csv") != have
    answer, again = downloads.get("records.csv", asked)
    assert (answer.status, again) == (200, whole)
    assert answer.headers["ETag"] != first.headers["ETag"] and not whole.startswith(have)


def test_a_range_beyond_the_end_is_a_problem_that_says_how_long_the_file_is(downloads: Downloads) -> None:
    content = downloads.make("records.csv")
    answer, told = downloads.get("records.csv", {"Range": f"bytes={len(content)}-"})
    assert (answer.status, answer.headers["Content-Type"]) == (416, "application/problem+json")
    assert answer.headers["Content-Range"] == f"bytes */{len(content)}"
    assert b'"status":416' in told
