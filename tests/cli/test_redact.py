"""`registers redact`: afterwards no file of the database, of the files and of the indexes of places holds the value."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import psycopg
import pytest
from click.testing import CliRunner

from cli.main import registers
from cli.workers import Keeper, Maker
from loaders import store as reports
from registers import lifecycle, plan, redaction, snapshot
from registers.batch import NEW, Change
from registers.definition import Field
from registers.fsck import check_all
from registers.item import normalise
from registers.opening import open_store
from registers.plan import Header
from registers.redaction import Wanted
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from review import decisions, proposals
from tests.cli.conftest import Run
from tests.faults.processes import KILLED, Process
from tests.geo.test_areas import square
from tests.makers import AUTHORITY, OPERATOR, append, make

NAME = "Zaphodia Quuxworth"
WORDS = (b"zaphodia", b"quuxworth")
WHY = "a person asked for it"
WARDS = (Field("ward"), Field("name"), Field("also", cardinality="n"), Field("shape", "geometry"))
SETTINGS = Settings(bulk_formats="csv,ndjson,ndjson.gz,sqlite,rsf-v1,rsf", bulk_quiet=0)


def ward(number: int, name: str, **values: object) -> Change:
    return Change(f"W{number}", {"ward": f"W{number}", "name": name, "shape": square(number % 90, 0), **values})


def proposal(store: Store, number: int, change: Change, replaces: bytes) -> int:
    with store.reading() as tx:
        size = snapshot.read_head(tx, snapshot.find_register(tx, "ward")).entries
    told = [change._replace(item=normalise(change.item), replaces=replaces)]
    content = "".join(plan.lines(Header("ward", f"{OPERATOR}/ward", size, source="a survey"), told)).encode()
    return proposals.submit(store, content, f"author-{number}").proposal.number


def plant(store: Store) -> None:
    """A register of areas, in which one person's name stands in every way in which it can be kept."""
    migrate(store)
    make(store, "ward", WARDS)
    lifecycle.publish(store, "ward")
    append(store, *(ward(number, f"Ward {number}") for number in range(2, 300)), to="ward")
    append(store, ward(1, NAME, also=["One", NAME]), to="ward")
    append(store, ward(1, "Somebody"), to="ward")
    closed = proposal(store, 1, ward(1, NAME, also=["Two"]), _digest(store, "W1"))
    decisions.approve(store, closed, "custodian", OPERATOR)
    proposal(store, 2, ward(1, NAME, also=["Three"]), _digest(store, "W1"))
    proposal(store, 3, ward(301, "Another"), NEW)
    with store.writing() as tx:
        register = snapshot.find_register(tx, "ward")
        reports.keep_quality(tx.connection, register.id, 0, json.dumps({"examples": [{"value": NAME}]}))


def _digest(store: Store, key: str) -> bytes:
    with store.reading() as tx:
        return snapshot.take(tx, snapshot.find_register(tx, "ward")).record(key).digests["v1"]


def work(store: Store) -> None:
    for worker in (Keeper(store, SETTINGS, Event()), Maker(store, SETTINGS, Event())):
        worker.work_once()
        worker.close()


@pytest.fixture
def planted(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A database in which the name stands, and all that follows it, on each engine."""
    monkeypatch.setenv("REGISTERS_BULK_FOLDER", str(tmp_path / "files"))
    monkeypatch.setenv("REGISTERS_PLACES_FOLDER", str(tmp_path / "places"))
    monkeypatch.setattr("tests.cli.test_redact.SETTINGS", _settings(tmp_path))
    store = open_store(database_url)
    plant(store)
    work(store)
    append(store, ward(300, "Ward 300"), to="ward")
    work(store)
    yield store
    store.close()


def _settings(folder: Path) -> Settings:
    given = {"bulk_folder": str(folder / "files"), "places_folder": str(folder / "places")}
    return Settings(bulk_formats=SETTINGS.bulk_formats, bulk_quiet=0, **given)


# Looking for it


def holding(paths: Iterator[Path]) -> list[str]:
    """The files that hold one of the words, however it is written."""
    found = []
    for path in paths:
        if path.is_file():
            content = path.read_bytes().lower()
            found += [str(path)] if any(word in content for word in WORDS) else []
    return sorted(found)


def pages(store: Store) -> Iterator[Path]:
    """The files of the database: all that begin with its name, or all of its folder in the server's."""
    if store.is_sqlite:
        path = Path(store.url.database or "")
        return path.parent.glob(f"{path.name}*")
    with connected(store) as server:
        server.execute("CHECKPOINT")
        row = server.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
        assert row
        return (cluster(server) / "base" / str(row[0])).iterdir()


def connected(store: Store) -> psycopg.Connection[tuple[str]]:
    return psycopg.connect(store.url.set(drivername="postgresql").render_as_string(False), autocommit=True)


def cluster(server: psycopg.Connection[tuple[str]]) -> Path:
    """The folder of the server's files."""
    row = server.execute("SHOW data_directory").fetchone()
    assert row
    if not Path(row[0]).is_dir():
        pytest.skip("the server's files are not on this machine")
    return Path(row[0])


def kept(folder: Path) -> list[str]:
    return holding(path for name in ("files", "places") for path in (folder / name).rglob("*"))


def analyze(store: Store) -> None:
    """As PostgreSQL does by itself from time to time: values are then in its statistics."""
    if not store.is_sqlite:
        with connected(store) as server:
            server.execute("ANALYZE")


def test_no_file_holds_what_was_taken_away(planted: Store, run: Run, tmp_path: Path) -> None:
    analyze(planted)
    assert holding(pages(planted))
    assert {Path(path).relative_to(tmp_path).parts[0] for path in kept(tmp_path)} == {"files", "places"}
    before = {path.parent for path in (tmp_path / "files").rglob("manifest.json")}
    done = run("redact", "ward", "W1", "name", "also", "--reason", WHY, "--entry", "299")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "ward: name, also of W1 is taken out of the items of 2 entries.\n"
    assert holding(pages(planted)) == []
    assert kept(tmp_path) == []
    work(planted)
    assert not before & {path.parent for path in (tmp_path / "files").rglob("manifest.json")}
    assert [path.name for path in (tmp_path / "files").rglob("entries.*")] != []
    assert (holding(pages(planted)), kept(tmp_path)) == ([], [])
    check_all(planted)


def test_a_worker_does_the_same_after_an_act_of_its_own(planted: Store, run: Run, tmp_path: Path) -> None:
    for fields in (("name",), ("also",)):
        redaction.take_away(planted, "ward", Wanted("W1", fields, 299), WHY, AUTHORITY)
    assert holding(pages(planted))
    work(planted)
    assert (holding(pages(planted)), kept(tmp_path)) == ([], [])
    again = run("redact", "ward", "W1", "name", "--reason", WHY)
    assert (again.exit_code, again.stderr) == (
        1,
        "registers: name: what entry 301 had in it was taken away before\n",
    )


def test_where_the_record_still_has_it_is_said(planted: Store, run: Run) -> None:
    done = run("--json", "redact", "ward", "W1", "name", "--reason", WHY, "--entry", "299", "--only")
    assert done.stderr == (
        "registers: the record still has what was taken away in also, by entry 299\n"
        "registers: the record still has what was taken away in name, by entry 301\n"
    )
    told = json.loads(done.stdout)
    assert (told["entries"], told["fields"], told["forgotten"]) == ([299], ["name"], True)


def test_another_is_asked_with_a_proposal_and_sees_what_would_be_taken_away(planted: Store, run: Run) -> None:
    done = run("redact", "ward", "W1", "name", "--reason", WHY, "--submit", "--note", "see the letter")
    assert done.stdout == "This is proposal 4, to take values out of W1 of ward.\n"
    shown = run("review", "show", "4", "--changes").stdout
    assert "kind:                 redaction" in shown
    assert '  fields: ["name"]' in shown and f'  reason: "{WHY}"' in shown
    assert NAME not in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ward", "W1", "ward", "--reason", WHY), "registers: ward: is the key"),
        (("ward", "W1", "nothing", "--reason", WHY), "registers: 'nothing' is not a field of ward"),
        (("ward", "W9999", "name", "--reason", WHY), "registers: the register ward has no record 'W9999'"),
        (("nowhere", "W1", "name", "--reason", WHY), "registers: there is no register 'nowhere'"),
        (("ward", "W1", "name", "--reason", ""), "registers: reason: is needed"),
        (("ward", "W1", "name", "--reason", WHY, "--entry", "5"), "registers: entry 5 of ward is not one of"),
    ],
)
def test_what_cannot_be_taken_away_is_refused(planted: Store, run: Run, arguments: tuple[str, ...], said: str) -> None:
    done = run("redact", *arguments)
    assert (done.exit_code, done.stderr.startswith(said)) == (1, True), done.stderr


def test_a_reason_and_a_field_are_asked_for(run: Run) -> None:
    assert run("redact", "ward", "W1", "name").exit_code == 2
    assert run("redact", "ward", "W1", "--reason", WHY).exit_code == 2


# Killed on the way

MOMENTS = [
    ("registers.redaction", "take_away", "after"),
    ("review.forgetting", "_take_out", "after"),
    ("loaders.store", "forget_quality", "after"),
    ("bulk.forgetting", "forget_these", "before"),
    ("registers.store.engine:Store", "wipe", "before"),
    ("registers.store.engine:Store", "wipe", "after"),
    ("geo.kept:Kept", "move", "before"),
]


def redact_and_die(_wire: object, url: str, folder: str, moment: tuple[str, str, str]) -> None:
    """Run the verb, in a process that is killed before or after something that it does."""
    place, name, when = moment
    module, _, inner = place.partition(":")
    owner = importlib.import_module(module)
    owner = getattr(owner, inner) if inner else owner
    done = getattr(owner, name)

    def dying(*arguments: object, **named: object) -> None:
        if when == "after":
            done(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, dying)
    os.environ |= {"REGISTERS_BULK_FOLDER": f"{folder}/files", "REGISTERS_PLACES_FOLDER": f"{folder}/places"}
    CliRunner().invoke(
        registers, ["--database", url, "redact", "ward", "W1", "name", "also", "--reason", WHY, "--entry=299"]
    )


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: " ".join(moment[1:]))
def test_a_second_run_goes_on_where_the_first_was_killed(
    planted: Store, run: Run, database_url: str, tmp_path: Path, moment: tuple[str, str, str]
) -> None:
    killed = Process(redact_and_die, database_url, str(tmp_path), moment)
    assert killed.exit_code() == KILLED
    again = run("redact", "ward", "W1", "name", "also", "--reason", WHY, "--entry", "299")
    assert again.stderr == "registers: name: what entry 299 had in it was taken away before\n"
    assert (holding(pages(planted)), kept(tmp_path)) == ([], [])
    check_all(planted)


# What is the operator's to do


def test_what_the_documentation_says_empties_the_log_of_the_server(
    planted: Store, run: Run, request: pytest.FixtureRequest
) -> None:
    """The statements of docs/operations.md, on the tests' own server."""
    if planted.is_sqlite:
        return
    assert run("redact", "ward", "W1", "name", "also", "--reason", WHY, "--entry", "299").exit_code == 0
    text = (Path(__file__).parents[2] / "docs/operations.md").read_text()
    found = re.search(r"```sql\n(.*?)```", text, re.DOTALL)
    assert found
    first, repeated, last = (
        [each.strip() for each in line.split(";") if each.strip()] for line in found[1].strip().splitlines()
    )
    with connected(planted) as server:
        log = cluster(server) / "pg_wal"
        assert holding(log.iterdir())
        times = len(list(log.iterdir())) + 1
        for statement in [*first, *(repeated * times), *last]:
            server.execute(statement)  # type: ignore[arg-type]
        assert holding(log.iterdir()) == []
