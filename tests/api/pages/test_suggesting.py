"""Suggesting on pages: the form of a register's fields, what would come of it, and the proposal that it makes."""

from __future__ import annotations

import json

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from api.pages.suggesting import proposing
from people import passwords
from registers import lifecycle, naming, snapshot
from registers.definition import Field
from registers.store.engine import Store
from review import decisions, proposals
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import found, id_of, somebody
from tests.api.pages.visitors import Visitor
from tests.makers import AUTHORITY, OPERATOR, append, country, definition
from tests.review.makers import BOB

GB = "/registers/country/records/GB/suggest"
ANEW = "/registers/country/suggest"
SCRIPT = "<script>alert(1)</script>"
WHY = {"kind": "change", "reason": "It is called so"}


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def form_of(visitor: Visitor, path: str = GB) -> dict[str, str]:
    """What a browser would send of the form as it is shown, but for its buttons."""
    return fields_of(visitor.get(path).text)


def fields_of(text: str) -> dict[str, str]:
    found, inside = Page(text).fields(), text.split("<form")[-1]
    for part in inside.split("<textarea")[1:]:
        name, (_, _, value) = part.split('name="')[1].split('"')[0], part.partition(">")
        found[name] = unescape(value.partition("</textarea>")[0]).replace("\n", "\r\n")
    return found


def unescape(text: str) -> str:
    for mark, letter in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(mark, letter)
    return text


def suggest(visitor: Visitor, path: str = GB, action: str = "send", **fields: str) -> TestResponse:
    """Send the form with these values: `name` is the field's, `kind`, `reason` and `evidence` are not fields."""
    said = {name: fields.pop(name) for name in ("kind", "reason", "evidence", "base") if name in fields}
    typed = {f"field-{name.replace('_', '-')}": value for name, value in fields.items()}
    return visitor.post(path, {**form_of(visitor, path), **WHY, **said, **typed, "action": action})


def text_of(answer: TestResponse) -> str:
    return Page(answer.text).text


def body_of(store: Store, key: str) -> dict[str, object]:
    with store.reading() as tx:
        body: dict[str, object] = json.loads(snapshot.take(tx, snapshot.find_register(tx, "country")).record(key).body)
        return body


def count(store: Store) -> int:
    with store.reading() as tx:
        return len(proposals.page(tx, 0, 100, False))


def test_from_the_record_to_the_record(store: Store, app: Flask) -> None:
    """A person without a role suggests, a custodian approves, and the record is so; nothing else is."""
    ann, cam = somebody(store, app, "ann"), somebody(store, app, "cam", "custodian")
    assert GB in Page(ann.get("/registers/country/records/GB").text).links
    seen = suggest(ann, action="preview", name="Britain")
    assert (seen.status_code, count(store)) == (200, 0)
    assert "Name United Kingdom Britain" in text_of(seen) and "Citizen names" not in text_of(seen)
    sent = ann.post(GB, {**fields_of(seen.text), "action": "send"})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/proposals/1?done=suggested")
    page = text_of(ann.get("/proposals/1?done=suggested"))
    assert "Thank you" in page and "Kind of change It is new in the world Reason It is called so" in page
    assert "/proposals/1" in Page(cam.get("/queue").text).links
    before = body_of(store, "GB")
    decisions.approve(store, 1, id_of(store, "cam"), OPERATOR)
    assert body_of(store, "GB") == before | {"name": "Britain"}


def test_a_new_record_is_suggested_whole(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    assert ANEW in Page(ann.get("/registers/country").text).links
    sent = suggest(
        ann, ANEW, country="IT", name=" Italy ", citizen_names="Italian\r\n\r\n Italian citizen ", start_date="1861"
    )
    assert sent.headers["Location"] == "/proposals/1?done=suggested"
    decisions.approve(store, 1, BOB, OPERATOR)
    assert body_of(store, "IT") == {
        "country": "IT",
        "name": "Italy",
        "citizen-names": ["Italian", "Italian citizen"],
        "start-date": "1861",
    }


def test_who_suggests_the_same_confirms_it_whatever_else_was_written_meanwhile(store: Store, app: Flask) -> None:
    ann, bob = somebody(store, app, "ann"), somebody(store, app, "bob")
    assert suggest(ann, name="Britain").headers["Location"].endswith("1?done=suggested")
    append(store, country("DE", "Deutschland"))
    again = suggest(bob, name="Britain", kind="correct", reason="I saw it too", evidence="https://example.org")
    assert again.headers["Location"] == "/proposals/1?done=confirmed"
    page = text_of(bob.get("/proposals/1?done=confirmed"))
    assert "you have confirmed their suggestion" in page
    assert "I saw it too Evidence: https://example.org" in page
    assert (found(store).confirmed_by, count(store)) == ((id_of(store, "bob"),), 1)
    twice = suggest(ann, name="Britain")
    assert (twice.status_code, "submitted this plan already, as proposal 1" in text_of(twice)) == (409, True)
    decisions.approve(store, 1, "cam", OPERATOR)
    assert body_of(store, "GB")["name"] == "Britain"


def test_a_record_ends_on_a_day(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    without = suggest(ann, kind="end")
    assert (without.status_code, "Give the day on which it ended" in text_of(without)) == (400, True)
    assert suggest(ann, kind="end", end_date="2023-11-01").status_code == 303
    assert "Ended: United Kingdom (GB)" in text_of(ann.get("/proposals/1"))


def test_a_record_that_should_never_have_been_here_ends_and_says_so(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    seen = suggest(ann, action="preview", kind="retract", end_date="2023-11-01")
    assert "It should never have been here." in text_of(seen)
    assert suggest(ann, kind="retract", end_date="2023-11-01").status_code == 303
    assert "It should never have been in the register" in text_of(ann.get("/proposals/1"))
    decisions.approve(store, 1, BOB, OPERATOR)
    refused = suggest(ann, kind="end", name="Britain")
    assert (refused.status_code, "had its end before" in text_of(refused)) == (400, True), text_of(refused)


def test_what_machines_found_is_shown_before_it_is_sent_and_kept(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    assert "found nothing to say" in text_of(suggest(ann, action="preview", name="Britain"))
    seen = suggest(ann, ANEW, "preview", country="XG", start_date="2020", end_date="2019")
    assert "What machines found Note XG: it ends before it begins" in text_of(
        seen
    ) and "You may send it all the same" in text_of(seen)
    suggest(ann, ANEW, country="XG", start_date="2020", end_date="2019")
    assert "What machines found Note XG: it ends before it begins" in text_of(ann.get("/proposals/1"))


@pytest.mark.parametrize(
    ("given", "part", "sentence"),
    [
        ({"start_date": "yesterday"}, "field-start-date", "Start date: 'yesterday' is not"),
        ({"citizen_names": "a\r\na"}, "field-citizen-names", "is in the list twice"),
        ({"citizen_names": "a;b"}, "field-citizen-names", "contains a ;"),
        ({"name": "a\0b"}, "field-name", "may not contain U+0000"),
        ({"name": "**REDACTED**" + "0" * 64}, "field-name", "may not begin with"),
        ({"name": "x" * 10_001}, "field-name", "at most 10,000 characters"),
        ({}, "changes", "You have changed nothing"),
        ({"name": "B", "reason": " "}, "reason", "Say why"),
        ({"name": "B", "reason": "x" * 10_001}, "reason", "at most 10,000 characters"),
        ({"name": "B", "reason": "a\x1b[2J"}, "reason", "cannot be seen"),
        ({"name": "B", "kind": ""}, "kind", "Say what kind"),
        ({"name": "B", "kind": "redact"}, "kind", "Say what kind"),
        ({"kind": "change", "end_date": "2020"}, "kind", "What you typed ends the record"),
        ({"kind": "end", "name": "B"}, "field-end-date", "Give the day"),
        ({"name": "B", "base": ""}, "changes", "has changed since"),
        ({"name": "B", "base": "00"}, "changes", "has changed since"),
    ],
)
@pytest.mark.parametrize("action", ["preview", "send"])
def test_what_is_wrong_is_said_at_its_part(  # noqa: PLR0913
    sqlite_store: Store, sqlite_app: Flask, given: dict[str, str], part: str, sentence: str, action: str
) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    answer = suggest(ann, action=action, **given)
    assert answer.status_code in (400, 409) and sentence in text_of(answer)
    assert f'href="#{part}"' in answer.text and f'id="{part}"' in answer.text
    assert count(sqlite_store) == 0


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", "Give the key of the record: it is needed"),
        ("GB", "There is a record 'GB' already"),
        ("a\0", "U+0000"),
        ("x" * 9000, "key"),
    ],
)
def test_a_new_record_has_a_key_that_is_free(sqlite_store: Store, sqlite_app: Flask, key: str, sentence: str) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    answer = suggest(ann, ANEW, country=key, name="Italy")
    assert (answer.status_code, sentence in text_of(answer)) == (400, True)
    assert 'href="#field-country"' in answer.text and count(sqlite_store) == 0


def test_what_was_typed_is_there_again(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    typed = {"name": f'"{SCRIPT}', "citizen_names": f"{SCRIPT}\r\nb", "reason": SCRIPT, "evidence": f"'{SCRIPT}"}
    for action, status in (("edit", 200), ("preview", 200)):
        answer = suggest(ann, action=action, **typed)
        assert (answer.status_code, SCRIPT in answer.text) == (status, False)
        again = {**fields_of(answer.text)}
        assert again["field-name"] == f'"{SCRIPT}' and again["reason"] == SCRIPT
        assert again["field-citizen-names"].splitlines() == [SCRIPT, "b"]
    assert suggest(ann, **typed).status_code == 303
    shown = ann.get("/proposals/1")
    assert SCRIPT not in shown.text and SCRIPT in text_of(shown)


def test_what_was_not_touched_stays_to_the_letter(sqlite_store: Store, sqlite_app: Flask) -> None:
    odd = {"name": " spaces  and\ttabs ", "citizen_names": [" a ", "b"]}
    append(sqlite_store, country("GB", odd["name"], citizen_names=odd["citizen_names"]))
    ann = somebody(sqlite_store, sqlite_app, "ann")
    assert "You have changed nothing" in text_of(suggest(ann))
    suggest(ann, start_date="1707")
    decisions.approve(sqlite_store, 1, BOB, OPERATOR)
    assert body_of(sqlite_store, "GB") == {
        "country": "GB",
        "name": odd["name"],
        "citizen-names": odd["citizen_names"],
        "start-date": "1707",
    }


def test_a_record_that_changes_meanwhile_is_shown_again(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    form = {**form_of(ann), **WHY, "field-name": "Britain", "action": "send"}
    append(store, country("GB", "Great Britain"))
    answer = ann.post(GB, form)
    assert (answer.status_code, "has changed since this form was shown" in text_of(answer)) == (409, True)
    assert fields_of(answer.text)["field-name"] == "Britain" and count(store) == 0
    again = ann.post(GB, {**fields_of(answer.text), **WHY, "action": "send"})
    assert again.headers["Location"] == "/proposals/1?done=suggested"
    assert "Name Great Britain Britain" in text_of(ann.get("/proposals/1"))


def test_a_form_without_session_or_token_suggests_nothing(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    form = {**form_of(ann), **WHY, "field-name": "Britain", "action": "send"}
    for path in (GB, ANEW):
        asked = Visitor(sqlite_app).get(path)
        assert (asked.status_code, asked.headers["Location"][:14]) == (303, "/sign-in?next=")
    forged = [
        Visitor(sqlite_app).post(GB, form),
        ann.post(GB, {**form, "form-token": ""}),
        ann.post(GB, form, Sec_Fetch_Site="cross-site"),
    ]
    ann.send("/account", {}, "/sign-out")
    assert [each.status_code for each in (*forged, ann.post(GB, form))] == [403] * 4
    assert count(sqlite_store) == 0


def test_there_is_no_form_for_what_is_not_there(sqlite_store: Store, sqlite_app: Flask) -> None:
    lifecycle.create(sqlite_store, definition("draft"), AUTHORITY, OPERATOR)
    ann = somebody(sqlite_store, sqlite_app, "ann")
    for path in ("/registers/country/records/ZZ/suggest", "/registers/nowhere/suggest", "/registers/draft/suggest"):
        assert ann.get(path).status_code == 404, path
    naming.rename(sqlite_store, "country", "nation", AUTHORITY)
    assert ann.get(GB).headers["Location"] == "/registers/nation/records/GB/suggest"
    naming.retire(sqlite_store, "nation")
    assert ann.get("/registers/nation/suggest").status_code == 410


def test_keys_with_a_slash_or_like_a_format_have_their_forms(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    assert suggest(ann, "/registers/country/records/a%2Fb/suggest", name="Renamed").status_code == 303
    assert "With a slash, 100%" in text_of(ann.get("/registers/country/records/a%2Fb/suggest"))


def test_a_burst_of_suggestions_has_an_end(
    sqlite_store: Store, sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "MOST_OPEN", 3)
    ann, con = somebody(sqlite_store, sqlite_app, "ann"), somebody(sqlite_store, sqlite_app, "con", "contributor")
    for n in range(3):
        assert suggest(ann, ANEW, country=f"N{n}").status_code == 303
    more = suggest(ann, ANEW, country="N3")
    assert (more.status_code, "3 of your suggestions wait" in text_of(more), count(sqlite_store)) == (429, True, 3)
    assert suggest(con, ANEW, country="C").status_code == 303
    decisions.reject(sqlite_store, 2, BOB, "no")
    assert suggest(ann, ANEW, country="N3").status_code == 303
    for n in range(5):
        assert suggest(con, ANEW, country=f"C{n}").status_code == 303


def test_what_is_too_much_is_refused_unread(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    assert suggest(ann, name="B", evidence="x" * 10**7).status_code == 413
    assert count(sqlite_store) == 0


def test_a_link_to_nothing_is_said_and_may_be_suggested(sqlite_store: Store, sqlite_app: Flask) -> None:
    fields = (Field("town"), Field("country", register="country"), Field("area", "geometry"))
    lifecycle.create(sqlite_store, definition("town", fields), AUTHORITY, OPERATOR)
    lifecycle.publish(sqlite_store, "town")
    ann = somebody(sqlite_store, sqlite_app, "ann")
    path = "/registers/town/suggest"
    assert "The key of a record of the register country." in text_of(ann.get(path))
    seen = text_of(suggest(ann, path, "preview", town="a", country="ZZ"))
    assert "Fault a: country names a record that country does not have" in seen
    good = suggest(ann, path, "preview", town="a", country="GB")
    assert "/registers/country/records/GB" in Page(good.text).links
    bad = suggest(ann, path, "preview", town="a", area="POINT (1 2)")
    assert (bad.status_code, 'href="#field-area"' in bad.text) == (400, True)


def test_a_value_that_is_too_long_to_type_stays(sqlite_store: Store, sqlite_app: Flask) -> None:
    append(sqlite_store, country("GB", "x" * 20_000))
    ann = somebody(sqlite_store, sqlite_app, "ann")
    shown = ann.get(GB)
    assert "too long to be changed here" in text_of(shown) and "xxxx" not in shown.text.split("<form")[-1]
    assert suggest(ann, start_date="1707", name="short").status_code == 303
    decisions.approve(sqlite_store, 1, BOB, OPERATOR)
    assert body_of(sqlite_store, "GB")["name"] == "x" * 20_000


def test_a_register_without_an_end_date_offers_no_end(sqlite_store: Store, sqlite_app: Flask) -> None:
    lifecycle.create(sqlite_store, definition("plain", ("plain", "name")), AUTHORITY, OPERATOR)
    lifecycle.publish(sqlite_store, "plain")
    ann = somebody(sqlite_store, sqlite_app, "ann")
    suggest(ann, "/registers/plain/suggest", plain="a", name="A")
    decisions.approve(sqlite_store, 1, BOB, OPERATOR)
    path = "/registers/plain/records/a/suggest"
    assert "It has ended" not in text_of(ann.get(path))
    refused = suggest(ann, path, kind="end", name="B")
    assert (refused.status_code, "have no end-date" in text_of(refused), count(sqlite_store)) == (400, True, 1)
