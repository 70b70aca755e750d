"""Which records of a register are asked for: those in a window, in a span of days, that keep a condition."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from geo.features.conditions import Condition, keep
from geo.features.positions import ALWAYS, NEVER, Numbers, Positions
from geo.features.windows import Window

REMEMBERED = 8  # selections, so that their next pages are cheap


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, all of it at once. `days` are a first and a last one, as ordinals; None is no bound."""

    window: Window | None = None
    days: tuple[int | None, int | None] | None = None
    conditions: tuple[Condition, ...] = ()


@lru_cache(maxsize=REMEMBERED)
def select(positions: Positions, size: int, asked: Asked) -> Numbers:
    """The numbers of the versions that are the record at a size and are asked for, ascending; to be left as they are.

    Raises Invalid for conditions that would take too long.
    """
    found = asked.window.select(positions, size) if asked.window else positions.numbers(size)
    if asked.days:
        first, last = asked.days
        begun, ended = positions.spans[found, 2], positions.spans[found, 3]
        found = found[(begun <= (ALWAYS if last is None else last)) & (ended >= (NEVER if first is None else first))]
    return keep(positions, size, found, asked.conditions) if asked.conditions else found


def page(positions: Positions, numbers: Numbers, after: int, limit: int) -> Numbers:
    """The first `limit` of these versions that entries after a number brought."""
    begin = int(positions.spans[numbers, 0].searchsorted(after, "right"))
    return numbers[begin : begin + limit]
