"""How often something may be done: counted once for all processes, refused when used up, forgotten when it is over."""

from __future__ import annotations

import threading

import pytest

from people import rates
from people.rates import DAY, HOUR, Share, in_words
from people.store import accesses
from registers.errors import TooOften
from registers.store.engine import Store
from tests.makers import NOW, FixedClock
from tests.people.conftest import KEY, rows_of

TOO_OFTEN = "that is too much"


def take(store: Store, *shares: Share) -> None:
    with store.writing() as tx:
        accesses.lock(tx.connection)
        rates.take(tx, KEY, shares, TOO_OFTEN)


def test_what_is_used_up_is_refused_until_its_while_is_over(store: Store, clock: FixedClock) -> None:
    share = Share("x", "ann", 3)
    for _ in range(3):
        take(store, share)
        clock.now += 60
    with pytest.raises(TooOften, match=f"{TOO_OFTEN}: try again in 57 minutes") as raised:
        take(store, share)
    assert raised.value.seconds == HOUR - 180
    clock.now = NOW + HOUR - 1
    with pytest.raises(TooOften):
        take(store, share)
    clock.now += 1
    take(store, share)


def test_each_is_counted_by_itself_and_for_each_purpose(store: Store) -> None:
    take(store, Share("x", "ann", 1))
    take(store, Share("x", "bob", 1))
    take(store, Share("y", "ann", 1))
    with pytest.raises(TooOften):
        take(store, Share("x", "ann", 1))


def test_what_is_refused_by_one_share_is_counted_by_none(store: Store, clock: FixedClock) -> None:
    hourly, daily = Share("hour", "ann", 1), Share("day", "ann", 3, DAY)
    take(store, hourly, daily)
    for _ in range(20):
        with pytest.raises(TooOften):
            take(store, hourly, daily)
    clock.now += HOUR
    take(store, hourly, daily)
    clock.now += HOUR
    take(store, hourly, daily)
    clock.now += HOUR
    with pytest.raises(TooOften, match="try again in 21 hours"):
        take(store, hourly, daily)


def test_what_is_kept_says_nothing_of_anybody_and_goes_when_it_is_over(store: Store, clock: FixedClock) -> None:
    for n in range(50):
        take(store, Share("x", f"ann{n}@example.org", 5))
    rows = rows_of(store, "tally")
    assert len(rows) == 50 and not any(b"ann" in bytes(row.subject) for row in rows)
    clock.now += HOUR
    take(store, Share("x", "bob", 5))
    assert len(rows_of(store, "tally")) == 1


def test_many_at_once_are_counted_as_many(store: Store) -> None:
    refused: list[TooOften] = []
    ready = threading.Barrier(8)

    def try_it() -> None:
        ready.wait()
        try:
            take(store, Share("x", "ann", 5))
        except TooOften as error:
            refused.append(error)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(refused) == 3


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "a minute"),
        (60, "a minute"),
        (61, "2 minutes"),
        (HOUR, "60 minutes"),
        (90 * 60, "90 minutes"),
        (91 * 60, "2 hours"),
        (DAY, "24 hours"),
    ],
)
def test_a_wait_is_said_in_whole_minutes_or_hours(seconds: int, said: str) -> None:
    assert in_words(seconds) == said
