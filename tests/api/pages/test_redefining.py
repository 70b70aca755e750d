"""Suggesting what a register should say of itself: the form, what would come of it, the proposal, and the register."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from people import passwords
from registers import lifecycle, snapshot
from registers.definition import Definition, Field
from registers.store.engine import Store
from review import alone, proposals
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import found, somebody
from tests.api.pages.test_suggesting import fields_of
from tests.api.pages.visitors import Visitor
from tests.makers import AUTHORITY, append, country

HERE = "/registers/country/about/suggest"
SELECTED = {
    "member-phase": "beta",
    "new-0-datatype": "string",
    "new-1-datatype": "string",
}  # what a browser sends of lists to choose from
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def suggest(visitor: Visitor, action: str = "send", **typed: str) -> TestResponse:
    """Send the form with these parts; their names take a hyphen for an underscore."""
    shown = fields_of(visitor.get(HERE).text) | SELECTED | {"kind": "change", "reason": "It is so now"}
    given = {name.replace("_", "-"): text for name, text in typed.items()}
    return visitor.post(HERE, {**shown, **given, "action": action})


def defined(store: Store) -> Definition:
    with store.reading() as tx:
        made = snapshot.read_definition(tx, snapshot.find_register(tx, "country"))
        assert made
        return made


def text_of(answer: TestResponse) -> str:
    return Page(answer.text).text


def test_from_the_page_to_the_register(store: Store, app: Flask) -> None:
    ann, cam = somebody(store, app, "ann"), somebody(store, app, "cam", "custodian")
    assert HERE in Page(ann.get("/registers/country/about").text).links
    before = defined(store)
    typed = {
        "member_custodian": "Ada Lovelace",
        "member_update_frequency": "irregular",
        "meaning_name": "What it is called",
        "new_0_name": "capital",
        "new_0_many": "yes",
        "new_0_register": "city",
        "new_0_text": "Where it is ruled from",
    }
    seen = suggest(ann, "preview", **typed)
    assert (seen.status_code, defined(store)) == (200, before)
    for told in (
        "Custodian no value Ada Lovelace",
        "How often it changes no value irregular",
        "Field name: meaning no value What it is called",
        "Field capital no value string, a list, keys of city: Where it is ruled from",
    ):
        assert told in text_of(seen)
    sent = ann.post(HERE, {**fields_of(seen.text), "action": "send"})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/proposals/1?done=suggested")
    assert (found(store).subject.kind, found(store).subject.purpose) == ("definition", "change")
    page = text_of(cam.get("/proposals/1"))
    assert "Custodian no value Ada Lovelace" in page and "Reason It is so now" in page
    append(store, country("IT", "Italy"))  # what happens to records makes it no less good
    approved = cam.post("/proposals/1/approve", fields_of(cam.get("/proposals/1/approve").text))
    assert approved.status_code == 303, text_of(approved)
    after = defined(store)
    assert (after.custodian, after.update_frequency) == ("Ada Lovelace", "irregular")
    assert after.fields[-1] == Field("capital", "string", "n", "city", "Where it is ruled from")
    assert {each.name: each.text for each in after.fields}["name"] == "What it is called"
    assert after.field_names == [*before.field_names, "capital"]
    assert "Custodian no value Ada Lovelace" in text_of(cam.get("/proposals/1"))
    assert "Custodian no value Ada Lovelace" in text_of(cam.get("/registers/country/about"))


def test_the_tier_is_chosen_and_takes_as_many_as_it_takes_now(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    cam, dee = (somebody(store, app, name, "custodian") for name in ("cam", "dee"))
    shown = Page(ann.get(HERE).text)
    radios = [
        attributes for tag, attributes in shown.tags if tag == "input" and attributes.get("name") == "member-tier"
    ]
    assert [(each["value"], "checked" in each) for each in radios] == [("ordinary", True), ("critical", False)]
    assert "once one custodian agrees" in shown.text and "It takes two custodians" in shown.text
    seen = suggest(ann, "preview", member_tier="critical")
    assert "Tier Ordinary Critical" in text_of(seen)
    ann.post(HERE, {**fields_of(seen.text), "action": "send"})
    assert "Tier Ordinary Critical" in text_of(cam.get("/proposals/1"))
    assert approve(cam, 1).headers["Location"].endswith("done=published")
    about = text_of(cam.get("/registers/country/about"))
    assert "Tier Critical: a change that somebody suggests takes 2 custodians who did not suggest it" in about
    assert "Tier Ordinary Critical" in about and defined(store).tier == "critical"
    assert suggest(ann, member_tier="ordinary").headers["Location"].endswith("2?done=suggested")
    assert "Tier Critical Ordinary" in text_of(cam.get("/proposals/2"))
    assert approve(cam, 2).headers["Location"].endswith("done=approved") and defined(store).tier == "critical"
    assert approve(dee, 2).headers["Location"].endswith("done=published") and defined(store).tier == "ordinary"
    assert "Tier Critical Ordinary" in text_of(cam.get("/registers/country/about"))


def approve(visitor: Visitor, number: int) -> TestResponse:
    """Approve a proposal, as its page asks."""
    here = f"/proposals/{number}/approve"
    return visitor.post(here, fields_of(visitor.get(here).text))


def test_nothing_critical_is_suggested_where_a_custodian_decides_alone(store: Store, app: Flask) -> None:
    alone.decide_alone(store, "country", True, "admin")
    ann = somebody(store, app, "ann")
    for action in ("preview", "send"):
        answer = suggest(ann, action, member_tier="critical", reason="Much depends on it")
        assert (answer.status_code, "administrator take direct away first" in text_of(answer)) == (409, True)
        assert fields_of(answer.text)["member-tier"] == "critical" and "Much depends on it" in answer.text
    with store.reading() as tx:
        assert proposals.page(tx, 0, 10, False) == []


def test_who_suggests_the_same_confirms_it(store: Store, app: Flask) -> None:
    ann, bob = somebody(store, app, "ann"), somebody(store, app, "bob")
    assert suggest(ann, member_title="Countries").headers["Location"].endswith("1?done=suggested")
    append(store, country("IT", "Italy"))
    assert (
        suggest(bob, member_title="Countries", reason="I say so too").headers["Location"].endswith("1?done=confirmed")
    )


def test_it_is_stale_once_the_same_was_said_otherwise(store: Store, app: Flask) -> None:
    ann, cam = somebody(store, app, "ann"), somebody(store, app, "cam", "custodian")
    suggest(ann, member_title="Countries")
    lifecycle.describe(store, "country", {"custodian": "Another thing"}, AUTHORITY)
    assert proposals.why_stale(store, found(store)) == ""
    lifecycle.describe(store, "country", {"title": "Lands"}, AUTHORITY)
    assert "'register-name' changed since this was planned" in proposals.why_stale(store, found(store))
    assert cam.send("/proposals/1", {}, "/proposals/1/approve").status_code in (400, 409)
    assert defined(store).title == "Lands"


def test_a_form_from_before_another_change_is_shown_anew(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    shown = fields_of(ann.get(HERE).text)
    lifecycle.describe(store, "country", {"title": "Lands"}, AUTHORITY)
    typed = {**shown, "member-custodian": "Ada", "reason": "why", "action": "send"}
    answer = ann.post(HERE, typed)
    assert (answer.status_code, "has changed since this form was shown" in text_of(answer)) == (409, True)
    assert fields_of(answer.text)["member-custodian"] == "Ada"


@pytest.mark.parametrize(
    ("typed", "part", "fault"),
    [
        ({}, "changes", "You have changed nothing"),
        ({"member_title": "x", "reason": " "}, "reason", "Say why"),
        ({"member_update_frequency": "often"}, "member-update-frequency", "is not a frequency"),
        ({"member_temporal_coverage": "soon"}, "member-temporal-coverage", "is not a span"),
        ({"member_last_confirmed": "2020"}, "member-last-confirmed", "is not a day"),
        ({"member_phase": "gamma"}, "member-phase", "Phase: is one of"),
        ({"member_tier": "vital"}, "member-tier", "Tier: is one of ordinary, critical, not 'vital'"),
        ({"member_tier": ""}, "member-tier", "Tier: may be changed, and not emptied"),
        ({"member_title": "x" * 2001}, "member-title", "at most 2,000 characters"),
        ({"new_1_name": "Not a name"}, "new-1-name", "New field 2: 'Not a name' is not a name"),
        ({"new_0_name": "name"}, "new-0-name", "there is a field name already"),
        ({"new_0_name": "x", "new_0_datatype": "money"}, "new-0-name", "money"),
        ({"new_0_name": "x", "new_1_name": "x"}, "new-1-name", "there is a field x already"),
        ({"new_0_text": "what?"}, "new-0-name", "is not a name"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_is_wrong_is_said_where_it_is(
    sqlite_store: Store, sqlite_app: Flask, typed: dict[str, str], part: str, fault: str
) -> None:
    answer = suggest(somebody(sqlite_store, sqlite_app, "ann"), **typed)
    page = Page(answer.text)
    assert (answer.status_code, fault in page.text, f"#{part}" in page.links) == (400, True, True), page.text
    assert part in {attributes.get("id") for _, attributes in page.tags}
    with sqlite_store.reading() as tx:
        assert proposals.page(tx, 0, 10, False) == []


def test_what_is_said_is_not_emptied(sqlite_store: Store, sqlite_app: Flask) -> None:
    lifecycle.describe(sqlite_store, "country", {"custodian": "Ada"}, AUTHORITY)
    answer = suggest(somebody(sqlite_store, sqlite_app, "ann"), member_custodian="")
    assert (answer.status_code, "Custodian: may be changed, and not emptied" in text_of(answer)) == (400, True)


def test_script_stays_text_on_each_page(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    typed = {"member_text": SCRIPT, "meaning_name": SCRIPT, "new_0_name": "x", "new_0_text": SCRIPT, "reason": SCRIPT}
    for answer in (suggest(ann, "edit", **typed), suggest(ann, "preview", **typed)):
        assert SCRIPT not in answer.text and "alert(1)" in answer.text
    suggest(ann, **typed)
    assert SCRIPT not in ann.get("/proposals/1").text


def test_who_is_not_signed_in_and_what_is_not_there(sqlite_store: Store, sqlite_app: Flask) -> None:
    assert Visitor(sqlite_app).get(HERE).status_code in (303, 401)
    ann = somebody(sqlite_store, sqlite_app, "ann")
    assert ann.get("/registers/x/about/suggest").status_code == 404
    forged = ann.post(HERE, {"member-title": "x", "reason": "x", "action": "send"})
    assert forged.status_code == 403
