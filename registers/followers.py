"""Followers: what is kept beside the log, each made by one that reads the log behind the writer.

A follower has a name and, for each register, a position. It does its work first and then moves its position, in one
act, so that it misses nothing and what it does twice is done once. The log waits for none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from registers.indexing import QUESTIONS, Progress
from registers.register import Register
from registers.store import followers as stored_followers
from registers.store import registers as stored
from registers.store.engine import Store, Transaction


class Follower(Protocol):
    """What follows registers, one at a time."""

    @property
    def name(self) -> str:
        """What the follower is called, in the table of positions and to operators."""

    def catch_up(self, store: Store, register: Register, progress: Progress | None = None) -> None:
        """Follow a register up to its head; safe to be done by several processes at once."""

    def position(self, tx: Transaction, register_id: int) -> int:
        """How far the follower of a register has come, a number of its own kind."""


FOLLOWERS: tuple[Follower, ...] = (QUESTIONS,)  # those of the core; rooms above have more


def record_failure(store: Store, name: str, register: Register, said: str) -> None:
    """Write down why a follower cannot follow a register, for operators to see, until it has recovered."""
    with store.following() as tx:
        failure = stored_followers.Failure(name, register.name, tx.clock(), said)
        stored_followers.fail(tx.connection, failure, register.id)


def record_recovery(store: Store, name: str, register: Register) -> None:
    """Write down that a follower follows a register again."""
    with store.following() as tx:
        stored_followers.recover(tx.connection, name, register.id)


def catch_up(store: Store, followers: Iterable[Follower], register: Register) -> None:
    """Catch followers up with one register."""
    for follower in followers:
        follower.catch_up(store, register)


def catch_up_all(
    store: Store, registers: Iterable[Register] | None = None, followers: Sequence[Follower] = FOLLOWERS
) -> None:
    """Catch followers up with registers: by default with all that are visible."""
    if registers is None:
        with store.reading() as tx:
            registers = stored.find_all(tx.connection)
    for register in registers:
        catch_up(store, followers, register)
