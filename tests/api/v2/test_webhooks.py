"""Webhooks over HTTP: made, listed and taken away by whoever has a key, and never of an address that is not public."""

from __future__ import annotations

from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from notices import subscriptions
from notices.deliveries import DELIVERIES
from notices.sending import Post, send_next
from registers import lifecycle
from registers.followers import catch_up_all
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.writing import Writer, issue, writer
from tests.makers import FixedClock, append, country, make

HOOKS = "/v2/webhooks"
PRIVATE = replace(SETTINGS, webhooks_private=True)
URL = "http://127.0.0.1:9/hook"


def allowed(store: Store) -> Writer:
    """Someone with a key, where private addresses may be called: the tests look no name up."""
    made = writer(store, "webhooks")
    made.app = create_app(PRIVATE, store)
    return made


@pytest.fixture
def subscriber(store: Store) -> Writer:
    """The same on each engine."""
    return allowed(store)


@pytest.fixture
def keyed(sqlite_store: Store) -> Writer:
    """The same on SQLite alone."""
    return allowed(sqlite_store)


def is_problem(answer: TestResponse, status: int) -> bool:
    return (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_a_webhook_is_made_shown_listed_and_taken_away(subscriber: Writer) -> None:
    made = subscriber.send(HOOKS, {"url": URL, "register": "country"})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    place = made.headers["Location"]
    secret = made.json.pop("secret")
    shown = {name: value for name, value in made.json.items() if name != "secret"}
    assert place == f"{HOOKS}/{shown['id']}"
    assert (shown["register"], shown["url"], shown["status"]) == ("country", URL, "active")
    assert shown["created"] == "2023-11-14T22:13:20Z"
    assert secret.startswith("whsec_") and len(secret) >= 32
    every = subscriber.send(HOOKS, {"url": URL})
    assert every.json["register"] is None
    assert subscriber.send(place, method="GET").json == shown
    listed = subscriber.send(HOOKS, method="GET")
    assert {each["id"] for each in listed.json["webhooks"]} == {shown["id"], every.json["id"]}
    assert secret not in listed.text and "secret" not in subscriber.send(place, method="GET").text
    assert subscriber.send(place, method="DELETE").json == {"id": shown["id"], "deleted": True}
    assert is_problem(subscriber.send(place, method="GET"), 404)
    assert is_problem(subscriber.send(place, method="DELETE"), 404)


def test_the_webhooks_of_others_are_not_there(keyed: Writer) -> None:
    place = keyed.send(HOOKS, {"url": URL}).headers["Location"]
    other = Writer(keyed.store, keyed.app, issue(keyed.store, "webhooks"))
    assert other.send(HOOKS, method="GET").json == {"webhooks": []}
    assert is_problem(other.send(place, method="GET"), 404)
    assert is_problem(other.send(f"{place}/deliveries", method="GET"), 404)
    assert is_problem(other.send(place, method="DELETE"), 404)
    assert keyed.send(place, method="GET").status_code == 200


def test_it_takes_a_key_with_the_scope(keyed: Writer) -> None:
    assert is_problem(keyed.app.test_client().post(HOOKS, json={"url": URL}, buffered=True), 401)
    assert is_problem(keyed.app.test_client().get(HOOKS, buffered=True), 401)
    writing = Writer(keyed.store, keyed.app, issue(keyed.store, "direct"))
    assert is_problem(writing.send(HOOKS, {"url": URL}), 403)


def test_a_key_for_one_register_is_for_no_other(keyed: Writer) -> None:
    make(keyed.store, "town")
    lifecycle.publish(keyed.store, "town")
    limited = Writer(keyed.store, keyed.app, issue(keyed.store, "webhooks", registers=("town",)))
    assert limited.send(HOOKS, {"url": URL, "register": "town"}).status_code == 201
    assert is_problem(limited.send(HOOKS, {"url": URL, "register": "country"}), 403)
    assert is_problem(limited.send(HOOKS, {"url": URL}), 403)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost:8000/", "http://2130706433/", "http://[::1]/", "http://[::ffff:7f00:1]/"]
    + ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://0/", "http://[64:ff9b::7f00:1]/"],
)
def test_no_address_that_is_not_public_is_called_unless_the_operator_allows_it(sqlite_store: Store, url: str) -> None:
    keyed = writer(sqlite_store, "webhooks")
    refused = keyed.send(HOOKS, {"url": url})
    assert is_problem(refused, 400)
    assert "not of the public Internet" in refused.json["detail"]
    assert keyed.send(HOOKS, method="GET").json == {"webhooks": []}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "url"),
        ({"url": None}, "url"),
        ({"url": 7}, "url"),
        ({"url": ["http://a.example/"]}, "url"),
        ({"url": ""}, "url"),
        ({"url": "ftp://a.example/"}, "url"),
        ({"url": "http://user:word@127.0.0.1/"}, "url"),
        ({"url": "http://127.0.0.1/" + "a" * 2000}, "url"),
        ({"url": "http://127.0.0.1/\0"}, "url"),
        ({"url": "http://127.0.0.1/\r\nX: y"}, "url"),
        ({"url": URL, "register": "nothing"}, "register"),
        ({"url": URL, "register": 1}, "register"),
        ({"url": URL, "register": "a\0b"}, "is not a name"),
        ({"url": URL, "register": "\ud800"}, "half of a surrogate pair"),
        ({"url": URL, "secret": "short"}, "secret"),
        ({"url": URL, "secret": 5}, "secret"),
        ({"url": URL, "event": "all"}, "event"),
        ([], "JSON object"),
        ("http://a.example", "JSON object"),
    ],
)
def test_a_body_that_will_not_do_is_refused_naming_what_is_wrong(keyed: Writer, body: object, named: str) -> None:
    refused = keyed.send(HOOKS, body)
    assert is_problem(refused, 400), refused.data
    assert named in refused.json["detail"]
    assert keyed.send(HOOKS, method="GET").json == {"webhooks": []}


def test_a_body_of_another_type_or_too_long_is_refused(keyed: Writer) -> None:
    assert is_problem(keyed.send(HOOKS, data="url=http://a.example/", content_type="text/plain"), 415)
    long = '{"url": "' + "a" * 100_000 + '"}'
    assert is_problem(keyed.send(HOOKS, data=long, content_type="application/json"), 413)


def test_there_are_no_more_than_a_hundred(keyed: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST", 1)
    assert keyed.send(HOOKS, {"url": URL}).status_code == 201
    assert is_problem(keyed.send(HOOKS, {"url": URL}), 409)


def test_the_log_has_each_delivery_with_its_attempts(subscriber: Writer, clock: FixedClock) -> None:
    made = subscriber.send(HOOKS, {"url": URL, "register": "country"}).json
    append(subscriber.store, country("IT"))
    catch_up_all(subscriber.store, followers=(DELIVERIES,))
    send_next(subscriber.store, made["id"], Post(private=False))
    (delivery,) = subscriber.send(made["links"]["deliveries"], method="GET").json["deliveries"]
    assert (delivery["register"], delivery["revision"], delivery["status"]) == ("country", 3, "waiting")
    (attempt,) = delivery["attempts"]
    assert (attempt["status"], attempt["time"]) == (None, "2023-11-14T22:13:20Z")
    assert "not of the public Internet" in attempt["error"]
    assert "2023-11-14T22:13:30Z" <= delivery["next-attempt"] <= "2023-11-14T22:13:33Z"


def test_the_log_is_paged_by_its_links(subscriber: Writer, clock: FixedClock) -> None:
    subscriber.store.checking = False  # type: ignore[attr-defined]
    made = subscriber.send(HOOKS, {"url": URL}).json
    for number in range(7):
        clock.now += number % 2
        append(subscriber.store, country(f"K{number}"))
        catch_up_all(subscriber.store, followers=(DELIVERIES,))
    place, query, found = made["links"]["deliveries"], "?limit=3", []
    while query:
        answer = subscriber.send(place + query, method="GET")
        found.append([each["revision"] for each in answer.json["deliveries"]])
        query = answer.headers.get("Link", "").partition("<")[2].partition(">")[0]
    assert [len(page) for page in found] == [3, 3, 1]
    assert sorted(sum(found, [])) == list(range(3, 10))


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "before=x", "before=1.msg_x", "before=", "before=-1.msg_" + "0" * 32, "a=b"],
)
def test_a_page_of_the_log_that_no_link_leads_to_is_refused(keyed: Writer, query: str) -> None:
    made = keyed.send(HOOKS, {"url": URL}).json
    assert is_problem(keyed.send(f"{made['links']['deliveries']}?{query}", method="GET"), 400)
