"""How many entries a register got in each year, month or day of its life, whichever tells most.

Entries' times never fall, so the size of the log at the end of a period is a binary search, and what a register got in
a period is the difference of two sizes: a million entries cost no more than some hundred reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from registers.entry import Region
from registers.snapshot import Snapshot, size_between
from registers.store import entries

YEAR, MONTH, DAY = 4, 7, 10  # characters of a date that name the period
MOST_DAYS, MOST_MONTHS = 45, 36  # periods of a kind, above which longer ones are taken


class Period(NamedTuple):
    """A period (`2026`, `2026-11` or `2026-11-24`), how many entries came in it, and the size at its end."""

    name: str
    entries: int
    size: int


def periods(taken: Snapshot) -> list[Period]:
    """The periods from the first entry to the last, in order, those without entries too; none of an empty register."""
    if not taken.size:
        return []
    first = datetime.fromtimestamp(_latest(taken, 1), UTC)
    last = datetime.fromtimestamp(_latest(taken, taken.size), UTC)
    found, size, place = [], 0, (taken.register.id, int(Region.USER))
    for name, end in _ends(first, last):
        after = size_between(taken.tx, place, end - 1, size, taken.size)
        found.append(Period(name, after - size, after))
        size = after
    return found


def _ends(first: datetime, last: datetime) -> Iterator[tuple[str, int]]:
    """Each period from the one of `first` to that of `last`, and the second at which it is over."""
    length = _length(first, last)
    begin = datetime(first.year, 1 if length == YEAR else first.month, first.day if length == DAY else 1, tzinfo=UTC)
    while begin <= last:
        name = begin.date().isoformat()[:length]
        begin = _next(begin, length)
        yield name, int(begin.timestamp())


def _length(first: datetime, last: datetime) -> int:
    if (last - first).days < MOST_DAYS:
        return DAY
    return MONTH if (last.year - first.year) * 12 + last.month - first.month < MOST_MONTHS else YEAR


def _next(begin: datetime, length: int) -> datetime:
    """The first moment of the next period."""
    if length == YEAR:
        return begin.replace(year=begin.year + 1)
    if length == MONTH:
        return begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    return begin + timedelta(days=1)


def _latest(taken: Snapshot, number: int) -> int:
    return entries.latest(taken.tx.connection, taken.register.id, int(Region.USER), number)
