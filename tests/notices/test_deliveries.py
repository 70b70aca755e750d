"""From revisions to messages: one for each revision and subscription, nothing old, nothing of drafts, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from notices import deliveries
from notices.deliveries import DELIVERIES, log, message
from notices.store import webhooks as messages
from notices.subscriptions import Wanted, subscribe
from registers import lifecycle, naming
from registers.definition import Field
from registers.followers import catch_up_all
from registers.register import Register
from registers.store import registers
from registers.store.engine import Store
from tests.makers import AUTHORITY, append, country, head_of, make

URL = "https://hooks.example/registers"
OWNER = "key-0123456789ab"


def webhook(store: Store, register: str | None = None) -> str:
    """Subscribe; returns the id."""
    return subscribe(store, OWNER, Wanted(URL, register), look_up=lambda *_: ["93.184.216.34"])[0].id


def publish(store: Store, name: str = "country") -> Register:
    make(store, name)
    append(store, country("GB"), to=name)
    return lifecycle.publish(store, name)


def catch_up(store: Store) -> None:
    catch_up_all(store, followers=(DELIVERIES,))


def told(store: Store, webhook_id: str) -> list[tuple[str, int]]:
    """The register and the revision of each message, the oldest first."""
    with store.reading() as tx:
        return sorted((each.register, each.revision) for each in log(tx, webhook_id, 1000))


def bodies(store: Store, webhook_id: str) -> Iterator[dict[str, object]]:
    with store.reading() as tx:
        for each in sorted(log(tx, webhook_id, 1000), key=lambda each: each.revision):
            yield json.loads(message(tx, messages.read_delivery(tx.connection, each.id), "https://r.example"))


def test_a_subscriber_is_told_once_of_each_later_revision_of_its_register(store: Store) -> None:
    publish(store)
    publish(store, "town")
    append(store, country("A"))
    one, every = webhook(store, "country"), webhook(store)
    catch_up(store)
    assert told(store, one) == []
    append(store, country("B"))
    append(store, country("C"), to="town")
    catch_up(store)
    catch_up(store)
    append(store, country("D"))
    catch_up(store)
    assert told(store, one) == [("country", 4), ("country", 5)]
    assert told(store, every) == [("country", 4), ("country", 5), ("town", 3)]


def test_nothing_old_is_told_though_the_follower_was_behind(store: Store) -> None:
    publish(store)
    catch_up(store)
    append(store, country("A"))
    late = webhook(store, "country")
    append(store, country("B"))
    catch_up(store)
    assert told(store, late) == [("country", head_of(store).revision)]


def test_a_draft_is_told_of_once_it_is_published_and_with_all_it_holds(store: Store) -> None:
    every = webhook(store)
    make(store)
    append(store, country("GB"), country("FR"))
    append(store, country("DE"))
    catch_up(store)
    assert told(store, every) == []
    lifecycle.publish(store, "country")
    catch_up(store)
    assert told(store, every) == [("country", 3)]
    (body,) = bodies(store, every)
    assert (body["first-entry"], body["last-entry"], body["entries"]) == (1, 3, 3)
    assert body["metadata-entries"] == head_of(store).metadata_entries
    append(store, country("A"))
    catch_up(store)
    assert told(store, every) == [("country", 3), ("country", 4)]


def test_who_came_after_publication_is_told_of_each_revision_though_the_follower_looks_for_the_first_time(
    store: Store,
) -> None:
    publish(store)
    every = webhook(store)
    append(store, country("A"))
    append(store, country("B"))
    catch_up(store)
    assert told(store, every) == [("country", 3), ("country", 4)]


def test_a_position_that_is_lost_makes_nothing_twice(store: Store) -> None:
    publish(store)
    every = webhook(store)
    for key in "ABC":
        append(store, country(key))
    catch_up(store)
    before = told(store, every)
    with store.writing() as tx:
        tx.connection.exec_driver_sql("DELETE FROM follower")
    catch_up(store)
    assert told(store, every) == before != []


def test_many_revisions_are_caught_up_with_in_several_acts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "CHUNK", 2)
    publish(store)
    every = webhook(store)
    catch_up(store)
    for key in "ABCDE":
        append(store, country(key))
    catch_up(store)
    assert told(store, every) == [("country", number) for number in range(3, 8)]


def test_a_position_without_subscribers_is_the_head(store: Store) -> None:
    register = publish(store)
    catch_up(store)
    with store.reading() as tx:
        assert DELIVERIES.position(tx, register.id) == 2 == registers.read_head(tx.connection, register.id).revision


def test_a_message_says_what_was_added_and_what_the_state_is_now(store: Store) -> None:
    publish(store)
    every = webhook(store)
    made = append(store, country("A"), country("B")).revision
    lifecycle.define(store, "country", [("custodian", {"custodian": "Somebody"})], AUTHORITY)
    catch_up(store)
    entries, definition = bodies(store, every)
    assert entries == {
        "type": "register.revised",
        "id": entries["id"],
        "register": "country",
        "revision": 3,
        "entries": 2,
        "first-entry": 2,
        "last-entry": 3,
        "metadata-entries": 0,
        "size": 3,
        "root-hash": "1220" + made.v2_root.hex(),
        "v1-root-hash": "sha-256:" + made.v1_root.hex(),
        "time": "2023-11-14T22:13:20Z",
        "links": {
            "register": "https://r.example/v2/registers/country",
            "entries": "https://r.example/v2/registers/country/entries?start=2&limit=2",
        },
    }
    assert (definition["entries"], definition["metadata-entries"], definition["size"]) == (0, 1, 3)
    assert "first-entry" not in definition and set(definition["links"]) == {"register"}  # type: ignore[call-overload]


def test_a_message_of_a_renamed_register_has_the_name_it_has_now(store: Store) -> None:
    publish(store)
    one = webhook(store, "country")
    naming.rename(store, "country", "land", AUTHORITY)
    catch_up(store)
    assert {body["register"] for body in bodies(store, one)} == {"land"}


def test_a_register_can_be_dropped_and_retired_under_the_follower(store: Store) -> None:
    every = webhook(store)
    make(store, "draft", [Field("draft")])
    with store.reading() as tx:
        draft = registers.find(tx.connection, "draft")
    assert draft is not None
    lifecycle.drop(store, "draft")
    DELIVERIES.catch_up(store, draft)
    register = publish(store)
    naming.retire(store, "country", None)
    DELIVERIES.catch_up(store, register)
    assert len(list(bodies(store, every))) <= 1
