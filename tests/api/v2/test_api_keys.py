"""API keys over HTTP: made by one that may, shown once, listed without themselves, revoked at once."""

from __future__ import annotations

import pytest

from people import api_keys
from registers.store.engine import Store
from tests.api.writing import Writer, issue, writer
from tests.makers import NOW, FixedClock

KEYS = "/v2/api-keys"
WANTED = {"label": "The nightly import", "scopes": ["direct"], "registers": ["country"], "days": 10}


@pytest.fixture
def keeper(store: Store) -> Writer:
    """Someone who may make keys, on each engine."""
    return writer(store, "api-keys", "direct")


@pytest.fixture
def keyed(sqlite_store: Store) -> Writer:
    """The same on SQLite alone."""
    return writer(sqlite_store, "api-keys", "direct")


def test_a_key_is_made_used_listed_and_revoked(keeper: Writer, clock: FixedClock) -> None:
    made = keeper.send(KEYS, WANTED)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert made.headers["Location"] == f"{KEYS}/{made.json['id']}"
    key = made.json.pop("key")
    shown = {name: value for name, value in made.json.items() if name != "key"}
    assert (shown["scopes"], shown["registers"], shown["state"]) == (["direct"], ["country"], "good")
    assert (shown["created"], shown["expires"]) == ("2023-11-14T22:13:20Z", "2023-11-24T22:13:20Z")
    assert shown["maker"] == api_keys.verify(keeper.store, keeper.key).actor
    program = Writer(keeper.store, keeper.app, key)
    assert program.send("/v2/registers/country/entries", {"item": {"country": "IT"}}).status_code == 201
    listed = keeper.send(KEYS, method="GET")
    assert [each for each in listed.json["api-keys"] if each["id"] == shown["id"]] == [shown]
    assert key not in listed.text and keeper.key not in listed.text
    clock.now = NOW + 60
    revoked = keeper.send(f"{KEYS}/{shown['id']}", method="DELETE")
    assert revoked.json == shown | {"revoked": "2023-11-14T22:14:20Z", "state": "revoked"}
    assert program.send("/v2/registers/country/entries", {"item": {"country": "ES"}}).status_code == 401


def test_a_key_lasts_a_year_unless_it_says_otherwise(keyed: Writer) -> None:
    made = keyed.send(KEYS, {"label": "a", "scopes": ["direct"]})
    assert (made.json["expires"], made.json["registers"]) == ("2024-11-13T22:13:20Z", [])


def test_a_key_cannot_give_what_it_has_not(sqlite_store: Store) -> None:
    limited = writer(sqlite_store, "api-keys", "direct", registers=("country",))
    assert limited.send(KEYS, WANTED).status_code == 201
    for change in ({"scopes": ["webhooks"]}, {"registers": []}, {"registers": ["other"]}, {"days": 366}):
        answer = limited.send(KEYS, WANTED | change)
        assert (answer.status_code, "cannot make a key" in answer.json["detail"]) == (403, True)
    assert len(api_keys.find_all(sqlite_store)) == 2


def test_a_key_neither_sees_nor_revokes_a_stronger_one(sqlite_store: Store) -> None:
    limited = writer(sqlite_store, "api-keys", registers=("country",))
    stronger = api_keys.verify(sqlite_store, issue(sqlite_store))
    assert stronger.id not in limited.send(KEYS, method="GET").text
    assert limited.send(f"{KEYS}/{stronger.id}", method="DELETE").status_code == 404
    assert api_keys.find_all(sqlite_store)[0].revoked is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"label": ""}, "label: is text of 1 to 200"),
        ({"label": 5}, "label: is text, not 5"),
        ({"label": "a\u0007b"}, "cannot be seen"),
        ({"label": "\ud800"}, "half of a surrogate pair"),
        ({"scopes": []}, "scopes: a key has at least one"),
        ({"scopes": "direct"}, "scopes: is a list of text"),
        ({"scopes": [["direct"]]}, "scopes: is a list of text"),
        ({"scopes": ["root"]}, "'root' is not one of"),
        ({"registers": [None]}, "registers: is a list of text"),
        ({"registers": ["a b"]}, "'a b' is not a name"),
        ({"days": 0}, "days: a key is good for"),
        ({"days": 10**30}, "days: a key is good for"),
        ({"days": 1.5}, "days: is a whole number"),
        ({"days": True}, "days: is a whole number"),
        ({"days": "10"}, "days: is a whole number"),
        ({"key": "mine"}, "'key' is not a member"),
    ],
)
def test_a_bad_wish_makes_no_key(keyed: Writer, change: dict[str, object], sentence: str) -> None:
    answer = keyed.send(KEYS, WANTED | change)
    assert (answer.status_code, sentence in answer.json["detail"]) == (400, True), answer.text
    assert len(api_keys.find_all(keyed.store)) == 1


def test_what_is_not_there_is_not_found(keyed: Writer) -> None:
    for id in ("nothing", "%27", "a%2Fb", "x" * 5000):
        assert keyed.send(f"{KEYS}/{id}", method="DELETE").status_code == 404
