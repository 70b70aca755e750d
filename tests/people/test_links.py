"""Links: sealed, for one e-mail, good for a day and good once."""

from __future__ import annotations

import pytest

from people import access, accounts, links, secret, sessions
from people.links import GOOD_FOR, Invitation
from registers.errors import Conflict, Invalid, Unauthorized
from registers.store.engine import Store
from tests.makers import NOW, FixedClock
from tests.people.conftest import KEY, person

INVITED = Invitation("Ann Other", "ann@example.org")


def token(now: int = NOW, invited: Invitation = INVITED) -> str:
    return links.make(KEY, invited, now)


def test_following_a_link_makes_an_account_whose_e_mail_is_confirmed(store: Store) -> None:
    assert accounts.page(store) == []
    signed_in = links.follow(store, KEY, token())
    assert (signed_in.account.name, signed_in.account.email) == ("Ann Other", "ann@example.org")
    assert signed_in.account.confirmed == NOW
    assert sessions.find(store, signed_in.session) is not None
    assert access.page(store)[0].action == "sign in by link"


def test_following_a_link_confirms_the_account_that_is_there(store: Store, clock: FixedClock) -> None:
    made = person(store, "Ann@example.org")
    assert links.follow(store, KEY, token()).account.id == made.id
    clock.now += 5
    assert links.follow(store, KEY, token(NOW + 5)).account.confirmed == NOW
    assert len(accounts.page(store)) == 1


def test_a_link_is_good_once(store: Store) -> None:
    text = token()
    links.follow(store, KEY, text)
    with pytest.raises(Conflict, match="the link was used before"):
        links.follow(store, KEY, text)
    assert links.follow(store, KEY, token(NOW + 1))


def test_a_link_is_good_for_a_day(store: Store, clock: FixedClock) -> None:
    text = token()
    clock.now = NOW + GOOD_FOR - 1
    assert links.read(KEY, text, clock.now) == INVITED
    clock.now += 1
    with pytest.raises(Unauthorized, match="the link is too old"):
        links.follow(store, KEY, text)
    assert accounts.page(store) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text + "=",
        lambda text: text.swapcase(),
        lambda text: text.partition(".")[0],
        lambda text: "." + text.partition(".")[2],
        lambda text: "\ud800" + text,
        lambda text: text + "\0",
        lambda _: "",
        lambda _: ".",
        lambda _: links.make(b"the secret of somebody else, also long", INVITED, NOW),
        lambda _: secret.seal(KEY, "another purpose", {"name": "Ann", "email": "ann@example.org"}, NOW + 60),
    ],
)
def test_what_is_not_quite_the_link_is_no_link(sqlite_store: Store, spoil) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid, match="the link is not one"):
        links.follow(sqlite_store, KEY, spoil(token()))
    assert accounts.page(sqlite_store) == []


def test_a_link_takes_the_place_of_the_browsers_session(sqlite_store: Store) -> None:
    before = links.follow(sqlite_store, KEY, token()).session
    after = links.follow(sqlite_store, KEY, token(NOW + 1), before).session
    assert sessions.find(sqlite_store, before) is None and sessions.find(sqlite_store, after) is not None


def test_a_link_for_what_is_no_e_mail_is_not_made() -> None:
    for invited in (Invitation("Ann", "ann"), Invitation("", "ann@example.org"), Invitation("A\nB", "a@example.org")):
        with pytest.raises(Invalid):
            token(invited=invited)
