"""Downloads in RSF: what they say replays to the same register, and a failure on the way breaks them off."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError

from loaders import replay
from loaders.rsf_steps import Load
from registers.batch import Rules
from registers.errors import Unavailable
from registers.store.engine import Store
from tests.api.conftest import Get
from tests.makers import AUTHORITY, EMPTY, OPERATOR, CheckedStore, append, country, grow, head_of


def load() -> Load:
    return Load(AUTHORITY, OPERATOR, Rules(relaxed=True))


def test_the_whole_history_replays_to_the_same_root(get: Get, store: Store) -> None:
    answer = get("/country/download-rsf")
    assert answer.content_type == "application/uk-gov-rsf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="country.rsf"'
    lines = answer.text.split("\n")
    assert (lines[0], lines[-1]) == (f"assert-root-hash\t{EMPTY}", "")
    replayed = replay.replay(store, "copy", io.BytesIO(answer.data), load())
    assert (replayed.added, replayed.root) == (7, head_of(store).v1_root)


@pytest.mark.parametrize("size", range(8))
def test_what_was_added_after_a_size_is_added_to_a_copy_of_that_size(get: Get, store: Store, size: int) -> None:
    earlier, later = get(f"/country/download-rsf/0/{size}"), get(f"/country/download-rsf/{size}")
    replay.replay(store, "copy", io.BytesIO(earlier.data), load())
    replayed = replay.replay(store, "copy", io.BytesIO(later.data), load())
    assert replayed.added == 7 - size
    assert head_of(store, "copy").v1_root == head_of(store).v1_root


def test_the_parts_of_a_file_come_in_the_published_order(get: Get) -> None:
    lines = get("/country/download-rsf").text.splitlines()
    words = [" ".join(line.split("\t")[: 2 if line.startswith("append") else 1]) for line in lines]
    order = ["assert-root-hash", "add-item", "append-entry system", "append-entry user", "assert-root-hash"]
    assert [word for n, word in enumerate(words) if n == 0 or words[n - 1] != word] == order


def test_metadata_comes_only_from_the_start(get: Get) -> None:
    assert "\tsystem\t" in get("/country/download-rsf/0").text
    assert "\tsystem\t" in get("/country/download-rsf/0/0").text
    assert "\tsystem\t" not in get("/country/download-rsf/1").text


def test_from_a_size_to_itself_is_one_line(get: Get) -> None:
    root = get("/country/proof/register/merkle:sha-256").json["root-hash"]
    assert get("/country/download-rsf/7").text == f"assert-root-hash\t{root}\n"
    assert get("/country/download-rsf/7/7").text == f"assert-root-hash\t{root}\n"
    assert get("/country/download-rsf/3/3").text.count("\n") == 1


def test_between_two_sizes_are_the_entries_after_the_first(get: Get) -> None:
    text = get("/country/download-rsf/2/4").text
    assert [line.split("\t")[2] for line in text.splitlines() if line.startswith("append")] == ["DE", "FR"]


STATUSES = [
    ("-1", 400),
    ("8", 400),
    (str(10**30), 400),
    ("5/4", 400),
    ("1/8", 400),
    ("-1/4", 400),
    ("0/-1", 400),
    ("x", 404),
    ("1/x", 404),
    ("1/2/3", 404),
]


def test_the_statuses_of_downloads_are_the_published_ones(get: Get) -> None:
    assert [(path, get(f"/country/download-rsf/{path}").status_code) for path, _ in STATUSES] == STATUSES


def test_a_file_that_was_begun_is_of_the_size_it_began_with(client: FlaskClient, store: Store) -> None:
    answer = client.get("/v1/registers/country/download-rsf")
    append(store, country("IT", "Italy"))
    text = answer.get_data(as_text=True)
    answer.close()
    assert "Italy" not in text
    assert replay.replay(store, "copy", io.BytesIO(text.encode()), load()).added == 7


def test_no_transaction_is_held_between_chunks(client: FlaskClient, store: Store) -> None:
    answer = client.get("/v1/registers/country/download-rsf")
    next(answer.iter_encoded())
    assert store.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    answer.close()


def test_a_download_that_fails_on_the_way_raises_rather_than_ends(
    client: FlaskClient, store: CheckedStore, caplog: pytest.LogCaptureFixture
) -> None:
    grow(store, 2500)
    answer = client.get("/v1/registers/country/download-rsf")
    parts = answer.iter_encoded()
    assert next(parts).startswith(b"assert-root-hash")
    store.checking = False
    with store.writing() as tx:
        tx.connection.exec_driver_sql("ALTER TABLE item RENAME TO taken_away")
    with pytest.raises((DBAPIError, Unavailable)):
        list(parts)
    answer.close()
    assert "broken off" in caplog.messages
