"""API keys: shown once, kept as a digest, good for what they say and until they say, and never for more."""

from __future__ import annotations

from hashlib import sha256

import pytest

from people import api_keys
from people.api_keys import DAYS, MOST_DAYS, PREFIX, SECONDS_OF_A_DAY, ApiKey, Issued, Wanted
from people.store.tables import api_key
from registers import lifecycle, naming
from registers.errors import Forbidden, Invalid, NotFound, Unauthorized
from registers.store.engine import Store
from tests.makers import AUTHORITY, NOW, FixedClock, make

DAY = SECONDS_OF_A_DAY


def issue(
    store: Store, *scopes: str, registers: tuple[str, ...] = (), days: int = DAYS, by: ApiKey | None = None
) -> Issued:
    return api_keys.create(store, Wanted("a test", scopes or ("direct",), registers, days), "tester", by)


def allows(store: Store, key: ApiKey, scope: str, register: str | None) -> bool:
    try:
        api_keys.require(store, key, (scope,), register)
    except Forbidden:
        return False
    return True


def test_a_new_key_is_the_key_that_it_says_it_is(store: Store) -> None:
    issued = issue(store, "direct", "webhooks", registers=("b", "a"), days=10)
    made = issued.api_key
    assert api_keys.verify(store, issued.text) == made
    assert (made.scopes, made.registers, made.label) == (("direct", "webhooks"), ("a", "b"), "a test")
    assert (made.maker, made.created, made.expires, made.revoked) == ("tester", NOW, NOW + 10 * DAY, None)
    assert made.actor == f"key-{made.id}"
    assert api_keys.find_all(store) == [made]


def test_the_key_itself_is_not_kept(store: Store) -> None:
    text = issue(store).text
    assert text.startswith(PREFIX) and len(text) >= len(PREFIX) + 43
    with store.reading() as tx:
        (row,) = tx.connection.execute(api_key.select())
    assert row.digest == sha256(text.encode()).digest()
    assert text.removeprefix(PREFIX) not in repr(tuple(row))


def test_no_two_keys_are_the_same(sqlite_store: Store) -> None:
    issued = [issue(sqlite_store) for _ in range(20)]
    assert len({each.text for each in issued}) == len({each.api_key.actor for each in issued}) == 20


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text[:-1], lambda text: text + "A", lambda _: "", lambda _: "\udcff"]
)
def test_what_is_not_quite_the_key_is_no_key(sqlite_store: Store, change) -> None:  # type: ignore[no-untyped-def]
    text = issue(sqlite_store).text
    with pytest.raises(Unauthorized, match="not one of this service's") as refused:
        api_keys.verify(sqlite_store, change(text))
    assert text not in str(refused.value)


def test_a_key_is_good_until_the_second_it_ends(store: Store, clock: FixedClock) -> None:
    issued = issue(store, days=1)
    clock.now = NOW + DAY - 1
    assert api_keys.verify(store, issued.text).id == issued.api_key.id
    clock.now = NOW + DAY
    with pytest.raises(Unauthorized, match="is expired"):
        api_keys.verify(store, issued.text)


def test_a_revoked_key_is_good_no_more_and_the_first_moment_stays(store: Store, clock: FixedClock) -> None:
    issued, other = issue(store), issue(store)
    assert api_keys.revoke(store, issued.api_key.id).revoked == NOW
    clock.now += 5
    assert api_keys.revoke(store, issued.api_key.id).revoked == NOW
    with pytest.raises(Unauthorized, match="is revoked"):
        api_keys.verify(store, issued.text)
    assert api_keys.verify(store, other.text) == other.api_key


def test_what_is_not_there_cannot_be_revoked(sqlite_store: Store) -> None:
    with pytest.raises(NotFound, match="there is no API key 'nobody'"):
        api_keys.revoke(sqlite_store, "nobody")


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Wanted("", ("direct",)), "label: is text of 1 to 200 characters"),
        (Wanted("  ", ("direct",)), "label: is text"),
        (Wanted("x" * 201, ("direct",)), "label: is text"),
        (Wanted("a\nb", ("direct",)), "cannot be seen"),
        (Wanted("a\0b", ("direct",)), "cannot be seen"),
        (Wanted("a\u202eb", ("direct",)), "cannot be seen"),
        (Wanted("a\ud800b", ("direct",)), "cannot be seen"),
        (Wanted("a", ()), "scopes: a key has at least one"),
        (Wanted("a", ("root",)), "scopes: 'root' is not one of"),
        (Wanted("a", ("direct webhooks",)), "scopes: 'direct webhooks' is not one of"),
        (Wanted("a", ("direct",), ("Country",)), "'Country' is not a name"),
        (Wanted("a", ("direct",), ("a b",)), "'a b' is not a name"),
        (Wanted("a", ("direct",), ("a",) * 101), "at most 100"),
        (Wanted("a", ("direct",), (), 0), "days: a key is good for"),
        (Wanted("a", ("direct",), (), MOST_DAYS + 1), "days: a key is good for"),
    ],
)
def test_a_key_that_breaks_a_rule_is_not_made(sqlite_store: Store, wanted: Wanted, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        api_keys.create(sqlite_store, wanted, "tester")
    assert api_keys.find_all(sqlite_store) == []


def test_a_key_is_for_its_scopes_and_its_registers(sqlite_store: Store) -> None:
    limited, any_register = issue(sqlite_store, registers=("a",)).api_key, issue(sqlite_store).api_key
    assert allows(sqlite_store, limited, "direct", "a")
    assert not allows(sqlite_store, limited, "direct", "b")
    assert not allows(sqlite_store, limited, "webhooks", "a")
    assert allows(sqlite_store, any_register, "direct", "b")
    assert allows(sqlite_store, limited, "direct", None)


def test_a_key_stays_good_for_a_register_that_is_renamed(store: Store) -> None:
    make(store), make(store, "other")
    lifecycle.publish(store, "country")
    before = issue(store, registers=("country",)).api_key
    naming.rename(store, "country", "nation", AUTHORITY)
    after = issue(store, registers=("nation",)).api_key
    for key in (before, after):
        assert allows(store, key, "direct", "country") and allows(store, key, "direct", "nation")
        assert not allows(store, key, "direct", "other")


def test_a_key_gives_no_more_than_it_has(sqlite_store: Store) -> None:
    giver = issue(sqlite_store, "api-keys", "direct", registers=("a", "b"), days=10).api_key
    assert issue(sqlite_store, "direct", registers=("a",), days=10, by=giver).api_key.scopes == ("direct",)
    for scopes, registers, days in [
        (("webhooks",), ("a",), 1),
        (("direct", "webhooks"), ("a",), 1),
        (("direct",), ("c",), 1),
        (("direct",), ("a", "c"), 1),
        (("direct",), (), 1),
        (("direct",), ("a",), 11),
    ]:
        with pytest.raises(Forbidden, match="cannot make a key"):
            issue(sqlite_store, *scopes, registers=registers, days=days, by=giver)
    assert len(api_keys.find_all(sqlite_store)) == 2


def test_a_key_sees_and_revokes_only_those_that_it_could_have_made(sqlite_store: Store) -> None:
    giver = issue(sqlite_store, "api-keys", "direct", registers=("a",)).api_key
    within, beyond = issue(sqlite_store, registers=("a",)).api_key, issue(sqlite_store).api_key
    assert {each.id for each in api_keys.find_all(sqlite_store, giver)} == {giver.id, within.id}
    with pytest.raises(NotFound):
        api_keys.revoke(sqlite_store, beyond.id, giver)
    assert api_keys.revoke(sqlite_store, within.id, giver).revoked == NOW
    assert api_keys.revoke(sqlite_store, giver.id, giver).revoked == NOW
