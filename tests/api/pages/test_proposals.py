"""A proposal's page: what it would change, how it stands, what happened; for who may read it, and nobody else."""

from __future__ import annotations

import re

import pytest
from argon2 import PasswordHasher
from flask import Flask

from people import access, passwords
from registers import lifecycle, naming
from registers.store.engine import Store
from review import decisions, proposals
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import id_of, somebody
from tests.api.pages.visitors import Visitor
from tests.makers import AUTHORITY, OPERATOR, FixedClock, append, country, definition
from tests.review.makers import BOB, founding, planned, submitted

HERE = "/proposals/1"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def page_of(visitor: Visitor, path: str = HERE) -> Page:
    shown = visitor.get(path)
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    return Page(shown.text)


def test_it_says_what_would_change_field_by_field(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    content = planned(store, country("GB", "Britain", citizen_names=["Briton"]), country("IT", "Italy"))
    proposals.submit(store, content, id_of(store, "ann"), "As it\nis called")
    page = page_of(ann)
    assert "Changed: Britain (GB)" in page.text and "Added: Italy (IT)" in page.text
    assert "Name United Kingdom Britain" in page.text and "Name no value Italy" in page.text
    assert "Citizen names Briton British citizen Briton" in page.text
    assert "Suggested by You," in page.text and "As it is called" in page.text
    assert "Approvals 0 of 1" in page.text and "You suggested this" in page.text
    assert "/registers/country/records/GB" in page.links and "/registers/country/records/IT" not in page.links


def test_who_reads_it_sees_others_by_their_opaque_ids(store: Store, app: Flask) -> None:
    somebody(store, app, "ann")
    reader = somebody(store, app, "rea", "contributor")
    author = id_of(store, "ann")
    submitted(store, actor=author)
    decisions.comment(store, 1, BOB, "Why?")
    page = page_of(reader)
    assert f"Suggested by {author}," in page.text and "bob commented" in page.text and "Why?" in page.text
    assert "@" not in page.text and "Ann" not in page.text
    logged = access.page(store, of=id_of(store, "rea"))[0]
    assert (logged.action, logged.register, logged.allowed) == ("see proposals", "country", True)


@pytest.mark.parametrize(("role", "register"), [("", None), ("custodian", "other"), ("administrator", "other")])
def test_nobody_else_reads_it(store: Store, app: Flask, role: str, register: str | None) -> None:
    lifecycle.create(store, definition("other"), AUTHORITY, OPERATOR)
    eve = somebody(store, app, "eve", role, register)
    submitted(store)
    refused = eve.get(HERE)
    assert (refused.status_code, "Britain" in refused.text) == (403, False)
    logged = access.page(store, limit=1)[0]
    assert (logged.action, logged.allowed) == ("see proposals", False)


def test_who_suggested_the_same_reads_it_too(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    submitted(sqlite_store)
    submitted(sqlite_store, actor=id_of(sqlite_store, "ann"))
    page = page_of(ann)
    assert "Suggested too by you" in page.text and "You suggested the same" in page.text


def test_who_is_not_signed_in_is_shown_the_way(sqlite_store: Store, sqlite_app: Flask) -> None:
    submitted(sqlite_store)
    asked = Visitor(sqlite_app).get(HERE)
    assert (asked.status_code, asked.headers["Location"]) == (303, "/sign-in?next=%2Fproposals%2F1")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/proposals/2", 404), ("/proposals/x", 404), ("/proposals/-1", 404), (f"/proposals/{'9' * 40}", 404)]
    + [(f"{HERE}?after=-1", 400), (f"{HERE}?done=nothing", 400), (f"{HERE}?x=1", 400)],
)
def test_what_is_not_there_is_said(sqlite_store: Store, sqlite_app: Flask, path: str, status: int) -> None:
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    submitted(sqlite_store)
    assert cam.get(path).status_code == status


def test_a_stale_one_says_why(store: Store, app: Flask) -> None:
    cam = somebody(store, app, "cam", "custodian")
    submitted(store)
    append(store, country("GB", "Great Britain"))
    page = page_of(cam)
    assert "cannot be approved any more: the register has moved on: 'GB' changed" in page.text
    assert "Name United Kingdom Britain" in page.text  # against the item that it replaces, not the one of now


def test_an_expired_one_says_so_and_is_not_approved(sqlite_store: Store, sqlite_app: Flask, clock: FixedClock) -> None:
    submitted(sqlite_store)
    clock.now += 366 * 24 * 60 * 60
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    page = page_of(cam)
    assert "This has expired, after 365 days" in page.text and f"{HERE}/approve" not in page.links
    assert "State Expired" in page.text and "Expired" in page_of(cam, "/queue").text


def test_many_changes_come_page_by_page(sqlite_store: Store, sqlite_app: Flask) -> None:
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    submitted(sqlite_store, *(country(f"N{n:02}", f"New {n}") for n in range(45)))
    seen, path = [], HERE
    while path:
        page = page_of(cam, path)
        seen += re.findall(r"Added: New (\d+)", page.text)
        path = next((link for link in page.links if "after=" in link), "")
    assert "45 records, of which these are 41 to 45" in page.text
    assert [int(each) for each in seen] == list(range(45))


def test_a_published_one_names_its_entries(store: Store, app: Flask) -> None:
    cam = somebody(store, app, "cam", "custodian")
    submitted(store)
    decisions.approve(store, 1, BOB, OPERATOR)
    page = page_of(cam)
    assert "Entries 8 to 9" in page.text and "State Published" in page.text and "What it changed" in page.text


def test_script_in_a_value_a_key_or_a_note_stays_text(sqlite_store: Store, sqlite_app: Flask) -> None:
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    submitted(sqlite_store, country("GB", SCRIPT, citizen_names=[f'"{SCRIPT}']), note=SCRIPT)
    decisions.comment(sqlite_store, 1, BOB, SCRIPT)
    shown = cam.get(HERE)
    assert SCRIPT not in shown.text and Page(shown.text).text.count(SCRIPT) == 5


def test_a_register_that_a_plan_would_make_is_for_who_has_a_role_on_all(sqlite_store: Store, sqlite_app: Flask) -> None:
    proposals.submit(sqlite_store, founding(), BOB)
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian", None)
    eve = somebody(sqlite_store, sqlite_app, "eve", "administrator", "country")
    page = page_of(cam)
    assert "Field name no value string, one value" in page.text and "Added: Oak (oak)" in page.text
    assert eve.get(HERE).status_code == 403


def test_the_page_of_one_for_a_retired_register_is_still_there(sqlite_store: Store, sqlite_app: Flask) -> None:
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    submitted(sqlite_store)
    naming.retire(sqlite_store, "country")
    page = page_of(cam)
    assert "is retired" in page.text and "Name United Kingdom Britain" in page.text
