"""What every test may ask for: a database on each engine, and the published registers where they are.

A test that takes `database_url` runs twice, on SQLite and on PostgreSQL, each time with an empty database of
its own. One that takes `store` runs twice too, with a store whose tables are there, whose clock can be set, and
which checks every log in it after each write; `sqlite_store` and `postgresql_store` are that on one of the two.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bulk import releases
from people import secret
from registers.fsck import check_all
from registers.opening import open_store
from registers.store.migrations import migrate
from tests.engines import NoServer, PostgreSQL, shared_server, stop_shared_server
from tests.makers import CheckedStore, FixedClock

ROOT = Path(__file__).resolve().parent.parent

# Variables that steer the tests themselves. All other settings are dropped, so that no result depends on the
# shell the tests were started from.
FOR_TESTS = {
    "REGISTERS_TEST_DATABASE_URL",
    "REGISTERS_REQUIRE_POSTGRESQL",
    "REGISTERS_REQUIRE_CHROMIUM",
    "REGISTERS_REQUIRE_NGINX",
    "REGISTERS_REQUIRE_OPENID",
    "REGISTERS_SHARED_DATA",
    "REGISTERS_SOAK",
}

# Drawn the same each time, so that a change is judged by what it changes; `make soak` draws anew.
settings.register_profile("registers", derandomize=os.environ.get("REGISTERS_SOAK") != "1", deadline=None)
settings.load_profile("registers")

_run_folder = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the processes of this run a folder they share."""
    for name in [name for name in os.environ if name.startswith("REGISTERS_") and name not in FOR_TESTS]:
        del os.environ[name]
    handed = getattr(config, "workerinput", {}).get("registers-run-folder")
    folder = config.stash[_run_folder] = Path(handed or tempfile.mkdtemp(prefix="registers-tests-"))
    # What is made of a database that is no file is not to be left in the project.
    releases.ELSEWHERE = folder / "files"
    secret.ELSEWHERE = folder / "secret"
    os.environ["REGISTERS_BULK_FOLDER"] = str(folder / "files")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Hand the folder to a worker of pytest-xdist."""
    node.workerinput["registers-run-folder"] = str(node.config.stash[_run_folder])  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever leads the run stops the server, when all workers are done with it."""
    if hasattr(config, "workerinput"):
        return
    stop_shared_server(config.stash[_run_folder])
    shutil.rmtree(config.stash[_run_folder])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless it was asked for."""
    asked = {
        "soak": os.environ.get("REGISTERS_SOAK") == "1",
        "benchmark": "benchmark" in config.option.markexpr,
    }
    left_out = [item for item in items if any(item.get_closest_marker(m) and not asked[m] for m in asked)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def postgresql(request: pytest.FixtureRequest) -> PostgreSQL:
    """The run's server; without one a test is skipped, or fails if REGISTERS_REQUIRE_POSTGRESQL is 1."""
    try:
        return shared_server(request.config.stash[_run_folder])
    except NoServer as reason:
        if os.environ.get("REGISTERS_REQUIRE_POSTGRESQL") == "1":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgresql_url(postgresql: PostgreSQL) -> str:
    """The URL of the server's maintenance database; to write, ask for `database_url`."""
    return postgresql.url


@pytest.fixture
def fresh_postgresql_database(postgresql: PostgreSQL) -> Iterator[Callable[[str | None], str]]:
    """A function that makes an empty database, or a copy of the one at a URL, dropped after the test."""
    made: list[str] = []

    def create(template: str | None = None) -> str:
        made.append(postgresql.create(template))
        return made[-1]

    yield create
    for url in made:
        postgresql.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of the test's own, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'registers.db'}"
    create = request.getfixturevalue("fresh_postgresql_database")
    return str(create(None))


# Stores


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgreSQL) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database, to be copied."""
    url = postgresql.create()
    _migrate(url)
    yield url
    postgresql.drop(url)


def _migrate(url: str) -> None:
    store = open_store(url)
    migrate(store)
    store.close()


@pytest.fixture
def clock() -> FixedClock:
    """The clock of the test's store."""
    return FixedClock()


@pytest.fixture
def migrated_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite file of the test's own."""
    path = tmp_path / "registers.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database of the test's own, once on each engine."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("migrated_sqlite_url"))
    template = request.getfixturevalue("postgresql_template")
    return str(request.getfixturevalue("fresh_postgresql_database")(template))


@pytest.fixture
def store(migrated_url: str, clock: FixedClock) -> Iterator[CheckedStore]:
    """A store that checks itself, once on each engine."""
    yield from _checked(migrated_url, clock)


@pytest.fixture
def sqlite_store(migrated_sqlite_url: str, clock: FixedClock) -> Iterator[CheckedStore]:
    """A store that checks itself, on SQLite, for rules that no engine has a part in."""
    yield from _checked(migrated_sqlite_url, clock)


@pytest.fixture
def postgresql_store(
    postgresql_template: str, fresh_postgresql_database: Callable[[str | None], str], clock: FixedClock
) -> Iterator[CheckedStore]:
    """A store that checks itself, on PostgreSQL, for what it alone does."""
    yield from _checked(fresh_postgresql_database(postgresql_template), clock)


def _checked(url: str, clock: FixedClock) -> Iterator[CheckedStore]:
    store = CheckedStore(url, clock)
    yield store
    if store.checking:
        check_all(store)
    store.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published registers and boundaries, which is not part of this project."""
    folder = Path(os.environ.get("REGISTERS_SHARED_DATA") or ROOT / ".." / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip("the published registers are not here: set REGISTERS_SHARED_DATA to their folder")
    return folder
