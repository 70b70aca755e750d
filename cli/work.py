"""`registers work`: what follows the logs is kept up with them, and messages that are due are sent.

One process at a time does it, under a lease; the others wait to take over. Nothing is lost while nobody does it: the
log is the queue, and each follower goes on where it was.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import click

from bulk.following import Files
from bulk.kinds import check_suffixes
from bulk.releases import folder_beside as files_beside
from cli.verbs import Terminal, verb, warn
from geo.areas.following import Areas, folder_beside
from geo.features.following import Features
from notices.deliveries import DELIVERIES
from notices.sending import Dispatcher, Post, forget_old
from registers import followers
from registers.errors import RegistersError, Unavailable
from registers.followers import Follower
from registers.leases import lease_holder, release_lease, take_lease
from registers.register import Register
from registers.settings import Settings
from registers.store import registers
from registers.store.engine import Store

LEASE = "work"
LEASED = 30  # seconds that a worker which was killed keeps the others waiting
RENEWED = 10  # seconds after which the lease is taken anew
TIDIED = 60 * 60  # seconds between looks for what is old in the log of deliveries
FOLLOWERS: tuple[Follower, ...] = (*followers.FOLLOWERS, DELIVERIES)


@click.command("work", short_help="Keep indexes up and send messages.")
@click.option("--once", is_flag=True, help="Do what there is to do now, and end.")
@click.option("--interval", type=click.FloatRange(0.05, 60), default=1.0, help="Seconds between looks; by default 1.")
@click.option("--parent", type=int, hidden=True, help="End when this process, which started it, is gone.")
@verb
def command(terminal: Terminal, once: bool, interval: float, parent: int | None) -> None:
    """Keep what follows the registers up with them (indexes, messages), and send what is due, until it is stopped.

    `registers serve` starts it. Any number may run; one works, the others wait.
    """
    with terminal.store() as store, _stopping() as stop:
        worker = Worker(store, terminal.settings, stop, rests=not once)
        try:
            done = worker.work_once() if once else worker.work(interval, parent)
        finally:
            worker.close()
    if once:
        terminal.answer({"registers": done}, f"All that follows {done} registers has caught up.")


@contextmanager
def _stopping() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set, in place of ending the process in the middle of its work."""
    stop = Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _files(store: Store, settings: Settings, rests: bool) -> Files:
    """The follower that makes files, as it is set."""
    named = settings.bulk_formats.strip()
    words = [] if named in ("", "none") else [word.strip() for word in named.split(",")]
    suffixes = check_suffixes(words, "REGISTERS_BULK_FORMATS")
    quiet = settings.bulk_quiet if rests else 0
    return Files(files_beside(store, settings.bulk_folder), suffixes, settings.bulk_kept, quiet)


class Worker:
    """One who works: an error in one register or follower is said, and stops none of the others."""

    def __init__(self, store: Store, settings: Settings, stop: Event, rests: bool = False) -> None:
        """`rests` has the makers of files wait until a register rests. Raises Invalid for formats there are not."""
        self.store = store
        self.stop = stop
        self.holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self.dispatcher = Dispatcher(store, Post(settings.base_url, settings.webhooks_private), warn)
        folder = folder_beside(store, settings.places_folder)
        self.files = _files(store, settings, rests)
        self.followers: tuple[Follower, ...] = (*FOLLOWERS, Areas(folder), Features(folder), self.files)
        self._seen: dict[tuple[int, str], tuple[int, str]] = {}
        self._leased = self._tidied = -float("inf")
        self._waits = False

    def work_once(self) -> int:
        """Do all there is to do; how many registers there are. Raises Unavailable while another works."""
        if not self._leads():
            raise Unavailable(f"another process does the work: {lease_holder(self.store, LEASE)}")
        count = self._catch_up()
        self._make_wanted()
        while self.dispatcher.dispatch() and not self.stop.is_set():
            self.dispatcher.wait()
        return count

    def work(self, interval: float, parent: int | None = None) -> int:
        """Work until told to stop, or until the process that started this one is gone."""
        while not self.stop.is_set() and parent in (None, os.getppid()):
            try:
                self._look()
            except RegistersError as error:  # the database is away, say: it may come back
                warn(str(error))
            self.stop.wait(interval)
        return 0

    def _look(self) -> None:
        if self._leads():
            self._waits = False
            self._make_wanted()
            self._catch_up()
            self.dispatcher.dispatch()
            self._tidy()
        elif not self._waits:
            self._waits = True
            warn(f"waiting: another process does the work, {lease_holder(self.store, LEASE)}")

    def close(self) -> None:
        """Finish what is being sent, and let another take over."""
        self.dispatcher.close()
        try:
            release_lease(self.store, LEASE, self.holder)
        except RegistersError as error:
            warn(str(error))

    def _leads(self) -> bool:
        """Whether this process is the one to work. A lease that ran out while it worked long is no harm."""
        if time.monotonic() - self._leased < RENEWED:
            return True
        if take_lease(self.store, LEASE, self.holder, LEASED):
            self._leased = time.monotonic()
            return True
        return False

    def _catch_up(self) -> int:
        """Catch all followers up with the registers that have moved on since the last look; how many there are."""
        with self.store.reading() as tx:
            standings = registers.standings(tx.connection)
        for register, revision in standings:
            for follower in self.followers:
                if self.stop.is_set():
                    return len(standings)
                self._follow(follower, register, revision)
        return len(standings)

    def _follow(self, follower: Follower, register: Register, revision: int) -> None:
        place, now = (register.id, follower.name), (revision, register.status)
        if self._seen.get(place) == now or (follower is self.files and not self.files.is_due(register.id, revision)):
            return
        self._leads()
        try:
            follower.catch_up(self.store, register)
        except Exception as error:  # whatever is wrong with this one, the others are to be kept up
            said = str(error) if isinstance(error, RegistersError) else f"{type(error).__name__}: {error}"
            warn(f"{follower.name} cannot follow {register.name}: {said}")
        else:
            self._seen[place] = now

    def _make_wanted(self) -> None:
        """Make the files that somebody waits for."""
        for said in self.files.make_wanted(self.store):
            warn(said)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied >= TIDIED:
            forget_old(self.store)
            self._tidied = time.monotonic()
