"""The schema: made by migrations, the same as the tables say, and checked before it is served."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event

import loaders.store  # noqa: F401 - its tables are among those compared
import notices.store  # noqa: F401
import people.store  # noqa: F401
import review.store  # noqa: F401
from registers.errors import Unavailable
from registers.opening import open_store
from registers.store.engine import Store
from registers.store.migrations import migrate
from registers.store.schema import SCHEMA, check_schema, schema_version
from registers.store.tables import metadata
from tests.makers import make, names_in


def is_described(_object: object, name: str | None, *_: object) -> bool:
    """The full-text index is one engine's own, so the tables do not describe it."""
    return not (name or "").startswith(("question_words", "question_rank"))


OPTIONS = {"compare_type": True, "compare_server_default": True, "include_object": is_described}


def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    with store.reading() as tx:
        context = MigrationContext.configure(tx.connection, opts=OPTIONS)
        assert compare_metadata(context, metadata) == []


def test_the_comparison_would_notice_a_difference(store: Store) -> None:
    with store.writing() as tx:
        tx.connection.exec_driver_sql("ALTER TABLE head ADD COLUMN extra INTEGER")
        tx.connection.exec_driver_sql("DROP INDEX record_current")
    with store.reading() as tx:
        assert len(compare_metadata(MigrationContext.configure(tx.connection, opts=OPTIONS), metadata)) == 2
    with store.writing() as tx:
        tx.connection.exec_driver_sql("ALTER TABLE head DROP COLUMN extra")


def test_a_migrated_database_is_fit_to_be_served(store: Store) -> None:
    check_schema(store)
    assert schema_version(store) == SCHEMA


def test_migrating_again_keeps_what_is_there(store: Store) -> None:
    make(store)
    migrate(store)
    assert names_in(store) == ["country"]


def test_an_empty_database_is_not_fit_and_the_command_is_named(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "registers.db").touch()
    store = open_store(database_url)
    with pytest.raises(Unavailable, match="has no schema and this release needs .*: run 'registers init'"):
        check_schema(store)
    store.close()


def test_another_schema_is_not_fit_and_the_command_is_named(store: Store) -> None:
    with store.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(Unavailable, match="has schema 0000 and this release needs .*: run 'registers init'"):
        check_schema(store)


def test_no_database_is_not_made_by_looking(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(Unavailable, match="there is no database at .*x.db: run 'registers init' first"):
        check_schema(store)
    assert list(tmp_path.iterdir()) == []


def test_migrating_makes_the_folder(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a/b/x.db")
    migrate(store)
    check_schema(store)
    store.close()


def test_processes_may_migrate_a_sqlite_file_at_once(tmp_path: Path) -> None:
    processes = [in_a_process(f"sqlite:///{tmp_path}/x.db") for _ in range(3)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]


def test_processes_may_migrate_a_postgresql_database_at_once(
    fresh_postgresql_database: Callable[[str | None], str],
) -> None:
    url = fresh_postgresql_database(None)
    store, watcher = open_store(url), open_store(url)
    others: list[SpawnProcess] = []

    def let_another_in(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "CREATE TABLE register " in statement:
            others.append(in_a_process(url))
            wait_for_one_that_waits(watcher)

    event.listen(store.engine, "after_cursor_execute", let_another_in)
    migrate(store)
    others[0].join(60)
    check_schema(store)
    store.close()
    watcher.close()
    assert others[0].exitcode == 0


def wait_for_one_that_waits(watcher: Store) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(300):
        with watcher.reading() as tx:
            if tx.connection.exec_driver_sql(query).scalar_one():
                return
        time.sleep(0.1)
    pytest.fail("no other process came to wait")


def in_a_process(url: str) -> SpawnProcess:
    process = multiprocessing.get_context("spawn").Process(target=migrate_alone, args=(url,))
    process.start()
    return process


def migrate_alone(url: str) -> None:
    store = open_store(url)
    migrate(store)
    check_schema(store)
    store.close()
