"""Several processes write at once: all succeed, no number is missing, no entry is lost, and readers see no mixture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from registers import fsck, lifecycle, snapshot
from registers.entry import Entry
from registers.register import Revision
from registers.store import registers
from registers.store.migrations import migrate
from tests.faults import acts, writers
from tests.faults.processes import KILLED, Ended, Process
from tests.faults.stage import Stage

ONES = (1,) * 25
MIXED = (1, 3, 60, 1, 70, 1, 1, 2, 20, 1)

FEW_OR_MANY = pytest.mark.parametrize("times", [1, pytest.param(6, marks=pytest.mark.soak)])


def together(processes: Sequence[Process]) -> list[Ended]:
    """Let processes begin at one moment, and wait for their ends."""
    begin(processes)
    return [process.end() for process in processes]


def begin(processes: Sequence[Process]) -> None:
    for process in processes:
        assert process.wire.recv() == "ready"
    for process in processes:
        process.wire.send("go")


def prepare(url: str, *names: str) -> None:
    """A database with empty registers."""
    store = acts.opened(url)
    migrate(store)
    for name in names:
        lifecycle.create(store, writers.definition(name), acts.AUTHORITY, acts.OPERATOR)
    store.close()


def log_of(url: str, name: str) -> tuple[list[Entry], list[Revision]]:
    """The entries and revisions of a register, after it was checked."""
    store = acts.opened(url)
    with store.reading() as tx:
        state = snapshot.take(tx, snapshot.find_register(tx, name))
        fsck.check_in(tx, state.register)
        log = state.entries(1, state.size), registers.revisions(tx.connection, state.register.id, 0, 100_000)
    store.close()
    return log


def check_shared_log(url: str, name: str, made: dict[str, tuple[Sequence[int], list[int]]]) -> None:
    """Hold a log against what each of its writers was told: its batch sizes, and its first entry numbers."""
    entries, revisions = log_of(url, name)
    total = sum(sum(sizes) for sizes, _ in made.values())
    assert [entry.number for entry in entries] == list(range(1, total + 1))
    assert entries[-1].records == total
    assert [revision.number for revision in revisions] == list(range(1, len(revisions) + 1))
    assert len(revisions) == 1 + sum(len(sizes) for sizes, _ in made.values())
    for writer, (sizes, firsts) in made.items():
        assert firsts == sorted(firsts)
        for batch, first in zip(writers.keys(writer, sizes), firsts, strict=True):
            assert [entry.key for entry in entries[first - 1 : first - 1 + len(batch)]] == batch


@FEW_OR_MANY
@pytest.mark.parametrize("count", [2, 4, 8])
def test_writers_of_one_register_all_succeed_without_a_gap(database_url: str, count: int, times: int) -> None:
    prepare(database_url, "river")
    sizes = {f"w{n}": (ONES if n % 2 else MIXED) * times for n in range(count)}
    asked = [Process(writers.append_batches, database_url, "river", name, sizes[name]) for name in sizes]
    ends = together(asked)
    assert [end.crash or end.told for end in ends] == [""] * count
    made = {name: (sizes[name], end.value) for name, end in zip(sizes, ends, strict=True)}
    check_shared_log(database_url, "river", made)


@FEW_OR_MANY
def test_writers_of_different_registers_do_not_disturb_each_other(database_url: str, times: int) -> None:
    names = ["alder", "birch", "cedar"]
    prepare(database_url, *names)
    pairs = [(name, writer) for name in names for writer in ("a", "b")]
    ends = together([Process(writers.append_batches, database_url, *pair, MIXED * times) for pair in pairs])
    assert [end.crash or end.told for end in ends] == [""] * len(pairs)
    firsts = {pair: end.value for pair, end in zip(pairs, ends, strict=True)}
    for name in names:
        made = {writer: (MIXED * times, firsts[name, writer]) for writer in ("a", "b")}
        check_shared_log(database_url, name, made)


@FEW_OR_MANY
def test_a_reader_never_sees_a_state_that_never_was(database_url: str, times: int) -> None:
    prepare(database_url, "river")
    readers = [Process(writers.read_until_told, database_url, "river") for _ in range(2)]
    asked = [Process(writers.append_batches, database_url, "river", n, MIXED * times) for n in ("a", "b")]
    begin([*readers, *asked])
    assert [process.end().crash for process in asked] == ["", ""]
    for reader in readers:
        reader.wire.send("stop")
    revisions = {revision.entries for revision in log_of(database_url, "river")[1]}
    for reader in readers:
        seen = reader.end()
        assert not seen.crash
        assert seen.value == sorted(seen.value)
        assert set(seen.value) <= revisions
        assert len(set(seen.value)) > 2, "the reader saw nothing of the writing; this test has not tested"


def test_a_killed_writer_does_not_hold_up_the_others(database_url: str) -> None:
    prepare(database_url, "river")
    doomed = Process(writers.append_until_killed, database_url, "river", "doomed", ONES * 100)
    others = [Process(writers.append_batches, database_url, "river", name, ONES) for name in ("a", "b")]
    begin(others)
    acknowledged = [doomed.wire.recv() for _ in range(5)]
    doomed.kill()
    assert [other.end().crash for other in others] == ["", ""]
    acknowledged += drained(doomed)
    assert doomed.exit_code() == KILLED
    entries, _ = log_of(database_url, "river")
    written = Counter(entry.key.split("-")[0] for entry in entries)
    assert (written["a"], written["b"]) == (len(ONES), len(ONES))
    assert len(acknowledged) <= written["doomed"] <= len(acknowledged) + 1


def drained(process: Process) -> list[Any]:
    """What a killed process had still said before it died."""
    heard = []
    try:
        while True:
            heard.append(process.wire.recv())
    except (EOFError, ConnectionResetError):
        return heard


@FEW_OR_MANY
def test_of_processes_that_create_one_register_one_wins_and_the_others_are_told(database_url: str, times: int) -> None:
    prepare(database_url)
    for n in range(times):
        ends = together([Process(writers.create, database_url, f"river-{n}") for _ in range(4)])
        assert sorted(end.crash or end.told for end in ends) == ["", "conflict", "conflict", "conflict"]
        assert len(log_of(database_url, f"river-{n}")[1]) == 1


@FEW_OR_MANY
def test_of_loads_of_one_register_at_once_one_ends_and_the_others_are_told(stage: Stage, times: int) -> None:
    stage.prepare("replay a new register")
    with stage.scene() as scene:
        acts.ACTS["replay a new register"].run(store := acts.opened(scene.url), scene.folder)
        store.close()
        wanted = scene.seen()
    for _ in range(times):
        with stage.scene() as scene:
            ends = together([Process(writers.load, scene.url, scene.folder / "whole.rsf") for _ in range(3)])
            check_one_load(ends)
            assert scene.seen() == wanted
            assert acts.unfinished(scene.url) == []


def check_one_load(ends: list[Ended]) -> None:
    """One load made the register; each of the others found it whole, or was told that it was not alone."""
    assert [end.crash for end in ends] == [""] * len(ends)
    added = Counter(end.value for end in ends if end.is_done)
    assert added.pop(90) == 1
    assert set(added) <= {0}
    assert {end.told for end in ends} <= {"", "conflict", "moved"}


@FEW_OR_MANY
def test_processes_may_make_the_schema_at_once(stage: Stage, times: int) -> None:
    for _ in range(times):
        with stage.scene() as scene:
            ends = together([Process(writers.migrate_and_check, scene.url) for _ in range(4)])
            assert [end.crash or end.told for end in ends] == [""] * 4


@pytest.mark.soak
def test_a_long_mixture_of_readers_and_writers_holds(database_url: str, tmp_path: Path) -> None:
    prepare(database_url, "river", "lake")
    pairs = [(name, f"w{n}") for n in range(4) for name in ("river", "lake")]
    sizes = MIXED * 10 + ONES * 4
    readers = [Process(writers.read_until_told, database_url, name) for name in ("river", "lake")]
    asked = [Process(writers.append_batches, database_url, *pair, sizes) for pair in pairs]
    begin([*readers, *asked])
    ends = {pair: process.end() for pair, process in zip(pairs, asked, strict=True)}
    assert {end.crash or end.told for end in ends.values()} == {""}
    for reader in readers:
        reader.wire.send("stop")
        assert not reader.end().crash
    for name in ("river", "lake"):
        made = {writer: (sizes, end.value) for (of, writer), end in ends.items() if of == name}
        check_shared_log(database_url, name, made)
