"""Letters: put in the act that they speak of, to whom they can reach, and gone with who they are to."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from notices import mail
from notices.mail import DAY, GOOD_FOR, Letter
from notices.store.letters import letter as table
from people import accounts
from people.accounts import Wanted
from registers.errors import Invalid
from registers.store.engine import Store
from tests.makers import NOW

LETTER = Letter("A subject", "Some text.\n")


def person(store: Store, email: str | None = "ann@example.org", confirmed: bool = True) -> str:
    return accounts.add(store, Wanted("Ann Other", email, confirmed), "tester").id


def put(store: Store, to: str, letter: Letter = LETTER) -> bool:
    with store.writing() as tx:
        return mail.put(tx, to, letter)


def kept(store: Store) -> list[tuple[object, ...]]:
    """To whom each letter is: an account, or an e-mail."""
    with store.reading() as tx:
        rows = tx.connection.execute(select(table.c.account, table.c.email).order_by(table.c.created, table.c.id))
        return [tuple(row) for row in rows]


def test_a_letter_names_the_account_and_not_its_address(store: Store) -> None:
    ann = person(store)
    assert put(store, ann) and put(store, "ANN@example.org")
    assert kept(store) == [(ann, None), (ann, None)]
    with store.reading() as tx:
        assert mail.standing(tx) == (2, 0, None, "")


def test_a_letter_to_an_address_that_no_account_has_confirmed_holds_it_for_a_day_at_most(store: Store) -> None:
    bob = person(store, "bob@example.org", confirmed=False)
    assert put(store, "new@Exämple.org") and put(store, "bob@example.org")
    assert {each[1] for each in kept(store)} == {"new@Exämple.org", "bob@example.org"}
    with store.reading() as tx:
        assert set(tx.connection.execute(select(table.c.expires - table.c.created)).scalars()) == {DAY} != {GOOD_FOR}
    assert mail.forget(store, bob) == 1
    assert kept(store) == [(None, "new@Exämple.org")]


def test_nothing_is_put_for_who_cannot_be_reached(store: Store) -> None:
    unconfirmed, without = person(store, confirmed=False), person(store, None)
    forgotten = person(store, "gone@example.org")
    accounts.forget(store, forgotten, "tester")
    assert not any(put(store, each) for each in (unconfirmed, without, forgotten, "person-000000000000"))
    assert kept(store) == []


@pytest.mark.parametrize("to", ["", "nobody", "a@b@", "ann@example.org\r\nBcc: eve@example.org", "a b@example.org"])
def test_what_is_no_address_is_refused(store: Store, to: str) -> None:
    with pytest.raises(Invalid):
        put(store, to)
    assert kept(store) == []


def test_an_act_that_fails_leaves_no_letter(store: Store) -> None:
    ann = person(store)
    with pytest.raises(RuntimeError), store.writing() as tx:
        mail.put(tx, ann, LETTER)
        raise RuntimeError
    assert kept(store) == []


def test_letters_go_with_who_they_are_to_and_those_of_others_stay(store: Store) -> None:
    ann, bob = person(store), person(store, "bob@example.org")
    for to in (ann, bob, "new@example.org", "other@example.org"):
        put(store, to)
    accounts.forget(store, ann, "tester")
    assert mail.forget(store, "NEW@example.org") == 1
    assert mail.forget(store, ann) == mail.forget(store, "nobody") == 0
    assert sorted(kept(store), key=str) == [(bob, None), (None, "other@example.org")]


def test_what_cannot_be_seen_is_left_out_of_a_letter(store: Store) -> None:
    hostile = Letter("One\r\nBcc: eve@example.org\u2028two\0\u202e" + "x" * 500, "a\r\nb\rc\0\x1b[31m\ttab\ud800")
    put(store, "new@example.org", hostile)
    with store.reading() as tx:
        subject, text, created = tx.connection.execute(select(table.c.subject, table.c.text, table.c.created)).one()
    assert subject.startswith("One Bcc: eve@example.org twoxxx") and len(subject) == 150 and subject.endswith("…")
    assert text == "a\nb\nc[31m\ttab"
    assert created == NOW
