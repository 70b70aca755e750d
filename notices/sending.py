"""Messages that are due are sent, and tried again later when they are not taken: at least once, never in a transaction.

A message is claimed, sent, and what became of it is written down: two acts with the network between them. If we
crash in between, the claim runs out and the message is sent again, under the same id.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

from notices import addresses, webhooks
from notices.addresses import LookUp
from notices.deliveries import message
from notices.store import webhooks as store
from notices.webhooks import Outcome
from registers.errors import Invalid, RegistersError
from registers.store.engine import Store

MINUTE, HOUR = 60, 60 * 60  # seconds
DELAYS = (10, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 24 * HOUR)  # before each attempt after the first
JITTER = 0.2  # at most so much of a delay is added to it, so that those who failed together do not return together
CLAIM = MINUTE  # how long a message is ours once it is claimed, longer than an attempt can take
PAUSE = MINUTE  # after a failure the subscriber's other messages wait as well, at most so long
KEPT = 30 * 24 * HOUR  # how long the log of deliveries is kept
THREADS = 8
IN_A_ROW = 20  # messages to one subscriber before the next one's turn


@dataclass(frozen=True, slots=True)
class Post:
    """How messages go out: what their links begin with, whether private addresses may be called, who looks names up."""

    base_url: str = ""
    private: bool = False
    look_up: LookUp = addresses.look_up
    timeout: float = webhooks.TIMEOUT


def send_next(into: Store, webhook_id: str, post: Post) -> bool:
    """Send the message that is due first to a subscription. True if there was one and it was taken."""
    with into.writing() as tx:
        delivery_id = store.claim(tx.connection, webhook_id, tx.clock(), tx.clock() + CLAIM)
    # If we crash here, or before the outcome is written, the message is due again when the claim runs out.
    if delivery_id is None:
        return False
    with into.reading() as tx:
        delivery = store.read_delivery(tx.connection, delivery_id)
        if delivery is None or delivery.webhook_status != store.ACTIVE:
            return False
        body, now = message(tx, delivery, post.base_url), tx.clock()
    outcome = _send(delivery.url, body, webhooks.headers(delivery.secret, delivery_id, now, body), post)
    record(into, delivery_id, outcome)
    return outcome.is_taken


def _send(url: str, body: bytes, headers: dict[str, str], post: Post) -> Outcome:
    try:
        target = addresses.parse_target(url)
        address = addresses.choose_address(target, post.private, post.look_up)
    except Invalid as error:
        return Outcome(None, str(error), 0)
    return webhooks.send(target, address, body, headers, post.timeout)


def record(into: Store, delivery_id: str, outcome: Outcome) -> None:
    """Write down what became of an attempt, and when the next one is; nothing if the subscription is gone."""
    with into.writing() as tx:
        delivery = store.lock_delivery(tx.connection, delivery_id)
        if delivery is None:
            return
        number, now = delivery.attempts + 1, tx.clock()
        tried = {"status": outcome.status, "error": outcome.error, "milliseconds": outcome.milliseconds}
        store.add_attempt(tx.connection, delivery_id=delivery_id, number=number, time=now, **tried)
        if outcome.is_taken:
            store.change_delivery(tx.connection, delivery_id, status=store.SENT, attempts=number, due=None)
        elif outcome.is_refused_for_good or number > len(DELAYS):
            store.change_delivery(tx.connection, delivery_id, status=store.FAILED, attempts=number, due=None)
        elif delivery.status == store.WAITING:
            delay = DELAYS[number - 1]
            due = now + round(delay * (1 + JITTER * random.random()))  # noqa: S311 - no secret
            store.hold_back(tx.connection, delivery.webhook_id, now + min(delay, PAUSE))
            store.change_delivery(tx.connection, delivery_id, attempts=number, due=due)
        if outcome.is_refused_for_good:
            store.disable(tx.connection, delivery.webhook_id)


def forget_old(into: Store) -> int:
    """Take out of the log what was sent, or given up, long ago; how many messages."""
    with into.writing() as tx:
        return store.forget(tx.connection, tx.clock() - KEPT)


class Dispatcher:
    """Sends to several subscribers at once, to each one message at a time: who hangs holds up nobody else."""

    def __init__(self, into: Store, post: Post, complain: Callable[[str], None]) -> None:
        """`complain` is told, in a sentence, what went wrong here (not at a subscriber)."""
        self.store = into
        self.post = post
        self.complain = complain
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks")
        self._busy: dict[str, Future[None]] = {}
        self._stopping = Event()

    def dispatch(self) -> int:
        """Begin to send to each subscription that something is due to; how many are being sent to now."""
        self._busy = {each: future for each, future in self._busy.items() if not future.done()}
        with self.store.reading() as tx:
            due = store.with_something_due(tx.connection, tx.clock())
        for webhook_id in due:
            if webhook_id not in self._busy:
                self._busy[webhook_id] = self._threads.submit(self._serve, webhook_id)
        return len(self._busy)

    def wait(self) -> None:
        """Wait until what has begun is done."""
        for future in list(self._busy.values()):
            future.result()

    def close(self) -> None:
        """Begin nothing more, and wait for what is under way: an attempt takes ten seconds at most."""
        self._stopping.set()
        self._threads.shutdown(cancel_futures=True)

    def _serve(self, webhook_id: str) -> None:
        try:
            for _ in range(IN_A_ROW):
                if self._stopping.is_set() or not send_next(self.store, webhook_id, self.post):
                    return
        except RegistersError as error:
            self.complain(str(error))
        except Exception as error:  # a thread's exception would be lost, and the other subscribers are to go on
            self.complain(f"{webhook_id}: {type(error).__name__}: {error}")
