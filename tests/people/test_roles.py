"""Roles: on one register or on all, each with those before it, checked at the moment of the act."""

from __future__ import annotations

import pytest

from people import access, roles, sessions
from people.roles import ROLES, Wanted
from registers import lifecycle, naming
from registers.errors import Conflict, Forbidden, Invalid, NotFound
from registers.store.engine import Store
from tests.makers import AUTHORITY, make
from tests.people.conftest import person


def may(store: Store, who: str, role: str, register: str | None) -> bool:
    try:
        roles.decide(store, who, "try", role, register)
    except Forbidden:
        return False
    return True


def test_a_role_holds_on_its_register_alone_and_with_those_before_it(store: Store) -> None:
    make(store), make(store, "other")
    ann = person(store).id
    roles.grant(store, Wanted(ann, "reviewer", "country"), "tester")
    assert [role for role in ROLES if may(store, ann, role, "country")] == ["contributor", "reviewer"]
    assert [role for role in ROLES if may(store, ann, role, "other") or may(store, ann, role, None)] == []
    assert not may(store, ann, "contributor", "nowhere")
    with store.reading() as tx:
        (held,) = roles.held(tx, ann)
    assert held.members() | {"granted": ""} == {
        "person": ann,
        "role": "reviewer",
        "register": "country",
        "granted": "",
        "granted-by": "tester",
    }


def test_a_role_on_all_registers_holds_on_each(store: Store) -> None:
    make(store)
    ann = person(store).id
    roles.grant(store, Wanted("ann@example.org", "custodian"), "tester")
    assert may(store, ann, "custodian", "country") and may(store, ann, "reviewer", None)
    assert not may(store, ann, "administrator", "country")
    roles.revoke(store, Wanted(ann, "custodian"), "tester")
    assert not may(store, ann, "contributor", "country")
    assert roles.find_all(store) == []


def test_a_role_follows_its_register_and_goes_with_it(store: Store) -> None:
    make(store), make(store, "draft")
    lifecycle.publish(store, "country")
    ann = person(store).id
    roles.grant(store, Wanted(ann, "custodian", "country"), "tester")
    roles.grant(store, Wanted(ann, "custodian", "draft"), "tester")
    naming.rename(store, "country", "nation", AUTHORITY)
    assert may(store, ann, "custodian", "nation") and may(store, ann, "custodian", "country")
    lifecycle.drop(store, "draft")
    make(store, "draft")
    assert not may(store, ann, "custodian", "draft")
    assert [each.register for each in roles.find_all(store)] == ["nation"]


def test_a_change_of_roles_ends_the_sessions(store: Store) -> None:
    make(store)
    ann, bob = person(store).id, person(store, "bob@example.org").id
    for change in (roles.grant, roles.revoke):
        with store.writing() as tx:
            mine, other = sessions.begin(tx, ann, sessions.BY_PASSWORD), sessions.begin(tx, bob, sessions.BY_PASSWORD)
        change(store, Wanted(ann, "custodian", "country"), "tester")
        assert sessions.find(store, mine) is None
        assert sessions.find(store, other) is not None


def test_every_decision_is_in_the_access_log(store: Store) -> None:
    make(store)
    ann = person(store).id
    roles.grant(store, Wanted(ann, "reviewer", "country"), "tester")
    may(store, ann, "reviewer", "country"), may(store, ann, "custodian", "country")
    refused, allowed = access.page(store, limit=2)
    assert (allowed.actor, allowed.action, allowed.register, allowed.allowed, allowed.why) == (
        ann,
        "try",
        "country",
        True,
        "",
    )
    assert (refused.allowed, refused.why) == (False, "this takes the role custodian, which may decide on suggestions")


def test_an_administrator_of_one_register_gives_no_role_on_another(store: Store) -> None:
    make(store), make(store, "other")
    ann, bob = person(store).id, person(store, "bob@example.org").id
    roles.grant(store, Wanted(ann, "administrator", "country"), "tester")
    roles.grant(store, Wanted(bob, "custodian", "country"), ann, within=True)
    for register in ("other", None):
        with pytest.raises(Forbidden):
            roles.grant(store, Wanted(bob, "custodian", register), ann, within=True)
    with pytest.raises(Forbidden):
        roles.revoke(store, Wanted(ann, "administrator", "country"), bob, within=True)
    assert [(each.account, each.role) for each in roles.find_all(store) if each.account == bob] == [(bob, "custodian")]


@pytest.mark.parametrize(
    ("wanted", "kind", "sentence"),
    [
        (Wanted("ann@example.org", "king"), Invalid, "role: 'king' is not one of"),
        (Wanted("bob@example.org", "reviewer"), NotFound, "there is no person 'bob@example.org'"),
        (Wanted("person-000000000000", "reviewer"), NotFound, "there is no person"),
        (Wanted("person-\0", "reviewer"), NotFound, "there is no person"),
        (Wanted("ann@example.org", "reviewer", "nowhere"), NotFound, "there is no register 'nowhere'"),
        (Wanted("ann@example.org", "reviewer", "a\0"), Invalid, "is not a name"),
    ],
)
def test_what_cannot_be_granted_is_said(store: Store, wanted: Wanted, kind: type[Exception], sentence: str) -> None:
    person(store)
    for change in (roles.grant, roles.revoke):
        with pytest.raises(kind, match=sentence):
            change(store, wanted, "tester")
    assert roles.find_all(store) == []


def test_a_role_is_given_once_and_taken_once(sqlite_store: Store) -> None:
    make(sqlite_store)
    person(sqlite_store)
    wanted = Wanted("ann@example.org", "reviewer", "country")
    roles.grant(sqlite_store, wanted, "tester")
    with pytest.raises(Conflict, match="is reviewer of country already"):
        roles.grant(sqlite_store, wanted, "tester")
    roles.revoke(sqlite_store, wanted, "tester")
    with pytest.raises(Conflict, match="is not reviewer of country"):
        roles.revoke(sqlite_store, wanted, "tester")
