"""Health: alive without a database, ready only with one of this release."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.app import create_app
from notices import mail, posting
from notices.mail import Letter
from notices.posting import Office
from notices.smtp import Server
from registers import followers, lifecycle
from registers.entry import timestamp_text
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.makers import FixedClock, make


def test_a_service_with_its_database_is_alive_and_ready(store: Store) -> None:
    client = create_app(Settings(), store).test_client()
    for path, said in (("/healthz", {"status": "ok"}), ("/readyz", {"status": "ok", "failing": []})):
        answer = client.get(path, buffered=True)
        assert (answer.status_code, answer.json) == (200, said)


def test_what_cannot_follow_a_register_is_seen_until_it_can(store: Store, clock: FixedClock) -> None:
    client = create_app(Settings(), store).test_client()
    register = make(store)
    lifecycle.publish(store, "country")
    metric = 'registers_follower_failing{follower="files",register="country"} 1.0'
    began = clock.now
    for said in ("there is no room", "there is still no room"):
        followers.record_failure(store, "files", register, said)
        clock.now += 60
    (failing,) = client.get("/readyz", buffered=True).json["failing"]  # type: ignore[index]
    assert failing == {
        "follower": "files",
        "register": "country",
        "since": timestamp_text(began),
        "error": "there is still no room",
    }
    assert metric in client.get("/metrics", buffered=True).text
    followers.record_recovery(store, "files", register)
    assert client.get("/readyz", buffered=True).json == {"status": "ok", "failing": []}
    assert metric not in client.get("/metrics", buffered=True).text


def test_mail_that_cannot_be_sent_is_seen_until_it_can_or_is_given_up(store: Store, clock: FixedClock) -> None:
    client = create_app(Settings(), store).test_client()
    with store.writing() as tx:
        mail.put(tx, "new@example.org", Letter("Hello", "Some text."))
    assert client.get("/readyz", buffered=True).json == {"status": "ok", "failing": []}
    assert 'registers_mails{state="waiting"} 1.0' in client.get("/metrics", buffered=True).text
    posting.send_some(store, Office(Server("smtp", "localhost", 1), "registers@example.org", timeout=1))
    (failing,) = client.get("/readyz", buffered=True).json["failing"]  # type: ignore[index]
    assert failing == {
        "follower": "mail",
        "register": "*",
        "since": timestamp_text(clock.now),
        "error": "no connection to the mail server: Connection refused",
    }
    clock.now += mail.GOOD_FOR
    posting.tidy(store)
    assert client.get("/readyz", buffered=True).json == {"status": "ok", "failing": []}
    figures = client.get("/metrics", buffered=True).text
    assert 'registers_mails{state="waiting"} 0.0' in figures and 'registers_mails{state="given-up"} 1.0' in figures


@pytest.mark.parametrize("lacking", ["database", "schema", "release"])
def test_a_service_without_one_of_this_release_is_alive_and_not_ready(tmp_path: Path, lacking: str) -> None:
    path = tmp_path / "registers.db"
    store = open_store(f"sqlite:///{path}")
    if lacking == "schema":
        path.touch()
    elif lacking == "release":
        migrate(store)
        with store.writing() as tx:
            tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    client = create_app(Settings(), store).test_client()
    assert client.get("/healthz", buffered=True).status_code == 200
    answer = client.get("/readyz", buffered=True)
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert str(tmp_path) not in answer.text
    assert answer.headers["Retry-After"] == "10"
    assert path.exists() == (lacking != "database")
    store.close()


def test_a_server_that_does_not_answer_is_not_ready(tmp_path: Path) -> None:
    store = open_store(f"postgresql://nobody@/none?host={tmp_path}")
    client = create_app(Settings(), store).test_client()
    assert client.get("/healthz", buffered=True).status_code == 200
    for path in ("/readyz", "/v1/registers"):
        assert client.get(path, buffered=True).status_code == 503
