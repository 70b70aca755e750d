"""Real database engines for the tests: one PostgreSQL server a test run, an empty database a test.

Where the server comes from, in this order: the URL in REGISTERS_TEST_DATABASE_URL, the machine's own
PostgreSQL programs, those in the package pgserver. All processes of a run share one server, started by the
first that asks (`shared_server`) and stopped by the one that leads the run (`stop_shared_server`).
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy
from psycopg import sql

# Without fsync, for speed: the tests kill clients of the server, never the server. Its socket lives beside
# its files, so no port is taken and nobody else's server can be met by mistake.
SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "listen_addresses=''",
)


class NoServer(Exception):
    """There is no PostgreSQL to test on; the message says where one was looked for."""


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A running server on which databases are made and dropped; `url` is that of its maintenance database."""

    url: str

    def create(self, template: str | None = None) -> str:
        """Make a database with a name of its own and return its URL.

        `template` is the URL of a database made here, to which nothing is connected: the new one is its copy.
        """
        name = f"registers_{uuid.uuid4().hex}"
        source = sqlalchemy.make_url(template).database if template else "template0"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source)))
        return sqlalchemy.make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop a database made here, whoever is still connected to it."""
        name = sqlalchemy.make_url(url).database
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        plain = sqlalchemy.make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


def shared_server(folder: Path) -> PostgreSQL:
    """The run's one server, started by the first of its processes to ask; they all share `folder`.

    Raises NoServer.
    """
    if given := os.environ.get("REGISTERS_TEST_DATABASE_URL"):
        return PostgreSQL(given.replace("postgresql://", "postgresql+psycopg://", 1))
    with _locked(folder):
        state = folder / "server.json"
        if not state.exists():
            state.write_text(json.dumps(_start()))
        return PostgreSQL(json.loads(state.read_text())["url"])


def stop_shared_server(folder: Path) -> None:
    """Stop what `shared_server` started, if it started anything, and remove its files."""
    state = folder / "server.json"
    if not state.exists():
        return
    server = json.loads(state.read_text())
    home = Path(server["home"])
    _run_program(Path(server["programs"]), "pg_ctl", "-m", "immediate", "-w", "stop", home=home)
    shutil.rmtree(home)
    state.unlink()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start() -> dict[str, str]:
    """Start a server in a new folder; the answer is what stopping it needs."""
    home = Path(tempfile.mkdtemp(prefix="registers-pg-"))
    try:
        if owner := _owner():
            shutil.chown(home, owner, _group(owner))
        programs = _programs(home)
        _make_cluster(programs, home)
        options = " ".join(f"-c {setting}" for setting in (*SETTINGS, f"unix_socket_directories={home}"))
        _run_program(programs, "pg_ctl", "-l", str(home / "log"), "-o", options, "-w", "start", home=home)
    except BaseException:
        shutil.rmtree(home)
        raise
    url = f"postgresql+psycopg://registers@/postgres?host={home}"
    return {"url": url, "home": str(home), "programs": str(programs)}


def _make_cluster(programs: Path, home: Path) -> None:
    """Sorted by the rules of English where the build can, to show up a query that forgot to ask for "C"."""
    common = ("-U", "registers", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
    try:
        _run_program(programs, "initdb", *common, "--locale-provider=icu", "--icu-locale=en-GB", home=home)
    except RuntimeError:
        shutil.rmtree(home / "db", ignore_errors=True)
        _run_program(programs, "initdb", *common, home=home)


def _run_program(programs: Path, name: str, *arguments: str, home: Path) -> None:
    """Run one of the server's programs as a user it accepts. Its output goes to a file: a pipe would be held
    open by the server that `pg_ctl` leaves behind, and waiting for its end would never end."""
    owner = _owner()
    identity = {"user": owner, "group": _group(owner), "extra_groups": []} if owner else {}
    with (home / "output").open("w+") as output:
        done = subprocess.run(
            [programs / name, "-D", home / "db", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=home,
            env={"PATH": os.defpath, "LC_ALL": "C", "HOME": str(home), "TZ": "UTC"},
            **identity,  # type: ignore[call-overload]
        )
        output.seek(0)
        if done.returncode:
            raise RuntimeError(f"{programs / name} failed: {output.read().strip()[-500:]}")


def _owner() -> str | None:
    """Who the server must run as: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group(owner: str) -> int:
    """The user's own group."""
    return pwd.getpwnam(owner).pw_gid


def _programs(home: Path) -> Path:
    """The folder of the server's programs. Raises NoServer when the machine has none."""
    found = _system_programs()
    if found:
        return found
    package = importlib.util.find_spec("pgserver")
    if package is None or package.origin is None:
        raise NoServer(
            "no PostgreSQL: REGISTERS_TEST_DATABASE_URL is not set, there is no initdb on PATH or in "
            "/usr/lib/postgresql, and the package pgserver is not installed"
        )
    site = Path(package.origin).parent.parent
    if _owner() is not None:
        # The user the server runs as may not be allowed to reach the environment's own folder.
        for part in ("pgserver", "pgserver.libs"):
            shutil.copytree(site / part, home / "site" / part, symlinks=True)
        site = home / "site"
    return site / "pgserver" / "pginstall" / "bin"


def _system_programs() -> Path | None:
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda folder: float(folder.parent.name), default=None)
