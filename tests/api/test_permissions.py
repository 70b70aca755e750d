"""Who may do what: reading takes no key; a route that writes takes one with its scope, for its register, good now."""

from __future__ import annotations

import json
import logging
from base64 import b64encode

import pytest
from werkzeug.routing import Rule

from api.app import create_app
from api.caching import Caching
from api.pages.blueprints import PREFIX
from api.permissions import Permission, check
from people import access, api_keys
from people.roles import ROLES
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.writing import Writer, issue, writer
from tests.makers import NOW, FixedClock, revisions_of, rows_in

APP = create_app(Settings(), open_store("sqlite:///never-opened.db"))
READING = {"GET", "HEAD", "OPTIONS"}


def declared(rule: Rule):  # type: ignore[no-untyped-def]
    return APP.view_functions[rule.endpoint].declared


def guarded() -> list[tuple[str, str, Permission]]:
    """Every route that takes a key: its method, its path for the register `country`, its permission."""
    found = []
    for rule in APP.url_map.iter_rules():
        permission = declared(rule).permission
        if declared(rule).for_people:
            continue
        path = rule.rule.replace("<segment:register>", "country").replace("<segment:", "").replace(">", "")
        method = min((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [(method, path, permission)] if permission is not Permission.PUBLIC else []
    return sorted(found, key=str)


GUARDED = guarded()
OF_A_REGISTER = [each for each in GUARDED if "/country" in each[1]]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def basic(key: str, user: str = "openregister") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{key}".encode()).decode()}


def challenges(permission: Permission) -> list[str]:
    both = permission is Permission.LOAD
    return ['Bearer realm="registers"', *(['Basic realm="registers"'] if both else [])]


@pytest.fixture
def keyed(sqlite_store: Store) -> Writer:
    return writer(sqlite_store)


def test_there_are_routes_that_take_a_key() -> None:
    assert len(GUARDED) >= 13 and len(OF_A_REGISTER) >= 9
    known = {each for each in Permission if each.scopes}
    assert {permission for _, _, permission in GUARDED} >= known - {Permission.WEBHOOKS}


def test_every_writing_route_takes_a_key() -> None:
    """But for what pages are sent, which hold the key they are sent with in their form."""
    open_to_all = [
        rule.rule
        for rule in APP.url_map.iter_rules()
        if not (rule.methods or set()) <= READING and declared(rule).permission is Permission.PUBLIC
        if not declared(rule).sent.asks
    ]
    assert [rule for rule in open_to_all if rule.startswith(("/v1", "/v2"))] == []


def test_a_page_asks_for_a_person_and_the_rest_for_a_key() -> None:
    """No route asks for what nobody could show there."""
    for rule in APP.url_map.iter_rules():
        permission = declared(rule).permission
        assert declared(rule).for_people == rule.endpoint.startswith(PREFIX)
        if permission is not Permission.PUBLIC:
            assert permission.is_for_people == declared(rule).for_people, rule


def test_what_a_page_asks_of_a_person_is_kept_by_no_cache() -> None:
    asking = [rule for rule in APP.url_map.iter_rules() if declared(rule).permission.is_for_people]
    assert len(asking) >= 5
    assert {declared(rule).caching for rule in asking} == {Caching.NO_STORE}
    assert {declared(rule).permission for rule in asking} == {each for each in Permission if each.is_for_people}


def test_a_page_with_a_role_names_the_register_that_it_is_on() -> None:
    asking = [rule for rule in APP.url_map.iter_rules() if declared(rule).permission.role]
    assert asking and all("register" in rule.arguments for rule in asking)
    assert {declared(rule).permission.role for rule in asking} <= set(ROLES)


def test_every_form_of_a_page_is_held_to_its_token_or_brings_its_key() -> None:
    forms = [rule for rule in APP.url_map.iter_rules() if declared(rule).for_people and "POST" in (rule.methods or ())]
    assert {rule.rule for rule in forms if declared(rule).sent.has_key} == {"/new-register", "/unsubscribe"}
    for rule in forms:
        if not declared(rule).sent.has_key:
            path = rule.rule.replace("<segment:register>", "country")
            (media_type,) = declared(rule).sent.examples
            form = {"data": {"form-token": "x"}, "content_type": media_type}
            sent = APP.test_client().post(path, **form, headers={"Accept": "text/html"})
            assert (sent.status_code, sent.headers["Cache-Control"]) == (403, "no-store"), rule


def test_every_permission_has_a_scope_or_is_for_people_or_for_all() -> None:
    others = [each for each in Permission if not each.scopes and not each.is_for_people]
    assert others == [Permission.PUBLIC]
    assert not [each for each in Permission if each.scopes and each.is_for_people]
    with pytest.raises(TypeError, match="it is for pages"):
        check(Permission.SIGNED_IN)
    assert {scope for each in Permission for scope in each.scopes} == set(api_keys.SCOPES)
    check(Permission.PUBLIC)


@pytest.mark.parametrize(("method", "path", "permission"), GUARDED, ids=lambda each: str(each))
def test_without_a_good_key_nothing_is_done(keyed: Writer, method: str, path: str, permission: Permission) -> None:
    before = rows_in(keyed.store)
    client = keyed.app.test_client()
    bad = [{}, bearer("registers_" + "A" * 43), bearer(""), {"Authorization": keyed.key}, bearer(f"{keyed.key} x")]
    bad += [{"Authorization": "Bearer \xff\xfe"}, {"Authorization": "Basic ???"}, basic(""), {"X-Api-Key": keyed.key}]
    bad += [] if permission is Permission.LOAD else [basic(keyed.key)]
    for headers in bad:
        answer = client.open(path, method=method, headers=headers, buffered=True)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json"), headers
        assert answer.headers.getlist("WWW-Authenticate") == challenges(permission)
        assert answer.headers["Cache-Control"] == "no-store"
        assert keyed.key not in answer.text
    assert rows_in(keyed.store) == before


@pytest.mark.parametrize(("method", "path", "permission"), GUARDED, ids=lambda each: str(each))
def test_a_key_of_another_scope_is_forbidden(keyed: Writer, method: str, path: str, permission: Permission) -> None:
    others = [scope for scope in api_keys.SCOPES if scope not in permission.scopes]
    key = issue(keyed.store, *others)
    answer = keyed.app.test_client().open(path, method=method, headers=bearer(key), buffered=True)
    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert f"lacks the scope {' or '.join(permission.scopes)}" in answer.json["detail"]
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize(("method", "path", "permission"), OF_A_REGISTER, ids=lambda each: str(each))
def test_a_key_for_another_register_is_forbidden(keyed: Writer, method: str, path: str, permission: Permission) -> None:
    client = keyed.app.test_client()
    key = issue(keyed.store, permission.scopes[0], registers=("other",))
    answer = client.open(path, method=method, headers=bearer(key), buffered=True)
    assert (answer.status_code, "is for other, and not" in answer.json["detail"]) == (403, True)
    own = issue(keyed.store, permission.scopes[0], registers=("country", "other"))
    assert client.open(path, method=method, headers=bearer(own), buffered=True).status_code not in (401, 403)


def test_what_a_key_is_refused_is_in_the_access_log(store: Store) -> None:
    keyed = writer(store, "direct", registers=("other",))
    assert keyed.send("/v2/registers/country/publish").status_code == 403
    assert keyed.send("/v2/api-keys", {"label": "x", "scopes": ["direct"]}).status_code == 403
    assert Writer(store, keyed.app, "registers_x").send("/v2/registers/country/publish").status_code == 401
    logged = access.page(store)
    made = api_keys.verify(store, keyed.key)
    assert [(each.actor, each.action, each.allowed) for each in logged] == [
        (made.actor, "api-keys", False),
        (made.actor, "publish", False),
    ]
    assert "lacks the scope api-keys" in logged[0].why and "is for other, and not" in logged[1].why


def test_a_key_that_has_ended_is_told_so(keyed: Writer, clock: FixedClock) -> None:
    item = {"item": {"country": "IT"}}
    short = Writer(keyed.store, keyed.app, issue(keyed.store, days=1))
    revoked = Writer(keyed.store, keyed.app, issue(keyed.store))
    api_keys.revoke(keyed.store, api_keys.verify(keyed.store, revoked.key).id)
    clock.now = NOW + 86400
    for who, word in ((short, "expired"), (revoked, "revoked")):
        answer = who.send("/v2/registers/country/entries", item)
        assert (answer.status_code, answer.json["detail"].endswith(f"is {word}")) == (401, True)
    assert keyed.send("/v2/registers/country/entries", item).status_code == 201


def test_a_key_in_the_query_string_is_never_read(keyed: Writer) -> None:
    for name in ("key", "api-key", "access_token"):
        answer = keyed.app.test_client().post(f"/v2/registers/country/publish?{name}={keyed.key}", buffered=True)
        assert answer.status_code == 401


def test_reading_takes_no_key_and_looks_at_none(keyed: Writer) -> None:
    for headers in ({}, bearer("wrong"), {"Authorization": "nonsense"}):
        assert keyed.get("/v1/registers/country/records/GB", headers=headers).status_code == 200


def test_what_is_written_is_in_the_name_of_the_key(keyed: Writer) -> None:
    keyed.send("/v2/registers/country/entries", {"item": {"country": "IT"}})
    made = revisions_of(keyed.store)[-1]
    assert (made.actor, made.policy, made.source) == (api_keys.verify(keyed.store, keyed.key).actor, "direct", "api")


def test_a_key_is_never_logged(keyed: Writer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        keyed.send("/v2/registers/country/entries", {"item": {"country": "IT"}})
        keyed.send("/v2/registers/country/entries", {"item": {"colour": "red"}})
        wrong = Writer(keyed.store, keyed.app, keyed.key[:-1])
        wrong.send("/v2/registers/country/entries", {"item": {"country": "IT"}})
    written = json.dumps([[each.getMessage(), repr(vars(each))] for each in caplog.records])
    assert "/v2/registers/country/entries" in written
    assert keyed.key[:-1] not in written


def test_a_renamed_registers_key_is_good_for_its_old_addresses(keyed: Writer) -> None:
    keyed.send("/v2/registers/country/rename", {"register": "nation"})
    for name in ("country", "nation"):
        limited = Writer(keyed.store, keyed.app, issue(keyed.store, registers=(name,)))
        assert limited.send("/v2/registers/country/publish").status_code == 308
        assert limited.send("/v2/registers/nation/publish").status_code == 409
