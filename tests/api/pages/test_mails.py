"""What people are told of by mail: chosen on their account, turned off by a link without signing in; their own feed."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from api.app import create_app
from notices import feed, telling, wishes
from notices.posting import Office, send_some
from notices.wishes import COMMENTS, DECISIONS, PROPOSALS, Refusal
from people import accounts, passwords, secret
from registers.store.engine import Store
from review import decisions
from tests.api.conftest import SETTINGS
from tests.api.conftest import fill as fill_register
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import id_of, somebody
from tests.api.pages.visitors import Visitor, person
from tests.api.v2.test_feeds import ATOM, read, text
from tests.makers import NOW, OPERATOR, FixedClock, country
from tests.notices.conftest import mailbox as mailbox  # the fixture
from tests.notices.mailbox import SENDER, Mailbox
from tests.review.makers import submitted

BASE = "https://registers.example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
MAILING = replace(SETTINGS, base_url=BASE, smtp_url="smtp://localhost", mail_from=SENDER)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def mailing(store: Store) -> Flask:
    """An application that sends mails, once on each engine."""
    fill_register(store)
    return create_app(replace(MAILING, base_url="http://localhost"), store)


def key(store: Store) -> bytes:
    return secret.read_secret("", store)


def wanted(store: Store, name: str = "ann") -> list[str]:
    with store.reading() as tx:
        return wishes.wanted(tx, accounts.find(tx, f"{name}@example.org").id)


def link_of(store: Store, account: str, kind: str = DECISIONS) -> str:
    return f"/unsubscribe?link={wishes.token(key(store), Refusal(account, kind), store.clock())}"


def test_what_one_is_told_of_is_chosen_on_the_account(store: Store, mailing: Flask) -> None:
    ann = somebody(store, mailing, "ann")
    assert wanted(store) == [DECISIONS, COMMENTS, PROPOSALS]
    boxes = [each for each in Page(ann.get("/account").text).all("input") if each.get("name") == "mails"]
    assert [(each["value"], "checked" in each) for each in boxes] == [(kind, True) for kind in wishes.KINDS]
    token = ann.token("/account")
    sent = ann.post("/account/mails", {"mails": COMMENTS, "form-token": token})
    assert (sent.status_code, sent.location) == (303, "/account?changed=mails")
    assert "What you are told of is changed." in Page(ann.get(sent.location).text).text
    assert wanted(store) == [COMMENTS]
    boxes = [each for each in Page(ann.get("/account").text).all("input") if each.get("name") == "mails"]
    assert [each["value"] for each in boxes if "checked" in each] == [COMMENTS]
    ann.post("/account/mails", {"form-token": token})
    assert wanted(store) == []
    for spoilt in ({"mails": "nothing", "form-token": token}, {"mails": "\0", "form-token": token}):
        assert ann.post("/account/mails", spoilt).status_code == 400
    assert ann.post("/account/mails", {"mails": DECISIONS}).status_code == 403
    assert wanted(store) == []


def test_where_no_mail_is_sent_the_account_says_so(sqlite_app: Flask, sqlite_store: Store) -> None:
    ann = somebody(sqlite_store, sqlite_app, "ann")
    page = Page(ann.get("/account").text)
    assert "This service sends no mails." in page.text
    assert [each for each in page.all("input") if each.get("name") == "mails"] == []


def test_a_link_turns_one_kind_off_without_signing_in_once_its_button_is_pressed(store: Store, mailing: Flask) -> None:
    ann, path = person(store).id, ""
    path = link_of(store, ann)
    browser = Visitor(mailing)
    opened = browser.get(path)
    assert (opened.status_code, opened.headers["Cache-Control"]) == (200, "no-store")
    assert "what is decided on your suggestions" in opened.text
    assert wanted(store) == [DECISIONS, COMMENTS, PROPOSALS]
    (form,) = [each for each in Page(opened.text).all("form") if each.get("method") == "post"]
    pressed = browser.post(unescape(form["action"]), Page(opened.text).fields())
    assert (pressed.status_code, "You get no more of these mails" in pressed.text) == (200, True)
    assert wanted(store) == [COMMENTS, PROPOSALS]
    assert browser.post(form["action"], ONE_CLICK).status_code == 200  # done twice is done once


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_program_turns_it_off_as_rfc_8058_says(store: Store, mailing: Flask, content_type: str) -> None:
    path = link_of(store, person(store).id)
    answer = mailing.test_client().post(path, data=ONE_CLICK, content_type=content_type, buffered=True)
    assert (answer.status_code, wanted(store)) == (200, [COMMENTS, PROPOSALS])


def test_links_that_are_not_ours_or_over_turn_nothing_off(store: Store, mailing: Flask, clock: FixedClock) -> None:
    ann = person(store).id
    browser, good = Visitor(mailing), link_of(store, ann)
    for spoilt in (good[:-1], good + "A", "/unsubscribe?link=", "/unsubscribe?link=%00", "/unsubscribe?link=a.b"):
        assert (browser.get(spoilt).status_code, browser.post(spoilt, ONE_CLICK).status_code) == (400, 400), spoilt
    with store.reading() as tx:
        other = feed.address(tx, key(store), ann)
    assert browser.post(f"/unsubscribe?link={other}", ONE_CLICK).status_code == 400
    clock.now = NOW + wishes.GOOD_FOR
    assert browser.post(good, ONE_CLICK).status_code == 410
    assert wanted(store) == [DECISIONS, COMMENTS, PROPOSALS]


def test_a_link_of_who_was_forgotten_does_nothing(store: Store, mailing: Flask) -> None:
    ann = person(store).id
    path = link_of(store, ann)
    accounts.forget(store, ann, "tester")
    assert Visitor(mailing).post(path, ONE_CLICK).status_code == 200
    with store.reading() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM notice_off").scalar() == 0


def test_a_suggestion_leads_to_mails_with_links_that_work(store: Store, mailing: Flask, mailbox: Mailbox) -> None:
    """From the suggestion to the mail that it is published, and no more of these."""
    ann, cam = somebody(store, mailing, "ann"), somebody(store, mailing, "cam", "custodian")
    office = Office(mailbox.office.server, SENDER, "http://localhost", key(store))
    submitted(store, country("IT", "Italy"), actor=id_of(store, "ann"))
    telling.tell(store, office.base_url, True)
    send_some(store, office)
    (to_cam,) = mailbox.taken
    assert to_cam.to == ["cam@example.org"] and "Ann" not in to_cam.text
    found = re.search(r"http://localhost(/proposals/1)\n", to_cam.text)
    assert found and cam.get(found[1]).status_code == 200
    decisions.approve(store, 1, id_of(store, "cam"), OPERATOR)
    telling.tell(store, office.base_url, True)
    send_some(store, office)
    to_ann = mailbox.taken[1]
    assert (to_ann.to, to_ann.mail["Subject"]) == (["ann@example.org"], "Your suggestion 1 for country is published")
    header = str(to_ann.mail["List-Unsubscribe"])
    assert to_ann.text.endswith(f"To get no more of them: {header[1:-1]}\n") and "\n-- \n" in to_ann.text
    path = header[1:-1].removeprefix("http://localhost")
    assert mailing.test_client().post(path, data=ONE_CLICK).status_code == 200
    submitted(store, country("ES", "Spain"), actor=id_of(store, "ann"))
    decisions.reject(store, 2, id_of(store, "cam"), "No.")
    telling.tell(store, office.base_url, True)
    send_some(store, office)
    assert len(mailbox.taken) == 2
    assert ann.get("/account").status_code == 200


def test_a_mail_that_waits_is_not_sent_to_who_turns_its_kind_off(
    store: Store, mailing: Flask, mailbox: Mailbox
) -> None:
    ann = person(store).id
    submitted(store, country("IT", "Italy"), actor=ann)
    decisions.reject(store, 1, "custodian", "No.")
    telling.tell(store, BASE, True)
    wishes.refuse(store, Refusal(ann, DECISIONS))
    send_some(store, Office(mailbox.office.server, SENDER, BASE, key(store)))
    assert mailbox.taken == []


# The feed


def feed_of(visitor: Visitor) -> str:
    return next(each for each in Page(visitor.get("/account").text).links if "/feed/mine" in each)


def entries(answer: TestResponse) -> list[str]:
    return [text(each, "title") for each in read(answer).findall(f"{ATOM}entry")]


def test_everybody_has_a_feed_of_what_concerns_them(store: Store, mailing: Flask) -> None:
    ann, cam, eve = (somebody(store, mailing, *each) for each in (("ann",), ("cam", "custodian"), ("eve",)))
    submitted(store, country("IT", "Italy"), actor=id_of(store, "ann"))
    decisions.comment(store, 1, id_of(store, "cam"), "Why?")
    decisions.reject(store, 1, id_of(store, "cam"), "It is not so.")
    reader = mailing.test_client()  # with no cookie
    answer = reader.get(feed_of(ann), buffered=True)
    assert answer.headers["Cache-Control"] == "private, no-cache, no-transform"
    assert entries(answer) == [
        "Your suggestion 1 for country was rejected",
        "There is a new comment on your suggestion 1 for country",
        "Your suggestion 1 for country was made",
    ]
    assert "It is not so." in answer.text and "Why?" not in answer.text and "ann@" not in answer.text
    again = reader.get(feed_of(ann), headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
    assert again.status_code == 304
    assert entries(reader.get(feed_of(cam), buffered=True)) == ["There is a new suggestion for country"]
    assert entries(reader.get(feed_of(eve), buffered=True)) == []
    (entry,) = read(reader.get(feed_of(cam), buffered=True)).findall(f"{ATOM}entry")
    (link,) = entry.findall(f"{ATOM}link")
    assert cam.get(link.get("href", "").removeprefix("http://localhost")).status_code == 200


def test_a_feed_has_pages(store: Store, mailing: Flask) -> None:
    ann = somebody(store, mailing, "ann")
    submitted(store, country("IT", "Italy"), actor=id_of(store, "ann"))
    for number in range(60):
        decisions.comment(store, 1, "somebody", f"Comment {number}")
    reader, path, ids = mailing.test_client(), feed_of(ann), []
    while path:
        page = read(reader.get(path, buffered=True))
        ids += [text(each, "id") for each in page.findall(f"{ATOM}entry")]
        links = {each.get("rel"): each.get("href", "") for each in page.findall(f"{ATOM}link")}
        path = links.get("next", "").removeprefix("http://localhost")
    assert len(ids) == len(set(ids)) == 61


def test_a_feed_can_be_given_another_address(store: Store, mailing: Flask) -> None:
    ann, reader = somebody(store, mailing, "ann"), mailing.test_client()
    before = feed_of(ann)
    assert feed_of(ann) == before
    sent = ann.send("/account", {}, "/account/feed")
    assert (sent.status_code, sent.location) == (303, "/account?changed=feed")
    assert "another address" in ann.get(sent.location).text
    after = feed_of(ann)
    assert (after != before, reader.get(before).status_code, reader.get(after).status_code) == (True, 410, 200)
    assert ann.post("/account/feed", {"form-token": "made-up"}).status_code == 403
    assert feed_of(ann) == after
    accounts.forget(store, id_of(store, "ann"), "tester")
    assert reader.get(after, buffered=True).status_code == 410


def test_nobody_makes_up_the_address_of_a_feed(store: Store, mailing: Flask) -> None:
    ann, reader = somebody(store, mailing, "ann"), mailing.test_client()
    good = feed_of(ann)
    others = wishes.token(key(store), Refusal(id_of(store, "ann"), DECISIONS), NOW)
    for spoilt in (good[:-1], good + "A", "/v2/feed/mine", "/v2/feed/mine?link=a.b", f"/v2/feed/mine?link={others}"):
        answer = reader.get(spoilt, buffered=True)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store"), spoilt
    assert reader.get(f"{good}&before=0", buffered=True).status_code == 400
    assert ElementTree.fromstring(reader.get(good, buffered=True).data).tag == f"{ATOM}feed"
