"""Old pages of the database are written anew: once for each redaction, when those who hold the value have let it go."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from registers import redaction, snapshot
from registers.errors import Unavailable
from registers.indexing import QUESTIONS
from registers.opening import HASHINGS
from registers.redaction import Wanted
from registers.register import Register
from registers.store import followers, postgresql, sqlite
from registers.store.engine import Store
from registers.wiping import Wiping
from tests.makers import AUTHORITY, CheckedStore, FixedClock, append, country, make

SECRET = b"zaphodia"


@pytest.fixture
def register(store: CheckedStore) -> Register:
    """A register with a record whose name was taken away, in a store whose pages still hold it."""
    made = make(store)
    append(store, country("GB", "Zaphodia Quux"), *(country(f"K{n}", "x" * 40) for n in range(200)))
    QUESTIONS.catch_up(store, made)
    redaction.take_away(store, "country", Wanted("GB", ("name",)), "why", AUTHORITY)
    return made


def test_it_is_done_once_for_each_redaction(
    store: CheckedStore, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    monkeypatch.setattr(CheckedStore, "wipe", lambda _, tables: done.append(tables))
    wiping = Wiping(tables=("proposal_plan",))
    for _ in range(2):
        wiping.catch_up(store, register)
    assert done == [("item", "question_record", "question_value", "proposal_plan")]
    redaction.take_away(store, "country", Wanted("K1", ("name",)), "why", AUTHORITY)
    wiping.catch_up(store, register)
    assert len(done) == 2
    with store.reading() as tx:
        assert wiping.position(tx, register.id) == redaction.latest(tx, register.id)


def test_it_waits_for_those_who_have_to_go_first(store: CheckedStore, register: Register) -> None:
    wiping = Wiping(after=("plans",))
    with pytest.raises(Unavailable, match="wait until plans has taken out what it holds"):
        wiping.catch_up(store, register)
    with store.writing() as tx:
        followers.claim(tx.connection, "plans", register.id)
        followers.move(tx.connection, "plans", register.id, redaction.latest(tx, register.id), "")
    wiping.catch_up(store, register)


def test_nothing_is_done_where_nothing_was_taken_away(
    sqlite_store: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(sqlite_store)
    monkeypatch.setattr(CheckedStore, "wipe", None)
    Wiping().catch_up(sqlite_store, made)


def test_who_still_reads_is_waited_for_and_then_it_is_said(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.1)
    store = Store(migrated_sqlite_url, HASHINGS, FixedClock())
    made = make(store)
    append(store, country("GB", "Zaphodia Quux"))
    path = Path(store.url.database or "")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM item").fetchall()
    redaction.take_away(store, "country", Wanted("GB", ("name",)), "why", AUTHORITY)
    with pytest.raises(Unavailable, match="somebody still reads"):
        Wiping().catch_up(store, made)
    with store.reading() as tx:
        assert Wiping().position(tx, made.id) == 0
    reader.close()
    Wiping().catch_up(store, made)
    assert [file for file in path.parent.glob(f"{path.name}*") if SECRET in file.read_bytes().lower()] == []
    store.close()


def test_a_table_that_somebody_holds_is_waited_for_and_then_it_is_said(
    postgresql_store: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(postgresql_store)
    append(postgresql_store, country("GB", "Zaphodia Quux"))
    redaction.take_away(postgresql_store, "country", Wanted("GB", ("name",)), "why", AUTHORITY)
    with postgresql_store.reading() as tx, monkeypatch.context() as impatient:
        snapshot.take(tx, made).trail("GB")
        impatient.setattr(postgresql, "PATIENCE", 0.1)
        impatient.setattr(postgresql, "_outwait", lambda *_: None)  # who writes to another database
        with pytest.raises(Unavailable, match="lock timeout"):
            Wiping().catch_up(postgresql_store, made)
    Wiping().catch_up(postgresql_store, made)
