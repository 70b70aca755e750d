"""Signing in: who knows the password gets a new session; who guesses has to wait, but never for ever."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from people import access, accounts, passwords, sessions
from people.secret import digest_of
from people.sign_in import FORGOTTEN, LONGEST_WAIT, OF_ACCOUNT, OF_ADDRESS, Attempt, SignedIn, sign_in
from people.store.tables import failure, password, session
from registers.errors import RegistersError, TooOften, Unauthorized
from registers.store.engine import Store
from tests.makers import NOW, CheckedStore, FixedClock
from tests.people.conftest import KEY, PASSWORD, person

WRONG = "not the password at all"
HERE, THERE = "192.0.2.1", "198.51.100.7"


def attempt(
    store: Store, given: str = PASSWORD, email: str = "ann@example.org", address: str = HERE, before: str = ""
) -> SignedIn:
    return sign_in(store, KEY, Attempt(email, given, address, before))


def fail(store: Store, times: int, email: str = "ann@example.org", address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(Unauthorized, match="the e-mail or the password is wrong"):
            attempt(store, WRONG, email, address)


def test_who_knows_the_password_gets_a_session(store: Store) -> None:
    made = person(store)
    signed_in = attempt(store, email=" ANN@example.org")
    assert signed_in.account == made
    found = sessions.find(store, signed_in.session)
    assert found is not None and found.account == made
    with store.reading() as tx:
        (row,) = tx.connection.execute(select(session)).all()
    assert row.digest == digest_of(signed_in.session) and signed_in.session not in repr(tuple(row))
    assert (access.page(store)[0].action, access.page(store)[0].actor) == ("sign in", made.id)


@pytest.mark.parametrize(
    "given",
    [WRONG, "", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), "x" * 1_000_000, "\0", PASSWORD + "\0", "\ud800"],
)
def test_another_password_is_wrong(sqlite_store: Store, given: str) -> None:
    person(sqlite_store)
    with pytest.raises(Unauthorized, match="the e-mail or the password is wrong"):
        attempt(sqlite_store, given)


@pytest.mark.parametrize(
    "email", ["", "nobody@example.org", "ann", "a\0@example.org", "\ud800@example.org", "x" * 9999]
)
def test_who_is_not_there_is_refused_in_the_same_words(store: Store, email: str) -> None:
    person(store)
    for _ in range(OF_ACCOUNT):
        with pytest.raises(Unauthorized, match="the e-mail or the password is wrong"):
            attempt(store, PASSWORD, email)
    with pytest.raises(TooOften):
        attempt(store, PASSWORD, email)
    logged = [(each.actor, each.why) for each in access.page(store)]
    assert logged[:-1] == [("", "no such account")] * OF_ACCOUNT
    assert not email or email not in repr(access.page(store))


def test_an_account_without_a_password_has_none_that_is_right(sqlite_store: Store) -> None:
    person(sqlite_store, password=None)
    for given in ("", "the password of nobody", PASSWORD):
        with pytest.raises(Unauthorized):
            attempt(sqlite_store, given)


def test_the_same_password_may_be_typed_otherwise(sqlite_store: Store) -> None:
    person(sqlite_store, password="caf\u00e9 caf\u00e9 caf\u00e9")
    assert attempt(sqlite_store, "cafe\u0301 cafe\u0301 cafe\u0301")


def test_time_does_not_tell_who_is_there(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With hashes that are dear enough to be seen: without the dummy, who is not there would be answered at once.

    It is this thread's own time, so that other work on the machine does not count.
    """
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1))
    sqlite_store.checking = False  # type: ignore[attr-defined]
    person(sqlite_store)
    attempt(sqlite_store)

    def took(email: str, n: int) -> float:
        begun = time.thread_time()
        with pytest.raises(Unauthorized):
            attempt(sqlite_store, WRONG, email, f"192.0.2.{n}")
        return time.thread_time() - begun

    there = statistics.median(took("ann@example.org", n) for n in range(4))
    absent = statistics.median(took(f"nobody{n}@example.org", n) for n in range(4))
    dear = min(there, absent)
    assert dear > 0.01 and abs(there - absent) < dear


def test_after_some_failures_an_account_has_to_wait_and_then_may_try(store: Store, clock: FixedClock) -> None:
    person(store)
    fail(store, OF_ACCOUNT)
    for given in (PASSWORD, WRONG):
        with pytest.raises(TooOften, match="try again in a minute") as refused:
            attempt(store, given, address=THERE)
        assert refused.value.seconds == 60
    clock.now += 59
    with pytest.raises(TooOften):
        attempt(store)
    clock.now += 1
    assert attempt(store).account.email == "ann@example.org"
    fail(store, OF_ACCOUNT - 1)  # what was before is forgotten
    assert attempt(store)


def test_the_wait_grows_and_never_beyond_a_quarter_of_an_hour(sqlite_store: Store, clock: FixedClock) -> None:
    person(sqlite_store)
    fail(sqlite_store, OF_ACCOUNT)
    waits = []
    for _ in range(8):
        with pytest.raises(TooOften) as refused:
            attempt(sqlite_store)
        waits.append(refused.value.seconds)
        clock.now += refused.value.seconds
        fail(sqlite_store, 1, address=f"192.0.2.{len(waits) + 1}")
    assert waits == [60, 120, 240, 480, 900, 900, 900, 900] and max(waits) == LONGEST_WAIT
    clock.now += LONGEST_WAIT
    assert attempt(sqlite_store)


def test_an_address_that_tries_many_accounts_has_to_wait(store: Store) -> None:
    person(store)
    for n in range(OF_ADDRESS):
        fail(store, 1, f"nobody{n}@example.org")
    with pytest.raises(TooOften):
        attempt(store)
    assert attempt(store, address=THERE)


def test_signing_in_between_does_not_clear_an_address(sqlite_store: Store) -> None:
    person(sqlite_store)
    for n in range(OF_ADDRESS):
        fail(sqlite_store, 1, f"nobody{n}@example.org")
        if n < OF_ADDRESS - 1:
            attempt(sqlite_store)
    with pytest.raises(TooOften):
        attempt(sqlite_store)


def test_a_hundred_guesses_at_once_are_no_more_than_five(store: CheckedStore) -> None:
    person(store)
    store.checking = False

    def guess(n: int) -> str:
        try:
            attempt(store, WRONG, address=f"192.0.2.{n}")
        except RegistersError as error:
            return type(error).__name__
        return "signed in"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(30)))
    assert (outcomes.count("Unauthorized"), outcomes.count("TooOften")) == (OF_ACCOUNT, 30 - OF_ACCOUNT)


def test_failures_are_forgotten_after_a_day_and_tell_nobodys_name(store: Store, clock: FixedClock) -> None:
    person(store)
    fail(store, 1)
    with store.reading() as tx:
        rows = tx.connection.execute(select(failure)).all()
    assert len(rows) == 2 and "ann" not in repr(rows) and HERE not in repr(rows)
    clock.now += FORGOTTEN + 1
    attempt(store, address=THERE)
    with store.reading() as tx:
        assert tx.connection.execute(select(failure)).all() == []


def test_a_session_ends_when_it_is_not_used_and_at_its_end(store: Store, clock: FixedClock) -> None:
    person(store)
    idle, used = attempt(store).session, attempt(store).session
    clock.now = NOW + sessions.IDLE - 1
    assert sessions.find(store, used) is not None
    clock.now = NOW + sessions.IDLE
    assert sessions.find(store, idle) is None
    while clock.now < NOW + sessions.LONGEST - 60:
        assert sessions.find(store, used) is not None
        clock.now += 60
    clock.now = NOW + sessions.LONGEST
    assert sessions.find(store, used) is None


def test_what_is_read_often_is_not_written_each_time(sqlite_store: Store, clock: FixedClock) -> None:
    """Each commit makes a worker forget the answers that it remembers."""
    person(sqlite_store)
    shown = attempt(sqlite_store).session
    mark = sqlite_store.mark()
    clock.now += sessions.SEEN - 1
    assert sessions.find(sqlite_store, shown) and sqlite_store.mark() == mark
    clock.now += 1
    assert sessions.find(sqlite_store, shown) and sqlite_store.mark() != mark


def test_signing_in_takes_the_place_of_the_browsers_session(store: Store) -> None:
    """Fixation: what a browser was made to show is neither taken over nor left."""
    person(store)
    first = attempt(store).session
    second = attempt(store, before=first).session
    assert second != first and sessions.find(store, first) is None
    chosen = "A" * 43
    third = attempt(store, before=chosen).session
    assert third != chosen and sessions.find(store, chosen) is None
    assert sessions.find(store, second) is not None  # another browser's


def test_signing_out_ends_the_session_at_once(store: Store) -> None:
    person(store)
    shown, other = attempt(store).session, attempt(store).session
    sessions.end(store, shown)
    sessions.end(store, shown)
    assert sessions.find(store, shown) is None and sessions.find(store, other) is not None
    assert [each.action for each in access.page(store)].count("sign out") == 1


def test_another_password_ends_all_sessions_but_ones_own(store: Store) -> None:
    made = person(store)
    mine, other = attempt(store).session, attempt(store).session
    accounts.set_password(store, made.id, "quite another password", made.id, digest_of(mine))
    assert sessions.find(store, mine) is not None and sessions.find(store, other) is None
    with pytest.raises(Unauthorized):
        attempt(store)


def test_a_hash_of_older_parameters_is_made_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    person(store)
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    attempt(store)
    with store.reading() as tx:
        assert ",t=2," in tx.connection.execute(select(password.c.hash)).scalar_one()
    assert attempt(store)


def test_the_parameters_are_those_of_rfc_9106() -> None:
    hashed = PasswordHasher().hash("x")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
