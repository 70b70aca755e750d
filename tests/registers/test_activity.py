"""Entries by period: every entry in one, at any length of life, and the same as counting them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from registers import activity, snapshot
from registers.activity import Period
from registers.store.engine import Store
from tests.makers import append, country, make

DAY = 24 * 60 * 60
BEGUN = int(datetime(2010, 12, 30, 23, 59, 59, tzinfo=UTC).timestamp())


def periods(store: Store, at: str | None = None) -> list[Period]:
    with store.reading() as tx:
        return activity.periods(snapshot.take(tx, snapshot.find_register(tx, "country"), at))


def test_a_register_without_entries_has_no_periods(store: Store) -> None:
    make(store)
    assert periods(store) == []


@pytest.mark.parametrize(
    ("gap", "entries", "length", "first", "last"),
    [
        (0, 5, 10, "2010-12-30", "2010-12-30"),
        (3 * DAY, 14, 10, "2010-12-30", "2011-02-07"),
        (40 * DAY, 20, 7, "2010-12", "2013-01"),
        (200 * DAY, 20, 4, "2010", "2021"),
    ],
)
def test_every_entry_is_in_the_period_of_its_time(
    store: Store, gap: int, entries: int, length: int, first: str, last: str
) -> None:
    make(store)
    times = [BEGUN + number * gap for number in range(entries)]
    with_times = [country(f"K{number}", "One", time) for number, time in enumerate(times)]
    append(store, *with_times)
    found = periods(store)
    assert (found[0].name, found[-1].name, found[-1].size) == (first, last, entries)
    counted = Counter(datetime.fromtimestamp(time, UTC).date().isoformat()[:length] for time in times)
    assert {each.name: each.entries for each in found if each.entries} == counted
    assert len({each.name for each in found}) == len(found)
    assert periods(store, "1") == [Period(found[0].name[:4] + "-12-30", 1, 1)]


def test_a_time_that_went_back_counts_as_the_latest_before_it(store: Store) -> None:
    make(store)
    append(store, country("A", "One", BEGUN + 2), country("B", "Two", BEGUN + 2))
    assert periods(store) == [Period("2010-12-31", 2, 2)]
