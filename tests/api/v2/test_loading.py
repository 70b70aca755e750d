"""Loading RSF over HTTP: whole or not at all, streamed to disk, refused with the line at fault."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from api.app import create_app
from registers.store.engine import Store
from registers.v2.hashing import hash_text
from tests.api.conftest import SETTINGS
from tests.api.writing import Writer, issue, writer
from tests.makers import head_of, item_line, names_in, revisions_of, rows_in, rsf_of

RSF = "application/uk-gov-rsf"
PATH = "/v2/registers/country/load-rsf"
CHANGES = [("GB", {"country": "GB", "name": "United Kingdom"}), ("FR", {"country": "FR", "name": "France"})]


def whole(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture
def who(store: Store) -> Writer:
    """Someone with a key, over an empty store, on each engine."""
    return Writer(store, create_app(SETTINGS, store), issue(store))


@pytest.fixture
def keyed(sqlite_store: Store) -> Writer:
    """The same on SQLite alone."""
    return Writer(sqlite_store, create_app(SETTINGS, sqlite_store), issue(sqlite_store))


def test_a_file_makes_a_register_and_more_of_it_makes_it_longer(who: Writer) -> None:
    first = who.send(PATH, data=whole(rsf_of(CHANGES[:1])), content_type=RSF)
    assert (first.status_code, first.json["added"], first.json["size"]) == (200, 1, 1)
    assert who.get("/v1/registers/country/records/GB").status_code == 200
    more = who.send(PATH, data=whole(rsf_of(CHANGES)), content_type=RSF)
    root = hash_text(head_of(who.store).v2_root)
    assert more.json == {"register": "country", "added": 1, "size": 2, "root-hash": root}
    again = who.send(PATH, data=whole(rsf_of(CHANGES)), content_type=RSF)
    assert (again.status_code, again.json["added"]) == (200, 0)
    made = revisions_of(who.store)[-1]
    assert (made.actor.startswith("key-"), made.policy, made.source) == (True, "direct", "api")


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"", 400, "the file is empty"),
        (b"nonsense\n", 400, "line 1: 'nonsense' is not a command"),
        (b"\xff\n", 400, "line 1: is not UTF-8"),
        (whole(rsf_of(CHANGES)[:-1]), 400, "does not end with assert-root-hash"),
        (whole(rsf_of(CHANGES))[:-1], 400, "ends in the middle"),
        (whole([*rsf_of(CHANGES)[:-1], item_line({"country": "X"})]), 400, "orphan item"),
        (whole(rsf_of(CHANGES + CHANGES[1:])), 400, "is already the current record"),
    ],
)
def test_a_bad_file_is_refused_and_leaves_nothing(keyed: Writer, body: bytes, status: int, sentence: str) -> None:
    answer = keyed.send(PATH, data=body, content_type=RSF)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert sentence in answer.json["detail"]
    assert names_in(keyed.store) == []


def test_a_file_with_another_history_conflicts(keyed: Writer) -> None:
    keyed.send(PATH, data=whole(rsf_of(CHANGES)), content_type=RSF)
    before = rows_in(keyed.store)
    answer = keyed.send(PATH, data=whole(rsf_of(CHANGES[::-1])), content_type=RSF)
    assert (answer.status_code, "histories differ" in answer.json["detail"]) == (409, True)
    assert rows_in(keyed.store) == before


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/json"])
def test_a_file_of_another_type_is_refused(keyed: Writer, content_type: str) -> None:
    answer = keyed.send(PATH, data=whole(rsf_of(CHANGES)), content_type=content_type)
    assert answer.status_code == 415
    assert names_in(keyed.store) == []


def test_a_file_over_the_limit_is_refused(sqlite_store: Store) -> None:
    app = create_app(replace(SETTINGS, load_limit=1), sqlite_store)
    who = Writer(sqlite_store, app, issue(sqlite_store))
    answer = who.send(PATH, data=b" " * (2**20 + 1), content_type=RSF)
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")


def test_a_file_over_the_limit_without_its_length_is_refused(sqlite_store: Store) -> None:
    """A chunked body has no length to refuse it by, so it is counted as it comes."""
    app = create_app(replace(SETTINGS, load_limit=1), sqlite_store)
    environ = {"wsgi.input": io.BytesIO(b" " * (2**20 + 1)), "wsgi.input_terminated": True}
    headers = {"Authorization": f"Bearer {issue(sqlite_store)}", "Transfer-Encoding": "chunked"}
    answer = app.test_client().post(PATH, environ_overrides=environ, headers=headers, content_type=RSF, buffered=True)
    assert answer.status_code == 413


def test_a_name_that_is_no_name_is_refused(keyed: Writer) -> None:
    answer = keyed.send("/v2/registers/Country/load-rsf", data=whole(rsf_of(CHANGES)), content_type=RSF)
    assert (answer.status_code, "is not a name" in answer.json["detail"]) == (400, True)


def test_neither_a_former_name_nor_a_retired_register_is_loaded(sqlite_store: Store) -> None:
    who = writer(sqlite_store)
    file = whole(rsf_of(CHANGES))
    who.send("/v2/registers/country/rename", {"register": "nation"})
    moved = who.send(PATH, data=file, content_type=RSF)
    assert (moved.status_code, moved.headers["Location"]) == (308, "/v2/registers/nation/load-rsf")
    who.send("/v2/registers/nation/retire", {})
    assert who.send("/v2/registers/nation/load-rsf", data=file, content_type=RSF).status_code == 410


def test_no_file_is_left_behind(keyed: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    keyed.send(PATH, data=whole(rsf_of(CHANGES)), content_type=RSF)
    keyed.send(PATH, data=b"nonsense\n", content_type=RSF)
    assert list(folder.iterdir()) == []
