"""Suggesting what a file says: shown before it is sent, sent as it was shown, and told by row what is wrong with it."""

from __future__ import annotations

import io
import json
import zipfile

import openpyxl
import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from api.pages.suggesting import file_form, files, proposing
from people import passwords
from registers import lifecycle, snapshot
from registers.store.engine import Store
from review import decisions, proposals
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import found, somebody
from tests.api.pages.visitors import Visitor
from tests.makers import AUTHORITY, OPERATOR, append, country, definition
from tests.review.makers import BOB

HERE = "/registers/country/suggest/file"
CSV = "country,name,start-date\nGB,Britain,1707\nIT,Italy,1861\nDE,Germany,\n"
SCRIPT = "<script>alert(1)</script>"
WHY = {"kind": "change", "reason": "The list of today"}


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def upload(visitor: Visitor, content: bytes | str = CSV, name: str = "list.csv", **fields: str) -> TestResponse:
    """Send the first step of the form as a browser does."""
    file = (io.BytesIO(content.encode() if isinstance(content, str) else content), name)
    given = {"form-token": visitor.token(HERE), "action": "preview", **WHY, **fields}
    return visitor.open("POST", HERE, {}, data={**given, "file": file}, content_type="multipart/form-data")


def post_whole(visitor: Visitor, content: bytes) -> TestResponse:
    """Send the first step with a large file, as one body: the client would put it on disk, and leave it open."""
    fields = {"form-token": visitor.token(HERE), **WHY}
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()]
    file = 'Content-Disposition: form-data; name="file"; filename="l.csv"\r\n\r\n'
    body = b"".join(b"--edge\r\n" + part.encode() for part in parts)
    body += b"--edge\r\n" + file.encode() + content + b"\r\n--edge--\r\n"
    return visitor.open("POST", HERE, {}, data=body, content_type="multipart/form-data; boundary=edge")


def send(visitor: Visitor, seen: TestResponse, **fields: str) -> TestResponse:
    """Send the second step, as it was shown."""
    given = {**Page(seen.text).fields(), "action": "send", **fields}
    return visitor.open("POST", HERE, {}, data=given, content_type="multipart/form-data")


def text_of(answer: TestResponse) -> str:
    return Page(answer.text).text


def body_of(store: Store, key: str) -> dict[str, object]:
    with store.reading() as tx:
        body: dict[str, object] = json.loads(snapshot.take(tx, snapshot.find_register(tx, "country")).record(key).body)
        return body


def count(store: Store) -> int:
    with store.reading() as tx:
        return len(proposals.page(tx, 0, 100, False))


def refused(store: Store, answer: TestResponse, words: str, status: int = 400) -> None:
    """It is said on the form, where what was typed still is; and nothing is proposed."""
    assert (answer.status_code, words in text_of(answer)) == (status, True), text_of(answer)
    assert count(store) == 0


def test_from_a_file_to_the_records(store: Store, app: Flask) -> None:
    ann, cam = somebody(store, app, "ann"), somebody(store, app, "cam", "custodian")
    assert HERE in Page(ann.get("/registers/country").text).links
    seen = upload(ann, evidence="https://example.org/list")
    shown = text_of(seen)
    assert (seen.status_code, count(store)) == (200, 0), shown
    assert "Added 1 record Changed 1 record Ended 0 records As they are already 1 record File list.csv" in shown
    assert "Changed: Britain (GB)" in shown and "Name United Kingdom Britain Start date no value 1707" in shown
    sent = send(ann, seen)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/proposals/1?done=suggested")
    page = text_of(cam.get("/proposals/1"))
    assert "The list of today Evidence: https://example.org/list" in page and "Added: Italy (IT)" in page
    assert found(store).subject.purpose == "change"
    before = body_of(store, "GB")
    decisions.approve(store, 1, BOB, OPERATOR)
    assert body_of(store, "GB") == before | {"name": "Britain", "start-date": "1707"}
    assert body_of(store, "IT") == {"country": "IT", "name": "Italy", "start-date": "1861"}


def test_what_is_sent_is_what_was_shown(store: Store, app: Flask) -> None:
    """A record that moved on meanwhile is shown again; one that the file leaves alone makes no difference."""
    ann = somebody(store, app, "ann")
    seen = upload(ann)
    append(store, country("FR", "France"))
    append(store, country("GB", "United Kingdom", start_date="1801"))
    again = send(ann, seen)
    assert (again.status_code, "The register has changed since this was shown" in text_of(again)) == (409, True)
    assert "Start date 1801 1707" in text_of(again) and count(store) == 0
    append(store, country("FR", "The French Republic"))
    assert send(ann, again).headers["Location"] == "/proposals/1?done=suggested"
    assert found(store).subject.changes == 2


def test_another_file_than_was_shown_is_shown_first(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    given = {**Page(upload(ann).text).fields(), "action": "send"}
    file = (io.BytesIO(b"country,name\nES,Spain\n"), "other.csv")
    answer = ann.open("POST", HERE, {}, data={**given, "file": file}, content_type="multipart/form-data")
    assert "Added: Spain (ES)" in text_of(answer) and count(store) == 0


def test_what_is_not_in_a_whole_file_ends_only_when_that_is_said(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    assert "Ended 0 records" in text_of(upload(ann))
    seen = upload(ann, complete="yes")
    assert "Ended 4 records" in text_of(seen) and "records that this file should have are not in it" not in seen.text
    assert "Ended: The French Republic (FR)" in text_of(seen)
    assert send(ann, seen, kind="correct").status_code == 303
    assert (found(store).subject.changes, found(store).subject.purpose) == (6, "correct")


def test_each_bad_row_is_told_with_its_place_and_its_reason(store: Store, app: Flask) -> None:
    bad = "country,name,start-date\nGB,Britain,yesterday\nIT,Italy,\nIT,Italia,\n,Nowhere,\nES,Spain,2000,more\n"
    answer = upload(somebody(store, app, "ann"), bad)
    refused(store, answer, "Row 2, start-date:")
    shown = text_of(answer)
    for words in ("Row 4: the key 'IT' is that of row 3 too", "Row 5, country:", "Row 6: "):
        assert words in shown, shown
    many = "country,name,start-date\n" + "".join(f"K{n},x,never\n" for n in range(150))
    answer = upload(somebody(store, app, "bob"), many)
    refused(store, answer, "And 130 more")


FILES = {
    "no record": ("country,name\n", "There is no record in list.csv"),
    "blank": (" ", "list.csv"),
    "a column that is no field": ("country,name,colour\nGB,x,red\n", "'colour' is not a field of country"),
    "no key": ("name\nGB\n", "which one is country, the key?"),
    "nothing new": ("country,name\nDE,Germany\n", "The file changes nothing"),
    "two alike": ("country,name,name\nGB,x,y\n", "name"),
    "not a table": (b"%PDF-1.4 \x00\x01", "a PDF document"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "an old Excel workbook"),
    "a page": ("<!doctype html><html><body>No</body></html>", "an HTML page"),
    "a null": (b"country,name\nGB,a\0b\n", ""),
    "broken quotes": ('country,name\nGB,"Britain\n', ""),
    "a script": (f"country,name\n{SCRIPT},x\nGB\n", ""),
}


@pytest.mark.parametrize("case", FILES)
def test_what_is_no_list_of_this_register_is_refused(sqlite_store: Store, sqlite_app: Flask, case: str) -> None:
    content, words = FILES[case]
    answer = upload(somebody(sqlite_store, sqlite_app, "ann"), content)
    refused(sqlite_store, answer, words)
    assert "There is a problem" in text_of(answer) and "The list of today" in answer.text
    assert SCRIPT not in answer.text


def test_a_form_that_lacks_something_says_what(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    refused(sqlite_store, upload(ann, b""), "Choose a file that has something in it")
    refused(sqlite_store, upload(ann, reason=""), "Say why, so that others can decide")
    refused(sqlite_store, upload(ann, kind="retract"), "Say what kind of change it is")
    refused(sqlite_store, upload(ann, reason="a\0b"), "which cannot be seen")
    kept = upload(ann, reason="")
    assert f"list.csv, of {len(CSV)} bytes, is kept in this form" in text_of(kept)
    fields = {**Page(kept.text).fields(), **WHY, "action": "preview"}
    again = ann.open("POST", HERE, {}, data=fields, content_type="multipart/form-data")
    assert "Added 1 record" in text_of(again)


def test_a_mark_at_the_start_and_another_encoding_are_read(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    assert "Added: Côte (CI)" in text_of(upload(ann, b"\xef\xbb\xbfcountry,name\nCI,C\xc3\xb4te\n"))
    seen = text_of(upload(ann, "country,name\nCI,Côte\n".encode("cp1252")))
    assert "Added: Côte (CI)" in seen and "List.csv is not in UTF-8, and was read as Windows-1252" in seen
    assert "Added: Côte (CI)" in text_of(upload(ann, "country;name\nCI;Côte\n"))


def test_a_workbook_is_read_and_its_formulas_are_not(sqlite_store: Store, sqlite_app: Flask) -> None:
    ann, book, made = somebody(sqlite_store, sqlite_app, "ann"), openpyxl.Workbook(), io.BytesIO()
    book.active.append(["country", "name"])
    book.active.append(["ES", "Spain"])
    book.save(made)
    assert "Added: Spain (ES)" in text_of(upload(ann, made.getvalue(), "C:\\lists\\Länder [1].xlsx"))
    book.active.append(["PT", "=A2"])
    book.save(made := io.BytesIO())
    refused(sqlite_store, upload(ann, made.getvalue(), "l.xlsx"), "holds a formula")


def test_what_a_spreadsheet_takes_for_a_formula_is_text_here(sqlite_store: Store, sqlite_app: Flask) -> None:
    seen = upload(somebody(sqlite_store, sqlite_app, "ann"), 'country,name\nES,"=HYPERLINK(""https://x"")"\n')
    assert "=HYPERLINK" in text_of(seen) and 'href="https://x"' not in seen.text


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a/b.csv", "\0.csv", "é" * 300 + ".csv", ".csv", "list"])
def test_a_file_may_be_called_anything(sqlite_store: Store, sqlite_app: Flask, name: str) -> None:
    assert upload(somebody(sqlite_store, sqlite_app, "ann"), name=name).status_code == 200
    assert "/" not in file_form.named(name) and file_form.named(name).strip(".")


def test_limits_are_kept_and_said(sqlite_store: Store, sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    assert "at most 10 MB and 50,000 rows" in text_of(ann.get(HERE))
    over = post_whole(ann, b"x" * (file_form.LIMIT + 1))
    refused(sqlite_store, over, "larger than 10 MB: send it in parts", 413)
    assert post_whole(ann, b"x" * (65 * 2**20)).status_code == 413
    many = "country,name\n" + "".join(f"K{n},x\n" for n in range(30))
    monkeypatch.setattr(files, "MOST_ROWS", 20)
    refused(sqlite_store, upload(ann, many), "more than 20 rows: send it in parts", 413)
    monkeypatch.undo()
    monkeypatch.setattr(proposals, "LIMIT", 100)
    refused(sqlite_store, upload(ann), "send it in parts", 413)


def test_what_expands_beyond_all_measure_is_refused(sqlite_store: Store, sqlite_app: Flask) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("l.csv", b"country,name\n" + b"\n" * (250 * 2**20))
    answer = upload(somebody(sqlite_store, sqlite_app, "ann"), made.getvalue(), "l.zip")
    refused(sqlite_store, answer, "There is a problem", 413)


@pytest.mark.parametrize("broken", ["%%%", "AAAA", "eJwDAAAAAAE"])
def test_a_file_that_the_form_carries_broken_is_asked_for_again(
    sqlite_store: Store, sqlite_app: Flask, broken: str
) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    answer = send(ann, upload(ann), content=broken)
    refused(sqlite_store, answer, "upload it again" if broken != "eJwDAAAAAAE" else "problem")


def test_many_that_wait_and_the_same_twice_are_refused_with_the_file_kept(
    store: Store, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = somebody(store, app, "ann"), somebody(store, app, "bob")
    assert send(ann, upload(ann)).status_code == 303
    twice = send(ann, upload(ann))
    assert (twice.status_code, "submitted this plan already, as proposal 1" in text_of(twice)) == (409, True)
    assert f"list.csv, of {len(CSV)} bytes, is kept" in text_of(twice)
    assert send(bob, upload(bob)).headers["Location"] == "/proposals/1?done=confirmed"
    monkeypatch.setattr(proposing, "MOST_OPEN", 1)
    many = send(ann, upload(ann, "country,name\nES,Spain\n"))
    assert (many.status_code, "wait to be decided" in text_of(many)) == (429, True)


def test_who_is_not_signed_in_or_sends_it_from_elsewhere_suggests_nothing(
    sqlite_store: Store, sqlite_app: Flask
) -> None:
    assert Visitor(sqlite_app).get(HERE).status_code == 303
    ann = somebody(sqlite_store, sqlite_app, "ann")
    seen = upload(ann)
    assert send(ann, seen, **{"form-token": "x"}).status_code == 403
    assert ann.get("/registers/nowhere/suggest/file").status_code == 404
    lifecycle.create(sqlite_store, definition("tree", ("tree", "name")), AUTHORITY, OPERATOR)
    assert ann.get("/registers/tree/suggest/file").status_code == 404
    assert count(sqlite_store) == 0
