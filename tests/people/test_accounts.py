"""Accounts: an opaque id for good, one account an e-mail, and nothing left of who was forgotten."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, text

from people import access, accounts, roles, sessions
from people.accounts import Wanted
from people.secret import read_secret
from people.store.tables import access as access_table
from people.store.tables import account, identity, password, role, session
from people.store.tables import person as person_table
from registers.errors import Conflict, Invalid, NotFound, RegistersError
from registers.store.engine import Store
from tests.makers import NOW, CheckedStore, FixedClock, make
from tests.people.conftest import PASSWORD, person


def find(store: Store, who: str) -> accounts.Account:
    with store.reading() as tx:
        return accounts.find(tx, who)


def test_an_account_is_found_by_its_id_and_by_its_e_mail(store: Store) -> None:
    made = accounts.add(store, Wanted(" Ann Other ", " Ann@Example.ORG "), "tester", PASSWORD)
    assert (made.name, made.email, made.confirmed, made.has_password) == ("Ann Other", "Ann@Example.ORG", None, True)
    assert made.id.startswith("person-") and "nn" not in made.id.removeprefix("person-")
    assert find(store, made.id) == find(store, "ann@example.org") == find(store, "ANN@EXAMPLE.org") == made
    assert accounts.page(store) == [made]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.org", "Ann@EXAMPLE.ORG"),
        ("ann@example.org", " ann@example.org\n"),
        ("e\u0301va@example.org", "\u00e9va@example.org"),
        ("ｅva@example.org", "eva@example.org"),
        ("straße@example.org", "STRASSE@example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
    ],
)
def test_two_spellings_of_an_e_mail_are_one_account(sqlite_store: Store, one: str, other: str) -> None:
    person(sqlite_store, one)
    with pytest.raises(Conflict, match="there is an account"):
        person(sqlite_store, other)
    assert len(accounts.page(sqlite_store)) == 1


def test_other_e_mails_are_other_accounts(sqlite_store: Store) -> None:
    for email in ("ann@example.org", "a.nn@example.org", "ann+x@example.org", "аnn@example.org", "jörg@example.org"):
        person(sqlite_store, email)
    assert len(accounts.page(sqlite_store)) == 5


@pytest.mark.parametrize(
    "email",
    [
        "",
        "@",
        "ann",
        "ann@",
        "@example.org",
        "a nn@example.org",
        "ann@exam ple.org",
        "ann@example.org\r\nBcc: all@example.org",
        "ann\0@example.org",
        "ann@example.org\0x",
        "ann\u202e@example.org",
        "a\u00a0nn@example.org",
        '"ann"@example.org',
        "Ann <ann@example.org>",
        "ann@example.org,bob@example.org",
        "ann@@example.org",
        ".ann@example.org",
        "a..nn@example.org",
        "ann@.example.org",
        "ann@example..org",
        "ann@-example.org",
        "ann@exam_ple.org",
        "x" * 65 + "@example.org",
        "ann@" + "x" * 64 + ".org",
        "ann@" + ".".join(["example"] * 40),
        "\ud800@example.org",
        "ann@\ud800.org",
    ],
)
def test_what_is_no_e_mail_has_no_account(sqlite_store: Store, email: str) -> None:
    with pytest.raises(Invalid, match="email: "):
        person(sqlite_store, email)
    with pytest.raises(NotFound):
        find(sqlite_store, email)
    assert accounts.page(sqlite_store) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb", "a\0b", "a\u202eb", "\ud800"])
def test_what_is_no_name_is_refused(sqlite_store: Store, name: str) -> None:
    with pytest.raises(Invalid, match="name: "):
        accounts.add(sqlite_store, Wanted(name, "ann@example.org"), "tester")


@pytest.mark.parametrize(
    "chosen", ["", "short", "x" * 1001, "aaaaaaaaaaaaaa", "with\0a nothing in it", "line\nline line"]
)
def test_a_password_that_will_not_do_is_refused_and_not_repeated(sqlite_store: Store, chosen: str) -> None:
    with pytest.raises(Invalid, match="password: ") as refused:
        person(sqlite_store, password=chosen)
    assert not chosen or chosen not in str(refused.value)
    assert accounts.page(sqlite_store) == []


def test_a_password_is_kept_as_argon2id_alone(store: Store) -> None:
    made = person(store)
    with store.reading() as tx:
        hashed = tx.connection.execute(select(password.c.hash)).scalar_one()
    assert hashed.startswith("$argon2id$") and PASSWORD not in hashed
    accounts.set_password(store, made.id, "another one entirely", "tester")
    with store.reading() as tx:
        assert tx.connection.execute(select(password.c.hash)).scalar_one() != hashed


def test_forgetting_deletes_who_it_was_and_leaves_the_id(store: Store, clock: FixedClock) -> None:
    make(store)
    made = person(store)
    roles.grant(store, roles.Wanted(made.id, "custodian", "country"), "tester")
    with store.writing() as tx:
        shown = sessions.begin(tx, made.id, sessions.BY_PASSWORD)
    clock.now += 5
    forgotten = accounts.forget(store, "ANN@example.org", "tester")
    assert (forgotten.id, forgotten.name, forgotten.email, forgotten.forgotten) == (made.id, "", None, NOW + 5)
    assert sessions.find(store, shown) is None
    with store.reading() as tx:
        for table in (person_table, password, identity, session, role):
            assert tx.connection.execute(select(table)).all() == [], table.name
        assert tx.connection.execute(select(account.c.id)).scalars().all() == [made.id]
    for who in (made.id, "ann@example.org"):
        with pytest.raises(NotFound):
            find(store, who)
    assert person(store).id != made.id


def test_the_access_log_says_what_was_done_and_holds_no_name(store: Store) -> None:
    make(store)
    made = person(store)
    roles.grant(store, roles.Wanted(made.id, "reviewer", "country"), "tester")
    accounts.forget(store, made.id, "tester")
    logged = access.page(store)
    assert [(each.number, each.action, each.actor, each.register) for each in logged] == [
        (3, "forget person", "tester", ""),
        (2, "grant reviewer", "tester", "country"),
        (1, "add person", "tester", ""),
    ]
    assert {each.subject for each in logged} == {made.id}
    assert all(each.allowed and each.time == NOW for each in logged)
    assert "Ann" not in repr(logged) and "example.org" not in repr(logged)
    assert [each.number for each in access.page(store, before=3, limit=1)] == [2]
    assert access.page(store, of="person-other") == []


@pytest.mark.parametrize("statement", ["UPDATE access SET why = 'x'", "DELETE FROM access"])
def test_the_access_log_cannot_be_changed(store: CheckedStore, statement: str) -> None:
    person(store)
    with pytest.raises(RegistersError, match="the access log is never"), store.writing() as tx:
        tx.connection.execute(text(statement))
    assert len(access.page(store)) == 1


def test_two_who_come_at_once_with_one_e_mail_get_one_account(store: CheckedStore) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def come() -> None:
        barrier.wait()
        try:
            outcomes.append(accounts.add(store, Wanted("Ann", "ann@example.org"), "tester").id)
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=come) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert outcomes.count("refused") == 3
    with store.reading() as tx:
        numbers = tx.connection.execute(select(access_table.c.number)).scalars().all()
    assert numbers == [1]


def test_the_secret_is_made_once_for_its_user_alone(sqlite_store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: read_secret("", sqlite_store), range(40)))
    path = Path(f"{sqlite_store.url.database}.secret")
    assert len(found) == 1 and len(found.pop()) >= 64
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.glob("*.secret*")] == [path.name]
    assert read_secret("x" * 32, sqlite_store) == b"x" * 32
    path.write_text("short\n")
    with pytest.raises(RegistersError, match="is shorter than 32 characters"):
        read_secret("", sqlite_store)
