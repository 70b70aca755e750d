"""Health: alive without a database, ready only with one of this release."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.app import create_app
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate


def test_a_service_with_its_database_is_alive_and_ready(store: Store) -> None:
    client = create_app(Settings(), store).test_client()
    for path in ("/healthz", "/readyz"):
        answer = client.get(path, buffered=True)
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})


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
