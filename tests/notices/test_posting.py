"""Letters are sent once, but where that cannot be known: after failures and kills, and never to whom nobody is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Row, select

from notices import mail, posting, smtp
from notices.mail import GOOD_FOR, Letter
from notices.posting import CLAIM, DELAYS, JITTER, KEPT, PAUSE, Office, Postman, send_some, tidy
from notices.smtp import Server
from notices.store.letters import letter as table
from people import accounts
from people.accounts import Wanted
from registers.opening import HASHINGS
from registers.store.engine import Store
from tests.faults import moments
from tests.faults.processes import KILLED, Process
from tests.makers import NOW, FixedClock
from tests.notices.mailbox import SENDER, Mailbox

ANN = "ann@example.org"


def person(store: Store, email: str = ANN) -> str:
    return accounts.add(store, Wanted("Ann Other", email, confirmed=True), "tester").id


def put(store: Store, *to: str, good_for: int = GOOD_FOR) -> None:
    with store.writing() as tx:
        for each in to:
            assert mail.put(tx, each, Letter(f"To {each}", "Some text.\n", good_for=good_for))


def rows(store: Store) -> list[Row[Any]]:
    with store.reading() as tx:
        return list(tx.connection.execute(select(table).order_by(table.c.created, table.c.id)))


def standing(store: Store) -> tuple[object, ...]:
    with store.reading() as tx:
        return mail.standing(tx)


def nowhere() -> Office:
    return Office(Server("smtp", "localhost", 1), SENDER, timeout=1)


def test_a_letter_is_sent_to_the_address_of_its_account_and_is_gone(store: Store, mailbox: Mailbox) -> None:
    put(store, person(store), "new@Exämple.org")
    assert not send_some(store, mailbox.office)
    assert sorted(each.to for each in mailbox.taken) == [[ANN], ["new@xn--exmple-cua.org"]]
    assert {each.sender for each in mailbox.taken} == {SENDER}
    assert all(each.text == "Some text.\n" for each in mailbox.taken)
    assert len(set(mailbox.ids)) == 2 and mailbox.taken[0].mail["Date"].datetime.timestamp() == NOW
    assert rows(store) == [] and standing(store) == (0, 0, None, "")
    assert not send_some(store, mailbox.office)
    assert len(mailbox.taken) == 2


def test_a_letter_goes_to_the_address_that_its_person_has_when_it_is_sent(store: Store, mailbox: Mailbox) -> None:
    ann = person(store)
    put(store, ann)
    with store.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE person SET email = 'other@example.org', folded = 'other@example.org'")
    send_some(store, mailbox.office)
    put(store, ann)
    with store.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE person SET confirmed = NULL")
    send_some(store, mailbox.office)
    assert [each.to for each in mailbox.taken] == [["other@example.org"]]
    assert rows(store) == []


def test_while_the_server_is_down_letters_wait_longer_and_longer_and_then_go(
    store: Store, mailbox: Mailbox, clock: FixedClock
) -> None:
    put(store, person(store), "new@example.org")
    waits = []
    for _ in DELAYS:
        assert not send_some(store, nowhere())
        tried = max(rows(store), key=lambda row: row.attempts)
        assert all(row.due >= clock.now + min(PAUSE, DELAYS[0]) for row in rows(store))
        waits.append(tried.due - clock.now)
        with store.writing() as tx:  # the other one has its turn another time
            tx.connection.execute(table.update().where(table.c.id != tried.id).values(due=tried.due + 1))
        clock.now = tried.due
    assert all(delay <= wait <= delay * (1 + JITTER) + 1 for delay, wait in zip(DELAYS, waits, strict=True))
    waiting, given_up, since, error = standing(store)
    assert (waiting, given_up, since) == (2, 0, NOW)
    assert error == "no connection to the mail server: Connection refused"
    clock.now += 1
    send_some(store, mailbox.office)
    assert len(mailbox.taken) == 2 and standing(store) == (0, 0, None, "")


def test_a_letter_is_given_up_after_its_time_and_no_word_of_it_is_kept(store: Store, clock: FixedClock) -> None:
    put(store, person(store), "new@example.org")
    while standing(store)[0]:
        assert not send_some(store, nowhere())
        clock.now += 60 * 60
        tidy(store)
    assert GOOD_FOR <= clock.now - NOW < GOOD_FOR + 2 * 60 * 60
    assert standing(store) == (0, 2, None, "")
    assert {(row.email, row.folded, row.subject, row.text, row.due) for row in rows(store)} == {
        (None, None, "", "", None)
    }
    assert all(row.error for row in rows(store))
    tidy(store)
    assert len(rows(store)) == 2
    clock.now = NOW + KEPT + 1
    tidy(store)
    assert rows(store) == []


def test_an_expired_letter_is_not_sent(store: Store, mailbox: Mailbox, clock: FixedClock) -> None:
    put(store, person(store), good_for=60)
    clock.now += 60
    assert not send_some(store, mailbox.office)
    assert tidy(store) == 1
    assert mailbox.taken == []


def test_an_address_that_is_not_there_is_given_up_at_once_and_others_go(store: Store, mailbox: Mailbox) -> None:
    put(store, person(store))
    put(store, person(store, "bob@example.org"))
    mailbox.to_address = [f"550 no such box {ANN}"]
    send_some(store, mailbox.office)
    assert len(mailbox.taken) == 1
    assert standing(store)[:2] == (0, 1)
    assert rows(store)[0].error == "the mail server answered 550 to the address"


def test_a_mail_that_is_not_taken_now_is_tried_later_and_others_go(
    store: Store, mailbox: Mailbox, clock: FixedClock
) -> None:
    put(store, person(store), "new@example.org")
    mailbox.to_mail = ["451 try again later"]
    send_some(store, mailbox.office)
    assert len(mailbox.taken) == 1 and standing(store)[0] == 1
    clock.now = rows(store)[0].due
    send_some(store, mailbox.office)
    assert len(set(mailbox.ids)) == 2 and rows(store) == []


def test_many_letters_go_in_several_conversations(
    store: Store, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "IN_A_ROW", 2)
    put(store, person(store), *(f"new{number}@example.org" for number in range(4)))
    rounds = [send_some(store, mailbox.office) for _ in range(4)]
    assert rounds == [True, True, False, False]
    assert len(set(mailbox.ids)) == 5


def test_a_conversation_that_breaks_off_is_written_down(store: Store, mailbox: Mailbox, clock: FixedClock) -> None:
    put(store, person(store))
    mailbox.hangs = True
    assert not send_some(store, Office(mailbox.office.server, SENDER, timeout=0.2))
    (row,) = rows(store)
    assert (row.attempts, "in time" in row.error) == (1, True)
    mailbox.ending.set()
    clock.now = row.due
    send_some(store, mailbox.office)
    # The server had taken it, and could not say so in time: it came twice, as one and the same.
    assert len(mailbox.taken) == 2 and len(set(mailbox.ids)) == 1


def test_a_person_who_is_forgotten_while_their_mail_is_sent_leaves_nothing(store: Store, mailbox: Mailbox) -> None:
    ann = person(store)
    put(store, ann)
    mailbox.hangs = True
    sending = threading.Thread(target=send_some, args=(store, mailbox.office))
    sending.start()
    wait_until(lambda: bool(mailbox.taken))
    accounts.forget(store, ann, "tester")
    mailbox.ending.set()
    sending.join(20)
    assert rows(store) == [] and len(mailbox.taken) == 1


def test_a_postman_sends_beside_other_work_and_says_what_goes_wrong(
    store: Store, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[str] = []
    postman = Postman(store, mailbox.office, complaints.append)
    assert postman.dispatch() == 0
    put(store, person(store))
    assert postman.dispatch() == 1
    postman.wait()
    assert postman.dispatch() == 0 and len(mailbox.taken) == 1
    put(store, ANN)
    monkeypatch.setattr(smtp, "send", lambda *_: 1 // 0)
    postman.dispatch()
    postman.wait()
    postman.close()
    assert complaints == ["mail: ZeroDivisionError: integer division or modulo by zero"]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# Crashes


def moments_of_sending(_wire: object, url: str, office: Office) -> list[str]:
    """Send what is due, and name the moments in order."""
    seen: list[str] = []
    moments.watch(seen.append)
    send_some(Store(url, HASHINGS, FixedClock()), office)
    return seen


def send_and_die(_wire: object, url: str, office: Office, number: int) -> None:
    """Send what is due, and die at a moment."""
    moments.watch(moments.die_at(number))
    send_some(Store(url, HASHINGS, FixedClock()), office)


def test_a_kill_at_any_moment_leaves_a_letter_that_is_sent(store: Store, mailbox: Mailbox, clock: FixedClock) -> None:
    """Twice only where the server has said that it has it, and we have not committed that: as one and the same."""
    ann, url = person(store), store.url.render_as_string(hide_password=False)
    put(store, ann)
    names = Process(moments_of_sending, url, mailbox.office).end().value
    commits = [number for number, name in enumerate(names, 1) if name == moments.COMMIT]
    claimed, done, _ = commits  # the last one found nothing more
    came: dict[int, int] = {}
    for number in range(1, len(names) + 1):
        mailbox.taken.clear()
        clock.now = NOW
        put(store, ann)
        assert Process(send_and_die, url, mailbox.office, number).exit_code() == KILLED
        clock.now = NOW + CLAIM
        send_some(store, mailbox.office)
        assert rows(store) == [] and len(set(mailbox.ids)) == 1
        came[number] = len(mailbox.taken)
    unsure = range(claimed + 2, done + 1)  # after it was handed over, up to the COMMIT that says so
    assert came == {number: 2 if number in unsure else 1 for number in came}
    done_then = [names[number - 1] for number in unsure]
    settings = ("before PRAGMA", "before SET LOCAL", "before BEGIN")  # with which each transaction begins
    assert [each for each in done_then if not each.startswith(settings)] == [
        "before DELETE FROM letter",
        moments.COMMIT,
    ]


def test_two_who_send_at_once_send_each_letter_once(store: Store, mailbox: Mailbox) -> None:
    put(store, person(store), *(f"new{number}@example.org" for number in range(20)))
    threads = [threading.Thread(target=send_some, args=(store, mailbox.office)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(mailbox.ids) == len(set(mailbox.ids)) == 21 and rows(store) == []
