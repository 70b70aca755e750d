"""Two acts at once come out as if one had been before the other, at whatever moment the first one is held up.

The first act is stopped at a moment; the second begins, and comes to its end or waits for the first, which then goes
on. What is there afterwards, and who was told no, must be as one of the two orders makes it; an act that was told no
may also have been as good as never asked. Nobody is told anything but an error of this project.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from tests.faults import acts, moments, writers
from tests.faults.processes import Ended, Process
from tests.faults.stage import Stage

# Each pair plays in the scene that its first act starts from.
PAIRS = [
    ("migrate", "migrate"),
    ("create", "create"),
    ("append one", "append one"),
    ("append one", "append another"),
    ("append one", "define"),
    ("define", "append one"),
    ("publish", "publish"),
    ("publish", "drop"),
    ("drop", "publish"),
    ("drop", "append another"),
    ("append to a draft", "drop"),
    ("drop", "drop"),
    ("approve", "approve by another"),
    ("approve", "append one"),
    ("give a role", "give a role"),
    ("give a role", "forget a person"),
    ("forget a person", "give a role"),
    ("replay a new register", "replay a new register"),
    ("replay a new register", "create"),
    ("replay onto a register", "append another"),
    ("replay onto a register", "replay onto a register"),
    ("restore", "restore"),
    ("restore", "create"),
    ("backup", "append another"),
]

Outcome = tuple[bool, bool, dict[str, Any]]  # whether each act of the pair was done, and what is there

MOST = 20  # moments of one pair that are tried


@pytest.mark.parametrize("which", ["one", pytest.param("many", marks=pytest.mark.soak)])
@pytest.mark.parametrize("pair", PAIRS, ids=" + ".join)
def test_two_acts_at_once_are_as_one_after_the_other(stage: Stage, pair: tuple[str, str], which: str) -> None:
    stage.prepare(pair[0])
    names, in_order = first_then_second(stage, pair)
    orders = lru_cache(lambda: [in_order, second_then_first(stage, pair), *alone(stage, pair)])
    numbers = [last_commit(names)] if which == "one" else chosen(names, stage.is_sqlite)
    for number in numbers:
        where = f"{pair[1]} began while {pair[0]} stood at moment {number} of {len(names)}, {names[number - 1]}"
        first, second, seen = play_together(stage, pair, number)
        assert (first.crash, second.crash) == ("", ""), where
        outcome = (first.is_done, second.is_done, seen)
        assert outcome == in_order or outcome in orders(), f"{where}: {first.told!r}, {second.told!r}"


def last_commit(names: list[str]) -> int:
    """The number, from 1, of the moment before the last COMMIT."""
    return max(n for n, name in enumerate(names, 1) if name == moments.COMMIT)


def chosen(names: list[str], is_sqlite: bool) -> list[int]:
    """Moments worth a stop: on SQLite, where one writer has the database to itself, only those between two writes."""
    numbers = list(range(1, len(names) + 1))
    if is_sqlite:
        apart = (moments.COMMIT, moments.COMMITTED, "before sqlite3.connect", moments.LINK)
        numbers = [n for n in numbers if n == 1 or names[n - 1] in apart]
    step = -(-len(numbers) // MOST)
    return sorted({*numbers[::step], last_commit(names)})


def first_then_second(stage: Stage, pair: tuple[str, str]) -> tuple[list[str], Outcome]:
    """The moments of the first act, and the outcome of both in their order."""
    with stage.scene() as scene:
        names = Process(acts.run_and_list_moments, pair[0], scene.url, scene.folder).end().value
        second = scene.play(pair[1])
        return names, (True, second.is_done, scene.seen())


def second_then_first(stage: Stage, pair: tuple[str, str]) -> Outcome:
    """The outcome of the acts in the other order."""
    with stage.scene() as scene:
        second, first = [scene.play(name) for name in pair[::-1]]
        return first.is_done, second.is_done, scene.seen()


def alone(stage: Stage, pair: tuple[str, str]) -> list[Outcome]:
    """The outcomes of each of the acts without the other."""
    seen = []
    for name in pair:
        with stage.scene() as scene:
            scene.play(name)
            seen.append(scene.seen())
    return [(True, False, seen[0]), (False, True, seen[1])]


def play_together(stage: Stage, pair: tuple[str, str], number: int) -> tuple[Ended, Ended, dict[str, Any]]:
    """How two acts end, the second begun while the first stood at a moment, and what is there then."""
    with stage.scene() as scene:
        first = Process(acts.run_and_stop, pair[0], scene.url, scene.folder, number)
        assert isinstance(first.wire.recv(), str), "the first act ended before its moment"
        second = Process(acts.run, pair[1], scene.url, scene.folder)
        scene.wait_until_held_up(second)
        first.wire.send("go on")
        ended = first.end(), second.end()
        seen = scene.seen()
        assert acts.unfinished(scene.url) == []
    return *ended, seen


def test_a_load_whose_place_another_has_taken_is_told_so_at_its_end(stage: Stage) -> None:
    stage.prepare("replay a new register")
    with stage.scene() as scene:
        path = scene.folder / "whole.rsf"
        first = Process(writers.load_step_by_step, scene.url, path)
        while first.wire.recv() < path.stat().st_size:
            first.wire.send("go on")
        second = Process(writers.load_step_by_step, scene.url, path)
        assert second.wire.recv() < path.stat().st_size
        ended = [finished(first), finished(second)]
        assert [(end.value, end.crash) for end in ended] == [(None, ""), (90, "")]
        assert acts.unfinished(scene.url) == []
        assert len(scene.seen()["registers"]["river"]["entry"]) > 90
        assert ended[0].told == "moved"


def finished(load: Process) -> Ended:
    """Let a load that goes step by step go on to its end."""
    load.wire.send("go on")
    while isinstance(said := load.wire.recv(), int):
        load.wire.send("go on")
    load.exit_code()
    assert isinstance(said, Ended)
    return said
