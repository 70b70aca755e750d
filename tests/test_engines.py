"""The databases that tests are given are real, empty, and their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy

from tests.engines import NoServer, PostgreSQL, shared_server, stop_shared_server


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            results = [connection.execute(sqlalchemy.text(statement)) for statement in statements]
            return [tuple(row) for row in results[-1]] if results[-1].returns_rows else []
    finally:
        engine.dispose()


@pytest.mark.parametrize("again", [1, 2])
def test_each_test_has_an_empty_database_of_its_own(database_url: str, again: int) -> None:
    run(database_url, "CREATE TABLE made_here (n INTEGER)", f"INSERT INTO made_here VALUES ({again})")
    assert run(database_url, "SELECT n FROM made_here") == [(again,)]


def test_a_postgresql_database_can_be_made_from_a_template(
    fresh_postgresql_database: Callable[[str | None], str],
) -> None:
    template = fresh_postgresql_database(None)
    run(template, "CREATE TABLE kept (n INTEGER)", "INSERT INTO kept VALUES (7)")
    copy = fresh_postgresql_database(template)
    run(copy, "INSERT INTO kept VALUES (8)")
    assert run(copy, "SELECT n FROM kept ORDER BY n") == [(7,), (8,)]
    assert run(template, "SELECT n FROM kept") == [(7,)]


def test_a_dropped_database_is_gone(postgresql: PostgreSQL) -> None:
    url = postgresql.create()
    postgresql.drop(url)
    with pytest.raises(sqlalchemy.exc.OperationalError, match="does not exist"):
        run(url, "SELECT 1")


def test_a_server_started_from_the_package_runs_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pgserver", reason="pgserver has no wheel for this Python")
    monkeypatch.delenv("REGISTERS_TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr("tests.engines._system_programs", lambda: None)
    url = shared_server(tmp_path).url
    assert shared_server(tmp_path).url == url
    assert run(url, "SELECT 1") == [(1,)]
    stop_shared_server(tmp_path)
    with pytest.raises(sqlalchemy.exc.OperationalError):
        run(url, "SELECT 1")


def test_a_machine_without_postgresql_is_told_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REGISTERS_TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr("tests.engines._system_programs", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NoServer, match="REGISTERS_TEST_DATABASE_URL is not set"):
        shared_server(tmp_path)
