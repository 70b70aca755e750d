"""Messages are sent at least once: retried with patience, after a crash as well, and never held up by one who hangs."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from hashlib import sha256

import pytest

from notices import sending, subscriptions
from notices.deliveries import DELIVERIES, Delivery, log
from notices.sending import CLAIM, DELAYS, JITTER, KEPT, Dispatcher, Post, forget_old, send_next
from notices.subscriptions import Wanted
from registers import lifecycle
from registers.followers import catch_up_all
from registers.opening import HASHINGS
from registers.store.engine import Store
from tests.faults.processes import KILLED, Process
from tests.makers import NOW, FixedClock, append, country, make
from tests.notices.conftest import Receiver, redirect

OWNER = "key-0123456789ab"
ALLOWED = Post(private=True)


@pytest.fixture
def published(store: Store) -> Store:
    make(store)
    lifecycle.publish(store, "country")
    return store


def subscribe(store: Store, url: str) -> tuple[str, str]:
    """The id of a new subscription, and its secret."""
    made, secret = subscriptions.subscribe(store, OWNER, Wanted(url), private=True)
    return made.id, secret


def add(store: Store, *keys: str) -> None:
    """A revision for each key, and the messages of it."""
    for key in keys:
        append(store, country(key))
        catch_up_all(store, followers=(DELIVERIES,))


def deliveries_of(store: Store, webhook_id: str) -> list[Delivery]:
    """The oldest first."""
    with store.reading() as tx:
        return sorted(log(tx, webhook_id, 1000), key=lambda each: each.revision)


def test_a_message_that_is_taken_is_sent_once_and_logged(published: Store, receiver: Receiver) -> None:
    webhook_id, secret = subscribe(published, receiver.url)
    add(published, "A")
    assert send_next(published, webhook_id, ALLOWED)
    assert not send_next(published, webhook_id, ALLOWED)
    (got,) = receiver.received
    (delivery,) = deliveries_of(published, webhook_id)
    assert (delivery.status, delivery.due, len(delivery.attempts)) == ("sent", None, 1)
    assert (delivery.attempts[0].status, delivery.attempts[0].error) == (204, "")
    assert got.headers["webhook-id"] == delivery.id == json.loads(got.body)["id"]
    assert got.headers["webhook-timestamp"] == str(NOW)
    signed = f"{delivery.id}.{NOW}.".encode() + got.body
    digest = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, sha256)
    assert got.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_a_message_that_is_not_taken_is_tried_again_later_and_later_and_then_given_up(
    published: Store, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.always = 500
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, "A")
    waits = []
    for _ in DELAYS:
        assert not send_next(published, webhook_id, ALLOWED)
        due = deliveries_of(published, webhook_id)[0].due
        assert due is not None
        waits.append(due - clock.now)
        clock.now = due - 1
        assert not send_next(published, webhook_id, ALLOWED)
        clock.now = due
    assert all(delay <= wait <= delay * (1 + JITTER) + 1 for delay, wait in zip(DELAYS, waits, strict=True))
    send_next(published, webhook_id, ALLOWED)
    (delivery,) = deliveries_of(published, webhook_id)
    assert (delivery.status, delivery.due, len(delivery.attempts)) == ("failed", None, 8)
    assert len(receiver.received) == 8 and len(set(receiver.ids)) == 1
    clock.now += 1_000_000
    assert not send_next(published, webhook_id, ALLOWED)
    assert len(receiver.received) == 8


def test_after_a_failure_the_others_wait_too_and_then_go_on_in_order(
    published: Store, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.answers = [503]
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, "A", "B", "C")
    assert not send_next(published, webhook_id, ALLOWED)
    assert not send_next(published, webhook_id, ALLOWED)
    assert len(receiver.received) == 1
    clock.now += 60
    while send_next(published, webhook_id, ALLOWED):
        pass
    assert {each.status for each in deliveries_of(published, webhook_id)} == {"sent"}
    assert len(receiver.received) == 4 and len(set(receiver.ids)) == 3


def test_messages_are_sent_in_the_order_of_the_revisions(published: Store, receiver: Receiver) -> None:
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, *"ABCDE")
    while send_next(published, webhook_id, ALLOWED):
        pass
    assert [json.loads(each.body)["revision"] for each in receiver.received] == [2, 3, 4, 5, 6]


def test_410_ends_the_subscription(published: Store, receiver: Receiver, clock: FixedClock) -> None:
    receiver.always = 410
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, "A", "B")
    assert not send_next(published, webhook_id, ALLOWED)
    add(published, "C")
    clock.now += 1_000_000
    assert not send_next(published, webhook_id, ALLOWED)
    assert [each.status for each in deliveries_of(published, webhook_id)] == ["failed", "failed"]
    assert len(receiver.received) == 1
    with published.reading() as tx:
        assert subscriptions.find(tx, OWNER, webhook_id).status == "disabled"


@pytest.mark.parametrize("to", ["http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/", "/other"])
def test_a_redirect_is_a_failure(published: Store, receiver: Receiver, to: str) -> None:
    receiver.always = redirect(to)
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, "A")
    assert not send_next(published, webhook_id, ALLOWED)
    assert [each.path for each in receiver.received] == ["/hook"]
    assert deliveries_of(published, webhook_id)[0].attempts[0].status == 302


def test_an_address_is_judged_again_at_each_attempt(published: Store, receiver: Receiver) -> None:
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, "A")
    assert not send_next(published, webhook_id, Post())
    assert receiver.received == []
    (attempt,) = deliveries_of(published, webhook_id)[0].attempts
    assert (attempt.status, attempt.error) == (
        None,
        "url: 127.0.0.1 has an address that is not of the public Internet",
    )


def test_a_subscription_that_is_taken_away_while_it_is_called_is_gone_with_its_log(
    published: Store, receiver: Receiver
) -> None:
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, "A")

    def unsubscribing(request: object) -> None:
        subscriptions.unsubscribe(published, OWNER, webhook_id)
        request.send_response(200)  # type: ignore[attr-defined]
        request.end_headers()  # type: ignore[attr-defined]

    receiver.always = unsubscribing
    assert send_next(published, webhook_id, ALLOWED)
    with published.reading() as tx:
        for table in ("webhook", "webhook_start", "webhook_delivery", "webhook_attempt"):
            assert tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0


def test_what_is_old_and_done_leaves_the_log(published: Store, receiver: Receiver, clock: FixedClock) -> None:
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, "A")
    send_next(published, webhook_id, ALLOWED)
    add(published, "B")
    assert forget_old(published) == 0
    clock.now += KEPT + 1
    assert forget_old(published) == 1
    assert [each.status for each in deliveries_of(published, webhook_id)] == ["waiting"]


# Crashes


def send_in_another_process(_wire: object, url: str, webhook_id: str) -> bool:
    return send_next(Store(url, HASHINGS, FixedClock()), webhook_id, ALLOWED)


def test_a_worker_killed_between_sending_and_writing_it_down_sends_again_under_the_same_id(
    published: Store, receiver: Receiver, clock: FixedClock
) -> None:
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, "A")
    reached = threading.Event()

    def never_answer(_request: object) -> None:
        reached.set()
        receiver.ending.wait(10)

    receiver.answers = [never_answer]
    url = published.url.render_as_string(hide_password=False)
    process = Process(send_in_another_process, url, webhook_id)
    assert reached.wait(30)
    process.kill()
    assert process.exit_code() == KILLED
    assert not send_next(published, webhook_id, ALLOWED)  # it is claimed, as far as anybody knows
    clock.now += CLAIM
    assert send_next(published, webhook_id, ALLOWED)
    assert len(receiver.received) == 2 and len(set(receiver.ids)) == 1
    assert receiver.received[0].body == receiver.received[1].body
    (delivery,) = deliveries_of(published, webhook_id)
    assert (delivery.status, len(delivery.attempts)) == ("sent", 1)


def test_a_message_is_claimed_by_one_of_many_who_want_it(published: Store, receiver: Receiver) -> None:
    webhook_id, _ = subscribe(published, receiver.url)
    add(published, *"ABCDEF")
    published.checking = False  # type: ignore[attr-defined]

    def work() -> None:
        while send_next(published, webhook_id, ALLOWED):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()
    assert len(receiver.ids) == 6 == len(set(receiver.ids))


# Many subscribers


def test_who_hangs_holds_up_nobody_else(published: Store, receiver: Receiver) -> None:
    published.checking = False  # type: ignore[attr-defined]
    receiver.always = lambda _: bool(receiver.ending.wait(5))  # type: ignore[assignment, return-value]
    slow, _ = subscribe(published, receiver.url)
    quick = []
    for _ in range(3):
        other, _ = subscribe(published, receiver.url.replace("/hook", "/quick"))
        quick.append(other)
    answer = receiver.always

    def by_path(request: object) -> None:
        if request.path == "/hook":  # type: ignore[attr-defined]
            answer(request)  # type: ignore[operator]
            return
        request.send_response(200)  # type: ignore[attr-defined]
        request.end_headers()  # type: ignore[attr-defined]

    receiver.always = by_path
    add(published, "A", "B")
    complaints: list[str] = []
    dispatcher = Dispatcher(published, ALLOWED, complaints.append)
    begun = time.monotonic()
    while not all(each.status == "sent" for one in quick for each in deliveries_of(published, one)):
        dispatcher.dispatch()
        assert time.monotonic() - begun < 4
        time.sleep(0.02)
    receiver.ending.set()
    dispatcher.close()
    assert complaints == []
    assert deliveries_of(published, slow)[0].status == "waiting"


def test_what_goes_wrong_here_is_said_and_the_others_go_on(
    published: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, _ = subscribe(published, receiver.url)
    good, _ = subscribe(published, receiver.url)
    add(published, "A")
    honest = sending.send_next

    def failing(store: Store, webhook_id: str, post: Post) -> bool:
        if webhook_id == bad:
            raise RuntimeError("a bug")
        return honest(store, webhook_id, post)

    monkeypatch.setattr(sending, "send_next", failing)
    complaints: list[str] = []
    dispatcher = Dispatcher(published, ALLOWED, complaints.append)
    dispatcher.dispatch()
    dispatcher.wait()
    dispatcher.close()
    assert complaints == [f"{bad}: RuntimeError: a bug"]
    assert deliveries_of(published, good)[0].status == "sent"
