"""Drafts over HTTP: kept with a key, seen with no other, and a proposal once they are submitted."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from people import suggestions
from registers.store.engine import Store
from review import drafts
from tests.api.v2.test_proposals import NDJSON, PROPOSALS, actor, another, detail, plan_of, propose
from tests.api.writing import Writer, writer
from tests.makers import append, country
from tests.review.makers import planned


@pytest.fixture
def author(store: Store) -> Writer:
    """Someone who may propose, on each engine."""
    return writer(store, "propose")


@pytest.fixture
def proposer(sqlite_store: Store) -> Writer:
    """The same on SQLite alone."""
    return writer(sqlite_store, "propose")


def begin(who: Writer, plan: bytes | None = None, query: str = "") -> TestResponse:
    return propose(who, plan, f"?draft=true{query}")


def change(who: Writer, plan: bytes, query: str = "", **headers: str) -> TestResponse:
    sent = {"data": plan, "content_type": NDJSON, "method": "PUT"}
    return with_headers(who, headers).send(f"{PROPOSALS}/1/plan{query}", **sent)  # type: ignore[arg-type]


def with_headers(who: Writer, headers: dict[str, str]) -> Writer:
    return Writer(who.store, who.app, who.key, {name.replace("_", "-"): value for name, value in headers.items()})


def show(who: Writer, path: str = "/1") -> TestResponse:
    return who.send(f"{PROPOSALS}{path}", method="GET")


def test_a_draft_is_kept_changed_and_submitted(author: Writer) -> None:
    made = begin(author, query="&note=half")
    assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, f"{PROPOSALS}/1", '"1"')
    assert (made.json["state"], made.json["author"], made.json["note"]) == ("draft", actor(author), "half")
    assert (made.json["submitted"], made.json["changes"]) == (None, 2)
    assert made.json["begun"]
    assert made.json["expires"]
    plan = planned(author.store, country("IT", "Italy"))
    changed = change(author, plan, "?note=whole&purpose=add", If_Match='"1"')
    assert (changed.status_code, changed.json["changes"], changed.json["note"]) == (200, 1, "whole")
    shown = show(author)
    assert (shown.json["policy"], shown.json["stale"], shown.json["checks"]) == ("one-custodian", None, None)
    assert [each["kind"] for each in shown.json["events"]] == ["drafted", "drafted"]
    assert show(author, "/1/plan").data == plan
    assert [each["key"] for each in show(author, "/1/changes").json["changes"]] == ["IT"]
    submitted = with_headers(author, {"If-Match": shown.headers["ETag"]}).send(f"{PROPOSALS}/1/submit")
    assert (submitted.status_code, submitted.json["state"], submitted.json["purpose"]) == (200, "open", "add")
    assert submitted.json["begun"] == made.json["begun"]
    custodian = another(author)
    assert custodian.send(f"{PROPOSALS}/1/approve").json["state"] == "published"


def test_another_key_does_not_see_a_draft(author: Writer) -> None:
    begin(author)
    others = [another(author), another(author, "propose"), another(author, "propose", "review")]
    for other in others:
        for path in ("/1", "/1/plan", "/1/changes"):
            assert detail(show(other, path)) == (404, "there is no proposal 1")
        for state in ("open", "all", "draft"):
            assert show(other, f"?state={state}").json == {"proposals": []}
    for path, method in (("/1/submit", "POST"), ("/1", "DELETE")):
        assert others[1].send(f"{PROPOSALS}{path}", method=method).status_code == 404
    assert change(others[1], plan_of(author)).status_code == 404
    for path, sent in (("approve", None), ("reject", {"reason": "x"}), ("comment", {"text": "x"})):
        assert others[0].send(f"{PROPOSALS}/1/{path}", json=sent).status_code == 404
    mine = show(author, "?state=draft").json["proposals"]
    assert [(each["number"], each["state"]) for each in mine] == [(1, "draft")]
    assert show(author).status_code == 200


def test_what_is_done_to_proposals_is_not_done_to_drafts(proposer: Writer) -> None:
    begin(proposer)
    for act, sent in (("withdraw", None), ("rebase", None), ("comment", {"text": "x"}), ("evidence", {"text": "x"})):
        status, said = detail(proposer.send(f"{PROPOSALS}/1/{act}", json=sent))
        assert (status, said.split(",")[0]) == (409, "proposal 1 is a draft of yours")


def test_two_programs_do_not_overwrite_each_other(proposer: Writer) -> None:
    etag = begin(proposer).headers["ETag"]
    assert change(proposer, plan_of(proposer), If_Match=etag).status_code == 200
    stale = with_headers(proposer, {"If-Match": etag})
    for answer in (
        change(proposer, plan_of(proposer), If_Match=etag),
        stale.send(f"{PROPOSALS}/1/submit"),
        stale.send(f"{PROPOSALS}/1", method="DELETE"),
    ):
        assert detail(answer) == (412, "proposal 1 has moved on since you saw it; look at it again")


def test_a_draft_is_deleted_and_gone(proposer: Writer) -> None:
    begin(proposer)
    gone = proposer.send(f"{PROPOSALS}/1", method="DELETE")
    assert (gone.status_code, gone.json) == (200, {"number": 1, "deleted": True})
    for answer in (show(proposer), proposer.send(f"{PROPOSALS}/1/submit"), proposer.send(f"{PROPOSALS}/1/withdraw")):
        assert detail(answer) == (410, "draft 1 is no more: you threw it away")
    assert show(proposer, "?state=draft").json == {"proposals": []}


def test_what_was_submitted_is_no_draft(proposer: Writer) -> None:
    propose(proposer)
    for answer in (change(proposer, plan_of(proposer)), proposer.send(f"{PROPOSALS}/1/submit")):
        assert answer.status_code == 404
    begin(proposer, planned(proposer.store, country("FR", "Frankreich")))
    assert proposer.send(f"{PROPOSALS}/2/submit").status_code == 200
    for answer in (proposer.send(f"{PROPOSALS}/2/submit"), proposer.send(f"{PROPOSALS}/2", method="DELETE")):
        assert detail(answer) == (409, "draft 2 is submitted already, and is a proposal now")


def test_a_draft_that_says_the_same_as_a_proposal_confirms_it(proposer: Writer) -> None:
    other = another(proposer, "propose")
    begin(proposer)
    propose(other)
    joined = proposer.send(f"{PROPOSALS}/1/submit")
    assert (joined.status_code, joined.headers["Location"]) == (200, f"{PROPOSALS}/2")
    assert joined.json["confirmed-by"] == [actor(proposer)]
    assert show(proposer).status_code == 410


def test_a_draft_that_was_overtaken_says_so_and_stays(proposer: Writer) -> None:
    begin(proposer)
    append(proposer.store, country("GB", "Great Britain"))
    assert "'GB' changed since" in show(proposer).json["stale"]
    assert proposer.send(f"{PROPOSALS}/1/submit").status_code == 409
    assert show(proposer).json["state"] == "draft"


def test_bad_drafts_are_refused(proposer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert begin(proposer, b"no plan").status_code == 400
    assert begin(proposer, plan_of(proposer)[:-5]).status_code == 400
    assert propose(proposer, query="?draft=maybe").status_code == 400
    limited = another(proposer, "propose", registers=("country",))
    assert begin(limited).status_code == 201
    elsewhere = another(proposer, "propose", registers=("charity",))
    assert begin(elsewhere).status_code == 403
    monkeypatch.setattr(drafts, "MOST", 1)
    assert begin(proposer).status_code == 201
    assert begin(proposer).status_code == 409
    monkeypatch.setattr(suggestions, "SAVED", 2)
    assert begin(proposer).status_code == 429


def test_drafts_are_listed_by_pages(proposer: Writer) -> None:
    for _ in range(3):
        begin(proposer)
    first = show(proposer, "?state=draft&limit=2")
    assert [each["number"] for each in first.json["proposals"]] == [1, 2]
    assert 'rel="next"' in first.headers["Link"]
    assert [each["number"] for each in show(proposer, "?state=draft&limit=2&after=2").json["proposals"]] == [3]
