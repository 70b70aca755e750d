"""Asking on pages that what is about a person be taken away: what is ticked, what would become of it, the proposal."""

from __future__ import annotations

import json

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from api.pages.suggesting import proposing
from people import passwords
from registers import naming
from registers.store.engine import Store
from review import decisions, proposals
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import found, id_of, somebody
from tests.api.pages.test_suggesting import body_of, count, text_of
from tests.api.pages.visitors import Visitor
from tests.makers import OPERATOR, append, country

GB = "/registers/country/records/GB/redact"
SCRIPT = "<script>alert(1)</script>"
WHY = "A person asked for it"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def ann(store: Store, app: Flask) -> Visitor:
    return somebody(store, app, "ann")


def ask(visitor: Visitor, *fields: str, action: str = "send", path: str = GB, **said: str) -> TestResponse:
    """Send the form with these fields ticked."""
    form = Page(visitor.get(path).text).fields()
    given = {"form-token": form["form-token"], "entry": form["entry"], "reason": WHY, "action": action, **said}
    return visitor.post(path.partition("?")[0], {**given, "fields": list(fields)})  # type: ignore[dict-item]


def test_from_the_record_to_the_record_without_the_value(store: Store, app: Flask, ann: Visitor) -> None:
    assert GB in Page(ann.get("/registers/country/records/GB").text).links
    seen = ask(ann, "name", action="preview")
    assert (seen.status_code, count(store)) == (200, 0)
    assert "Name United Kingdom Why A person asked for it It would be taken out of 1 version" in text_of(seen)
    sent = ann.post(GB, {**Page(seen.text).fields(), "action": "send"})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/proposals/1?done=suggested")
    assert (found(store).subject.purpose, found(store).subject.kind) == ("redact", "redaction")
    with store.reading() as tx:
        assert b"United Kingdom" not in proposals.plan_of(tx, found(store))
    cam = somebody(store, app, "cam", "custodian")
    assert "values of" in text_of(cam.get("/proposals/1/approve"))
    decisions.approve(store, 1, id_of(store, "cam"), OPERATOR)
    assert "United Kingdom" not in json.dumps(body_of(store, "GB"))
    assert "United Kingdom" not in ann.get(GB).text


def test_what_an_earlier_entry_said_is_asked_for_by_its_number(store: Store, ann: Visitor) -> None:
    append(store, country("GB", "Britain"))
    earlier = next(link for link in Page(ann.get(GB).text).links if "entry=" in link)
    assert "United Kingdom" in ann.get(earlier).text and "United Kingdom" not in ann.get(GB).text
    assert "United Kingdom" in text_of(ask(ann, "name", action="preview", path=earlier))
    assert ask(ann, "name", path=earlier).status_code == 303


def test_another_who_asks_the_same_confirms_it(store: Store, app: Flask, ann: Visitor) -> None:
    assert ask(ann, "name").status_code == 303
    again = ask(somebody(store, app, "bob"), "name")
    assert again.headers["Location"] == "/proposals/1?done=confirmed"


@pytest.mark.parametrize(
    ("fields", "said", "sentence"),
    [
        ((), {}, "Tick what is to be taken away"),
        (("name",), {"reason": ""}, "Say why: it is published"),
        (("name",), {"reason": "x" * 1001}, "Reason: is"),
        (("name",), {"reason": "it says united kingdom"}, "Reason: says what is to be taken away"),
        (("country",), {}, "is the key"),
        (("end-date",), {}, "has nothing in it"),
        ((SCRIPT,), {}, "is not a field of country"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_there(
    store: Store, ann: Visitor, fields: tuple[str, ...], said: dict[str, str], sentence: str
) -> None:
    for action in ("preview", "send"):
        answer = ask(ann, *fields, action=action, **said)
        assert answer.status_code == 400 and sentence in text_of(answer)
        assert SCRIPT not in answer.text and said.get("reason", WHY)[:900] in answer.text
    assert count(store) == 0


@pytest.mark.parametrize(
    "path", [f"{GB}?entry=2", "/registers/country/records/XX/redact", "/registers/no/records/GB/redact"]
)
def test_what_is_not_there_is_not_found(ann: Visitor, path: str) -> None:
    assert ann.get(path).status_code == 404


def test_an_entry_that_is_sent_is_one_of_the_record(ann: Visitor) -> None:
    assert ask(ann, "name", entry="2").status_code == 404


def test_what_was_taken_away_cannot_be_asked_for_again(store: Store, ann: Visitor) -> None:
    form = Page(ann.get(GB).text).fields()
    assert ask(ann, "name").status_code == 303
    decisions.approve(store, 1, "another", OPERATOR)
    answer = ann.post(GB, {**form, "fields": "name", "reason": WHY, "action": "send"})
    assert answer.status_code == 409 and "was taken away before" in text_of(answer)


def test_who_has_no_role_asks_so_often(ann: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "MOST_OPEN", 1)
    assert ask(ann, "name").status_code == 303
    answer = ask(ann, "name", reason="Another reason")
    assert answer.status_code == 429 and "wait to be decided" in text_of(answer)


def test_only_who_is_signed_in_asks_and_only_from_the_form(store: Store, app: Flask, ann: Visitor) -> None:
    nobody = Visitor(app)
    assert nobody.get(GB).status_code == 303
    assert nobody.post(GB, {"fields": "name", "reason": WHY, "action": "send"}).status_code in (303, 403)
    assert ann.post(GB, {"fields": "name", "reason": WHY, "action": "send"}).status_code == 403
    assert count(store) == 0


def test_a_register_that_is_retired_has_no_form(store: Store, ann: Visitor) -> None:
    naming.retire(store, "country")
    assert ann.get(GB).status_code == 410
