"""Files over HTTP: whole, in part, not at all, or not yet; and never half a file that looks whole."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import csvw  # type: ignore[import-untyped]
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from bulk import wanted
from bulk.building import make
from bulk.following import Files
from bulk.kinds import Kind, find_kind
from bulk.releases import release_of
from bulk.source import Source, open_source
from registers import lifecycle, merkle
from registers.definition import Field
from registers.errors import Corrupt
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import fill
from tests.makers import AUTHORITY, append, country
from tests.makers import make as make_register

HERE = "/v2/registers/country/download"


class Downloads:
    """An application with a folder of files, and what is asked of it."""

    def __init__(self, store: Store, root: Path, **settings: str) -> None:
        self.store, self.root = store, root
        self.app: Flask = create_app(Settings(bulk_folder=str(root), **settings), store)  # type: ignore[arg-type]
        self.client: FlaskClient = self.app.test_client()

    def get(self, path: str, **given: object) -> TestResponse:
        return self.client.get(f"{HERE}{path}", buffered=True, **given)  # type: ignore[arg-type]

    def make(self, name: str, at: str | None = None) -> bytes:
        """Make a file, as the worker does."""
        source = open_source(self.store, "country", at)
        release = release_of(self.root, source.register.id, source.state)
        return make(release, source, find_kind(source.definition, name))[0].read_bytes()


@pytest.fixture
def downloads(sqlite_store: Store, tmp_path: Path) -> Downloads:
    fill(sqlite_store)
    return Downloads(sqlite_store, tmp_path / "files")


# A file that is made


def test_the_present_state_redirects_to_its_url(downloads: Downloads) -> None:
    found = downloads.get("/records.csv")
    assert (found.status_code, found.headers["Location"]) == (302, f"{HERE}/7/records.csv")
    assert downloads.get("/records.csv?at=3").headers["Location"] == f"{HERE}/3/records.csv"
    assert downloads.get("/manifest.json").headers["Location"] == f"{HERE}/7/manifest.json"


def test_a_made_file_is_sent_with_all_that_is_known_of_it(downloads: Downloads) -> None:
    content = downloads.make("records.csv")
    answer = downloads.get("/7/records.csv")
    assert (answer.status_code, answer.data) == (200, content)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["ETag"] == f'"{sha256(content).hexdigest()}"'
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Disposition"] == "attachment; filename=country-records-2023-11-14.csv"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Register-Size"] == "7"


def test_who_has_a_file_is_not_sent_it(downloads: Downloads) -> None:
    downloads.make("entries.rsf")
    etag = downloads.get("/7/entries.rsf").headers["ETag"]
    again = downloads.get("/7/entries.rsf", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_file_is_not_compressed_on_its_way(downloads: Downloads) -> None:
    content = downloads.make("records.ndjson")
    answer = downloads.get("/7/records.ndjson", headers={"Accept-Encoding": "gzip, zstd, br"})
    assert answer.data == content and "Content-Encoding" not in answer.headers


def test_a_download_that_breaks_off_at_any_place_goes_on(downloads: Downloads) -> None:
    """Each part may be answered by another process, which has read the file's ETag from its manifest."""
    content = downloads.make("register.sqlite")
    etag = downloads.get("/7/register.sqlite").headers["ETag"]
    have, draw = b"", random.Random(7)  # noqa: S311
    while len(have) < len(content):
        restarted = Downloads(downloads.store, downloads.root)
        headers = {"Range": f"bytes={len(have)}-", "If-Range": etag}
        part = restarted.get("/7/register.sqlite", headers=headers)
        assert part.status_code == 206
        assert part.headers["Content-Range"] == f"bytes {len(have)}-{len(content) - 1}/{len(content)}"
        have += part.data[: draw.randint(1, 60_000)]
    assert have == content


def test_a_part_of_another_file_is_never_sent(downloads: Downloads) -> None:
    content = downloads.make("records.csv")
    answer = downloads.get("/7/records.csv", headers={"Range": "bytes=5-", "If-Range": '"another"'})
    assert (answer.status_code, answer.data) == (200, content)


@pytest.mark.parametrize("asked", ["bytes=100000-", "bytes=9-3", "bytes=x"])
def test_a_part_that_there_is_not_is_refused(downloads: Downloads, asked: str) -> None:
    content = downloads.make("records.csv")
    answer = downloads.get("/7/records.csv", headers={"Range": asked})
    assert (answer.status_code, answer.content_type) == (416, "application/problem+json")
    assert answer.headers["Content-Range"] == f"bytes */{len(content)}"
    assert answer.json and answer.json["title"] == "Range Not Satisfiable"
    assert answer.json["type"] == "/problems/range-not-satisfiable"
    assert answer.json["detail"] == "the file has no such part; Content-Range says how many bytes it has"


@pytest.mark.parametrize("asked", ["bytes=0-3,5-9", "lines=1-2"])
def test_of_several_parts_or_of_another_unit_the_whole_is_sent(downloads: Downloads, asked: str) -> None:
    content = downloads.make("records.csv")
    answer = downloads.get("/7/records.csv", headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, content)


@pytest.mark.parametrize("sender", ["x-accel-redirect", "x-sendfile"])
def test_a_proxy_is_told_which_file_to_send(downloads: Downloads, sender: str) -> None:
    content = downloads.make("records.parquet")
    proxied = Downloads(downloads.store, downloads.root, bulk_sender=sender)
    answer = proxied.get("/7/records.parquet")
    assert (answer.status_code, answer.data) == (200, b"")
    named = answer.headers[sender]
    path = downloads.root / named.removeprefix("/_files/") if sender == "x-accel-redirect" else Path(named)
    assert path.read_bytes() == content
    assert answer.headers["Content-Disposition"].endswith("country-records-2023-11-14.parquet")
    etag = answer.headers["ETag"]
    assert proxied.get("/7/records.parquet", headers={"If-None-Match": etag}).status_code == 304


# A file that is not made


@pytest.mark.parametrize("name", ["records.csv", "records.json", "entries.ndjson", "entries.rsf-v1"])
def test_a_text_that_is_not_made_is_sent_as_it_is_made(downloads: Downloads, name: str) -> None:
    answer = downloads.get(f"/7/{name}")
    assert answer.status_code == 200
    assert "Content-Length" not in answer.headers and "Accept-Ranges" not in answer.headers
    assert answer.data == downloads.make(name)
    assert answer.headers["Content-Type"] == downloads.get(f"/7/{name}").headers["Content-Type"]


def test_a_past_state_is_as_it_was(downloads: Downloads) -> None:
    rows = {row["_id"]: row["name"] for row in csv.DictReader(io.StringIO(downloads.get("/2/records.csv").text))}
    assert rows == {"GB": "United Kingdom", "FR": "France"}


def test_http_1_0_is_told_the_length_before_the_first_byte(downloads: Downloads) -> None:
    answer = downloads.get("/7/records.json", environ_overrides={"SERVER_PROTOCOL": "HTTP/1.0"})
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.data == downloads.make("records.json")


@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/1.0"])
def test_a_text_that_fails_on_its_way_never_looks_whole(
    downloads: Downloads, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Kind.lines

    def broken(kind: Kind, source: Source) -> Iterator[str]:
        yield from list(whole(kind, source))[:3]
        raise Corrupt("a row is missing")

    monkeypatch.setattr(Kind, "lines", broken)
    if protocol == "HTTP/1.0":
        answer = downloads.get("/7/records.csv", environ_overrides={"SERVER_PROTOCOL": protocol})
        assert answer.status_code == 500
    else:
        with pytest.raises(Corrupt):
            downloads.get("/7/records.csv")


def test_other_files_are_waited_for_and_then_there(downloads: Downloads) -> None:
    first = downloads.get("/7/records.parquet")
    assert (first.status_code, first.headers["Retry-After"]) == (202, "2")
    assert first.json and first.json["status"] == "waiting"
    status = first.headers["Location"].removeprefix(HERE)
    assert downloads.get("/7/records.parquet").status_code == 202
    assert len(list(wanted.waiting(downloads.root))) == 1, "who asks twice waits for the same"
    assert [made.error for made in Files(downloads.root, []).make_wanted(downloads.store)] == [None]
    told = downloads.get(status).json
    assert told and told["status"] == "made"
    made = downloads.get(told["url"].removeprefix(HERE))
    assert (made.status_code, made.data[:4]) == (200, b"PAR1")
    assert list(wanted.waiting(downloads.root)) == []


def test_who_would_rather_wait_is_not_sent_a_text_that_is_not_made(downloads: Downloads) -> None:
    asked = {"Prefer": "respond-async, wait=10"}
    first = downloads.get("/7/records.csv", headers=asked)
    assert (first.status_code, first.headers["Preference-Applied"]) == (202, "respond-async")
    assert [made.error for made in Files(downloads.root, []).make_wanted(downloads.store)] == [None]
    made = downloads.get("/7/records.csv", headers=asked)
    assert made.status_code == 200 and "ETag" in made.headers and "Preference-Applied" not in made.headers


def test_old_states_are_made_again_when_they_are_asked_for(downloads: Downloads) -> None:
    assert downloads.get("/3/records.csv.gz").status_code == 202
    assert [made.error for made in Files(downloads.root, [], kept=1).make_wanted(downloads.store)] == [None]
    assert downloads.get("/3/records.csv.gz").status_code == 200


def test_what_cannot_be_made_is_said_and_forgotten(downloads: Downloads) -> None:
    wanted.ask(downloads.root, wanted.Wish("country", 99, "records.parquet"))
    (made,) = Files(downloads.root, []).make_wanted(downloads.store)
    assert str(made.error) == "the register has 7 entries, and never had 99"
    assert list(wanted.waiting(downloads.root)) == []
    told = downloads.get("/7/records.parquet/status").json
    assert told and told["status"] == "absent"


def test_a_bug_in_one_file_keeps_none_of_the_others(downloads: Downloads, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("records.parquet", "register.sqlite"):
        assert downloads.get(f"/7/{name}").status_code == 202

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("bulk.formats.columnar.write", broken)
    made = list(Files(downloads.root, []).make_wanted(downloads.store))
    assert [type(each.error) for each in made] == [ZeroDivisionError, type(None)]
    assert downloads.get("/7/register.sqlite").status_code == 200


def test_not_everything_can_be_wanted_at_once(downloads: Downloads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wanted, "MOST", 1)
    assert downloads.get("/7/records.parquet").status_code == 202
    refused = downloads.get("/6/records.parquet")
    assert refused.status_code == 503 and refused.headers["Retry-After"]
    assert downloads.get("/7/records.parquet").status_code == 202


# What there is not


def test_a_format_that_there_is_not_is_answered_with_those_there_are(downloads: Downloads) -> None:
    for path in ("/7/records.xls", "/records.xls", "/7/records", "/7/records.parquet.gz", "/7/records.gpkg"):
        answer = downloads.get(path)
        assert answer.status_code == 404
        assert answer.json and "there are records.csv, entries.csv, " in answer.json["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/8/records.csv", 404),
        ("/records.csv?at=8", 404),
        ("/records.csv?at=x", 400),
        ("/x/records.csv", 404),
        ("/7/records.csv?at=3", 400),
        ("/7/..%2F..%2Fr.db", 404),
        ("/7/records.xls/status", 404),
        ("/7/records.csv/proof", 404),
    ],
)
def test_what_is_not_there_is_said(downloads: Downloads, path: str, status: int) -> None:
    assert downloads.get(path).status_code == status


def test_a_draft_has_no_downloads(downloads: Downloads) -> None:
    make_register(downloads.store, "draft")
    assert downloads.client.get("/v2/registers/draft/download/records.csv").status_code == 404


# The manifest


def test_the_manifest_is_of_the_state_and_what_is_made(downloads: Downloads) -> None:
    none = downloads.get("/7/manifest.json")
    assert none.json and none.json["files"] == [] and none.json["state"]["size"] == 7
    content = downloads.make("records.csv")
    told = downloads.get("/7/manifest.json")
    assert told.json and told.json["files"] == [
        {"name": "records.csv", "bytes": len(content), "rows": 6, "sha-256": sha256(content).hexdigest()}
    ]
    assert told.headers["ETag"] != none.headers["ETag"]
    assert downloads.get("/7/manifest.json", headers={"If-None-Match": told.headers["ETag"]}).status_code == 304


def test_a_file_is_proven_by_what_is_served_alone(downloads: Downloads) -> None:
    for name in ("records.csv", "records.json", "entries.rsf"):
        downloads.make(name)
    told = downloads.get("/7/records.json/proof").json
    assert told
    leaf = json.loads(told["leaf"])
    assert leaf["sha-256"] == sha256(downloads.get("/7/records.json").data).hexdigest()
    assert merkle.verify_inclusion(
        told["leaf-index"],
        told["tree-size"],
        sha256(b"\0" + told["leaf"].encode()).digest(),
        [bytes.fromhex(each) for each in told["audit-path"]],
        bytes.fromhex(told["files-root-hash"]),
    )
    manifest = downloads.get("/7/manifest.json").json
    assert manifest and manifest["files-root-hash"] == told["files-root-hash"]


def test_what_was_published_before_a_change_is_not_served_after_it(downloads: Downloads) -> None:
    """A redaction is a metadata entry, as a new field is: both take the files away that were made before."""
    downloads.make("records.csv")
    assert "Accept-Ranges" in downloads.get("/7/records.csv").headers
    lifecycle.add_field(downloads.store, "country", Field("capital"), AUTHORITY)
    answer = downloads.get("/7/records.csv")
    assert "Accept-Ranges" not in answer.headers and answer.text.startswith("_id,country,")
    assert "capital" in answer.text.splitlines()[0]


def test_an_append_leaves_the_urls_of_states_as_they_are(downloads: Downloads) -> None:
    before = downloads.get("/7/records.csv").data
    append(downloads.store, country("IT", "Italy"))
    assert downloads.get("/7/records.csv").data == before
    assert downloads.get("/records.csv").headers["Location"] == f"{HERE}/8/records.csv"


# What describes them


def test_a_table_says_where_it_is_described(downloads: Downloads) -> None:
    for make_it in (False, True):
        if make_it:
            downloads.make("records.csv")
        answer = downloads.get("/7/records.csv")
        assert answer.headers["Link"] == (
            f'<{HERE}/7/records.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
        )
    assert "Link" not in downloads.get("/7/records.ndjson").headers


def test_a_table_is_read_by_the_description_it_names(downloads: Downloads, tmp_path: Path) -> None:
    """As one who follows the link does."""
    table = downloads.get("/7/records.csv")
    target = table.headers["Link"].partition(">")[0].removeprefix("<")
    described = downloads.client.get(target, headers={"Accept": "application/csvm+json"})
    assert (described.status_code, described.content_type) == (200, "application/csvm+json")
    (tmp_path / "records.csv").write_bytes(table.data)
    (tmp_path / "records.csv-metadata.json").write_bytes(described.data)
    (read,) = csvw.CSVW(str(tmp_path / "records.csv"), validate=True).tables
    rows = {row["Key"]: row for row in read.iterdicts(strict=True)}
    assert rows["GB"]["citizen_names"] == ["Briton", "British citizen"]
    assert rows["a/b"]["name"] == "With a slash, 100%" and rows["foo.csv"]["name"] == "Like a format"


def test_a_package_tells_the_bytes_of_what_is_made(downloads: Downloads) -> None:
    first = downloads.get("/7/datapackage.json")
    assert first.json is not None and "bytes" not in first.json["resources"][0]
    content = downloads.make("records.csv")
    again = downloads.get("/7/datapackage.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.json is not None
    assert again.json["resources"][0]["bytes"] == len(content)
    assert again.json["resources"][0]["hash"] == f"sha256:{sha256(content).hexdigest()}"
    assert downloads.get("/7/datapackage.json", headers={"If-None-Match": again.headers["ETag"]}).status_code == 304


def test_descriptions_are_found_for_the_present_state_and_for_past_ones(downloads: Downloads) -> None:
    assert downloads.get("/datapackage.json").headers["Location"] == f"{HERE}/7/datapackage.json"
    assert downloads.get("/3/datapackage.json").get_json()["version"] == "3"
    assert downloads.get("/entries.csv-metadata.json?at=3").headers["Location"].endswith("/3/entries.csv-metadata.json")
    head = downloads.client.head(f"{HERE}/7/datapackage.json")
    assert (head.status_code, head.data) == (200, b"")
    assert downloads.get("/8/datapackage.json").status_code == 404
    assert downloads.get("/7/other.csv-metadata.json").status_code == 404
