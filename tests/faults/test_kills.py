"""A process killed at any moment of an act leaves it wholly there or not at all, and a second run completes it."""

from __future__ import annotations

import pytest

from tests.faults import acts, moments
from tests.faults.processes import KILLED, Process
from tests.faults.stage import Scene, Stage

# What a killed run of these leaves behind cannot be seen, but the next run clears it away first, so that its moments
# are others; each kill then needs a scene of its own.
LEAVES_TRACES = ("replay a new register", "backup")

SOME_OR_ALL = pytest.mark.parametrize("which", ["some", pytest.param("all", marks=pytest.mark.soak)])


def chosen(names: list[str], which: str) -> list[int]:
    """Numbers of moments, from 1: all, or the first, the last, both sides of the last COMMIT, and one halfway."""
    count = len(names)
    if which == "all":
        return list(range(1, count + 1))
    commits = [n for n, name in enumerate(names, 1) if name in (moments.COMMIT, moments.COMMITTED)]
    return sorted({1, count // 2, *commits[-2:], count})


def decisive(names: list[str], act: acts.Act) -> int:
    """The number of the moment up to which nothing of the act can be seen."""
    return max(n for n, name in enumerate(names, 1) if name == act.decides)


@SOME_OR_ALL
@pytest.mark.parametrize("name", acts.DIFFERENT)
def test_a_killed_act_is_there_wholly_or_not_at_all_and_can_be_completed(stage: Stage, name: str, which: str) -> None:
    stage.prepare(name)
    with stage.scene() as scene:
        before = scene.seen()
        names = Process(acts.run_and_list_moments, name, scene.url, scene.folder).end().value
        after = scene.seen()
    assert before != after
    turn = decisive(names, acts.ACTS[name])
    numbers = chosen(names, which)
    early, late = [n for n in numbers if n <= turn], [n for n in numbers if n > turn]
    apart = which == "all" or name in LEAVES_TRACES
    for group in [[n] for n in early] if apart else [early]:
        with stage.scene() as scene:
            for number in group:
                kill(scene, name, number, names)
                assert scene.seen() == before, f"killed before {names[number - 1]}, moment {number}"
            check_second_run(scene, name, "", after)
    for number in late:
        with stage.scene() as scene:
            kill(scene, name, number, names)
            assert scene.seen() == after, f"killed at moment {number}, {names[number - 1]}"
            check_second_run(scene, name, acts.ACTS[name].again, after)


def kill(scene: Scene, name: str, number: int, names: list[str]) -> None:
    """Begin an act that dies at a moment."""
    killed = Process(acts.run_and_die, name, scene.url, scene.folder, number)
    assert killed.exit_code() == KILLED, f"no moment {number} of {len(names)}, {names[number - 1]}"


def check_second_run(scene: Scene, name: str, told: str, after: dict[str, object]) -> None:
    """A second run is told what it should be, and all is there as if there had been one run."""
    again = scene.play(name)
    assert (again.told, again.crash) == (told, "")
    assert scene.seen() == after
    assert acts.unfinished(scene.url) == []
