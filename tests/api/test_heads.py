"""What a worker remembers of where registers stand: a 304 from it is never for an answer that has changed."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from api.app import create_app
from api.heads import Heads, Kept
from registers import lifecycle
from registers.opening import open_store
from registers.store.engine import Store
from tests.api.conftest import SETTINGS, Get, fill
from tests.makers import AUTHORITY, append, country, definition, head_of
from tests.queries import queries

GB = "/country/records/GB"


def read(heads: Heads) -> tuple[Kept | None, object]:
    """What is kept once the head was read, and the mark it was read under."""
    mark = heads.store.mark()
    with heads.store.reading() as tx:
        return heads.read(tx, "country", mark), mark


def test_who_has_the_answer_is_told_so_without_a_query(get: Get, store: Store) -> None:
    tag = get(GB).headers["ETag"]
    with queries(store) as seen:
        assert get(GB, headers={"If-None-Match": tag}).status_code == 304
    assert seen == []


def test_a_write_of_this_process_is_seen_at_once(get: Get, store: Store) -> None:
    tag = get(GB).headers["ETag"]
    for number in range(3):
        append(store, country("GB", f"name {number}"))
        answer = get(GB, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.json["GB"]["item"][0]["name"]) == (200, f"name {number}")
        tag = answer.headers["ETag"]
        assert get(GB, headers={"If-None-Match": tag}).status_code == 304


def test_on_sqlite_a_write_of_another_process_is_seen_at_once(sqlite_app: Flask, sqlite_store: Store) -> None:
    ask = sqlite_app.test_client().get
    other = open_store(sqlite_store.url.render_as_string())  # as another process opens it
    tag = ask(f"/v1/registers{GB}").headers["ETag"]
    for number in range(3):
        append(other, country("DE", f"name {number}"))
        answer = ask(f"/v1/registers{GB}", headers={"If-None-Match": tag})
        assert answer.status_code == 200
        tag = answer.headers["ETag"]
        assert ask(f"/v1/registers{GB}", headers={"If-None-Match": tag}).status_code == 304
    other.close()


def test_on_postgresql_a_write_of_another_process_is_seen_within_a_second(
    postgresql_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(postgresql_store)
    now = [100.0]
    monkeypatch.setattr("registers.store.engine.time.monotonic", lambda: now[0])
    ask = create_app(SETTINGS, postgresql_store).test_client().get
    other = open_store(postgresql_store.url.render_as_string(hide_password=False))
    tag = ask(f"/v1/registers{GB}").headers["ETag"]
    append(other, country("GB", "another name"))
    assert ask(f"/v1/registers{GB}").json["GB"]["item"][0]["name"] == "another name"  # a read is always of now
    append(other, country("GB", "a third name"))
    now[0] += 1.0
    answer = ask(f"/v1/registers{GB}", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json["GB"]["item"][0]["name"]) == (200, "a third name")
    other.close()


def test_what_is_read_is_the_head_that_is_there(store: Store) -> None:
    """One thread writes and this one reads, and each reading is held against the head that its transaction sees."""
    fill(store)
    heads, done = Heads(store), threading.Event()

    def write() -> None:
        for number in range(15):
            append(store, country(f"K{number}", "name"))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    reads = 0
    while not done.is_set() or reads < 50:
        mark = store.mark()
        with store.reading() as tx:
            kept = heads.read(tx, "country", mark)
            row = tx.connection.exec_driver_sql("SELECT revision, entries FROM head").one()
        assert kept and (kept.head.revision, kept.head.entries) == tuple(row)
        reads += 1
    writer.join()
    kept, _ = read(heads)
    assert kept and kept.head == head_of(store)


def test_a_head_is_known_until_something_is_written(store: Store) -> None:
    fill(store)
    heads = Heads(store)
    kept, mark = read(heads)
    assert heads.known("country", mark) is kept
    assert heads.known("nothing", mark) is None
    lifecycle.create(store, definition("other"), AUTHORITY, "registers.example.org")
    assert heads.known("country", store.mark()) is None


def test_a_draft_is_not_kept(store: Store) -> None:
    lifecycle.create(store, definition("country"), AUTHORITY, "registers.example.org")
    heads = Heads(store)
    kept, mark = read(heads)
    assert kept and kept.register.status == "draft"
    assert heads.known("country", mark) is None


def test_a_retired_register_is_gone_for_who_had_an_answer(get: Get, store: Store) -> None:
    tag = get(GB).headers["ETag"]
    with store.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE register SET status = 'retired'")
    assert get(GB, headers={"If-None-Match": tag}).status_code == 410


def test_a_file_that_is_not_there_is_marked_unlike_anything(tmp_path: object) -> None:
    store = open_store(f"sqlite:///{tmp_path}/nothing.db")
    assert store.mark() != store.mark()
    store.close()


def test_a_worker_reopens_its_watch(sqlite_store: Store) -> None:
    before = sqlite_store.mark()
    assert sqlite_store.mark() == before
    sqlite_store.reopen()
    assert isinstance(sqlite_store.mark(), tuple)
    assert sqlite_store.mark() != before  # a watch counts from its own beginning
