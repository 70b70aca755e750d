"""Drafts on pages: what is half typed is kept, opened another day, sent or thrown away; and shown to nobody else."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from people import bars, passwords, suggestions
from registers import naming
from registers.store.engine import Store
from review import drafts, proposals
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import found, id_of, kinds, somebody
from tests.api.pages.test_suggesting import ANEW, GB, fields_of, form_of, text_of
from tests.api.pages.visitors import Visitor
from tests.makers import AUTHORITY, append, country

MINE = "/my-suggestions"
FILE = "/registers/country/suggest/file"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def ann(store: Store, app: Flask) -> Visitor:
    """Ann, who is signed in and has no role, on each engine."""
    return somebody(store, app, "ann")


@pytest.fixture
def amy(sqlite_store: Store, sqlite_app: Flask) -> Visitor:
    """Somebody like her, on SQLite alone."""
    return somebody(sqlite_store, sqlite_app, "ann")


def keep(visitor: Visitor, path: str = GB, **fields: str) -> TestResponse:
    """Save the form of that address, with what it holds and these."""
    return visitor.post(path.partition("?")[0], {**form_of(visitor, path), **fields, "action": "draft"})


def opened(visitor: Visitor) -> list[str]:
    """The addresses of the drafts in the list."""
    return [link for link in Page(visitor.get(MINE).text).links if "kept=" in link]


def send(visitor: Visitor, path: str, **fields: str) -> TestResponse:
    return visitor.post(path.partition("?")[0], {**form_of(visitor, path), **fields, "action": "send"})


def send_file(visitor: Visitor, fields: Mapping[str, object]) -> TestResponse:
    return visitor.open("POST", FILE, {}, data=dict(fields), content_type="multipart/form-data")


def test_half_a_suggestion_is_kept_and_sent_another_day(ann: Visitor, store: Store) -> None:
    kept = keep(ann, **{"field-name": "Brit", "field-start-date": "no day"})
    assert (kept.status_code, kept.headers["Location"]) == (303, f"{MINE}?done=kept")
    assert "Your draft is kept" in text_of(ann.get(kept.headers["Location"]))
    (here,) = opened(ann)
    assert here == f"{GB}?kept=1"
    form = form_of(ann, here)
    assert (form["field-name"], form["field-start-date"], form["reason"], form["draft"]) == (
        "Brit",
        "no day",
        "",
        "1.1",
    )
    assert keep(ann, here, **{"field-name": "Britain", "field-start-date": "", "reason": "So"}).status_code == 303
    shown = ann.post(GB, {**form_of(ann, here), "kind": "change", "action": "preview"})
    assert fields_of(shown.text)["draft"] == "1.2"  # carried from step to step
    sent = ann.post(GB, {**fields_of(shown.text), "action": "send"})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/proposals/1?done=suggested")
    assert found(store).subject.note == "So"
    assert kinds(store) == ["drafted", "drafted", "submitted", "checked"]
    assert opened(ann) == []
    assert "began this, as a draft" in text_of(ann.get("/proposals/1"))


def test_nobody_else_sees_a_draft(ann: Visitor, store: Store, app: Flask) -> None:
    cam = somebody(store, app, "cam", "custodian")
    keep(ann, **{"field-name": "Atlantis"})
    assert [cam.get(path).status_code for path in (f"{GB}?kept=1", "/proposals/1")] == [404, 404]
    for path in ("/queue", MINE, "/registers/country/proposals", "/registers/country/proposals?state=closed", GB):
        shown = cam.get(path)
        assert (shown.status_code, "Atlantis" in shown.text, "kept=1" in shown.text) == (200, False, False)
    token = form_of(cam)["form-token"]
    assert cam.post(f"{MINE}/1/throw-away", {"form-token": token, "draft": "1.1"}).status_code == 404
    stolen = keep(cam, draft="1.1", **{"field-name": "Mine"})
    assert (stolen.status_code, "there is no proposal 1" in text_of(stolen).lower()) == (404, True)
    assert len(opened(ann)) == 1
    to_form = ann.get("/proposals/1")
    assert (to_form.status_code, to_form.headers["Location"]) == (303, f"{GB}?kept=1")


def test_a_draft_is_thrown_away(ann: Visitor) -> None:
    keep(ann, **{"field-name": "Atlantis"})
    shown = ann.get(MINE)
    away = {"form-token": Page(shown.text).fields()["form-token"], "draft": "1.1"}
    for _ in range(2):  # also when the button is pressed twice
        gone = ann.post(f"{MINE}/1/throw-away", away)
        assert (gone.status_code, gone.headers["Location"]) == (303, f"{MINE}?done=gone")
    assert "Your draft was thrown away" in text_of(ann.get(gone.headers["Location"]))
    assert opened(ann) == []
    assert [ann.get(path).status_code for path in (f"{GB}?kept=1", "/proposals/1")] == [410, 410]


def test_two_windows_of_a_draft_do_not_overwrite_each_other(amy: Visitor) -> None:
    keep(amy, **{"field-name": "Brit"})
    (here,) = opened(amy)
    other = form_of(amy, here)
    keep(amy, here, **{"field-name": "Britain"})
    for action in ("draft", "send"):
        typed = {**other, "kind": "change", "field-name": "Great Britain", "reason": "So", "action": action}
        told = amy.post(GB, typed)
        assert (told.status_code, "You saved this draft in another window" in text_of(told)) == (412, True)
        assert fields_of(told.text)["field-name"] == "Great Britain"  # nothing is lost
    away = {"form-token": other["form-token"], "draft": other["draft"]}
    refused = amy.post(f"{MINE}/1/throw-away", away)
    assert (refused.status_code, "has moved on since you saw it" in text_of(refused)) == (412, True)
    assert form_of(amy, here)["field-name"] == "Britain"
    again = {**fields_of(told.text), "kind": "change", "action": "send"}
    assert amy.post(GB, again).headers["Location"] == "/proposals/1?done=suggested"


def test_a_draft_that_was_sent_in_another_window_is_one_proposal(amy: Visitor, sqlite_store: Store) -> None:
    keep(amy, **{"field-name": "Britain", "reason": "So"})
    (here,) = opened(amy)
    form = {**form_of(amy, here), "kind": "change"}
    assert amy.post(GB, {**form, "action": "send"}).status_code == 303
    told = amy.post(GB, {**form, "action": "send"})
    assert (told.status_code, "Draft 1 is submitted already" in text_of(told)) == (409, True)
    assert "draft" not in fields_of(told.text)
    with sqlite_store.reading() as tx:
        assert [each.number for each in proposals.page(tx, 0, 9, False)] == [1]


def test_a_draft_of_a_record_that_changed_meanwhile_says_so(amy: Visitor, sqlite_store: Store) -> None:
    keep(amy, **{"field-name": "Britain", "reason": "So"})
    append(sqlite_store, country("GB", "Great Britain", end_date="2001"))
    (here,) = opened(amy)
    shown = amy.get(here)
    assert (shown.status_code, "The record has changed since you saved this" in text_of(shown)) == (200, True)
    assert fields_of(shown.text)["field-name"] == "Britain"
    assert send(amy, here, kind="change", **{"field-end-date": "2001"}).status_code == 303


def test_a_draft_follows_its_register(amy: Visitor, sqlite_store: Store) -> None:
    keep(amy, **{"field-name": "Britain"})
    naming.rename(sqlite_store, "country", "land", AUTHORITY)
    (here,) = opened(amy)
    assert here == "/registers/land/records/GB/suggest?kept=1"
    assert form_of(amy, here)["field-name"] == "Britain"
    naming.retire(sqlite_store, "land")
    assert opened(amy) == []
    assert "The register takes no suggestions now" in text_of(amy.get(MINE))
    assert amy.get(here).status_code == 410
    away = {"form-token": Page(amy.get(MINE).text).fields()["form-token"], "draft": "1.1"}
    assert amy.post(f"{MINE}/1/throw-away", away).status_code == 303


def test_the_form_says_that_there_is_a_draft(amy: Visitor) -> None:
    assert "You have a draft" not in text_of(amy.get(GB))
    keep(amy, **{"field-name": "Britain"})
    keep(amy, ANEW, **{"field-name": "Atlantis"})
    for path, number in ((GB, 1), (ANEW, 2)):
        shown = amy.get(path)
        assert "You have a draft of this" in text_of(shown)
        assert f"{path}?kept={number}" in Page(shown.text).links
    assert "You have a draft" not in text_of(amy.get(f"{GB}?kept=1"))
    assert amy.get(f"{ANEW}?kept=1").status_code == 404  # a draft is opened where it was typed
    assert [amy.get(f"{GB}?kept={number}").status_code for number in ("x", "0", "9", "-1")] == [404] * 4


def test_there_is_an_end_to_drafts(amy: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST", 1)
    keep(amy)
    refused = keep(amy, ANEW, **{"field-name": "Atlantis"})
    assert (refused.status_code, "You have 1 drafts" in text_of(refused)) == (409, True)
    assert fields_of(refused.text)["field-name"] == "Atlantis"
    monkeypatch.setattr(suggestions, "SAVED", 1)
    often = keep(amy, f"{GB}?kept=1")
    assert (often.status_code, "Retry-After" in often.headers) == (429, True)


def test_who_is_barred_meanwhile_can_still_throw_it_away(amy: Visitor, sqlite_store: Store) -> None:
    keep(amy)
    token = form_of(amy, MINE)["form-token"]
    bars.bar(sqlite_store, id_of(sqlite_store, "ann"), "country", "tester")
    assert [amy.get(path).status_code for path in (GB, f"{GB}?kept=1")] == [403, 403]
    assert amy.post(GB, {"form-token": token, "draft": "1.1", "action": "draft"}).status_code == 403
    assert amy.post(f"{MINE}/1/throw-away", {"form-token": token, "draft": "1.1"}).status_code == 303


def test_a_file_is_kept_with_what_was_typed(ann: Visitor, store: Store) -> None:
    content = b"country,name\nIT,Italy\n"
    token = form_of(ann, FILE)["form-token"]
    sent: dict[str, object] = {
        "form-token": token,
        "file": (io.BytesIO(content), "new.csv"),
        "kind": "correct",
        "action": "draft",
    }
    kept = send_file(ann, sent)
    assert (kept.status_code, kept.headers["Location"]) == (303, f"{MINE}?done=kept")
    (here,) = opened(ann)
    assert here == f"{FILE}?kept=1"
    form = form_of(ann, here)
    assert (form["name"], form["draft"], re.findall("new.csv, of 22 bytes", text_of(ann.get(here)))) == (
        "new.csv",
        "1.1",
        ["new.csv, of 22 bytes"],
    )
    form |= {"kind": "correct", "reason": "They were missing", "action": "preview"}
    proposed = send_file(ann, {**fields_of(send_file(ann, form).text), "action": "send"})
    assert proposed.headers["Location"] == "/proposals/1?done=suggested", text_of(proposed)
    assert found(store).subject.changes == 1
    assert kinds(store) == ["drafted", "submitted", "checked"]
