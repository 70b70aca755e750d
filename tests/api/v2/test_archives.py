"""The archive of all registers over HTTP: found, waited for, sent in parts, and not sent when it is not published."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from bulk import archives
from bulk.following import Files
from registers import lifecycle, naming
from registers.definition import Field
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import fill
from tests.makers import AUTHORITY, append, country

ALL = "/v2/download/all.zip"


class Archives:
    """An application with a folder of files, and what is asked of it."""

    def __init__(self, store: Store, root: Path) -> None:
        self.store, self.root = store, root
        self.client: FlaskClient = create_app(Settings(bulk_folder=str(root)), store).test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=named, buffered=True)

    def place(self) -> str:
        """Where the archive of the present is."""
        found = self.get(ALL)
        assert found.status_code == 302
        return found.headers["Location"]

    def make(self) -> bytes:
        """Make it, as `registers build` does."""
        return archives.make_archive(self.root, archives.open_all(self.store))[0].read_bytes()


@pytest.fixture
def served(sqlite_store: Store, tmp_path: Path) -> Archives:
    fill(sqlite_store)
    return Archives(sqlite_store, tmp_path / "files")


def test_it_is_waited_for_and_then_there(served: Archives) -> None:
    place = served.place()
    first = served.get(place)
    assert (first.status_code, first.headers["Retry-After"]) == (202, "2")
    status = first.headers["Location"]
    assert first.json == served.get(status).json and first.json and first.json["status"] == "waiting"
    assert [made.error for made in Files(served.root, []).make_wanted(served.store)] == [None]
    told = served.get(status).json
    assert told == first.json | {"status": "made"}
    made = served.get(told["url"])
    assert made.status_code == 200 and made.content_type == "application/zip"
    assert made.headers["Content-Disposition"] == "attachment; filename=registers-2023-11-14.zip"
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        state = json.loads(archive.read("manifest.json"))["registers"][0]["state"]
        assert (state["register"], state["size"]) == ("country", 7)
        assert archive.read("country/records.csv") == served.get("/v2/registers/country/download/7/records.csv").data


def test_it_is_sent_in_parts_and_not_to_who_has_it(served: Archives) -> None:
    content, place = served.make(), served.place()
    etag = served.get(place).headers["ETag"]
    part = served.get(place, Range="bytes=100-", If_Range=etag)
    assert (part.status_code, part.data) == (206, content[100:])
    assert served.get(place, If_None_Match=etag).status_code == 304
    beyond = served.get(place, Range="bytes=1000000-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(content)}")


def test_an_older_one_is_there_while_it_is_kept(served: Archives) -> None:
    content, place = served.make(), served.place()
    append(served.store, country("IT", "Italy"))
    assert served.place() != place
    assert served.get(place).data == content
    assert served.get(f"{place}/status").json["status"] == "made"  # type: ignore[index]


@pytest.mark.parametrize("change", ["field", "retired", "renamed"])
def test_what_is_not_published_any_more_is_not_sent(served: Archives, change: str) -> None:
    """A redaction is a metadata entry, as a new field is."""
    served.make()
    place = served.place()
    if change == "field":
        lifecycle.add_field(served.store, "country", Field("capital"), AUTHORITY)
    elif change == "retired":
        naming.retire(served.store, "country")
    else:
        naming.rename(served.store, "country", "land", AUTHORITY)
    for path in (place, f"{place}/status"):
        answer = served.get(path)
        assert answer.status_code == 404
        assert answer.json and answer.json["detail"].endswith("/v2/download/all.zip leads to that of the present")


@pytest.mark.parametrize(
    "state", ["1-0123456789abcdef", "x", "..%2F1", "1-0123456789ABCDEF", "99999999999-" + "0" * 16]
)
def test_what_never_was_is_said(served: Archives, state: str) -> None:
    assert served.get(f"/v2/download/{state}/all.zip").status_code == 404
    assert served.get(f"/v2/download/{state}/all.zip/status").status_code == 404
    assert not (served.root / "wanted").exists()


def test_a_proxy_is_told_which_file_to_send(served: Archives) -> None:
    content, place = served.make(), served.place()
    app = create_app(Settings(bulk_folder=str(served.root), bulk_sender="x-accel-redirect"), served.store)
    answer = app.test_client().get(place)
    assert answer.data == b""
    assert (served.root / answer.headers["X-Accel-Redirect"].removeprefix("/_files/")).read_bytes() == content
