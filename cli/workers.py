"""Those who work behind the log, each at one job: one process at a time does a job, under a lease, the others wait.

One keeps up what follows the registers and sends messages; another makes files, which may take minutes that indexes and
messages should not wait for. Nothing is lost while nobody works: the log is the queue, and each follower goes on where
it was. What fails is written down for `/readyz` and `/metrics` until it succeeds, and stops nothing else.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from threading import Event

from bulk.following import Files, Made
from bulk.kinds import check_suffixes
from bulk.releases import folder_beside as files_beside
from cli.forgetting import forgetful
from cli.verbs import warn
from geo.areas.following import Areas, folder_beside
from geo.features.following import Features
from notices import posting, smtp, telling
from notices.deliveries import DELIVERIES
from notices.posting import Office, Postman
from notices.sending import Dispatcher, Post, forget_old
from people import secret
from registers import followers
from registers.errors import RegistersError, Unavailable
from registers.followers import Follower
from registers.leases import lease_holder, release_lease, take_lease
from registers.register import Register
from registers.settings import Settings
from registers.store import followers as stored_followers
from registers.store import registers
from registers.store.engine import Store
from review import drafts

LEASED = 30  # seconds that a worker which was killed keeps the others waiting
RENEWED = 10  # seconds after which the lease is taken anew
TIDIED = 60 * 60  # seconds between looks for what is old in the log of deliveries
UNEXPECTED = "an error that was not expected: what 'registers work' writes says which"


class Worker:
    """One who works: an error in one register or follower is said, and stops none of the others."""

    lease: str
    job: str  # as people are told who does it

    def __init__(self, store: Store, stop: Event, followers: tuple[Follower, ...]) -> None:
        self.store, self.stop, self.followers = store, stop, followers
        self.holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self._seen: dict[tuple[int, str], tuple[int, str]] = {}
        self._failing = dict(_failures(store))
        self._leased = -float("inf")
        self._waits = False

    def is_due(self, _register: Register, _revision: int) -> bool:
        """Whether a register that has moved on to a revision is to be followed now."""
        return True

    def look(self) -> None:
        """Do what there is to do now, under the lease."""
        self._catch_up()

    def finish(self) -> None:
        """Do what a look leaves for later."""

    def work_once(self) -> int:
        """Do all there is to do; how many registers there are. Raises Unavailable while another works."""
        if not self._leads():
            raise Unavailable(f"another process {self.job}: {lease_holder(self.store, self.lease)}")
        self.look()
        self.finish()
        return len(self._standings())

    def work(self, interval: float, parent: int | None = None) -> None:
        """Work until told to stop, or until the process that started this one is gone."""
        while not self.stop.is_set() and parent in (None, os.getppid()):
            try:
                self._look_in_turn()
            except RegistersError as error:  # the database is away, say: it may come back
                warn(str(error))
            self.stop.wait(interval)

    def _look_in_turn(self) -> None:
        if self._leads():
            self._waits = False
            self.look()
        elif not self._waits:
            self._waits = True
            warn(f"waiting: another process {self.job}, {lease_holder(self.store, self.lease)}")

    def close(self) -> None:
        """Let another take over."""
        try:
            release_lease(self.store, self.lease, self.holder)
        except RegistersError as error:
            warn(str(error))

    def _leads(self) -> bool:
        """Whether this process is the one to work. A lease that ran out while it worked long is no harm."""
        if time.monotonic() - self._leased < RENEWED:
            return True
        if take_lease(self.store, self.lease, self.holder, LEASED):
            self._leased = time.monotonic()
            return True
        return False

    def _standings(self) -> list[tuple[Register, int]]:
        with self.store.reading() as tx:
            return registers.standings(tx.connection)

    def _catch_up(self) -> None:
        """Catch all followers up with the registers that have moved on since the last look."""
        for register, revision in self._standings():
            for follower in self.followers:
                if self.stop.is_set():
                    return
                self._follow(follower, register, revision)

    def _follow(self, follower: Follower, register: Register, revision: int) -> None:
        place, now = (register.id, follower.name), (revision, register.status)
        if self._seen.get(place) == now or not self.is_due(register, revision):
            return
        self._leads()
        try:
            follower.catch_up(self.store, register)
        except Exception as error:  # whatever is wrong with this one, the others are to be kept up
            warn(f"{follower.name} cannot follow {register.name}: {_said(error)}")
            self.fail(follower, register, error)
        else:
            self._seen[place] = now
            self.recover(follower, register)

    def fail(self, follower: Follower, register: Register, error: Exception) -> None:
        """Have it seen that a follower cannot follow a register."""
        place = (register.name, follower.name)
        said = str(error) if isinstance(error, RegistersError) else UNEXPECTED
        if self._failing.get(place) != said:
            followers.record_failure(self.store, follower.name, register, said)
            self._failing[place] = said

    def recover(self, follower: Follower, register: Register) -> None:
        """Have it seen that a follower follows a register, if it did not."""
        if self._failing.pop((register.name, follower.name), None) is not None:
            followers.record_recovery(self.store, follower.name, register)


def _failures(store: Store) -> Iterator[tuple[tuple[str, str], str]]:
    with store.reading() as tx:
        for failure in stored_followers.failures(tx.connection):
            yield (failure.register, failure.follower), failure.said


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, RegistersError) else f"{type(error).__name__}: {error}"


class Keeper(Worker):
    """Keeps indexes up with the registers, and sends messages."""

    lease, job = "work", "does the work"
    FOLLOWERS: tuple[Follower, ...] = (*followers.FOLLOWERS, DELIVERIES)

    def __init__(self, store: Store, settings: Settings, stop: Event, watch: Callable[[], None] = lambda: None) -> None:
        """`watch` is called at each look: it is for a process beside this one."""
        folder = folder_beside(store, settings.places_folder)
        places = Areas(folder), Features(folder)
        super().__init__(store, stop, (*self.FOLLOWERS, *forgetful(store, settings), *places))
        self.senders = tuple(_senders(store, settings))
        self.settings, self.watch = settings, watch
        self._tidied = -float("inf")

    def look(self) -> None:
        """Catch up, send what is due, and now and then forget what is old."""
        self.watch()
        super().look()
        self._tell(telling.tell)
        self._dispatch()
        if time.monotonic() - self._tidied >= TIDIED:
            forget_old(self.store)
            posting.tidy(self.store)
            drafts.expire(self.store)
            self._tell(telling.tell_of_expired)
            self._tidied = time.monotonic()

    def finish(self) -> None:
        """Send all that is due."""
        self._wait()
        while self._dispatch() and not self.stop.is_set():
            self._wait()

    def close(self) -> None:
        """Finish what is being sent, and let another take over."""
        for sender in self.senders:
            sender.close()
        super().close()

    def _tell(self, tell: Callable[[Store, str, bool], None]) -> None:
        try:
            tell(self.store, self.settings.base_url, self.settings.sends_mail)
        except Exception as error:  # the other work goes on
            warn(f"people cannot be told what happened to proposals: {_said(error)}")

    def _dispatch(self) -> int:
        return sum([sender.dispatch() for sender in self.senders])

    def _wait(self) -> None:
        for sender in self.senders:
            sender.wait()


def _senders(store: Store, settings: Settings) -> Iterator[Dispatcher | Postman]:
    """Who sends what is due: messages to webhooks, and mail where it is set how."""
    yield Dispatcher(store, Post(settings.base_url, settings.webhooks_private), warn)
    if settings.sends_mail:
        server, key = smtp.parse_server(settings.smtp_url), secret.read_secret(settings.secret, store)
        yield Postman(store, Office(server, settings.mail_from, settings.base_url, key), warn)


class Maker(Worker):
    """Makes files: of what was appended, once a register rests, and at once what somebody waits for."""

    lease, job = "files", "makes the files"

    def __init__(self, store: Store, settings: Settings, stop: Event, rests: bool = False) -> None:
        """Without `rests`, files are made of registers that were written to just now. Raises Invalid for formats."""
        self.files = _files(store, settings, rests)
        super().__init__(store, stop, (self.files,))

    def is_due(self, register: Register, revision: int) -> bool:
        """Whether the register rests."""
        return self.files.is_due(register.id, revision)

    def look(self) -> None:
        """Make what somebody waits for, then what is due."""
        for made in self.files.make_wanted(self.store):
            self._record(made)
        super().look()

    def _record(self, made: Made) -> None:
        if made.error:
            of = made.wish.register or "all registers"
            warn(f"the file {made.wish.file} of {of} cannot be made: {_said(made.error)}")
        for register, _ in self._standings():
            if register.name == made.wish.register and made.error:
                self.fail(self.files, register, made.error)
            elif register.name == made.wish.register:
                self.recover(self.files, register)


def _files(store: Store, settings: Settings, rests: bool) -> Files:
    """The follower that makes files, as it is set."""
    named = settings.bulk_formats.strip()
    words = [] if named in ("", "none") else [word.strip() for word in named.split(",")]
    suffixes = check_suffixes(words, "REGISTERS_BULK_FORMATS")
    quiet = settings.bulk_quiet if rests else 0
    return Files(files_beside(store, settings.bulk_folder), suffixes, settings.bulk_kept, quiet)
