"""Subscriptions: what may be asked for, whose they are, and that nothing old is told of."""

from __future__ import annotations

import threading
import time

import pytest

from notices import subscriptions
from notices.deliveries import DELIVERIES
from notices.store import webhooks as messages
from notices.subscriptions import Subscription, Wanted, find, find_all, subscribe, unsubscribe
from registers import lifecycle, naming, snapshot
from registers.errors import Conflict, Invalid, NotFound, RegistersError
from registers.store.engine import Store
from tests.makers import AUTHORITY, NOW, append, country, make

URL = "https://hooks.example/registers"
OWNER = "key-0123456789ab"


def somewhere(*_: object) -> list[str]:
    """Looks every name up as the same public address."""
    return ["93.184.216.34"]


def made(store: Store, wanted: Wanted, owner: str = OWNER) -> Subscription:
    return subscribe(store, owner, wanted, look_up=somewhere)[0]


@pytest.fixture
def published(store: Store) -> Store:
    make(store)
    append(store, country("GB", "United Kingdom"))
    lifecycle.publish(store, "country")
    return store


def test_a_subscription_is_found_by_its_owner_and_by_nobody_else(published: Store) -> None:
    one, all_ = made(published, Wanted(URL, "country")), made(published, Wanted(URL))
    other = made(published, Wanted(URL), owner="key-other")
    assert (one.register, one.url, one.status, one.created) == ("country", URL, "active", NOW)
    assert all_.register is None
    with published.reading() as tx:
        assert {each.id for each in find_all(tx, OWNER)} == {one.id, all_.id}
        assert find(tx, OWNER, one.id) == one
        for nobodys in (other.id, "webhook-0", "", "a\0b", "webhook-%"):
            with pytest.raises(NotFound, match="there is no webhook"):
                find(tx, OWNER, nobodys)
    with pytest.raises(NotFound):
        unsubscribe(published, OWNER, other.id)
    unsubscribe(published, OWNER, one.id)
    with published.reading() as tx:
        assert [each.id for each in find_all(tx, OWNER)] == [all_.id]


def test_a_secret_is_made_unless_one_is_given(published: Store) -> None:
    given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert subscribe(published, OWNER, Wanted(URL, secret=given), look_up=somewhere)[1] == given
    assert len(subscribe(published, OWNER, Wanted(URL), look_up=somewhere)[1]) >= 32


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Wanted(URL, "nothing"), "register: there is no register 'nothing'"),
        (Wanted(URL, ""), "register: '' is not a name"),
        (Wanted(URL, "draft"), "register: there is no register 'draft'"),
        (Wanted(URL, "old"), "register: the register old is now called country"),
        (Wanted(URL, "gone"), "register: the register gone is retired"),
        (Wanted(URL, secret="short"), "secret: is whsec_"),
        (Wanted("http://127.0.0.1:5432/"), None),
        (Wanted("nonsense"), "begins with http"),
    ],
)
def test_what_will_not_do_is_refused_with_the_reason(store: Store, wanted: Wanted, reason: str | None) -> None:
    for name in ("old", "gone", "draft"):
        make(store, name)
    for name in ("old", "gone"):
        lifecycle.publish(store, name)
    naming.rename(store, "old", "country", AUTHORITY)
    naming.retire(store, "gone", None)
    lookup = subscriptions.addresses.look_up if reason is None else somewhere
    with pytest.raises(Invalid, match=reason or "not of the public Internet"):
        subscribe(store, OWNER, wanted, look_up=lookup)
    with store.reading() as tx:
        assert find_all(tx, OWNER) == []


def test_an_owner_has_a_limited_number(published: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST", 2)
    first = made(published, Wanted(URL))
    made(published, Wanted(URL))
    with pytest.raises(Conflict, match="there are 2 webhooks already"):
        made(published, Wanted(URL))
    made(published, Wanted(URL), owner="key-other")
    unsubscribe(published, OWNER, first.id)
    made(published, Wanted(URL))


@pytest.mark.parametrize("writes", ["attempt", "delivery"])
def test_a_subscription_can_be_taken_away_while_something_is_written_of_it(published: Store, writes: str) -> None:
    """What is written is held open until the other act waits for something; nothing of the subscription is left."""
    one = made(published, Wanted(URL, "country"))
    append(published, country("FR", "France"))
    with published.reading() as tx:
        register = snapshot.find_register(tx, "country")
    DELIVERIES.catch_up(published, register)
    refused: list[RegistersError] = []

    def take_away() -> None:
        try:
            unsubscribe(published, OWNER, one.id)
        except RegistersError as error:
            refused.append(error)

    thread = threading.Thread(target=take_away)
    with published.writing() as tx:
        if writes == "attempt":
            sent = messages.claim(tx.connection, one.id, NOW, NOW + 60)
            assert sent and messages.lock_delivery(tx.connection, sent)
            messages.add_attempt(tx.connection, delivery_id=sent, number=1, time=NOW, error="", milliseconds=1)
        else:
            row = {"id": "msg_1", "webhook_id": one.id, "register_id": register.id, "since": 3, "revision": 4}
            messages.add_deliveries(tx.connection, [{**row, "due": NOW, "created": NOW}])
        thread.start()
        time.sleep(0.3)
    thread.join()
    assert refused == []
    with published.reading() as tx:
        assert find_all(tx, OWNER) == []
