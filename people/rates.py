"""How often something may be done: so many times in a while, whichever of the service's processes is asked.

A while begins with the first time and ends by itself. What is refused is not counted, so that nobody is kept out for
longer by trying, and the table has no more rows than there were things that were done. What it holds of somebody is a
digest that only this service's secret could make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from people import secret
from people.store import tallies
from registers.errors import TooOften
from registers.store.engine import Transaction

HOUR, DAY = 60 * 60, 24 * 60 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Share:
    """What may be done `most` times in `seconds`; `whose` is counted by itself, for each purpose."""

    purpose: str
    whose: str
    most: int
    seconds: int = HOUR


def take(tx: Transaction, key: bytes, shares: Sequence[Share], sentence: str) -> None:
    """Count something once against each of its shares, as a part of an act that holds the people's lock.

    Raises TooOften, which begins with the sentence, when one is used up; then none is counted.
    """
    now = tx.clock()
    tallies.sweep(tx.connection, now)
    subjects = {secret.digest(key, share.purpose, share.whose): share for share in shares}
    found = {bytes(row.subject): row for row in tallies.find(tx.connection, list(subjects))}
    waits = [row.ends - now for subject, row in found.items() if row.taken >= subjects[subject].most]
    if waits:
        raise TooOften(f"{sentence}: try again in {in_words(max(waits))}", max(waits))
    for subject, share in subjects.items():
        tallies.count(tx.connection, subject, now + share.seconds)


def in_words(seconds: int) -> str:
    """A wait, in whole minutes or hours, as people say it."""
    minutes = -(-seconds // 60)
    hours = -(-minutes // 60)
    if minutes > 90:
        return f"{hours} hours"
    return "a minute" if minutes == 1 else f"{minutes} minutes"
