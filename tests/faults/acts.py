"""The acts that are tried, each with the scene it starts from, and what can be seen of a database afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Table, select

from loaders.replay import replay
from loaders.rsf_steps import Load
from notices import mail
from notices.mail import Letter
from notices.store import letters
from people import accounts, roles, sessions
from people.store import tables as people
from registers import backup as backups
from registers import fsck, lifecycle, merkle, plan, redaction, snapshot
from registers.batch import NEW, Change
from registers.definition import Definition, Field
from registers.entry import Entry, Region
from registers.indexing import QUESTIONS
from registers.opening import open_store
from registers.plan import Header
from registers.redaction import Wanted
from registers.register import Authority
from registers.store import registers, tables
from registers.store.engine import Store
from registers.store.migrations import migrate
from registers.store.schema import schema_version
from registers.v1 import rsf
from review import alone, decisions, drafts, proposals
from review import store as review_tables
from review.drafts import Written
from tests.faults import moments

ANN = "ann@example.org"
NAME = Wanted("1", ("name",))
NOW = 1_700_000_000  # the clock stands still, so that a second attempt makes the same bytes
AUTHORITY = Authority("tests")
OPERATOR = "registers.example.org"
LENGTH = Field("length", "integer")
RIVER = Definition("river", "river", (Field("river"), Field("name")), custodian="Keeper of rivers", text="Rivers")
LAKE = Definition("lake", "lake", (Field("lake"), Field("name")), text="Lakes")


def opened(url: str) -> Store:
    """The store at a URL, with a clock that stands still."""
    return open_store(url, lambda: NOW)


def rivers(first: int, last: int, word: str = "River") -> list[Change]:
    """Changes to the keys `first … last`, which may be new."""
    return [Change(str(n), {"river": str(n), "name": f"{word} {n}"}) for n in range(first, last + 1)]


# The scenes


def _empty(store: Store, _folder: Path) -> None:
    """A database without a schema."""


def _migrated(store: Store, _folder: Path) -> None:
    migrate(store)


def _with_rivers(count: int, status: str = "published") -> Callable[[Store, Path], None]:
    def prepare(store: Store, _folder: Path) -> None:
        migrate(store)
        lifecycle.create(store, RIVER, AUTHORITY, OPERATOR)
        if status == "published":
            lifecycle.publish(store, "river")
        lifecycle.append(store, "river", rivers(1, count), AUTHORITY)

    return prepare


def _with_two_registers(store: Store, folder: Path, count: int = 60) -> None:
    _with_rivers(count)(store, folder)
    lifecycle.create(store, LAKE, AUTHORITY, OPERATOR)


def _with_backup(store: Store, folder: Path) -> None:
    source = opened(f"sqlite:///{folder / 'source.db'}")
    _with_two_registers(source, folder, 257)  # with a full tile
    backups.backup(source, folder / "kept.db")
    source.close()
    migrate(store)


def _with_files(store: Store, folder: Path) -> None:
    """An empty database, and beside it `first.rsf`, a register's first 60 entries, and `whole.rsf`, with 30 more."""
    source = opened(f"sqlite:///{folder / 'source.db'}")
    _with_rivers(60)(source, folder)
    first = _written(source, (0, 0))
    sizes = _sizes(source)
    lifecycle.define(source, "river", added_field(), AUTHORITY)
    longer = [Change(c.key, {**c.item, "length": c.key}) for c in rivers(46, 75)]
    lifecycle.append(source, "river", longer, AUTHORITY)
    (folder / "first.rsf").write_text(first)
    (folder / "whole.rsf").write_text(first + _written(source, sizes))
    source.close()
    migrate(store)


def _with_files_and_the_first(store: Store, folder: Path) -> None:
    _with_files(store, folder)
    _replay("first.rsf")(store, folder)


def _submit(word: str) -> Callable[[Store, Path], None]:
    """Propose 60 more rivers of that name; a second proposal of them takes the place of the first."""
    content = _plan(word)
    return lambda store, _folder: proposals.submit(store, content, "author") and None


def _plan(word: str) -> bytes:
    header = Header("river", f"{OPERATOR}/river", 3, source="a survey")
    return "".join(plan.lines(header, [change._replace(replaces=NEW) for change in rivers(4, 63, word)])).encode()


def _with_proposal(store: Store, folder: Path) -> None:
    """A published register of rivers, and a proposal of 60 more, which nobody has decided on."""
    _with_rivers(3)(store, folder)
    _submit("River")(store, folder)


def _with_indexed_rivers(store: Store, folder: Path) -> None:
    """A published register whose first record had its name in two items, and the index of it."""
    _with_rivers(3)(store, folder)
    longer = Change("1", {"river": "1", "name": "Another"}), Change("1", {"river": "1", "name": "River 1"})
    lifecycle.append(store, "river", longer, AUTHORITY)
    with store.reading() as tx:
        register = snapshot.find_register(tx, "river")
    QUESTIONS.catch_up(store, register)


def _with_draft(store: Store, folder: Path) -> None:
    """A published register of rivers, and a draft of a proposal of 60 more."""
    _with_rivers(3)(store, folder)
    drafts.begin(store, "author", Written("river", _plan("River")))


def _with_redaction_proposed(store: Store, folder: Path) -> None:
    _with_indexed_rivers(store, folder)
    proposals.submit(store, redaction.plan(store, "river", NAME, "why"), "author")


def _with_a_custodian(store: Store, folder: Path) -> None:
    """A published register of rivers, and its custodian, who is signed in."""
    _with_rivers(3)(store, folder)
    ann = accounts.add(store, accounts.Wanted("Ann", ANN, confirmed=True), "tests").id
    roles.grant(store, roles.Wanted(ann, "custodian", "river"), "tests")
    with store.writing() as tx:
        sessions.begin(tx, ann, sessions.BY_LINK)
        mail.put(tx, ann, Letter("A subject", "Some text."))


def _redact(store: Store, _folder: Path) -> None:
    redaction.take_away(store, "river", NAME, "why", AUTHORITY)


def _sizes(store: Store) -> tuple[int, int]:
    with store.reading() as tx:
        head = snapshot.read_head(tx, snapshot.find_register(tx, "river"))
    return head.entries, head.metadata_entries


def _written(store: Store, after: tuple[int, int]) -> str:
    """The register from its sizes `after` to its head, as RSF."""
    with store.reading() as tx:
        state = snapshot.take(tx, snapshot.find_register(tx, "river"))
        past = snapshot.take(tx, state.register, str(after[0]))
        roots = (past.root() if after[0] else merkle.EMPTY_ROOT), state.root()
    firsts = {Region.USER: after[0] + 1, Region.METADATA: after[1] + 1}
    lasts = {Region.USER: state.head.entries, Region.METADATA: state.head.metadata_entries}

    def entries(region: Region) -> Iterable[Entry]:
        return snapshot.stream_entries(store, state.register.id, region, firsts[region], lasts[region])

    return "".join(rsf.write(*roots, [Region.METADATA, Region.USER], entries))


# The acts


def added_field() -> list[tuple[str, Any]]:
    """The metadata entries that give the register of rivers one field more."""
    grown = Definition("river", "river", (*RIVER.fields, LENGTH), text=RIVER.text)
    return [(key, item) for key, item in grown.entries() if key in ("field:length", "register:river")]


def _append(*changes: Change) -> Callable[[Store, Path], None]:
    return lambda store, _folder: lifecycle.append(store, "river", changes, AUTHORITY) and None


def _approve(actor: str) -> Callable[[Store, Path], None]:
    return lambda store, _folder: decisions.approve(store, 1, actor, OPERATOR) and None


def _replay(name: str) -> Callable[[Store, Path], None]:
    def run(store: Store, folder: Path) -> None:
        with (folder / name).open("rb") as stream:
            replay(store, "river", stream, Load(AUTHORITY, OPERATOR))

    return run


@dataclass(frozen=True, slots=True)
class Act:
    """An act, from its scene; `again` is the kind of error that a second run is told, none when it may be repeated.

    `decides` is the kind of moment whose last one makes the act visible.
    """

    prepare: Callable[[Store, Path], None]
    run: Callable[[Store, Path], Any]
    again: str = ""
    decides: str = moments.COMMIT


ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "migrate": Act(_empty, lambda store, _: migrate(store)),
        "create": Act(_migrated, lambda store, _: lifecycle.create(store, RIVER, AUTHORITY, OPERATOR), "conflict"),
        "append one": Act(_with_rivers(3), _append(*rivers(4, 4)), "invalid"),
        "append another": Act(_with_rivers(3), _append(*rivers(1001, 1001)), "invalid"),
        "append to a draft": Act(_with_rivers(3, "draft"), _append(*rivers(4, 4)), "invalid"),
        "append across a tile": Act(_with_rivers(250), _append(*rivers(251, 260)), "invalid"),
        "append many": Act(_with_rivers(250), _append(*rivers(201, 310, "Water")), "invalid"),
        "define": Act(
            _with_rivers(3), lambda store, _: lifecycle.define(store, "river", added_field(), AUTHORITY), "invalid"
        ),
        "redact": Act(_with_indexed_rivers, _redact, "conflict"),
        "approve a redaction": Act(_with_redaction_proposed, _approve("custodian"), "conflict"),
        "give a role": Act(
            _with_a_custodian, lambda store, _: roles.grant(store, roles.Wanted(ANN, "reviewer"), "tests"), "conflict"
        ),
        "forget a person": Act(_with_a_custodian, lambda store, _: accounts.forget(store, ANN, "tests"), "not-found"),
        "publish": Act(_with_rivers(3, "draft"), lambda store, _: lifecycle.publish(store, "river"), "conflict"),
        "drop": Act(_with_rivers(60, "draft"), lambda store, _: lifecycle.drop(store, "river"), "not-found"),
        "approve": Act(_with_proposal, _approve("custodian"), "conflict"),
        "approve by another": Act(_with_proposal, _approve("another"), "conflict"),
        "supersede": Act(_with_proposal, _submit("Stream"), "conflict"),
        "submit a draft": Act(_with_draft, lambda store, _: drafts.submit(store, 1, "author") and None, "conflict"),
        "throw a draft away": Act(_with_draft, lambda store, _: drafts.throw_away(store, 1, "author"), "gone"),
        "decide alone": Act(
            _with_a_custodian, lambda store, _: alone.decide_alone(store, "river", True, "tests"), "conflict"
        ),
        "replay a new register": Act(_with_files, _replay("whole.rsf")),
        "replay onto a register": Act(_with_files_and_the_first, _replay("whole.rsf")),
        "backup": Act(
            _with_two_registers,
            lambda store, folder: backups.backup(store, folder / "made.db"),
            "conflict",
            decides=moments.LINK,
        ),
        "restore": Act(_with_backup, lambda store, folder: backups.restore(folder / "kept.db", store), "conflict"),
    }
)


OF_PROPOSALS = (
    review_tables.review_head,
    review_tables.proposal,
    review_tables.proposal_event,
    review_tables.proposal_draft,
)
OF_PEOPLE = (
    people.people_head,
    people.account,
    people.person,
    people.role,
    people.session,
    people.access,
    letters.letter,
)
ONLY_WITH_OTHERS = ("append another", "append to a draft", "approve by another")
DIFFERENT = [name for name in ACTS if name not in ONLY_WITH_OTHERS]

# What a process is asked to do


def run(_wire: Connection | None, name: str, url: str, folder: Path) -> None:
    """Do an act."""
    store = opened(url)
    try:
        ACTS[name].run(store, folder)
    finally:
        store.close()


def run_and_list_moments(_wire: Connection, name: str, url: str, folder: Path) -> list[str]:
    """Do an act, and name its moments in order."""
    seen: list[str] = []
    moments.watch(seen.append)
    store = opened(url)
    ACTS[name].run(store, folder)
    return seen


def run_and_die(_wire: Connection, name: str, url: str, folder: Path, number: int) -> None:
    """Begin an act and die at one of its moments."""
    moments.watch(moments.die_at(number))
    ACTS[name].run(opened(url), folder)


def run_and_stop(wire: Connection, name: str, url: str, folder: Path, number: int) -> None:
    """Begin an act, wait at one of its moments for word from the test, then finish it."""
    moments.watch(moments.stop_at(number, wire))
    ACTS[name].run(opened(url), folder)


def run_and_lose_commit(_wire: Connection, name: str, url: str, folder: Path, number: int) -> None:
    """Do an act one of whose COMMITs succeeds and is reported as failed."""
    moments.fail_after_commit(number)
    ACTS[name].run(opened(url), folder)


# What can be seen


def seen(url: str, folder: Path) -> dict[str, Any]:
    """Everything visible of a scene: all rows of all visible registers, without their ids, of proposals and of people,
    and the backup made.

    The database is checked against itself on the way: Corrupt is raised for the first fault.
    """
    store = opened(url)
    try:
        visible: dict[str, Any] = {"schema": schema_version(store)}
        if visible["schema"]:
            fsck.check_all(store)
            visible["registers"] = _rows(store)
            visible["proposals"] = _read(store, OF_PROPOSALS)
            visible["people"] = _read(store, OF_PEOPLE)
    finally:
        store.close()
    if (folder / "made.db").exists():
        visible["backup"] = seen(f"sqlite:///{folder / 'made.db'}", folder / "nowhere")
    return visible


def unfinished(url: str) -> list[str]:
    """The names of registers whose load has not ended."""
    store = opened(url)
    try:
        with store.reading() as tx:
            return [register.name for register in registers.find_all(tx.connection, loading=True)]
    finally:
        store.close()


def _rows(store: Store) -> dict[str, dict[str, list[Any]]]:
    found: dict[str, dict[str, list[Any]]] = {}
    with store.reading() as tx:
        for register in registers.find_all(tx.connection):
            found[register.name] = {}
            for table in (*tables.TABLES, tables.question_record, tables.question_value):
                owner = table.c.id if table is tables.register else table.c.register_id
                columns = [column for column in table.c if column is not owner]
                query = select(*columns).where(owner == register.id).order_by(*columns)
                found[register.name][table.name] = [tuple(row) for row in tx.connection.execute(query)]
    return found


def _read(store: Store, of: Iterable[Table]) -> dict[str, list[Any]]:
    found = {}
    with store.reading() as tx:
        for table in of:
            # PostgreSQL counts what was begun and not done, too.
            columns = [column for column in table.c if column.autoincrement is not True]
            rows = tx.connection.execute(select(*columns).order_by(*columns))
            found[table.name] = [tuple(row) for row in rows]
    return found
