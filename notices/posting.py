"""Letters that are due are handed to the mail server, and tried again later when it does not take them.

A letter is claimed, handed over, and deleted: two acts with the network between them. If we crash before the server has
said that it has the mail, the claim runs out and the letter goes then. Between its word and our COMMIT there is a
moment in which a crash sends the letter a second time, under the same Message-ID: SMTP has no way to close it, so
nothing else is done in it.
"""

from __future__ import annotations

import random
import smtplib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import formatdate
from threading import Event
from typing import Any

from notices import smtp, wishes
from notices.smtp import Mail, Outcome, Server
from notices.store import letters
from notices.wishes import Refusal
from people import accounts
from people.emails import spell_domain
from registers.errors import RegistersError
from registers.store.engine import Store, Transaction

MINUTE, HOUR = 60, 60 * 60  # seconds
DELAYS = (10, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR)  # before the next attempts; the last one stays
JITTER = 0.2  # at most so much of a delay is added to it
CLAIM = 5 * MINUTE  # how long a letter is ours, longer than to hand it over can take
PAUSE = MINUTE  # when the server takes nothing, all that is due waits so long
KEPT = 30 * 24 * HOUR  # how long it is kept that a letter was given up
IN_A_ROW = 100  # letters in one conversation


@dataclass(frozen=True, slots=True)
class Office:
    """How letters go out: through which server, from which address; what their links begin with, and the service's
    secret, which seals them.
    """

    server: Server
    sender: str
    base_url: str = ""
    key: bytes = field(default=b"", repr=False)
    timeout: float = smtp.TIMEOUT


def send_some(into: Store, office: Office, is_over: Callable[[], bool] = lambda: False) -> bool:
    """Hand over what is due, in one conversation. True when there may be more to be sent now."""
    with into.reading() as tx:
        if not letters.is_due(tx.connection, tx.clock()):
            return False
    try:
        with smtp.connected(office.server, office.timeout) as line:
            return all(not is_over() and send_next(into, line, office) for _ in range(IN_A_ROW))
    except OSError as failure:
        _hold_all(into, smtp.sentence(failure))
        return False


def send_next(into: Store, line: smtplib.SMTP, office: Office) -> bool:
    """Hand over the letter that is due first. True if there was one, and others may be sent now.

    Raises OSError when the conversation broke off, once that is written down.
    """
    with into.writing() as tx:
        claimed = letters.claim(tx.connection, tx.clock(), tx.clock() + CLAIM)
        mail = _mail(tx, claimed, office) if claimed else None
        if claimed and mail is None:
            letters.remove(tx.connection, claimed.id)
    # If we crash here, or before the outcome is written, the letter is due again when the claim runs out.
    if claimed is None or mail is None:
        return claimed is not None
    try:
        outcome = smtp.send(line, mail)
    except OSError as failure:
        record(into, claimed.id, Outcome(smtp.sentence(failure), for_all=True))
        raise
    record(into, claimed.id, outcome)
    return not outcome.for_all


def _mail(tx: Transaction, letter: Any, office: Office) -> Mail | None:
    """A part: the letter as a mail; None when there is nobody any more who it could be sent to, or who wants it."""
    to = letter.email
    if letter.account:
        account = accounts.get_or_none(tx, letter.account)
        to = account.email if account and account.confirmed is not None else None
    if not to or (letter.kind and not wishes.wants(tx, letter.account, letter.kind)):
        return None
    time, url, text = formatdate(letter.created, usegmt=True), "", letter.text
    if letter.kind:
        token = wishes.token(office.key, Refusal(letter.account, letter.kind), tx.clock())
        url = f"{office.base_url}/unsubscribe?link={token}"
        text += f"\n-- \nMails like this one tell you of {wishes.KINDS[letter.kind]}.\nTo get no more of them: {url}\n"
    return Mail(letter.id, office.sender, spell_domain(to), letter.subject, text, time, url)


def record(into: Store, letter_id: str, outcome: Outcome) -> None:
    """Write down what became of an attempt: what was taken is deleted. Nothing, if the letter is gone."""
    with into.writing() as tx:
        if not outcome.error:
            letters.remove(tx.connection, letter_id)
            return
        letter = letters.lock(tx.connection, letter_id)
        if letter is None:
            return
        now, number = tx.clock(), letter.attempts + 1
        delay = DELAYS[min(number, len(DELAYS)) - 1]
        last = letter.expires - MINUTE
        due = min(now + round(delay * (1 + JITTER * random.random())), last)  # noqa: S311 - no secret
        said = {"attempts": number, "error": outcome.error, "failed": letter.failed or now}
        if outcome.for_good or now >= last:
            letters.give_up(tx.connection, letter_id, **said)
        else:
            letters.put_off(tx.connection, letter_id, due=due, **said)
        if outcome.for_all:
            letters.hold_back(tx.connection, now + min(delay, PAUSE))


def _hold_all(into: Store, error: str) -> None:
    """No letter can be sent: the one that is due first has failed, and the others wait."""
    with into.writing() as tx:
        claimed = letters.claim(tx.connection, tx.clock(), tx.clock() + CLAIM)
    if claimed:
        record(into, claimed.id, Outcome(error, for_all=True))


def tidy(into: Store) -> int:
    """Give up the letters whose time is over, and forget what was given up long ago; how many were given up now."""
    with into.writing() as tx:
        letters.forget(tx.connection, tx.clock() - KEPT)
        return letters.give_up_expired(tx.connection, tx.clock())


class Postman:
    """Sends beside other work, in a thread of its own: a mail server that hangs holds up nothing else."""

    def __init__(self, into: Store, office: Office, complain: Callable[[str], None]) -> None:
        """`complain` is told, in a sentence, what went wrong here (not at the mail server)."""
        self.store, self.office, self.complain = into, office, complain
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="mail")
        self._round: Future[None] | None = None
        self._stopping = Event()

    def dispatch(self) -> int:
        """Begin to send if something is due; 1 while there is something being sent, else 0."""
        if self._round and not self._round.done():
            return 1
        with self.store.reading() as tx:
            if not letters.is_due(tx.connection, tx.clock()):
                return 0
        self._round = self._threads.submit(self._go_round)
        return 1

    def wait(self) -> None:
        """Wait until what has begun is done."""
        if self._round:
            self._round.result()

    def close(self) -> None:
        """Begin nothing more, and wait for the mail that is under way."""
        self._stopping.set()
        self._threads.shutdown(cancel_futures=True)

    def _go_round(self) -> None:
        try:
            while send_some(self.store, self.office, self._stopping.is_set):
                pass
        except RegistersError as error:
            self.complain(str(error))
        except Exception as error:  # a thread's exception would be lost, and the next round is to be tried
            self.complain(f"mail: {type(error).__name__}: {error}")
